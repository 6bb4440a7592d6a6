/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The reference for aod's programs: the usual way to time requests in BPF, a hash map with the key that request and
 * reply share, filled at the start, looked up and emptied at the end. For SMB that is smbslower of AODv2
 * (github.com/sprasad-microsoft/linux_diagnostics: trace_temp, complete_trace_event), for files fsslower of bcc's
 * libbpf-tools. Rewritten with aod's outputs: latency, a record on a ring for slow requests, and aod's own histogram.
 *
 * It stores as little as they do and must not be made slower than they are. It also pairs as wrongly as they do: see
 * bpf/table.h.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../../bpf/histogram.h"
#include "../../bpf/request.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* A constant set at load, like smbslower's min_lat_ns. Never reached here, because healthy traffic is measured. */
const volatile aod_u64 slow_ns = 3600000000000;

struct key {
	aod_u64 session_id;
	aod_u64 message_id;
};

struct start {
	aod_u64 start_ns;
	aod_u32 tree_id;
	aod_u32 command;
};

struct usual_start {
	struct start start;
	aod_u64 ids;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, AOD_SETS *AOD_SET_LINES);
	__type(key, struct key);
	__type(value, struct start);
} lean_starts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, AOD_SETS *AOD_SET_LINES);
	__type(key, struct key);
	__type(value, struct usual_start);
} usual_starts SEC(".maps");

/* smbslower's denylist. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, AOD_COMMANDS);
	__type(key, unsigned short);
	__type(value, aod_u8);
} excluded SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, AOD_RING_BYTES);
} records SEC(".maps");

static __always_inline struct key read_key(const struct bpf_raw_tracepoint_args *ctx)
{
	return (struct key){.session_id = ctx->args[1], .message_id = ctx->args[3]};
}

/* Sets everything but the time; 0 for a command that is excluded. */
static __always_inline int read_start(const struct bpf_raw_tracepoint_args *ctx, struct start *start)
{
	unsigned short command = ctx->args[2];

	*start = (struct start){.tree_id = ctx->args[0], .command = command};
	return !bpf_map_lookup_elem(&excluded, &command);
}

/* Counts a complete request. Returns the record to send if it was slow, complete except for its sender. */
static __always_inline struct aod_request *complete(struct key key, struct start start)
{
	aod_u64 latency_ns = bpf_ktime_get_ns() - start.start_ns;
	struct aod_request *record = 0;

	if (start.command >= AOD_COMMANDS)
		return 0;
	count_latency(key.session_id, start.tree_id, start.command, latency_ns, 0, 0);
	if (latency_ns >= slow_ns)
		record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (record) {
		record->start_ns = start.start_ns;
		record->latency_ns = latency_ns;
		record->session_id = key.session_id;
		record->message_id = key.message_id;
		record->command = start.command;
	}
	return record;
}

SEC("raw_tp/smb3_cmd_enter")
int lean_enter(struct bpf_raw_tracepoint_args *ctx)
{
	struct key key = read_key(ctx);
	struct start start;

	if (!read_start(ctx, &start))
		return 0;
	start.start_ns = bpf_ktime_get_ns();
	bpf_map_update_elem(&lean_starts, &key, &start, BPF_ANY);
	return 0;
}

SEC("raw_tp/smb3_cmd_done")
int lean_done(struct bpf_raw_tracepoint_args *ctx)
{
	struct key key = read_key(ctx);
	struct start *found = bpf_map_lookup_elem(&lean_starts, &key), start;
	struct aod_request *record;

	if (!found)
		return 0;
	start = *found;
	bpf_map_delete_elem(&lean_starts, &key);
	record = complete(key, start);
	if (!record)
		return 0;
	record->process_id = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(record->comm, sizeof(record->comm));
	bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("raw_tp/smb3_cmd_enter")
int usual_enter(struct bpf_raw_tracepoint_args *ctx)
{
	struct usual_start start = {.ids = bpf_get_current_pid_tgid()};
	struct key key = read_key(ctx);

	if (!read_start(ctx, &start.start))
		return 0;
	bpf_get_current_comm(start.comm, sizeof(start.comm));
	start.start.start_ns = bpf_ktime_get_ns();
	bpf_map_update_elem(&usual_starts, &key, &start, BPF_ANY);
	return 0;
}

SEC("raw_tp/smb3_cmd_done")
int usual_done(struct bpf_raw_tracepoint_args *ctx)
{
	struct key key = read_key(ctx);
	struct usual_start *found = bpf_map_lookup_elem(&usual_starts, &key), start;
	struct aod_request *record;

	if (!found)
		return 0;
	start = *found;
	bpf_map_delete_elem(&usual_starts, &key);
	record = complete(key, start.start);
	if (!record)
		return 0;
	record->task_id = start.ids;
	record->process_id = start.ids >> 32;
	__builtin_memcpy(record->comm, start.comm, sizeof(record->comm));
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* An empty run, the cost of the measurement itself. Twice, because each program has one set of statistics. */
#define EMPTY(name)                                                                                                    \
	SEC("raw_tp/smb3_cmd_enter")                                                                                   \
	int name(__attribute__((unused)) struct bpf_raw_tracepoint_args *ctx)                                          \
	{                                                                                                              \
		return 0;                                                                                              \
	}

EMPTY(empty_enter)
EMPTY(empty_done)

/* The cost of the two clock readings of a request, which every design needs. */
#define CLOCK(name)                                                                                                    \
	SEC("raw_tp/smb3_cmd_enter")                                                                                   \
	int name(__attribute__((unused)) struct bpf_raw_tracepoint_args *ctx)                                          \
	{                                                                                                              \
		return bpf_ktime_get_ns() == 1;                                                                        \
	}

CLOCK(clock_enter)
CLOCK(clock_done)

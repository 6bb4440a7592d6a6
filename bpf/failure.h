/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Operations that fail without a request: the client answers by itself, because the host is down, a key is missing, a
 * session can't be set up. In: smb3_exit_err, and the failed replies before it; out: one record on the ring, if user
 * space asked for that errno. An operation whose own task has seen a failed reply since it began is not reported: that
 * reply counts. Nor is one inside of which another one was reported.
 *
 * Only the task's own operation is reported. READ and WRITE of 6.12 exit in a kworker, and cifsd has reported their
 * replies. Nothing in here runs for what succeeds.
 */
#ifndef AOD_FAILURE_H
#define AOD_FAILURE_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "counters.h"
#include "line.h"
#include "memory.h"
#include "operation.h"
#include "request.h"
#include "ring.h"

/* A power of two. */
#define FAILED_REPLIES 1024

/*
 * When a reply to the task failed last. A task that another displaced, in the middle of its operation, reports the
 * failure twice: as a reply and as an operation.
 */
struct failed_reply {
	aod_u64 time_ns;
	aod_u32 task_id;
	aod_u32 padding;
};

/* 1,024 x 16 bytes = 16 KiB, direct-mapped by task. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FAILED_REPLIES);
	__type(key, aod_u32);
	__type(value, struct failed_reply);
} failed_replies SEC(".maps");

struct operation_errors {
	aod_u64 counts[AOD_ERRNO_WORDS * 64]; /* by errno */
};

/* 2 KiB for each possible CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, aod_u32);
	__type(value, struct operation_errors);
} operation_errors SEC(".maps");

static __always_inline void count_operation_error(aod_u32 errno_code)
{
	aod_u32 key = 0;
	struct operation_errors *errors = bpf_map_lookup_elem(&operation_errors, &key);

	/* The compiler knows the bound and would drop the mask; verifiers need it. */
	asm volatile("" : "+r"(errno_code));
	if (errors)
		errors->counts[errno_code & (AOD_ERRNO_WORDS * 64 - 1)]++;
}

static __always_inline struct failed_reply *find_failed_reply(aod_u32 task_id)
{
	aod_u32 key = task_id & (FAILED_REPLIES - 1);

	return bpf_map_lookup_elem(&failed_replies, &key);
}

static __always_inline void note_failed_reply(aod_u32 task_id, aod_u64 now_ns)
{
	struct failed_reply *reply = find_failed_reply(task_id);

	if (!reply)
		return;
	WRITE_ONCE(reply->task_id, task_id);
	WRITE_ONCE(reply->time_ns, now_ns);
}

/* Before the operation's line is free. @param ids bpf_get_current_pid_tgid */
static __always_inline void report_failure(aod_u32 xid, aod_u64 ids, aod_u8 errno_code)
{
	struct aod_operation_set *set = find_operation_set(operation_set_of(ids));
	struct failed_reply *reply = find_failed_reply(ids);
	aod_u32 key = AOD_COMMANDS;
	struct aod_filter *filter = bpf_map_lookup_elem(&filters, &key);
	struct aod_operation *line;
	struct spot spot;

	if (!set || !reply || !filter)
		return;
	spot = look_for_operation(set, ids);
	line = behind(operation_at(set, spot.at), spot.start_ns);
	if (!spot.is_own || line->xid != xid)
		return;
	if (READ_ONCE(reply->task_id) == (aod_u32)ids && READ_ONCE(reply->time_ns) >= spot.start_ns)
		return;
	/* The operation around it fails for the same reason: it is not reported again. */
	note_failed_reply(ids, bpf_ktime_get_ns());
	count(AOD_COUNTER_OPERATIONS_FAILED);
	count_operation_error(errno_code);
	if (is_tracked_errno(filter, errno_code)) {
		struct aod_request record = {
		    .start_ns = spot.start_ns,
		    .latency_ns = latency_at(bpf_ktime_get_ns(), spot.start_ns),
		    .message_id = xid,
		    .task_id = ids,
		    .process_id = ids >> 32,
		    .errno_code = errno_code,
		    .kind = AOD_KIND_OPERATION,
		};

		bpf_get_current_comm(record.comm, sizeof(record.comm));
		send_record(&record, 0);
	}
}

#endif

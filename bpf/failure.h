/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Operations that fail without a request: the client itself answers, because the host is down, a key is missing or a
 * session can't be set up. smb3_exit_err puts a record of such an operation on the ring if the filter wants its errno.
 * If a reply to its own task has failed since the operation began, it is not reported, because that reply counts. Nor
 * is it reported if an operation inside it was reported.
 *
 * Only the task's own operation is reported. READ and WRITE of 6.12 exit in a kworker, and cifsd has reported their
 * replies. Nothing in here runs for operations and replies that succeed.
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
 * The time of the last failed reply to a task. If another task displaces it in the middle of an operation, the failure
 * is reported twice: as a reply and as an operation.
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

	/* The compiler knows the bound and would drop the mask, but verifiers need it. */
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

/* Called before the operation's line is freed. @param ids bpf_get_current_pid_tgid */
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
	/* The operation around it fails for the same reason, which is not reported again. */
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

/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What a task is at inside cifs, from smb3_enter to smb3_exit_*: it shows who waits before a request exists, for
 * credits or for a reconnect. In: an xid, the task; out: a line for the task's current operation, free again when that
 * has ended. Nothing of requests is known here, and no operation is told to user space: it looks at the lines.
 *
 * One line a task, for its latest operation, because operations begin that never end: three functions enter and leave
 * without a word (_cifsFileInfo_put, cifs_put_tcon, cifs_put_smb_ses), an eighth of all enters. So the next enter of
 * the task takes its line over, and a reply to CLOSE, TREE_DISCONNECT or LOGOFF, which those three wait for, ends its
 * operation. What is not seen for it: an operation around or beside the task's latest one, and the rest of one that
 * sends a CLOSE in its midst. On 6.12 READ and WRITE enter in the task and exit in a kworker, by an xid of their own:
 * an exit that is not about its own task's line looks for it by the xid. What it does not find any more, because 4,096
 * operations have begun since, stays until the task's next one, or until user space has seen that nobody waits and
 * frees it.
 *
 * Several CPUs at once. Every line changes hands by one exchange of its start_ns: to AOD_BEING_WRITTEN by an enter, to
 * 0 by whatever ends the operation. The clock is read after the exchange that claims the line, so its next operation
 * began later than the one before: start_ns says which operation it is, and an exchange succeeds only if the line still
 * holds the one that was looked at, with all that was read of it. So an xid in the index that is out of date, a reap
 * that comes late, two ends at once never free what another task has put there. Every enter ends with a line or is
 * counted as contended; every line's operation leaves in exactly one way, and each is counted: ended, overwritten,
 * displaced, reaped. Only a task itself writes its own id to a line, and it looks at the whole set first: it never has
 * two lines.
 */
#ifndef AOD_OPERATION_H
#define AOD_OPERATION_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "counters.h"
#include "memory.h"
#include "message.h"
#include "request.h"
#include "ring.h"
#include "sender.h"

/* 1,024 x 128 bytes = 128 KiB, for 4,096 tasks. Mapped by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, AOD_OPERATION_SETS);
	__type(key, aod_u32);
	__type(value, struct aod_operation_set);
} operations SEC(".maps");

/* A power of two. xids count up, one for each operation of the host. */
#define XIDS 4096

/* Where an xid's line was, as set * AOD_OPERATION_SET_LINES + line: 4,096 x 8 bytes = 32 KiB, direct-mapped. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, XIDS);
	__type(key, aod_u32);
	__type(value, aod_u32);
} operations_by_xid SEC(".maps");

static __always_inline aod_u32 operation_set_of(aod_u32 task_id)
{
	return task_id * 0x9e3779b1 >> (32 - AOD_OPERATION_SETS_LOG2);
}

static __always_inline struct aod_operation_set *find_operation_set(aod_u32 key)
{
	return bpf_map_lookup_elem(&operations, &key);
}

static __always_inline struct aod_operation *operation_at(struct aod_operation_set *set, aod_u32 at)
{
	return &set->lines[at & (AOD_OPERATION_SET_LINES - 1)];
}

/* What one look at a set found. */
struct spot {
	aod_u64 start_ns; /* of the line then; AOD_BEING_WRITTEN: there is none that can be had */
	aod_u32 at;
	int is_own; /* the task's operation; else the line that a new one should take: a free one (0), or the oldest */
};

static __always_inline struct spot look_for_operation(struct aod_operation_set *set, aod_u32 task_id)
{
	struct spot spot = {.start_ns = AOD_BEING_WRITTEN};

#pragma unroll
	for (int at = 0; at < AOD_OPERATION_SET_LINES; at++) {
		struct aod_operation *line = operation_at(set, at);
		aod_u64 start_ns = READ_ONCE(line->start_ns);

		line = behind(line, start_ns);
		if (start_ns && start_ns != AOD_BEING_WRITTEN && line->task_id == task_id)
			return (struct spot){.start_ns = start_ns, .at = at, .is_own = 1};
		if (start_ns < spot.start_ns)
			spot = (struct spot){.start_ns = start_ns, .at = at};
	}
	return spot;
}

/* Ends the operation that was seen there, if it still is. */
static __always_inline int free_operation(struct aod_operation *line, aod_u64 start_ns, enum aod_counter why)
{
	if (!swap(&line->start_ns, start_ns, 0))
		return 0;
	count(why);
	return 1;
}

/* Claims a line for a task's next operation. Returns its number, or AOD_OPERATION_SET_LINES if others were faster. */
static __noinline aod_u32 take_operation(struct aod_operation_set *set, aod_u32 task_id)
{
	struct spot spot = look_for_operation(set, task_id);

	if (spot.start_ns == AOD_BEING_WRITTEN ||
	    !swap(&operation_at(set, spot.at)->start_ns, spot.start_ns, AOD_BEING_WRITTEN))
		return AOD_OPERATION_SET_LINES;
	if (spot.is_own)
		count(AOD_COUNTER_OPERATIONS_OVERWRITTEN);
	else if (spot.start_ns)
		count(AOD_COUNTER_OPERATIONS_DISPLACED);
	return spot.at;
}

/* @param ids bpf_get_current_pid_tgid; returns whether it has a line */
static __always_inline int begin_operation(aod_u32 xid, aod_u64 ids)
{
	aod_u32 key = operation_set_of(ids), xid_key = xid & (XIDS - 1), at;
	struct aod_operation_set *set = find_operation_set(key);
	aod_u32 *where = bpf_map_lookup_elem(&operations_by_xid, &xid_key);
	struct aod_operation *line;
	aod_u64 now_ns;

	if (!set || !where)
		return 0;
	at = take_operation(set, ids);
	/* Others are about in this set: once more. */
	if (at & AOD_OPERATION_SET_LINES)
		at = take_operation(set, ids);
	if (at & AOD_OPERATION_SET_LINES) {
		count(AOD_COUNTER_OPERATIONS_CONTENDED);
		return 0;
	}
	now_ns = bpf_ktime_get_ns();
	line = operation_at(set, at);
	asm volatile("" ::: "memory");
	line->xid = xid;
	line->task_id = ids;
	line->process_id = ids >> 32;
	write_comm(line->comm, ids, now_ns);
	*where = key * AOD_OPERATION_SET_LINES + at;
	publish(&line->start_ns, now_ns);
	count(AOD_COUNTER_OPERATIONS_ENTERED);
	wake_reader(now_ns);
	return 1;
}

/* Whoever reports it: mostly the task that entered, else a kworker. Returns whether that freed a line. */
static __always_inline int end_operation(aod_u32 xid, aod_u32 task_id)
{
	struct aod_operation_set *set = find_operation_set(operation_set_of(task_id));
	aod_u32 xid_key = xid & (XIDS - 1), *where;
	struct aod_operation *line;
	struct spot spot;

	if (!set)
		return 0;
	spot = look_for_operation(set, task_id);
	line = behind(operation_at(set, spot.at), spot.start_ns);
	if (spot.is_own && line->xid == xid)
		return free_operation(line, spot.start_ns, AOD_COUNTER_OPERATIONS_ENDED);
	where = bpf_map_lookup_elem(&operations_by_xid, &xid_key);
	set = where ? find_operation_set(*where / AOD_OPERATION_SET_LINES) : 0;
	if (!set)
		return 0;
	line = operation_at(set, *where);
	spot.start_ns = READ_ONCE(line->start_ns);
	line = behind(line, spot.start_ns);
	if (!spot.start_ns || spot.start_ns == AOD_BEING_WRITTEN || line->xid != xid)
		return 0;
	return free_operation(line, spot.start_ns, AOD_COUNTER_OPERATIONS_ENDED);
}

/*
 * Ends a task's operation: the one that began then, or if start_ns is 0 whichever it is at. Returns whether there was
 * such a one.
 */
static __noinline int end_operation_of(aod_u32 task_id, aod_u64 start_ns, enum aod_counter why)
{
	struct aod_operation_set *set = find_operation_set(operation_set_of(task_id));
	struct spot spot;

	if (!set)
		return 0;
	spot = look_for_operation(set, task_id);
	if (!spot.is_own || (start_ns && spot.start_ns != start_ns))
		return 0;
	return free_operation(operation_at(set, spot.at), spot.start_ns, why);
}

/* A reply that a task reports. */
static __always_inline void end_silent_operation(const struct message *message)
{
	if (message->command == COMMAND_CLOSE || message->command == COMMAND_TREE_DISCONNECT ||
	    message->command == COMMAND_LOGOFF)
		end_operation_of(message->task_id, 0, AOD_COUNTER_OPERATIONS_ENDED);
}

#endif

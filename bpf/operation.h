/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Operations: what each task does inside cifs, from smb3_enter to smb3_exit_*. They show which tasks wait for credits
 * or for a reconnect before a request exists. A task's current operation has a line, which is free again after its end.
 * Nothing here knows the request table, and no operation is sent to user space, which reads the lines.
 *
 * A task has one line, for its latest operation, because some operations never end: three functions (_cifsFileInfo_put,
 * cifs_put_tcon, cifs_put_smb_ses), an eighth of all enters, trace no exit. So the next enter of the task takes over
 * its line. Each of the three sends one request, a CLOSE, a TREE_DISCONNECT or a LOGOFF, and waits for its reply: such
 * a reply ends an operation if the task has sent no other request for it before. Other operations continue after a
 * CLOSE: a lookup with cifsacl opens, reads the access list, closes, and then waits for a program that gives an id for
 * each SID.
 *
 * Operations are nested: a lookup enters once more to read the access list. When a task with a line enters again, the
 * operation of the line becomes its outer operation, one for each line, and gets the line back when the inner one ends
 * in that task. Two kinds are not seen: an operation around the outer one, and one around an operation that another
 * task ends.
 *
 * On 6.12 READ and WRITE enter in the task and exit in a kworker, by an xid of their own: an exit whose own task has no
 * such operation finds the line by the xid. If 4,096 operations have begun since, the exit does not find it any more.
 * Then the line stays until the task's next operation but one, or until user space has seen that no task waits and
 * frees it.
 *
 * Several CPUs at once. Every line changes hands by one exchange of its start_ns: an enter, or an exit that puts the
 * outer operation back, writes AOD_BEING_WRITTEN; every other end writes 0. The clock is read after the exchange that
 * claims the line, so the next operation of a line began later than the one before. start_ns therefore identifies the
 * operation, and an exchange succeeds only if the line still holds the operation that the program saw, with everything
 * that it read of it; an operation that was put back is the same one again. So neither an outdated xid in the index,
 * nor a late reap, nor two ends at once ever free the operation of another task. Only the program that has claimed a
 * line writes its outer operation, which changes hands by one exchange of its own start_ns. Every enter gets a line or
 * is counted as contended. Every operation ends in exactly one way, and each way has a counter: ended, overwritten,
 * displaced, reaped. Only a task itself writes its own id to a line or puts an operation back, and it looks at the
 * whole set first, so it never has two lines.
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

/* A power of two. xids count up by one for each operation of the host. */
#define XIDS 4096

/* The line of an xid, as set * AOD_OPERATION_SET_LINES + line. 4,096 x 8 bytes = 32 KiB, direct-mapped. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, XIDS);
	__type(key, aod_u32);
	__type(value, aod_u32);
} operations_by_xid SEC(".maps");

/* The operation around a task's latest one. */
struct outer_operation {
	aod_u64 start_ns; /* time of its enter; 0: there is none */
	aod_u32 xid;
	aod_u32 padding;
};

struct outer_set {
	struct outer_operation lines[AOD_OPERATION_SET_LINES];
};

/* The outer operations, in the order of the lines of `operations`: 1,024 x 64 bytes = 64 KiB. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, AOD_OPERATION_SETS);
	__type(key, aod_u32);
	__type(value, struct outer_set);
} outer_operations SEC(".maps");

static __always_inline struct outer_set *find_outer_set(aod_u32 key)
{
	return bpf_map_lookup_elem(&outer_operations, &key);
}

/* A power of two. */
#define LAST_REQUESTS 4096

/*
 * The time, in ns, when a task last sent a request other than those that end a silent operation: 4,096 x 8 bytes =
 * 32 KiB, direct-mapped by task. If two tasks share an entry, a silent operation may keep its line until the task's
 * next operation or until user space frees it, like a silent operation that never sends its request.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LAST_REQUESTS);
	__type(key, aod_u32);
	__type(value, aod_u64);
} last_requests SEC(".maps");

static __always_inline aod_u64 *find_last_request(aod_u32 task_id)
{
	aod_u32 key = task_id & (LAST_REQUESTS - 1);

	return bpf_map_lookup_elem(&last_requests, &key);
}

/* Whether the reply to this command may end a silent operation: one whose function traces no exit. */
static __always_inline int ends_silent_operation(aod_u32 command)
{
	return command == COMMAND_CLOSE || command == COMMAND_TREE_DISCONNECT || command == COMMAND_LOGOFF;
}

/* Called for each request that its task is about to send. */
static __always_inline void note_request(const struct message *message, aod_u64 now_ns)
{
	aod_u64 *last_ns = find_last_request(message->task_id);

	if (last_ns && !ends_silent_operation(message->command))
		WRITE_ONCE(*last_ns, now_ns);
}

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

/* The result of one search of a set. */
struct spot {
	aod_u64 start_ns; /* of the line when it was read; AOD_BEING_WRITTEN: all lines are claimed */
	aod_u32 at;
	int is_own; /* the task's operation; else the line that its next one should take: a free one, or the oldest */
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

static __always_inline struct outer_operation *outer_at(struct outer_set *set, aod_u32 at)
{
	return &set->lines[at & (AOD_OPERATION_SET_LINES - 1)];
}

/* Ends the outer operation that began at start_ns, if it is still there. */
static __always_inline int free_outer(struct outer_operation *outer, aod_u64 start_ns, enum aod_counter why)
{
	if (!start_ns || !swap(&outer->start_ns, start_ns, 0))
		return 0;
	count(why);
	return 1;
}

static __always_inline int free_outer_of(struct outer_operation *outer, aod_u32 xid)
{
	aod_u64 start_ns = READ_ONCE(outer->start_ns);

	outer = behind(outer, start_ns);
	return outer->xid == xid && free_outer(outer, start_ns, AOD_COUNTER_OPERATIONS_ENDED);
}

/*
 * Ends the operation that began at start_ns, if the line still holds it, and with it the operation around it: only its
 * own task could put that one back.
 */
static __always_inline int free_operation(struct aod_operation *line, struct outer_operation *outer, aod_u64 start_ns,
					  enum aod_counter why)
{
	aod_u64 outer_ns = READ_ONCE(outer->start_ns);

	if (!swap(&line->start_ns, start_ns, 0))
		return 0;
	count(why);
	free_outer(outer, outer_ns, AOD_COUNTER_OPERATIONS_OVERWRITTEN);
	return 1;
}

/* Ends the operation of the running task: its line goes back to the operation around it, or is free. */
static __always_inline int leave_operation(struct aod_operation *line, struct outer_operation *outer, aod_u64 start_ns)
{
	aod_u64 outer_ns = READ_ONCE(outer->start_ns);
	aod_u32 outer_xid = ((struct outer_operation *)behind(outer, outer_ns))->xid;

	if (!swap(&line->start_ns, start_ns, outer_ns ? AOD_BEING_WRITTEN : 0))
		return 0;
	count(AOD_COUNTER_OPERATIONS_ENDED);
	if (!outer_ns)
		return 1;
	/* The outer operation may have ended meanwhile, in another task. */
	if (!swap(&outer->start_ns, outer_ns, 0))
		outer_ns = 0;
	line->xid = outer_xid;
	publish(&line->start_ns, outer_ns);
	if (outer_ns)
		wake_reader(outer_ns);
	return 1;
}

/* Claims a line for a task's next operation. Returns its number, or AOD_OPERATION_SET_LINES if it lost the race. */
static __noinline aod_u32 take_operation(aod_u32 key, aod_u32 task_id)
{
	struct aod_operation_set *set = find_operation_set(key);
	struct outer_set *outers = find_outer_set(key);
	struct outer_operation *outer;
	struct spot spot;

	if (!set || !outers)
		return AOD_OPERATION_SET_LINES;
	spot = look_for_operation(set, task_id);
	if (spot.start_ns == AOD_BEING_WRITTEN ||
	    !swap(&operation_at(set, spot.at)->start_ns, spot.start_ns, AOD_BEING_WRITTEN))
		return AOD_OPERATION_SET_LINES;
	outer = outer_at(outers, spot.at);
	free_outer(outer, READ_ONCE(outer->start_ns),
		   spot.is_own ? AOD_COUNTER_OPERATIONS_OVERWRITTEN : AOD_COUNTER_OPERATIONS_DISPLACED);
	if (spot.is_own) {
		outer->xid = operation_at(set, spot.at)->xid;
		publish(&outer->start_ns, spot.start_ns);
	} else if (spot.start_ns) {
		count(AOD_COUNTER_OPERATIONS_DISPLACED);
	}
	return spot.at;
}

/* Returns whether the operation has a line. @param ids bpf_get_current_pid_tgid */
static __always_inline int begin_operation(aod_u32 xid, aod_u64 ids)
{
	aod_u32 key = operation_set_of(ids), xid_key = xid & (XIDS - 1), at;
	struct aod_operation_set *set = find_operation_set(key);
	aod_u32 *where = bpf_map_lookup_elem(&operations_by_xid, &xid_key);
	struct aod_operation *line;
	aod_u64 now_ns;

	if (!set || !where)
		return 0;
	at = take_operation(key, ids);
	/* Another program writes to this set: retry once. */
	if (at & AOD_OPERATION_SET_LINES)
		at = take_operation(key, ids);
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

/*
 * Ends an operation. Returns whether there was such an operation.
 * @param task_id the task that reports the exit: mostly the one that entered, else a kworker
 */
static __always_inline int end_operation(aod_u32 xid, aod_u32 task_id)
{
	aod_u32 key = operation_set_of(task_id), xid_key = xid & (XIDS - 1), *where;
	struct aod_operation_set *set = find_operation_set(key);
	struct outer_set *outers = find_outer_set(key);
	struct aod_operation *line;
	struct spot spot;

	if (!set || !outers)
		return 0;
	spot = look_for_operation(set, task_id);
	line = behind(operation_at(set, spot.at), spot.start_ns);
	if (spot.is_own && line->xid == xid)
		return leave_operation(line, outer_at(outers, spot.at), spot.start_ns);
	if (spot.is_own && free_outer_of(outer_at(outers, spot.at), xid))
		return 1;
	where = bpf_map_lookup_elem(&operations_by_xid, &xid_key);
	set = where ? find_operation_set(*where / AOD_OPERATION_SET_LINES) : 0;
	outers = where ? find_outer_set(*where / AOD_OPERATION_SET_LINES) : 0;
	if (!set || !outers)
		return 0;
	line = operation_at(set, *where);
	spot.start_ns = READ_ONCE(line->start_ns);
	line = behind(line, spot.start_ns);
	if (!spot.start_ns || spot.start_ns == AOD_BEING_WRITTEN || line->xid != xid)
		return free_outer_of(outer_at(outers, *where), xid);
	return free_operation(line, outer_at(outers, *where), spot.start_ns, AOD_COUNTER_OPERATIONS_ENDED);
}

/*
 * Ends the operation of a task that began at start_ns, and the one around it. Returns whether there was such an
 * operation.
 */
static __noinline int reap_operation_of(aod_u32 task_id, aod_u64 start_ns)
{
	aod_u32 key = operation_set_of(task_id);
	struct aod_operation_set *set = find_operation_set(key);
	struct outer_set *outers = find_outer_set(key);
	struct spot spot;

	if (!set || !outers)
		return 0;
	spot = look_for_operation(set, task_id);
	if (!spot.is_own || spot.start_ns != start_ns)
		return 0;
	return free_operation(operation_at(set, spot.at), outer_at(outers, spot.at), spot.start_ns,
			      AOD_COUNTER_OPERATIONS_REAPED);
}

static __noinline int end_silent_operation_of(aod_u32 task_id)
{
	aod_u32 key = operation_set_of(task_id);
	struct aod_operation_set *set = find_operation_set(key);
	struct outer_set *outers = find_outer_set(key);
	aod_u64 *last_ns = find_last_request(task_id);
	struct spot spot;

	if (!set || !outers || !last_ns)
		return 0;
	spot = look_for_operation(set, task_id);
	if (!spot.is_own || READ_ONCE(*last_ns) >= spot.start_ns)
		return 0;
	return leave_operation(operation_at(set, spot.at), outer_at(outers, spot.at), spot.start_ns);
}

/* Called for each reply that a task reports. */
static __always_inline void end_silent_operation(const struct message *message)
{
	if (ends_silent_operation(message->command))
		end_silent_operation_of(message->task_id);
}

#endif

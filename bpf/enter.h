/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * smb3_cmd_enter: a request has its message id and is about to be sent. It gets an open line, which may end the request
 * that held the line before. This runs with the connection's send mutex held.
 */
#ifndef AOD_ENTER_H
#define AOD_ENTER_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "counters.h"
#include "ghosts.h"
#include "line.h"
#include "message.h"
#include "request.h"
#include "ring.h"
#include "sender.h"
#include "state.h"
#include "table.h"

/* Claims the set's n-th oldest line, which is open, and sends its request to user space. 0: the set has changed. */
static __noinline int evict(const struct place *place, aod_u64 seen, aod_u32 n)
{
	aod_u32 at = line_by_age(seen, n);
	struct aod_request *line = behind(line_at(place, at), seen);
	struct message loser = make_message(line->session_id, line->message_id, line->task_id, line->command);
	struct aod_request record;
	aod_u32 ghost = loser.pairing == BY_SESSION ? add_ghost(&loser) : GHOST_NONE;

	if (!claim(place, seen, make_youngest(seen, n), at)) {
		undo_ghost(&loser, ghost);
		return 0;
	}
	count(AOD_COUNTER_EVICTED);
	record = *line;
	record.kind = AOD_KIND_EVICTED;
	send_record(&record, 0);
	return 1;
}

/* The number of lines in the set that are older than the oldest of `lines`, which must not be empty. */
static __always_inline aod_u32 age_of_oldest(aod_u64 seen, aod_u64 lines)
{
	aod_u32 n;

#pragma unroll
	for (n = 0; n < AOD_SET_LINES - 1; n++)
		if (has_line(lines, line_by_age(seen, n)))
			break;
	return n;
}

/*
 * One try. Returns the number of the claimed line, or AOD_SET_LINES if the set changed or all its lines are claimed;
 * either may have AOD_AMBIGUOUS added.
 */
static __always_inline aod_u32 look_for_place(const struct place *place, const struct message *message, aod_u64 now_ns)
{
	aod_u64 seen = READ_ONCE(*place->state);
	aod_u64 idle = lines_idle(seen), open = lines_open(seen);
	aod_u32 flags = open ? meet_twins(place, seen, message, now_ns) : 0;
	aod_u32 n;

	if (idle) {
		n = age_of_oldest(seen, idle);
		if (claim(place, seen, make_youngest(seen, n), line_by_age(seen, n)))
			return line_by_age(seen, n) | flags;
	} else if (open) {
		n = age_of_oldest(seen, open);
		if (evict(place, seen, n))
			return line_by_age(seen, n) | flags;
	}
	return AOD_SET_LINES | flags;
}

__noinline aod_u32 look_again_for_place(aod_u64 session_id, aod_u64 message_id, aod_u32 task_id, aod_u32 command,
					aod_u64 now_ns)
{
	struct message message = make_message(session_id, message_id, task_id, command);
	struct place place = find_place(&message);

	return place.set ? look_for_place(&place, &message, now_ns) : AOD_SET_LINES;
}

/*
 * Claims a line for a new request: an empty line, else the oldest complete one, else the oldest open one. Returns its
 * number, or AOD_SET_LINES if LOOKS tries got none; AOD_AMBIGUOUS is added if the request is ambiguous.
 */
static __always_inline aod_u32 take_line(const struct place *place, const struct message *message, aod_u64 now_ns)
{
	aod_u32 taken = look_for_place(place, message, now_ns);

	for (int look = 1; look < LOOKS && taken & AOD_SET_LINES; look++)
		taken = (taken & AOD_AMBIGUOUS) | look_again_for_place(message->session_id, message->message_id,
								       message->task_id, message->command, now_ns);
	return taken;
}

/* @param ids bpf_get_current_pid_tgid */
static __always_inline void open_request(const struct message *message, aod_u64 ids, aod_u64 now_ns)
{
	struct place place = find_place(message);
	struct aod_request *line;
	aod_u32 taken, at;

	if (!place.set)
		return;
	taken = take_line(&place, message, now_ns);
	if (taken & AOD_SET_LINES) {
		if (message->pairing == BY_SESSION)
			add_ghost(message);
		count(AOD_COUNTER_ENTER_CONTENDED);
		return;
	}
	at = taken & (AOD_SET_LINES - 1);
	line = line_at(&place, at);
	begin_write(line);
	line->latency_ns = 0;
	line->session_id = message->session_id;
	line->message_id = message->message_id;
	line->tree_id = message->tree_id;
	line->task_id = ids;
	line->process_id = ids >> 32;
	line->nt_status = 0;
	line->errno_code = 0;
	line->command = message->command;
	line->flags = taken & AOD_AMBIGUOUS;
	line->kind = AOD_KIND_REQUEST;
	write_comm(line->comm, ids, now_ns);
	release(&place, at, now_ns, LINE_OPEN);
	count(AOD_COUNTER_ENTERED);
	wake_reader(now_ns);
}

#endif

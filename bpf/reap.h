/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The end of a request for which no reply will come, because its task was killed or its connection lost: closes its
 * line or removes its ghost. Runs only if user space asks for it and has proved that no task waits for the reply.
 */
#ifndef AOD_REAP_H
#define AOD_REAP_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "counters.h"
#include "ghosts.h"
#include "line.h"
#include "message.h"
#include "request.h"
#include "state.h"
#include "table.h"

/* If the proof were wrong, a reply to this line's request would look like the reply to another line of its key. */
static __always_inline void mark_others(const struct place *place, aod_u64 seen, const struct message *message, int but)
{
#pragma unroll
	for (int at = 0; at < AOD_SET_LINES; at++)
		if (at != but && has_line(lines_open(seen), at) && is_match(line_at(place, at), seen, message))
			mark_ambiguous(line_at(place, at));
}

/* Returns an enum ended. */
__noinline int look_for_dead(aod_u64 session_id, aod_u64 message_id, aod_u32 task_id, aod_u32 command, aod_u64 start_ns)
{
	struct message message = make_message(session_id, message_id, task_id, command);
	struct place place = find_place(&message);
	int ended = ENDED_NONE;
	aod_u64 seen;

	if (!place.set)
		return ENDED_NONE;
	seen = READ_ONCE(*place.state);
#pragma unroll
	for (int at = 0; at < AOD_SET_LINES; at++) {
		struct aod_request *line = behind(line_at(&place, at), seen);
		aod_u64 its_start_ns = READ_ONCE(line->start_ns);

		if (its_start_ns == AOD_BEING_WRITTEN)
			ended = ENDED_CONTENDED;
		if (its_start_ns != start_ns || line->message_id != message_id)
			continue;
		if (!has_line(lines_open(seen), at))
			return ENDED_BEFORE;
		if (!is_match(line, seen, &message))
			continue;
		if (message.pairing == BY_SESSION)
			mark_others(&place, seen, &message, at);
		return close_line(&place, seen, at, bpf_ktime_get_ns(), AOD_REAPED);
	}
	return ended;
}

/*
 * More tries than elsewhere, because a request that is not reaped leaves a candidate behind (table.h), and its key
 * stays ambiguous. Writing another line of the set takes some hundred nanoseconds, the time of several tries.
 */
#define REAP_LOOKS 32

/*
 * Returns an enum aod_reap. The caller repeats it while it returns AOD_REAP_CONTENDED, and then never again for this
 * request: another call would take the ghost of another request with the same key.
 */
static __always_inline int reap(const struct message *message, aod_u64 start_ns)
{
	int ended = ENDED_CONTENDED;

#pragma unroll
	for (int look = 0; look < REAP_LOOKS; look++) {
		if (ended != ENDED_CONTENDED)
			break;
		ended = look_for_dead(message->session_id, message->message_id, message->task_id, message->command,
				      start_ns);
	}
	if (ended == ENDED_CLOSED) {
		count(AOD_COUNTER_REAPED);
		return AOD_REAP_LINE;
	}
	if (ended == ENDED_CONTENDED)
		return AOD_REAP_CONTENDED;
	return ended == ENDED_NONE && message->pairing == BY_SESSION && remove_ghost(message) ? AOD_REAP_GHOST
											      : AOD_REAP_NONE;
}

#endif

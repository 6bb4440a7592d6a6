/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The life of a line, in functions that enter, reply and reap share: claiming and releasing it, comparing it with a
 * message, closing it without a reply, and treating other lines of its key. A line changes only if its set is still in
 * the state in which the program saw it. Why this holds on several CPUs is in table.h.
 */
#ifndef AOD_LINE_H
#define AOD_LINE_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "counters.h"
#include "memory.h"
#include "message.h"
#include "request.h"
#include "state.h"
#include "table.h"

/* Claims a line if the set is still as it was seen. `wanted` is the new state of the set without that claim. */
static __always_inline int claim(const struct place *place, aod_u64 seen, aod_u64 wanted, aod_u32 at)
{
	return swap(place->state, seen, make_claimed(wanted, at));
}

/* Follows a claim: from here on readers in user space ignore the line's fields. */
static __always_inline void begin_write(struct aod_request *line)
{
	publish(&line->start_ns, AOD_BEING_WRITTEN);
	asm volatile("" ::: "memory");
}

/* Ends the claim of a line. */
static __always_inline void release(const struct place *place, aod_u32 at, aod_u64 start_ns, enum line_state state)
{
	publish(&line_at(place, at)->start_ns, start_ns);
	publish_byte(place->state, at & (AOD_SET_LINES - 1), LINE_CLAIMED, state);
}

/* Whether a line that was seen open belongs to this message. */
static __always_inline int is_match(struct aod_request *line, aod_u64 seen, const struct message *message)
{
	line = behind(line, seen);
	if (line->message_id != message->message_id || line->command != message->command)
		return 0;
	return message->pairing == BY_SESSION ? line->session_id == message->session_id
					      : line->task_id == message->task_id;
}

/* A complete request took at least 1 ns: the clocks of two CPUs may differ slightly. */
static __always_inline aod_u64 latency_at(aod_u64 now_ns, aod_u64 start_ns)
{
	return now_ns > start_ns ? now_ns - start_ns : 1;
}

/* The result of an attempt to close a line without a reply. */
enum ended {
	ENDED_NONE,      /* there is no such open line */
	ENDED_CONTENDED, /* the set changed meanwhile: retry */
	ENDED_BEFORE,    /* it had been closed before */
	ENDED_CLOSED,
};

static __always_inline enum ended close_line(const struct place *place, aod_u64 seen, aod_u32 at, aod_u64 now_ns,
					     enum aod_flags why)
{
	struct aod_request *line = line_at(place, at);
	aod_u64 start_ns;

	if (!claim(place, seen, seen, at))
		return ENDED_CONTENDED;
	start_ns = line->start_ns;
	begin_write(line);
	line->latency_ns = latency_at(now_ns, start_ns);
	line->flags |= why;
	release(place, at, start_ns, LINE_COMPLETE);
	return ENDED_CLOSED;
}

/* Sets one bit of an open line, which another program may be claiming: see the argument in table.h. */
static __always_inline void mark_ambiguous(struct aod_request *line)
{
	_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a word of errno_code, command, flags, kind");
	set_bits((aod_u32 *)&line->errno_code, (aod_u32)AOD_AMBIGUOUS << 16);
}

/*
 * Treats the open lines of a message's key when another message with this key appears. A task that sends the same key
 * again no longer waits for the first request, which is superseded. A session may send it on another channel, so all
 * requests of the key are ambiguous. Returns the flags of the new message. Closing a line changes the set, so the
 * caller has to read its state again.
 */
static __noinline aod_u32 meet_twins(const struct place *place, aod_u64 seen, const struct message *message,
				     aod_u64 now_ns)
{
	aod_u64 open = lines_open(seen);
	aod_u32 flags = 0;

#pragma unroll
	for (int at = 0; at < AOD_SET_LINES; at++) {
		if (!has_line(open, at) || !is_match(line_at(place, at), seen, message))
			continue;
		if (message->pairing == BY_SESSION) {
			mark_ambiguous(line_at(place, at));
			flags = AOD_AMBIGUOUS;
		} else if (close_line(place, seen, at, now_ns, AOD_SUPERSEDED) == ENDED_CLOSED) {
			count(AOD_COUNTER_SUPERSEDED);
		}
	}
	return flags;
}

#endif

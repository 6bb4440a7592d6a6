/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What is done with a line of the table whoever does it: comparing it with a message, closing it without a reply,
 * treating others of its key. In: a place and the state in which it was seen; out: the line, changed, or untouched if
 * the set has changed meanwhile.
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

/* Whether a line that was seen to be open is this message's. */
static __always_inline int is_match(struct aod_request *line, aod_u64 seen, const struct message *message)
{
	line = behind(line, seen);
	if (line->message_id != message->message_id || line->command != message->command)
		return 0;
	return pairs_by_session(message->command) ? line->session_id == message->session_id
						  : line->task_id == message->task_id;
}

/* A complete request took at least 1 ns; clocks of two CPUs may differ by some. */
static __always_inline aod_u64 latency_at(aod_u64 now_ns, aod_u64 start_ns)
{
	return now_ns > start_ns ? now_ns - start_ns : 1;
}

/* What came of trying to close a line without a reply. */
enum ended {
	ENDED_NONE,      /* there is no such open line */
	ENDED_CONTENDED, /* the set changed meanwhile: look again */
	ENDED_BEFORE,    /* it was closed before */
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

/* One bit of an open line that somebody else may be claiming: see the essay in table.h. */
static __always_inline void mark_ambiguous(struct aod_request *line)
{
	_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a word of errno_code, command, flags, kind");
	set_bits((aod_u32 *)&line->errno_code, (aod_u32)AOD_AMBIGUOUS << 16);
}

/*
 * What the open lines of a message's key have to expect when another message of this key appears. A task that sends the
 * same again does not wait for the first any more: that is superseded. A session may use another channel: all are
 * ambiguous. Returns the flags for the other. Closing a line changes the set: it has to be looked at again.
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
		if (pairs_by_session(message->command)) {
			mark_ambiguous(line_at(place, at));
			flags = AOD_AMBIGUOUS;
		} else if (close_line(place, seen, at, now_ns, AOD_SUPERSEDED) == ENDED_CLOSED) {
			count(AOD_COUNTER_SUPERSEDED);
		}
	}
	return flags;
}

#endif

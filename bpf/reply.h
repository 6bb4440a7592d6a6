/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * smb3_cmd_done and smb3_cmd_err: a reply is reported. In: the message and how it ended; out: its request's line
 * complete, a record on the ring if user space asked for such, one more in a histogram. A reply that finds no open line
 * changes nothing but a counter: some kernels report parts of compounds twice.
 */
#ifndef AOD_REPLY_H
#define AOD_REPLY_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "counters.h"
#include "ghosts.h"
#include "histogram.h"
#include "line.h"
#include "message.h"
#include "request.h"
#include "ring.h"
#include "state.h"
#include "table.h"

/* How many of the open lines are the message's, and the one that it should close: its own task's, else the first. */
static __noinline aod_u32 match_lines(const struct place *place, aod_u64 seen, const struct message *message,
				      aod_u32 *at)
{
	aod_u64 open = lines_open(seen);
	aod_u32 matches = 0;

#pragma unroll
	for (int i = 0; i < AOD_SET_LINES; i++) {
		struct aod_request *line = line_at(place, i);

		if (!has_line(open, i) || !is_match(line, seen, message))
			continue;
		/* Some READs and WRITEs are synchronous. */
		if (!matches++ || line->task_id == (aod_u32)bpf_get_current_pid_tgid())
			*at = i;
	}
	return matches;
}

/* What a look for a reply's line comes to: the number of the line, which is claimed then, or one of two. */
enum {
	FOUND_AMBIGUOUS = 4, /* with a number: there is a ghost of the same key */
	FOUND_NONE = 8,
	FOUND_CONTENDED = 16, /* one, but the set changed meanwhile */
};

static __always_inline aod_u32 look_for_line(const struct place *place, const struct message *message)
{
	aod_u64 seen = READ_ONCE(*place->state);
	aod_u64 open = lines_open(seen);
	aod_u32 matches = 0, at = 0;
	int is_ambiguous;

	/* Mostly there is one open line, or none. */
	if (is_single(open)) {
		at = only_line(open);
		matches = is_match(line_at(place, at), seen, message);
	} else if (open) {
		matches = match_lines(place, seen, message, &at);
	}
	/*
	 * A claimed line does not match: it comes back complete, or open with a request that is not sent yet. Whether
	 * an open line matches is known only if the set has not changed: its fields may already be another request's.
	 */
	if (!matches)
		return READ_ONCE(*place->state) == seen ? FOUND_NONE : FOUND_CONTENDED;
	/* Marks the line that it will close as well. */
	if (matches > 1)
		meet_twins(place, seen, message, 0);
	is_ambiguous = pairs_by_session(message->command) && has_ghost(message, seen);
	if (!claim(place, seen, seen, at))
		return FOUND_CONTENDED;
	return at | (is_ambiguous ? FOUND_AMBIGUOUS : 0);
}

__noinline aod_u32 look_again_for_line(aod_u64 session_id, aod_u64 message_id, aod_u32 task_id, aod_u32 command)
{
	struct message message = {
	    .session_id = session_id,
	    .message_id = message_id,
	    .task_id = task_id,
	    .command = command,
	};
	struct place place = find_place(&message);

	return place.set ? look_for_line(&place, &message) : FOUND_NONE;
}

static __always_inline aod_u32 find_line(const struct place *place, const struct message *message)
{
	aod_u32 found = look_for_line(place, message);

	for (int look = 1; look < LOOKS && found & FOUND_CONTENDED; look++)
		found =
		    look_again_for_line(message->session_id, message->message_id, message->task_id, message->command);
	return found;
}

/* What a reply says beside its key. */
struct ending {
	aod_u32 nt_status;
	aod_u8 errno_code;
	aod_u8 flags;
};

/* Returns whether there was a line. */
static __always_inline int close_request(const struct message *message, const struct ending *ending)
{
	aod_u64 now_ns = bpf_ktime_get_ns();
	struct place place = find_place(message);
	struct aod_request *line, record;
	aod_u64 start_ns, latency_ns, session_id;
	aod_u32 found, at, tree_id;
	aod_u8 flags;
	int wanted;

	if (!place.set)
		return 0;
	found = find_line(&place, message);
	if (found & (FOUND_NONE | FOUND_CONTENDED)) {
		if (pairs_by_session(message->command) && remove_ghost(message))
			found = FOUND_NONE;
		count(found & FOUND_CONTENDED ? AOD_COUNTER_REPLY_CONTENDED : AOD_COUNTER_UNPAIRED);
		return 0;
	}
	at = found & (AOD_SET_LINES - 1);
	line = line_at(&place, at);
	flags = line->flags | ending->flags | (found & FOUND_AMBIGUOUS ? AOD_AMBIGUOUS : 0);
	start_ns = line->start_ns;
	latency_ns = latency_at(now_ns, start_ns);
	session_id = line->session_id;
	tree_id = line->tree_id;
	begin_write(line);
	line->latency_ns = latency_ns;
	line->nt_status = ending->nt_status;
	line->errno_code = ending->errno_code;
	line->flags = flags;
	wanted = !(flags & AOD_AMBIGUOUS) && is_wanted(line, latency_ns);
	if (wanted) {
		/* While the line is ours: once released it may become another request's. */
		record = *line;
		record.start_ns = start_ns;
	}
	release(&place, at, start_ns, LINE_COMPLETE);
	/* Only now: who reads the record finds the table up to date. */
	if (wanted)
		send_record(&record, 0);
	if (flags & AOD_AMBIGUOUS) {
		count(AOD_COUNTER_AMBIGUOUS);
	} else {
		count(AOD_COUNTER_REPLIED);
		/* What its own hook says is known when this is compiled: a reply that did not fail pays nothing for it.
		 */
		count_latency(session_id, tree_id, message->command, latency_ns, ending->flags & AOD_ERRORED,
			      ending->nt_status);
	}
	return 1;
}

/* One look for an open part of a task's compound, by its message id, whatever its command. Returns an `ended`. */
__noinline int look_for_part(aod_u64 message_id, aod_u32 task_id, aod_u64 now_ns)
{
	struct message part = {.message_id = message_id, .task_id = task_id};
	struct place place = find_place(&part);
	aod_u64 seen;

	if (!place.set)
		return ENDED_NONE;
	seen = READ_ONCE(*place.state);
#pragma unroll
	for (int at = 0; at < AOD_SET_LINES; at++) {
		struct aod_request *line = behind(line_at(&place, at), seen);

		if (has_line(lines_open(seen), at) && line->message_id == message_id && line->task_id == task_id &&
		    !pairs_by_session(line->command))
			return close_line(&place, seen, at, now_ns, AOD_TAIL);
	}
	return ENDED_NONE;
}

/*
 * cifs reports the parts of a compound one after the other and stops at the first that failed (compound_send_recv): the
 * parts behind it are open and no reply of theirs will ever be reported. They have the message ids that follow. A line
 * that an earlier connection left there goes with them: a task waits for one compound at a time.
 */
static __always_inline void close_tail(const struct message *failed)
{
	aod_u64 now_ns = bpf_ktime_get_ns();

	for (int i = 1; i < AOD_COMPOUND_PARTS; i++) {
		int ended = ENDED_CONTENDED, closed = 0;

		for (int look = 0; look < LOOKS + AOD_SET_LINES && ended != ENDED_NONE; look++) {
			ended = look_for_part(failed->message_id + i, failed->task_id, now_ns);
			if (ended == ENDED_CLOSED) {
				count(AOD_COUNTER_TAIL_CLOSED);
				closed = 1;
			}
		}
		if (!closed)
			return;
	}
}

#endif

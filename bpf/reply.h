/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * smb3_cmd_done and smb3_cmd_err report a reply. It completes the line of its request, goes on the ring if the filters
 * want it, and counts in a histogram. A reply that finds no open line only increments a counter: some kernels report
 * parts of compounds twice.
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

/* Returns how many open lines match the message; *at is the one to close: that of the running task, else the first. */
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

/* The result of a search for a reply's line: the number of the line, which is claimed then, or one of the last two. */
enum {
	FOUND_AMBIGUOUS = 4, /* added to a number: there is a ghost of the same key */
	FOUND_NONE = 8,
	FOUND_CONTENDED = 16, /* the set changed during the search */
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
	 * A claimed line does not match: its owner releases it complete, or open for a request that is not sent yet.
	 * Whether an open line matches is known only if the set has not changed: its fields may already belong to
	 * another request.
	 */
	if (!matches)
		return READ_ONCE(*place->state) == seen ? FOUND_NONE : FOUND_CONTENDED;
	/* This also marks the line that the reply will close. */
	if (matches > 1)
		meet_twins(place, seen, message, 0);
	is_ambiguous = message->pairing == BY_SESSION && has_ghost(message, seen);
	if (!claim(place, seen, seen, at))
		return FOUND_CONTENDED;
	return at | (is_ambiguous ? FOUND_AMBIGUOUS : 0);
}

__noinline aod_u32 look_again_for_line(aod_u64 session_id, aod_u64 message_id, aod_u32 task_id, aod_u32 command)
{
	struct message message = make_message(session_id, message_id, task_id, command);
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

/* The content of a reply beside its key. */
struct ending {
	aod_u32 nt_status;
	aod_u8 errno_code;
	aod_u8 flags;
};

/* Returns whether the request had a line. */
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
		if (message->pairing == BY_SESSION && remove_ghost(message))
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
		/* Copied while the line is claimed: once released it may become the line of another request. */
		record = *line;
		record.start_ns = start_ns;
	}
	release(&place, at, start_ns, LINE_COMPLETE);
	/* Sent after the release, so that the reader of the record finds the table up to date. */
	if (wanted)
		send_record(&record, 0);
	if (flags & AOD_AMBIGUOUS) {
		count(AOD_COUNTER_AMBIGUOUS);
	} else {
		count(AOD_COUNTER_REPLIED);
		/* The compiler knows the flags of each hook: a reply that did not fail pays nothing for this test. */
		count_latency(session_id, tree_id, message->command, latency_ns, ending->flags & AOD_ERRORED,
			      ending->nt_status);
	}
	return 1;
}

/* One try to close an open part of a task's compound, by message id, whatever its command. Returns an enum ended. */
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
 * parts behind it stay open, because no reply to them will ever be reported. They have the next message ids. A line
 * that an earlier connection left at such an id is closed with them: a task waits for one compound at a time.
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

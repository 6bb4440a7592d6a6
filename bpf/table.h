/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The request table: where a request's line is, and who may write it when. In: a message; out: its set, or a line of it
 * that is ours alone. Which reply belongs to which request is decided in reply.h.
 *
 * Several CPUs run the programs at once: tasks send, cifsd reports replies, user space reaps. This is why no request is
 * lost unseen, and why none is ever closed, unmarked, by the reply to another.
 *
 * One word a set. The state of four lines is one word (state.h), and every line changes hands by one exchange of that
 * word, which fails if the set is not as it was seen: whatever a program found out about the set is true at the moment
 * of its exchange. A claimed line has one owner until that stores the line's byte. So two enters never share a line, an
 * enter never overwrites a line that a reply is closing, and of two replies one gets the line. Who fails looks again,
 * LOOKS times in all, and then counts a loss. Every opened line leaves in exactly one way, and each is counted:
 * replied, ambiguous, tail_closed, superseded, reaped, evicted.
 *
 * Synchronous commands (all but READ and WRITE) are matched by task. A task sends and takes replies on one CPU at a
 * time and in its own order, and after it has sent (message id, command) again it no longer waits for the first, which
 * is superseded: it has at most one open line of a key. Others touch that line only to evict or reap it, and then the
 * reply finds none.
 *
 * READ and WRITE are matched by session, and sessions have several channels that count message ids each for itself: two
 * requests in flight may have one key (session, message id, command), and no reply says which is meant. Call open lines
 * and ghosts (ghosts.h) of a key its candidates. There are always at least as many candidates as requests of the key
 * that are in flight:
 *   - an enter ends with a line, or with a ghost where no line could be had; only then the request is sent;
 *   - who evicts a line adds the ghost first;
 *   - a reply takes one candidate at most: a line, or if there is none a ghost;
 *   - a reap takes one, and user space has proved that it is not in flight (a reply that comes all the same is
 * unpaired, because other candidates are marked before). A reply looks at all candidates between reading the word and
 * exchanging it. Finds it two, it marks all of them ambiguous before the exchange, so each is marked when the next
 * reply gets it. Finds it a single one that is not marked, then no more than one request of the key is in flight, the
 * one that this reply answers; and the line is that one's, because a request whose line is still open though it was
 * answered has lost to a reply that took another line, and that one marked it. (Marks are no exchange: they hide no
 * line from others. A mark that comes too late hits a line whose owner made its own decision, or makes a request
 * ambiguous that is not.)
 *
 * What this needs: that every enter is seen, and each reply of a READ or WRITE is reported once, which cifs does. What
 * is in flight when the programs are attached, and runs that the kernel left out (recursion_misses), have no candidate.
 *
 * User space only reads. It sees no states, it has start_ns: AOD_BEING_WRITTEN while a line is written, and another
 * value if the line became another request's meanwhile.
 */
#ifndef AOD_TABLE_H
#define AOD_TABLE_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "memory.h"
#include "message.h"
#include "request.h"
#include "state.h"

/* 16,384 x 256 bytes = 4 MiB, for 65,536 requests. Mapped by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, AOD_SETS);
	__type(key, aod_u32);
	__type(value, struct aod_set);
} requests SEC(".maps");

/*
 * The state of each set: 16,384 x 8 bytes = 128 KiB. Not in the lines, because an enter that chooses among four lines
 * would wait for four cache lines that nobody has touched for 65,536 requests. This way it waits for one, of a map that
 * largely stays in the cache, and the line that it chose is only written, which nobody waits for.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, AOD_SETS);
	__type(key, aod_u32);
	__type(value, aod_u64);
} states SEC(".maps");

/*
 * How often a set is looked at when others keep changing it meanwhile. Such loops are unrolled: verifiers up to 6.1
 * take a loop as endless whose last instruction runs into its first, and clang likes to lay them out that way.
 */
#define LOOKS 4

/* Where a message's line is, if it has one. */
struct place {
	aod_u64 *state;
	struct aod_set *set; /* null: no such place, which can't be, but verifiers want it checked */
};

/*
 * Message ids that follow each other have sets that follow each other: what CPUs fetch ahead of need. Ids skip by
 * CreditCharge, and their low bits alone would use a 64th of the sets at a charge of 64, so the high ones are added. An
 * owner begins anywhere, by the top bits of a product (Fibonacci hashing).
 */
static __always_inline struct place find_place(const struct message *message)
{
	aod_u64 owner = pairs_by_session(message->command) ? message->session_id : message->task_id;
	aod_u64 begin = owner * 0x9e3779b97f4a7c15ULL >> (64 - AOD_SETS_LOG2);
	aod_u32 key = (begin + message->message_id + (message->message_id >> AOD_SETS_LOG2)) & (AOD_SETS - 1);
	struct place place = {.state = bpf_map_lookup_elem(&states, &key)};

	place.set = place.state ? bpf_map_lookup_elem(&requests, &key) : 0;
	return place;
}

static __always_inline struct aod_request *line_at(const struct place *place, aod_u32 at)
{
	/* The mask, right before the use, is what older verifiers need: they forget the bound of a spilled index. */
	return &place->set->lines[at & (AOD_SET_LINES - 1)];
}

/* Takes a line if the set still is as it was seen; `wanted` is how the set shall be but for that claim. */
static __always_inline int claim(const struct place *place, aod_u64 seen, aod_u64 wanted, aod_u32 at)
{
	return swap(place->state, seen, make_claimed(wanted, at));
}

/* After a claim: from here on readers in user space leave the line's fields alone. */
static __always_inline void begin_write(struct aod_request *line)
{
	publish(&line->start_ns, AOD_BEING_WRITTEN);
	asm volatile("" ::: "memory");
}

/* Gives a claimed line back to all. */
static __always_inline void release(const struct place *place, aod_u32 at, aod_u64 start_ns, enum line_state state)
{
	publish(&line_at(place, at)->start_ns, start_ns);
	publish_byte(place->state, at & (AOD_SET_LINES - 1), LINE_CLAIMED, state);
}

#endif

/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The request table: where the line of a request is. Who may write a line, and how, is in line.h; which reply belongs
 * to which request is decided in reply.h. This is the argument for all three.
 *
 * Several CPUs run the programs at once: tasks send, cifsd reports replies, user space reaps. The argument shows why no
 * request is lost without being counted, and why no request is ever closed, unmarked, by the reply to another.
 *
 * One word a set. The state of four lines is one word (state.h). Every line changes hands by one exchange of that word,
 * which fails if the set is not as the program saw it: whatever a program found out about the set is true at the moment
 * of its exchange. A claimed line has one owner until that owner stores the line's byte. So two enters never share a
 * line, an enter never overwrites a line that a reply is closing, and of two replies one gets the line. A program that
 * loses the race retries up to LOOKS times, then counts a loss. Every opened line ends in exactly one way, and each way
 * has a counter: replied, ambiguous, tail_closed, superseded, reaped, evicted.
 *
 * Synchronous commands (all but READ and WRITE) are matched by task. A task sends and takes replies on one CPU at a
 * time and in its own order. After it has sent (message id, command) again it no longer waits for the first request,
 * which is superseded: so a task has at most one open line of a key. Other programs touch that line only to evict or
 * reap it, and then the reply finds none.
 *
 * READ and WRITE are matched by session, and a session has several channels, each of which counts its own message ids:
 * two requests in flight may have one key (session, message id, command), and no reply says which of them it answers.
 * The candidates of a key are its open lines and its ghosts (ghosts.h). There are always at least as many candidates as
 * requests of the key in flight:
 *   - an enter ends with a line, or with a ghost if no line could be had; only then the request is sent;
 *   - a program that evicts a line adds the ghost first;
 *   - a reply takes at most one candidate: a line, or a ghost if there is no line;
 *   - a reap takes one candidate, and user space has proved that its request is not in flight. (If a reply comes all
 *     the same it is unpaired, because the reap marks the other candidates first.)
 *
 * A reply looks at all candidates between reading the word and exchanging it.
 *   - If it finds two, it marks both ambiguous before the exchange, so each is marked when the next reply gets it.
 *   - If it finds one that is not marked, then at most one request of the key is in flight, the one that this reply
 *     answers. The line belongs to that request: a request whose line is still open although it was answered lost its
 *     reply to another line, and the reply that took that line marked this one.
 * (Marks are not exchanges: they hide no line from other programs. A mark that comes too late hits a line whose owner
 * has made its own decision, or makes a request ambiguous that is not.)
 *
 * The argument needs two facts: every enter is seen, and each reply of a READ or WRITE is reported once, which cifs
 * does. Requests that were in flight when the programs were attached, and runs that the kernel left out
 * (recursion_misses), have no candidate.
 *
 * User space only reads. It sees no states, only start_ns: AOD_BEING_WRITTEN while a program writes the line, and
 * another value if the line meanwhile belongs to another request.
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
 * The state of each set: 16,384 x 8 bytes = 128 KiB. It is not in the lines, because an enter that chooses among four
 * lines would wait for four cache lines that no program has touched for 65,536 requests. This way it waits for one
 * cache line, of a map that largely stays in the cache. The line that it chooses is only written, and no CPU waits for
 * a write.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, AOD_SETS);
	__type(key, aod_u32);
	__type(value, aod_u64);
} states SEC(".maps");

/*
 * How often a program tries a set that other programs keep changing. Such loops are unrolled: verifiers up to 6.1 take
 * a loop for endless whose last instruction runs into its first, and clang likes to lay them out that way.
 */
#define LOOKS 4

/* The set in which a message's line is, if it has one. */
struct place {
	aod_u64 *state;
	struct aod_set *set; /* null: no such set. This can't happen, but verifiers want the check. */
};

/*
 * Consecutive message ids have consecutive sets, which CPUs prefetch. Ids skip by CreditCharge, and their low bits
 * alone would use a 64th of the sets at a charge of 64, so the high bits are added. Each owner starts at a set of its
 * own, given by the top bits of a product (Fibonacci hashing).
 */
static __always_inline struct place find_place(const struct message *message)
{
	aod_u64 owner = message->pairing == BY_SESSION ? message->session_id : message->task_id;
	aod_u64 begin = owner * 0x9e3779b97f4a7c15ULL >> (64 - AOD_SETS_LOG2);
	aod_u32 key = (begin + message->message_id + (message->message_id >> AOD_SETS_LOG2)) & (AOD_SETS - 1);
	struct place place = {.state = bpf_map_lookup_elem(&states, &key)};

	place.set = place.state ? bpf_map_lookup_elem(&requests, &key) : 0;
	return place;
}

static __always_inline struct aod_request *line_at(const struct place *place, aod_u32 at)
{
	/* Older verifiers need the mask right before the use: they forget the bound of a spilled index. */
	return &place->set->lines[at & (AOD_SET_LINES - 1)];
}

#endif

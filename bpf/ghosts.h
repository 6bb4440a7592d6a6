/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Ghosts: READ and WRITE requests in flight that have no line, because they were evicted or no line could be claimed
 * for them. This file knows only whether a request with a given key is a ghost; it reports none.
 *
 * Why they are needed. A READ or WRITE is paired by session, message id and command, and a second channel of the
 * session can send the same three again. While both requests have lines, the programs see that. If one of them lost its
 * line, its reply would find the other's line and look like a perfect match. So the program that takes a line away
 * leaves a fingerprint here *before* the line is gone, and a reply that finds a fingerprint of its own key is
 * ambiguous. A reply without a line removes its fingerprint.
 *
 * How they are stored. The map is a multiset of 64-bit hashes. A hash is in one of its two buckets, preferably in the
 * one with more room, and never moves. Duplicates are stored side by side. One compare-and-exchange of a word adds or
 * removes a hash, so two CPUs never remove the same one: the CPU that loses the race goes on to the next. This also
 * holds for programs that preempt each other on one CPU. If two requests have the same hash (2^-64), a request is
 * ambiguous that is not, never the other way round.
 *
 * How many fit. A bucket has seven slots. In 400,000 simulated runs with random hashes no hash found both of its
 * buckets full before 4,281 ghosts were stored; with a single choice of a bucket of eight slots the first is lost at
 * 557. Ghosts come from sets of the table with more than four requests in flight: with requests spread at random, 4,096
 * ghosts take 45,000 READs and WRITEs in flight at once. 14 ghosts of one key fit, and cifs has at most 16 channels for
 * a session, of which four have lines.
 *
 * A ghost that does not fit still counts. It becomes a nameless ghost of its first bucket: one more in a count that
 * stands for any key with this first bucket. While the count is not 0, each reply with such a key is ambiguous, which
 * is a 1,024th of all replies; AOD_COUNTER_FORGOTTEN counts nameless ghosts. A reply without a line and without a
 * fingerprint decrements the count. So the keys of the bucket together still have at least as many candidates (table.h)
 * as requests in flight. When the count is 0 again this is true of each key by itself, because no key ever lacked more
 * candidates than the count. Only a reply whose enter was not seen breaks this, as it breaks the argument in table.h.
 */
#ifndef AOD_GHOSTS_H
#define AOD_GHOSTS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "counters.h"
#include "memory.h"
#include "message.h"
#include "request.h"
#include "ring.h"

#define GHOST_BUCKETS_LOG2 10
#define GHOST_BUCKETS (1 << GHOST_BUCKETS_LOG2)
#define GHOST_BUCKET_PLACES 7

struct ghost_bucket {
	aod_u64 fingerprints[GHOST_BUCKET_PLACES]; /* 0: free */
	aod_u64 nameless; /* number of ghosts whose first bucket this is and that found both of their buckets full */
};

_Static_assert(sizeof(struct ghost_bucket) == 64, "a bucket is one cache line");

/* 1,024 x 64 bytes = 64 KiB, for 7,168 fingerprints. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GHOST_BUCKETS);
	__type(key, aod_u32);
	__type(value, struct ghost_bucket);
} ghosts SEC(".maps");

/* The form in which a ghost is stored. */
enum ghost {
	GHOST_NONE,
	GHOST_NAMED,    /* as a fingerprint */
	GHOST_NAMELESS, /* in the count of its first bucket */
};

static __always_inline aod_u64 fingerprint_of(const struct message *message)
{
	aod_u64 hash = (message->session_id + message->command) * 0x9e3779b97f4a7c15ULL;

	hash = (hash ^ hash >> 32 ^ message->message_id) * 0xd6e8feb86659fd93ULL;
	return (hash ^ hash >> 32) | 1;
}

/* Both pointers are null or neither. They never are, because each key has a bucket, but verifiers want the check. */
struct ghost_buckets {
	struct ghost_bucket *first, *second;
};

/* The two buckets are never the same: their numbers differ in the lowest bit. */
static __always_inline struct ghost_buckets find_buckets_of(aod_u64 fingerprint)
{
	aod_u32 first = fingerprint >> (64 - GHOST_BUCKETS_LOG2);
	aod_u32 second = first ^ ((fingerprint >> (64 - 2 * GHOST_BUCKETS_LOG2) & (GHOST_BUCKETS - 1)) | 1);
	struct ghost_buckets buckets = {.first = bpf_map_lookup_elem(&ghosts, &first)};

	buckets.second = buckets.first ? bpf_map_lookup_elem(&ghosts, &second) : 0;
	return buckets;
}

static __always_inline int has_fingerprint(struct ghost_bucket *bucket, aod_u64 fingerprint)
{
#pragma unroll
	for (int i = 0; i < GHOST_BUCKET_PLACES; i++)
		if (READ_ONCE(bucket->fingerprints[i]) == fingerprint)
			return 1;
	return 0;
}

/* Adds up the lowest bit, which each fingerprint has: comparisons would give verifiers 2^14 paths. */
static __always_inline aod_u32 count_fingerprints(struct ghost_bucket *bucket)
{
	aod_u32 number = 0;

#pragma unroll
	for (int i = 0; i < GHOST_BUCKET_PLACES; i++)
		number += READ_ONCE(bucket->fingerprints[i]) & 1;
	return number;
}

/* Replaces one `before` by `after`. Returns whether there was one. */
static __always_inline int swap_fingerprint(struct ghost_bucket *bucket, aod_u64 before, aod_u64 after)
{
#pragma unroll
	for (int i = 0; i < GHOST_BUCKET_PLACES; i++)
		if (READ_ONCE(bucket->fingerprints[i]) == before && swap(&bucket->fingerprints[i], before, after))
			return 1;
	return 0;
}

/* Returns an enum ghost: the form in which the ghost is stored. */
__noinline int place_ghost(aod_u64 fingerprint)
{
	struct ghost_buckets buckets = find_buckets_of(fingerprint);
	struct ghost_bucket *roomy, *other;

	if (!buckets.second)
		return GHOST_NONE;
	if (count_fingerprints(buckets.first) <= count_fingerprints(buckets.second)) {
		roomy = buckets.first;
		other = buckets.second;
	} else {
		roomy = buckets.second;
		other = buckets.first;
	}
	if (swap_fingerprint(roomy, 0, fingerprint) || swap_fingerprint(other, 0, fingerprint))
		return GHOST_NAMED;
	add_long(&buckets.first->nameless, 1);
	return GHOST_NAMELESS;
}

/* Returns whether it removed a ghost of this kind, an enum ghost. */
__noinline int take_ghost(aod_u64 fingerprint, aod_u32 kind)
{
	struct ghost_buckets buckets = find_buckets_of(fingerprint);

	if (!buckets.second)
		return 0;
	if (kind == GHOST_NAMED)
		return swap_fingerprint(buckets.first, fingerprint, 0) ||
		       swap_fingerprint(buckets.second, fingerprint, 0);
		/* If other CPUs win each time, the count stays too high, and a reply is ambiguous without need. */
#pragma unroll
	for (int look = 0; look < GHOST_BUCKET_PLACES; look++) {
		aod_u64 nameless = READ_ONCE(buckets.first->nameless);

		if (!nameless)
			return 0;
		if (swap(&buckets.first->nameless, nameless, nameless - 1))
			return 1;
	}
	return 0;
}

/*
 * Called before the request loses its line. Returns an enum ghost. The number of ghosts is incremented before the ghost
 * is stored and decremented after one was removed: it is never 0 while a ghost is stored.
 */
static __noinline aod_u32 add_ghost(const struct message *message)
{
	struct aod_control *words = find_control();
	aod_u32 kind;

	if (!words)
		return GHOST_NONE;
	add(&words->ghosts, 1);
	kind = place_ghost(fingerprint_of(message));
	if (kind == GHOST_NAMELESS)
		count(AOD_COUNTER_FORGOTTEN);
	return kind;
}

/*
 * Called if the line was not lost after all. It removes only what was added for it: another program may have removed
 * the fingerprint in place of its own line, and then that line stays as a candidate.
 */
static __always_inline void undo_ghost(const struct message *message, aod_u32 kind)
{
	struct aod_control *words = find_control();

	if (words && kind != GHOST_NONE && take_ghost(fingerprint_of(message), kind))
		add(&words->ghosts, -1);
}

/* Called if the reply came, or if no task waits for it any more. Returns whether there was a ghost. */
static __always_inline int remove_ghost(const struct message *message)
{
	struct aod_control *words = find_control();
	aod_u64 fingerprint = fingerprint_of(message);

	if (!words || !READ_ONCE(words->ghosts))
		return 0;
	if (!take_ghost(fingerprint, GHOST_NAMED) && !take_ghost(fingerprint, GHOST_NAMELESS))
		return 0;
	add(&words->ghosts, -1);
	return 1;
}

/* @param number of ghosts, read before: the buckets are read after it. */
__noinline int look_for_ghost(aod_u64 fingerprint, aod_u64 number)
{
	struct ghost_buckets buckets = find_buckets_of(fingerprint);

	if (!buckets.second)
		return 0;
	buckets.first = behind(buckets.first, number);
	buckets.second = behind(buckets.second, number);
	return has_fingerprint(buckets.first, fingerprint) || has_fingerprint(buckets.second, fingerprint) ||
	       READ_ONCE(buckets.first->nameless);
}

/* Whether the message's key has a ghost. @param seen state of the request's set, read before. */
static __always_inline int has_ghost(const struct message *message, aod_u64 seen)
{
	struct aod_control *words = find_control();
	aod_u64 number;

	if (!words)
		return 0;
	/* Usually there is no ghost, and reading this one word, which stays in the cache, is enough. */
	words = behind(words, seen);
	number = READ_ONCE(words->ghosts);
	return number ? look_for_ghost(fingerprint_of(message), number) : 0;
}

#endif

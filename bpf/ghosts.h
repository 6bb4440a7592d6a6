/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The READ and WRITE requests that are in flight and have no line: evicted, or never recorded because no line could be
 * claimed. In: a request; out: whether one like it is a ghost. Nothing else is known of a ghost, and none is reported.
 *
 * Why: a READ or WRITE is paired by session, message id and command, and a second channel of the session can send the
 * same three again. While both have lines that is seen. If one lost its line, its reply would find the other's and
 * look like a perfect match. So the program that takes a line away leaves a fingerprint here *before* the line is gone,
 * and a reply that finds a fingerprint of its own key is ambiguous. A reply without a line takes its fingerprint away.
 *
 * A multiset of 64-bit hashes. A hash may stand in either of two buckets, in the one with more room if there is a
 * choice, and never moves. Duplicates stand side by side. One compare-and-exchange of a word places or takes a hash, so
 * two CPUs never take the same one: the CPU that loses goes on to the next. This holds as well for programs that
 * preempt each other on one CPU. Two requests with one hash (2^-64) make a request ambiguous that is not, never the
 * other way round.
 *
 * How many fit. A bucket has seven places. In 400,000 simulated runs with random hashes no hash found both of its
 * buckets full before 4,281 ghosts stood there; with one choice of a bucket of eight the first is lost at 557. Ghosts
 * come from sets of the table with more than four requests in flight: with requests spread at random, 4,096 of them
 * take 45,000 READs and WRITEs in flight at once. Of one key 14 fit, and cifs has 16 channels for a session at most,
 * of which four have lines.
 *
 * A ghost that does not fit is not forgotten. It becomes a nameless ghost of its first bucket: a count, for any key
 * that begins there. While the count is not 0 each reply with such a key is ambiguous, a 1,024th of all replies;
 * AOD_COUNTER_FORGOTTEN says how many there have been. A reply without a line and without a fingerprint takes one of
 * the count away. So the candidates of the bucket's keys (table.h) are still at least as many as their requests in
 * flight, and when the count is 0 again this is true of each key by itself: a lack of candidates of one key never was
 * more than the count. What breaks this is what breaks the argument in table.h: a reply whose enter was not seen.
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
	aod_u64 nameless; /* ghosts that found both of their buckets full, this being the first */
};

_Static_assert(sizeof(struct ghost_bucket) == 64, "a bucket is one cache line");

/* 1,024 x 64 bytes = 64 KiB, for 7,168 fingerprints. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GHOST_BUCKETS);
	__type(key, aod_u32);
	__type(value, struct ghost_bucket);
} ghosts SEC(".maps");

/* The form in which a ghost is remembered. */
enum ghost {
	GHOST_NONE,
	GHOST_NAMED,    /* its fingerprint */
	GHOST_NAMELESS, /* one of its first bucket's count */
};

static __always_inline aod_u64 fingerprint_of(const struct message *message)
{
	aod_u64 hash = (message->session_id + message->command) * 0x9e3779b97f4a7c15ULL;

	hash = (hash ^ hash >> 32 ^ message->message_id) * 0xd6e8feb86659fd93ULL;
	return (hash ^ hash >> 32) | 1;
}

/* Both are null or neither: there are as many buckets as keys, but verifiers want it checked. */
struct ghost_buckets {
	struct ghost_bucket *first, *second;
};

/* The second is never the first: its number differs in the lowest bit. */
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

/* By their lowest bit, which each fingerprint has: a comparison each would be 2^14 ways to verify. */
static __always_inline aod_u32 count_fingerprints(struct ghost_bucket *bucket)
{
	aod_u32 number = 0;

#pragma unroll
	for (int i = 0; i < GHOST_BUCKET_PLACES; i++)
		number += READ_ONCE(bucket->fingerprints[i]) & 1;
	return number;
}

/* Puts `after` where one `before` is. */
static __always_inline int swap_fingerprint(struct ghost_bucket *bucket, aod_u64 before, aod_u64 after)
{
#pragma unroll
	for (int i = 0; i < GHOST_BUCKET_PLACES; i++)
		if (READ_ONCE(bucket->fingerprints[i]) == before && swap(&bucket->fingerprints[i], before, after))
			return 1;
	return 0;
}

/* Returns an enum ghost: the form in which it is remembered. */
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

/* Returns whether it took away one of this kind, an enum ghost. */
__noinline int take_ghost(aod_u64 fingerprint, aod_u32 kind)
{
	struct ghost_buckets buckets = find_buckets_of(fingerprint);

	if (!buckets.second)
		return 0;
	if (kind == GHOST_NAMED)
		return swap_fingerprint(buckets.first, fingerprint, 0) ||
		       swap_fingerprint(buckets.second, fingerprint, 0);
		/* If other CPUs are quicker each time, the count stays too high: a reply is ambiguous without need. */
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
 * Before the request loses its line. Returns an enum ghost. The number of ghosts goes up before there is one more and
 * down after there is one less: it is never 0 while there is one.
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
 * The line was not lost after all. Only what was added for it goes: another program may have taken the fingerprint in
 * place of its own line, which stays as a candidate then.
 */
static __always_inline void undo_ghost(const struct message *message, aod_u32 kind)
{
	struct aod_control *words = find_control();

	if (words && kind != GHOST_NONE && take_ghost(fingerprint_of(message), kind))
		add(&words->ghosts, -1);
}

/* Its reply came, or nothing waits for it any more. Returns whether there was one. */
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

/* After the number of ghosts was read. */
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

/* Whether there is one, asked after the state of the request's set was seen. */
static __always_inline int has_ghost(const struct message *message, aod_u64 seen)
{
	struct aod_control *words = find_control();
	aod_u64 number;

	if (!words)
		return 0;
	/* As a rule there is none: one word that stays in the cache. */
	words = behind(words, seen);
	number = READ_ONCE(words->ghosts);
	return number ? look_for_ghost(fingerprint_of(message), number) : 0;
}

#endif

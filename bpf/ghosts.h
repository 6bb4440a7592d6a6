/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The READ and WRITE requests that are in flight and have no line: evicted, or never recorded because no line could be
 * claimed. In: a request; out: whether one like it is a ghost. Nothing more is known of a ghost, and nothing is told.
 *
 * Why: a READ or WRITE is paired by session, message id and command, and a second channel of the session can send the
 * same three again. While both have lines that is seen. If one lost its line, its reply would find the other's and
 * look like a perfect match. So whoever loses a line leaves a fingerprint here *before* the line is gone, and a reply
 * that finds a fingerprint of its own kind is ambiguous. A reply without a line takes its fingerprint away.
 *
 * A multiset of hashes in buckets of eight, found by scanning one cache line, changed by compare-and-exchange of one
 * word: duplicates may stand side by side, two CPUs never take the same one. Two requests with one hash (2^-64) make a
 * request ambiguous that is not, never the other way round. A full bucket is counted as `forgotten`.
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

#define GHOST_BUCKETS_LOG2 9
#define GHOST_BUCKET_SIZE 8

struct ghost_bucket {
	aod_u64 fingerprints[GHOST_BUCKET_SIZE]; /* 0: free */
};

/* 512 x 64 bytes = 32 KiB, for 4,096 ghosts at most. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << GHOST_BUCKETS_LOG2);
	__type(key, aod_u32);
	__type(value, struct ghost_bucket);
} ghosts SEC(".maps");

static __always_inline aod_u64 fingerprint_of(const struct message *message)
{
	aod_u64 hash = (message->session_id + message->command) * 0x9e3779b97f4a7c15ULL;

	hash = (hash ^ hash >> 32 ^ message->message_id) * 0xd6e8feb86659fd93ULL;
	return (hash ^ hash >> 32) | 1;
}

static __always_inline struct ghost_bucket *find_bucket_of(aod_u64 fingerprint)
{
	aod_u32 key = fingerprint >> (64 - GHOST_BUCKETS_LOG2);

	return bpf_map_lookup_elem(&ghosts, &key);
}

/* Puts `after` where one `before` is. */
static __always_inline int swap_fingerprint(aod_u64 fingerprint, aod_u64 before, aod_u64 after)
{
	struct ghost_bucket *bucket = find_bucket_of(fingerprint);

	if (!bucket)
		return 0;
#pragma unroll
	for (int i = 0; i < GHOST_BUCKET_SIZE; i++)
		if (READ_ONCE(bucket->fingerprints[i]) == before && swap(&bucket->fingerprints[i], before, after))
			return 1;
	return 0;
}

/*
 * Before the request loses its line. The number of ghosts goes up before there is one more and down after there is one
 * less: it is never 0 while there is one.
 */
static __always_inline void add_ghost(const struct message *message)
{
	struct aod_control *words = find_control();
	aod_u64 fingerprint = fingerprint_of(message);

	if (!words)
		return;
	add(&words->ghosts, 1);
	if (swap_fingerprint(fingerprint, 0, fingerprint))
		return;
	add(&words->ghosts, -1);
	count(AOD_COUNTER_FORGOTTEN);
}

/* Its reply came, or nobody waits for it any more. Returns whether there was one. */
static __always_inline int remove_ghost(const struct message *message)
{
	struct aod_control *words = find_control();
	aod_u64 fingerprint = fingerprint_of(message);

	if (!words || !READ_ONCE(words->ghosts) || !swap_fingerprint(fingerprint, fingerprint, 0))
		return 0;
	add(&words->ghosts, -1);
	return 1;
}

/* Whether there is one, asked after the state of the request's set was seen. */
static __always_inline int has_ghost(const struct message *message, aod_u64 seen)
{
	struct aod_control *words = find_control();
	aod_u64 fingerprint = fingerprint_of(message), number;
	struct ghost_bucket *bucket;

	if (!words)
		return 0;
	/* As a rule there is none: one word that stays in the cache. */
	words = behind(words, seen);
	number = READ_ONCE(words->ghosts);
	if (!number)
		return 0;
	bucket = find_bucket_of(fingerprint);
	if (!bucket)
		return 0;
	bucket = behind(bucket, number);
#pragma unroll
	for (int i = 0; i < GHOST_BUCKET_SIZE; i++)
		if (READ_ONCE(bucket->fingerprints[i]) == fingerprint)
			return 1;
	return 0;
}

#endif

/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Latency histograms of all replies by share slot and command, and counts of failed replies by status, both for each
 * CPU. User space decides which tree has which slot; reply.h decides which replies count.
 */
#ifndef AOD_HISTOGRAM_H
#define AOD_HISTOGRAM_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "request.h"

/* 32 slots x 20 commands x 512 bytes = 320 KiB for each possible CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, AOD_SHARE_SLOTS *AOD_COMMANDS);
	__type(key, aod_u32);
	__type(value, struct aod_histogram);
} histograms SEC(".maps");

/* 1,024 x 16 bytes = 16 KiB. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, AOD_TREE_BUCKETS);
	__type(key, aod_u32);
	__type(value, struct aod_tree);
} trees SEC(".maps");

static __always_inline aod_u32 find_slot(aod_u64 session_id, aod_u32 tree_id)
{
	aod_u32 session = session_id ^ session_id >> 32;
	aod_u32 key = (session * 0x9e3779b1 ^ tree_id) * 0x9e3779b1 >> (32 - AOD_TREE_BUCKETS_LOG2);
	struct aod_tree *tree = bpf_map_lookup_elem(&trees, &key);

	if (tree && session_id && tree->session_id == session_id && tree->tree_id == tree_id &&
	    tree->slot < AOD_SHARE_SLOTS)
		return tree->slot;
	return AOD_SHARE_SLOTS - 1;
}

/*
 * Preallocated: 1,024 elements of 64 bytes, 1,024 buckets of 16 bytes, and 8 KiB for each possible CPU. Only failed
 * replies are written. Nothing is ever deleted: the first 1,024 triples stay, and later ones are counted without their
 * status.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, AOD_TALLIES);
	__type(key, struct aod_status);
	__type(value, aod_u64);
} statuses SEC(".maps");

/*
 * BPF has no instruction that counts leading zeroes, so the logarithm is found by halving, in five steps for 2^0 to
 * 2^31. It has no branches, because no CPU predicts latencies: the sign of -x is the mask for "x is not 0".
 */
static __always_inline aod_u64 log2_of(aod_u64 value)
{
	aod_u64 log = 0;

#pragma unroll
	for (int bits = 16; bits; bits >>= 1) {
		aod_u64 above = (aod_u64)(-(long long)(value >> bits) >> 63) & bits;

		value >>= above;
		log += above;
	}
	return log;
}

static __always_inline aod_u32 find_bucket(aod_u64 latency_ns)
{
	aod_u64 first_buckets = latency_ns >> AOD_HISTOGRAM_FIRST_LOG2;
	aod_u64 log, step;

	if (!first_buckets)
		return 0;
	if (first_buckets >> (AOD_HISTOGRAM_LAST_LOG2 - AOD_HISTOGRAM_FIRST_LOG2))
		return AOD_HISTOGRAM_BUCKETS - 1;
	log = log2_of(first_buckets);
	/* The two bits behind the leading bit. */
	step = (latency_ns >> (log + AOD_HISTOGRAM_FIRST_LOG2 - AOD_HISTOGRAM_STEPS_LOG2)) &
	       ((1 << AOD_HISTOGRAM_STEPS_LOG2) - 1);
	return 1 + (log << AOD_HISTOGRAM_STEPS_LOG2) + step;
}

/*
 * Returns 0 if there is no room. Two CPUs may both be the first to see a status: the second writes only the value of
 * its own CPU, because an element that exists keeps the values of the others.
 */
static __always_inline int count_status(aod_u32 cell, aod_u32 nt_status)
{
	struct aod_status key = {.nt_status = nt_status, .cell = cell};
	aod_u64 *number = bpf_map_lookup_elem(&statuses, &key), first = 1;

	if (!number)
		return !bpf_map_update_elem(&statuses, &key, &first, BPF_ANY);
	(*number)++;
	return 1;
}

/* nt_status is ignored if the reply did not fail. */
static __always_inline void count_latency(aod_u64 session_id, aod_u32 tree_id, aod_u8 command, aod_u64 latency_ns,
					  int errored, aod_u32 nt_status)
{
	aod_u32 key = find_slot(session_id, tree_id) * AOD_COMMANDS + command;
	struct aod_histogram *histogram = bpf_map_lookup_elem(&histograms, &key);
	aod_u32 bucket = find_bucket(latency_ns);

	/* The second condition is never true, but verifiers want it right before the use. */
	if (!histogram || bucket >= AOD_HISTOGRAM_BUCKETS)
		return;
	histogram->sum_ns += latency_ns;
	histogram->buckets[bucket]++;
	if (errored) {
		histogram->errors++;
		if (!count_status(key, nt_status))
			histogram->untold_statuses++;
	}
}

#endif

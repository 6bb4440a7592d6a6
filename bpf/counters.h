/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What happened that is not a paired request, and every loss by cause. In: an aod_counter; out: one more of it on this
 * CPU. Who reads adds up the CPUs.
 */
#ifndef AOD_COUNTERS_H
#define AOD_COUNTERS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "request.h"

/* 21 x 8 bytes for each possible CPU. Programs do not interrupt each other on one CPU, so a plain ++ does. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, AOD_COUNTERS);
	__type(key, aod_u32);
	__type(value, aod_u64);
} counters SEC(".maps");

static __always_inline void count(enum aod_counter counter)
{
	aod_u32 key = counter;
	aod_u64 *value = bpf_map_lookup_elem(&counters, &key);

	if (value)
		(*value)++;
}

#endif

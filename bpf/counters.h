/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Counts of events other than paired requests, and of every loss by its cause. Each CPU has its own counts; the reader
 * adds them up.
 */
#ifndef AOD_COUNTERS_H
#define AOD_COUNTERS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "request.h"

/*
 * 22 x 8 bytes for each possible CPU. The increment is a plain ++, because an atomic one would cost each request more
 * than the figures gain. Up to Linux 7.1 raw tracepoints run programs with preemption switched off, and no count is
 * lost. From 7.2 on programs are preemptible: a task that is preempted in the middle of ++ and continues later writes
 * its old sum back, and the counts that other tasks added on this CPU meanwhile are lost. Counters may then be slightly
 * too low, never too high.
 */
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

/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The ring, whose records reach user space at once, and the filters that decide which requests go on it. A record that
 * finds no room is counted as a loss. Nothing here waits.
 */
#ifndef AOD_RING_H
#define AOD_RING_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "counters.h"
#include "memory.h"
#include "request.h"

/* 1 MiB of data, which is 14,563 records with their headers of 8 bytes, and three pages. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, AOD_RING_BYTES);
} events SEC(".maps");

/* 21 x 40 bytes. Zero until user space fills it: every request would go on the ring, and no failed operation. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, AOD_FILTERS);
	__type(key, aod_u32);
	__type(value, struct aod_filter);
} filters SEC(".maps");

/* Preallocated: 4,096 elements of 64 bytes and 8,192 buckets of 16 bytes, 384 KiB in all. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, AOD_STATUS_MAX);
	__type(key, struct aod_quiet);
	__type(value, aod_u8);
} quiet SEC(".maps");

/* One page, because user space maps it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, aod_u32);
	__type(value, struct aod_control);
} control SEC(".maps");

static __always_inline struct aod_control *find_control(void)
{
	aod_u32 key = 0;

	return bpf_map_lookup_elem(&control, &key);
}

/*
 * Sends one record from the stack. Reserving room in the ring would save a copy, but verifiers up to 6.1 lose track of
 * the pointer if it is compared with null twice.
 */
static __always_inline void send_record(struct aod_request *record, aod_u64 flags)
{
	if (bpf_ringbuf_output(&events, record, sizeof(*record), flags))
		count(AOD_COUNTER_RING_FULL);
}

/*
 * Wakes a reader that sleeps without a deadline, once, by a record that holds nothing but the time. The reader sets the
 * word and scans the table 20 ms later; the program publishes the line and then reads the word. Either the reader sees
 * the line, or the program sees the word: no CPU holds back a store for that long.
 */
static __always_inline void wake_reader(aod_u64 now_ns)
{
	struct aod_control *words = find_control();

	if (words && READ_ONCE(words->asleep)) {
		struct aod_request record = {.start_ns = now_ns, .kind = AOD_KIND_WAKE};

		WRITE_ONCE(words->asleep, 0);
		send_record(&record, BPF_RB_FORCE_WAKEUP);
	}
}

static __always_inline int is_tracked_errno(const struct aod_filter *filter, aod_u8 code)
{
	aod_u32 word = code >> 6;

	/* The compiler could prove that word is below 4 and drop the mask, but the verifier needs the mask. */
	asm volatile("" : "+r"(word));
	return filter->errno_mask[word & (AOD_ERRNO_WORDS - 1)] >> (code & 63) & 1;
}

static __always_inline int is_tracked_error(const struct aod_filter *filter, const struct aod_request *line)
{
	struct aod_quiet key = {.nt_status = line->nt_status, .command = line->command};

	return is_tracked_errno(filter, line->errno_code) && !bpf_map_lookup_elem(&quiet, &key);
}

/* Whether the filters want this complete request on the ring. */
static __always_inline int is_wanted(const struct aod_request *line, aod_u64 latency_ns)
{
	aod_u32 key = line->command;
	struct aod_filter *filter = bpf_map_lookup_elem(&filters, &key);

	return filter &&
	       (latency_ns >= filter->slow_ns || (line->flags & AOD_ERRORED && is_tracked_error(filter, line)));
}

#endif

/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What user space is told at once: records on the ring, and what decides which requests become one. In: a record's
 * content; out: a copy on the ring, or a loss that is counted. Nothing here waits.
 */
#ifndef AOD_RING_H
#define AOD_RING_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "counters.h"
#include "memory.h"
#include "request.h"

/* 1 MiB of data, 14,563 records with their headers of 8 bytes; and three pages. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, AOD_RING_BYTES);
} events SEC(".maps");

/* 21 x 40 bytes. All zero until user space has filled it: every request would go on the ring, no failed operation. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, AOD_FILTERS);
	__type(key, aod_u32);
	__type(value, struct aod_filter);
} filters SEC(".maps");

/* Preallocated: 4,096 elements of 64 bytes and 8,192 buckets of 16 bytes, 384 KiB. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, AOD_STATUS_MAX);
	__type(key, struct aod_quiet);
	__type(value, aod_u8);
} quiet SEC(".maps");

/* One page, because it is mapped. */
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
 * One record, from the stack. (A reserved place in the ring would save a copy, but verifiers up to 6.1 lose track of
 * its pointer where it is compared with null twice.)
 */
static __always_inline void send_record(struct aod_request *record, aod_u64 flags)
{
	if (bpf_ringbuf_output(&events, record, sizeof(*record), flags))
		count(AOD_COUNTER_RING_FULL);
}

/*
 * Wakes a reader that sleeps without a deadline, once, by a record that says nothing but when. The reader sets the word
 * and looks at the table 20 ms later; we publish the line and then look at the word. Either it sees the line or we see
 * the word: no CPU keeps a store to itself for that long.
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

	/* The compiler may know that it is below 4 and drop the mask, which is what keeps the verifier sure of it. */
	asm volatile("" : "+r"(word));
	return filter->errno_mask[word & (AOD_ERRNO_WORDS - 1)] >> (code & 63) & 1;
}

static __always_inline int is_tracked_error(const struct aod_filter *filter, const struct aod_request *line)
{
	struct aod_quiet key = {.nt_status = line->nt_status, .command = line->command};

	return is_tracked_errno(filter, line->errno_code) && !bpf_map_lookup_elem(&quiet, &key);
}

/* Whether this complete request is one that user space asked for. */
static __always_inline int is_wanted(const struct aod_request *line, aod_u64 latency_ns)
{
	aod_u32 key = line->command;
	struct aod_filter *filter = bpf_map_lookup_elem(&filters, &key);

	return filter &&
	       (latency_ns >= filter->slow_ns || (line->flags & AOD_ERRORED && is_tracked_error(filter, line)));
}

#endif

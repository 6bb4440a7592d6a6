/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The name of the task that sends. In: the task and the time; out: its comm, at most a millisecond old.
 *
 * Asking the kernel costs as much as reading the clock (55 ns here), and a task that sends a lot asks for the same name
 * again and again. A name changes by exec and prctl only, but no hook tells of those, so it is remembered for a
 * millisecond: what a new program sends in its first millisecond may bear the old name.
 */
#ifndef AOD_SENDER_H
#define AOD_SENDER_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "request.h"

#define SENDERS 64
#define NAME_KEEPS_NS 1000000

struct sender {
	aod_u64 ids; /* bpf_get_current_pid_tgid */
	aod_u64 asked_ns;
	char comm[16];
};

/* 64 x 32 bytes = 2 KiB for each possible CPU, direct-mapped by task. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SENDERS);
	__type(key, aod_u32);
	__type(value, struct sender);
} senders SEC(".maps");

/* @param comm of AOD_COMM_BYTES, in either struct at a multiple of four */
static __always_inline void write_comm(char *comm, aod_u64 ids, aod_u64 now_ns)
{
	aod_u32 key = (aod_u32)ids % SENDERS;
	struct sender *sender = bpf_map_lookup_elem(&senders, &key);

	if (!sender)
		return;
	if (sender->ids != ids || now_ns - sender->asked_ns > NAME_KEEPS_NS) {
		bpf_get_current_comm(sender->comm, AOD_COMM_BYTES);
		sender->ids = ids;
		sender->asked_ns = now_ns;
	}
	__builtin_memcpy(__builtin_assume_aligned(comm, 4), sender->comm, AOD_COMM_BYTES);
}

#endif

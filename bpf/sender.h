/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The name of the task that sends: its comm, at most a millisecond old.
 *
 * Asking the kernel for it costs as much as reading the clock (55 ns on the machine of the benchmarks), and a busy task
 * would ask for the same name again and again. Only exec and prctl change a name, but no hook of aod reports those, so
 * the name is cached for a millisecond: requests that a new program sends in its first millisecond may carry the old
 * name.
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

/* @param comm AOD_COMM_BYTES long; in both structs its offset is a multiple of four */
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

/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Connection trouble: each event of a rare hook becomes a record on the ring, whatever the filters say. Only scalar
 * arguments are used. Nothing is paired and no string is read: user space finds the server by the connection or the
 * session.
 */
#ifndef AOD_SIGNAL_H
#define AOD_SIGNAL_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "counters.h"
#include "memory.h"
#include "message.h"
#include "request.h"
#include "ring.h"

/* The arguments of a hook, named as the fields of the record that take them. */
struct trouble {
	aod_u64 session_id; /* or the connection's id, see enum aod_signal */
	aod_u64 message_id;
	aod_u32 tree_id;
	aod_u64 rc; /* as the hook passes it */
};

static __always_inline int send_signal(enum aod_signal signal, const struct trouble *trouble)
{
	aod_u64 ids = bpf_get_current_pid_tgid();
	struct aod_request record = {
	    .start_ns = bpf_ktime_get_ns(),
	    .session_id = trouble->session_id,
	    .message_id = trouble->message_id,
	    .tree_id = trouble->tree_id,
	    .task_id = ids,
	    .process_id = ids >> 32,
	    .errno_code = errno_code_of(trouble->rc),
	    .command = signal,
	    .kind = AOD_KIND_SIGNAL,
	};

	bpf_get_current_comm(record.comm, sizeof(record.comm));
	count(AOD_COUNTER_SIGNALS);
	send_record(&record, 0);
	return 0;
}

/* Defines the program of a hook. The last arguments are the fields of its struct trouble. */
#define SIGNAL(hook, program, signal, ...)                                                                             \
	SEC("raw_tp/" hook)                                                                                            \
	int program(struct bpf_raw_tracepoint_args *ctx)                                                               \
	{                                                                                                              \
		struct trouble trouble = {__VA_ARGS__};                                                                \
                                                                                                                       \
		return send_signal(signal, &trouble);                                                                  \
	}

/*
 * Defines two programs for a hook that got the connection's id in 5.12 (kernel commit 6d82c27ae5d0), in the position of
 * the host's name: since then (u64 currmid, u64 conn_id, char *host, ...), before it (u64 currmid, char *host, ...). A
 * kernel refuses to attach a program that reads an argument which the hook does not have. So the first program reads
 * the last argument of the newer form, and the second is for kernels that refuse the first: there the address of the
 * name would be taken for an id, and would leak a kernel address.
 */
#define SIGNAL_OF_CONNECTION(hook, program, signal, last)                                                              \
	SIGNAL(hook, program, signal, .message_id = ctx->args[0] + 0 * READ_ONCE(ctx->args[last]),                     \
	       .session_id = ctx->args[1])                                                                             \
	SIGNAL(hook, program##_unnamed, signal, .message_id = ctx->args[0])

#endif

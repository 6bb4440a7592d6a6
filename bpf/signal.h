/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Connection trouble. In: the scalar arguments of a rare hook; out: one record on the ring, whatever the filters say.
 * Nothing is paired and no string is read: who the server is, user space finds by the connection or the session.
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

/* What a hook says, by the fields of the record that it goes to. */
struct trouble {
	aod_u64 session_id; /* or the connection's id: aod_signal says which */
	aod_u64 message_id;
	aod_u32 tree_id;
	aod_u64 rc; /* as the hook has it */
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

/* A program for a hook: the fields of its struct trouble. */
#define SIGNAL(hook, program, signal, ...)                                                                             \
	SEC("raw_tp/" hook)                                                                                            \
	int program(struct bpf_raw_tracepoint_args *ctx)                                                               \
	{                                                                                                              \
		struct trouble trouble = {__VA_ARGS__};                                                                \
                                                                                                                       \
		return send_signal(signal, &trouble);                                                                  \
	}

/*
 * Two programs for a hook that got the connection's id in 5.12 (kernel commit 6d82c27ae5d0), in the place where the
 * host's name was: (u64 currmid, u64 conn_id, char *host, ...), before it (u64 currmid, char *host, ...). A kernel
 * refuses to attach a program that reads an argument which the hook does not have, so the first reads the last one of
 * its form, and the second is for where that is refused: a name's address would look like an id, and is nobody's
 * business.
 */
#define SIGNAL_OF_CONNECTION(hook, program, signal, last)                                                              \
	SIGNAL(hook, program, signal, .message_id = ctx->args[0] + 0 * READ_ONCE(ctx->args[last]),                     \
	       .session_id = ctx->args[1])                                                                             \
	SIGNAL(hook, program##_unnamed, signal, .message_id = ctx->args[0])

#endif

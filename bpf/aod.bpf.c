/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The kernel side of aod: one program for each tracepoint of cifs.ko that it listens to, and one that user space runs.
 * In: the tracepoints' scalar arguments, nothing else of the kernel (no BTF, no kernel headers, no pointer followed).
 * Out: the request table, the ring, counters and histograms (request.h). It must never wait, and is kept short: the
 * kernel runs it with the connection's send mutex held.
 *
 * Each program has the name of its hook. The rules are in enter.h, reply.h and reap.h; why they hold on several CPUs is
 * said in table.h.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "counters.h"
#include "enter.h"
#include "message.h"
#include "reap.h"
#include "reply.h"
#include "request.h"
#include "ring.h"

/* Our own. No helper that is called here is for GPL programs alone; tried on 6.1 and 6.18. */
char LICENSE[] SEC("license") = "Dual MIT/GPL";

SEC("raw_tp/smb3_cmd_enter")
int on_cmd_enter(struct bpf_raw_tracepoint_args *ctx)
{
	aod_u64 ids = bpf_get_current_pid_tgid();
	struct message message = read_message(ctx);

	message.task_id = ids;
	/* No event ever tells of its reply: smb2_echo_callback reports none. */
	if (message.command == COMMAND_ECHO)
		count(AOD_COUNTER_ECHOED);
	else if (message.command >= AOD_COMMANDS)
		count(AOD_COUNTER_UNKNOWN_COMMAND);
	else
		open_request(&message, ids);
	return 0;
}

SEC("raw_tp/smb3_cmd_done")
int on_cmd_done(struct bpf_raw_tracepoint_args *ctx)
{
	struct message message = read_reply(ctx);
	struct ending ending = {.flags = AOD_REPLIED};

	close_request(&message, &ending);
	return 0;
}

SEC("raw_tp/smb3_cmd_err")
int on_cmd_err(struct bpf_raw_tracepoint_args *ctx)
{
	struct message message = read_reply(ctx);
	/* Arguments are zero-extended to 64 bits, this one is signed; include/trace/bpf_probe.h */
	int rc = (int)ctx->args[5];
	aod_u32 errno_code = rc < 0 ? -rc : 0;
	struct ending ending = {
	    .nt_status = ctx->args[4],
	    .errno_code = errno_code > 255 ? 255 : errno_code,
	    .flags = AOD_REPLIED | AOD_ERRORED,
	};

	if (close_request(&message, &ending) && rc < 0 && !is_by_session(message.command))
		close_tail(&message);
	return 0;
}

/* Connection trouble: the second argument says which connection or session, and nothing is paired. */
static __always_inline int send_signal(const struct bpf_raw_tracepoint_args *ctx, enum aod_signal signal,
				       aod_u64 message_id, aod_u32 tree_id)
{
	aod_u64 ids = bpf_get_current_pid_tgid();
	struct aod_request record = {
	    .start_ns = bpf_ktime_get_ns(),
	    .session_id = ctx->args[1],
	    .message_id = message_id,
	    .tree_id = tree_id,
	    .task_id = ids,
	    .process_id = ids >> 32,
	    .command = signal,
	    .kind = AOD_KIND_SIGNAL,
	};

	bpf_get_current_comm(record.comm, sizeof(record.comm));
	count(AOD_COUNTER_SIGNALS);
	send_record(&record, 0);
	return 0;
}

#define SIGNAL(hook, program, signal, message_id, tree_id)                                                             \
	SEC("raw_tp/" hook)                                                                                            \
	int program(struct bpf_raw_tracepoint_args *ctx)                                                               \
	{                                                                                                              \
		return send_signal(ctx, signal, message_id, tree_id);                                                  \
	}

/* (u64 currmid, u64 conn_id, char *host, ...) but for ses_expired: (u32 tid, u64 sesid, u16 cmd, u64 mid). */
SIGNAL("smb3_reconnect", on_reconnect, AOD_SIGNAL_RECONNECT, ctx->args[0], 0)
SIGNAL("smb3_partial_send_reconnect", on_partial_send_reconnect, AOD_SIGNAL_PARTIAL_SEND_RECONNECT, ctx->args[0], 0)
SIGNAL("smb3_ses_expired", on_ses_expired, AOD_SIGNAL_SES_EXPIRED, ctx->args[3], ctx->args[0])
SIGNAL("smb3_credit_timeout", on_credit_timeout, AOD_SIGNAL_CREDIT_TIMEOUT, ctx->args[0], 0)
SIGNAL("smb3_reconnect_with_invalid_credits", on_reconnect_invalid_credits, AOD_SIGNAL_RECONNECT_INVALID_CREDITS,
       ctx->args[0], 0)

/*
 * Never attached: user space runs it through BPF_PROG_TEST_RUN for a request of which it has proved that nobody waits
 * for it any more. Arguments: start_ns, message_id, session_id, task_id, command, as the record has them. Returns 1 if
 * that closed its line, 2 if it had lost its line and its ghost is laid, 0 if it was closed before.
 */
SEC("raw_tp/reap_request")
int reap_request(struct bpf_raw_tracepoint_args *ctx)
{
	struct message message = {
	    .message_id = ctx->args[1],
	    .session_id = ctx->args[2],
	    .task_id = ctx->args[3],
	    .command = ctx->args[4],
	};

	return reap(&message, ctx->args[0]);
}

/* What user space reads and writes, in full: a compiler leaves out of the BTF what no prototype and no map names. */
struct shared_types {
	struct aod_request request;
	struct aod_control control;
	struct aod_filter filter;
	struct aod_quiet quiet;
	struct aod_tree tree;
	struct aod_histogram histogram;
	enum aod_geometry geometry;
	enum aod_flags flags;
	enum aod_kind kind;
	enum aod_signal signal;
	enum aod_histogram_shape histogram_shape;
	enum aod_counter counter;
};

/* Never called, so never loaded: src/model/request.gen.ts is made from the BTF of its prototype. */
static __attribute__((used)) int pin_types(__attribute__((unused)) struct shared_types *types)
{
	return 0;
}

/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The kernel side of aod: a program for each tracepoint of cifs.ko that aod uses, and two that user space runs by hand.
 * They read the tracepoints' scalar arguments and nothing else of the kernel: no BTF, no kernel headers, no pointer is
 * followed. They write the request table, the operations, the ring, counters and histograms (request.h). They must
 * never wait and must be short, because the kernel runs them with the connection's send mutex held.
 *
 * Each program is named after its hook. The rules are in enter.h, reply.h, reap.h and operation.h; table.h and
 * operation.h argue why they hold on several CPUs.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "counters.h"
#include "enter.h"
#include "failure.h"
#include "message.h"
#include "operation.h"
#include "reap.h"
#include "reply.h"
#include "request.h"
#include "signal.h"

/* The license of the programs. They call no helper that is reserved for GPL programs; tried on 6.1 and 6.18. */
char LICENSE[] SEC("license") = "Dual MIT/GPL";

SEC("raw_tp/smb3_cmd_enter")
int on_cmd_enter(struct bpf_raw_tracepoint_args *ctx)
{
	aod_u64 ids = bpf_get_current_pid_tgid(), now_ns;
	struct message message = read_message(ctx);

	message.task_id = ids;
	/* No event ever reports the reply to an ECHO: smb2_echo_callback has no tracepoint. */
	if (message.command == COMMAND_ECHO) {
		count(AOD_COUNTER_ECHOED);
	} else if (message.command >= AOD_COMMANDS) {
		count(AOD_COUNTER_UNKNOWN_COMMAND);
	} else {
		now_ns = bpf_ktime_get_ns();
		open_request(&message, ids, now_ns);
		note_request(&message, now_ns);
	}
	return 0;
}

SEC("raw_tp/smb3_cmd_done")
int on_cmd_done(struct bpf_raw_tracepoint_args *ctx)
{
	struct message message = read_reply(ctx);
	struct ending ending = {.flags = AOD_REPLIED};

	close_request(&message, &ending);
	end_silent_operation(&message);
	return 0;
}

SEC("raw_tp/smb3_cmd_err")
int on_cmd_err(struct bpf_raw_tracepoint_args *ctx)
{
	struct message message = read_reply(ctx);
	int rc = (int)ctx->args[5];
	struct ending ending = {
	    .nt_status = ctx->args[4],
	    .errno_code = errno_code_of(ctx->args[5]),
	    .flags = AOD_REPLIED | AOD_ERRORED,
	};

	if (close_request(&message, &ending) && rc < 0 && message.pairing == BY_TASK)
		close_tail(&message);
	if (ending.nt_status != STATUS_MORE_PROCESSING_REQUIRED)
		note_failed_reply(bpf_get_current_pid_tgid(), bpf_ktime_get_ns());
	end_silent_operation(&message);
	return 0;
}

/*
 * All three hooks begin with (unsigned xid, const char *function, ...), from 5.10 to 7.x. The return values are for
 * tests that run the programs by hand: whether the operation got a line, or was ended.
 */
SEC("raw_tp/smb3_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	return begin_operation(ctx->args[0], bpf_get_current_pid_tgid());
}

SEC("raw_tp/smb3_exit_done")
int on_exit_done(struct bpf_raw_tracepoint_args *ctx)
{
	return end_operation(ctx->args[0], bpf_get_current_pid_tgid());
}

SEC("raw_tp/smb3_exit_err")
int on_exit_err(struct bpf_raw_tracepoint_args *ctx)
{
	aod_u64 ids = bpf_get_current_pid_tgid();

	report_failure(ctx->args[0], ids, errno_code_of(ctx->args[2]));
	return end_operation(ctx->args[0], ids);
}

/* Signals, in the order of aod_signal. Arguments: fs/smb/client/trace.h, up to 6.2 fs/cifs/trace.h. */
SIGNAL_OF_CONNECTION("smb3_reconnect", on_reconnect, AOD_SIGNAL_RECONNECT, 2)
SIGNAL_OF_CONNECTION("smb3_partial_send_reconnect", on_partial_send_reconnect, AOD_SIGNAL_PARTIAL_SEND_RECONNECT, 2)
/* (u32 tid, u64 sesid, u16 cmd, u64 mid) */
SIGNAL("smb3_ses_expired", on_ses_expired, AOD_SIGNAL_SES_EXPIRED, .session_id = ctx->args[1],
       .message_id = ctx->args[3], .tree_id = ctx->args[0])
SIGNAL_OF_CONNECTION("smb3_credit_timeout", on_credit_timeout, AOD_SIGNAL_CREDIT_TIMEOUT, 5)
SIGNAL_OF_CONNECTION("smb3_reconnect_with_invalid_credits", on_reconnect_invalid_credits,
		     AOD_SIGNAL_RECONNECT_INVALID_CREDITS, 5)
/* (char *host, u64 conn_id, sockaddr *, int rc); not in 5.15 */
SIGNAL("smb3_connect_err", on_connect_err, AOD_SIGNAL_CONNECT_ERR, .session_id = ctx->args[1], .rc = ctx->args[3])
SIGNAL_OF_CONNECTION("smb3_insufficient_credits", on_insufficient_credits, AOD_SIGNAL_INSUFFICIENT_CREDITS, 5)
SIGNAL_OF_CONNECTION("smb3_overflow_credits", on_overflow_credits, AOD_SIGNAL_OVERFLOW_CREDITS, 5)
/* (u64 sesid); not in 6.1 */
SIGNAL("smb3_ses_not_found", on_ses_not_found, AOD_SIGNAL_SES_NOT_FOUND, .session_id = ctx->args[0])
/* (char *host, char *user, u64 conn_id, sockaddr *, int rc); not in 6.6 */
SIGNAL("smb3_key_expired", on_key_expired, AOD_SIGNAL_KEY_EXPIRED, .session_id = ctx->args[2], .rc = ctx->args[4])

/* (unsigned xid, u32 tid, u64 sesid, char *unc, int rc); also called if the tree was connected, with rc 0. */
SEC("raw_tp/smb3_tcon")
int on_tcon(struct bpf_raw_tracepoint_args *ctx)
{
	struct trouble trouble = {
	    .session_id = ctx->args[2],
	    .tree_id = ctx->args[1],
	    .rc = ctx->args[4],
	};

	return (int)trouble.rc ? send_signal(AOD_SIGNAL_TREE_CONNECT_ERR, &trouble) : 0;
}

/*
 * Never attached: user space runs it by BPF_PROG_TEST_RUN for a request, after it has proved that no task waits for the
 * reply any more. Arguments: start_ns, message_id, session_id, task_id, command, as the record has them. Returns an
 * enum aod_reap.
 */
SEC("raw_tp/reap_request")
int reap_request(struct bpf_raw_tracepoint_args *ctx)
{
	struct message message = make_message(ctx->args[2], ctx->args[1], ctx->args[3], ctx->args[4]);

	return reap(&message, ctx->args[0]);
}

/* Reaps an operation in the same way. Arguments: start_ns, task_id. Returns 1 if that freed its line. */
SEC("raw_tp/reap_operation")
int reap_operation(struct bpf_raw_tracepoint_args *ctx)
{
	if (!ctx->args[0])
		return 0;
	return reap_operation_of(ctx->args[1], ctx->args[0]);
}

/* All types that user space shares: a compiler omits from the BTF a type that no prototype and no map names. */
struct shared_types {
	struct aod_request request;
	struct aod_operation operation;
	struct aod_control control;
	struct aod_filter filter;
	struct aod_quiet quiet;
	struct aod_status status;
	struct aod_tree tree;
	struct aod_histogram histogram;
	enum aod_geometry geometry;
	enum aod_flags flags;
	enum aod_reap reap;
	enum aod_kind kind;
	enum aod_signal signal;
	enum aod_histogram_shape histogram_shape;
	enum aod_counter counter;
};

/* Never called, so never loaded. src/model/request.gen.ts is generated from the BTF of its prototype. */
static __attribute__((used)) int pin_types(__attribute__((unused)) struct shared_types *types)
{
	return 0;
}

/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The message that a hook reports, read from the arguments of its tracepoint, and how its request and reply are paired.
 * A struct message lives on the stack only. Replies look like requests except for tree_id, which means nothing there.
 */
#ifndef AOD_MESSAGE_H
#define AOD_MESSAGE_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "request.h"

/* MS-SMB2 2.2.1.2; those that need a rule of their own. */
enum command {
	COMMAND_LOGOFF = 2,
	COMMAND_TREE_DISCONNECT = 4,
	COMMAND_CLOSE = 6,
	COMMAND_READ = 8,
	COMMAND_WRITE = 9,
	COMMAND_ECHO = 13,
};

/* The reply to the first leg of every session setup: a step of the protocol. smb3_cmd_err reports it as an error. */
#define STATUS_MORE_PROCESSING_REQUIRED 0xc0000016

/* What request and reply have in common beside message id and command. */
enum pairing {
	BY_TASK = 0,
	BY_SESSION = 1,
};

struct message {
	aod_u64 session_id;
	aod_u64 message_id;
	aod_u32 tree_id;
	aod_u32 task_id; /* the task that sends, or that reports the reply; 0 where pairing does not need it */
	aod_u32 command;
	aod_u32 pairing; /* enum pairing; follows from the command */
};

/*
 * cifsd reports the replies of asynchronous READs and WRITEs, so the session is all that request and reply share. Every
 * other command is synchronous: the task that sent it reports its reply. See smb2_readv_callback, smb2_writev_callback
 * and compound_send_recv in fs/smb/client/{smb2pdu,transport}.c, 5.10 to 7.x.
 */
static __always_inline int pairs_by_session(aod_u32 command)
{
	return command == COMMAND_READ || command == COMMAND_WRITE;
}

/* A message from its parts: the only place that decides the pairing. */
static __always_inline struct message make_message(aod_u64 session_id, aod_u64 message_id, aod_u32 task_id,
						   aod_u32 command)
{
	return (struct message){
	    .session_id = session_id,
	    .message_id = message_id,
	    .task_id = task_id,
	    .command = command,
	    .pairing = pairs_by_session(command) ? BY_SESSION : BY_TASK,
	};
}

/*
 * smb3_cmd_enter, smb3_cmd_done and smb3_cmd_err begin alike: (u32 tid, u64 sesid, u16 cmd, u64 mid, ...), the same
 * from 5.10 to 7.x; fs/smb/client/trace.h, in 5.10 and 5.15 fs/cifs/trace.h.
 */
static __always_inline struct message read_message(const struct bpf_raw_tracepoint_args *ctx)
{
	struct message message = make_message(ctx->args[1], ctx->args[3], 0, (unsigned short)ctx->args[2]);

	message.tree_id = ctx->args[0];
	return message;
}

static __always_inline struct message read_reply(const struct bpf_raw_tracepoint_args *ctx)
{
	struct message message = read_message(ctx);

	if (message.pairing == BY_TASK)
		message.task_id = bpf_get_current_pid_tgid();
	return message;
}

/* Arguments are zero-extended to 64 bits, rc is a negative int; include/trace/bpf_probe.h */
static __always_inline aod_u8 errno_code_of(aod_u64 rc)
{
	aod_u32 errno_code = (int)rc < 0 ? -(int)rc : 0;

	return errno_code > 255 ? 255 : errno_code;
}

#endif

/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What a hook says of one message, and whose it is. In: the arguments of a tracepoint; out: a struct message, which
 * lives on the stack only. Replies look the same as requests but for tree_id, which is not to be trusted there.
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

/* Of the first leg of every session setup: a step of the protocol. smb3_cmd_err reports it as an error. */
#define STATUS_MORE_PROCESSING_REQUIRED 0xc0000016

struct message {
	aod_u64 session_id;
	aod_u64 message_id;
	aod_u32 tree_id;
	aod_u32 task_id; /* who sends, or who reports the reply; 0 where that is no matter */
	aod_u32 command;
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

/*
 * smb3_cmd_enter, smb3_cmd_done and smb3_cmd_err begin alike: (u32 tid, u64 sesid, u16 cmd, u64 mid, ...), the same
 * from 5.10 to 7.x; fs/smb/client/trace.h, in 5.10 and 5.15 fs/cifs/trace.h.
 */
static __always_inline struct message read_message(const struct bpf_raw_tracepoint_args *ctx)
{
	return (struct message){
	    .tree_id = ctx->args[0],
	    .session_id = ctx->args[1],
	    .command = (unsigned short)ctx->args[2],
	    .message_id = ctx->args[3],
	};
}

static __always_inline struct message read_reply(const struct bpf_raw_tracepoint_args *ctx)
{
	struct message message = read_message(ctx);

	if (!pairs_by_session(message.command))
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

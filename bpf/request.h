/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The contract between the BPF programs and user space: every byte that one side writes and the other reads.
 *
 * This is the only definition. The BPF programs and the host C programs of the tests include it; `make gen` turns it,
 * through the BPF object's BTF, into src/model/request.gen.ts. Plain C types and no includes, so that any compiler
 * takes it. Sizes are bytes, times are nanoseconds of CLOCK_MONOTONIC, integers are in host order.
 */
#ifndef AOD_REQUEST_H
#define AOD_REQUEST_H

typedef unsigned char aod_u8;
typedef unsigned int aod_u32;
typedef unsigned long long aod_u64;

enum aod_geometry {
	AOD_SETS_LOG2 = 14,
	AOD_SETS = 1 << AOD_SETS_LOG2, /* values of the map `requests` */
	AOD_SET_LINES = 4,             /* records in a set */
	AOD_COMM_BYTES = 12,           /* of a task's name */
	AOD_OPERATION_SETS_LOG2 = 10,
	AOD_OPERATION_SETS = 1 << AOD_OPERATION_SETS_LOG2, /* values of the map `operations` */
	AOD_OPERATION_SET_LINES = 4,                       /* operations in a set */
	AOD_RING_BYTES = 1 << 20,
	AOD_COMMANDS = 20,              /* MS-SMB2 2.2.1.2, NEGOTIATE 0 to SERVER_TO_CLIENT_NOTIFICATION 19 */
	AOD_FILTERS = AOD_COMMANDS + 1, /* the last filter is that of operations that fail without a request */
	AOD_COMPOUND_PARTS = 10, /* most parts of a compound that cifs sends: MAX_COMPOUND, fs/smb/client/cifsglob.h */
	AOD_SHARE_SLOTS = 32, /* each slot has its histograms; the last counts every share without a slot of its own */
	AOD_TREE_BUCKETS_LOG2 = 10,
	AOD_TREE_BUCKETS = 1 << AOD_TREE_BUCKETS_LOG2,
	AOD_ERRNO_WORDS = 4,   /* a bit for each errno from 0 to 255 */
	AOD_STATUS_MAX = 4096, /* (command, status) pairs that never go on the ring */
	AOD_TALLIES = 1024,    /* (status, share slot, command) triples of failed replies with a count of their own */
};

/* How a request ended. No bit set and latency_ns 0: it is in flight. */
enum aod_flags {
	AOD_REPLIED = 1,    /* a reply was paired; without this bit one of the rules below closed the line */
	AOD_ERRORED = 2,    /* smb3_cmd_err reported the reply */
	AOD_TAIL = 4,       /* part of a compound behind the part that failed: its reply is never reported */
	AOD_SUPERSEDED = 8, /* the same task sent the same message id and command again */
	AOD_AMBIGUOUS = 16, /* another open line had the same session, message id and command: the pairing is a guess */
	AOD_REAPED = 32,    /* user space proved that no task waits for the reply any more */
};

/* Results of the program reap_request. */
enum aod_reap {
	AOD_REAP_NONE = 0,      /* the request had been closed before */
	AOD_REAP_LINE = 1,      /* its line is closed */
	AOD_REAP_GHOST = 2,     /* the request had lost its line, and its ghost (ghosts.h) is gone */
	AOD_REAP_CONTENDED = 3, /* unknown: its set was being written at each try; run the program again */
};

/* The kind of a record on the ring. Lines of the request table are always AOD_KIND_REQUEST. */
enum aod_kind {
	AOD_KIND_REQUEST = 1,   /* a complete request that was slow or failed */
	AOD_KIND_EVICTED = 2,   /* an open request that lost its line; from here on user space tracks it */
	AOD_KIND_SIGNAL = 3,    /* connection trouble; `command` holds an aod_signal */
	AOD_KIND_WAKE = 4,      /* an operation or a request began while user space slept without a deadline */
	AOD_KIND_OPERATION = 5, /* an operation, on the ring a failed one; message_id holds its xid, session_id is 0 */
};

/*
 * The record's session_id holds the id of a connection (conn) or of a session (session); kernels before 5.12 name no
 * connection, and it is 0. message_id is the message id that the hook names, or the connection's next one, where the
 * hook has one. errno_code is the reason, where the hook has one.
 */
enum aod_signal {
	AOD_SIGNAL_RECONNECT = 0,                 /* smb3_reconnect: conn */
	AOD_SIGNAL_PARTIAL_SEND_RECONNECT = 1,    /* smb3_partial_send_reconnect: conn */
	AOD_SIGNAL_SES_EXPIRED = 2,               /* smb3_ses_expired: session, tree_id */
	AOD_SIGNAL_CREDIT_TIMEOUT = 3,            /* smb3_credit_timeout: conn */
	AOD_SIGNAL_RECONNECT_INVALID_CREDITS = 4, /* smb3_reconnect_with_invalid_credits: conn */
	AOD_SIGNAL_CONNECT_ERR = 5,               /* smb3_connect_err: conn, errno_code */
	AOD_SIGNAL_INSUFFICIENT_CREDITS = 6,      /* smb3_insufficient_credits: conn */
	AOD_SIGNAL_OVERFLOW_CREDITS = 7,          /* smb3_overflow_credits: conn */
	AOD_SIGNAL_SES_NOT_FOUND = 8,             /* smb3_ses_not_found: session */
	AOD_SIGNAL_KEY_EXPIRED = 9,               /* smb3_key_expired: conn, errno_code */
	AOD_SIGNAL_TREE_CONNECT_ERR = 10,         /* smb3_tcon that failed: session, errno_code, tree_id before */
	AOD_SIGNALS = 11,
};

/* One request in one cache line: a line of the request table and a record on the ring have the same layout. */
struct aod_request {
	aod_u64 start_ns;   /* time when it got its message id; 0: empty, AOD_BEING_WRITTEN: claimed by a program */
	aod_u64 latency_ns; /* 0 in flight, else at least 1; time to the reply, or to the close without one */
	aod_u64 session_id; /* of the request; for a signal see aod_signal */
	aod_u64 message_id; /* counts up on each connection, by CreditCharge */
	aod_u32 tree_id;    /* of the request: in replies an AsyncId or nothing stands there */
	aod_u32 task_id;    /* the task that sent it: kernel's pid */
	aod_u32 process_id; /* kernel's tgid */
	aod_u32 nt_status;  /* MS-ERREF 2.3 */
	aod_u8 errno_code;  /* positive; 0 without error */
	aod_u8 command;     /* MS-SMB2 2.2.1.2, or an aod_signal */
	aod_u8 flags;       /* aod_flags */
	aod_u8 kind;        /* aod_kind */
	char comm[AOD_COMM_BYTES]; /* of the sender, NUL-terminated, cut to 11 bytes */
};

/* start_ns of a line that a program is writing: readers must ignore its other fields. */
#define AOD_BEING_WRITTEN (~0ULL)

struct aod_set {
	struct aod_request lines[AOD_SET_LINES];
};

/*
 * The operation that a task performs inside cifs, whether it has sent a request for it yet or not: one line of the map
 * `operations`. The task's id selects the set (bpf/operation.h); a task has one line at most.
 */
struct aod_operation {
	aod_u64 start_ns; /* time of the enter; 0: free, AOD_BEING_WRITTEN: claimed by a program */
	aod_u32 xid;      /* the number that cifs gives the operation, unique on the host until 2^32 have begun */
	aod_u32 task_id;  /* the task that began it: kernel's pid */
	aod_u32 process_id;
	char comm[AOD_COMM_BYTES];
};

struct aod_operation_set {
	struct aod_operation lines[AOD_OPERATION_SET_LINES];
};

/* The map `control`, one mapped page that both sides write. */
struct aod_control {
	aod_u32 asleep; /* 1: user space sleeps without a deadline; an enter that sees 1 sets 0 and wakes it */
	aod_u32 ghosts; /* READ and WRITE requests in flight without a line (bpf/ghosts.h); programs write it */
};

/* The map `filters`: which requests of each command go on the ring, and which failed operations (the last filter). */
struct aod_filter {
	aod_u64 slow_ns;                     /* requests of this latency and above go on the ring; ~0: none */
	aod_u64 errno_mask[AOD_ERRNO_WORDS]; /* errors that go on the ring, a bit for each errno */
};

/* Key of the map `quiet`: errors that stay off the ring whatever their errno. The value is one byte without meaning. */
struct aod_quiet {
	aod_u32 nt_status;
	aod_u32 command;
};

/*
 * The map `trees`: the slot that counts a tree's requests. Tree ids are unique within a session only (two Windows
 * servers both begin at 1), so the session belongs to the key. The map is direct-mapped; the index is, in 32 bits:
 *     ((session_id ^ session_id >> 32) * 0x9e3779b1 ^ tree_id) * 0x9e3779b1 >> (32 - AOD_TREE_BUCKETS_LOG2)
 * The last slot counts the requests of a tree that is not in its bucket.
 */
struct aod_tree {
	aod_u64 session_id; /* 0: the bucket is empty */
	aod_u32 tree_id;
	aod_u32 slot; /* 0 to AOD_SHARE_SLOTS - 2 */
};

/*
 * The buckets are log-linear: bucket 0 is below 2^10 ns (1 us), then each power of two has four buckets, and the last
 * is 2^40 ns (18 min) and more. A bucket is a quarter of its power of two wide, so a percentile is off by less than
 * 25 %.
 */
enum aod_histogram_shape {
	AOD_HISTOGRAM_FIRST_LOG2 = 10,
	AOD_HISTOGRAM_LAST_LOG2 = 40,
	AOD_HISTOGRAM_STEPS_LOG2 = 2,
	AOD_HISTOGRAM_BUCKETS = 122,
};

/* The per-CPU map `histograms`, index slot * AOD_COMMANDS + command. Buckets wrap: take differences modulo 2^32. */
struct aod_histogram {
	aod_u64 sum_ns;
	aod_u32 errors;          /* replies that smb3_cmd_err reported, steps of the protocol included */
	aod_u32 untold_statuses; /* errors whose status found no room in `statuses` */
	aod_u32 buckets[AOD_HISTOGRAM_BUCKETS];
	aod_u32 tail_padding[2];
};

/* Key of the per-CPU map `statuses`, which counts failed replies by status. The value is their number, an aod_u64. */
struct aod_status {
	aod_u32 nt_status;
	aod_u32 cell; /* index of `histograms` */
};

/* The per-CPU map `counters`: events other than a paired request. Status and manifests show these names. */
enum aod_counter {
	AOD_COUNTER_ENTERED = 0,     /* lines opened */
	AOD_COUNTER_REPLIED = 1,     /* lines closed by their reply, without ambiguous ones */
	AOD_COUNTER_ECHOED = 2,      /* ECHO requests: no reply event exists */
	AOD_COUNTER_UNPAIRED = 3,    /* replies without an open line: duplicates, or sent before the attach */
	AOD_COUNTER_AMBIGUOUS = 4,   /* lines closed by a reply that may be another's */
	AOD_COUNTER_TAIL_CLOSED = 5, /* parts of compounds closed behind a failed part */
	AOD_COUNTER_SUPERSEDED = 6,  /* lines closed because the same request was sent again */
	AOD_COUNTER_REAPED = 7,      /* lines closed by user space */
	AOD_COUNTER_EVICTED = 8,     /* open requests that lost their line; on the ring unless ring_full counts it */
	AOD_COUNTER_ENTER_CONTENDED = 9,         /* loss: requests not recorded, no line could be claimed */
	AOD_COUNTER_REPLY_CONTENDED = 10,        /* loss: replies dropped, their set was being written at each try */
	AOD_COUNTER_RING_FULL = 11,              /* loss: records not sent, user space is behind */
	AOD_COUNTER_UNKNOWN_COMMAND = 12,        /* loss: commands outside MS-SMB2 2.2.1.2 */
	AOD_COUNTER_SIGNALS = 13,                /* signal events */
	AOD_COUNTER_FORGOTTEN = 14,              /* loss: ghosts without a fingerprint, which make replies ambiguous */
	AOD_COUNTER_OPERATIONS_ENTERED = 15,     /* operations begun */
	AOD_COUNTER_OPERATIONS_ENDED = 16,       /* ended by their exit, or by the reply that stands for it */
	AOD_COUNTER_OPERATIONS_OVERWRITTEN = 17, /* replaced by later ones of the task: no exit traced, or overlap */
	AOD_COUNTER_OPERATIONS_REAPED = 18,      /* ended by user space */
	AOD_COUNTER_OPERATIONS_DISPLACED = 19,   /* loss: operations whose line another task took */
	AOD_COUNTER_OPERATIONS_CONTENDED = 20,   /* loss: operations not recorded, no line could be claimed */
	AOD_COUNTER_OPERATIONS_FAILED = 21,      /* ended with an error that no reply to their task explains */
	AOD_COUNTERS = 22,
};

_Static_assert(sizeof(struct aod_request) == 64, "a request is one cache line");
_Static_assert(__builtin_offsetof(struct aod_request, tree_id) == 32, "layout of struct aod_request");
_Static_assert(__builtin_offsetof(struct aod_request, errno_code) == 48, "layout of struct aod_request");
_Static_assert(__builtin_offsetof(struct aod_request, comm) == 52, "layout of struct aod_request");
_Static_assert(sizeof(struct aod_set) == 256, "four cache lines");
_Static_assert(sizeof(struct aod_operation) == 32, "two operations are one cache line");
_Static_assert(__builtin_offsetof(struct aod_operation, comm) == 20, "layout of struct aod_operation");
_Static_assert(sizeof(struct aod_histogram) == 512, "a histogram is eight cache lines");

#endif

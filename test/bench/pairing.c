/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Measures enter and reply in the kernel: `pairing AOD_OBJECT REFERENCE_OBJECT ROUNDS` runs aod's programs and the
 * usual hash-map designs (reference.bpf.c) over the same traffic and prints a line `NAME ENTER_NS REPLY_NS` for each,
 * net of an empty program. `operation` is the beginning and the end of an operation, one for each of those requests.
 * It asserts nothing.
 *
 * The figures are the kernel's own: BPF_ENABLE_STATS makes it time every run of a program, by two reads of the
 * scheduler's clock. BPF_PROG_TEST_RUN can't repeat a raw tracepoint program, and timing the system call would measure
 * mostly the system call. Every run comes from a system call of its own, as in cifs it comes from a send: the programs
 * find the caches as a system call left them.
 *
 * The traffic: 1,024 requests are always in flight, and message ids move by the credit charge of each request, which is
 * one for each 64 KiB (MS-SMB2 3.1.5.2): 1 for most, 16 for a READ of 1 MiB. So lines and hash entries spread over all
 * of their memory. The designs take turns in short rounds, on one CPU. The figure is the tenth percentile of the
 * rounds: other load on the machine only adds, and affects all designs alike.
 */
#define _GNU_SOURCE
#include <sched.h>
#include "../kernel/loaded.h"

#define IN_FLIGHT 1024
#define ROUNDS_MOST 1000
#define ROUND_REQUESTS 4096

struct design {
	const char *name;
	int enter, done;
	int is_operation; /* takes an xid, and a task has one at a time */
	double enter_ns[ROUNDS_MOST], done_ns[ROUNDS_MOST];
};

struct call {
	__u64 tree_id, session_id, command, message_id;
};

static const struct {
	unsigned char command, credit_charge;
} mix[] = {{8, 1}, {8, 1}, {9, 1}, {5, 1}, {6, 1}, {16, 1}, {8, 16}, {9, 1}};

static int rounds;

static struct design find_design(const struct loaded *loaded, const char *name, const char *enter, const char *done)
{
	return (struct design){.name = name, .enter = program_fd(loaded, enter), .done = program_fd(loaded, done)};
}

/* The kernel's statistics of a program's runs so far. */
struct stats {
	__u64 runs, ns;
};

static struct stats read_stats(int program)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	check(bpf_obj_get_info_by_fd(program, &info, &size), "read a program's statistics");
	return (struct stats){info.run_cnt, info.run_time_ns};
}

static double mean_ns(struct stats before, struct stats after)
{
	return (double)(after.ns - before.ns) / (after.runs - before.runs);
}

static struct call next_call(__u64 *message_id)
{
	static unsigned int random = 1;
	struct call call;
	int kind;

	random = random * 1103515245 + 12345;
	kind = (random >> 16) % (sizeof(mix) / sizeof(mix[0]));
	call = (struct call){5, 0x7a0000000031ULL, mix[kind].command, *message_id};
	*message_id += mix[kind].credit_charge;
	return call;
}

static void run_operation(const struct design *design, const struct call *call)
{
	__u64 arguments[TRACEPOINT_ARGUMENTS] = {(__u32)call->message_id};

	run_program(design->enter, arguments);
	run_program(design->done, arguments);
}

static void run_call(int program, const struct call *call)
{
	__u64 arguments[TRACEPOINT_ARGUMENTS] = {call->tree_id, call->session_id, call->command, call->message_id};

	run_program(program, arguments);
}

static void run_round(struct design *design, int round, const struct call *calls)
{
	struct stats enter = read_stats(design->enter), done = read_stats(design->done);

	for (int i = 0; i < ROUND_REQUESTS; i++) {
		if (design->is_operation) {
			run_operation(design, &calls[i]);
			continue;
		}
		run_call(design->enter, &calls[i + IN_FLIGHT]);
		run_call(design->done, &calls[i]);
	}
	design->enter_ns[round] = mean_ns(enter, read_stats(design->enter));
	design->done_ns[round] = mean_ns(done, read_stats(design->done));
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quiet_round(double *values)
{
	qsort(values, rounds, sizeof(*values), compare);
	return values[rounds / 10];
}

/* No request of this traffic goes on the ring, because the benchmark measures healthy traffic. */
static void never_slow(const struct loaded *aod)
{
	struct aod_filter filter = {.slow_ns = ~0ULL};

	for (__u32 command = 0; command < AOD_COMMANDS; command++)
		check(bpf_map_update_elem(map_fd(aod, "filters"), &command, &filter, 0), "write a filter");
}

int main(int argc, char **argv)
{
	static struct call calls[ROUND_REQUESTS + IN_FLIGHT];
	struct loaded aod, reference;
	__u64 message_id = 1;

	if (argc != 4 || (rounds = atoi(argv[3])) < 1 || rounds > ROUNDS_MOST)
		die("usage: pairing AOD_OBJECT REFERENCE_OBJECT ROUNDS");
	load(&aod, argv[1]);
	load_object(&reference, argv[2]);
	never_slow(&aod);
	check(bpf_enable_stats(BPF_STATS_RUN_TIME), "switch the kernel's statistics on");

	struct design designs[] = {
	    find_design(&reference, "empty", "empty_enter", "empty_done"),
	    find_design(&reference, "clock", "clock_enter", "clock_done"),
	    find_design(&reference, "lean", "lean_enter", "lean_done"),
	    find_design(&reference, "usual", "usual_enter", "usual_done"),
	    find_design(&aod, "aod", "on_cmd_enter", "on_cmd_done"),
	    find_design(&aod, "operation", "on_enter", "on_exit_done"),
	};
	static cpu_set_t one_cpu;
	const int count = sizeof(designs) / sizeof(designs[0]);

	CPU_SET(sched_getcpu(), &one_cpu);
	if (sched_setaffinity(0, sizeof(one_cpu), &one_cpu))
		die("stay on one CPU");
	for (int i = 0; i < IN_FLIGHT; i++)
		calls[ROUND_REQUESTS + i] = next_call(&message_id);
	designs[count - 1].is_operation = 1;
	for (int d = 0; d < count - 1; d++)
		for (int i = 0; i < IN_FLIGHT; i++)
			run_call(designs[d].enter, &calls[ROUND_REQUESTS + i]);
	for (int round = 0; round < rounds; round++) {
		memmove(calls, calls + ROUND_REQUESTS, IN_FLIGHT * sizeof(calls[0]));
		for (int i = 0; i < ROUND_REQUESTS; i++)
			calls[IN_FLIGHT + i] = next_call(&message_id);
		for (int d = 0; d < count; d++)
			run_round(&designs[d], round, calls);
	}
	double empty_enter = quiet_round(designs[0].enter_ns), empty_done = quiet_round(designs[0].done_ns);

	printf("empty %.1f %.1f\n", empty_enter, empty_done);
	for (int d = 1; d < count; d++)
		printf("%s %.1f %.1f\n", designs[d].name, quiet_round(designs[d].enter_ns) - empty_enter,
		       quiet_round(designs[d].done_ns) - empty_done);
	return 0;
}

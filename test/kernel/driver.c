/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Runs the real BPF programs as cifs would, in tasks of our choice: `driver OBJECT` loads the object, reads operations
 * from stdin, one a line, and writes what came of each to stdout. Threads pass a baton: one operation at a time, each
 * in the thread that it names, because the programs ask which task runs them. It attaches to nothing and judges
 * nothing.
 *
 *   T enter TREE SESSION COMMAND MESSAGE          smb3_cmd_enter in thread T
 *   T done TREE SESSION COMMAND MESSAGE           smb3_cmd_done
 *   T err TREE SESSION COMMAND MESSAGE STATUS RC  smb3_cmd_err
 *   T run PROGRAM ARG ...                         any other program
 *   T reap N MESSAGE SESSION SENDER COMMAND       reap_request for the line that operation N of thread SENDER opened
 *   T begin XID, T end XID, T fail XID RC         smb3_enter, smb3_exit_done, smb3_exit_err
 *   T forget N BEGINNER                           reap_operation for what operation N of thread BEGINNER began
 *   T crowd                                       starts the thread as a task whose set of operations is thread 0's
 *   T name COMM                                   names the thread
 *   - filter COMMAND SLOW_NS MASK MASK MASK MASK, - quiet STATUS COMMAND, - tree SESSION TREE SLOT, - asleep VALUE
 *   - deaf VALUE                                  1: leaves the ring alone from now on; 0: reads it again
 *   - look                                        the used lines of the table and of operations, and the counters
 *   - dump                                        the same and the histograms
 *   - reset                                       everything as if newly loaded, operations counted from 0 again
 *   - flush                                       what came out so far is wanted now
 *
 * Out, for operation N: `record HEX` for each record that came on the ring, `line HEX`, `pending HEX` (an
 * operation), `counter INDEX VALUE`,
 * `histogram SLOT COMMAND SUM ERRORS BUCKET:COUNT ...` and `control ASLEEP GHOSTS` for a look or dump, `task T TID PID`
 * when a thread is new, and at last `op N BEFORE AFTER RETURNED`: CLOCK_MONOTONIC around it, in ns, and the program's
 * value. Numbers are decimal or 0x.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "../../bpf/request.h"
#include "loaded.h"

#define THREADS 64
#define WORDS 16
#define OPERATIONS 4000000

/* The baton: what the thread that has it is to do, and what came of it. */
static struct {
	const char *verb;
	int program;
	__u64 arguments[TRACEPOINT_ARGUMENTS];
	__u64 before, after;
	__u32 returned;
	char name[16];
} baton;

static struct thread {
	pthread_t id;
	sem_t go, done;
	int started;
	pid_t task;
	int in_crowd, is_wrong_task;
} threads[THREADS];

static struct loaded loaded;
static int deaf;
/* For `reap N`: when operation N began and ended. */
static __u64 (*spans)[2];

static void run_in_this_thread(void)
{
	if (baton.name[0] && pthread_setname_np(pthread_self(), baton.name))
		die("name a thread");
	baton.before = now_ns();
	if (baton.program >= 0)
		baton.returned = run_program(baton.program, baton.arguments);
	baton.after = now_ns();
}

static void *serve(void *argument)
{
	struct thread *thread = argument;

	thread->task = gettid();
	thread->is_wrong_task = thread->in_crowd && operation_set_of(thread->task) != operation_set_of(threads[0].task);
	if (thread->is_wrong_task) {
		sem_post(&thread->done);
		return NULL;
	}
	printf("task %d %d %d\n", (int)(thread - threads), thread->task, getpid());
	for (;;) {
		sem_post(&thread->done);
		sem_wait(&thread->go);
		run_in_this_thread();
	}
	return NULL;
}

/* Tasks get their ids one after the other, so about every thousandth is one for a crowd. */
static void start_thread(struct thread *thread)
{
	thread->started = 1;
	sem_init(&thread->go, 0, 0);
	sem_init(&thread->done, 0, 0);
	do {
		if (pthread_create(&thread->id, NULL, serve, thread))
			die("start a thread");
		sem_wait(&thread->done);
	} while (thread->is_wrong_task && !pthread_join(thread->id, NULL));
}

static void pass_baton(int index)
{
	struct thread *thread = &threads[index];

	if (!thread->started)
		start_thread(thread);
	sem_post(&thread->go);
	sem_wait(&thread->done);
}

static void print_bytes(const char *what, const void *bytes, size_t size)
{
	const unsigned char *byte = bytes;

	printf("%s ", what);
	for (size_t i = 0; i < size; i++)
		printf("%02x", byte[i]);
	putchar('\n');
}

static int on_record(void *context, void *record, size_t size)
{
	(void)context;
	print_bytes("record", record, size);
	return 0;
}

static void dump_histogram(__u32 slot, __u32 command)
{
	__u32 key = slot * AOD_COMMANDS + command;
	struct aod_histogram values[loaded.cpus], sum = {};
	int used = 0;

	check(bpf_map_lookup_elem(map_fd(&loaded, "histograms"), &key, values), "read a histogram");
	for (int cpu = 0; cpu < loaded.cpus; cpu++) {
		sum.sum_ns += values[cpu].sum_ns;
		sum.errors += values[cpu].errors;
		for (int i = 0; i < AOD_HISTOGRAM_BUCKETS; i++)
			used |= sum.buckets[i] += values[cpu].buckets[i];
	}
	if (!used)
		return;
	printf("histogram %u %u %llu %u", slot, command, sum.sum_ns, sum.errors);
	for (int i = 0; i < AOD_HISTOGRAM_BUCKETS; i++)
		if (sum.buckets[i])
			printf(" %d:%u", i, sum.buckets[i]);
	putchar('\n');
}

static void dump(int with_histograms)
{
	for (int set = 0; set < AOD_SETS; set++)
		for (int i = 0; i < AOD_SET_LINES; i++)
			if (loaded.table[set].lines[i].start_ns)
				print_bytes("line", &loaded.table[set].lines[i], sizeof(struct aod_request));
	for (int i = 0; i < AOD_OPERATION_SETS * AOD_OPERATION_SET_LINES; i++)
		if (loaded.operations->lines[i].start_ns)
			print_bytes("pending", &loaded.operations->lines[i], sizeof(struct aod_operation));
	for (__u32 i = 0; i < AOD_COUNTERS; i++)
		printf("counter %u %llu\n", i, read_counter(&loaded, i));
	for (__u32 slot = 0; with_histograms && slot < AOD_SHARE_SLOTS; slot++)
		for (__u32 command = 0; command < AOD_COMMANDS; command++)
			dump_histogram(slot, command);
	printf("control %u %u\n", loaded.control->asleep, loaded.control->ghosts);
}

static int is_during(__u64 start_ns, __u64 operation)
{
	if (operation >= OPERATIONS)
		die("no operation %llu", operation);
	return start_ns >= spans[operation][0] && start_ns <= spans[operation][1];
}

/* The start_ns of the request that was sent during this operation; 0 where its line is gone. */
static __u64 start_of(__u64 operation)
{
	const struct aod_request *lines = loaded.table->lines;

	for (int i = 0; i < AOD_SETS * AOD_SET_LINES; i++)
		if (is_during(lines[i].start_ns, operation))
			return lines[i].start_ns;
	return 0;
}

/* The same for smb3_enter; where its line is gone, a moment when it began. */
static __u64 begin_of(__u64 operation)
{
	const struct aod_operation *lines = loaded.operations->lines;

	for (int i = 0; i < AOD_OPERATION_SETS * AOD_OPERATION_SET_LINES; i++)
		if (is_during(lines[i].start_ns, operation))
			return lines[i].start_ns;
	return spans[operation][1];
}

static void set_map(const __u64 *words, const char *verb)
{
	if (!strcmp(verb, "filter")) {
		__u32 key = words[0];
		struct aod_filter filter = {.slow_ns = words[1]};

		memcpy(filter.errno_mask, words + 2, sizeof(filter.errno_mask));
		check(bpf_map_update_elem(map_fd(&loaded, "filters"), &key, &filter, 0), "write a filter");
	} else if (!strcmp(verb, "quiet")) {
		struct aod_quiet key = {.nt_status = words[0], .command = words[1]};
		unsigned char present = 1;

		check(bpf_map_update_elem(map_fd(&loaded, "quiet"), &key, &present, 0), "write a quiet status");
	} else if (!strcmp(verb, "tree")) {
		struct aod_tree tree = {.session_id = words[0], .tree_id = words[1], .slot = words[2]};
		__u32 session = tree.session_id ^ tree.session_id >> 32;
		__u32 key = (session * 0x9e3779b1 ^ tree.tree_id) * 0x9e3779b1 >> (32 - AOD_TREE_BUCKETS_LOG2);

		check(bpf_map_update_elem(map_fd(&loaded, "trees"), &key, &tree, 0), "write a tree");
	} else if (!strcmp(verb, "asleep")) {
		loaded.control->asleep = words[0];
	} else if (!strcmp(verb, "deaf")) {
		deaf = words[0];
	} else {
		die("unknown operation %s", verb);
	}
}

/* One line of the script; `words` counts the numbers that it brought along. */
static void run_operation(__u64 number, int thread, char *verb, char *rest)
{
	__u64 words[WORDS] = {};
	char *text, *position = rest;
	int count = 0;

	memset(&baton, 0, sizeof(baton));
	baton.program = -1;
	if (!strcmp(verb, "name") || !strcmp(verb, "run")) {
		text = strtok_r(rest, " \n", &position);
		if (!text)
			die("operation %llu lacks a name", number);
		if (!strcmp(verb, "run"))
			baton.program = program_fd(&loaded, text);
		else
			snprintf(baton.name, sizeof(baton.name), "%s", text);
	}
	while (position && count < WORDS && (text = strtok_r(NULL, " \n", &position)))
		words[count++] = strtoull(text, NULL, 0);
	if (!strcmp(verb, "enter"))
		baton.program = program_fd(&loaded, "on_cmd_enter");
	else if (!strcmp(verb, "done"))
		baton.program = program_fd(&loaded, "on_cmd_done");
	else if (!strcmp(verb, "err"))
		baton.program = program_fd(&loaded, "on_cmd_err");
	else if (!strcmp(verb, "begin"))
		baton.program = program_fd(&loaded, "on_enter");
	else if (!strcmp(verb, "end"))
		baton.program = program_fd(&loaded, "on_exit_done");
	else if (!strcmp(verb, "fail")) {
		baton.program = program_fd(&loaded, "on_exit_err");
		words[2] = (__u32)words[1];
	} else if (!strcmp(verb, "forget")) {
		baton.program = program_fd(&loaded, "reap_operation");
		words[0] = begin_of(words[0]);
		words[1] = words[1] < THREADS ? threads[words[1]].task : 0;
	} else if (!strcmp(verb, "crowd")) {
		if (!threads[0].started)
			start_thread(&threads[0]);
		threads[thread].in_crowd = 1;
	} else if (!strcmp(verb, "reap")) {
		baton.program = program_fd(&loaded, "reap_request");
		words[0] = start_of(words[0]);
		words[3] = words[3] < THREADS ? threads[words[3]].task : 0;
	} else if (!strcmp(verb, "dump") || !strcmp(verb, "look"))
		dump(!strcmp(verb, "dump"));
	else if (!strcmp(verb, "reset"))
		reset(&loaded);
	else if (thread < 0 && strcmp(verb, "flush"))
		set_map(words, verb);
	memcpy(baton.arguments, words, sizeof(baton.arguments));
	if (thread >= 0)
		pass_baton(thread);
}

int main(int argc, char **argv)
{
	static char line[512];
	struct ring_buffer *ring;
	char *verb, *rest, *who;

	if (argc != 2)
		die("usage: driver OBJECT < operations");
	load(&loaded, argv[1]);
	spans = calloc(OPERATIONS, sizeof(*spans));
	ring = ring_buffer__new(map_fd(&loaded, "events"), on_record, NULL, NULL);
	if (!spans || !ring)
		die("set up");
	for (__u64 number = 0; fgets(line, sizeof(line), stdin); number++) {
		if (number == OPERATIONS)
			die("too many operations");
		who = strtok_r(line, " \n", &rest);
		verb = who ? strtok_r(NULL, " \n", &rest) : NULL;
		if (!verb || (*who != '-' && strtoul(who, NULL, 10) >= THREADS))
			die("operation %llu is not THREAD VERB ...", number);
		run_operation(number, *who == '-' ? -1 : atoi(who), verb, rest);
		spans[number][0] = baton.before;
		spans[number][1] = baton.after;
		if (!deaf)
			check(ring_buffer__consume(ring), "read the ring");
		printf("op %llu %llu %llu %u\n", number, baton.before, baton.after, baton.returned);
		if (!strcmp(verb, "flush"))
			fflush(stdout);
		if (!strcmp(verb, "reset"))
			number = -1;
	}
	return fflush(stdout) ? 1 : 0;
}

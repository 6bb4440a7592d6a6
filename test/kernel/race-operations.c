/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Two CPUs at once in one set of operations: `race-operations OBJECT ENOUGH SEED TASKS` lets so many threads, half of
 * them pinned to one CPU and half to another if there are two, all of them tasks of one set, begin and end operations
 * as fast as they can, until each of the outcomes that so many tasks can have has come about ENOUGH times, and
 * BEGUN_LEAST have begun: by their exit, by a reply to CLOSE, by the next one. All the time exits and reaps come late,
 * for what has ended. It counts what the programs say of each, and judges nothing.
 *
 * If there are no more tasks than lines, no other task ends a task's operation: `vanished` counts those that were gone
 * all the same. Where there are more, operations are displaced, others report exits, and user space reaps what it sees.
 * In both, `wrong` counts ends of what had ended; `open` are operations that stand, outer ones too. Out: `NAME VALUE`
 * lines, the kernel's counters among them.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include "cpus.h"
#include "loaded.h"

#define TASKS_MOST 16
#define CPUS 2
#define BEGUN_LEAST 200000

enum { CLOSE = 6 };

static struct loaded loaded;
static int enter, exit_done, exit_err, done, reap, alone;
static struct aod_operation_set *set;
static cpu_set_t cpus[CPUS];
/* An operation that has ended, and one that another task may end. */
static atomic_uint last_xid, ended_xid, open_xid;
static atomic_int stopping;
/* By the low bits of an xid, the last one that has ended by an exit. */
#define XIDS_REMEMBERED 65536
static atomic_uint ended[XIDS_REMEMBERED];

static struct worker {
	pthread_t id;
	sem_t born, go;
	pid_t task;
	unsigned int random;
	__u64 begins, recorded, exits, reaps, vanished, wrong;
	struct {
		__u64 start_ns;
		__u32 task_id, xid;
	} seen;
} workers[TASKS_MOST];

/* The outcomes to provoke; the last two only where there are more tasks than lines. */
static const __u32 outcomes[] = {
    AOD_COUNTER_OPERATIONS_ENDED,
    AOD_COUNTER_OPERATIONS_OVERWRITTEN,
    AOD_COUNTER_OPERATIONS_DISPLACED,
    AOD_COUNTER_OPERATIONS_REAPED,
};
static const __u32 begun = AOD_COUNTER_OPERATIONS_ENTERED;
enum { OUTCOMES_ALONE = 2, OUTCOMES = 4 };

static unsigned int pick(struct worker *worker, unsigned int below)
{
	worker->random = worker->random * 1103515245 + 12345;
	return (worker->random >> 16) % below;
}

static __u32 run(int program, __u64 first, __u64 second)
{
	return run_program(program, (__u64[TRACEPOINT_ARGUMENTS]){first, second});
}

static int is_open(__u64 start_ns)
{
	return start_ns && start_ns != AOD_BEING_WRITTEN;
}

static void note_end(__u32 xid)
{
	ended[xid % XIDS_REMEMBERED] = xid;
}

static int has_ended(__u32 xid)
{
	return ended[xid % XIDS_REMEMBERED] == xid;
}

/* Reaps what was seen of another task before, and sees another one. It is late if that has ended meanwhile. */
static void reap_seen(struct worker *worker)
{
	const volatile struct aod_operation *line = &set->lines[pick(worker, AOD_OPERATION_SET_LINES)];
	__u64 start_ns = line->start_ns;
	__u32 task_id = line->task_id, xid = line->xid;
	int is_late = has_ended(worker->seen.xid);

	if (worker->seen.start_ns && (is_late || !alone)) {
		__u32 reaped = run(reap, worker->seen.start_ns, worker->seen.task_id);

		worker->reaps += reaped;
		worker->wrong += is_late && reaped;
	}
	worker->seen.start_ns = 0;
	if (is_open(start_ns) && line->start_ns == start_ns) {
		worker->seen.start_ns = start_ns;
		worker->seen.task_id = task_id;
		worker->seen.xid = xid;
	}
}

static void end_others(struct worker *worker)
{
	__u32 xid = ended_xid;

	if (xid)
		worker->wrong += run(exit_done, xid, 0);
	xid = alone ? 0 : atomic_exchange(&open_xid, 0);
	if (xid && run(exit_err, xid, 0)) {
		worker->exits++;
		note_end(xid);
	}
}

static void run_operation(struct worker *worker)
{
	__u32 xid = ++last_xid, is_recorded = run(enter, xid, 0), is_ended;

	worker->begins++;
	worker->recorded += is_recorded;
	switch (pick(worker, 8)) {
	case 0:
		/* So that more tasks have begun something than there are CPUs. */
		sched_yield();
		return;
	case 1:
		open_xid = xid;
		sched_yield();
		return;
	case 2:
		run_program(done, (__u64[TRACEPOINT_ARGUMENTS]){0, 1, CLOSE, xid});
		break;
	default:
		is_ended = run(pick(worker, 2) ? exit_done : exit_err, xid, 0);
		worker->exits += is_ended;
		worker->vanished += alone && is_recorded && !is_ended;
		if (!is_ended)
			return;
	}
	note_end(xid);
	ended_xid = xid;
}

static void *work(void *argument)
{
	struct worker *worker = argument;

	worker->task = gettid();
	sem_post(&worker->born);
	if (operation_set_of(worker->task) != operation_set_of(workers[0].task))
		return NULL;
	sem_wait(&worker->go);
	if (pthread_setaffinity_np(pthread_self(), sizeof(cpu_set_t), &cpus[(worker - workers) % CPUS]))
		die("pin a thread");
	while (!stopping) {
		run_operation(worker);
		if (!pick(worker, 3))
			reap_seen(worker);
		if (!pick(worker, 3))
			end_others(worker);
	}
	return NULL;
}

/* Tasks get their ids one after the other: about every thousandth has the set of the first. */
static void start(struct worker *worker, unsigned int seed)
{
	sem_init(&worker->born, 0, 0);
	sem_init(&worker->go, 0, 0);
	worker->random = seed;
	for (;;) {
		if (pthread_create(&worker->id, NULL, work, worker))
			die("start a thread");
		sem_wait(&worker->born);
		if (operation_set_of(worker->task) == operation_set_of(workers[0].task))
			return;
		pthread_join(worker->id, NULL);
	}
}

int main(int argc, char **argv)
{
	struct worker sum = {};
	__u64 open = 0, unfinished = 0;
	int tasks;

	if (argc != 5 || (tasks = atoi(argv[4])) > TASKS_MOST)
		die("usage: race-operations OBJECT ENOUGH SEED TASKS");
	load(&loaded, argv[1]);
	enter = program_fd(&loaded, "on_enter");
	exit_done = program_fd(&loaded, "on_exit_done");
	exit_err = program_fd(&loaded, "on_exit_err");
	done = program_fd(&loaded, "on_cmd_done");
	reap = program_fd(&loaded, "reap_operation");
	alone = tasks <= AOD_OPERATION_SET_LINES;
	find_cpus(cpus, CPUS);
	for (int i = 0; i < tasks; i++)
		start(&workers[i], strtoul(argv[3], NULL, 10) + i);
	set = &loaded.operations[operation_set_of(workers[0].task)];
	for (int i = 0; i < tasks; i++)
		sem_post(&workers[i].go);
	while (!have_reached(&loaded, &begun, 1, BEGUN_LEAST) ||
	       !have_reached(&loaded, outcomes, alone ? OUTCOMES_ALONE : OUTCOMES, strtoul(argv[2], NULL, 10)))
		usleep(10000);
	stopping = 1;
	for (int i = 0; i < tasks; i++) {
		pthread_join(workers[i].id, NULL);
		sum.begins += workers[i].begins;
		sum.recorded += workers[i].recorded;
		sum.exits += workers[i].exits;
		sum.reaps += workers[i].reaps;
		sum.vanished += workers[i].vanished;
		sum.wrong += workers[i].wrong;
	}
	for (int i = 0; i < AOD_OPERATION_SETS * AOD_OPERATION_SET_LINES; i++) {
		open += is_open(loaded.operations->lines[i].start_ns);
		unfinished += loaded.operations->lines[i].start_ns == AOD_BEING_WRITTEN;
	}
	for (__u32 key = 0; key < AOD_OPERATION_SETS; key++) {
		/* struct outer_operation, bpf/operation.h. */
		struct {
			__u64 start_ns, xid;
		} outers[AOD_OPERATION_SET_LINES];

		check(bpf_map_lookup_elem(map_fd(&loaded, "outer_operations"), &key, outers), "outer_operations");
		for (int i = 0; i < AOD_OPERATION_SET_LINES; i++)
			open += is_open(outers[i].start_ns);
	}
	printf("begins %llu\nrecorded %llu\nexits %llu\nreaps %llu\n", sum.begins, sum.recorded, sum.exits, sum.reaps);
	printf("vanished %llu\nwrong %llu\nopen %llu\nunfinished %llu\n", sum.vanished, sum.wrong, open, unfinished);
	for (__u32 i = 0; i < AOD_COUNTERS; i++)
		printf("counter%u %llu\n", i, read_counter(&loaded, i));
	return 0;
}

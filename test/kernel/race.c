/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Two CPUs at once in one set of the request table: `race OBJECT ENOUGH SEED` lets two threads, each pinned to a CPU
 * of its own if there are two, run the real BPF programs as fast as they can, until each of the outcomes in `outcomes`
 * has come about ENOUGH times. They run on requests that all belong in the same set: READs of one
 * session over several channels, so that keys repeat, compounds of each thread's own task, replies that any thread
 * reports, lost replies, lost waiters, reaps. It knows which reply answers which request, and counts; it judges
 * nothing.
 *
 * A request carries its number as tree id, a reply the number of its request as NT status. So a record is wrong if it
 * was replied, is not ambiguous and its two numbers differ. Out: `NAME VALUE` lines, the kernel's counters among them.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include "cpus.h"
#include "loaded.h"

#define WORKERS 2
#define POOL 6
#define KEYS 12
#define SESSION 0x7a0000000031ULL
#define SET 4711
#define REAP_LOOKS 1000

enum { CREATE = 5, CLOSE = 6, READ = 8 };

/* A READ that was sent and not answered. */
struct sent {
	__u64 message_id;
	__u32 number;
};

static struct loaded loaded;
static int enter, err, done, reap;
static atomic_uint last_number;
static atomic_int stopping;
static __u64 wrong, records;

/* READs in flight, of all tasks. */
static struct {
	pthread_mutex_t lock;
	struct sent sent[POOL];
	int count, promised;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct worker {
	pthread_t id;
	unsigned int random;
	__u64 enters, replies, reaped, unreaped;
} workers[WORKERS];

static cpu_set_t cpus[WORKERS];

/* The outcomes to provoke. */
static const __u32 outcomes[] = {
    AOD_COUNTER_REPLIED,    AOD_COUNTER_UNPAIRED, AOD_COUNTER_AMBIGUOUS, AOD_COUNTER_TAIL_CLOSED,
    AOD_COUNTER_SUPERSEDED, AOD_COUNTER_REAPED,   AOD_COUNTER_EVICTED,
};

/* A message id, the n-th, with which an owner's request belongs in our set: the formula of find_place, bpf/table.h. */
static __u64 colliding(__u64 owner, __u64 n)
{
	__u64 begin = owner * 0x9e3779b97f4a7c15ULL >> (64 - AOD_SETS_LOG2);

	return n << AOD_SETS_LOG2 | ((SET - begin - n) & (AOD_SETS - 1));
}

static unsigned int pick(struct worker *worker, unsigned int below)
{
	worker->random = worker->random * 1103515245 + 12345;
	return (worker->random >> 16) % below;
}

static void send(struct worker *worker, __u32 number, __u64 session, __u64 command, __u64 message_id)
{
	run_program(enter, (__u64[TRACEPOINT_ARGUMENTS]){number, session, command, message_id});
	worker->enters++;
}

static void fail(struct worker *worker, __u32 number, __u64 session, __u64 command, __u64 message_id)
{
	run_program(err, (__u64[TRACEPOINT_ARGUMENTS]){0, session, command, message_id, number, (__u32)-5});
	worker->replies++;
}

/* Several in flight may have one key, as on several channels. Others know of it once it is sent, not before. */
static void send_read(struct worker *worker)
{
	struct sent sent = {colliding(SESSION, pick(worker, KEYS)), ++last_number};
	int has_room;

	pthread_mutex_lock(&pool.lock);
	has_room = pool.count + pool.promised < POOL;
	pool.promised += has_room;
	pthread_mutex_unlock(&pool.lock);
	if (!has_room)
		return;
	send(worker, sent.number, SESSION, READ, sent.message_id);
	pthread_mutex_lock(&pool.lock);
	pool.sent[pool.count++] = sent;
	pool.promised--;
	pthread_mutex_unlock(&pool.lock);
}

static int take_read(struct worker *worker, struct sent *sent)
{
	int taken = 0;

	pthread_mutex_lock(&pool.lock);
	if (pool.count) {
		int i = pick(worker, pool.count);

		*sent = pool.sent[i];
		pool.sent[i] = pool.sent[--pool.count];
		taken = 1;
	}
	pthread_mutex_unlock(&pool.lock);
	return taken;
}

static int run_reap(const struct sent *sent, __u64 start_ns)
{
	int reaped;

	do
		reaped = run_program(reap, (__u64[TRACEPOINT_ARGUMENTS]){start_ns, sent->message_id, SESSION, 0, READ});
	while (reaped == AOD_REAP_CONTENDED);
	return reaped;
}

/* One look at the table as user space would take it. Returns an enum aod_reap. */
static int look_and_reap(const struct sent *sent)
{
	int reaped;

	for (int own = 1; own >= 0; own--) {
		for (int i = 0; i < AOD_SET_LINES; i++) {
			const volatile struct aod_request *line = &loaded.table[SET].lines[i];
			__u64 start_ns = line->start_ns;

			if (start_ns == AOD_BEING_WRITTEN || line->latency_ns || line->command != READ ||
			    line->message_id != sent->message_id || (own && line->tree_id != sent->number))
				continue;
			reaped = run_reap(sent, start_ns);
			if (reaped != AOD_REAP_NONE)
				return reaped;
		}
	}
	return run_reap(sent, 1);
}

/*
 * Its waiter is gone and so is its reply. It is represented by its own line, or if a reply to another of its key took
 * that, any line of the key, or if it has none, its ghost. One of them is always there, but it may become another
 * during a look: then the look is repeated, as user space does.
 */
static void reap_read(struct worker *worker, const struct sent *sent)
{
	for (int look = 0; look < REAP_LOOKS; look++) {
		int reaped = look_and_reap(sent);

		worker->reaped += reaped == AOD_REAP_LINE;
		if (reaped != AOD_REAP_NONE)
			return;
	}
	worker->unreaped++;
}

/* Two parts, the first in our set; its failure leaves the second without a reply, or its waiter gives up. */
static void run_compound(struct worker *worker)
{
	__u64 message_id = colliding(gettid(), pick(worker, 3));
	__u32 first = ++last_number, second = ++last_number;

	send(worker, first, SESSION, CREATE, message_id);
	send(worker, second, SESSION, CLOSE, message_id + 1);
	switch (pick(worker, 4)) {
	case 0:
		return;
	case 1:
		fail(worker, first, SESSION, CREATE, message_id);
		return;
	default:
		run_program(done, (__u64[TRACEPOINT_ARGUMENTS]){0, SESSION, CREATE, message_id});
		worker->replies++;
		fail(worker, second, SESSION, CLOSE, message_id + 1);
	}
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	struct sent sent;

	if (pthread_setaffinity_np(pthread_self(), sizeof(cpu_set_t), &cpus[worker - workers]))
		die("pin a thread");
	while (!stopping) {
		unsigned int choice = pick(worker, 20);

		if (choice < 9)
			send_read(worker);
		else if (choice < 10)
			run_compound(worker);
		else if (!take_read(worker, &sent))
			continue;
		else if (choice < 11)
			reap_read(worker, &sent);
		else
			fail(worker, sent.number, SESSION, READ, sent.message_id);
	}
	return NULL;
}

static int is_wrong(const struct aod_request *record)
{
	return record->flags & AOD_ERRORED && !(record->flags & AOD_AMBIGUOUS) && record->tree_id != record->nt_status;
}

static int on_record(void *context, void *data, size_t size)
{
	(void)context;
	(void)size;
	records++;
	wrong += is_wrong(data);
	return 0;
}

static void print_table(void)
{
	const struct aod_request *lines = loaded.table->lines;
	__u64 open = 0, open_reads = 0, unfinished = 0;

	for (int i = 0; i < AOD_SETS * AOD_SET_LINES; i++) {
		unfinished += lines[i].start_ns == AOD_BEING_WRITTEN;
		open += lines[i].start_ns && !lines[i].latency_ns;
		open_reads += lines[i].start_ns && !lines[i].latency_ns && lines[i].command == READ;
		wrong += is_wrong(&lines[i]);
	}
	printf("open %llu\nopen_reads %llu\nunfinished %llu\nwrong %llu\n", open, open_reads, unfinished, wrong);
}

/* Every error goes on the ring, and nothing else that is complete. */
static void track_errors(void)
{
	struct aod_filter filter = {.slow_ns = ~0ULL, .errno_mask = {~0ULL, ~0ULL, ~0ULL, ~0ULL}};

	for (__u32 command = 0; command < AOD_COMMANDS; command++)
		check(bpf_map_update_elem(map_fd(&loaded, "filters"), &command, &filter, 0), "write a filter");
}

int main(int argc, char **argv)
{
	struct ring_buffer *ring;
	__u64 enters = 0, replies = 0, reaped = 0, unreaped = 0, enough;

	if (argc != 4)
		die("usage: race OBJECT ENOUGH SEED");
	load(&loaded, argv[1]);
	track_errors();
	enter = program_fd(&loaded, "on_cmd_enter");
	done = program_fd(&loaded, "on_cmd_done");
	err = program_fd(&loaded, "on_cmd_err");
	reap = program_fd(&loaded, "reap_request");
	ring = ring_buffer__new(map_fd(&loaded, "events"), on_record, NULL, NULL);
	if (!ring)
		die("set up");
	find_cpus(cpus, WORKERS);
	for (int i = 0; i < WORKERS; i++)
		workers[i].random = strtoul(argv[3], NULL, 10) + i;
	for (int i = 0; i < WORKERS; i++)
		if (pthread_create(&workers[i].id, NULL, work, &workers[i]))
			die("start a thread");
	enough = strtoul(argv[2], NULL, 10);
	while (!have_reached(&loaded, outcomes, sizeof(outcomes) / sizeof(outcomes[0]), enough))
		check(ring_buffer__poll(ring, 10), "read the ring");
	stopping = 1;
	for (int i = 0; i < WORKERS; i++) {
		pthread_join(workers[i].id, NULL);
		enters += workers[i].enters;
		replies += workers[i].replies;
		reaped += workers[i].reaped;
		unreaped += workers[i].unreaped;
	}
	check(ring_buffer__consume(ring), "read the ring");
	printf("enters %llu\nreplies %llu\nreaps %llu\nunreaped %llu\nrecords %llu\n", enters, replies, reaped,
	       unreaped, records);
	print_table();
	for (__u32 i = 0; i < AOD_COUNTERS; i++)
		printf("counter%u %llu\n", i, read_counter(&loaded, i));
	printf("ghosts %u\nin_flight %d\n", loaded.control->ghosts, pool.count);
	return 0;
}

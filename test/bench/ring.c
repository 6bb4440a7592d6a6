/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The consumer of a typical C program: libbpf's ring_buffer__consume with a callback that reads two fields of each
 * record, as ring.ts does. `ring OBJECT RECORDS` fills the ring and drains it for each line on stdin, and prints the
 * draining time in ns a record.
 */
#define _GNU_SOURCE
#include "../kernel/loaded.h"

static __u64 latency_sum, commands;

static int on_record(void *context, void *data, size_t size)
{
	const struct aod_request *record = data;

	(void)context;
	if (size != sizeof(*record))
		die("a record of %zu bytes", size);
	latency_sum += record->latency_ns;
	commands += record->command;
	return 0;
}

static void send_everything_to_the_ring(const struct loaded *loaded)
{
	struct aod_filter filter = {};

	for (__u32 command = 0; command < AOD_COMMANDS; command++)
		check(bpf_map_update_elem(map_fd(loaded, "filters"), &command, &filter, 0), "write a filter");
}

int main(int argc, char **argv)
{
	struct loaded loaded = {};
	struct ring_buffer *ring;
	int records, enter, done;
	__u64 call[TRACEPOINT_ARGUMENTS] = {5, 0x1122, 8};
	char line[8];

	if (argc != 3)
		die("usage: ring OBJECT RECORDS");
	records = atoi(argv[2]);
	load(&loaded, argv[1]);
	send_everything_to_the_ring(&loaded);
	enter = program_fd(&loaded, "on_cmd_enter");
	done = program_fd(&loaded, "on_cmd_done");
	ring = ring_buffer__new(map_fd(&loaded, "events"), on_record, NULL, NULL);
	if (!ring)
		die("map the ring");

	while (fgets(line, sizeof(line), stdin)) {
		__u64 started;
		int drained;

		for (int i = 0; i < records; i++) {
			call[3]++;
			run_program(enter, call);
			run_program(done, call);
		}
		started = now_ns();
		drained = check(ring_buffer__consume(ring), "drain the ring");
		started = now_ns() - started;
		if (drained != records)
			die("%d records in place of %d", drained, records);
		printf("%.3f\n", (double)started / records);
		fflush(stdout);
	}
	fprintf(stderr, "sums %llu %llu\n", latency_sum, commands);
	return 0;
}

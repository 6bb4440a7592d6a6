/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The BPF object in the kernel, for host C programs: loads it, finds and maps its maps, runs its programs by hand. What
 * fails ends the program with a line on stderr. It attaches to nothing.
 */
#ifndef AOD_TEST_LOADED_H
#define AOD_TEST_LOADED_H

#include <errno.h>
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

/* MAX_BPF_FUNC_ARGS, include/linux/bpf.h: the most that a run by hand takes. */
#define TRACEPOINT_ARGUMENTS 12

struct loaded {
	struct bpf_object *object;
	struct aod_set *table; /* the map `requests`, writable: tests empty it */
	struct aod_operation_set *operations;
	struct aod_control *control;
	int cpus;
};

static inline void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list arguments;
	int error = errno;

	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, ": %s\n", strerror(error));
	exit(1);
}

/* libbpf returns -errno and sets errno. */
static inline int check(int returned, const char *doing)
{
	if (returned < 0)
		die("%s", doing);
	return returned;
}

static inline __u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static inline int map_fd(const struct loaded *loaded, const char *name)
{
	return check(bpf_object__find_map_fd_by_name(loaded->object, name), name);
}

static inline int program_fd(const struct loaded *loaded, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(loaded->object, name);

	if (!program)
		die("no program %s", name);
	return bpf_program__fd(program);
}

static inline void *map_memory(const struct loaded *loaded, const char *name, size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd(loaded, name), 0);

	if (memory == MAP_FAILED)
		die("map %s", name);
	return memory;
}

static inline void load_object(struct loaded *loaded, const char *path)
{
	loaded->object = bpf_object__open(path);
	if (!loaded->object)
		die("open %s", path);
	check(bpf_object__load(loaded->object), "load the object");
}

/* Either build of aod's object. */
static inline void load(struct loaded *loaded, const char *path)
{
	load_object(loaded, path);
	loaded->table = map_memory(loaded, "requests", AOD_SETS * sizeof(struct aod_set));
	loaded->operations = map_memory(loaded, "operations", AOD_OPERATION_SETS * sizeof(struct aod_operation_set));
	loaded->control = map_memory(loaded, "control", sizeof(struct aod_control));
	loaded->cpus = check(libbpf_num_possible_cpus(), "count CPUs");
}

/* Runs a program once, in this thread, and returns what it returned. */
static inline __u32 run_program(int fd, const __u64 arguments[TRACEPOINT_ARGUMENTS])
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = arguments,
		    .ctx_size_in = TRACEPOINT_ARGUMENTS * sizeof(arguments[0]));

	check(bpf_prog_test_run_opts(fd, &opts), "run a program");
	return opts.retval;
}

static inline __u64 read_counter(const struct loaded *loaded, __u32 counter)
{
	__u64 values[loaded->cpus], sum = 0;

	check(bpf_map_lookup_elem(map_fd(loaded, "counters"), &counter, values), "read a counter");
	for (int cpu = 0; cpu < loaded->cpus; cpu++)
		sum += values[cpu];
	return sum;
}

/* Whether each of the counters has come this far. */
static inline int have_reached(const struct loaded *loaded, const __u32 *counters, int count, __u64 enough)
{
	for (int i = 0; i < count; i++)
		if (read_counter(loaded, counters[i]) < enough)
			return 0;
	return 1;
}

/* The set of a task's operations: the formula of operation_set_of, bpf/operation.h. */
static inline __u32 operation_set_of(__u32 task_id)
{
	return task_id * 0x9e3779b1U >> (32 - AOD_OPERATION_SETS_LOG2);
}

/* Every element of a map of zeros again. */
static inline void clear_map(const struct loaded *loaded, const char *name, __u32 entries, size_t value_size)
{
	void *zeros = calloc(loaded->cpus, value_size);

	if (!zeros)
		die("allocate");
	for (__u32 key = 0; key < entries; key++)
		check(bpf_map_update_elem(map_fd(loaded, name), &key, zeros, 0), name);
	free(zeros);
}

/* A map with keys of two words. */
static inline void empty_map(const struct loaded *loaded, const char *name)
{
	int map = map_fd(loaded, name);
	__u32 key[2];

	while (!bpf_map_get_next_key(map, NULL, key))
		check(bpf_map_delete_elem(map, key), name);
}

/* As if newly loaded. */
static inline void reset(const struct loaded *loaded)
{
	struct bpf_map *states = bpf_object__find_map_by_name(loaded->object, "states");
	struct bpf_map *ghosts = bpf_object__find_map_by_name(loaded->object, "ghosts");
	struct bpf_map *by_xid = bpf_object__find_map_by_name(loaded->object, "operations_by_xid");
	struct bpf_map *outer = bpf_object__find_map_by_name(loaded->object, "outer_operations");

	memset(loaded->table, 0, AOD_SETS * sizeof(struct aod_set));
	memset(loaded->operations, 0, AOD_OPERATION_SETS * sizeof(struct aod_operation_set));
	memset(loaded->control, 0, sizeof(struct aod_control));
	clear_map(loaded, "states", AOD_SETS, bpf_map__value_size(states));
	clear_map(loaded, "ghosts", bpf_map__max_entries(ghosts), bpf_map__value_size(ghosts));
	clear_map(loaded, "operations_by_xid", bpf_map__max_entries(by_xid), sizeof(aod_u32));
	clear_map(loaded, "outer_operations", bpf_map__max_entries(outer), bpf_map__value_size(outer));
	clear_map(loaded, "counters", AOD_COUNTERS, sizeof(__u64));
	clear_map(loaded, "histograms", AOD_SHARE_SLOTS * AOD_COMMANDS, sizeof(struct aod_histogram));
	clear_map(loaded, "filters", AOD_FILTERS, sizeof(struct aod_filter));
	clear_map(loaded, "trees", AOD_TREE_BUCKETS, sizeof(struct aod_tree));
	empty_map(loaded, "quiet");
	empty_map(loaded, "statuses");
}

#endif

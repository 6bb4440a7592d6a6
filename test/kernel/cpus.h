/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* CPUs for the threads of a race. To be included where _GNU_SOURCE is defined. */
#ifndef AOD_TEST_CPUS_H
#define AOD_TEST_CPUS_H

#include <sched.h>
#include "loaded.h"

/* Assigns a CPU to each thread, in turns where the machine has fewer. */
static inline void find_cpus(cpu_set_t *cpus, int count)
{
	cpu_set_t allowed;
	int cpu = -1;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		die("find CPUs");
	for (int i = 0; i < count; i++) {
		do
			cpu = (cpu + 1) % CPU_SETSIZE;
		while (!CPU_ISSET(cpu, &allowed));
		CPU_ZERO(&cpus[i]);
		CPU_SET(cpu, &cpus[i]);
	}
}

#endif

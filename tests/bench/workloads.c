// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stddef.h>

#include "bench.h"

extern const struct bench_workload bench_operations, bench_burst,
	bench_periodic, bench_periodic_spread, bench_periodic_slack,
	bench_watchdogs, bench_memory, bench_scaling, bench_lateness,
	bench_lateness_loaded, bench_precise, bench_precise_loaded;
/* Natively there is no network, and the list ends before it. */
extern const struct bench_workload bench_monitor __attribute__((weak));

const struct bench_workload *const bench_workloads[] = {
	&bench_memory,		&bench_operations,
	&bench_burst,		&bench_periodic,
	&bench_periodic_spread, &bench_periodic_slack,
	&bench_watchdogs,	&bench_scaling,
	&bench_lateness,	&bench_lateness_loaded,
	&bench_precise,		&bench_precise_loaded,
	&bench_monitor,		NULL,
};

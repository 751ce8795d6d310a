// SPDX-License-Identifier: LGPL-2.1-or-later
/* Of the kernel and the program together. */
#include <sys/prctl.h>
#include <unistd.h>

#include "bench.h"

static void fill(const struct bench_run *run)
{
	run->peer->open(run->n);
	for (uint32_t i = 0; i < run->n; i++)
		run->peer->arm(i,
			       bench_now() + 1000 * BENCH_SEC + i * BENCH_MS);
	run->peer->settle();
}

/* What ended before may still be giving back its memory. */
static uint64_t settled_free_bytes(void)
{
	uint64_t last, bytes = bench_free_bytes();
	int same = 0;

	for (int i = 0; i < 50 && same < 3; i++) {
		usleep(100000);
		last = bytes;
		bytes = bench_free_bytes();
		same = bytes == last ? same + 1 : 0;
	}
	return bytes;
}

static void memory(const struct bench_run *run)
{
	uint64_t before, after;

	/* Huge pages would count whole, however little of them is used. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	before = settled_free_bytes();
	fill(run);
	after = settled_free_bytes();
	bench_result(run, "memory", "bytes",
		     ((double)before - (double)after) / run->n);
	run->peer->close();
}

const struct bench_workload bench_memory = {
	.name = "memory",
	.what = "of the kernel and the program, armed",
	.run = memory,
	.only = 20000,
	.expires = true,
};

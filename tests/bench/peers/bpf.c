// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF timers, whose callbacks write to a ring buffer.  A program is called with
 * up to 256 requests at once, as io_uring is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bench.h"
#include "loops.h"
#include "peers/timers.bpf.h"
#include "times.h"
#include "timers.skel.h"

static _Thread_local struct timers *skeleton;
static _Thread_local struct ring_buffer *ring;
static _Thread_local int program;
static _Thread_local uint32_t *expired, nexpired, taken, ntimers;

static int submit(void)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int rc;

	if (!skeleton->bss->count)
		return 0;
	rc = bpf_prog_test_run_opts(program, &opts);
	skeleton->bss->count = 0;
	if (rc || !opts.retval)
		return rc;
	errno = -(int)opts.retval;
	return -1;
}

static inline int ask(uint32_t what, uint32_t timer, uint64_t deadline_ns)
{
	struct timers__bss *shared = skeleton->bss;
	struct timers_request *request = &shared->requests[shared->count++];

	request->what = what;
	request->timer = timer;
	request->deadline_ns = deadline_ns;
	return shared->count == REQUESTS ? submit() : 0;
}

static inline int arm_one(uint32_t timer, uint64_t deadline_ns)
{
	return ask(TIMERS_ARM, timer, deadline_ns);
}

static inline int cancel_one(uint32_t timer)
{
	return ask(TIMERS_CANCEL, timer, 0);
}

BENCH_LOOPS(arm_one, cancel_one)

static void settle(void)
{
	bench_check(!submit(), "bpf_prog_test_run");
}

static int on_expiry(void *context, void *data, size_t size)
{
	(void)context;
	(void)size;
	memcpy(&expired[nexpired++ % ntimers], data, sizeof(*expired));
	return 0;
}

static int collect(struct bench_expiry *expiries, int n, uint64_t until_ns)
{
	int got = 0;

	settle();
	bench_check(!skeleton->bss->lost, "bpf: the ring was full");
	if (taken == nexpired)
		bench_check(ring_buffer__poll(ring, ms_until(until_ns)) >= 0,
			    "ring_buffer__poll");
	for (; got < n && taken != nexpired; got++, taken++) {
		expiries[got].timer = expired[taken % ntimers];
		expiries[got].periods = 1;
	}
	return got;
}

static int silent(enum libbpf_print_level level, const char *format,
		  va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

/* A record takes 16 bytes. */
static uint32_t ring_bytes(uint32_t n)
{
	uint32_t bytes = 4096;

	while (bytes < n * 16)
		bytes *= 2;
	return bytes;
}

static void load(uint32_t n)
{
	if (!getenv("BENCH_BPF_VERBOSE"))
		libbpf_set_print(silent);
	skeleton = timers__open();
	bench_check(skeleton, "timers__open");
	bpf_map__set_max_entries(skeleton->maps.elements, n);
	bpf_map__set_max_entries(skeleton->maps.expiries, ring_bytes(n));
	if (timers__load(skeleton))
		bench_skip("the kernel does not load the BPF program");
	program = bpf_program__fd(skeleton->progs.answer_all);
	ring = ring_buffer__new(bpf_map__fd(skeleton->maps.expiries), on_expiry,
				NULL, NULL);
	bench_check(ring, "ring_buffer__new");
}

static void open_program(uint32_t n)
{
	int failed = 0;

	load(n);
	ntimers = n;
	nexpired = 0;
	taken = 0;
	expired = bench_alloc(n, sizeof(*expired));
	for (uint32_t i = 0; i < n; i++)
		failed |= ask(TIMERS_INIT, i, 0);
	if (failed)
		bench_skip("bpf_timer_init fails");
	settle();
}

static void close_program(void)
{
	ring_buffer__free(ring);
	timers__destroy(skeleton);
	free(expired);
}

const struct bench_peer bench_bpf = {
	.name = "bpf",
	.open = open_program,
	.close = close_program,
	.arm = arm,
	.arm_each = arm_each,
	.cancel_each = cancel_each,
	.settle = settle,
	.commit = settle,
	.collect = collect,
	.most = 100001,
	.why = "a million take many minutes in emulation",
	.bytes = 250,
};

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_TIMERS_BPF_H
#define BENCH_TIMERS_BPF_H

#define REQUESTS 256

enum { TIMERS_INIT, TIMERS_ARM, TIMERS_CANCEL };

struct timers_request {
	unsigned long long deadline_ns;
	unsigned int timer;
	unsigned int what;
};

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The calls that programs are made of, and what they act on. */
#ifndef GUESTFUZZ_CALLS_H
#define GUESTFUZZ_CALLS_H

#include <stdint.h>
#include <sys/types.h>

#include "ledger.h"
#include "memory.h"
#include "program.h"

/* The module's parameter, as it is loaded for this. */
#define MAX_SLOTS 20000

/* One thread of a program. */
struct actor {
	unsigned int number;
	pid_t tid;
	int epoll;
	int fail_nth; /* /proc/thread-self/fail-nth */
	unsigned int fail; /* of the call, see struct call */
	struct scratch *scratch; /* [2] */
};

struct op {
	const char *name;
	unsigned int weight;
	unsigned int args;
	enum row row;
	/* Its value, or -errno. */
	long (*run)(struct actor *actor, const uint64_t *arg);
};
extern const struct op ops[];
extern const unsigned int nops;

/* Files that calls write to, opened while it is allowed; once. */
void calls_init(void);
/* The threads that may be sent signals. */
void calls_set_actors(const struct actor *actors, unsigned int n);
/*
 * What a program did to the system is undone, and, if all of its threads have
 * ended, what it opened and mapped.
 */
void calls_restore(const struct program *program, bool ended);

#endif

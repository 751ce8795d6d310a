/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program: calls of up to three threads.  An argument of 0 always stands
 * for what a sensible caller would pass.
 */
#ifndef GUESTFUZZ_PROGRAM_H
#define GUESTFUZZ_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_THREADS 3
#define MAX_CALLS 16
#define MAX_ARGS 8
/* Of the text, one line. */
#define MAX_LINE (MAX_CALLS * (24 + MAX_ARGS * 17))

struct prng {
	uint64_t state;
};
uint64_t prng_next(struct prng *prng);
/* 0 to @range - 1. */
uint64_t prng_below(struct prng *prng, uint64_t range);

struct call {
	uint8_t op; /* in ops[], calls.c */
	uint8_t thread;
	uint8_t fail; /* which of its allocations or copies fails; 0: none */
	uint64_t arg[MAX_ARGS];
};

struct program {
	unsigned int n;
	/* Calls that the first thread makes before the others start. */
	unsigned int serial;
	struct call calls[MAX_CALLS];
};

void program_new(struct program *program, struct prng *prng);
/* Changes it; @other may lend it a part. */
void program_mutate(struct program *program, const struct program *other,
		    struct prng *prng);
bool program_has(const struct program *program, const char *op);
unsigned int program_threads(const struct program *program);

/* "SERIAL; THREAD NAME[!FAIL] ARG ...; ..." in hexadecimal. */
void program_print(const struct program *program, char line[MAX_LINE]);
/* Takes @line apart. */
bool program_parse(struct program *program, char *line);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs, run one after the other by the threads of one process, and what
 * the kernel did for each.
 */
#ifndef GUESTFUZZ_EXECUTE_H
#define GUESTFUZZ_EXECUTE_H

#include "program.h"

/* Calls recorded of each thread; what comes after is not. */
#define MAX_PCS 16384

/* Once in each worker; ends the process when something is missing. */
void execute_init(void);
/* In a process that the worker forked: its threads. */
void execute_start(void);
/*
 * @line is the program in words.  False: the process is not fit for another,
 * since a thread sleeps on, or has become another user.
 */
bool execute(const struct program *program, const char *line);
/* Addresses that the thread came by; how many. */
unsigned int execute_pcs(unsigned int thread, const uint64_t **pcs);

#endif

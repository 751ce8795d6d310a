/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines of cache that this thread writes, for two recordings. */
#ifndef BENCH_LINES_H
#define BENCH_LINES_H

#include <stddef.h>

/* Number 0 or 1; what the caller writes from here on goes into it. */
void lines_record(unsigned int number);
void lines_stop(void);
void lines_forget(void);
size_t lines_of(unsigned int number);
size_t lines_of_both(void);

#endif

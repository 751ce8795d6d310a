/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each system call answered, over all processes: which answers are
 * documented, and which of them have been seen.
 */
#ifndef GUESTFUZZ_LEDGER_H
#define GUESTFUZZ_LEDGER_H

#include <stdbool.h>
#include <stdio.h>

enum row {
	ROW_NONE, /* nothing of ours, anything goes */
	ROW_OPEN,
	ROW_SETUP,
	ROW_INFO,
	ROW_KICK,
	ROW_FSYNC,
	ROW_WAIT,
	ROW_ARM,
	ROW_CANCEL,
	ROW_STATS,
	ROW_CPU_STATS,
	ROW_RESET_STATS,
	ROW_REAPED,
	ROW_INJECT,
	ROW_UNKNOWN,
	ROW_TIMERFD,
	ROW_SETTIME,
	ROW_GETTIME,
	ROW_SET_TICKS,
	ROW_MMAP,
	ROW_READ,
	ROW_READ_TICKS,
	ROW_PREAD,
	ROW_WRITE,
	ROWS
};

/* Before the first fork. */
void ledger_init(void);
/* @ret: 0 or more, or -errno; false when it is not documented. */
bool ledger_note(enum row row, long ret);
const char *ledger_name(enum row row);
/*
 * A line of TAP for each call, @number being the last line's; the lines that
 * failed, where a documented answer has not been seen, are added to *@failed.
 */
int ledger_report(int number, int *failed);

#endif

// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "ledger.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MAX_ERRNO 134
#define MAX_ANSWERS 8

/*
 * Documentation/uapi.rst has them.  Not here: EINTR of ARM and CANCEL, which
 * only the dying get; EOPNOTSUPP of INJECT, since the parameter is set; ENOENT
 * of open(2); EMFILE and ENFILE of TIMERFD.  EBADF is the descriptor's, of which
 * there may be none.
 */
static const struct {
	const char *name;
	int answers[MAX_ANSWERS];
	int tolerated; /* the path's, when the copy of it is to fail */
} rows[ROWS] = {
	[ROW_OPEN] = { "open", { 0, EACCES, ENOMEM }, EFAULT },
	[ROW_SETUP] = { "SETUP",
			{ 0, EBUSY, EINVAL, EPERM, ENOMEM, EFAULT, E2BIG } },
	[ROW_INFO] = { "INFO", { 0, EINVAL, EFAULT, E2BIG } },
	[ROW_KICK] = { "KICK", { 0, ENXIO } },
	[ROW_FSYNC] = { "fsync", { 0, ENXIO } },
	[ROW_WAIT] = { "WAIT", { 0, ENXIO, EINVAL, EINTR, EFAULT, E2BIG } },
	[ROW_ARM] = { "ARM", { 0, ENXIO, EINVAL, EFAULT, E2BIG } },
	[ROW_CANCEL] = { "CANCEL", { 0, ENXIO, EINVAL, EFAULT, E2BIG } },
	[ROW_STATS] = { "STATS", { 0, ENXIO, EINVAL, EFAULT, E2BIG, ENOMEM } },
	[ROW_CPU_STATS] = { "CPU_STATS", { 0, EINVAL, EFAULT, E2BIG, ENOMEM } },
	[ROW_RESET_STATS] = { "RESET_STATS", { 0, ENXIO } },
	[ROW_REAPED] = { "REAPED", { 0, ENXIO } },
	[ROW_INJECT] = { "INJECT", { 0, EPERM, EINVAL, EFAULT, E2BIG } },
	[ROW_UNKNOWN] = { "an unknown ioctl", { ENOTTY } },
	[ROW_TIMERFD] = { "TIMERFD",
			  { 0, EINVAL, EPERM, ENOMEM, EFAULT, E2BIG } },
	[ROW_SETTIME] = { "TIMERFD_SETTIME",
			  { 0, EFAULT, EINVAL, EPERM, ECANCELED, E2BIG } },
	[ROW_GETTIME] = { "TIMERFD_GETTIME", { 0, EFAULT, EINVAL, E2BIG } },
	[ROW_SET_TICKS] = { "TFD_IOC_SET_TICKS",
			    { 0, EFAULT, EINVAL, ECANCELED } },
	[ROW_MMAP] = { "mmap", { 0, ENXIO, EINVAL, EPERM, EACCES, ENOMEM } },
	[ROW_READ] = { "read",
		       { 0, ENXIO, EINVAL, EAGAIN, EFAULT, EINTR, EBADF } },
	[ROW_READ_TICKS] = { "a timerfd's read",
			     { 0, EINVAL, EAGAIN, EFAULT, EINTR, ECANCELED } },
	[ROW_PREAD] = { "pread", { ESPIPE } },
	[ROW_WRITE] = { "write", { EINVAL } },
};

static atomic_uint (*counts)[MAX_ERRNO];

void ledger_init(void)
{
	counts = mmap(NULL, ROWS * sizeof(*counts), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED)
		abort();
}

/* 0 stands for success, and ends the list anywhere but at its start. */
static bool documented(enum row row, int err)
{
	if (rows[row].answers[0] == err)
		return true;
	for (int i = 1; i < MAX_ANSWERS && rows[row].answers[i]; i++)
		if (rows[row].answers[i] == err)
			return true;
	return false;
}

bool ledger_note(enum row row, long ret)
{
	int err = ret < 0 ? -ret : 0;

	if (row == ROW_NONE || err >= MAX_ERRNO)
		return row == ROW_NONE;
	counts[row][err]++;
	return err == EBADF || (err && err == rows[row].tolerated) ||
		documented(row, err);
}

const char *ledger_name(enum row row)
{
	return rows[row].name;
}

static const char *answer_name(int err)
{
	return err ? strerrorname_np(err) : "success";
}

static bool report_row(enum row row, int number)
{
	char seen[300] = "", missing[200] = "";
	const int *answers = rows[row].answers;

	for (int i = 0; i < MAX_ANSWERS && (!i || answers[i]); i++) {
		unsigned int count = counts[row][answers[i]];
		char *to = count ? seen : missing;

		sprintf(to + strlen(to), " %s", answer_name(answers[i]));
		if (count)
			sprintf(to + strlen(to), " %u", count);
	}
	if (missing[0])
		printf("# %s was not seen to answer%s\n", rows[row].name,
		       missing);
	printf("%sok %d - %s:%s\n", missing[0] ? "not " : "", number,
	       rows[row].name, seen);
	return !missing[0];
}

int ledger_report(int number, int *failed)
{
	for (int row = ROW_NONE + 1; row < ROWS; row++)
		*failed += !report_row(row, ++number);
	return number;
}

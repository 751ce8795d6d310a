// SPDX-License-Identifier: GPL-2.0-only
/* readv(2) and its kin, and what cannot be done with a timer. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include "timer.h"

static void ready(int fd)
{
	REQUIRE_EQ(set(fd, 0, 1, 0), 0);
	REQUIRE(is_ready(fd, 20000));
}

static void readv_fills_the_first(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint64_t a = 7, b = 8;
	struct iovec one = { &a, 8 }, two[] = { { &a, 8 }, { &b, 8 } };
	struct iovec wide = { (uint64_t[4]){ 0 }, 32 };

	CHECK_EQ(value_of(readv(fd, &one, 1)), -EAGAIN);
	ready(fd);
	CHECK_EQ(value_of(readv(fd, &one, 1)), 8);
	CHECK_EQ(a, 1);
	ready(fd);
	a = 7;
	CHECK_EQ(value_of(readv(fd, two, 2)), 8);
	CHECK_EQ(a, 1);
	CHECK_EQ(b, 8);
	ready(fd);
	CHECK_EQ(value_of(readv(fd, &wide, 1)), 8);
	CHECK_EQ(value_of(readv(fd, &one, 0)), 0);
}

/* In pieces only where the kernel reads through an iterator. */
static void readv_of_pieces(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint32_t a = 7, b = 7;
	struct iovec pieces[] = { { &a, 4 }, { &b, 4 } };
	struct iovec empty_first[] = { { NULL, 0 }, { &a, 4 }, { &b, 4 } };
	bool whole = kernel_is_at_least(6, 10);

	ready(fd);
	CHECK_EQ(value_of(readv(fd, pieces, 2)), whole ? 8 : -EINVAL);
	CHECK_EQ(a, whole ? 1 : 7);
	CHECK_EQ(b, whole ? 0 : 7);
	ready(fd);
	CHECK_EQ(value_of(readv(fd, empty_first, 3)), whole ? 8 : -EINVAL);
}

static void preadv2_nowait(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	bool can = kernel_is_at_least(6, 10);
	uint64_t a;
	struct iovec one = { &a, 8 };

	CHECK_EQ(value_of(preadv2(fd, &one, 1, -1, RWF_NOWAIT)),
		 can ? -EAGAIN : -EOPNOTSUPP);
	ready(fd);
	CHECK_EQ(value_of(preadv2(fd, &one, 1, -1, RWF_NOWAIT)),
		 can ? 8 : -EOPNOTSUPP);
}

static void no_position(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint64_t a = 7;
	struct iovec one = { &a, 8 };

	CHECK_EQ(value_of(pread(fd, &a, 8, 0)), -ESPIPE);
	CHECK_EQ(value_of(pwrite(fd, &a, 8, 0)), -ESPIPE);
	CHECK_EQ(value_of(preadv(fd, &one, 1, 0)), -ESPIPE);
	/* Which is no error, though. */
	CHECK_EQ(value_of(lseek(fd, 0, SEEK_SET)), 0);
	CHECK_EQ(value_of(lseek(fd, 3, SEEK_CUR)), 0);
	CHECK_EQ(value_of(lseek(fd, 0, SEEK_END)), 0);
}

static void no_writing(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint64_t a = 7;
	struct iovec one = { &a, 8 };

	CHECK_EQ(value_of(write(fd, &a, 8)), -EINVAL);
	CHECK_EQ(value_of(write(fd, &a, 0)), -EINVAL);
	CHECK_EQ(value_of(writev(fd, &one, 1)), -EINVAL);
	CHECK_EQ(value_of(ftruncate(fd, 0)), -EINVAL);
}

static void nothing_else_either(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	int n = 0, pipes[2];

	REQUIRE(!pipe(pipes));
	ready(fd);
	CHECK_EQ(value_of((intptr_t)mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd,
					 0)),
		 -ENODEV);
	CHECK_EQ(value_of(fsync(fd)), -EINVAL);
	CHECK_EQ(value_of(fdatasync(fd)), -EINVAL);
	CHECK_EQ(value_of(ioctl(fd, FIONREAD, &n)), -ENOTTY);
	CHECK_EQ(value_of(ioctl(fd, TCGETS, &n)), -ENOTTY);
	CHECK_EQ(value_of(ioctl(fd, 0xdead, &n)), -ENOTTY);
	CHECK_EQ(value_of(fallocate(fd, 0, 0, 4096)), -ENODEV);
	CHECK_EQ(value_of(flock(fd, LOCK_EX | LOCK_NB)), 0);
	CHECK_EQ(value_of(fcntl(fd, F_SETOWN, getpid())), 0);
	CHECK_EQ(value_of(fcntl(fd, F_GETPIPE_SZ)), -EBADF);
	CHECK_EQ(value_of(fchdir(fd)), -ENOTDIR);
}

static void splice_and_sendfile(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	int pipes[2];

	REQUIRE(!pipe2(pipes, O_NONBLOCK));
	CHECK_EQ(value_of(splice(fd, NULL, pipes[1], NULL, 8, 0)), -EINVAL);
	CHECK_EQ(value_of(sendfile(pipes[1], fd, NULL, 8)), -EINVAL);
}

static const struct test_case cases[] = {
	CASE(readv_fills_the_first),
	CASE(readv_of_pieces),
	CASE(preadv2_nowait),
	CASE(no_position),
	CASE(no_writing),
	CASE(nothing_else_either),
	CASE(splice_and_sendfile),
};

TEST_MAIN(cases)

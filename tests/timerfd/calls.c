// SPDX-License-Identifier: GPL-2.0-only
/* The calls as such: errno, system calls made directly, cancellation, signals. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "timer.h"

static void errno_is_left_alone(void)
{
	struct itimerspec value = spec_of(SEC, 0);
	int fd;

	for (int error = 0; error < 3; error++) {
		errno = 1000 + error;
		fd = timerfd_create(CLOCK_MONOTONIC, 0);
		CHECK_EQ(errno, 1000 + error);
		CHECK_EQ(timerfd_settime(fd, 0, &value, NULL), 0);
		CHECK_EQ(timerfd_settime(fd, 0, &value, &value), 0);
		CHECK_EQ(timerfd_gettime(fd, &value), 0);
		CHECK_EQ(errno, 1000 + error);
	}
}

/* One of the three so, the others by their functions. */
static void by_the_general_function(void)
{
	int fd = syscall(SYS_timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct itimerspec soon = spec_of(MS, 100 * SEC), old;

	REQUIRE(fd >= 0);
	CHECK_EQ(is_timerheap(fd), column_is_timerheap());
	REQUIRE_EQ(set(fd, 0, 50 * SEC, 3), 0);
	CHECK_EQ(syscall(SYS_timerfd_settime, fd, 0, &soon, &old), 0);
	CHECK_EQ(old.it_interval.tv_nsec, 3);
	CHECK_EQ(take_later(fd), 1);
	CHECK_EQ(syscall(SYS_timerfd_gettime, fd, &old), 0);
	CHECK_ORDER((uint64_t)old.it_value.tv_sec, >, 60);
	CHECK_EQ(get(fd).interval, 100 * SEC);
}

static void errors_by_the_general_function(void)
{
	struct itimerspec second = spec_of(SEC, 0);
	int fd = timer(CLOCK_MONOTONIC, 0);

	CHECK_EQ(syscall(SYS_timerfd_create, CLOCK_TAI, 0), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(syscall(SYS_timerfd_settime, fd, 8, &second, NULL), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(syscall(SYS_timerfd_gettime, fd, nowhere), -1);
	CHECK_EQ(errno, EFAULT);
	CHECK_EQ(syscall(SYS_timerfd_gettime, 999, &second), -1);
	CHECK_EQ(errno, EBADF);
}

/* All six arguments, all values, and errno. */
static void other_calls_by_the_general_function(void)
{
	int file = syscall(SYS_memfd_create, "file", 0);
	const off_t second_page = 4096;
	char *page;

	CHECK_EQ(syscall(SYS_ftruncate, file, 2 * second_page), 0);
	CHECK_EQ(pwrite(file, "x", 1, second_page), 1);
	page = (char *)syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_SHARED,
			       file, second_page);
	REQUIRE(page != MAP_FAILED);
	CHECK_EQ(page[0], 'x');
	errno = 0;
	CHECK_EQ(syscall(SYS_getpid), getpid());
	CHECK_EQ(errno, 0);
	CHECK_EQ(syscall(SYS_close, 999), -1);
	CHECK_EQ(errno, EBADF);
	CHECK_EQ(syscall(-1), -1);
	CHECK_EQ(errno, ENOSYS);
}

/* The C library's own, which stands for all ways past the library. */
static long (*bare_call(void))(long number, ...)
{
	void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD), *call;

	REQUIRE(libc);
	call = dlsym(libc, "syscall");
	REQUIRE(call);
	return (long (*)(long, ...))call;
}

/* The library leaves to the kernel what it has not made. */
static void made_by_the_system_call(void)
{
	int fd = bare_call()(SYS_timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct itimerspec second = spec_of(SEC, 0), old;
	struct setting before;

	REQUIRE(!is_timerheap(fd));
	REQUIRE_EQ(set(fd, 0, 100 * SEC, 3), 0);
	CHECK_ORDER(get(fd).value, >, 60 * SEC);
	REQUIRE_EQ(set_old(fd, 0, MS, 0, &before), 0);
	CHECK_EQ(before.interval, 3);
	CHECK_EQ(take_later(fd), 1);
	POISON(old);
	CHECK_EQ(value_of(timerfd_settime(fd, 8, &second, &old)), -EINVAL);
	CHECK_EQ(value_of(timerfd_settime(fd, 0, nowhere, &old)), -EFAULT);
	CHECK_EQ(value_of(timerfd_gettime(fd, nowhere)), -EFAULT);
	CHECK(IS_POISON(old));
}

/* And the kernel's system calls know nothing of timerheap's. */
static void asked_by_the_system_call(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	int64_t want = column_is_timerheap() ? -EINVAL : 0;
	struct itimerspec second = spec_of(SEC, 0);

	CHECK_EQ(value_of(bare_call()(SYS_timerfd_settime, fd, 0, &second,
				      NULL)),
		 want);
	CHECK_EQ(value_of(bare_call()(SYS_timerfd_gettime, fd, &second)), want);
	CHECK_EQ(get(fd).value != 0, !want);
}

static void *cancelled_already(void *arg)
{
	struct itimerspec value = spec_of(SEC, 0);
	int *fd = arg;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	while (!atomic_load((atomic_int *)&fd[1]))
		sleep_ms(1);
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	fd[0] = timerfd_create(CLOCK_MONOTONIC, 0);
	timerfd_settime(fd[0], 0, &value, NULL);
	timerfd_gettime(fd[0], &value);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	fd[1] = 2;
	return NULL;
}

/* None of the three is where a thread ends that has been cancelled. */
static void no_cancellation_points(void)
{
	int shared[2] = { -1, 0 };
	pthread_t thread = start_thread(cancelled_already, shared);

	pthread_cancel(thread);
	atomic_store((atomic_int *)&shared[1], 1);
	REQUIRE(!pthread_join(thread, NULL));
	CHECK_EQ(shared[1], 2);
	CHECK_ORDER(shared[0], >=, 0);
}

static atomic_int made_in_handler;

static void make_in_handler(int sig)
{
	struct itimerspec value = spec_of(SEC, 0);
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	(void)sig;
	if (fd >= 0 && !timerfd_settime(fd, 0, &value, NULL) &&
	    !timerfd_gettime(fd, &value) && !close(fd))
		made_in_handler++;
}

/* Also in one that interrupts the calls themselves. */
static void in_signal_handlers(void)
{
	struct sigaction act = { .sa_handler = make_in_handler };
	struct itimerspec value = spec_of(SEC, 0);
	timer_t signals;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGUSR1 };
	struct itimerspec often = spec_of(300000, 300000);
	uint64_t end = mono_ns() + 500 * MS;
	int before = open_descriptors();

	REQUIRE(!sigaction(SIGUSR1, &act, NULL));
	REQUIRE(!timer_create(CLOCK_MONOTONIC, &event, &signals));
	REQUIRE(!timer_settime(signals, 0, &often, NULL));
	while (mono_ns() < end) {
		int fd = timerfd_create(CLOCK_MONOTONIC, 0);

		errno = 99;
		CHECK_EQ(value_of(timerfd_settime(fd, 0, &value, NULL)), 0);
		CHECK_EQ(value_of(timerfd_gettime(fd, &value)), 0);
		close(fd);
	}
	timer_delete(signals);
	CHECK_ORDER(made_in_handler, >, 10);
	CHECK_EQ(open_descriptors(), before);
}

static const struct test_case cases[] = {
	CASE(errno_is_left_alone),
	CASE(by_the_general_function),
	CASE(errors_by_the_general_function),
	CASE(other_calls_by_the_general_function),
	CASE(made_by_the_system_call),
	CASE(asked_by_the_system_call),
	CASE(no_cancellation_points),
	CASE(in_signal_handlers),
};

TEST_MAIN(cases)

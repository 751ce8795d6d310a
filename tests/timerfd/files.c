// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors: their flags and numbers, who shares them, what is shown. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reader.h"
#include "timer.h"

static void flags(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);

	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	fd = timer(CLOCK_MONOTONIC, TFD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	fd = timer(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	/* Some that there are not for it: ignored, or refused. */
	CHECK_EQ(value_of(fcntl(fd, F_SETFL, O_APPEND)), 0);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | O_APPEND);
	CHECK_EQ(value_of(fcntl(fd, F_SETFL, O_ASYNC)), 0);
	CHECK_EQ(fcntl(fd, F_GETFL) & ~O_ASYNC, O_RDWR);
	CHECK_EQ(value_of(fcntl(fd, F_SETFL, O_DIRECT)), -EINVAL);
}

static int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void lowest_number(void)
{
	int before = open_descriptors(), low = dup(0), gap, fd;

	gap = dup(0);
	CHECK_EQ(dup(0), gap + 1);
	close(gap);
	fd = timer(CLOCK_MONOTONIC, 0);
	CHECK_EQ(fd, gap);
	CHECK_EQ(timer(CLOCK_MONOTONIC, 0), gap + 2);
	close(low);
	CHECK_EQ(timer(CLOCK_MONOTONIC, TFD_CLOEXEC), low);
	/* Three timers and the one copy; and nothing else. */
	CHECK_EQ(open_descriptors(), before + 4);
}

static void limit_descriptors(int n)
{
	struct rlimit limit = { n, n };

	REQUIRE(!setrlimit(RLIMIT_NOFILE, &limit));
}

/* Whose it is then does not matter: there must be one. */
static void last_descriptor(void)
{
	struct itimerspec soon = spec_of(MS, 0);
	int fd, highest = dup(0);

	limit_descriptors(highest + 2);
	fd = timerfd_create(CLOCK_MONOTONIC, 0);
	CHECK_EQ(fd, highest + 1);
	CHECK_EQ(value_of(timerfd_create(CLOCK_MONOTONIC, 0)), -EMFILE);
	CHECK_EQ(value_of(timerfd_settime(fd, 0, &soon, NULL)), 0);
	CHECK_EQ(take(fd), 1);
	CHECK_EQ(value_of(timerfd_gettime(fd, &soon)), 0);
	/* What is wrong comes before there is no place for it. */
	CHECK_EQ(value_of(timerfd_create(CLOCK_TAI, 0)), -EINVAL);
	CHECK_EQ(value_of(timerfd_create(CLOCK_MONOTONIC, 1)), -EINVAL);
}

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

static void duplicates_share(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	int other = dup(fd), third = fcntl(fd, F_DUPFD_CLOEXEC, 50);

	REQUIRE_EQ(set(other, 0, MS, 0), 0);
	CHECK_EQ(take_later(fd), 1);
	CHECK_EQ(take(other), -EAGAIN);
	REQUIRE_EQ(set(fd, 0, 100 * SEC, 0), 0);
	CHECK_ORDER(get(third).value, >, 60 * SEC);
	close(fd);
	CHECK_ORDER(get(third).value, >, 60 * SEC);
	CHECK_EQ(value_of(dup2(third, fd)), fd);
	REQUIRE_EQ(set(fd, 0, 1, 0), 0);
	CHECK_EQ(take_later(other), 1);
}

static void children_share(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	pid_t pid;

	REQUIRE_EQ(set(fd, 0, 20 * MS, 0), 0);
	pid = fork();
	if (!pid) {
		CHECK_EQ(take_later(fd), 1);
		CHECK_EQ(set(fd, 0, 100 * SEC, 0), 0);
		_exit(0);
	}
	CHECK_EQ(wait_child(pid), 0);
	CHECK_EQ(take(fd), -EAGAIN);
	CHECK_ORDER(get(fd).value, >, 60 * SEC);
}

/* What a child makes after fork() is its own, and is made as ever. */
static void made_in_a_child(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	pid_t pid = fork();

	if (!pid) {
		int own = timer(CLOCK_MONOTONIC, 0);

		CHECK_EQ(own, fd + 1);
		CHECK_EQ(set(own, 0, MS, 0), 0);
		CHECK_EQ(take(own), 1);
		_exit(0);
	}
	CHECK_EQ(wait_child(pid), 0);
	CHECK_EQ(get(fd).value, 0);
}

static void made_after_vfork(void)
{
	static const struct itimerspec soon = { .it_value = { 0, 1000000 } };
	volatile int fd = -1, rc = -1;
	pid_t pid = vfork();

	if (!pid) {
		fd = timerfd_create(CLOCK_MONOTONIC, 0);
		rc = timerfd_settime(fd, 0, &soon, NULL);
		_exit(0);
	}
	CHECK_EQ(wait_child(pid), 0);
	CHECK_ORDER(fd, >=, 0);
	CHECK_EQ(rc, 0);
	/* It was the child's. */
	CHECK_EQ(fcntl(fd, F_GETFD), -1);
}

static void send_descriptor(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	REQUIRE_EQ(sendmsg(socket, &message, 0), 1);
}

static int receive_descriptor(int socket)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	int fd;

	REQUIRE_EQ(recvmsg(socket, &message, 0), 1);
	REQUIRE(CMSG_FIRSTHDR(&message));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static void passed_to_another(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK), pair[2];
	pid_t pid;

	REQUIRE(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pid = fork();
	if (!pid) {
		int received;

		close(fd);
		received = receive_descriptor(pair[1]);
		CHECK_EQ(fcntl(received, F_GETFL), O_RDWR | O_NONBLOCK);
		CHECK_ORDER(get(received).value, >, 60 * SEC);
		CHECK_EQ(set(received, 0, MS, 0), 0);
		CHECK_EQ(take_later(received), 1);
		_exit(0);
	}
	REQUIRE_EQ(set(fd, 0, 100 * SEC, 0), 0);
	send_descriptor(pair[0], fd);
	close(fd);
	CHECK_EQ(wait_child(pid), 0);
}

/* In transit it has no descriptor, and goes on. */
static void expires_in_transit(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK), pair[2];

	REQUIRE(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	send_descriptor(pair[0], fd);
	close(fd);
	sleep_ms(30);
	CHECK_EQ(take(receive_descriptor(pair[1])), 1);
}

/* This program again, which then runs only inherited() on the descriptor. */
static int run_with(int fd)
{
	char number[20];
	pid_t pid = fork();

	if (!pid) {
		snprintf(number, sizeof(number), "%d", fd);
		setenv("INHERITED", number, 1);
		execl("/proc/self/exe", "files", NULL);
		_exit(100);
	}
	return wait_child(pid);
}

/* Its exit status: what could be done with the descriptor. */
static void __attribute__((constructor)) inherited(void)
{
	const char *number = getenv("INHERITED");
	struct itimerspec now, later = spec_of(50 * SEC, 0);
	int fd, failed = 0;

	if (!number)
		return;
	fd = atoi(number);
	failed |= (fcntl(fd, F_GETFL) != O_RDWR) << 0;
	failed |= (timerfd_gettime(fd, &now) != 0) << 1;
	failed |= (timerfd_settime(fd, 0, &later, NULL) != 0) << 2;
	_exit(failed);
}

static void exec_keeps_it(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);

	CHECK_EQ(run_with(fd), 0);
	CHECK_ORDER(get(fd).value, >, 30 * SEC);
	CHECK_ORDER(get(fd).value, <=, 50 * SEC);
}

static void exec_closes_it(void)
{
	CHECK_EQ(run_with(timer(CLOCK_MONOTONIC, TFD_CLOEXEC)), 7);
}

/* The library leaves to the kernel what it has not made. */
static void made_by_the_system_call(void)
{
	int fd = syscall(SYS_timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK);
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

	CHECK_EQ(value_of(syscall(SYS_timerfd_settime, fd, 0, &second, NULL)),
		 want);
	CHECK_EQ(value_of(syscall(SYS_timerfd_gettime, fd, &second)), want);
	CHECK_EQ(get(fd).value != 0, !want);
}

static void closed_while_it_is_read(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0), keep = dup(fd);
	pid_t pid = fork();

	if (!pid)
		_exit(take(fd) == 1 ? 0 : 1);
	sleep_ms(20);
	close(fd);
	REQUIRE_EQ(set(keep, 0, MS, 0), 0);
	CHECK_EQ(wait_child(pid), 0);
}

/* The read goes on, of a file that has no descriptor any more. */
static void closed_by_another_thread(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	struct reader reader;
	pthread_t thread;

	REQUIRE_EQ(set(fd, 0, 2 * SEC, 0), 0);
	thread = start_reader(&reader, fd);
	sleep_ms(50);
	close(fd);
	CHECK_EQ(reader.state, 1);
	join_thread(thread);
	CHECK_EQ(reader.result, 1);
	CHECK_EQ(value_of(timerfd_gettime(fd, &(struct itimerspec){})), -EBADF);
}

struct shown {
	int clock;
	uint64_t ticks;
	unsigned int flags;
	uint64_t value_s, value_ns, interval_s, interval_ns;
};

static struct shown show(int fd)
{
	char path[50], text[1000], *own;
	struct shown shown = { 0 };
	int file, n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = open(path, O_RDONLY);
	n = read(file, text, sizeof(text) - 1);
	close(file);
	REQUIRE(n > 0);
	text[n] = '\0';
	own = strstr(text, "clockid:");
	REQUIRE(own);
	n = 0;
	CHECK_EQ(sscanf(own,
			"clockid: %d\nticks: %lu\nsettime flags: 0%o\n"
			"it_value: (%lu, %lu)\nit_interval: (%lu, %lu)\n%n",
			&shown.clock, &shown.ticks, &shown.flags,
			&shown.value_s, &shown.value_ns, &shown.interval_s,
			&shown.interval_ns, &n),
		 7);
	/* To the end, and to the letter. */
	CHECK_EQ(own[n], '\0');
	CHECK_EQ(own[n - 1], '\n');
	return shown;
}

static void fdinfo(void)
{
	int fd = timer(CLOCK_BOOTTIME, TFD_NONBLOCK);
	struct shown now = show(fd);

	CHECK_EQ(now.clock, CLOCK_BOOTTIME);
	CHECK_EQ(now.ticks + now.flags + now.value_s + now.value_ns +
			 now.interval_s + now.interval_ns,
		 0);
	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME,
		       now_ns(CLOCK_BOOTTIME) + 100 * SEC, 3 * SEC + 4),
		   0);
	now = show(fd);
	CHECK_EQ(now.flags, 1);
	CHECK_ORDER(now.value_s, >=, 60UL);
	CHECK_ORDER(now.value_s, <, 100UL);
	CHECK_EQ(now.interval_s, 3);
	CHECK_EQ(now.interval_ns, 4);
	CHECK_EQ(now.ticks, 0);
}

/* It counts, and shows nothing that is ahead; nor does it set it going. */
static void fdinfo_of_an_expired_one(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct shown now;

	REQUIRE_EQ(set(fd, 0, MS, MS), 0);
	CHECK(is_ready(fd, 20000));
	sleep_ms(20);
	for (int i = 0; i < 3; i++) {
		now = show(fd);
		CHECK_EQ(now.ticks, 1);
		CHECK_EQ(now.value_s, 0);
		CHECK_EQ(now.value_ns, 0);
		CHECK_EQ(now.flags, 0);
		CHECK_EQ(now.interval_ns, MS);
	}
	CHECK_ORDER(take(fd), >=, 20L);
}

static void fdinfo_of_flags(void)
{
	int fd = timer(CLOCK_REALTIME, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, ON_SET, now_ns(CLOCK_REALTIME) + 9 * SEC, 0), 0);
	CHECK_EQ(show(fd).flags, 3);
	CHECK_EQ(show(fd).clock, CLOCK_REALTIME);
	step_clock(SEC);
	CHECK_EQ(show(fd).ticks, 1);
	/* Those of a setting that said ECANCELED are not kept. */
	CHECK_EQ(set(fd, ON_SET, now_ns(CLOCK_REALTIME) + 9 * SEC, 0),
		 -ECANCELED);
	CHECK_EQ(show(fd).flags, 3);
	CHECK_EQ(show(fd).ticks, 0);
	CHECK_EQ(set(fd, TFD_TIMER_CANCEL_ON_SET, SEC, 0), 0);
	CHECK_EQ(show(fd).flags, 2);
}

static void name_and_inode(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0), other;
	char path[50], name[50] = { 0 };
	struct stat stat;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_ORDER(readlink(path, name, sizeof(name) - 1), >, 0L);
	CHECK(!strcmp(name, "anon_inode:[timerfd]"));
	REQUIRE(!fstat(fd, &stat));
	CHECK_EQ(stat.st_mode & 07777, 0600);
	CHECK_EQ(stat.st_size, 0);
	/* It can be opened by no name. */
	CHECK_EQ(value_of(open(path, O_RDWR)), -ENXIO);
	other = open(path, O_PATH);
	CHECK_ORDER(other, >=, 0);
	CHECK_EQ(value_of(timerfd_gettime(other, &(struct itimerspec){})),
		 -EBADF);
}

static int set_ticks(int fd, uint64_t ticks)
{
	return value_of(ioctl(fd, TFD_IOC_SET_TICKS, &ticks));
}

static void ticks_can_be_set(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);

	if (set_ticks(fd, 1) == -ENOTTY)
		skip("the kernel has no checkpoints");
	CHECK_EQ(take(fd), 1);
	CHECK_EQ(set_ticks(fd, 0), -EINVAL);
	CHECK_EQ(value_of(ioctl(fd, TFD_IOC_SET_TICKS, nowhere)), -EFAULT);
	CHECK_EQ(value_of(ioctl(fd, TFD_IOC_SET_TICKS, KERNEL_ADDRESS)),
		 -EFAULT);
	CHECK_EQ(take(fd), -EAGAIN);
	CHECK_EQ(set_ticks(fd, UINT64_MAX >> 1), 0);
	CHECK(is_ready(fd, 0));
	CHECK_EQ(show(fd).ticks, UINT64_MAX >> 1);
	CHECK_EQ(take(fd), INT64_MAX);
	/* Instead of what it had counted; and what is armed stays so. */
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	CHECK(is_ready(fd, 20000));
	CHECK_EQ(set_ticks(fd, 7), 0);
	CHECK_EQ(take(fd), 7);
	REQUIRE_EQ(set(fd, 0, 30 * MS, 0), 0);
	CHECK_EQ(set_ticks(fd, 7), 0);
	CHECK_EQ(take(fd), 7);
	CHECK_EQ(take_later(fd), 1);
}

static void set_ticks_wakes(void)
{
	struct reader reader;
	pthread_t thread = start_reader(&reader, timer(CLOCK_MONOTONIC, 0));

	sleep_ms(50);
	if (set_ticks(reader.fd, 3) == -ENOTTY)
		skip("the kernel has no checkpoints");
	join_thread(thread);
	CHECK_EQ(reader.result, 3);
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
	CASE(flags),
	CASE(lowest_number),
	CASE(last_descriptor),
	CASE(errno_is_left_alone),
	CASE(duplicates_share),
	CASE(children_share),
	CASE(made_in_a_child),
	CASE(made_after_vfork),
	CASE(passed_to_another),
	CASE(expires_in_transit),
	CASE(exec_keeps_it),
	CASE(exec_closes_it),
	CASE(made_by_the_system_call),
	CASE(asked_by_the_system_call),
	CASE(closed_while_it_is_read),
	CASE(closed_by_another_thread),
	CASE(fdinfo),
	CASE(fdinfo_of_an_expired_one),
	CASE(fdinfo_of_flags),
	CASE(name_and_inode),
	CASE(ticks_can_be_set),
	CASE(set_ticks_wakes),
	CASE(no_cancellation_points),
	CASE(in_signal_handlers),
};

TEST_MAIN_RESTORE(cases, restore_clock)

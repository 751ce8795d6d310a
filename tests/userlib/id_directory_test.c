// SPDX-License-Identifier: LGPL-2.1-or-later
/* Workers' numbers in a directory: whose they are, and their marks. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "id_suite.h"

#include "id_record.h"

#define SECOND 4096

static char directory[] = "/tmp/thid-test-XXXXXX";
static char path[sizeof(directory) + 16];

static int setup(void **state)
{
	(void)state;
	strcpy(strrchr(directory, '-'), "-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/thid-7", directory);
	return 0;
}

static int teardown(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static struct thid_lease open_seven(uint64_t expected_mark_ns)
{
	struct thid_lease lease;

	memset(&lease, 0x5A, sizeof(lease));
	assert_int_equal(thid_directory_open(&lease, directory, 7, 7), 0);
	assert_int_equal(lease.worker, 7);
	assert_int_equal(lease.mark_ns, expected_mark_ns);
	assert_null(lease.until);
	return lease;
}

static void expect_error(int error, uint64_t first, uint64_t last)
{
	struct thid_lease lease, poison;

	memset(&poison, 0x5A, sizeof(poison));
	lease = poison;
	assert_int_equal(thid_directory_open(&lease, directory, first, last),
			 error);
	assert_memory_equal(&lease, &poison, sizeof(poison));
}

/* As a process that is killed leaves it: without an end. */
static void mark_and_die(uint64_t marks)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct thid_lease lease;

		if (thid_directory_open(&lease, directory, 7, 7))
			_exit(1);
		for (uint64_t i = 1; i <= marks; i++)
			if (lease.extend(lease.arg, lease.mark_ns + i))
				_exit(2);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void marks_last(void **state)
{
	struct thid_lease lease = open_seven(0);

	(void)state;
	assert_int_equal(lease.extend(lease.arg, 100), 0);
	lease.end(lease.arg, 90);
	mark_and_die(3);
	lease = open_seven(93);
	lease.end(lease.arg, 93);
	mark_and_die(2);
	mark_and_die(1);
	lease = open_seven(96);
	lease.end(lease.arg, lease.mark_ns);
}

static void one_at_a_time(void **state)
{
	struct thid_lease lease = open_seven(0), other;
	int status;
	pid_t pid;

	(void)state;
	expect_error(-EBUSY, 7, 7);
	pid = fork();
	if (!pid) {
		int rc = thid_directory_open(&other, directory, 7, 7);

		_exit(rc != -EBUSY);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* The next one is free. */
	assert_int_equal(thid_directory_open(&other, directory, 7, 9), 0);
	assert_int_equal(other.worker, 8);
	expect_error(-EBUSY, 7, 8);
	lease.end(lease.arg, 0);
	lease = open_seven(0);
	lease.end(lease.arg, 0);
	other.end(other.arg, 0);
}

static void overwrite(off_t at, const void *bytes, size_t n)
{
	int fd = open(path, O_RDWR);

	assert_int_equal(pwrite(fd, bytes, n, at), n);
	close(fd);
}

/* The third mark is in the first record, the fourth in the second. */
static void a_damaged_record(void **state)
{
	struct thid_lease lease;

	(void)state;
	mark_and_die(4);
	overwrite(SECOND + 31, "x", 1);
	lease = open_seven(3);
	/* The damaged one is written over, not the sound one. */
	assert_int_equal(lease.extend(lease.arg, 50), 0);
	lease.end(lease.arg, 50);
	overwrite(10, "x", 1);
	lease = open_seven(50);
	lease.end(lease.arg, 50);
	overwrite(SECOND + 39, "x", 1);
	expect_error(-EBADMSG, 7, 7);
	/* Another number has nothing to do with it, but is not taken either. */
	expect_error(-EBADMSG, 7, 8);
}

static void the_first_record_torn(void **state)
{
	uint8_t bytes[THID__RECORD];
	const struct thid__record r = { 7, 1, 100 };
	struct thid_lease lease;
	int fd;

	(void)state;
	thid__record_encode(&r, bytes);
	for (size_t n = 0; n < THID__RECORD; n++) {
		fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
		close(fd);
		overwrite(0, bytes, n);
		lease = open_seven(0);
		lease.end(lease.arg, 0);
	}
	overwrite(0, bytes, THID__RECORD);
	lease = open_seven(100);
	lease.end(lease.arg, 100);
}

static void of_another_worker(void **state)
{
	uint8_t bytes[THID__RECORD];
	const struct thid__record r = { 8, 1, 100 };

	(void)state;
	thid__record_encode(&r, bytes);
	close(open(path, O_RDWR | O_CREAT, 0644));
	overwrite(0, bytes, sizeof(bytes));
	expect_error(-EBADMSG, 7, 7);
}

static void removed(void **state)
{
	struct thid_lease lease = open_seven(0), again;

	(void)state;
	assert_int_equal(lease.extend(lease.arg, 5), 0);
	assert_int_equal(unlink(path), 0);
	again = open_seven(0);
	assert_int_equal(lease.extend(lease.arg, 6), -ESTALE);
	lease.end(lease.arg, 5);
	again.end(again.arg, 0);
}

static void what_may_fail(void **state)
{
	struct thid_lease lease;

	(void)state;
	expect_error(-EINVAL, 8, 7);
	assert_int_equal(thid_directory_open(&lease, "/tmp/none/there", 1, 1),
			 -ENOENT);
	assert_int_equal(thid_directory_open(&lease, "/dev/null", 1, 1),
			 -ENOTDIR);
	assert_int_equal(symlink("/dev/zero", path), 0);
	expect_error(-ELOOP, 7, 7);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	expect_error(-EISDIR, 7, 7);
	assert_int_equal(rmdir(path), 0);
}

/* Each bit counts. */
static void records(void **state)
{
	const struct thid__record r = { 1, 2, 3 };
	struct thid__record got = { 0 };
	uint8_t bytes[THID__RECORD];

	(void)state;
	thid__record_encode(&r, bytes);
	assert_int_equal(thid__record_decode(&got, bytes, sizeof(bytes)),
			 THID__SOUND);
	assert_memory_equal(&got, &r, sizeof(r));
	for (size_t bit = 0; bit < 8 * sizeof(bytes); bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(
			thid__record_decode(&got, bytes, sizeof(bytes)),
			THID__DAMAGED);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t n = 1; n < sizeof(bytes); n++)
		assert_int_equal(thid__record_decode(&got, bytes, n),
				 THID__DAMAGED);
	assert_int_equal(thid__record_decode(&got, bytes, 0), THID__EMPTY);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(thid__record_decode(&got, bytes, sizeof(bytes)),
			 THID__EMPTY);
	assert_memory_equal(&got, &r, sizeof(r));
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(marks_last),	      FILE_TEST(one_at_a_time),
		FILE_TEST(a_damaged_record),  FILE_TEST(the_first_record_torn),
		FILE_TEST(of_another_worker), FILE_TEST(removed),
		FILE_TEST(what_may_fail),     TEST(records),
	};

	return RUN(tests);
}

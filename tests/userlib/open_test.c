// SPDX-License-Identifier: LGPL-2.1-or-later
/* timerheap_open(): what it asks for, and that it leaves nothing behind. */
#include "suite.h"

static void assert_nothing_left(void)
{
	assert_int_equal(fake.opened, fake.closed);
	assert_int_equal(fake.mapped, fake.unmapped);
}

static int try_open(const struct timerheap_opts *opts)
{
	struct timerheap *th = (void *)&fake;
	int rc = timerheap_open(&th, opts);

	if (rc) {
		assert_null(th);
		assert_nothing_left();
	} else {
		assert_non_null(th);
		timerheap_close(th);
		assert_nothing_left();
	}
	return rc;
}

static void defaults(void **state)
{
	struct timerheap *th;

	(void)state;
	fake.cpu = 3;
	assert_int_equal(timerheap_open(&th, NULL), 0);
	assert_string_equal(fake.path, "/dev/timerheap");
	assert_int_equal(fake.setup.cpu, TIMERHEAP_CPU_CURRENT);
	assert_int_equal(fake.setup.clockid, 1);
	assert_int_equal(fake.setup.ring_entries, 0);
	/* One more for the library. */
	assert_int_equal(fake.setup.nslots, 1025);
	assert_int_equal(timerheap_cpu(th), 3);
	assert_int_equal(timerheap_now(th), fake.now);
	assert_int_equal(timerheap_fd(th), 100);
	timerheap_close(th);
	assert_nothing_left();
	timerheap_close(NULL);
}

static void options_reach_the_kernel(void **state)
{
	struct timerheap_opts opts = TIMERHEAP_OPTS_INIT;

	(void)state;
	opts.nslots = 77;
	opts.ring_entries = 512;
	opts.cpu = 0;
	opts.clockid = 7;
	opts.path = "/elsewhere";
	assert_int_equal(try_open(&opts), 0);
	assert_string_equal(fake.path, "/elsewhere");
	assert_int_equal(fake.setup.nslots, 78);
	assert_int_equal(fake.setup.ring_entries, 512);
	assert_int_equal(fake.setup.cpu, 0);
	assert_int_equal(fake.setup.clockid, 7);
}

static void slots_within_limits(void **state)
{
	struct timerheap_opts opts = TIMERHEAP_OPTS_INIT;

	(void)state;
	fake.max_slots = 100;
	opts.nslots = 0;
	assert_int_equal(try_open(&opts), -EINVAL);
	opts.nslots = 101;
	assert_int_equal(try_open(&opts), -EINVAL);
	opts.nslots = UINT32_MAX;
	assert_int_equal(try_open(&opts), -EINVAL);
	assert_int_equal(fake.calls[0], 0);
	opts.nslots = 99;
	assert_int_equal(try_open(&opts), 0);
	assert_int_equal(fake.setup.nslots, 100);
	/* All that there are: none for the library. */
	opts.nslots = 100;
	assert_int_equal(try_open(&opts), 0);
	assert_int_equal(fake.setup.nslots, 100);
}

static void options_grow(void **state)
{
	struct {
		struct timerheap_opts opts;
		unsigned char more[16];
	} later = { .opts = TIMERHEAP_OPTS_INIT };

	(void)state;
	later.opts.size = sizeof(later.opts) - 1;
	assert_int_equal(try_open(&later.opts), -EINVAL);
	later.opts.size = 0;
	assert_int_equal(try_open(&later.opts), -EINVAL);
	later.opts.size = sizeof(later);
	assert_int_equal(try_open(&later.opts), 0);
	later.more[15] = 1;
	assert_int_equal(try_open(&later.opts), -E2BIG);
	later.opts.size--;
	assert_int_equal(try_open(&later.opts), 0);
}

static void each_step_fails(void **state)
{
	(void)state;
	fake.fail_open = -ENOENT;
	assert_int_equal(try_open(NULL), -ENOENT);
	fake.fail_open = -EACCES;
	assert_int_equal(try_open(NULL), -EACCES);
	fake.fail_open = 0;
	fake.fail[1] = -ENOTTY;
	assert_int_equal(try_open(NULL), -ENOTTY);
	fake.fail[1] = 0;
	fake.fail[0] = -EPERM;
	assert_int_equal(try_open(NULL), -EPERM);
	fake.fail[0] = 0;
	fake.fail_map = -ENOMEM;
	assert_int_equal(try_open(NULL), -ENOMEM);
	fake.fail_map = 0;
	assert_int_equal(try_open(NULL), 0);
	assert_int_equal(timerheap_open(NULL, NULL), -EINVAL);
}

static void versions_differ(void **state)
{
	(void)state;
	fake.abi_version = TIMERHEAP_ABI_VERSION + 1;
	assert_int_equal(try_open(NULL), -EPROTO);
	assert_int_equal(fake.calls[0], 0);
	fake.abi_version = TIMERHEAP_ABI_VERSION - 1;
	assert_int_equal(try_open(NULL), -EPROTO);
}

static void advice(void **state)
{
	static const struct {
		int error;
		const char *hint;
	} cases[] = {
		{ ENOENT, "modprobe timerheap" },
		{ ENXIO, "modprobe timerheap" },
		{ EACCES, "group timerheap" },
		{ EPROTO, "version" },
		{ EPERM, "CAP_SYS_NICE" },
		{ ENOMEM, "memory" },
		{ EINVAL, "max_slots" },
		{ ENOTTY, "path" },
		{ E2BIG, "libtimerheap" },
		{ EMFILE, "RLIMIT_NOFILE" },
		{ ENFILE, "file-max" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *text = timerheap_advice(-cases[i].error);

		if (!strstr(text, cases[i].hint))
			fail_msg("%d: %s", cases[i].error, text);
		assert_ptr_equal(text, timerheap_advice(cases[i].error));
	}
	for (int error = 0; error < 200; error++) {
		const char *text = timerheap_advice(-error);

		assert_non_null(text);
		assert_null(strchr(text, '\n'));
		assert_int_not_equal(text[0], 0);
	}
	assert_non_null(timerheap_advice(INT_MAX));
	assert_non_null(timerheap_advice(INT_MIN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults),
		TEST(options_reach_the_kernel),
		TEST(slots_within_limits),
		TEST(options_grow),
		TEST(each_step_fails),
		TEST(versions_differ),
		TEST(advice),
	};

	return RUN(tests);
}

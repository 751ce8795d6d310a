// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys from files, tags by them, and what becomes of packets without. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

#include "hb_monitor.h"

#define HEX_A "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"
#define HEX_B "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define LONG_TEXT 4097
#define MS 1000000ULL
#define NOBODY 65534

static char path[] = "/tmp/hb_keys_test.XXXXXX";

static void write_mode(const char *text, mode_t mode)
{
	FILE *file;

	assert_int_equal(chmod(path, 0600), 0);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void write_keys(const char *text)
{
	write_mode(text, 0600);
}

static struct thb_keys *open_keys(const char *text, uint64_t overlap)
{
	struct thb_keys *keys;

	write_keys(text);
	assert_int_equal(thb_keys_open(&keys, path, overlap), 0);
	assert_non_null(keys);
	return keys;
}

/* One by keys of that text, whose secret is no longer on the file. */
static struct thb__datagram sealed_by(const char *text)
{
	struct thb_keys *keys = open_keys(text, 0);
	struct thb__packet p = {
		.type = THB__BEAT,
		.node = 7,
		.incarnation = 3,
		.sequence = 9,
		.interval_us = 1000,
	};
	struct thb__datagram d = { .length = 0 };
	struct thb_auth auth;

	thb_keys_auth(keys, &auth);
	thb__mail_seal(&d, &auth, &p);
	assert_int_equal(d.length, THB__PACKET);
	thb_keys_close(keys);
	return d;
}

/* 0, or why it is refused; then nothing is touched. */
static int open_by(struct thb_keys *keys, const struct thb__datagram *d)
{
	struct thb__packet p, before;
	struct thb_auth auth;
	int rc;

	memset(&p, 0xA5, sizeof(p));
	before = p;
	thb_keys_auth(keys, &auth);
	rc = thb__mail_open(d, &auth, &p);
	if (rc)
		assert_memory_equal(&p, &before, sizeof(p));
	else
		assert_int_equal(p.sequence, 9);
	return rc;
}

/* By another implementation: hashlib.blake2b(b"abc", digest_size=16, key=A). */
static void known_answer(void **state)
{
	static const uint8_t right[THB__TAG] = {
		0x1a, 0x64, 0xbe, 0x47, 0xe4, 0x72, 0x9d, 0x95,
		0x1c, 0x30, 0x2e, 0xe5, 0x43, 0xf9, 0x7c, 0xf3,
	};
	struct thb_keys *keys = open_keys("255 " HEX_A, 0);
	const uint8_t *abc = (const uint8_t *)"abc";
	uint8_t tag[THB__TAG];
	struct thb_auth auth;

	(void)state;
	thb_keys_auth(keys, &auth);
	assert_int_equal(auth.sign(auth.arg, NULL, 0, NULL), 255);
	assert_int_equal(auth.sign(auth.arg, abc, 3, tag), 255);
	assert_memory_equal(tag, right, sizeof(tag));
	assert_int_equal(auth.verify(auth.arg, 255, abc, 3, tag), 0);
	assert_int_equal(auth.verify(auth.arg, 254, abc, 3, tag), -EACCES);
	assert_int_equal(auth.verify(auth.arg, 0, abc, 3, tag), -EACCES);
	assert_int_equal(auth.verify(auth.arg, 255, abc, 2, tag), -EACCES);
	thb_keys_close(keys);
}

/* One bit anywhere, in what is said or in the tag. */
static void forged(void **state)
{
	struct thb__datagram good = sealed_by("1 " HEX_A), d;
	struct thb_keys *keys = open_keys("1 " HEX_A, 0);

	(void)state;
	assert_int_equal(open_by(keys, &good), 0);
	for (unsigned int bit = 0; bit < 8 * THB__PACKET; bit++) {
		d = good;
		d.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_not_equal(open_by(keys, &d), 0);
		if (bit / 8 >= THB__BODY)
			assert_int_equal(open_by(keys, &d), -EACCES);
	}
	d = good;
	d.length--;
	assert_int_equal(open_by(keys, &d), -ENODATA);
	d.length = good.length + 1;
	assert_int_equal(open_by(keys, &d), -EMSGSIZE);
	d = sealed_by("1 " HEX_B);
	assert_int_equal(open_by(keys, &d), -EACCES);
	thb_keys_close(keys);
}

/* A packet that is right but for a tag, which it does not bear. */
static void bare(void **state)
{
	struct thb_keys *keys = open_keys("1 " HEX_A, 0);
	struct thb__datagram d = sealed_by("1 " HEX_A);

	(void)state;
	d.data[7] = 0;
	d.data[5] = THB__BODY;
	d.length = THB__BODY;
	assert_int_equal(open_by(keys, &d), -EACCES);
	thb_keys_close(keys);
}

/* As the manual has it: accept, sign, drop; and at each step all understand. */
static void rotation(void **state)
{
	struct thb__datagram old = sealed_by("1 " HEX_A);
	struct thb__datagram new = sealed_by("2 " HEX_B "\n1 " HEX_A);
	struct thb_keys *keys = open_keys("1 " HEX_A, THB_LONGEST_NS);

	(void)state;
	assert_int_equal(new.data[7], 2);
	assert_int_equal(open_by(keys, &new), -EACCES);
	write_keys("1 " HEX_A "\n2 " HEX_B);
	assert_int_equal(thb_keys_load(keys, path), 0);
	assert_int_equal(open_by(keys, &new), 0);
	assert_int_equal(open_by(keys, &old), 0);
	write_keys("2 " HEX_B "\n");
	assert_int_equal(thb_keys_load(keys, path), 0);
	assert_int_equal(open_by(keys, &old), 0);
	/* That it is read again makes it last no shorter. */
	assert_int_equal(thb_keys_load(keys, path), 0);
	assert_int_equal(open_by(keys, &old), 0);
	assert_int_equal(open_by(keys, &new), 0);
	thb_keys_close(keys);
}

static void overlap(void **state)
{
	struct thb__datagram old = sealed_by("1 " HEX_A);
	struct thb_keys *keys = open_keys("1 " HEX_A, 2 * MS);

	(void)state;
	write_keys("2 " HEX_B);
	assert_int_equal(thb_keys_load(keys, path), 0);
	fake.now += 2 * MS - 1;
	assert_int_equal(open_by(keys, &old), 0);
	/* That it is read again makes it last no longer. */
	assert_int_equal(thb_keys_load(keys, path), 0);
	fake.now++;
	assert_int_equal(open_by(keys, &old), -EACCES);
	/* Back in the file it is in force again. */
	write_keys("2 " HEX_B "\n1 " HEX_A);
	assert_int_equal(thb_keys_load(keys, path), 0);
	fake.now += 100 * MS;
	assert_int_equal(open_by(keys, &old), 0);
	thb_keys_close(keys);
}

/* 16 that are in force and 16 that were; more are forgotten, the oldest first. */
static void many_retired(void **state)
{
	struct thb__datagram first = sealed_by("1 " HEX_A);
	struct thb__datagram last = sealed_by("250 " HEX_A);
	struct thb_keys *keys = open_keys("1 " HEX_A, THB_LONGEST_NS);
	char text[200];

	(void)state;
	for (int i = 2; i <= 17; i++) {
		sprintf(text, "%d %s", i, HEX_B);
		write_keys(text);
		assert_int_equal(thb_keys_load(keys, path), 0);
	}
	assert_int_equal(open_by(keys, &first), 0);
	write_keys("250 " HEX_A);
	assert_int_equal(thb_keys_load(keys, path), 0);
	assert_int_equal(open_by(keys, &first), -EACCES);
	assert_int_equal(open_by(keys, &last), 0);
	thb_keys_close(keys);
}

/* A number that is given to another secret: both are good for a while. */
static void same_number(void **state)
{
	struct thb__datagram a = sealed_by("1 " HEX_A);
	struct thb__datagram b = sealed_by("1 " HEX_B);
	struct thb_keys *keys = open_keys("1 " HEX_A, THB_LONGEST_NS);

	(void)state;
	write_keys("1 " HEX_B);
	assert_int_equal(thb_keys_load(keys, path), 0);
	assert_int_equal(open_by(keys, &a), 0);
	assert_int_equal(open_by(keys, &b), 0);
	thb_keys_close(keys);
}

static void try_mode(mode_t mode, int rc)
{
	struct thb_keys *keys = tag(1);

	write_mode("1 " HEX_A, mode);
	assert_int_equal(thb_keys_open(&keys, path, 0), rc);
	assert_true(!keys == (rc != 0));
	thb_keys_close(keys);
}

static void modes(void **state)
{
	static const mode_t bad[] = { 0604, 0602, 0601, 0660, 0620, 0644 };
	struct thb_keys *keys = tag(1);

	(void)state;
	try_mode(0600, 0);
	try_mode(0400, 0);
	for (size_t i = 0; i < COUNT(bad); i++)
		try_mode(bad[i], -EPERM);
	assert_int_equal(thb_keys_open(&keys, "/tmp/hb_keys_test/none", 0),
			 -ENOENT);
	assert_int_equal(thb_keys_open(&keys, "/dev/null", 0), -EPERM);
	assert_int_equal(thb_keys_open(&keys, "/tmp", 0), -EPERM);
	assert_int_equal(thb_keys_open(&keys, NULL, 0), -EINVAL);
	assert_int_equal(thb_keys_open(NULL, path, 0), -EINVAL);
	write_keys("1 " HEX_A);
	assert_int_equal(thb_keys_open(&keys, path, THB_LONGEST_NS + 1),
			 -EINVAL);
	assert_null(keys);
}

/* A pipe that nobody writes to would hold up who opens it. */
static void a_pipe(void **state)
{
	struct thb_keys *keys = tag(1);
	char fifo[sizeof(path) + 2];

	(void)state;
	sprintf(fifo, "%s.p", path);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(thb_keys_open(&keys, fifo, 0), -EPERM);
	assert_null(keys);
	unlink(fifo);
}

static void try_owner(uid_t owner, mode_t mode, int rc)
{
	assert_int_equal(chown(path, owner, NOBODY), 0);
	assert_int_equal(chmod(path, mode), 0);
	assert_int_equal(setegid(NOBODY), 0);
	assert_int_equal(seteuid(NOBODY), 0);
	assert_int_equal(thb_keys_open(&(struct thb_keys *){ NULL }, path, 0),
			 rc);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
}

/* Root may give a group its keys; others' files are not to be trusted. */
static void owners(void **state)
{
	(void)state;
	if (geteuid()) {
		/* This user's own, at least. */
		try_mode(0640, -EPERM);
		return;
	}
	try_mode(0640, 0);
	try_owner(NOBODY, 0640, -EPERM);
	try_owner(1, 0640, -EPERM);
	try_owner(0, 0600, -EACCES);
	assert_int_equal(chown(path, 1, 0), 0);
	assert_int_equal(thb_keys_open(&(struct thb_keys *){ NULL }, path, 0),
			 -EPERM);
	assert_int_equal(chown(path, 0, 0), 0);
}

/* A file that is wrong changes nothing of what is in force. */
static void mistakes(void **state)
{
	static const struct {
		const char *text;
		int rc;
	} bad[] = {
		{ "", -ENOKEY },
		{ "# 1 " HEX_A "\n\n", -ENOKEY },
		{ "0 " HEX_A, -EINVAL },
		{ "256 " HEX_A, -EINVAL },
		{ "-1 " HEX_A, -EINVAL },
		{ "1" HEX_A, -EINVAL },
		{ "1 " HEX_A "0", -EINVAL },
		{ "1 " HEX_A " 0", -EINVAL },
		{ "1 0" HEX_A, -EINVAL },
		{ "1", -EINVAL },
		{ "1 g00102030405060708090a0b0c0d0e0f"
		  "101112131415161718191a1b1c1d1e1f",
		  -EINVAL },
		{ "1 " HEX_A "\n1 " HEX_B, -EINVAL },
		{ "2 " HEX_A "\nhello", -EINVAL },
	};
	struct thb__datagram d = sealed_by("1 " HEX_A);
	struct thb_keys *keys = open_keys(" 1\t" HEX_A " \r\n# a\n\n", 0);

	(void)state;
	for (unsigned int i = 0; i < COUNT(bad); i++) {
		write_keys(bad[i].text);
		assert_int_equal(thb_keys_load(keys, path), bad[i].rc);
		assert_int_equal(open_by(keys, &d), 0);
	}
	thb_keys_close(keys);
}

static void too_much(void **state)
{
	static char text[2 * LONG_TEXT];
	struct thb_keys *keys;

	(void)state;
	for (int i = 1; i <= 16; i++)
		sprintf(text + strlen(text), "%d %s\n", i, HEX_A);
	keys = open_keys(text, 0);
	thb_keys_close(keys);
	strcat(text, "17 " HEX_A "\n");
	write_keys(text);
	assert_int_equal(thb_keys_open(&keys, path, 0), -E2BIG);
	memset(text, '#', LONG_TEXT);
	text[LONG_TEXT] = '\0';
	write_keys(text);
	assert_int_equal(thb_keys_open(&keys, path, 0), -EFBIG);
	text[LONG_TEXT - 1] = '\0';
	write_keys(text);
	assert_int_equal(thb_keys_open(&keys, path, 0), -ENOKEY);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(known_answer), TEST(forged),   TEST(bare),
		TEST(rotation),	    TEST(overlap),  TEST(many_retired),
		TEST(same_number),  TEST(modes),    TEST(a_pipe),
		TEST(owners),	    TEST(mistakes), TEST(too_much),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of keys: each is refused for the reason that the manual has, or its
 * keys are in force, those of the file before it as long as they overlap, and
 * no others.
 */
#include "fuzz.h"

#include <errno.h>
#include <regex.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <timerheap/heartbeat.h>

#define MOST_KEYS 16
#define MOST_TEXT 4096
#define MOST_NUMBER 255
#define LINE "^[ \t\r]*([1-9][0-9]*)[ \t]+([0-9A-Fa-f]{64})[ \t\r]*$"

struct model_key {
	unsigned int number;
	uint8_t secret[32];
};

struct model {
	unsigned int count;
	struct model_key keys[MOST_KEYS];
};

static const char *const words[32] = {
	"000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F",
	"ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
	"0011223344556677",
	"1 ",
	"2\t",
	"255 ",
	"256 ",
	"0 ",
	"#",
	"# key\n",
	"\r\n",
	"\n",
	" ",
	"\t",
	"3 000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\n",
	"4 ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
	"3 ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
};

static int file = -1;
static char path[64];
static regex_t line_regex;

static void set_up(void)
{
	if (file >= 0)
		return;
	CHECK(sodium_init() >= 0);
	CHECK(!regcomp(&line_regex, LINE, REG_EXTENDED));
	file = memfd_create("keys", MFD_CLOEXEC);
	CHECK(file >= 0 && !fchmod(file, 0600));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
}

/* Bytes below 18 are words, from 18 on so many keys; others are themselves. */
static char *make_text(struct input *in, size_t *length, size_t bytes)
{
	char *text = calloc(1, bytes * 1200 + 1), *end = text;
	unsigned int number = 100, i;

	for (; bytes && in->left; bytes--) {
		uint8_t byte = (uint8_t)input_take(in, 1);

		if (byte < 32 && words[byte])
			end = stpcpy(end, words[byte]);
		else if (byte < 32)
			for (i = 0; i < byte - 17u; i++)
				end += sprintf(end, "%u %s\n", number++,
					       words[0]);
		else
			*end++ = byte == 127 ? '\0' : (char)byte;
	}
	*length = (size_t)(end - text);
	return text;
}

static uint8_t nibble(char digit)
{
	return (uint8_t)(digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10);
}

/* 0, or why not. */
static int model_line(struct model *m, const char *line)
{
	struct model_key key;
	regmatch_t part[3];
	unsigned int i;

	line += strspn(line, " \t\r");
	if (!*line || *line == '#')
		return 0;
	if (regexec(&line_regex, line, 3, part, 0) ||
	    part[1].rm_eo - part[1].rm_so > 3)
		return -EINVAL;
	key.number = (unsigned int)atoi(line + part[1].rm_so);
	for (i = 0; i < sizeof(key.secret); i++) {
		const char *digits = line + part[2].rm_so + 2 * i;

		key.secret[i] =
			(uint8_t)(nibble(digits[0]) << 4 | nibble(digits[1]));
	}
	for (i = 0; i < m->count; i++)
		if (m->keys[i].number == key.number)
			return -EINVAL;
	if (key.number > MOST_NUMBER)
		return -EINVAL;
	if (m->count == MOST_KEYS)
		return -E2BIG;
	m->keys[m->count++] = key;
	return 0;
}

static int model_text(struct model *m, const char *text, size_t length)
{
	char *copy, *next;
	int rc = 0;

	m->count = 0;
	if (length > MOST_TEXT)
		return -EFBIG;
	if (memchr(text, 0, length))
		return -EINVAL;
	copy = strndup(text, length);
	for (char *line = copy; line && !rc; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		rc = model_line(m, line);
	}
	free(copy);
	return rc || m->count ? rc : -ENOKEY;
}

static void put(const char *text, size_t length)
{
	CHECK(!ftruncate(file, 0));
	CHECK(pwrite(file, text, length, 0) == (ssize_t)length);
}

static bool has(const struct model *m, const struct model_key *key)
{
	unsigned int i;

	for (i = 0; i < m->count; i++)
		if (m->keys[i].number == key->number &&
		    !memcmp(m->keys[i].secret, key->secret, 32))
			return true;
	return false;
}

static void verify_key(struct thb_keys *keys, const struct model_key *key,
		       bool good)
{
	static const uint8_t message[80] = "a message";
	struct thb_auth auth;
	uint8_t tag[16];

	thb_keys_auth(keys, &auth);
	crypto_generichash(tag, 16, message, 80, key->secret, 32);
	CHECK(!auth.verify(auth.arg, key->number, message, 80, tag) == good);
	tag[15] ^= 1;
	CHECK(auth.verify(auth.arg, key->number, message, 80, tag));
}

static void verify_first(struct thb_keys *keys, const struct model *m)
{
	static const uint8_t message[80] = "another";
	uint8_t tag[16], want[16];
	struct thb_auth auth;

	thb_keys_auth(keys, &auth);
	CHECK(auth.sign(auth.arg, message, 80, tag) == (int)m->keys[0].number);
	crypto_generichash(want, 16, message, 80, m->keys[0].secret, 32);
	CHECK(!memcmp(tag, want, 16));
}

static void verify_all(struct thb_keys *keys, const struct model *now,
		       const struct model *before, bool overlap)
{
	unsigned int i;

	verify_first(keys, now);
	for (i = 0; i < now->count; i++)
		verify_key(keys, &now->keys[i], true);
	for (i = 0; i < before->count; i++)
		verify_key(keys, &before->keys[i],
			   overlap || has(now, &before->keys[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t mode = (uint8_t)input_take(&in, 1);
	struct model first, second, none = { 0 };
	struct thb_keys *keys = (void *)1;
	size_t length;
	char *text;
	int rc;

	set_up();
	text = make_text(&in, &length, mode & 1 ? in.left / 2 : in.left);
	put(text, length);
	rc = model_text(&first, text, length);
	free(text);
	CHECK(thb_keys_open(&keys, path, mode & 2 ? THB_LONGEST_NS : 0) == rc);
	CHECK(!keys == !!rc);
	if (rc)
		return 0;
	verify_all(keys, &first, &none, false);
	text = make_text(&in, &length, in.left);
	put(text, length);
	rc = model_text(&second, text, length);
	free(text);
	CHECK(thb_keys_load(keys, path) == rc);
	if (rc)
		verify_all(keys, &first, &none, false);
	else
		verify_all(keys, &second, &first, mode & 2);
	thb_keys_close(keys);
	return 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys from a file, and tags by them. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <timerheap/heartbeat.h>

#include "hb_packet.h"
#include "internal.h"

#define KEY_BYTES 32
#define HEX (2 * KEY_BYTES)
/* Those in the file, and those that were in it until a moment ago. */
#define KEYS 16
#define SLOTS (2 * KEYS)
#define MOST_TEXT 4096

_Static_assert(THB__TAG >= crypto_generichash_BYTES_MIN, "a tag of its bytes");

struct key {
	unsigned int number; /* 0: none */
	uint8_t secret[KEY_BYTES];
	uint64_t until_ns; /* 0: it is in force */
};

/* The first one signs. */
struct thb_keys {
	struct key keys[SLOTS];
	uint64_t overlap_ns;
};

/* What may yet turn out to be no set of keys. */
struct draft {
	struct key keys[SLOTS];
	char text[MOST_TEXT + 1];
};

/* Also while the machine is suspended. */
static uint64_t now_ns(void)
{
	return timerheap__sys_now(CLOCK_BOOTTIME);
}

/*
 * Whoever can write it chooses the key, so that is as bad as reading it.  A
 * group may read what root gives it; one's own file is for oneself.
 */
static bool is_private(const struct stat *st)
{
	mode_t others = st->st_uid ? S_IRWXG | S_IRWXO : S_IWGRP | S_IRWXO;

	return S_ISREG(st->st_mode) && !(st->st_mode & others) &&
		(st->st_uid == geteuid() || st->st_uid == 0);
}

static int read_all(int fd, char *text)
{
	size_t got = 0;
	ssize_t n;

	while (got <= MOST_TEXT) {
		n = read(fd, text + got, MOST_TEXT + 1 - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		got += (size_t)n;
	}
	if (got > MOST_TEXT)
		return -EFBIG;
	text[got] = '\0';
	return strlen(text) == got ? 0 : -EINVAL;
}

/* What is none of ours to open neither blocks nor becomes our terminal. */
static int read_file(const char *path, char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), rc;
	struct stat st;

	if (fd < 0)
		return -errno;
	rc = fstat(fd, &st) ? -errno : 0;
	if (!rc)
		rc = is_private(&st) ? read_all(fd, text) : -EPERM;
	close(fd);
	return rc;
}

/* "NUMBER HEX", and nothing else. */
static bool parse_key(struct key *key, const char *line)
{
	char *end;
	unsigned long number;
	size_t length;

	if (*line < '1' || *line > '9')
		return false;
	number = strtoul(line, &end, 10);
	if (number > UINT8_MAX || (*end != ' ' && *end != '\t'))
		return false;
	end += strspn(end, " \t");
	length = strcspn(end, " \t\r");
	if (length != HEX || end[length + strspn(end + length, " \t\r")])
		return false;
	key->number = (unsigned int)number;
	return !sodium_hex2bin(key->secret, KEY_BYTES, end, HEX, NULL, &length,
			       NULL) &&
		length == KEY_BYTES;
}

/* Whether the last of them has the number of one before. */
static bool is_taken(const struct key *keys, unsigned int last)
{
	for (unsigned int i = 0; i < last; i++)
		if (keys[i].number == keys[last].number)
			return true;
	return false;
}

/* There is room for one more than there may be. */
static int parse_keys(struct key *keys, char *text)
{
	unsigned int count = 0;

	for (char *line = text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line += strspn(line, " \t\r");
		if (!*line || *line == '#')
			continue;
		if (!parse_key(&keys[count], line) || is_taken(keys, count))
			return -EINVAL;
		if (count++ == KEYS)
			return -E2BIG;
	}
	return count ? 0 : -ENOKEY;
}

static bool is_same(const struct key *a, const struct key *b)
{
	return a->number == b->number &&
		!sodium_memcmp(a->secret, b->secret, KEY_BYTES);
}

static bool is_among(const struct key *keys, const struct key *key)
{
	for (unsigned int i = 0; i < KEYS; i++)
		if (is_same(&keys[i], key))
			return true;
	return false;
}

/* What is no longer in the file stays good for as long as messages travel. */
static void retire(struct key *fresh, const struct thb_keys *old, uint64_t now)
{
	unsigned int to = KEYS;

	for (unsigned int i = 0; i < SLOTS && to < SLOTS; i++) {
		struct key *key = &fresh[to];

		*key = old->keys[i];
		if (!key->until_ns)
			key->until_ns = now + old->overlap_ns;
		if (key->number && key->until_ns > now && !is_among(fresh, key))
			to++;
		else
			sodium_memzero(key, sizeof(*key));
	}
}

int thb_keys_load(struct thb_keys *keys, const char *path)
{
	struct draft *d = sodium_malloc(sizeof(*d));
	int rc;

	if (!d)
		return -ENOMEM;
	memset(d, 0, sizeof(*d));
	rc = read_file(path, d->text);
	if (!rc)
		rc = parse_keys(d->keys, d->text);
	if (!rc) {
		retire(d->keys, keys, now_ns());
		memcpy(keys->keys, d->keys, sizeof(keys->keys));
	}
	/* Wipes it, too. */
	sodium_free(d);
	return rc;
}

int thb_keys_open(struct thb_keys **keys, const char *path, uint64_t overlap_ns)
{
	struct thb_keys *k;
	int rc;

	if (!keys)
		return -EINVAL;
	*keys = NULL;
	if (!path || overlap_ns > THB_LONGEST_NS)
		return -EINVAL;
	if (sodium_init() < 0)
		return -ENOSYS;
	k = sodium_malloc(sizeof(*k));
	if (!k)
		return -ENOMEM;
	memset(k, 0, sizeof(*k));
	k->overlap_ns = overlap_ns;
	rc = thb_keys_load(k, path);
	if (rc)
		sodium_free(k);
	else
		*keys = k;
	return rc;
}

void thb_keys_close(struct thb_keys *keys)
{
	sodium_free(keys);
}

static void make_tag(const struct key *key, const uint8_t *data, size_t length,
		     uint8_t *tag)
{
	crypto_generichash(tag, THB__TAG, data, length, key->secret, KEY_BYTES);
}

static int sign(void *arg, const uint8_t *data, size_t length, uint8_t *tag)
{
	const struct thb_keys *keys = arg;

	if (data)
		make_tag(&keys->keys[0], data, length, tag);
	return (int)keys->keys[0].number;
}

/* Who comes too late for it leaves nothing of it. */
static bool is_good(struct key *key, unsigned int number)
{
	if (key->number != number)
		return false;
	if (!key->until_ns || now_ns() < key->until_ns)
		return true;
	sodium_memzero(key, sizeof(*key));
	return false;
}

/* A number that was given to another secret may be of either. */
static int verify(void *arg, unsigned int number, const uint8_t *data,
		  size_t length, const uint8_t *tag)
{
	struct thb_keys *keys = arg;
	uint8_t right[THB__TAG];
	int rc = -EACCES;

	for (unsigned int i = 0; i < SLOTS && number; i++) {
		if (!is_good(&keys->keys[i], number))
			continue;
		make_tag(&keys->keys[i], data, length, right);
		if (!sodium_memcmp(right, tag, THB__TAG))
			rc = 0;
	}
	sodium_memzero(right, sizeof(right));
	return rc;
}

void thb_keys_auth(struct thb_keys *keys, struct thb_auth *auth)
{
	*auth = (struct thb_auth){
		.arg = keys,
		.sign = sign,
		.verify = verify,
	};
}

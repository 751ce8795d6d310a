// SPDX-License-Identifier: LGPL-2.1-or-later
/* Recordings: what is written is read, and what is damaged is refused. */
#include "tool_suite.h"

#include <errno.h>
#include <string.h>

#include "timerheap_recording.h"

#define ROOM 1024

/* A file in memory. */
struct file {
	char bytes[ROOM];
	size_t size;
};

static const struct recording_entry one = {
	.at_ns = 1,
	.late_ns = 2,
	.queue = 3,
	.pid = 4,
	.slot = 5,
	.overruns = 6,
	.flags = 7,
	.cpu = 8,
	.clock = 9,
};

static void write_file(struct file *file, unsigned int entries)
{
	FILE *out = fmemopen(file->bytes, ROOM, "w");
	struct recording_head head;

	recording_head_init(&head);
	strcpy(head.module, "0.1");
	assert_int_equal(recording_put_head(out, &head), 0);
	for (unsigned int i = 0; i < entries; i++)
		assert_int_equal(recording_put(out, &one), 0);
	file->size = (size_t)ftell(out);
	fclose(out);
}

static struct recording_head *head_of(struct file *file)
{
	return (void *)file->bytes;
}

/* What the last call returned, after so many entries. */
static int read_file(struct file *file, struct recording *r,
		     unsigned int *entries, const char **why)
{
	FILE *in = fmemopen(file->bytes, file->size ? file->size : 1, "r");
	struct recording_entry entry;
	int rc;

	*entries = 0;
	*why = "";
	if (!file->size)
		fgetc(in);
	rc = recording_begin(r, in, why);
	if (!rc)
		while ((rc = recording_next(r, &entry, why)) == 1) {
			assert_memory_equal(&entry, &one, sizeof(one));
			++*entries;
		}
	fclose(in);
	return rc;
}

static void expect(struct file *file, int want, unsigned int want_entries,
		   const char *want_why)
{
	unsigned int entries;
	struct recording r;
	const char *why;

	assert_int_equal(read_file(file, &r, &entries, &why), want);
	assert_int_equal(entries, want_entries);
	assert_non_null(strstr(why, want_why));
}

static void as_written(void **state)
{
	unsigned int entries;
	struct file file;
	struct recording r;
	const char *why;

	(void)state;
	write_file(&file, 3);
	assert_int_equal(file.size, 200 + 3 * 40);
	assert_int_equal(read_file(&file, &r, &entries, &why), 0);
	assert_int_equal(entries, 3);
	assert_false(r.cut_short);
	assert_string_equal(r.head.module, "0.1");
	assert_string_not_equal(r.head.host, "");
	assert_string_not_equal(r.head.kernel, "");
	assert_true(r.head.begin_ns > 0);
	assert_true(r.head.wall_offset_ns > 0);
}

/* As when the one that wrote it was killed. */
static void cut_short(void **state)
{
	unsigned int entries;
	struct file file;
	struct recording r;
	const char *why;

	(void)state;
	write_file(&file, 3);
	for (size_t size = 200; size < 320; size++) {
		file.size = size;
		assert_int_equal(read_file(&file, &r, &entries, &why), 0);
		assert_int_equal(entries, (size - 200) / 40);
		assert_int_equal(r.cut_short, (size - 200) % 40 != 0);
	}
	for (size_t size = 0; size < 200; size++) {
		file.size = size;
		expect(&file, -EBADMSG, 0, "no recording");
	}
}

/* By a later writer, with more in its head and in its entries. */
static void longer(void **state)
{
	struct file file, longer = { .size = 200 + 8 };

	(void)state;
	write_file(&file, 3);
	memcpy(longer.bytes, file.bytes, 200);
	memset(longer.bytes + 200, 0xEE, ROOM - 200);
	for (unsigned int i = 0; i < 3; i++) {
		memcpy(longer.bytes + longer.size, &one, 40);
		longer.size += 50;
	}
	head_of(&longer)->head_size = 208;
	head_of(&longer)->entry_size = 50;
	expect(&longer, 0, 3, "");
	head_of(&longer)->head_size = 60000;
	expect(&longer, -EBADMSG, 0, "cut short");
}

static void refused(void **state)
{
	struct file file;

	(void)state;
#define DAMAGED(statement, entries, why)                 \
	do {                                             \
		write_file(&file, 1);                    \
		statement;                               \
		expect(&file, -EBADMSG, (entries), why); \
	} while (0)
	DAMAGED(head_of(&file)->magic ^= 1, 0, "no recording");
	DAMAGED(head_of(&file)->magic = 0x74696D6572686561, 0, "byte order");
	DAMAGED(head_of(&file)->version = 2, 0, "later");
	DAMAGED(head_of(&file)->head_size = 199, 0, "damaged");
	DAMAGED(head_of(&file)->head_size = 65537, 0, "damaged");
	DAMAGED(head_of(&file)->entry_size = 39, 0, "damaged");
	DAMAGED(head_of(&file)->entry_size = 0, 0, "damaged");
	DAMAGED(head_of(&file)->entry_size = 65537, 0, "damaged");
	DAMAGED(file.bytes[200 + 38] = RECORDING_KINDS, 0, "entry");
}

/* They are printed, in HTML too. */
static void texts(void **state)
{
	struct recording_head *head;
	unsigned int entries;
	struct recording r;
	struct file file;
	const char *why;

	(void)state;
	write_file(&file, 0);
	head = head_of(&file);
	memset(head->host, 'h', sizeof(head->host));
	strcpy(head->kernel, "\x1B[31m\xFF~ \x7F");
	assert_int_equal(read_file(&file, &r, &entries, &why), 0);
	assert_int_equal(strlen(r.head.host), 63);
	assert_string_equal(r.head.kernel, "?[31m?~ ?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(as_written), TEST(cut_short), TEST(longer),
		TEST(refused),	  TEST(texts),
	};

	return RUN(tests);
}

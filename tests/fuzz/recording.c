// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recordings, as anybody may hand them in: entries are read as they are in the
 * file, as far as it goes, and each expiry is in one cell of the heat map.
 */
#include "fuzz.h"

#include <errno.h>

#include "timerheap_heat.h"

#define MOST 65536

struct file {
	uint8_t bytes[MOST];
	size_t size;
};

static void append(struct file *f, const void *bytes, size_t size)
{
	memcpy(f->bytes + f->size, bytes, size);
	f->size += size;
}

static struct recording_head take_head(struct input *in)
{
	struct recording_head head = {
		.magic = RECORDING_MAGIC,
		.version = RECORDING_VERSION,
		.head_size = sizeof(head) + (uint32_t)input_take(in, 1),
		.entry_size = sizeof(struct recording_entry) +
			(uint32_t)input_below(in, 16),
		.wall_offset_ns = (int64_t)input_number(in, 0),
	};

	for (unsigned int i = 0; i < 8; i++)
		head.host[i] = (char)input_take(in, 1);
	return head;
}

static struct recording_entry take_entry(struct input *in)
{
	struct recording_entry entry = {
		.at_ns = input_number(in, 1ULL << 32),
		.late_ns = input_number(in, 10000),
		.cpu = (uint16_t)input_number(in, 1),
		.kind = (uint8_t)input_below(in, 8),
	};

	/* Mostly good ones. */
	if (entry.kind >= RECORDING_KINDS + 1)
		entry.kind = RECORDING_EXPIRY;
	return entry;
}

/* Returns how many good ones there are before the end, or a bad one. */
static unsigned int make_file(struct input *in, struct file *f)
{
	static const uint8_t more[256] = { 0xEE };
	uint32_t cut = input_below(in, 64);
	struct recording_head head = take_head(in);
	size_t entries;
	unsigned int good = 0;
	bool is_good = true;

	append(f, &head, sizeof(head));
	append(f, more, head.head_size - sizeof(head));
	entries = f->size;
	while (in->left && f->size < MOST - 512) {
		struct recording_entry entry = take_entry(in);

		append(f, &entry, sizeof(entry));
		append(f, more, head.entry_size - sizeof(entry));
		is_good &= entry.kind < RECORDING_KINDS;
		good += is_good;
	}
	if (f->size - entries <= cut)
		return good;
	f->size -= cut;
	entries = (f->size - entries) / head.entry_size;
	return good < entries ? good : (unsigned int)entries;
}

static FILE *open_file(struct file *f)
{
	FILE *in = fmemopen(f->bytes, f->size ? f->size : 1, "r");

	CHECK(in);
	return in;
}

static void verify_map(struct heat_map *map, const struct heat_entries *e)
{
	uint64_t sum = 0, expiries = 0;

	for (unsigned int i = 0; i < map->count; i++)
		for (unsigned int k = 0; k < HEAT_COLUMNS * map->rows.count;
		     k++)
			sum += map->panels[i].cells[k];
	for (size_t i = 0; i < e->count; i++)
		expiries += e->all[i].kind == RECORDING_EXPIRY;
	CHECK(sum == expiries && map->expiries == expiries);
}

static void draw(const struct recording_head *head, struct heat_entries *e,
		 bool log)
{
	struct heat_map map = { .head = *head };
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	CHECK(heat_count(&map, e, log) == (e->count ? 0 : -ENODATA));
	verify_map(&map, e);
	out = open_memstream(&text, &size);
	CHECK(!e->count || !heat_html(&map, out));
	fclose(out);
	for (size_t i = 0; i < size; i++)
		CHECK(text[i] == '\n' || text[i] == '\t' ||
		      (text[i] >= ' ' && text[i] <= '~'));
	free(text);
	heat_free(&map);
}

/* Those that it returns; as many as are to be expected, if that is known. */
static void verify(struct file *f, bool is_known, unsigned int want)
{
	struct heat_entries entries = { .cpu = -1 };
	struct recording_entry entry;
	struct recording r;
	const char *why = NULL;
	FILE *in = open_file(f);
	int rc = recording_begin(&r, in, &why);

	CHECK(!is_known || !rc);
	while (!rc && (rc = recording_next(&r, &entry, &why)) == 1) {
		CHECK(entry.kind < RECORDING_KINDS);
		CHECK(!memcmp(&entry,
			      f->bytes + r.head.head_size +
				      entries.count * r.head.entry_size,
			      sizeof(entry)));
		heat_gather(&entries, &entry);
		rc = 0;
	}
	fclose(in);
	CHECK(rc == 0 || (rc == -EBADMSG && why && *why));
	CHECK(!is_known || entries.count == want);
	draw(&r.head, &entries, false);
	draw(&r.head, &entries, true);
	free(entries.all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct file f = { .size = 0 };
	unsigned int want;

	if (!size)
		return 0;
	if (input_take(&in, 1) % 4) {
		want = make_file(&in, &f);
		verify(&f, true, want);
		return 0;
	}
	if (in.left > MOST)
		return 0;
	append(&f, in.data, in.left);
	verify(&f, false, 0);
	return 0;
}

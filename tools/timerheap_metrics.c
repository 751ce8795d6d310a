// SPDX-License-Identifier: LGPL-2.1-or-later
/* How figures are written for Prometheus. */
#include <inttypes.h>
#include <string.h>

#include "timerheap_export.h"

#define NSEC_PER_SEC 1000000000U

/*
 * The bounds of the histogram: powers of two, 1 us to 1.1 s.  Each is a bound of
 * the module's buckets, so that no count is a guess; these hold whole
 * nanoseconds below the bound, and le is the greatest of them.
 */
#define FIRST_POWER 10
#define LAST_POWER 30

void metric_seconds(FILE *out, int64_t ns)
{
	uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;

	fprintf(out, "%s%" PRIu64 ".%09" PRIu64, ns < 0 ? "-" : "",
		size / NSEC_PER_SEC, size % NSEC_PER_SEC);
}

static void put_ns(FILE *out, uint64_t ns)
{
	fprintf(out, "%" PRIu64 ".%09" PRIu64, ns / NSEC_PER_SEC,
		ns % NSEC_PER_SEC);
}

void metric_head(FILE *out, const char *name, const char *type,
		 const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static const char *type_of(const struct metric *m)
{
	size_t length = strlen(m->name);

	if (m->summary)
		return "summary";
	return length > 6 && !strcmp(m->name + length - 6, "_total") ? "counter"
								     : "gauge";
}

static void put_row(FILE *out, const char *prefix, const struct metric *m,
		    const struct metric_row *row)
{
	uint64_t value;

	memcpy(&value, (const char *)row->figures + m->offset, sizeof(value));
	fprintf(out, "%s%s{%s%s%s} ", prefix, m->name, row->label,
		m->labels ? "," : "", m->labels ? m->labels : "");
	if (m->ns)
		put_ns(out, value);
	else
		fprintf(out, "%" PRIu64, value);
	fputc('\n', out);
}

void metric_put(FILE *out, const char *prefix, const struct metric *metrics,
		size_t count, const struct metric_row *rows, size_t row_count)
{
	char name[METRIC_LABEL];

	for (size_t i = 0; row_count && i < count; i++) {
		const struct metric *m = &metrics[i];

		if (!i || strcmp(m->name, m[-1].name)) {
			snprintf(name, sizeof(name), "%s%s", prefix, m->name);
			metric_head(out, name, type_of(m), m->help);
		}
		for (size_t row = 0; row < row_count; row++)
			put_row(out, prefix, m, &rows[row]);
	}
}

static void put_buckets(FILE *out, const char *name,
			const struct metric_row *row)
{
	const struct timerheap_stats *st = row->figures;
	uint64_t count = 0;
	uint32_t bucket = 0;

	for (unsigned int power = FIRST_POWER; power <= LAST_POWER; power++) {
		uint64_t bound = UINT64_C(1) << power;

		while (timerheap_hist_lower(bucket) < bound)
			count += st->hist[bucket++];
		fprintf(out, "%s_bucket{%s,le=\"", name, row->label);
		put_ns(out, bound - 1);
		fprintf(out, "\"} %" PRIu64 "\n", count);
	}
	while (bucket < TIMERHEAP_HIST_BUCKETS)
		count += st->hist[bucket++];
	fprintf(out, "%s_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n", name,
		row->label, count);
	fprintf(out, "%s_sum{%s} ", name, row->label);
	put_ns(out, st->lateness_sum_ns);
	fprintf(out, "\n%s_count{%s} %" PRIu64 "\n", name, row->label, count);
}

void metric_lateness(FILE *out, const char *name, const struct metric_row *rows,
		     size_t row_count)
{
	if (row_count)
		metric_head(
			out, name, "histogram",
			"How late timers fired, to the kernel's record of it.");
	for (size_t row = 0; row < row_count; row++)
		put_buckets(out, name, &rows[row]);
}

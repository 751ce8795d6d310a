// SPDX-License-Identifier: LGPL-2.1-or-later
/* Causes by how much lateness each has to answer for. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "demo.h"
#include "timerheap_trace.h"

#define RANKS \
	(sizeof(((struct trace_ranks *)0)->ranks) / sizeof(struct trace_rank))

/* The last one is for all that find no room of their own. */
static struct trace_rank *find(struct trace_ranks *ranks,
			       const struct trace_verdict *verdict)
{
	struct trace_rank *rank = ranks->ranks;

	for (; rank < ranks->ranks + ranks->count; rank++)
		if (rank->cause == verdict->cause &&
		    !strcmp(rank->who, verdict->who))
			return rank;
	if (ranks->count == RANKS)
		return rank - 1;
	ranks->count++;
	*rank = (struct trace_rank){ .cause = CAUSE_UNKNOWN };
	if (ranks->count == RANKS)
		strcpy(rank->who, "various");
	else
		rank->cause = verdict->cause;
	if (ranks->count < RANKS)
		memcpy(rank->who, verdict->who, sizeof(rank->who));
	return rank;
}

void trace_rank_add(struct trace_ranks *ranks,
		    const struct trace_verdict *verdict, unsigned int count)
{
	struct trace_rank *rank = find(ranks, verdict);

	ranks->late += count;
	rank->count += count;
	rank->sum_ns += verdict->ns * count;
	if (verdict->ns > rank->max_ns)
		rank->max_ns = verdict->ns;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = ((const struct trace_rank *)a)->sum_ns;
	uint64_t y = ((const struct trace_rank *)b)->sum_ns;

	return x < y ? 1 : x > y ? -1 : 0;
}

void trace_rank_sort(struct trace_ranks *ranks)
{
	qsort(ranks->ranks, ranks->count, sizeof(ranks->ranks[0]), compare);
}

void trace_rank_print(FILE *out, const struct trace_ranks *ranks)
{
	if (!ranks->count)
		return;
	fprintf(out, "\n%8s %9s %9s  %s\n", "expiries", "time", "max", "cause");
	for (unsigned int i = 0; i < ranks->count; i++) {
		const struct trace_rank *rank = &ranks->ranks[i];

		fprintf(out, "%8" PRIu64 " %9s %9s  %s%s%s\n", rank->count,
			demo_time(rank->sum_ns).text,
			demo_time(rank->max_ns).text,
			trace_cause_words(rank->cause),
			rank->who[0] ? ": " : "", rank->who);
	}
}

json_t *trace_rank_json(const struct trace_ranks *ranks)
{
	json_t *all = json_array();

	for (unsigned int i = 0; all && i < ranks->count; i++) {
		const struct trace_rank *rank = &ranks->ranks[i];

		json_array_append_new(
			all,
			json_pack("{s:s, s:s, s:I, s:I, s:I}", "cause",
				  trace_cause_name(rank->cause), "who",
				  rank->who, "count", (json_int_t)rank->count,
				  "sum_ns", (json_int_t)rank->sum_ns, "max_ns",
				  (json_int_t)rank->max_ns));
	}
	return all;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/* Causes by how much lateness each has to answer for. */
#include <inttypes.h>
#include <stdlib.h>

#include "demo.h"
#include "timerheap_trace.h"

static int compare(const void *a, const void *b)
{
	uint64_t x = ((const struct trace_rank *)a)->answer.sum_ns;
	uint64_t y = ((const struct trace_rank *)b)->answer.sum_ns;

	return x < y ? 1 : x > y ? -1 : 0;
}

void trace_rank_sort(struct trace_ranks *ranks)
{
	ranks->late = 0;
	for (unsigned int i = 0; i < ranks->count; i++)
		ranks->late += ranks->ranks[i].answer.count;
	qsort(ranks->ranks, ranks->count, sizeof(ranks->ranks[0]), compare);
}

void trace_rank_print(FILE *out, const struct trace_ranks *ranks)
{
	if (!ranks->count)
		return;
	fprintf(out, "\n%8s %9s %9s  %s\n", "expiries", "time", "max", "cause");
	for (unsigned int i = 0; i < ranks->count; i++) {
		const struct trace_rank *rank = &ranks->ranks[i];
		char who[TRACE_WHO];

		trace_who(&rank->blame, who, sizeof(who));
		fprintf(out, "%8" PRIu64 " %9s %9s  %s%s%s\n",
			(uint64_t)rank->answer.count,
			demo_time(rank->answer.sum_ns).text,
			demo_time(rank->answer.max_ns).text,
			trace_cause_words(rank->blame.cause),
			who[0] ? ": " : "", who);
	}
}

json_t *trace_rank_json(const struct trace_ranks *ranks)
{
	json_t *all = json_array();

	for (unsigned int i = 0; all && i < ranks->count; i++) {
		const struct trace_rank *rank = &ranks->ranks[i];
		char who[TRACE_WHO];

		trace_who(&rank->blame, who, sizeof(who));
		json_array_append_new(
			all,
			json_pack("{s:s, s:s, s:I, s:I, s:I}", "cause",
				  trace_cause_name(rank->blame.cause), "who",
				  who, "count", (json_int_t)rank->answer.count,
				  "sum_ns", (json_int_t)rank->answer.sum_ns,
				  "max_ns", (json_int_t)rank->answer.max_ns));
	}
	return all;
}

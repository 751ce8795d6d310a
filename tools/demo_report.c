// SPDX-License-Identifier: LGPL-2.1-or-later
/* The report for people: 100 columns at the most. */
#include <inttypes.h>
#include <string.h>

#include "demo.h"

/* With more CPUs than this, one histogram for all of them. */
#define HISTOGRAMS_MAX 4
/* A row of the histogram: a power of two, but the first is up to 1 us. */
#define ROW_BUCKETS 8
#define FIRST_ROW 7
#define ROWS (TIMERHEAP_HIST_BUCKETS / ROW_BUCKETS + 1)
#define BAR 14
#define COLUMNS_MAX 3

static void print_lateness(const demo_tally *tally, FILE *out)
{
	static const double percents[] = { 50, 99, 99.9 };

	for (size_t i = 0; i < sizeof(percents) / sizeof(*percents); i++)
		fprintf(out, " %8s",
			demo_time(timerheap_hist_percentile(tally, percents[i]))
				.text);
	fprintf(out, " %8s\n", demo_time(tally->lateness_max_ns).text);
}

static void print_calls(const struct demo_result *result, const char *kicks,
			FILE *out)
{
	double busy = 0;

	if (result->wall_ns)
		busy = 100 * (double)result->busy_ns / (double)result->wall_ns;
	fprintf(out, " %10s %9s %10s %6s %5.1f%%",
		demo_count(result->expiries).text,
		demo_count(result->overruns).text,
		demo_count(result->arms).text, kicks, busy);
}

static void print_table(const char *name, const struct demo_result *heap,
			const struct demo_result *timerfd, FILE *out)
{
	fprintf(out, "\n%-15s %10s %9s %10s %6s %6s %8s %8s %8s %8s\n", name,
		"expiries", "overruns", "arms", "kicks", "busy", "p50", "p99",
		"p99.9", "max");
	fprintf(out, "%-15s", "timerheap fired");
	print_calls(heap, demo_count(heap->kicks).text, out);
	print_lateness(&heap->fired, out);
	fprintf(out, "%-15s %10s %9s %10s %6s %6s", "timerheap seen", "", "",
		"", "", "");
	print_lateness(&heap->seen, out);
	if (timerfd) {
		fprintf(out, "%-15s", "timerfd   seen");
		print_calls(timerfd, demo_count(timerfd->arms).text, out);
		print_lateness(&timerfd->seen, out);
	}
	if (heap->watchdogs)
		fprintf(out,
			"watchdogs: %s, of which %s abandoned, %s fired, the latest by %s\n",
			demo_count(heap->watchdogs).text,
			demo_count(heap->abandoned).text,
			demo_count(heap->barked).text,
			demo_time(heap->bark_late_ns).text);
}

/* The part of all that is in a row. */
static double part(const demo_tally *tally, unsigned int row)
{
	unsigned int first = row == FIRST_ROW ? 0 : row * ROW_BUCKETS;
	unsigned int end = (row + 1) * ROW_BUCKETS;
	uint64_t sum = 0;

	if (end > TIMERHEAP_HIST_BUCKETS)
		end = TIMERHEAP_HIST_BUCKETS;
	for (unsigned int i = first; i < end; i++)
		sum += tally->hist[i];
	return sum ? (double)sum / (double)tally->expiries : 0;
}

/* A cell of the histogram, whose longest bar stands for @longest. */
static void print_cell(double value, double longest, FILE *out)
{
	static const char full[BAR + 1] = "##############";
	int length = (int)(value / longest * BAR + 0.5);
	char share[16] = "<0.001%";

	if (value >= 0.00001)
		snprintf(share, sizeof(share), "%.3f%%", 100 * value);
	if (!(value > 0))
		fprintf(out, "  %*s", BAR + 9, "");
	else if (!length)
		fprintf(out, "  %-*s %8s", BAR, ".", share);
	else
		fprintf(out, "  %-*.*s %8s", BAR, length, full, share);
}

/* The rows from @first to @last have something in them. */
static void print_rows(const demo_tally *const *tallies, unsigned int n,
		       unsigned int first, unsigned int last, double longest,
		       FILE *out)
{
	for (unsigned int i = first; i <= last; i++) {
		uint64_t end = timerheap_hist_lower((i + 1) * ROW_BUCKETS);

		fprintf(out, "%9s",
			end == TIMERHEAP_NEVER ? "more" : demo_time(end).text);
		for (unsigned int k = 0; k < n; k++)
			print_cell(part(tallies[k], i), longest, out);
		fputc('\n', out);
	}
}

static void print_histogram(const demo_tally *const *tallies, unsigned int n,
			    FILE *out)
{
	static const char *const titles[COLUMNS_MAX] = { "timerheap fired",
							 "timerheap seen",
							 "timerfd seen" };
	unsigned int first = ROWS, last = 0;
	double longest = 0;

	for (unsigned int i = FIRST_ROW; i < ROWS; i++)
		for (unsigned int k = 0; k < n; k++) {
			double here = part(tallies[k], i);

			if (!(here > 0))
				continue;
			first = i < first ? i : first;
			last = i;
			longest = here > longest ? here : longest;
		}
	if (first == ROWS)
		return;
	fprintf(out, "%9s", "up to");
	for (unsigned int k = 0; k < n; k++)
		fprintf(out, "  %-*s", k < n - 1 ? BAR + 9 : 0, titles[k]);
	fputc('\n', out);
	print_rows(tallies, n, first, last, longest, out);
}

static void print_part(const struct demo *demo, unsigned int index,
		       bool histogram, FILE *out)
{
	const struct demo_result *heap = &demo->results[DEMO_HEAP][index];
	const struct demo_result *timerfd = NULL;
	const demo_tally *tallies[COLUMNS_MAX] = { &heap->fired, &heap->seen };
	unsigned int columns = 2;
	char name[32] = "All CPUs";

	if (demo->results[DEMO_TIMERFD]) {
		timerfd = &demo->results[DEMO_TIMERFD][index];
		tallies[columns++] = &timerfd->seen;
	}
	if (index < demo->nlanes)
		snprintf(name, sizeof(name), "CPU %d", demo->cpus[index]);
	print_table(name, heap, timerfd, out);
	if (histogram)
		print_histogram(tallies, columns, out);
}

static void print_legend(FILE *out)
{
	fputs("\n"
	      "Lateness of the periodic timers, after their deadlines:\n"
	      "  fired  when the kernel took the timer off its heap and recorded it\n"
	      "  seen   when the thread had the expiry in its hands\n"
	      "timerfd does not tell when it fired, so compare only what was seen.  A missed\n"
	      "period counts with the lateness of the expiry that made up for it.  kicks: system\n"
	      "calls that those arms took.  busy: the thread's CPU time, without the interrupts\n"
	      "that found the CPU idle; timerheap's thread carried the watchdogs as well.\n",
	      out);
}

/* A failed call, or an interruption, leaves some unknown. */
static void print_check(const struct demo *demo, enum demo_check check,
			const char *text, FILE *out)
{
	const struct demo_result *all = &demo->results[DEMO_HEAP][demo->nlanes];
	bool known = !demo->failures[DEMO_CHECK_CALLS];
	const char *state = "ok";

	if (check == DEMO_CHECK_ABANDONED && all->barked < all->abandoned)
		known = false;
	if (demo->failures[check])
		state = "FAILED";
	else if (!known)
		state = "?";
	fprintf(out, "  %-6s  %s\n", state, text);
}

static void print_checks(const struct demo *demo, FILE *out)
{
	const struct demo_result *all = &demo->results[DEMO_HEAP][demo->nlanes];
	char text[200];

	fputs("\nChecks\n", out);
	snprintf(text, sizeof(text),
		 "each of the %s abandoned watchdogs fired exactly once",
		 demo_count(all->abandoned).text);
	print_check(demo, DEMO_CHECK_ABANDONED, text, out);
	snprintf(text, sizeof(text),
		 "no other fired: cancelled at the end, %s of %s were pending",
		 demo_count(all->living).text,
		 demo_count(all->watchdogs - all->abandoned).text);
	print_check(demo, DEMO_CHECK_LIVING, text, out);
	print_check(demo, DEMO_CHECK_EARLY, "nothing fired before its deadline",
		    out);
	snprintf(
		text, sizeof(text),
		"periodic timers kept their grid: %s expiries + %s overruns = %s periods",
		demo_count(all->expiries).text, demo_count(all->overruns).text,
		demo_count(all->periods).text);
	print_check(demo, DEMO_CHECK_GRID, text, out);
	snprintf(
		text, sizeof(text),
		"all of the %s expiries that the kernel counted came through the rings",
		demo_count(all->kernel.expiries).text);
	print_check(demo, DEMO_CHECK_COUNT, text, out);
	if (demo->failures[DEMO_CHECK_CALLS])
		print_check(demo, DEMO_CHECK_CALLS, "system calls", out);
}

void demo_report(const struct demo *demo, FILE *out)
{
	bool each = demo->nlanes <= HISTOGRAMS_MAX;

	print_legend(out);
	for (unsigned int i = 0; i < demo->nlanes; i++)
		print_part(demo, i, each, out);
	if (demo->nlanes > 1)
		print_part(demo, demo->nlanes, true, out);
	print_checks(demo, out);
	fputc('\n', out);
}

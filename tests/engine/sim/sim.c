// SPDX-License-Identifier: GPL-2.0-only
/*
 * Deterministic simulation: the engine and the library against each other,
 * every access to shared memory in an order that a seed decides.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/fault.h"
#include "sim/oracle.h"
#include "sim/truth.h"
#include "sim/world.h"

static const char help[] =
	"Usage: sim [OPTION]...\n"
	"\n"
	"Simulates seeds one after the other until one fails.\n"
	"\n"
	"  --seed N      the first seed (1)\n"
	"  --seeds N     how many (100)\n"
	"  --steps N     accesses to shared memory in each, about (3000)\n"
	"  --seconds S   stop after that long\n"
	"  --weak        weak memory, and most arms for the same time, in each\n"
	"  --trace       print every access\n"
	"  --help        this text\n"
	"\n"
	"Output is TAP: exit status 0, or 1 when a check failed; then the seed and\n"
	"a command that repeats it are printed.\n";

/* So many accesses have each fault among them. */
#define FAULTS_AFTER 1000000U

struct options {
	u64 seed;
	u64 seeds;
	u64 steps;
	u64 seconds;
};

static u64 number(const char *option, const char *text)
{
	char *end;
	u64 value = text ? strtoull(text, &end, 0) : 0;

	if (!text || !*text || *end) {
		fprintf(stderr, "sim: %s takes a number\n", option);
		exit(2);
	}
	return value;
}

static void parse(struct options *options, char **arg)
{
	for (; *arg; arg++) {
		if (!strcmp(*arg, "--help")) {
			fputs(help, stdout);
			exit(0);
		} else if (!strcmp(*arg, "--trace")) {
			oracle_tracing = true;
		} else if (!strcmp(*arg, "--weak")) {
			world_weak = true;
		} else if (!strcmp(*arg, "--seed")) {
			options->seed = number(arg[0], arg[1]);
			options->seeds = 1;
			arg++;
		} else if (!strcmp(*arg, "--seeds")) {
			options->seeds = number(arg[0], arg[1]);
			arg++;
		} else if (!strcmp(*arg, "--steps")) {
			options->steps = number(arg[0], arg[1]);
			arg++;
		} else if (!strcmp(*arg, "--seconds")) {
			options->seconds = number(arg[0], arg[1]);
			options->seeds = ~0ULL;
			arg++;
		} else {
			fprintf(stderr, "sim: unknown option %s\n%s", *arg,
				help);
			exit(2);
		}
	}
}

/* What was done in all, to tell that something was. */
static struct timerheap_stats total;

static void add_up(void)
{
	const struct timerheap_stats *stats = &world.stats;

	oracle_steps_before += agent_steps;
	total.expiries += stats->expiries;
	total.overruns += stats->overruns;
	total.doorbells += stats->doorbells;
	total.lazy_moves += stats->lazy_moves;
	total.lazy_drops += stats->lazy_drops;
	total.runs += stats->runs;
	total.runs_over_budget += stats->runs_over_budget;
	total.stalls += stats->stalls;
	fault_counts[FAULT_STALL] += stats->stalls;
	fault_counts[FAULT_OVER_BUDGET] += stats->runs_over_budget;
}

/* In a run of some length each fault must have been among what was tried. */
static bool faults_occurred(void)
{
	static const char name[] = "each fault occurred";
	bool all = fault_report();

	if (all)
		printf("ok 2 - %s\n", name);
	else if (oracle_steps_before < FAULTS_AFTER)
		printf("ok 2 - %s # SKIP fewer than %u accesses\n", name,
		       FAULTS_AFTER);
	else
		printf("not ok 2 - %s\n", name);
	return all || oracle_steps_before < FAULTS_AFTER;
}

int main(int argc, char **argv)
{
	struct options options = { .seed = 1, .seeds = 100, .steps = 3000 };
	time_t start = time(NULL), said = start;
	u64 seed;

	(void)argc;
	parse(&options, argv + 1);
	oracle_steps_planned = options.steps;
	puts("1..2");
	for (seed = options.seed; seed - options.seed < options.seeds; seed++) {
		time_t now = time(NULL);

		if (options.seconds && now - start >= (time_t)options.seconds)
			break;
		if (now >= said + 10) {
			fprintf(stderr,
				"sim: %ld s, seed %llu, %llu accesses\n",
				(long)(now - start), seed, oracle_steps_before);
			said = now;
		}
		world_run(seed, options.steps);
		add_up();
	}
	printf("# %llu runs: %llu expiries, %llu overruns, %llu doorbells, "
	       "%llu moves, %llu drops\n",
	       total.runs, total.expiries, total.overruns, total.doorbells,
	       total.lazy_moves, total.lazy_drops);
	printf("ok 1 - simulation: %llu accesses in %llu seeds\n",
	       oracle_steps_before, seed - options.seed);
	return !faults_occurred();
}

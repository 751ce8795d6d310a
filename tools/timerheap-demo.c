// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "demo.h"

#define EXIT_USAGE 2
#define EXIT_INTERRUPT 130
/* While a thread is held up for some 100 ms, the kernel has room to go on. */
#define RING_ENTRIES 16384
/* Descriptors besides the timerfds and a few for each CPU. */
#define OTHER_FILES 32

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

bool demo_interrupted(void)
{
	return interrupted;
}

/* Only main()'s thread takes them; a second one ends the program. */
static void catch_signals(void)
{
	struct sigaction action = {
		.sa_handler = on_signal,
		.sa_flags = (int)SA_RESETHAND,
	};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void usage(FILE *out)
{
	fputs("Usage: timerheap-demo [OPTION]...\n"
	      "Run a load of timers through timerheap, then its periodic part through timerfd;\n"
	      "check that every timer did what it had to, and print how late they were.\n"
	      "\n"
	      "  --seconds N     length of each of the two phases, 2 to 3600 (default 8)\n"
	      "  --watchdogs N   timers that are pushed back over and over (default 10000)\n"
	      "  --abandon N     of these, left to expire (default 100)\n"
	      "  --periodic N    periodic timers (default 1000)\n"
	      "  --period-ms N   their period, 1 to 1000 (default 10)\n"
	      "  --json          result as JSON on stdout, progress on stderr\n"
	      "  --help\n"
	      "  --version\n"
	      "\n"
	      "Exit status: 0 all was right; 1 something was wrong, or cannot run; 2 usage;\n"
	      "130 interrupted.\n",
	      out);
}

static void __attribute__((noreturn)) bad_usage(void)
{
	fputs("Try: timerheap-demo --help\n", stderr);
	exit(EXIT_USAGE);
}

static unsigned int number(const char *option, const char *text,
			   unsigned int least, unsigned int most)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && !*end && !errno &&
	    value >= least && value <= most)
		return (unsigned int)value;
	fprintf(stderr, "timerheap-demo: --%s: %u to %u, not %s\n", option,
		least, most, text);
	bad_usage();
}

enum option_code {
	OPT_SECONDS = 1,
	OPT_WATCHDOGS,
	OPT_ABANDON,
	OPT_PERIODIC,
	OPT_PERIOD_MS,
	OPT_JSON,
	OPT_HELP,
	OPT_VERSION
};

static const struct option options[] = {
	{ "seconds", required_argument, NULL, OPT_SECONDS },
	{ "watchdogs", required_argument, NULL, OPT_WATCHDOGS },
	{ "abandon", required_argument, NULL, OPT_ABANDON },
	{ "periodic", required_argument, NULL, OPT_PERIODIC },
	{ "period-ms", required_argument, NULL, OPT_PERIOD_MS },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 }
};

static void read_option(struct demo_settings *set, int code, const char *name)
{
	switch (code) {
	case OPT_SECONDS:
		set->seconds = number(name, optarg, 2, 3600);
		break;
	case OPT_WATCHDOGS:
		set->watchdogs = number(name, optarg, 0, 10000000);
		break;
	case OPT_ABANDON:
		set->abandon = number(name, optarg, 0, 10000000);
		break;
	case OPT_PERIODIC:
		set->periodic = number(name, optarg, 0, 1000000);
		break;
	case OPT_PERIOD_MS:
		set->period_ms = number(name, optarg, 1, 1000);
		break;
	case OPT_JSON:
		set->json = true;
		break;
	case OPT_HELP:
		usage(stdout);
		exit(0);
	case OPT_VERSION:
		puts("timerheap-demo 0.1.0");
		exit(0);
	default:
		bad_usage();
	}
}

static struct demo_settings read_options(int argc, char **argv)
{
	struct demo_settings set = {
		.seconds = 8,
		.watchdogs = 10000,
		.abandon = 100,
		.periodic = 1000,
		.period_ms = 10,
	};
	int code, index = 0;

	while ((code = getopt_long(argc, argv, "", options, &index)) != -1)
		read_option(&set, code, options[index].name);
	if (optind < argc) {
		fprintf(stderr, "timerheap-demo: what is %s?\n", argv[optind]);
		bad_usage();
	}
	if (set.abandon > set.watchdogs) {
		fputs("timerheap-demo: --abandon is more than --watchdogs\n",
		      stderr);
		bad_usage();
	}
	if (!set.watchdogs && !set.periodic) {
		fputs("timerheap-demo: no timers at all\n", stderr);
		bad_usage();
	}
	return set;
}

static void raise_file_limit(unsigned int wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted;
	if (limit.rlim_max < wanted)
		limit.rlim_max = wanted;
	if (!setrlimit(RLIMIT_NOFILE, &limit))
		return;
	fprintf(stderr,
		"timerheap-demo: %u descriptors are needed, and the limit cannot be raised: %s;\n"
		"try a lower --periodic\n",
		wanted, strerror(errno));
	exit(1);
}

/*
 * A watchdog's timeout is long, so that a machine that stands still for some
 * 100 ms does not make one fire that was going to be pushed back.
 */
static void choose_times(struct demo *demo)
{
	uint64_t timeout = demo->set.seconds * DEMO_SEC * 3 / 8;

	if (timeout > 3 * DEMO_SEC)
		timeout = 3 * DEMO_SEC;
	demo->timeout_ns = timeout;
	demo->extra_ns = timeout / 3;
	demo->period_ns = demo->set.period_ms * DEMO_MS;
}

/* The most timers that one CPU will have. */
static unsigned int slots_per_cpu(const struct demo_settings *set)
{
	unsigned int cpus = 1;
	cpu_set_t mask;

	/* It fails where there are more CPUs than it holds. */
	if (!sched_getaffinity(0, sizeof(mask), &mask))
		cpus = (unsigned int)CPU_COUNT(&mask);
	return (set->watchdogs + cpus - 1) / cpus +
		(set->periodic + cpus - 1) / cpus;
}

static struct timerheap_percpu *open_queues(const struct demo *demo)
{
	struct timerheap_opts opts = TIMERHEAP_OPTS_INIT;
	struct timerheap_percpu *percpu;
	int rc;

	opts.nslots = slots_per_cpu(&demo->set);
	opts.ring_entries = RING_ENTRIES;
	rc = timerheap_percpu_open(&percpu, &opts);
	if (!rc)
		return percpu;
	fprintf(stderr, "timerheap-demo: /dev/timerheap: %s: %s\n",
		strerror(-rc), timerheap_advice(rc));
	exit(1);
}

static void look_around(struct demo *demo, struct timerheap_percpu *percpu)
{
	int rc = timerheap_info(timerheap_percpu_queue(percpu, 0), &demo->info);

	if (rc) {
		fprintf(stderr, "timerheap-demo: INFO: %s\n", strerror(-rc));
		exit(1);
	}
	demo->nlanes = timerheap_percpu_count(percpu);
	demo->cpus = demo_allocate(demo->nlanes, sizeof(*demo->cpus));
	for (unsigned int i = 0; i < demo->nlanes; i++)
		demo->cpus[i] =
			timerheap_cpu(timerheap_percpu_queue(percpu, i));
}

static void introduce(const struct demo *demo)
{
	const struct demo_settings *set = &demo->set;

	fprintf(demo->out,
		"%u CPU%s, a queue and a thread on each.  %s watchdogs of %.2g to %.2g s, pushed back\n"
		"every 0.1 s, %s of them abandoned; %s timers of %u ms.  %u s each for timerheap, timerfd.\n",
		demo->nlanes, demo->nlanes > 1 ? "s" : "",
		demo_count(set->watchdogs).text,
		(double)demo->timeout_ns / DEMO_SEC,
		(double)(demo->timeout_ns + demo->extra_ns) / DEMO_SEC,
		demo_count(set->abandon).text, demo_count(set->periodic).text,
		set->period_ms, set->seconds);
	if (!(demo->info.clock_flags & TIMERHEAP_CLOCK_RELIABLE))
		fprintf(demo->out,
			"The clock of this host is not reliable (flags %#x): latenesses may be wrong.\n",
			demo->info.clock_flags);
	if (demo->info.inject_max_ns)
		fprintf(demo->out,
			"Deliveries are being delayed on purpose, by up to %s (TIMERHEAP_IOC_INJECT).\n",
			demo_time(demo->info.inject_max_ns).text);
	fflush(demo->out);
}

static int exit_status(const struct demo *demo)
{
	if (demo_interrupted())
		return EXIT_INTERRUPT;
	return demo_faults(demo) ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct demo demo = { .set = read_options(argc, argv) };
	struct timerheap_percpu *percpu;

	pthread_mutex_init(&demo.lock, NULL);
	demo.out = demo.set.json ? stderr : stdout;
	choose_times(&demo);
	percpu = open_queues(&demo);
	look_around(&demo, percpu);
	raise_file_limit(demo.set.periodic + 4 * demo.nlanes + OTHER_FILES);
	introduce(&demo);
	catch_signals();

	if (demo_run(&demo, DEMO_HEAP, percpu) && demo.set.periodic)
		demo_run(&demo, DEMO_TIMERFD, NULL);
	timerheap_percpu_close(percpu);
	if (demo.set.json)
		demo_json(&demo, stdout);
	else
		demo_report(&demo, stdout);
	demo_verdict(&demo, demo.out);
	for (int i = 0; i < DEMO_CLIENTS; i++)
		free(demo.results[i]);
	free(demo.cpus);
	return exit_status(&demo);
}

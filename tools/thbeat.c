// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "thbeat.h"

#define EXIT_USAGE 2
#define EXIT_INTERRUPTED 130

static void usage(FILE *out)
{
	fputs("Usage: thbeat simulate [OPTION]... [SCENARIO]\n"
	      "Try the failure detector in a simulated network, on a virtual clock: how soon\n"
	      "deaths are found, how often a node that lives is declared dead, and how many\n"
	      "messages that takes; for each of the scenario's arms, or each policy.\n"
	      "\n"
	      "  SCENARIO     a file as thbeat(1) describes; -: standard input\n"
	      "  --seed N     instead of the scenario's\n"
	      "  --json       for programs\n"
	      "  --help\n"
	      "  --version\n"
	      "\n"
	      "Exit status: 0 it was simulated; 1 it could not be; 2 usage, or a mistake in\n"
	      "the scenario;\n"
	      "130 interrupted: what there was so far was printed.\n",
	      out);
}

static void __attribute__((noreturn)) bad_usage(void)
{
	fputs("Try: thbeat --help\n", stderr);
	exit(EXIT_USAGE);
}

static uint64_t number(const char *text)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && !*end && !errno)
		return value;
	fprintf(stderr, "thbeat: --seed: not a number: %s\n", text);
	bad_usage();
}

static void read_scenario(struct thbeat_scenario *s, const char *path)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char why[256];
	int rc;

	if (!file) {
		fprintf(stderr, "thbeat: %s: %s\n", path, strerror(errno));
		exit(EXIT_USAGE);
	}
	rc = thbeat_scenario_read(s, file, why, sizeof(why));
	if (file != stdin)
		fclose(file);
	if (rc) {
		fprintf(stderr, "thbeat: %s: %s\n", path, why);
		exit(EXIT_USAGE);
	}
}

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

/* The second one ends the program at once. */
static void catch_signals(void)
{
	struct sigaction act = { .sa_handler = on_signal,
				 .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
}

/* For whoever waits at a terminal. */
struct progress {
	const struct thbeat_scenario *s;
	unsigned int arm;
	time_t told;
	bool shown;
};

static void tell_progress(struct progress *p, uint64_t now_ns)
{
	double share = (double)now_ns / (double)p->s->duration_ns;

	fprintf(stderr, "\r%s (%u of %u): %.0f %% \r", p->s->arms[p->arm].name,
		p->arm + 1, p->s->arm_count, 100 * share);
	p->shown = true;
}

static bool goes_on(void *user, uint64_t now_ns)
{
	struct progress *p = user;
	time_t now = time(NULL);

	if (now != p->told && isatty(STDERR_FILENO))
		tell_progress(p, now_ns);
	p->told = now;
	return !interrupted;
}

static void end_progress(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "%60s\r", "");
	p->shown = false;
}

/* All arms, or those up to an interruption. */
static int run_arms(struct thbeat_scenario *s, struct thbeat_result *results)
{
	struct progress p = { .s = s, .told = time(NULL) };
	struct thbeat_watcher watcher = { goes_on, &p };
	int rc = 0;

	for (; p.arm < s->arm_count && !rc; p.arm++)
		rc = thbeat_simulate(s, &s->arms[p.arm], &watcher,
				     &results[p.arm]);
	end_progress(&p);
	s->arm_count = p.arm;
	return rc;
}

static int simulate(struct thbeat_scenario *s, bool json)
{
	struct thbeat_result results[THBEAT_ARMS];
	int rc;

	catch_signals();
	rc = run_arms(s, results);
	if (rc == -ENOMEM) {
		fprintf(stderr, "thbeat: %s\n", strerror(ENOMEM));
		return 1;
	}
	(json ? thbeat_json : thbeat_report)(stdout, s, results);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "thbeat: output: %s\n", strerror(errno));
		return 1;
	}
	if (rc)
		fputs("thbeat: interrupted; the last arm is of a part of the time\n",
		      stderr);
	return rc ? EXIT_INTERRUPTED : 0;
}

static const struct option options[] = { { "seed", required_argument, NULL,
					   's' },
					 { "json", no_argument, NULL, 'j' },
					 { "help", no_argument, NULL, 'h' },
					 { "version", no_argument, NULL, 'v' },
					 { NULL, 0, NULL, 0 } };

struct request {
	const char *seed;
	const char *scenario;
	bool json;
};

static void read_options(struct request *req, int argc, char **argv)
{
	int code;

	while ((code = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (code == 's') {
			req->seed = optarg;
		} else if (code == 'j') {
			req->json = true;
		} else if (code == 'h') {
			usage(stdout);
			exit(0);
		} else if (code == 'v') {
			puts("thbeat 0.1.0");
			exit(0);
		} else {
			bad_usage();
		}
	}
}

static void read_words(struct request *req, int argc, char **argv)
{
	if (optind == argc) {
		fputs("thbeat: no command\n", stderr);
		bad_usage();
	}
	if (strcmp(argv[optind], "simulate")) {
		fprintf(stderr, "thbeat: no such command: %s\n", argv[optind]);
		bad_usage();
	}
	if (argc - optind > 2) {
		fputs("thbeat: more than one scenario\n", stderr);
		bad_usage();
	}
	req->scenario = argv[optind + 1];
}

int main(int argc, char **argv)
{
	static struct thbeat_scenario scenario;
	struct request req = { .seed = NULL };

	read_options(&req, argc, argv);
	read_words(&req, argc, argv);
	thbeat_scenario_init(&scenario);
	if (req.scenario)
		read_scenario(&scenario, req.scenario);
	if (req.seed)
		scenario.seed = number(req.seed);
	return simulate(&scenario, req.json);
}

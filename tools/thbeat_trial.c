// SPDX-License-Identifier: LGPL-2.1-or-later
/* thbeat simulate: from a scenario to its report. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "thbeat.h"

#define EXIT_USAGE 2
#define EXIT_INTERRUPTED 130

/* 0, or an exit status. */
static int read_scenario(struct thbeat_scenario *s, const char *path)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char why[256];
	int rc;

	if (!file) {
		fprintf(stderr, "thbeat: %s: %s\n", path, strerror(errno));
		return EXIT_USAGE;
	}
	rc = thbeat_scenario_read(s, file, why, sizeof(why));
	if (file != stdin)
		fclose(file);
	if (rc) {
		fprintf(stderr, "thbeat: %s: %s\n", path, why);
		return EXIT_USAGE;
	}
	return 0;
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

int thbeat_trial(const char *path, const uint64_t *seed, bool json)
{
	static struct thbeat_scenario scenario;
	int rc = 0;

	thbeat_scenario_init(&scenario);
	if (path)
		rc = read_scenario(&scenario, path);
	if (rc)
		return rc;
	if (seed)
		scenario.seed = *seed;
	return simulate(&scenario, json);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "thbeat.h"
#include "thbeat_jobs.h"
#include "thbeat_query.h"

#define EXIT_USAGE 2

static void usage(FILE *out)
{
	fputs("Usage: thbeat send [--json] CONFIG\n"
	      "       thbeat monitor [--json] CONFIG\n"
	      "       thbeat status [--json] [--socket PATH]\n"
	      "       thbeat simulate [--seed N] [--json] [SCENARIO]\n"
	      "Who is alive, by heartbeats.\n"
	      "\n"
	      "  send         beat, for the monitors that CONFIG names, until SIGTERM or SIGINT\n"
	      "  monitor      watch those that beat, and say what becomes of them\n"
	      "  status       what a monitor that runs here knows\n"
	      "  simulate     try the detector in a simulated network, on a virtual clock: how\n"
	      "               soon deaths are found, how often a node that lives is declared\n"
	      "               dead, and how many messages that takes\n"
	      "\n"
	      "  CONFIG       a file as thbeat(1) describes; SIGHUP has it read again\n"
	      "  SCENARIO     likewise; -: standard input\n"
	      "  --seed N     instead of the scenario's\n"
	      "  --socket PATH  \"status\" of the monitor's CONFIG, if that is not\n"
	      "               " THBEAT_SOCKET "\n"
	      "  --json       for programs\n"
	      "  --help\n"
	      "  --version\n"
	      "\n"
	      "Exit status: 0 all went well; 1 it did not; 2 usage, or a mistake in the file;\n"
	      "130 simulate was interrupted: what there was so far was printed.\n",
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

struct request {
	const char *seed;
	const char *socket;
	const char *file;
	bool json;
};

static int do_simulate(const struct request *req)
{
	uint64_t seed = req->seed ? number(req->seed) : 0;

	return thbeat_trial(req->file, req->seed ? &seed : NULL, req->json);
}

static struct thbeat_task task_of(const struct request *req,
				  const struct thbeat_job *job)
{
	return (struct thbeat_task){
		.job = job,
		.path = req->file,
		.out = { .file = stdout, .json = req->json },
	};
}

static int do_send(const struct request *req)
{
	struct thbeat_sending sd = { .task = task_of(req, &thbeat_send_job) };

	return thbeat_service(&sd.task);
}

static int do_monitor(const struct request *req)
{
	static struct thbeat_watching w;

	w.task = task_of(req, &thbeat_monitor_job);
	return thbeat_service(&w.task);
}

static int do_status(const struct request *req)
{
	return thbeat_query(req->socket ? req->socket : THBEAT_SOCKET, stdout,
			    req->json);
}

/* A command and what it takes. */
struct command {
	const char *name;
	int (*run)(const struct request *req);
	bool seed;
	bool socket;
	const char *file; /* what it is; NULL: none */
	bool needs_file;
};

static const struct command commands[] = {
	{ .name = "send", .run = do_send, .file = "CONFIG", .needs_file = true },
	{ .name = "monitor",
	  .run = do_monitor,
	  .file = "CONFIG",
	  .needs_file = true },
	{ .name = "status", .run = do_status, .socket = true },
	{ .name = "simulate",
	  .run = do_simulate,
	  .seed = true,
	  .file = "SCENARIO" },
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	fprintf(stderr, "thbeat: no such command: %s\n", name);
	bad_usage();
}

static const struct option options[] = {
	{ "seed", required_argument, NULL, 's' },
	{ "socket", required_argument, NULL, 'p' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 },
};

static void read_options(struct request *req, int argc, char **argv)
{
	int code;

	while ((code = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (code == 's') {
			req->seed = optarg;
		} else if (code == 'p') {
			req->socket = optarg;
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

static void __attribute__((noreturn))
refuse(const struct command *c, const char *why)
{
	fprintf(stderr, "thbeat: %s %s\n", c->name, why);
	bad_usage();
}

static const struct command *read_words(struct request *req, int argc,
					char **argv)
{
	const struct command *c;
	int words = argc - optind;

	if (!words) {
		fputs("thbeat: no command\n", stderr);
		bad_usage();
	}
	c = find_command(argv[optind]);
	req->file = argv[optind + 1];
	if (words > 2)
		refuse(c, "takes no more than one file");
	if (words > 1 && !c->file)
		refuse(c, "takes no file");
	if (words == 1 && c->needs_file)
		refuse(c, "needs a CONFIG");
	if (req->seed && !c->seed)
		refuse(c, "takes no --seed");
	if (req->socket && !c->socket)
		refuse(c, "takes no --socket");
	return c;
}

int main(int argc, char **argv)
{
	struct request req = { .seed = NULL };

	read_options(&req, argc, argv);
	return read_words(&req, argc, argv)->run(&req);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "timerheap_tool.h"

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "interval", required_argument, NULL, 'i' },
	{ "cpu", required_argument, NULL, 'c' },
	{ "measure", required_argument, NULL, 'm' },
	{ "root", required_argument, NULL, 'r' },
	{ "duration", required_argument, NULL, 'd' },
	{ "file", required_argument, NULL, 'f' },
	{ "output", required_argument, NULL, 'o' },
	{ "log", no_argument, NULL, 'l' },
	{ "listen", required_argument, NULL, 'L' },
	{ "pages", required_argument, NULL, 'p' },
	{ "over", required_argument, NULL, 'O' },
	{ "rate", required_argument, NULL, 'R' },
	{ "on-threshold", required_argument, NULL, 't' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static const char *name_of(int code)
{
	const struct option *option = options;

	while (option->val != code)
		option++;
	return option->name;
}

void tool_bad_usage(const struct tool_command *command)
{
	fprintf(stderr, "Try: timerheap %s --help\n", command->name);
	exit(TOOL_USAGE);
}

long tool_number(const char *text, long least, long most)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno)
		return -1;
	return value >= least && value <= most ? value : -1;
}

static long number(const struct tool_command *command, const char *option,
		   long least, long most)
{
	long value = tool_number(optarg, least, most);

	if (value >= 0)
		return value;
	fprintf(stderr, "timerheap %s: %s: %ld to %ld, not %s\n", command->name,
		option, least, most, optarg);
	tool_bad_usage(command);
}

static uint64_t duration(const struct tool_command *command)
{
	const char *why = "it is 0";
	uint64_t ns = 0;

	if (!tool_time_parse(optarg, &ns, &why) && ns)
		return ns;
	fprintf(stderr, "timerheap %s: --duration: %s: %s\n", command->name,
		optarg, why);
	tool_bad_usage(command);
}

static void set(const struct tool_command *command, int code,
		struct tool_options *opts)
{
	if (code == 'j')
		opts->json = true;
	else if (code == 'v')
		opts->verbose = true;
	else if (code == 'i')
		opts->interval_s =
			(unsigned int)number(command, "-i", 1, 86400);
	else if (code == 'c')
		opts->cpu = (int)number(command, "--cpu", 0, INT_MAX);
	else if (code == 'm')
		opts->measure_s = (int)number(command, "--measure", 0, 3600);
	else if (code == 'd')
		opts->duration_ns = duration(command);
	else if (code == 'f')
		opts->file = optarg;
	else if (code == 'o')
		opts->output = optarg;
	else if (code == 'l')
		opts->log = true;
	else if (code == 'L')
		opts->listen = optarg;
	else if (code == 'p')
		opts->pages = optarg;
	else if (code == 'O')
		opts->over = optarg;
	else if (code == 'R')
		opts->rate = number(command, "--rate", 0, INT_MAX);
	else if (code == 't')
		opts->on_threshold = optarg;
	else
		opts->root = optarg;
}

int tool_options(const struct tool_command *command, const char *allowed,
		 int argc, char **argv, struct tool_options *opts)
{
	/* A word such as -50ms is no option, nor is one of a program's. */
	const char *letters = command == &tool_inject || command == &tool_run
		? "+i:o:v"
		: "i:o:v";
	char name[32];
	int code;

	*opts = (struct tool_options){ .cpu = -1, .measure_s = -1, .rate = -1 };
	/* For the messages of getopt_long(). */
	snprintf(name, sizeof(name), "timerheap %s", command->name);
	argv[0] = name;
	while ((code = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		if (code == 'h') {
			fputs(command->usage, stdout);
			exit(tool_end_output());
		}
		if (code == '?')
			tool_bad_usage(command);
		if (!strchr(allowed, code)) {
			fprintf(stderr, "%s: it has no option --%s\n", name,
				name_of(code));
			tool_bad_usage(command);
		}
		set(command, code, opts);
	}
	argv[0] = (char *)(uintptr_t)command->name;
	return optind;
}

void tool_options_only(const struct tool_command *command, const char *allowed,
		       int argc, char **argv, struct tool_options *opts)
{
	int next = tool_options(command, allowed, argc, argv, opts);

	if (next == argc)
		return;
	fprintf(stderr, "timerheap %s: what is %s?\n", command->name,
		argv[next]);
	tool_bad_usage(command);
}

const char *tool_options_file(const struct tool_command *command,
			      const char *allowed, int argc, char **argv,
			      struct tool_options *opts)
{
	int next = tool_options(command, allowed, argc, argv, opts);

	if (argc - next == 1)
		return argv[next];
	if (next == argc)
		fprintf(stderr, "timerheap %s: which file?\n", command->name);
	else
		fprintf(stderr, "timerheap %s: what is %s?\n", command->name,
			argv[next + 1]);
	tool_bad_usage(command);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "thid.h"

#define EXIT_USAGE 2
#define NSEC_PER_SEC UINT64_C(1000000000)

static void usage(FILE *out)
{
	fputs("Usage: thid new [OPTION]... [N]\n"
	      "       thid decode [--layout LAYOUT] ID...\n"
	      "Print N IDs (1) that were not there before, or take some apart.\n"
	      "\n"
	      "  --layout LAYOUT  seconds, seconds-memory, snowflake (default), uuid7; or\n"
	      "                   ORDER:TIME,COUNTER,WORKER,UNIT,EPOCH, as thid(1) has it\n"
	      "  --worker W       this number, not the lowest that is free\n"
	      "  --directory DIR  where it is known which times were used\n"
	      "                   ($XDG_STATE_HOME/thid, or ~/.local/state/thid)\n"
	      "  --format F       dec (default), hex; a UUID has its own\n"
	      "  --publish NAME   show figures to timerheap export, for as long as it takes\n"
	      "  --help\n"
	      "  --version\n"
	      "\n"
	      "Exit status: 0; 1 an ID could not be made, or one is not of the layout;\n"
	      "2 usage.\n",
	      out);
}

static void __attribute__((noreturn))
bad_usage(const char *what, const char *text)
{
	fprintf(stderr, "thid: %s%s%s\nTry: thid --help\n", what,
		text ? ": " : "", text ? text : "");
	exit(EXIT_USAGE);
}

static uint64_t number(const char *what, const char *text)
{
	uint64_t value;

	if (thid_number_read(&value, text))
		bad_usage(what, text);
	return value;
}

static const char *state_directory(void)
{
	static char path[4096];
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (state && *state)
		snprintf(path, sizeof(path), "%s/thid", state);
	else if (home && *home)
		snprintf(path, sizeof(path), "%s/.local/state/thid", home);
	else
		bad_usage("--directory: there is no home", NULL);
	return path;
}

static void print_time(const struct thid_parts *p)
{
	time_t at = (time_t)(p->time_ns / NSEC_PER_SEC);
	struct tm tm;
	char text[32];

	if (p->time_ns == UINT64_MAX || !gmtime_r(&at, &tm)) {
		printf("unit %" PRIu64, p->time);
		return;
	}
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	printf("%s.%09" PRIu64 "Z", text, p->time_ns % NSEC_PER_SEC);
}

static int decode(const struct thid_layout *layout, char **ids)
{
	int status = 0;

	for (; *ids; ids++) {
		struct thid_parts p;
		int rc = thid_id_read(layout, *ids, &p);

		if (rc) {
			fprintf(stderr, "thid: %s: not of this layout\n", *ids);
			status = 1;
			continue;
		}
		print_time(&p);
		printf(" worker %" PRIu64 " counter %" PRIu64 "\n", p.worker,
		       p.counter);
	}
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "thid: output: %s\n", strerror(errno));
		return 1;
	}
	return status;
}

static const struct option options[] = {
	{ "layout", required_argument, NULL, 'l' },
	{ "worker", required_argument, NULL, 'w' },
	{ "directory", required_argument, NULL, 'd' },
	{ "format", required_argument, NULL, 'f' },
	{ "publish", required_argument, NULL, 'p' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 }
};

static void read_format(struct thid_request *req, const char *text)
{
	req->hex = !strcmp(text, "hex");
	if (!req->hex && strcmp(text, "dec"))
		bad_usage("--format: not dec or hex", text);
}

static const char *read_options(struct thid_request *req, int argc, char **argv)
{
	const char *worker = NULL;
	int code;

	while ((code = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (code == 'l') {
			if (thid_layout_read(&req->layout, optarg))
				bad_usage("--layout: there is none like that",
					  optarg);
		} else if (code == 'w') {
			worker = optarg;
		} else if (code == 'd') {
			req->directory = optarg;
		} else if (code == 'f') {
			read_format(req, optarg);
		} else if (code == 'p') {
			req->publish = optarg;
		} else if (code == 'h') {
			usage(stdout);
			exit(0);
		} else if (code == 'v') {
			puts("thid 0.1.0");
			exit(0);
		} else {
			bad_usage("no such option", NULL);
		}
	}
	return worker;
}

static void read_request(struct thid_request *req, const char *worker,
			 char **words)
{
	if (words[0] && words[1])
		bad_usage("more than one N", NULL);
	if (words[0])
		req->count = number("not a number", words[0]);
	req->last = (1ULL << req->layout.worker_bits) - 1;
	if (worker) {
		req->first = number("--worker: not a number", worker);
		if (req->first > req->last)
			bad_usage("--worker: more than the layout has", worker);
		req->last = req->first;
	}
	if (!req->directory)
		req->directory = state_directory();
}

int main(int argc, char **argv)
{
	struct thid_request req = { .count = 1 };
	const char *worker;

	(void)thid_layout_init(&req.layout, "snowflake");
	worker = read_options(&req, argc, argv);
	if (optind == argc)
		bad_usage("no command", NULL);
	argv += optind + 1;
	if (!strcmp(argv[-1], "decode")) {
		if (!*argv)
			bad_usage("no ID", NULL);
		return decode(&req.layout, argv);
	}
	if (strcmp(argv[-1], "new"))
		bad_usage("no such command", argv[-1]);
	read_request(&req, worker, argv);
	return thid_new(&req);
}

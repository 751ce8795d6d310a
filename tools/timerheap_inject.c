// SPDX-License-Identifier: LGPL-2.1-or-later
/* The module's fault injection, for tests of what uses timers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "timerheap_tool.h"

/* What the words ask for; off undoes whatever is in force. */
struct request {
	bool delays, steps;
	struct timerheap_inject inject;
};

static void __attribute__((noreturn))
refuse(const char *what, const char *text, const char *why)
{
	fprintf(stderr, "timerheap inject: %s: %s: %s\n", what, text, why);
	tool_bad_usage(&tool_inject);
}

static void read_delay(struct timerheap_inject *inject, const char *text)
{
	uint64_t least, most;
	const char *why;

	if (tool_range_parse(text, &least, &most, &why))
		refuse("delay", text, why);
	if (most > TIMERHEAP_INJECT_MAX_NS)
		refuse("delay", text, "10s is the most");
	if (!most)
		refuse("delay", text, "that is none; say off");
	inject->delay_min_ns = least;
	inject->delay_max_ns = most;
}

static void read_step(struct timerheap_inject *inject, const char *text)
{
	const char *why;
	int64_t step;

	if (tool_step_parse(text, &step, &why))
		refuse("step", text, why);
	if (!step)
		refuse("step", text, "that is none");
	inject->step_ns = step;
}

static struct request read_words(int argc, char **argv)
{
	struct request req = { .inject = { .size = sizeof(req.inject) } };

	if (argc == 2 && !strcmp(argv[0], "delay")) {
		req.delays = true;
		read_delay(&req.inject, argv[1]);
	} else if (argc == 2 && !strcmp(argv[0], "step")) {
		req.steps = true;
		read_step(&req.inject, argv[1]);
	} else if (argc != 1 || strcmp(argv[0], "off")) {
		fputs("timerheap inject: delay TIME, delay TIME..TIME, step TIME or off\n",
		      stderr);
		tool_bad_usage(&tool_inject);
	}
	return req;
}

/* A step leaves the delay as it is; off steps back. */
static void complete(struct request *req, const struct timerheap_info *info)
{
	if (req->steps) {
		req->inject.delay_min_ns = info->inject_min_ns;
		req->inject.delay_max_ns = info->inject_max_ns;
	} else if (!req->delays) {
		/* Unsigned: the sum of the steps may have wrapped. */
		req->inject.step_ns =
			(int64_t)(0 - (uint64_t)info->inject_step_ns);
	}
}

static const char *advice(int error)
{
	if (error == EPERM)
		return "it makes the timers of every program on this host late, and takes CAP_SYS_ADMIN:\n"
		       "run it as root";
	if (error == EOPNOTSUPP)
		return "the module was loaded without its parameter inject, which production hosts leave\n"
		       "off.  To allow it: modprobe -r timerheap && modprobe timerheap inject=1";
	return "see the kernel's log";
}

static void carry_out(struct timerheap *th, struct timerheap_inject *inject)
{
	int error;

	if (!ioctl(timerheap_fd(th), TIMERHEAP_IOC_INJECT, inject))
		return;
	error = errno;
	fprintf(stderr, "timerheap inject: %s: %s\n", strerror(error),
		advice(error));
	exit(TOOL_FAILED);
}

static int run(int argc, char **argv)
{
	struct tool_options opts;
	struct timerheap_info info;
	struct timerheap *th;
	struct request req;
	int next = tool_options(&tool_inject, "j", argc, argv, &opts);

	req = read_words(argc - next, argv + next);
	th = tool_open();
	tool_check(timerheap_info(th, &info), "INFO");
	complete(&req, &info);
	carry_out(th, &req.inject);
	tool_check(timerheap_info(th, &info), "INFO");
	timerheap_close(th);
	if (opts.json)
		tool_put_json(tool_injection_json(&info));
	else
		tool_injection_print(stdout, &info);
	return tool_end_output();
}

const struct tool_command tool_inject = {
	"inject",
	"Usage: timerheap inject [--json] delay TIME | delay TIME..TIME | step TIME | off\n"
	"Make timerheap's timers late, or the wall clock that its queues publish step, on\n"
	"purpose; for all programs on this host, until it is off.  Then say what is in\n"
	"force.\n"
	"\n"
	"  delay 50us      each batch of expiries is that late, at most 10s\n"
	"  delay 0..2ms    by as much as chance has it\n"
	"  step +50ms      the wall clock, once, forward; -50ms: back\n"
	"  off             no delay, and the steps are taken back\n"
	"\n"
	"Times have a unit: ns, us, ms or s.  The safety catch: it takes CAP_SYS_ADMIN, and\n"
	"the module's parameter inject, which is off unless it was loaded with inject=1.\n",
	run,
};

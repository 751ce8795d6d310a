// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "timerheap_tool.h"

static const struct tool_command *const commands[] = {
	&tool_info,   &tool_inject, &tool_stat,	   &tool_hist,
	&tool_top,    &tool_record, &tool_heatmap, &tool_trace,
	&tool_doctor, &tool_export, &tool_run,
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	fputs("Usage: timerheap COMMAND [OPTION]...\n"
	      "Look at timerheap on this host.\n"
	      "\n"
	      "  info     the module, its limits and its clock\n"
	      "  stat     counters of each CPU\n"
	      "  hist     how late timers were\n"
	      "  top      both, live in a terminal, the latest CPU first\n"
	      "  record   write down how late each timer was, for some time\n"
	      "  heatmap  draw that: time against lateness\n"
	      "  trace    what made expiries late, and where\n"
	      "  doctor   is this host tuned, and what would make it so\n"
	      "  export   figures for Prometheus\n"
	      "  inject   make timers late, or the clock step, on purpose\n"
	      "  run      a program whose timerfds are timerheap's\n"
	      "\n"
	      "  --help, --version; timerheap COMMAND --help: its options\n"
	      "\n"
	      "Exit status: 0 done; 1 it could not be; 2 usage.  Of doctor and run: see their --help.\n",
	      out);
}

static const struct tool_command *find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	const struct tool_command *command = find(word);

	if (command)
		return command->run(argc - 1, argv + 1);
	if (!strcmp(word, "--help")) {
		usage(stdout);
		return tool_end_output();
	}
	if (!strcmp(word, "--version")) {
		puts("timerheap 0.1.0");
		return tool_end_output();
	}
	if (argc > 1)
		fprintf(stderr, "timerheap: no such command: %s\n", word);
	else
		fputs("timerheap: no command\n", stderr);
	fputs("Try: timerheap --help\n", stderr);
	return TOOL_USAGE;
}

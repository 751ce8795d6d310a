// SPDX-License-Identifier: LGPL-2.1-or-later
/* All CPUs in a terminal, the latest first. */
#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "timerheap_top.h"

#define INTERVAL_S 1
#define LINE 256

struct top {
	struct timerheap *th;
	struct tool_snapshot before;
	struct top_cpu *cpus;
	double seconds;
	bool utf8;
};

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

/* After ncurses has set its own. */
static void catch_signals(void)
{
	struct sigaction act = { .sa_handler = on_signal };

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
}

/* However the program ends. */
static void leave_terminal(void)
{
	if (!isendwin())
		endwin();
}

static void enter_terminal(void)
{
	if (!isatty(STDOUT_FILENO) || !newterm(NULL, stdout, stdin)) {
		fputs("timerheap top: this is no terminal that it knows; timerheap stat -i 1 needs none\n",
		      stderr);
		exit(TOOL_FAILED);
	}
	atexit(leave_terminal);
	cbreak();
	noecho();
	curs_set(0);
	catch_signals();
}

static void start(struct top *top)
{
	tool_snapshot_take(&top->before, top->th);
	top->cpus = calloc(top->before.count, sizeof(*top->cpus));
	tool_check(top->cpus ? 0 : -ENOMEM, "figures of CPUs");
	for (unsigned int i = 0; i < top->before.count; i++) {
		top_cpu_init(&top->cpus[i]);
		top->cpus[i].st.cpu = top->before.cpus[i].cpu;
	}
}

/* The rows are in another order than the snapshot's. */
static void update_row(struct top_cpu *row, const struct tool_snapshot *since)
{
	for (unsigned int i = 0; i < since->count; i++) {
		if (since->cpus[i].cpu != row->st.cpu)
			continue;
		top_cpu_update(row, &since->cpus[i]);
		return;
	}
}

static void update(struct top *top)
{
	struct tool_snapshot now, since;

	tool_snapshot_take(&now, top->th);
	since = tool_snapshot_since(&now, &top->before);
	for (unsigned int i = 0; i < since.count; i++)
		update_row(&top->cpus[i], &since);
	top_sort(top->cpus, since.count);
	top->seconds = (double)since.taken_ns / 1e9;
	tool_snapshot_free(&since);
	tool_snapshot_free(&top->before);
	top->before = now;
}

static void draw(const struct top *top)
{
	char line[LINE];

	erase();
	top_heading(line, sizeof(line));
	attron(A_REVERSE);
	mvaddnstr(0, 0, line, -1);
	attroff(A_REVERSE);
	for (unsigned int i = 0; i < top->before.count; i++) {
		if ((int)i + 2 >= LINES)
			break;
		top_row(line, sizeof(line), &top->cpus[i], top->seconds,
			top->utf8);
		mvaddnstr((int)i + 1, 0, line, -1);
	}
	mvaddstr(LINES - 1, 0, "q: quit");
	refresh();
}

/* A key, or a signal, ends the pause early. */
static void follow(struct top *top, unsigned int interval_s)
{
	timeout((int)interval_s * 1000);
	while (!stopped) {
		int key = getch();

		if (key == 'q' || stopped)
			return;
		update(top);
		draw(top);
	}
}

static int run(int argc, char **argv)
{
	struct tool_options opts;
	struct top top = { .seconds = 1 };

	tool_options_only(&tool_top, "i", argc, argv, &opts);
	setlocale(LC_CTYPE, "");
	top.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	top.th = tool_open();
	start(&top);
	enter_terminal();
	draw(&top);
	follow(&top, opts.interval_s ? opts.interval_s : INTERVAL_S);
	leave_terminal();
	tool_snapshot_free(&top.before);
	free(top.cpus);
	timerheap_close(top.th);
	return 0;
}

const struct tool_command tool_top = {
	"top",
	"Usage: timerheap top [-i SECONDS]\n"
	"What all queues on each CPU did in the last second, those CPUs first whose timers\n"
	"were latest, and how late they were over the last 30; in a terminal.\n"
	"\n"
	"  -i, --interval SECONDS  1 to 86400 instead of 1\n"
	"\n"
	"q, or Ctrl-C, ends it.  A step of the line is a factor of four: below 1 us, 4 us,\n"
	"16 us, 64 us, 256 us, 1 ms, 4.1 ms, and above.  For programs: timerheap stat -i.\n",
	run,
};

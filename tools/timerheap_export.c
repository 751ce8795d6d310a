// SPDX-License-Identifier: LGPL-2.1-or-later
/* timerheap export: figures for Prometheus, over HTTP or in a file. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "timerheap_export.h"

/* Prometheus' list of ports that exporters have is of 9100 and more. */
#define LISTEN "127.0.0.1:7460"

static int fail(const char *path, const char *what, int error)
{
	fprintf(stderr, "timerheap export: %s: %s: %s; %s\n", path, what,
		strerror(error),
		error == ENOENT || error == EACCES
			? "--file needs a directory that this user may write to"
			: "see errno(3)");
	return TOOL_FAILED;
}

static bool put_text(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			text += n;
			length -= (size_t)n;
		}
	}
	return true;
}

/* Whoever reads the file finds all of the old one, or of the new one. */
static int write_file(const char *path, const char *text, size_t length)
{
	char temporary[PATH_MAX];
	bool good;
	int fd;

	snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	fd = mkstemp(temporary);
	if (fd < 0)
		return fail(path, "a file beside it", errno);
	good = put_text(fd, text, length) && !fchmod(fd, 0644);
	good = !close(fd) && good && !rename(temporary, path);
	if (good)
		return 0;
	fail(path, "writing", errno);
	(void)unlink(temporary);
	return TOOL_FAILED;
}

static int write_once(const struct tool_options *opts)
{
	size_t length;
	char *text = export_collect(opts->pages, &length);
	int rc;

	tool_check(text ? 0 : -ENOMEM, "metrics");
	if (strcmp(opts->file, "-")) {
		rc = write_file(opts->file, text, length);
	} else {
		fwrite(text, 1, length, stdout);
		rc = tool_end_output();
	}
	free(text);
	return rc;
}

/* Figures that nobody renews are worse than none: the file does not stay. */
static int write_often(const struct tool_options *opts, const sigset_t *signals)
{
	const struct timespec pause = { .tv_sec = opts->interval_s };
	int rc = write_once(opts);

	while (!rc && sigtimedwait(signals, NULL, &pause) < 0)
		if (errno == EAGAIN)
			rc = write_once(opts);
	if (!rc && strcmp(opts->file, "-"))
		(void)unlink(opts->file);
	return rc;
}

static void __attribute__((noreturn)) refuse(const char *what)
{
	fprintf(stderr, "timerheap export: %s\n", what);
	tool_bad_usage(&tool_export);
}

static void check_file(const struct tool_options *opts)
{
	size_t length = strlen(opts->file);

	if (opts->listen)
		refuse("--listen or --file, not both");
	if (strcmp(opts->file, "-") &&
	    (length < 6 || strcmp(opts->file + length - 5, ".prom")))
		refuse("--file: a name that ends in .prom, as node_exporter reads no other");
	if (length + sizeof(".XXXXXX") > PATH_MAX)
		refuse("--file: too long");
}

static void catch_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	sigprocmask(SIG_BLOCK, signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int run(int argc, char **argv)
{
	struct thbeat_address at;
	struct tool_options opts;
	sigset_t signals;

	tool_options_only(&tool_export, "ifpL", argc, argv, &opts);
	if (opts.file)
		check_file(&opts);
	else if (opts.interval_s)
		refuse("-i goes with --file");
	if (!thbeat_address_parse(&at, opts.listen ? opts.listen : LISTEN))
		refuse("--listen: ADDRESS:PORT, as 0.0.0.0:7460 or [::1]:7460");
	/* It says what is wrong; later it may come and go. */
	timerheap_close(tool_open());
	if (opts.file && !opts.interval_s)
		return write_once(&opts);
	catch_signals(&signals);
	if (opts.file)
		return write_often(&opts, &signals);
	return export_serve(&at, opts.pages, &signals);
}

const struct tool_command tool_export = {
	"export",
	"Usage: timerheap export [--listen ADDRESS:PORT] [--pages DIR]\n"
	"       timerheap export --file PATH [-i SECONDS] [--pages DIR]\n"
	"Figures for Prometheus, in its text format: of each CPU, of the clock, and what\n"
	"applications that use the library published in statistics pages.\n"
	"\n"
	"  --listen ADDRESS:PORT  serve http://ADDRESS:PORT/metrics until Ctrl-C\n"
	"                         (" LISTEN ": for this host only)\n"
	"  --file PATH            write a file, for node_exporter's textfile collector,\n"
	"                         which wants .prom at its end; -: standard output\n"
	"  -i, --interval SECONDS  and again each so often, until Ctrl-C removes it\n"
	"  --pages DIR            of the pages (/run/timerheap, $XDG_RUNTIME_DIR/timerheap)\n",
	run,
};

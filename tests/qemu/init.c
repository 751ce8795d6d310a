// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID 1 of the test guest: sets up the system, loads the module, runs one
 * command, unloads the module, looks for leaks and for complaints in the
 * kernel's log, and only then writes the verdict. tests/qemu/guest builds it
 * into the initramfs and reads the verdict; called as `klog` it is the
 * checker that a test runner calls between tests.
 *
 * Files: /timerheap.ko, /params, /cmdline (NUL-separated), /allow, /options.
 * Serial lines are in the environment, which the kernel makes of its command
 * line: "output" for the command's, "report" for the verdict.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <net/if.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "klog.h"

#define MODULE_PATH "/timerheap.ko"
#define KMEMLEAK_PATH "/sys/kernel/debug/kmemleak"
#define CURRENT_CLOCKSOURCE \
	"/sys/devices/system/clocksource/clocksource0/current_clocksource"

/* kmemleak looks only at objects that are older than 5 s. */
#define KMEMLEAK_AGE_MS 5500
/* What io_uring or RCU hold of a dead process goes a little later. */
#define UNLOAD_TRIES 100
#define UNLOAD_PAUSE_MS 50

#define TAINT_DIE (1UL << 7)
#define TAINT_WARN (1UL << 9)
#define TAINT_BAD_PAGE (1UL << 5)
#define TAINT_SOFTLOCKUP (1UL << 14)

#define MAX_KEPT 32

static FILE *report;
static char kept_modules[MAX_KEPT][64]; /* loaded by us, not to be unloaded */
static int nkept;

static void sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void say(const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int fd, n;

	fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (write(fd, line, n) != n)
		fprintf(report, "log: cannot write to /dev/kmsg\n");
	close(fd);
}

/* The contents of a small file, without the newline at its end; or NULL. */
static char *read_file(const char *path, size_t *size)
{
	static char buf[65536];
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n < 0)
		return NULL;
	buf[n] = '\0';
	if (size)
		*size = n;
	if (n && buf[n - 1] == '\n')
		buf[n - 1] = '\0';
	return buf;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static bool option(const char *name)
{
	const char *options = read_file("/options", NULL);

	return options && strstr(options, name);
}

static void mount_all(void)
{
	static const struct {
		const char *type, *dir, *data;
	} mounts[] = {
		{ "devtmpfs", "/dev", NULL },
		{ "proc", "/proc", NULL },
		{ "sysfs", "/sys", NULL },
		{ "devpts", "/dev/pts", "ptmxmode=0666" },
		{ "tmpfs", "/dev/shm", NULL },
		{ "tmpfs", "/tmp", NULL },
		{ "tmpfs", "/run", NULL },
		{ "debugfs", "/sys/kernel/debug", NULL },
		{ "tracefs", "/sys/kernel/tracing", NULL },
		{ "bpf", "/sys/fs/bpf", NULL },
		{ "cgroup2", "/sys/fs/cgroup", NULL },
	};

	/* What this kernel does not have, the command will miss by itself. */
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].dir, 0755);
		mount(mounts[i].type, mounts[i].dir, mounts[i].type, 0,
		      mounts[i].data);
	}
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
}

/* There is no /dev/console for the kernel to open as these three. */
static void open_standard_files(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
}

/* Raw, so that every byte arrives as it was written. */
static int open_serial(const char *variable)
{
	const char *name = getenv(variable);
	struct termios tio;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", name ? name : "null");
	fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || tcgetattr(fd, &tio))
		return fd;
	cfmakeraw(&tio);
	cfsetspeed(&tio, B115200);
	tio.c_cflag |= CLOCAL;
	tcsetattr(fd, TCSANOW, &tio);
	return fd;
}

/*
 * The TSC is calibrated for a second after it has come into use; a change of
 * clocksource in the middle of a test would be one more thing to explain.
 */
static void wait_for_clocksource(void)
{
	for (int i = 0; i < 100; i++) {
		const char *name = read_file(CURRENT_CLOCKSOURCE, NULL);

		if (!name || strcmp(name, "tsc-early"))
			return;
		sleep_ms(30);
	}
}

static int load_module(const char *path, const char *params)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, params, 0))
		err = -errno;
	close(fd);
	return err;
}

static void keep_module(const char *path)
{
	char name[256];

	snprintf(name, sizeof(name), "%s", path);
	snprintf(kept_modules[nkept], sizeof(kept_modules[0]), "%s",
		 basename(name));
	kept_modules[nkept][strcspn(kept_modules[nkept], ".")] = '\0';
	for (char *p = kept_modules[nkept]; *p; p++)
		if (*p == '-')
			*p = '_';
	nkept++;
}

/* What the kernel needs besides, such as drivers; sorted by name. */
static int load_kernel_modules(void)
{
	int err = 0;
	glob_t g;

	if (glob("/modules/*.ko", 0, NULL, &g))
		return 0;
	for (size_t i = 0; i < g.gl_pathc && nkept < MAX_KEPT && !err; i++) {
		err = load_module(g.gl_pathv[i], "");
		if (err)
			fprintf(report, "load: %s: %s\n", g.gl_pathv[i],
				strerror(-err));
		keep_module(g.gl_pathv[i]);
	}
	globfree(&g);
	return err;
}

static int load_our_module(void)
{
	char *params;
	int err;

	if (access(MODULE_PATH, F_OK))
		return 0;
	params = read_file("/params", NULL);
	err = load_module(MODULE_PATH, params ? params : "");
	if (err)
		fprintf(report, "load: %s: %s\n", MODULE_PATH, strerror(-err));
	return err;
}

static void exec_command(int out)
{
	static char *argv[1024];
	size_t size = 0;
	char *cmd = read_file("/cmdline", &size);
	int in = open("/dev/null", O_RDONLY);
	int argc = 0;

	for (char *p = cmd; p && p < cmd + size && argc < 1023;
	     p += strlen(p) + 1)
		argv[argc++] = p;
	setsid();
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	close(in);
	if (!argc) {
		fprintf(stderr, "init: no command\n");
		_exit(127);
	}
	execvp(argv[0], argv);
	fprintf(stderr, "init: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static int run_command(int out)
{
	pid_t child, pid;
	int status;

	child = fork();
	if (child < 0)
		return 127;
	if (!child)
		exec_command(out);
	do {
		pid = waitpid(-1, &status, 0);
	} while (pid != child && (pid > 0 || errno == EINTR));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void kill_leftovers(void)
{
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

static int unload_module(const char *name)
{
	for (int i = 0; i < UNLOAD_TRIES; i++) {
		if (!syscall(SYS_delete_module, name, O_NONBLOCK))
			return 0;
		if (errno != EAGAIN && errno != EBUSY)
			break;
		sleep_ms(UNLOAD_PAUSE_MS);
	}
	return -errno;
}

static bool is_kept(const char *name)
{
	for (int i = 0; i < nkept; i++)
		if (!strcmp(name, kept_modules[i]))
			return true;
	return false;
}

/* Whatever the command loaded goes too; the list has the newest first. */
static int unload_all(void)
{
	FILE *f = fopen("/proc/modules", "re");
	char line[4096], name[64];
	int err, ret = 0;

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s", name) != 1 || is_kept(name))
			continue;
		say("init: unloading %s\n", name);
		err = unload_module(name);
		if (err) {
			fprintf(report, "unload: %s: %s\n", name,
				strerror(-err));
			ret = err;
		}
	}
	fclose(f);
	return ret;
}

static const char *check_leaks(void)
{
	const char *found;
	FILE *f;
	char line[256];
	long age_at;

	if (access(KMEMLEAK_PATH, F_OK) || option("no-leak"))
		return "unchecked";
	/*
	 * The first scan only takes the checksum of what nothing refers to,
	 * which may be of any age. It is refused once kmemleak has run out of
	 * memory.
	 */
	age_at = now_ms() + KMEMLEAK_AGE_MS;
	if (write_file(KMEMLEAK_PATH, "scan"))
		return "off";
	while (now_ms() < age_at)
		sleep_ms(50);
	if (write_file(KMEMLEAK_PATH, "scan"))
		return "off";
	found = read_file(KMEMLEAK_PATH, NULL);
	if (!found || !found[0])
		return "none";
	/* A pointer on its way in a register looks like a leak; once. */
	sleep_ms(1000);
	write_file(KMEMLEAK_PATH, "scan");
	f = fopen(KMEMLEAK_PATH, "re");
	if (!f)
		return "off";
	found = "none";
	while (fgets(line, sizeof(line), f)) {
		found = "found";
		fprintf(report, "leak: %s", line);
	}
	fclose(f);
	return found;
}

/* It turns itself off when it runs out of its tables, or after a report. */
static bool lockdep_is_off(void)
{
	const char *stats = read_file("/proc/lockdep_stats", NULL);
	const char *line = stats ? strstr(stats, "debug_locks:") : NULL;

	return line && !strtoul(line + strlen("debug_locks:"), NULL, 10);
}

static bool log_is_clean(void)
{
	unsigned long bad_taint = TAINT_DIE | TAINT_BAD_PAGE | TAINT_SOFTLOCKUP;
	const char *text = read_file("/proc/sys/kernel/tainted", NULL);
	unsigned long taint = text ? strtoul(text, NULL, 10) : 0;
	struct klog_result res;
	int err;

	err = klog_check(0, "/allow", "log: ", report, &res);
	if (err) {
		fprintf(report, "log: cannot be read: %s\n", strerror(-err));
		return false;
	}
	if (res.foreign_races)
		say("init: %u data races of the kernel's own\n",
		    res.foreign_races);
	if (!res.tolerated && lockdep_is_off()) {
		fprintf(report, "log: lockdep is off\n");
		return false;
	}
	if (!res.tolerated)
		bad_taint |= TAINT_WARN;
	if (taint & bad_taint) {
		fprintf(report, "log: the kernel is tainted: %#lx\n", taint);
		return false;
	}
	return !res.bad;
}

static void power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	const char *unload, *leak;
	bool clean;
	int out, status = 127;

	if (argc > 0 && !strcmp(basename(argv[0]), "klog"))
		return klog_main();
	if (getpid() != 1) {
		fprintf(stderr, "init: not PID 1\n");
		return 1;
	}

	mount_all();
	open_standard_files();
	out = open_serial("output");
	report = fdopen(open_serial("report"), "w");
	if (out < 0 || !report)
		power_off();
	setvbuf(report, NULL, _IOLBF, 0);
	setenv("PATH", "/bin", 1);
	setenv("HOME", "/tmp", 1);
	if (chdir("/tmp"))
		say("init: no /tmp\n");
	loopback_up();
	wait_for_clocksource();
	/* The boot was quiet; from now on the console shows everything. */
	klogctl(8, NULL, 8);

	if (!load_kernel_modules() && !load_our_module()) {
		fprintf(report, "started\n");
		say("init: running the command\n");
		status = run_command(out);
		say("init: the command ended with %d\n", status);
		tcdrain(out);
	}
	kill_leftovers();
	unload = unload_all() ? "failed" : "ok";
	leak = check_leaks();
	clean = log_is_clean();
	fprintf(report, "verdict: exit=%d log=%s unload=%s leak=%s\n", status,
		clean ? "clean" : "dirty", unload, leak);
	fflush(report);
	tcdrain(fileno(report));
	power_off();
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The service around a job that does nothing: signals, what systemd is told,
 * files that are wrong.
 */
#include "rig.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#define GOOD "[monitor]\naddress = 127.0.0.1:7400\npeer = 1\n"

/* What the job shall do, and what was done to it. */
struct script {
	struct thbeat_task task;
	int event; /* -1: there is nothing to wait for */
	int start_rc;
	int run_rc;
	int reload_rc;
	void (*on_turn)(int turn);

	int started;
	int turns;
	int reloads;
	int stopped;
};

static struct script script;

static bool given(const struct thbeat_config *config)
{
	return config->monitor.given;
}

static int start(struct thbeat_task *task, char *why)
{
	script.started++;
	strcpy(why, "no luck");
	thbeat_output_say(&task->out, "started", NULL, "started");
	return script.start_rc;
}

static unsigned int set_poll(struct thbeat_task *task, struct pollfd *fds)
{
	(void)task;
	fds[0] = (struct pollfd){ .fd = script.event, .events = POLLIN };
	return script.event >= 0;
}

static int run(struct thbeat_task *task, const struct pollfd *fds)
{
	(void)task;
	assert_int_equal(fds[0].revents, script.event < 0 ? 0 : POLLIN);
	if (script.on_turn)
		script.on_turn(script.turns);
	script.turns++;
	return script.run_rc;
}

static int reload(struct thbeat_task *task, struct thbeat_config *fresh,
		  char *why)
{
	struct thbeat_config old = task->config;

	script.reloads++;
	strcpy(why, "not now");
	if (script.reload_rc)
		return script.reload_rc;
	task->config = *fresh;
	*fresh = old;
	return 0;
}

static void describe(struct thbeat_task *task, char *text, size_t size)
{
	(void)task;
	snprintf(text, size, "%d reloads", script.reloads);
}

static void stop(struct thbeat_task *task)
{
	(void)task;
	script.stopped++;
}

static const struct thbeat_job job = {
	.section = "monitor",
	.given = given,
	.start = start,
	.poll = set_poll,
	.run = run,
	.reload = reload,
	.describe = describe,
	.stop = stop,
};

static int notified = -1;

/* systemd's end of the socket. */
static int set_up(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length = sizeof(address);

	(void)state;
	memset(&script, 0, sizeof(script));
	script.event = eventfd(1, EFD_CLOEXEC);
	rig_task(&script.task, &job);
	rig_write(GOOD);
	notified = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	/* The system finds it a name. */
	if (bind(notified, (void *)&address, sizeof(sa_family_t)) ||
	    getsockname(notified, (void *)&address, &length))
		return -1;
	address.sun_path[0] = '@';
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	unsetenv("WATCHDOG_USEC");
	return 0;
}

static int tear_down(void **state)
{
	sigset_t none;

	(void)state;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (script.event >= 0)
		close(script.event);
	close(notified);
	fclose(script.task.out.file);
	free(rig_text);
	return 0;
}

/* The next thing that it was told; "": nothing more. */
static const char *told(void)
{
	static char text[300];
	ssize_t n = recv(notified, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void end_at_once(int turn)
{
	(void)turn;
	raise(SIGTERM);
}

static void until_a_signal(void **state)
{
	(void)state;
	script.on_turn = end_at_once;
	assert_int_equal(thbeat_service(&script.task), 0);
	assert_int_equal(script.started, 1);
	assert_int_equal(script.turns, 1);
	assert_int_equal(script.stopped, 1);
	assert_string_equal(rig_said(&script.task), "started\n");
	assert_string_equal(told(), "READY=1\nSTATUS=0 reloads");
	assert_string_equal(told(), "STOPPING=1");
	assert_string_equal(told(), "");
}

static void interrupt(int turn)
{
	if (turn == 2)
		raise(SIGINT);
}

/* What was said is out before it waits: who reads it may wait for that. */
static void said_is_out(int turn)
{
	(void)turn;
	assert_string_equal(rig_text + 25, "started\n");
	raise(SIGINT);
}

static void other_ends(void **state)
{
	(void)state;
	script.on_turn = interrupt;
	assert_int_equal(thbeat_service(&script.task), 0);
	assert_int_equal(script.turns, 3);
	script.on_turn = said_is_out;
	rewind(script.task.out.file);
	assert_int_equal(thbeat_service(&script.task), 0);
}

static void reload_then_end(int turn)
{
	raise(turn ? SIGTERM : SIGHUP);
}

static void reloads(void **state)
{
	unsigned long long at = 0;
	char *end;

	(void)state;
	script.on_turn = reload_then_end;
	assert_int_equal(thbeat_service(&script.task), 0);
	assert_int_equal(script.reloads, 1);
	told();
	assert_int_equal(
		sscanf(told(), "RELOADING=1\nMONOTONIC_USEC=%llu", &at), 1);
	assert_true(at > 0);
	assert_string_equal(told(), "READY=1\nSTATUS=1 reloads");
	assert_string_equal(told(), "STOPPING=1");
	end = strchr(rig_said(&script.task), '\n');
	assert_string_equal(end, "\n");
}

static void spoil_and_reload(int turn)
{
	if (!turn)
		rig_write("[monitor]\nfailures = many\n");
	reload_then_end(turn);
}

/* Nothing is taken over of a file that is wrong. */
static void a_file_that_is_wrong(void **state)
{
	char want[300];

	(void)state;
	script.on_turn = spoil_and_reload;
	assert_int_equal(thbeat_service(&script.task), 0);
	assert_int_equal(script.reloads, 0);
	assert_int_equal(script.turns, 2);
	sprintf(want,
		"started\nnot reloaded: %s: line 2: many: not a value with its "
		"unit\n",
		rig_path);
	assert_string_equal(rig_said(&script.task), want);
	told();
	told();
	assert_string_equal(told(), "READY=1\nSTATUS=0 reloads");
}

static void empty_and_reload(int turn)
{
	if (!turn)
		rig_write("[sender]\nnode = 1\ntarget = 192.0.2.1:1\n");
	reload_then_end(turn);
}

static void a_section_that_is_missing(void **state)
{
	char want[300];

	(void)state;
	script.on_turn = empty_and_reload;
	assert_int_equal(thbeat_service(&script.task), 0);
	sprintf(want,
		"started\nnot reloaded: %s: it has no section [monitor]\n",
		rig_path);
	assert_string_equal(rig_said(&script.task), want);
	/* From the start, that is the end. */
	script.started = 0;
	assert_int_equal(thbeat_service(&script.task), 2);
	assert_int_equal(script.started, 0);
	rig_write("[monitor]\nfoo = 1\n");
	assert_int_equal(thbeat_service(&script.task), 2);
	assert_int_equal(script.started, 0);
}

static void a_job_that_refuses(void **state)
{
	(void)state;
	script.on_turn = reload_then_end;
	script.reload_rc = 1;
	assert_int_equal(thbeat_service(&script.task), 0);
	assert_string_equal(rig_said(&script.task),
			    "started\nnot reloaded: not now\n");
	script.turns = 0;
	script.reload_rc = -EUCLEAN;
	assert_int_equal(thbeat_service(&script.task), 1);
	assert_int_equal(script.turns, 1);
	assert_int_equal(script.stopped, 2);
}

static void a_job_that_fails(void **state)
{
	(void)state;
	script.start_rc = -EUCLEAN;
	assert_int_equal(thbeat_service(&script.task), 1);
	assert_int_equal(script.turns, 0);
	assert_string_equal(told(), "");
	script.start_rc = 0;
	script.run_rc = -EUCLEAN;
	assert_int_equal(thbeat_service(&script.task), 1);
	assert_int_equal(script.turns, 1);
}

static void end_after_five(int turn)
{
	if (turn == 4)
		raise(SIGTERM);
}

/* Nothing but the watchdog's time wakes it. */
static void the_watchdog(void **state)
{
	int pings = 0;
	const char *text;

	(void)state;
	setenv("WATCHDOG_USEC", "20000", 1);
	close(script.event);
	script.event = -1;
	script.on_turn = end_after_five;
	assert_int_equal(thbeat_service(&script.task), 0);
	assert_int_equal(script.turns, 5);
	for (text = told(); *text; text = told())
		pings += !strcmp(text, "WATCHDOG=1");
	assert_in_range(pings, 4, 5);
}

/* One that comes to no end of a turn does not ping. */
static void no_watchdog(void **state)
{
	const char *text;

	(void)state;
	setenv("WATCHDOG_USEC", "1", 1);
	script.run_rc = -EUCLEAN;
	assert_int_equal(thbeat_service(&script.task), 1);
	for (text = told(); *text; text = told())
		assert_string_not_equal(text, "WATCHDOG=1");
}

static void a_full_disk(void **state)
{
	FILE *file = script.task.out.file;

	(void)state;
	script.task.out.file = fopen("/dev/full", "w");
	assert_non_null(script.task.out.file);
	assert_int_equal(thbeat_service(&script.task), 1);
	assert_int_equal(script.turns, 0);
	assert_int_equal(script.stopped, 1);
	fclose(script.task.out.file);
	script.task.out.file = file;
}

#define STUB_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STUB_TEST(until_a_signal),
		STUB_TEST(other_ends),
		STUB_TEST(reloads),
		STUB_TEST(a_file_that_is_wrong),
		STUB_TEST(a_section_that_is_missing),
		STUB_TEST(a_job_that_refuses),
		STUB_TEST(a_job_that_fails),
		STUB_TEST(the_watchdog),
		STUB_TEST(no_watchdog),
		STUB_TEST(a_full_disk),
	};

	return RIG_RUN(tests);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a monitor tells those who ask, in pieces; and how that is shown. */
#include "rig.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "thbeat_query.h"
#include "thbeat_status_json.h"

#define PATH "/tmp/thbeat_status_test.sock"
#define PEERS 200

static struct thbeat_status st;
static struct thb_monitor *m;

static void open_with(uint32_t peers)
{
	struct thb_monitor_opts opts;

	thb_monitor_opts_init(&opts);
	assert_int_equal(thb_monitor_open(&m, &opts), 0);
	for (uint64_t node = peers; node; node--)
		assert_int_equal(thb_monitor_add(m, node, NULL, 0, NULL), 0);
	unlink(PATH);
	memset(&st, 0x5A, sizeof(st));
	assert_int_equal(thbeat_status_open(&st, PATH), 0);
}

static void close_all(void)
{
	thbeat_status_close(&st);
	assert_int_equal(access(PATH, F_OK), -1);
	thbeat_status_close(&st);
	thb_monitor_close(m);
}

static int ask(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX,
				       .sun_path = PATH };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (void *)&address, sizeof(address)), 0);
	return fd;
}

/* As the monitor's loop does. */
static void turn(void)
{
	struct pollfd fds[1 + THBEAT_CLIENTS];
	unsigned int count = thbeat_status_poll(&st, fds);

	assert_in_range(count, 1, COUNT(fds));
	assert_true(poll(fds, count, 0) >= 0);
	thbeat_status_run(&st, fds, m);
}

static unsigned int clients(void)
{
	struct pollfd fds[1 + THBEAT_CLIENTS];

	return thbeat_status_poll(&st, fds) - 1;
}

/* All that comes until the end; while it is read, the monitor goes on. */
static json_t *answer_of(int fd)
{
	char *text = NULL, piece[1000];
	size_t length = 0;
	json_t *answer;
	FILE *file;
	ssize_t n;

	for (;;) {
		turn();
		n = recv(fd, piece, sizeof(piece), MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			continue;
		if (n <= 0)
			break;
		text = realloc(text, length + (size_t)n);
		assert_non_null(text);
		memcpy(text + length, piece, (size_t)n);
		length += (size_t)n;
	}
	close(fd);
	file = length ? fmemopen(text, length, "r") : fopen("/dev/null", "r");
	assert_non_null(file);
	answer = thbeat_query_read(file);
	fclose(file);
	free(text);
	return answer;
}

static json_int_t number(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

/* All peers, in order, whatever the order they are kept in. */
static void all_peers(void **state)
{
	json_t *answer, *monitor, *peers, *peer;
	char node[30];
	size_t i;

	(void)state;
	open_with(PEERS);
	answer = answer_of(ask());
	assert_non_null(answer);
	assert_int_equal(clients(), 0);
	monitor = json_object_get(answer, "monitor");
	assert_int_equal(number(monitor, "peers"), PEERS);
	assert_int_equal(number(json_object_get(monitor, "states"), "idle"),
			 PEERS);
	peers = json_object_get(answer, "peers");
	assert_int_equal(json_array_size(peers), PEERS);
	json_array_foreach(peers, i, peer)
	{
		sprintf(node, "%zu", i + 1);
		assert_string_equal(
			json_string_value(json_object_get(peer, "node")), node);
	}
	json_decref(answer);
	close_all();
}

static void beat(uint64_t node, uint64_t sequence)
{
	struct thb__packet p = rig_beat(node, sequence);

	p.health = THB_LIVE | THB_ABLE;
	p.load_milli = 250;
	fake_net_put(&p, 5000);
	assert_true(thb_monitor_run(m) >= 0);
}

static void figures(void **state)
{
	json_t *answer, *monitor, *peer;

	(void)state;
	open_with(2);
	beat(1, 1);
	beat(1, 2);
	beat(1, 2);
	beat(99, 1);
	answer = answer_of(ask());
	monitor = json_object_get(answer, "monitor");
	assert_int_equal(number(monitor, "beats"), 2);
	assert_int_equal(number(monitor, "packets"), 4);
	assert_int_equal(number(monitor, "unknown"), 1);
	assert_int_equal(number(json_object_get(monitor, "timer"), "max_ns"),
			 400000);
	assert_true(number(monitor, "uptime_ns") > 0);
	peer = json_array_get(json_object_get(answer, "peers"), 0);
	assert_string_equal(json_string_value(json_object_get(peer, "state")),
			    "alive");
	assert_string_equal(
		json_string_value(json_object_get(peer, "incarnation")), "3");
	assert_int_equal(number(peer, "beats"), 2);
	assert_int_equal(number(peer, "duplicate"), 1);
	assert_int_equal(number(peer, "load_milli"), 250);
	assert_int_equal(number(peer, "interval_ns"), INTERVAL);
	assert_true(number(peer, "silent_ns") >= 0);
	assert_true(json_real_value(
			    json_object_get(peer, "missed_per_minute")) == 0);
	assert_true(json_is_true(json_object_get(peer, "live")));
	assert_true(json_is_false(json_object_get(peer, "ready")));
	assert_true(json_is_true(json_object_get(peer, "able")));
	peer = json_array_get(json_object_get(answer, "peers"), 1);
	assert_true(json_is_null(json_object_get(peer, "silent_ns")));
	json_decref(answer);
	close_all();
}

/* One who reads nothing costs the others nothing, and gives way in the end. */
static void those_who_hang(void **state)
{
	int fds[THBEAT_CLIENTS + 1];
	json_t *answer;
	char byte;

	(void)state;
	open_with(PEERS);
	for (int i = 0; i < THBEAT_CLIENTS; i++) {
		fds[i] = ask();
		turn();
	}
	for (int i = 0; i < 1000; i++)
		turn();
	assert_int_equal(clients(), THBEAT_CLIENTS);
	answer = answer_of(ask());
	assert_non_null(answer);
	json_decref(answer);
	/* The first of them is the one that was there the longest. */
	assert_int_equal(clients(), THBEAT_CLIENTS - 1);
	while (recv(fds[0], &byte, 1, MSG_DONTWAIT) == 1)
		;
	assert_int_equal(recv(fds[0], &byte, 1, MSG_DONTWAIT), 0);
	for (int i = 0; i < THBEAT_CLIENTS; i++)
		close(fds[i]);
	for (int i = 0; i < 3; i++)
		turn();
	assert_int_equal(clients(), 0);
	close_all();
}

/* Peers were removed: what is told is not all, and the reader sees it. */
static void not_all(void **state)
{
	int fd;

	(void)state;
	open_with(PEERS);
	fd = ask();
	turn();
	turn();
	assert_int_equal(clients(), 1);
	thbeat_status_drop(&st);
	assert_int_equal(clients(), 0);
	assert_null(answer_of(fd));
	close_all();
}

static json_t *read_text(const char *text)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	json_t *answer;

	assert_non_null(file);
	answer = thbeat_query_read(file);
	fclose(file);
	return answer;
}

static void other_answers(void **state)
{
	static const char *const bad[] = {
		"\n",
		"HTTP/1.1 400 Bad Request\n",
		"{\"monitor\":{}}\n",
		"{\"end\":{\"peers\":0}}\n",
		"{\"monitor\":{}}\n{\"end\":{\"peers\":1}}\n",
		"{\"monitor\":{}}\n{\"peer\":{}}\n{\"end\":{\"peers\":0}}\n",
		"{\"monitor\":{}}\n{\"end\":{\"peers\":0}}\n{\"peer\":{}}\n",
		"{\"monitor\":{}}\n{\"else\":{}}\n{\"end\":{\"peers\":0}}\n",
		"[]\n",
	};
	json_t *answer;

	(void)state;
	for (unsigned int i = 0; i < COUNT(bad); i++)
		assert_null(read_text(bad[i]));
	answer = read_text("{\"monitor\":{}}\n{\"end\":{\"peers\":0}}\n");
	assert_non_null(answer);
	json_decref(answer);
}

static void places(void **state)
{
	struct thbeat_status other;
	struct stat info;

	(void)state;
	open_with(1);
	assert_int_equal(stat(PATH, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0660);
	assert_int_equal(thbeat_status_open(&other, PATH), -EADDRINUSE);
	assert_int_equal(other.listener, -1);
	thbeat_status_close(&other);
	assert_int_equal(access(PATH, F_OK), 0);
	/* As one leaves it who is killed. */
	close(st.listener);
	assert_int_equal(thbeat_status_open(&st, PATH), 0);
	close_all();
	/* What is no socket stays. */
	assert_int_equal(close(open(PATH, O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(thbeat_status_open(&st, PATH), -EADDRINUSE);
	assert_int_equal(unlink(PATH), 0);
	assert_int_equal(thbeat_status_open(&st, "/tmp/thbeat_status_test/a"),
			 0);
	thbeat_status_close(&st);
	assert_int_equal(rmdir("/tmp/thbeat_status_test"), 0);
	assert_int_equal(thbeat_status_open(&st, "/tmp/thbeat_none/a/b"),
			 -ENOENT);
}

/* Two peers that missed as much, one of them watched for half as long. */
static void rates(void **state)
{
	struct thb_peer_info info = {
		.state = THB_ALIVE,
		.watched_ns = 60 * SEC,
		.stats.missed = 6,
	};
	json_t *line = thbeat_status_peer(&info, 180 * SEC);

	(void)state;
	assert_true(
		json_real_value(json_object_get(json_object_get(line, "peer"),
						"missed_per_minute")) == 3);
	json_decref(line);
	info.watched_ns = 120 * SEC;
	line = thbeat_status_peer(&info, 180 * SEC);
	assert_true(
		json_real_value(json_object_get(json_object_get(line, "peer"),
						"missed_per_minute")) == 6);
	json_decref(line);
	line = thbeat_status_peer(&info, info.watched_ns);
	assert_true(
		json_real_value(json_object_get(json_object_get(line, "peer"),
						"missed_per_minute")) == 0);
	json_decref(line);
}

/* A table has a line for each peer, and says what is not as it should be. */
static void the_table(void **state)
{
	char *text = NULL;
	size_t length;
	FILE *file;
	json_t *answer;

	(void)state;
	open_with(2);
	beat(1, 1);
	beat(99, 1);
	answer = answer_of(ask());
	file = open_memstream(&text, &length);
	assert_non_null(file);
	thbeat_query_show(file, answer);
	fclose(file);
	assert_non_null(strstr(text, "monitor at 0.0.0.0:0, up 0 d 00:00:0"));
	assert_non_null(strstr(text, "\npeers 2: 1 idle 1 alive\n"));
	assert_non_null(strstr(text, "\nbeats 1, missed 0 (0.0 a minute), "));
	assert_non_null(strstr(text, "\npackets 2, 1 unknown\n"));
	assert_non_null(strstr(text, "\n                   1 alive      l-a "));
	assert_non_null(strstr(text,
			       "\n                   2 idle       --- "
			       "     never"));
	free(text);
	json_decref(answer);
	close_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(all_peers),	  RIG_TEST(figures),
		RIG_TEST(those_who_hang), RIG_TEST(not_all),
		RIG_TEST(other_answers),  RIG_TEST(places),
		RIG_TEST(rates),	  RIG_TEST(the_table),
	};

	return RIG_RUN(tests);
}

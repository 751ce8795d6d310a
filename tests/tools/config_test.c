// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the service's file may say, and what is said of one that is wrong. */
#include "suite.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <unistd.h>

#include "thbeat_config.h"

#define SENDER "[sender]\nnode = 7\ntarget = 192.0.2.1:7400\n"
#define MONITOR "[monitor]\naddress = 0.0.0.0:7400\npeer = 1\n"

static struct thbeat_config config;
static char why[512];

static int read_text(const char *text)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	int rc;

	assert_non_null(file);
	memset(&config, 0x5A, sizeof(config));
	memset(why, 'x', sizeof(why));
	rc = thbeat_config_read(&config, file, why, sizeof(why));
	fclose(file);
	return rc;
}

static void assert_address(const struct thbeat_address *a, const char *text)
{
	char printed[THBEAT_ADDRESS];

	thbeat_address_print(a, printed);
	assert_string_equal(printed, text);
}

static void a_sender(void **state)
{
	const struct thbeat_sender *s = &config.sender;

	(void)state;
	assert_int_equal(read_text("[sender]\n"
				   "node = 18446744073709551615\n"
				   "address = 192.0.2.9:0\n"
				   "interval = 250ms\n"
				   "interval_fixed = 0\n"
				   "weight_load = 0.1\n"
				   "floor = 0.25\n"
				   "ask_every = 3\n"
				   "retry = 50ms\n"
				   "retry_most = 1m\n"
				   "target = 192.0.2.1:7400 ; the first\n"
				   "target = 192.0.2.1:7401\n"),
			 0);
	assert_true(s->given && !config.monitor.given);
	assert_int_equal(s->node, UINT64_MAX);
	assert_address(&s->from, "192.0.2.9:0");
	assert_int_equal(s->pace.base_ns, 250 * MS);
	assert_int_equal(s->pace.fixed, 0);
	assert_int_equal(s->pace.load_milli, 100);
	assert_int_equal(s->pace.floor_milli, 250);
	assert_int_equal(s->ask_every, 3);
	assert_int_equal(s->retry_ns, 50 * MS);
	assert_int_equal(s->retry_most_ns, 60 * SEC);
	assert_int_equal(s->target_count, 2);
	assert_address(&s->targets[0], "192.0.2.1:7400");
	assert_address(&s->targets[1], "192.0.2.1:7401");
}

static void defaults(void **state)
{
	struct thb_sender_opts sender;
	struct thb_monitor_opts monitor;

	(void)state;
	thb_sender_opts_init(&sender);
	thb_monitor_opts_init(&monitor);
	assert_int_equal(read_text(SENDER MONITOR), 0);
	assert_int_equal(config.sender.pace.base_ns, sender.pace.base_ns);
	assert_int_equal(config.sender.pace.fixed, 1);
	assert_int_equal(config.sender.from.length, 0);
	assert_int_equal(config.sender.retry_ns, sender.retry_ns);
	assert_int_equal(config.sender.ask_every, sender.ask_every);
	assert_int_equal(config.monitor.max_peers, monitor.max_peers);
	assert_int_equal(config.monitor.receive_bytes, monitor.receive_bytes);
	assert_int_equal(config.monitor.accept, 0);
	assert_memory_equal(&config.monitor.settings, &monitor.settings,
			    sizeof(monitor.settings));
	assert_string_equal(config.monitor.status, THBEAT_SOCKET);
	thbeat_config_free(&config);
}

/* Peers are put in order. */
static void a_monitor(void **state)
{
	const struct thbeat_monitor *m = &config.monitor;

	(void)state;
	assert_int_equal(read_text("[monitor]\n"
				   "address = [::]:7400\n"
				   "policy = phi\n"
				   "phi = 9.5\n"
				   "failures = 2\n"
				   "first = 30s\n"
				   "sequences = 128\n"
				   "accept = 1\n"
				   "max_peers = 3\n"
				   "receive_bytes = 65536\n"
				   "status = /tmp/x y\n"
				   "peer = 30 \t [2001:db8::1]:7400\n"
				   "peer = 4\n"
				   "peer = 12 192.0.2.1:7400 ; v4\n"),
			 0);
	assert_true(m->given && !config.sender.given);
	assert_address(&m->listen, "[::]:7400");
	assert_int_equal(m->settings.policy, THB_PHI);
	assert_int_equal(m->settings.phi_milli, 9500);
	assert_int_equal(m->settings.failures, 2);
	assert_int_equal(m->settings.first_ns, 30 * SEC);
	assert_int_equal(m->settings.sequences, 128);
	assert_int_equal(m->accept, 1);
	assert_int_equal(m->max_peers, 3);
	assert_int_equal(m->receive_bytes, 65536);
	assert_string_equal(m->status, "/tmp/x y");
	assert_int_equal(m->peer_count, 3);
	assert_int_equal(m->peers[0].node, 4);
	assert_int_equal(m->peers[0].address.length, 0);
	assert_int_equal(m->peers[1].node, 12);
	/* As the one socket of IPv6 has to send to it. */
	assert_address(&m->peers[1].address, "[::ffff:192.0.2.1]:7400");
	assert_int_equal(m->peers[2].node, 30);
	assert_address(&m->peers[2].address, "[2001:db8::1]:7400");
	thbeat_config_free(&config);
}

static void both_kinds_of_targets(void **state)
{
	const struct thbeat_sender *s = &config.sender;

	(void)state;
	assert_int_equal(read_text(SENDER "target = [2001:db8::1]:1\n"), 0);
	assert_address(&s->from, "[::]:0");
	assert_address(&s->targets[0], "[::ffff:192.0.2.1]:7400");
	assert_address(&s->targets[1], "[2001:db8::1]:1");
	assert_int_equal(
		read_text(SENDER "target = [::1]:1\naddress = [::1]:9\n"), 0);
	assert_address(&s->from, "[::1]:9");
}

static void mistakes(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{ "node = 1\n", "line 1: node: before the first [section]" },
		{ "[peer]\n", "line 1: peer: not [sender] or [monitor]" },
		{ "[sender]\nnode = 0\n",
		  "line 2: 0: not a node: 1 to 18446744073709551615" },
		{ "[sender]\nnode = -1\n",
		  "line 2: -1: not a node: 1 to 18446744073709551615" },
		{ "[sender]\nnode = 18446744073709551616\n",
		  "line 2: 18446744073709551616: not a node: 1 to "
		  "18446744073709551615" },
		{ "[sender]\nnode = 1x\n",
		  "line 2: 1x: not a node: 1 to 18446744073709551615" },
		{ "[sender]\nfoo = 1\n", "line 2: foo: no such key" },
		{ "[sender]\npolicy = phi\n", "line 2: policy: no such key" },
		{ "[sender]\nretry = 1us\n", "line 2: retry: out of range" },
		{ "[monitor]\ninterval = 1s\n",
		  "line 2: interval: no such key" },
		{ "[monitor]\npolicy = naive\n",
		  "line 2: naive: not fixed, rtt or phi" },
		{ "[monitor]\naccept = 2\n", "line 2: accept: out of range" },
		{ "[monitor]\npublish = a b\n",
		  "line 2: a b: not 1 to 63 letters, digits and - _ ." },
		{ "[monitor]\nstatus = here\n",
		  "line 2: here: not a path from / on, or one too long" },
		{ "[monitor]\npeer = one\n",
		  "line 2: one: not a node: 1 to 18446744073709551615" },
		{ "[monitor]\npeer =\n",
		  "line 2: : not a node: 1 to 18446744073709551615" },
		{ "[sender]\n\n", "[sender]: \"node = NUMBER\" is missing" },
		{ "[sender]\nnode = 1\n",
		  "[sender]: \"target = ADDRESS:PORT\" is missing: of a monitor" },
		{ SENDER "target = 192.0.2.1:7400\n",
		  "line 4: 192.0.2.1:7400: this target is given twice" },
		{ SENDER "retry_most = 1ms\n",
		  "[sender]: retry is more than retry_most" },
		{ SENDER "address = 192.0.2.2:0\ntarget = [::1]:7400\n",
		  "[sender]: address is of IPv4, and a target of IPv6" },
		{ SENDER "interval = 1m\ninterval_fixed = 0\n",
		  "[sender]: interval is more than interval_most" },
		{ "[monitor]\npeer = 1\n",
		  "[monitor]: \"address = ADDRESS:PORT\" is missing: where to "
		  "listen, such as 0.0.0.0:7400" },
		{ "[monitor]\naddress = 0.0.0.0:1\n",
		  "[monitor]: nobody to watch: add \"peer = NODE\", or "
		  "\"accept = 1\"" },
		{ MONITOR "peer = 2\nmax_peers = 1\n",
		  "[monitor]: there are more peers than max_peers" },
		{ MONITOR "peer = 2\npeer = 2\npeer = 1 192.0.2.1:1\n",
		  "line 5: this peer is given twice" },
		{ MONITOR "peer = 2 [::1]:7400\n",
		  "[monitor]: address is of IPv4, and a peer's of IPv6" },
		{ MONITOR "window = 2\n",
		  "[monitor]: window_seen is more than window" },
	};

	(void)state;
	for (unsigned int i = 0; i < COUNT(bad); i++) {
		assert_int_equal(read_text(bad[i].text), -1);
		assert_string_equal(why, bad[i].why);
		assert_null(config.monitor.peers);
	}
}

static void addresses(void **state)
{
	static const char *const good[] = {
		"0.0.0.0:0",	       "255.255.255.255:65535", "[::]:1",
		"[2001:db8::ff]:7400", "[fe80::1%lo]:7400",
	};
	static const char *const bad[] = {
		"",
		":1",
		"192.0.2.1",
		"192.0.2.1:",
		"192.0.2.1:x",
		"192.0.2.1:-1",
		"192.0.2.1:+1",
		"192.0.2.1:65536",
		"192.0.2.1: 1",
		"::1:7400",
		"[::1]",
		"[::1]7400",
		"[192.0.2.1]:1",
		"[]:1",
		"[::1:7400",
		"example.org:1",
		"localhost:1",
		"1.2.3.4:000001",
		"[fe80::1%nolink]:1",
	};
	struct thbeat_address a;

	(void)state;
	for (unsigned int i = 0; i < COUNT(good); i++) {
		assert_true(thbeat_address_parse(&a, good[i]));
		assert_address(&a, good[i]);
	}
	for (unsigned int i = 0; i < COUNT(bad); i++)
		if (thbeat_address_parse(&a, bad[i]))
			fail_msg("an address: %s", bad[i]);
}

static void too_many_targets(void **state)
{
	char text[4096] = "[sender]\nnode = 1\n";

	(void)state;
	for (int i = 1; i <= THB_TARGETS + 1; i++)
		sprintf(text + strlen(text), "target = 192.0.2.1:%d\n", i);
	assert_int_equal(read_text(text), -1);
	assert_string_equal(why, "line 35: 192.0.2.1:33: more than 32 targets");
}

static void many_peers(void **state)
{
	size_t length = 0;
	char *text = malloc(1 << 20);

	(void)state;
	assert_non_null(text);
	length += (size_t)sprintf(text,
				  "[monitor]\naddress = 0.0.0.0:1\n"
				  "max_peers = 20000\n");
	for (int i = 20000; i > 0; i--)
		length += (size_t)sprintf(text + length, "peer = %d\n", i);
	assert_int_equal(read_text(text), 0);
	assert_int_equal(config.monitor.peer_count, 20000);
	for (uint64_t i = 0; i < 20000; i++)
		assert_int_equal(config.monitor.peers[i].node, i + 1);
	thbeat_config_free(&config);
	free(text);
}

/* What makes another sender or monitor of it. */
static void what_is_the_same(void **state)
{
	static const char *const others[] = {
		"[sender]\nnode = 8\n",
		"[sender]\naddress = 192.0.2.2:0\n",
		"[sender]\ninterval = 1s\n",
		"[sender]\ngain = 1\n",
		"[sender]\nask_every = 1\n",
		"[sender]\nretry = 5ms\n",
		"[sender]\npublish = s\n",
		"[monitor]\naddress = 0.0.0.0:7401\n",
		"[monitor]\npolicy = rtt\n",
		"[monitor]\nfailures = 4\n",
		"[monitor]\nlate = 1s\n",
		"[monitor]\naccept = 1\n",
		"[monitor]\nmax_peers = 9\n",
		"[monitor]\nreceive_bytes = 9\n",
		"[monitor]\nstatus = /tmp/other\n",
		"[monitor]\npublish = m\n",
	};
	struct thbeat_config base;
	char text[400];

	(void)state;
	assert_int_equal(read_text(SENDER MONITOR), 0);
	base = config;
	assert_int_equal(
		read_text(SENDER "target = 192.0.2.1:1\n" MONITOR "peer = 5\n"),
		0);
	assert_true(thbeat_config_same_sender(&base.sender, &config.sender));
	assert_true(thbeat_config_same_monitor(&base.monitor, &config.monitor));
	thbeat_config_free(&config);
	for (unsigned int i = 0; i < COUNT(others); i++) {
		sprintf(text, SENDER MONITOR "%s", others[i]);
		assert_int_equal(read_text(text), 0);
		assert_int_equal(
			thbeat_config_same_sender(&base.sender, &config.sender),
			strncmp(others[i], "[sender]", 8) != 0);
		assert_int_equal(thbeat_config_same_monitor(&base.monitor,
							    &config.monitor),
				 strncmp(others[i], "[monitor]", 9) != 0);
		thbeat_config_free(&config);
	}
	thbeat_config_free(&base);
}

static void from_a_path(void **state)
{
	char path[] = "/tmp/config_test.XXXXXX";
	int fd = mkstemp(path);
	char want[200];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "[sender]\nnode = x\n", 18), 18);
	assert_int_equal(close(fd), 0);
	assert_int_equal(thbeat_config_load(&config, path, why, sizeof(why)),
			 -1);
	sprintf(want, "%s: line 2: x: not a node: 1 to 18446744073709551615",
		path);
	assert_string_equal(why, want);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(thbeat_config_load(&config, path, why, sizeof(why)),
			 -1);
	sprintf(want, "%s: No such file or directory", path);
	assert_string_equal(why, want);
	assert_int_equal(thbeat_config_load(&config, "/tmp", why, sizeof(why)),
			 -1);
	assert_string_equal(why, "/tmp: Is a directory");
}

/* Those that come with thbeat. */
static void examples(void **state)
{
	(void)state;
	assert_int_equal(thbeat_config_load(&config, EXAMPLES "/sender.ini",
					    why, sizeof(why)),
			 0);
	assert_true(config.sender.given);
	thbeat_config_free(&config);
	assert_int_equal(thbeat_config_load(&config, EXAMPLES "/monitor.ini",
					    why, sizeof(why)),
			 0);
	assert_int_equal(config.monitor.peer_count, 3);
	thbeat_config_free(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sender),		TEST(defaults),
		TEST(a_monitor),	TEST(both_kinds_of_targets),
		TEST(mistakes),		TEST(addresses),
		TEST(too_many_targets), TEST(many_peers),
		TEST(what_is_the_same), TEST(from_a_path),
		TEST(examples),
	};

	return RUN(tests);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file of thbeat send and monitor: whatever stands in it, it is refused with
 * a line that says where, or everything in it is within the bounds that the
 * manual has, and the library's functions would take it.
 */
#include "fuzz.h"
#include "text.h"

#include "thbeat_config.h"

#define SEC 1000000000ULL

static const char *const words[32] = {
	"[sender]\n",	 "[monitor]\n", "node=",       "address=",
	"target =",	 "peer =",	"peer=1\n",    "peer = 2 ",
	"192.0.2.1:7\n", "[::1]:7\n",	"0.0.0.0:1\n", "interval=",
	"retry =",	 "retry_most=", "accept=1\n",  "max_peers=",
	"status=/",	 "policy=",	"failures=",   "window=",
	"least=",	 "most=",	"1",	       "0",
	"ms\n",		 "s\n",		"\n",	       "\xEF\xBB\xBF",
	"phi\n",	 "rtt\n",	"fixed\n",     "interval_fixed=0\n",
};

static int read_text(struct thbeat_config *c, const char *text, char *why,
		     size_t size)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	int rc;

	CHECK(file);
	memset(c, 0x5A, sizeof(*c));
	memset(why, 0x5A, size);
	rc = thbeat_config_read(c, file, why, size);
	fclose(file);
	return rc;
}

static void verify_complaint(const char *text, const char *why, size_t size)
{
	unsigned int line = 0;
	const char *c;

	CHECK(memchr(why, 0, size));
	for (c = why; *c; c++)
		CHECK(*c >= ' ' && *c <= '~');
	if (sscanf(why, "line %u: ", &line) == 1)
		CHECK(line >= 1 && line <= text_lines(text));
	else
		CHECK(!strncmp(why, "[sender]: ", 10) ||
		      !strncmp(why, "[monitor]: ", 11));
}

/* It is printed as it can be read again, and is of the kind that is wanted. */
static void verify_address(const struct thbeat_address *a, int family)
{
	struct thbeat_address again;
	char text[THBEAT_ADDRESS];

	CHECK(a->any.sa_family == family);
	CHECK(a->length == (family == AF_INET ? sizeof(a->v4) : sizeof(a->v6)));
	thbeat_address_print(a, text);
	CHECK(thbeat_address_parse(&again, text));
	CHECK(thbeat_address_same(a, &again));
}

static void verify_sender(const struct thbeat_sender *s)
{
	int family = s->from.length ? s->from.any.sa_family : AF_INET;
	uint32_t i, j;

	CHECK(s->node && s->target_count && s->target_count <= THB_TARGETS);
	CHECK(!thb_pace_check(&s->pace) && s->ask_every <= 1000000);
	CHECK(s->retry_ns >= SEC / 1000 && s->retry_ns <= s->retry_most_ns);
	CHECK(s->retry_most_ns <= THB_LONGEST_NS);
	if (s->from.length)
		verify_address(&s->from, family);
	for (i = 0; i < s->target_count; i++) {
		verify_address(&s->targets[i], family);
		CHECK(thbeat_address_port(&s->targets[i]));
	}
	for (i = 0; i < s->target_count && family == AF_INET; i++)
		for (j = 0; j < i; j++)
			CHECK(!thbeat_address_same(&s->targets[i],
						   &s->targets[j]));
}

static void verify_monitor(const struct thbeat_monitor *m)
{
	int family = m->listen.any.sa_family;

	verify_address(&m->listen, family);
	CHECK(thbeat_address_port(&m->listen));
	CHECK(!thb_settings_check(&m->settings));
	CHECK(m->accept <= 1 && (m->accept || m->peer_count));
	CHECK(m->max_peers && m->max_peers <= 1000000);
	CHECK(m->peer_count <= m->max_peers && m->receive_bytes <= INT32_MAX);
	CHECK(m->status[0] == '/' && strlen(m->status) <= 107);
	for (uint32_t i = 0; i < m->peer_count; i++) {
		CHECK(m->peers[i].node);
		CHECK(!i || m->peers[i - 1].node < m->peers[i].node);
		if (m->peers[i].address.length)
			verify_address(&m->peers[i].address, family);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	char *text = text_make(&in, words);
	struct thbeat_config c;
	char why[256];

	if (!read_text(&c, text, why, sizeof(why))) {
		CHECK(thbeat_config_same_sender(&c.sender, &c.sender));
		CHECK(thbeat_config_same_monitor(&c.monitor, &c.monitor));
		if (c.sender.given)
			verify_sender(&c.sender);
		if (c.monitor.given)
			verify_monitor(&c.monitor);
	} else {
		verify_complaint(text, why, sizeof(why));
		CHECK(!c.monitor.peers);
	}
	thbeat_config_free(&c);
	free(text);
	return 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "thbeat_config.h"
#include "thbeat_settings.h"

#define LONGEST ((double)THB_LONGEST_NS)

static const struct thbeat_key sender_keys[] = {
	{ "ask_every", THBEAT_NUMBER, true,
	  offsetof(struct thbeat_sender, ask_every), 0, 1e6 },
	{ "retry", THBEAT_TIME, false, offsetof(struct thbeat_sender, retry_ns),
	  1e6, LONGEST },
	{ "retry_most", THBEAT_TIME, false,
	  offsetof(struct thbeat_sender, retry_most_ns), 1e6, LONGEST },
};

/* Port 0 is any. */
static bool set_from(struct thbeat_ini *ini, struct thbeat_address *a,
		     const char *text)
{
	return thbeat_address_parse(a, text) ||
		thbeat_ini_complain(
			ini, "not ADDRESS:PORT, as 192.0.2.1:0 or [::1]:0",
			text);
}

bool thbeat_config_has_target(const struct thbeat_sender *s,
			      const struct thbeat_address *target)
{
	for (uint32_t i = 0; i < s->target_count; i++)
		if (thbeat_address_same(&s->targets[i], target))
			return true;
	return false;
}

static bool add_target(struct thbeat_ini *ini, struct thbeat_sender *s,
		       const char *text)
{
	struct thbeat_address a;

	if (!thbeat_config_address(ini, &a, text))
		return false;
	if (thbeat_config_has_target(s, &a))
		return thbeat_ini_complain(ini, "this target is given twice",
					   text);
	if (s->target_count == THB_TARGETS)
		return thbeat_ini_complain(ini, "more than 32 targets", text);
	s->targets[s->target_count++] = a;
	return true;
}

bool thbeat_config_sender_key(struct thbeat_ini *ini, struct thbeat_sender *s,
			      const char *name, const char *text)
{
	int rc;

	if (!strcmp(name, "node"))
		return thbeat_config_node(ini, &s->node, text);
	if (!strcmp(name, "address"))
		return set_from(ini, &s->from, text);
	if (!strcmp(name, "target"))
		return add_target(ini, s, text);
	if (!strcmp(name, "keys"))
		return thbeat_config_path(ini, s->keys, sizeof(s->keys), text);
	if (!strcmp(name, "publish"))
		return thbeat_config_page(ini, s->publish, text);
	rc = thbeat_pace_store(ini, &s->pace, name, text);
	if (rc < 0)
		rc = thbeat_ini_store(ini, sender_keys,
				      THBEAT_COUNT(sender_keys), s, name, text);
	return rc < 0 ? thbeat_ini_complain(ini, "no such key", name) : rc;
}

static bool is_v6(const struct thbeat_address *a)
{
	return a->length && a->any.sa_family == AF_INET6;
}

/* The socket is of one kind; one of IPv6 can do both.  False: it may not. */
static bool unify(struct thbeat_sender *s)
{
	bool v6 = is_v6(&s->from);

	for (uint32_t i = 0; i < s->target_count; i++)
		v6 = v6 || is_v6(&s->targets[i]);
	if (!v6)
		return true;
	if (!s->from.length)
		thbeat_address_parse(&s->from, "[::]:0");
	for (uint32_t i = 0; i < s->target_count; i++)
		s->targets[i] = thbeat_address_mapped(&s->targets[i]);
	return is_v6(&s->from);
}

const char *thbeat_config_sender_fault(struct thbeat_sender *s)
{
	const char *fault = thbeat_pace_fault(&s->pace);

	if (!s->given || fault)
		return fault;
	if (!s->node)
		return "\"node = NUMBER\" is missing";
	if (!s->target_count)
		return "\"target = ADDRESS:PORT\" is missing: of a monitor";
	if (s->retry_ns > s->retry_most_ns)
		return "retry is more than retry_most";
	if (!unify(s))
		return "address is of IPv4, and a target of IPv6";
	return NULL;
}

bool thbeat_config_same_sender(const struct thbeat_sender *a,
			       const struct thbeat_sender *b)
{
	return a->node == b->node && thbeat_address_same(&a->from, &b->from) &&
		thbeat_pace_same(&a->pace, &b->pace) &&
		!strcmp(a->keys, b->keys) && !strcmp(a->publish, b->publish) &&
		thbeat_ini_same(sender_keys, THBEAT_COUNT(sender_keys), a, b);
}

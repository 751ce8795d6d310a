// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "thbeat_config.h"
#include "thbeat_settings.h"

#define FEW 16U

static const struct thbeat_key monitor_keys[] = {
	{ "accept", THBEAT_NUMBER, true,
	  offsetof(struct thbeat_monitor, accept), 0, 1 },
	{ "max_peers", THBEAT_NUMBER, true,
	  offsetof(struct thbeat_monitor, max_peers), 1, THBEAT_PEERS },
	{ "receive_bytes", THBEAT_NUMBER, true,
	  offsetof(struct thbeat_monitor, receive_bytes), 0, INT32_MAX },
};

static bool make_room(struct thbeat_monitor *m)
{
	uint32_t room = m->peer_room ? 2 * m->peer_room : FEW;
	struct thbeat_peer *peers;

	if (m->peer_count < m->peer_room)
		return true;
	peers = realloc(m->peers, room * sizeof(*peers));
	if (!peers)
		return false;
	m->peers = peers;
	m->peer_room = room;
	return true;
}

/* "NODE", or "NODE ADDRESS:PORT". */
static bool add_peer(struct thbeat_ini *ini, struct thbeat_monitor *m,
		     const char *text)
{
	size_t length = strcspn(text, " \t");
	const char *rest = text + length + strspn(text + length, " \t");
	struct thbeat_peer peer = { .line = ini->line };
	char number[THBEAT_LINE];

	memcpy(number, text, length);
	number[length] = '\0';
	if (!thbeat_config_node(ini, &peer.node, number) ||
	    (*rest && !thbeat_config_address(ini, &peer.address, rest)))
		return false;
	if (m->peer_count == THBEAT_PEERS)
		return thbeat_ini_complain(ini, "more than 1000000 peers",
					   text);
	if (!make_room(m))
		return thbeat_ini_complain(ini, strerror(ENOMEM), text);
	m->peers[m->peer_count++] = peer;
	return true;
}

bool thbeat_config_monitor_key(struct thbeat_ini *ini, struct thbeat_monitor *m,
			       const char *name, const char *text)
{
	int rc;

	if (!strcmp(name, "address"))
		return thbeat_config_address(ini, &m->listen, text);
	if (!strcmp(name, "status"))
		return thbeat_config_path(ini, m->status, sizeof(m->status),
					  text);
	if (!strcmp(name, "keys"))
		return thbeat_config_path(ini, m->keys, sizeof(m->keys), text);
	if (!strcmp(name, "publish"))
		return thbeat_config_page(ini, m->publish, text);
	if (!strcmp(name, "peer"))
		return add_peer(ini, m, text);
	if (!strcmp(name, "policy"))
		return thbeat_settings_policy(&m->settings, text) ||
			thbeat_ini_complain(ini, "not fixed, rtt or phi", text);
	rc = thbeat_settings_store(ini, &m->settings, name, text);
	if (rc < 0)
		rc = thbeat_ini_store(ini, monitor_keys,
				      THBEAT_COUNT(monitor_keys), m, name,
				      text);
	return rc < 0 ? thbeat_ini_complain(ini, "no such key", name) : rc;
}

/* The socket is of one kind; one of IPv6 can do both.  False: it may not. */
static bool unify(struct thbeat_monitor *m)
{
	bool v6 = m->listen.any.sa_family == AF_INET6;

	for (uint32_t i = 0; i < m->peer_count; i++) {
		struct thbeat_address *a = &m->peers[i].address;

		if (v6)
			*a = thbeat_address_mapped(a);
		else if (a->length && a->any.sa_family == AF_INET6)
			return false;
	}
	return true;
}

const char *thbeat_config_monitor_fault(struct thbeat_monitor *m)
{
	const char *fault = thbeat_settings_fault(&m->settings);

	if (!m->given || fault)
		return fault;
	if (!m->listen.length)
		return "\"address = ADDRESS:PORT\" is missing: where to listen, such as 0.0.0.0:7400";
	if (!m->peer_count && !m->accept)
		return "nobody to watch: add \"peer = NODE\", or \"accept = 1\"";
	if (m->peer_count > m->max_peers)
		return "there are more peers than max_peers";
	if (!unify(m))
		return "address is of IPv4, and a peer's of IPv6";
	return NULL;
}

static int by_node(const void *a, const void *b)
{
	const struct thbeat_peer *p = a, *q = b;

	if (p->node != q->node)
		return p->node < q->node ? -1 : 1;
	return p->line - q->line;
}

/* The line of the first peer that is there before; 0: none is. */
int thbeat_config_twice(struct thbeat_monitor *m)
{
	int line = 0;

	if (m->peer_count)
		qsort(m->peers, m->peer_count, sizeof(*m->peers), by_node);
	for (uint32_t i = 1; i < m->peer_count; i++)
		if (m->peers[i].node == m->peers[i - 1].node &&
		    (!line || m->peers[i].line < line))
			line = m->peers[i].line;
	return line;
}

bool thbeat_config_same_monitor(const struct thbeat_monitor *a,
				const struct thbeat_monitor *b)
{
	return thbeat_address_same(&a->listen, &b->listen) &&
		thbeat_settings_same(&a->settings, &b->settings) &&
		!strcmp(a->status, b->status) && !strcmp(a->keys, b->keys) &&
		!strcmp(a->publish, b->publish) &&
		thbeat_ini_same(monitor_keys, THBEAT_COUNT(monitor_keys), a, b);
}

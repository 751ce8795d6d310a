// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stddef.h>

#include "thbeat_address.h"
#include "thbeat_output.h"
#include "thbeat_status_json.h"

struct member {
	const char *name;
	size_t offset;
};

#define PEER(name)                                           \
	{                                                    \
#name, offsetof(struct thb_peer_stats, name) \
	}
#define MONITOR(name)                                           \
	{                                                       \
#name, offsetof(struct thb_monitor_stats, name) \
	}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct member peer_members[] = {
	PEER(beats),	      PEER(missed),	    PEER(out_of_order),
	PEER(duplicate),      PEER(too_old),	    PEER(stale),
	PEER(restarts),	      PEER(suspicions),	    PEER(withdrawn),
	PEER(deaths),	      PEER(probes),	    PEER(answers),
	PEER(held),	      PEER(rescued),	    PEER(latency_p50_ns),
	PEER(latency_p99_ns), PEER(latency_max_ns), PEER(one_way_ns),
	PEER(srtt_ns),	      PEER(rttvar_ns),	    PEER(interval_ns),
	PEER(allowance_ns),
};

static const struct member monitor_members[] = {
	MONITOR(peers),	    MONITOR(packets),	  MONITOR(beats),
	MONITOR(truncated), MONITOR(overlong),	  MONITOR(foreign),
	MONITOR(version),   MONITOR(range),	  MONITOR(forged),
	MONITOR(unknown),   MONITOR(unread),	  MONITOR(sent),
	MONITOR(unsent),    MONITOR(expiries),	  MONITOR(rescued),
	MONITOR(events),    MONITOR(lost_events), MONITOR(away),
	MONITOR(away_ns),   MONITOR(steps),	  MONITOR(card_stamps),
};

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static int add_members(json_t *to, const struct member *members, size_t count,
		       const void *from)
{
	int rc = 0;

	for (size_t i = 0; i < count; i++)
		rc |= json_object_set_new(
			to, members[i].name,
			number(*(const uint64_t
					 *)(const void *)((const char *)from +
							  members[i].offset)));
	return rc;
}

static int add_states(json_t *to, const uint64_t *states)
{
	json_t *object = json_object();
	int rc = 0;

	for (int i = 0; i < THB_STATES; i++)
		rc |= json_object_set_new(object,
					  thb_state_name((enum thb_state)i),
					  number(states[i]));
	return json_object_set_new(to, "states", object) | rc;
}

static int add_part(json_t *to, const char *name, const struct thb_part *part)
{
	return json_object_set_new(to, name,
				   json_pack("{s:I, s:I, s:I}", "p50_ns",
					     (json_int_t)part->p50_ns, "p99_ns",
					     (json_int_t)part->p99_ns, "max_ns",
					     (json_int_t)part->max_ns));
}

static int add_address(json_t *to, const struct thb_monitor *m)
{
	struct thbeat_address a;
	char text[THBEAT_ADDRESS];
	int length = thb_monitor_address(m, &a.v6, sizeof(a.v6));

	if (length < 0)
		return 0;
	a.length = (socklen_t)length;
	thbeat_address_print(&a, text);
	return json_object_set_new(to, "address", json_string(text));
}

/* What came of @rc stands for the whole. */
static json_t *wrap(const char *name, json_t *object, int rc)
{
	json_t *line = rc ? NULL : json_pack("{s:O}", name, object);

	json_decref(object);
	return line;
}

json_t *thbeat_status_monitor(const struct thb_monitor *m, uint64_t uptime_ns)
{
	struct thb_monitor_stats st;
	json_t *object = json_object();
	int rc;

	thb_monitor_stats(m, &st);
	rc = add_address(object, m);
	rc |= json_object_set_new(object, "uptime_ns", number(uptime_ns));
	rc |= add_states(object, st.states);
	rc |= add_members(object, monitor_members, COUNT(monitor_members), &st);
	rc |= add_part(object, "timer", &st.timer);
	rc |= add_part(object, "sender", &st.sender);
	rc |= add_part(object, "transmit", &st.transmit);
	rc |= add_part(object, "network", &st.network);
	rc |= add_part(object, "receive", &st.receive);
	rc |= add_part(object, "socket", &st.socket);
	return wrap("monitor", object, rc);
}

/* How long it has not been heard: null if it never was. */
static json_t *silence(const struct thb_peer_info *info, uint64_t now_ns)
{
	if (!info->heard_ns)
		return json_null();
	return number(now_ns > info->heard_ns ? now_ns - info->heard_ns : 0);
}

static json_t *missed_per_minute(const struct thb_peer_info *info,
				 uint64_t now_ns)
{
	double minutes = (double)(now_ns - info->watched_ns) / 60e9;

	return json_real(minutes > 0 ? (double)info->stats.missed / minutes
				     : 0);
}

json_t *thbeat_status_peer(const struct thb_peer_info *info, uint64_t now_ns)
{
	json_t *object = json_pack(
		"{s:o, s:o, s:s, s:b, s:b, s:b, s:I, s:I, s:o, s:I, s:o}",
		"node", thbeat_output_long(info->node), "incarnation",
		thbeat_output_long(info->incarnation), "state",
		thb_state_name(info->state), "live",
		!!(info->health & THB_LIVE), "ready",
		!!(info->health & THB_READY), "able",
		!!(info->health & THB_ABLE), "load_milli",
		(json_int_t)info->load_milli, "failures",
		(json_int_t)info->failures, "silent_ns", silence(info, now_ns),
		"bound_ns", (json_int_t)info->bound_ns, "missed_per_minute",
		missed_per_minute(info, now_ns));

	return wrap("peer", object,
		    add_members(object, peer_members, COUNT(peer_members),
				&info->stats));
}

json_t *thbeat_status_end(uint64_t peers)
{
	return json_pack("{s:{s:I}}", "end", "peers", (json_int_t)peers);
}

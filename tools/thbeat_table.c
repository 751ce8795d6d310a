// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a monitor said, for people. */
#include <inttypes.h>
#include <string.h>

#include "thbeat_query.h"

#define NSEC_PER_SEC 1000000000LL
#define MINUTE 60

static json_int_t get(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static const char *get_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "?";
}

static double get_ms(const json_t *object, const char *name)
{
	return (double)get(object, name) / 1e6;
}

static json_int_t sum(const json_t *peers, const char *name)
{
	json_int_t total = 0;
	json_t *peer;
	size_t i;

	json_array_foreach(peers, i, peer) total += get(peer, name);
	return total;
}

static void show_uptime(FILE *out, json_int_t seconds)
{
	fprintf(out, "up %" JSON_INTEGER_FORMAT " d %02d:%02d:%02d",
		seconds / 86400, (int)(seconds / 3600 % 24),
		(int)(seconds / MINUTE % MINUTE), (int)(seconds % MINUTE));
}

static void show_states(FILE *out, const json_t *monitor)
{
	const char *name;
	json_t *count;

	fprintf(out, "peers %" JSON_INTEGER_FORMAT ":", get(monitor, "peers"));
	json_object_foreach(json_object_get(monitor, "states"), name,
			    count) if (json_integer_value(count))
		fprintf(out, " %" JSON_INTEGER_FORMAT " %s",
			json_integer_value(count), name);
	fputc('\n', out);
}

static void show_beats(FILE *out, const json_t *monitor, const json_t *peers)
{
	double minutes = (double)get(monitor, "uptime_ns") /
		(double)(MINUTE * NSEC_PER_SEC);
	json_int_t missed = sum(peers, "missed");

	fprintf(out,
		"beats %" JSON_INTEGER_FORMAT ", missed %" JSON_INTEGER_FORMAT
		" (%.1f a minute), rescued %" JSON_INTEGER_FORMAT
		"; away %" JSON_INTEGER_FORMAT " times, %.0f ms\n",
		get(monitor, "beats"), missed,
		minutes > 0 ? (double)missed / minutes : 0,
		get(monitor, "rescued"), get(monitor, "away"),
		get_ms(monitor, "away_ns"));
}

/* What is not as it should be; those that are 0 are left out. */
static void show_dropped(FILE *out, const json_t *monitor)
{
	static const char *const names[] = {
		"truncated", "overlong", "foreign", "version", "range",
		"forged",    "unknown",	 "unread",  "unsent"
	};

	fprintf(out, "packets %" JSON_INTEGER_FORMAT, get(monitor, "packets"));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (get(monitor, names[i]))
			fprintf(out, ", %" JSON_INTEGER_FORMAT " %s",
				get(monitor, names[i]), names[i]);
	fputc('\n', out);
}

static void show_ways(FILE *out, const json_t *monitor)
{
	static const char *const names[] = { "timer",	"sender",  "transmit",
					     "network", "receive", "socket" };

	fputs("way of a beat, ms   p50      p99      max\n", out);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const json_t *part = json_object_get(monitor, names[i]);

		fprintf(out, "  %-12s %8.3f %8.3f %8.3f\n", names[i],
			get_ms(part, "p50_ns"), get_ms(part, "p99_ns"),
			get_ms(part, "max_ns"));
	}
}

static void show_silence(FILE *out, const json_t *peer)
{
	const json_t *silence = json_object_get(peer, "silent_ns");

	if (json_is_integer(silence))
		fprintf(out, " %10.0f", get_ms(peer, "silent_ns"));
	else
		fprintf(out, " %10s", "never");
}

static void show_health(FILE *out, const json_t *peer)
{
	fprintf(out, " %c%c%c",
		json_is_true(json_object_get(peer, "live")) ? 'l' : '-',
		json_is_true(json_object_get(peer, "ready")) ? 'r' : '-',
		json_is_true(json_object_get(peer, "able")) ? 'a' : '-');
}

static void show_peer(FILE *out, const json_t *peer)
{
	static const char *const counts[] = { "missed", "suspicions",
					      "withdrawn", "deaths",
					      "restarts" };
	static const char *const times[] = { "latency_p50_ns", "latency_p99_ns",
					     "latency_max_ns", "one_way_ns",
					     "srtt_ns" };

	fprintf(out, "%20s %-10s", get_text(peer, "node"),
		get_text(peer, "state"));
	show_health(out, peer);
	show_silence(out, peer);
	fprintf(out, " %8.0f", get_ms(peer, "interval_ns"));
	fprintf(out, " %7.1f",
		json_real_value(json_object_get(peer, "missed_per_minute")));
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		fprintf(out, " %7" JSON_INTEGER_FORMAT, get(peer, counts[i]));
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++)
		fprintf(out, " %8.3f", get_ms(peer, times[i]));
	fputc('\n', out);
}

void thbeat_query_show(FILE *out, const json_t *answer)
{
	const json_t *monitor = json_object_get(answer, "monitor");
	const json_t *peers = json_object_get(answer, "peers");
	json_t *peer;
	size_t i;

	fprintf(out, "monitor at %s, ", get_text(monitor, "address"));
	show_uptime(out, get(monitor, "uptime_ns") / NSEC_PER_SEC);
	fputc('\n', out);
	show_states(out, monitor);
	show_beats(out, monitor, peers);
	show_dropped(out, monitor);
	show_ways(out, monitor);
	fprintf(out,
		"\n%20s %-10s %s %10s %8s %7s %7s %7s %7s %7s %7s %8s %8s %8s %8s %8s\n",
		"node", "state", "lra", "silent ms", "interval", "a min.",
		"missed", "suspect", "withdr.", "dead", "restart", "p50 ms",
		"p99 ms", "max ms", "one way", "rtt ms");
	json_array_foreach(peers, i, peer) show_peer(out, peer);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/* Figures that applications published. */
#include <errno.h>
#include <stdlib.h>

#include "timerheap_export.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MONITOR(member) offsetof(struct thb_monitor_stats, member)
#define SENDER(member) offsetof(struct thb_sender_stats, member)
#define IDS(member) offsetof(struct thid_stats, member)

#define STATE(name, index, help)                                             \
	{                                                                    \
		"peers", "state=\"" name "\"", help,                         \
			MONITOR(states) + (index) * sizeof(uint64_t), false, \
			false                                                \
	}
#define DROPPED(name, help)                                                \
	{                                                                  \
		"dropped_total", "why=\"" #name "\"", help, MONITOR(name), \
			false, false                                       \
	}
#define PART(at, name, help)                                                 \
	{ "way_seconds", "part=\"" #name "\",quantile=\"0.5\"",              \
	  help,		 at(name) + offsetof(struct thb_part, p50_ns),       \
	  true,		 true },                                             \
	{                                                                    \
		"way_seconds", "part=\"" #name "\",quantile=\"0.99\"", NULL, \
			at(name) + offsetof(struct thb_part, p99_ns), true,  \
			true                                                 \
	}
#define PART_MAX(at, name, help)                                            \
	{                                                                   \
		"way_max_seconds", "part=\"" #name "\"", help,              \
			at(name) + offsetof(struct thb_part, max_ns), true, \
			false                                               \
	}

static const struct metric monitor_metrics[] = {
	STATE("idle", THB_IDLE, "Peers that are watched, by state."),
	STATE("alive", THB_ALIVE, NULL),
	STATE("suspect", THB_SUSPECT, NULL),
	STATE("dead", THB_DEAD, NULL),
	STATE("recovering", THB_RECOVERING, NULL),
	STATE("left", THB_LEFT, NULL),
	{ "beats_total", NULL, "Beats that counted.", MONITOR(beats), false,
	  false },
	{ "missed_total", NULL, "Deadlines of peers that passed.",
	  MONITOR(missed), false, false },
	{ "suspicions_total", NULL, "Times that a peer became suspect.",
	  MONITOR(suspicions), false, false },
	{ "deaths_total", NULL, "Times that a peer was declared dead.",
	  MONITOR(deaths), false, false },
	{ "resets_total", NULL, "Newer incarnations of peers that were heard.",
	  MONITOR(restarts), false, false },
	{ "rescued_total", NULL,
	  "Beats that came in time while their expiry was on its way.",
	  MONITOR(rescued), false, false },
	{ "away_total", NULL, "Times that the monitor itself was away.",
	  MONITOR(away), false, false },
	{ "away_seconds_total", NULL, "For how long it was away.",
	  MONITOR(away_ns), true, false },
	{ "lost_events_total", NULL, "Events that nobody took in time.",
	  MONITOR(lost_events), false, false },
	{ "packets_total", NULL, "Packets received, dropped ones included.",
	  MONITOR(packets), false, false },
	DROPPED(truncated, "Packets that were dropped, by reason."),
	DROPPED(overlong, NULL),
	DROPPED(foreign, NULL),
	DROPPED(version, NULL),
	DROPPED(range, NULL),
	DROPPED(forged, NULL),
	DROPPED(unknown, NULL),
	DROPPED(unread, NULL),
	PART(MONITOR, timer,
	     "Parts of a beat's way over all peers of late, from when it was due until it was seen; network is its latency."),
	PART(MONITOR, sender, NULL),
	PART(MONITOR, transmit, NULL),
	PART(MONITOR, network, NULL),
	PART(MONITOR, receive, NULL),
	PART(MONITOR, socket, NULL),
	PART_MAX(MONITOR, timer, "Most that a part took since the start."),
	PART_MAX(MONITOR, sender, NULL),
	PART_MAX(MONITOR, transmit, NULL),
	PART_MAX(MONITOR, network, NULL),
	PART_MAX(MONITOR, receive, NULL),
	PART_MAX(MONITOR, socket, NULL),
};

static const struct metric sender_metrics[] = {
	{ "beats_total", NULL, "Beats that were due and sent.", SENDER(beats),
	  false, false },
	{ "skipped_total", NULL, "Beats whose time had passed before.",
	  SENDER(skipped), false, false },
	{ "packets_total", NULL, "Packets sent to all monitors.",
	  SENDER(packets), false, false },
	{ "failed_total", NULL, "Packets that the system did not take.",
	  SENDER(failed), false, false },
	{ "asked_total", NULL, "Beats that asked for an answer.", SENDER(asked),
	  false, false },
	{ "answered_total", NULL, "Those that got one.", SENDER(answered),
	  false, false },
	{ "interval_seconds", NULL, "The interval in force.",
	  SENDER(interval_ns), true, false },
	{ "rtt_seconds", NULL,
	  "Smoothed round trip to the monitor that answered last.",
	  SENDER(srtt_ns), true, false },
	PART(SENDER, timer,
	     "Parts of a beat's way in this host of late, from when it was due until it was on the wire."),
	PART(SENDER, send, NULL),
	PART(SENDER, transmit, NULL),
	PART_MAX(SENDER, timer, "Most that a part took since the start."),
	PART_MAX(SENDER, send, NULL),
	PART_MAX(SENDER, transmit, NULL),
};

static const struct metric ids_metrics[] = {
	{ "taken_total", NULL, "IDs taken in blocks, used or not.", IDS(taken),
	  false, false },
	{ "borrowed_total", NULL, "Those of a time that had not come yet.",
	  IDS(borrowed), false, false },
	{ "refused_total", NULL, "Times that there was no ID, without a wait.",
	  IDS(refused), false, false },
	{ "waits_total", NULL, "Times that there was none, with a wait.",
	  IDS(waits), false, false },
	{ "ticks_total", NULL, "Ticks that raised the generator's time.",
	  IDS(ticks), false, false },
	{ "stale_ticks_total", NULL, "Ticks that did not.", IDS(stale), false,
	  false },
	{ "ahead_seconds", NULL, "How much its time is ahead of the wall.",
	  IDS(ahead_ns), true, false },
	{ "clock_steps_total", "direction=\"forward\"",
	  "Steps of the wall clock of 1 ms or more.", IDS(steps_forward), false,
	  false },
	{ "clock_steps_total", "direction=\"back\"", NULL, IDS(steps_back),
	  false, false },
	{ "marks_total", NULL, "Marks that were set.", IDS(marks), false,
	  false },
	{ "failed_marks_total", NULL, "Marks that the lease could not set.",
	  IDS(failed_marks), false, false },
};

static const struct metric page_metrics[] = {
	{ "written_timestamp_seconds", NULL, "When it was published last.",
	  offsetof(struct export_page, written_ns), true, false },
};

static const char *kind_name(enum timerheap__page_kind kind)
{
	static const char *const names[] = {
		[TIMERHEAP__PAGE_QUEUE] = "queue",
		[TIMERHEAP__PAGE_MONITOR] = "monitor",
		[TIMERHEAP__PAGE_SENDER] = "sender",
		[TIMERHEAP__PAGE_IDS] = "ids",
	};

	return names[kind];
}

static struct metric_row *rows_room(const struct export_pages *p)
{
	struct metric_row *rows = calloc(p->count + 1, sizeof(*rows));

	tool_check(rows ? 0 : -ENOMEM, "pages");
	return rows;
}

struct metric_row *export_rows(const struct export_pages *p,
			       enum timerheap__page_kind kind,
			       const char *label, size_t *count)
{
	struct metric_row *rows = rows_room(p);

	*count = 0;
	for (size_t i = 0; i < p->count; i++) {
		struct metric_row *row = &rows[*count];

		if (p->pages[i].kind != kind)
			continue;
		snprintf(row->label, METRIC_LABEL, "%s=\"%s\"", label,
			 p->pages[i].name);
		row->figures = &p->pages[i].queue;
		++*count;
	}
	return rows;
}

static void put_kind(FILE *out, const struct export_pages *p,
		     enum timerheap__page_kind kind, const char *label,
		     const char *prefix, const struct metric *metrics,
		     size_t metric_count)
{
	size_t count;
	struct metric_row *rows = export_rows(p, kind, label, &count);

	metric_put(out, prefix, metrics, metric_count, rows, count);
	free(rows);
}

static void put_pages(FILE *out, const struct export_pages *p)
{
	struct metric_row *rows = rows_room(p);

	metric_head(out, "timerheap_pages", "gauge",
		    "Statistics pages that were found.");
	fprintf(out, "timerheap_pages{state=\"read\"} %zu\n", p->count);
	fprintf(out, "timerheap_pages{state=\"stale\"} %u\n", p->stale);
	fprintf(out, "timerheap_pages{state=\"bad\"} %u\n", p->bad);
	for (size_t i = 0; i < p->count; i++) {
		snprintf(rows[i].label, METRIC_LABEL, "page=\"%s\",kind=\"%s\"",
			 p->pages[i].name, kind_name(p->pages[i].kind));
		rows[i].figures = &p->pages[i];
	}
	metric_put(out, "timerheap_page_", page_metrics, COUNT(page_metrics),
		   rows, p->count);
	free(rows);
}

void export_pages(FILE *out, const struct export_pages *p)
{
	put_pages(out, p);
	export_queues(out, p);
	put_kind(out, p, TIMERHEAP__PAGE_MONITOR, "monitor",
		 "timerheap_heartbeat_", monitor_metrics,
		 COUNT(monitor_metrics));
	put_kind(out, p, TIMERHEAP__PAGE_SENDER, "sender", "timerheap_sender_",
		 sender_metrics, COUNT(sender_metrics));
	put_kind(out, p, TIMERHEAP__PAGE_IDS, "generator", "timerheap_ids_",
		 ids_metrics, COUNT(ids_metrics));
}

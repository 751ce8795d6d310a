// SPDX-License-Identifier: LGPL-2.1-or-later
/* The parts of a beat's way from its timer to the monitor's eyes, as figures. */
#include "hb_monitor.h"

#define NSEC_PER_USEC 1000U
#define HALF_LIFE 10000

static uint64_t less(uint64_t ns, uint64_t by_ns)
{
	return ns > by_ns ? ns - by_ns : 0;
}

/*
 * How long the beat before took to be on the wire is in this one.  What is left
 * of its way was the network.
 */
static void measure_way(struct thb_monitor *m, struct thb__entry *e,
			const struct thb__packet *beat, uint64_t card_ns)
{
	bool next = e->way_sequence && e->way_sequence + 1 == beat->sequence;
	uint64_t wire = next ? beat->wire_ns : 0;

	if (wire)
		thb__quant_add(&m->parts[THB__TRANSMIT], wire, HALF_LIFE);
	if (e->way_sequence)
		thb__quant_add(&m->parts[THB__NETWORK], less(e->way_ns, wire),
			       HALF_LIFE);
	e->way_sequence = beat->sequence;
	e->way_ns = less(e->peer->delay.last_ns, card_ns);
}

void thb__way_measure(struct thb_monitor *m, struct thb__entry *e,
		      const struct thb__packet *beat,
		      const struct thb__datagram *d, uint64_t waited)
{
	uint64_t late = (uint64_t)beat->late_us * NSEC_PER_USEC;
	uint64_t fired = beat->scheduled_ns + late;
	uint64_t card_ns = 0;

	thb__quant_add(&m->parts[THB__TIMER], late, HALF_LIFE);
	thb__quant_add(&m->parts[THB__SENDER], less(beat->sent_ns, fired),
		       HALF_LIFE);
	thb__quant_add(&m->parts[THB__SOCKET], waited, HALF_LIFE);
	if (d->card_ns)
		card_ns = thb__net_gap(d->card_ns, d->stamp_ns);
	if (card_ns) {
		m->stats.card_stamps++;
		thb__quant_add(&m->parts[THB__RECEIVE], card_ns, HALF_LIFE);
	}
	measure_way(m, e, beat, card_ns);
}

void thb__part_read(struct thb_part *part, const struct thb__quant *q)
{
	part->p50_ns = thb__quant_percentile(q, 50);
	part->p99_ns = thb__quant_percentile(q, 99);
	part->max_ns = q->max_ns;
}

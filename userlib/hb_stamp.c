// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * When a sender's beats were on the wire.  The system numbers what is sent, and
 * puts stamps with these numbers into the socket's error queue: the kernel's
 * mostly at once, the card's a while later, if it makes any.
 */
#include <string.h>

#include "hb_sender.h"

void thb__stamp_sent(struct thb_sender *s, struct thb__target *target,
		     uint64_t sent_ns)
{
	struct thb__sent *sent = &s->sent[s->number % THB__BATCH];

	if (s->astray)
		return;
	*sent = (struct thb__sent){
		.target = target,
		.sequence = s->sequence,
		.sent_ns = sent_ns,
		.number = s->number++,
	};
}

/* Kernels differ in whether it had a number. */
void thb__stamp_failed(struct thb_sender *s)
{
	s->astray = true;
}

/* Stamps of those before say nothing any more. */
void thb__stamp_begin(struct thb_sender *s)
{
	struct thb__stamp stamps[THB__BATCH];

	if (!s->astray || !thb__link_is_socket(&s->link))
		return;
	while (thb__net_stamps(s->link.fd, stamps) == THB__BATCH)
		;
	s->astray = thb__net_stamp(s->link.fd) != 0;
	s->number = 0;
	memset(s->sent, 0, sizeof(s->sent));
}

uint32_t thb__stamp_tell(struct thb_sender *s, struct thb__target *target)
{
	uint64_t ns = target->wire_ns;

	target->wire_ns = 0;
	if (!ns || target->wire_sequence + 1 != s->sequence)
		return 0;
	thb__quant_add(&s->transmit, ns, THB__HALF_LIFE);
	s->stats.card_stamps += target->by_card;
	return ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

/* The card's replaces the kernel's, and never the other way round. */
static void take(struct thb_sender *s, const struct thb__stamp *stamp,
		 int64_t wall)
{
	const struct thb__sent *sent = &s->sent[stamp->number % THB__BATCH];
	struct thb__target *t = sent->target;
	uint64_t from = sent->sent_ns + (uint64_t)wall, ns;
	bool by_card = stamp->card_ns != 0;

	if (s->astray || !t || sent->number != stamp->number)
		return;
	ns = thb__net_gap(from, by_card ? stamp->card_ns : stamp->stamp_ns);
	if (!ns ||
	    (t->wire_ns && t->wire_sequence == sent->sequence && t->by_card &&
	     !by_card))
		return;
	t->wire_ns = ns;
	t->wire_sequence = sent->sequence;
	t->by_card = by_card;
}

int thb__stamp_take(struct thb_sender *s)
{
	struct thb__stamp stamps[THB__BATCH];
	int64_t wall;
	int count;

	if (!thb__link_is_socket(&s->link))
		return 0;
	do {
		count = thb__net_stamps(s->link.fd, stamps);
		wall = count > 0 ? thb__net_wall() : 0;
		for (int i = 0; i < count; i++)
			take(s, &stamps[i], wall);
	} while (count == THB__BATCH);
	return count < 0 ? count : 0;
}

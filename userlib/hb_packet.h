/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What goes over the wire.  Numbers are in network byte order.
 *
 *   0 u16 magic "hb"		40 u64 sent_ns
 *   2 u8  version		48 u64 echo_ns
 *   3 u8  type			56 u32 interval_us
 *   4 u16 length, tag and all	60 u32 rtt_us
 *   6 u8  flags		64 u32 hold_us
 *   7 u8  key: 0 no tag	68 u32 late_us
 *   8 u64 node			72 u16 load_milli
 *  16 u64 incarnation		74 u8  health
 *  24 u64 sequence		75 u8  0
 *  32 u64 scheduled_ns		76 u32 wire_ns
 *
 * then, with a key, a tag over all of this.
 */
#ifndef TIMERHEAP_HB_PACKET_H
#define TIMERHEAP_HB_PACKET_H

#include <stddef.h>
#include <stdint.h>

#define THB__VERSION 1
#define THB__BODY 80
#define THB__TAG 16
#define THB__PACKET (THB__BODY + THB__TAG)

enum thb__type { THB__BEAT = 1, THB__PROBE, THB__ANSWER };

#define THB__BYE 1U /* the last beat */
#define THB__PAUSE 2U /* the last beat before a pause */
#define THB__ASK 4U /* a beat that wants an answer */
#define THB__FLAGS 7U

/**
 * struct thb__packet - a packet, taken apart
 * @type: enum thb__type.
 * @flags: of a beat.
 * @key: number of the key of the tag; 0: there is none.
 * @health: THB_LIVE and so on.
 * @load_milli: load of the sender, 0 to 1,000.
 * @interval_us: between beats, as it is in force.  Beats only, as @health,
 *	@load_milli, @scheduled_ns, @rtt_us, @late_us and @wire_ns.
 * @rtt_us: a round trip that the sender measured since its last beat; 0: none.
 * @late_us: how late its timer was.
 * @wire_ns: from sent_ns of the beat before until that was on the wire; 0:
 *	nobody knows.
 * @hold_us: of an answer: how long the question lay.
 * @node: who sent it; of a probe, whom it is for.
 * @incarnation: grows with each start of the node; 0 in a probe of one that was
 *	not heard yet.
 * @sequence: from 1, one more with each beat.  Of a probe a number that nobody
 *	else chooses, which its answer repeats; of an answer to a beat 0.
 * @scheduled_ns: when the beat was due on the sender's grid,
 * @sent_ns: and when it was sent, by the sender's clock.
 * @echo_ns: of an answer: sent_ns of the question.
 */
struct thb__packet {
	uint8_t type;
	uint8_t flags;
	uint8_t key;
	uint8_t health;
	uint16_t load_milli;
	uint32_t interval_us;
	uint32_t rtt_us;
	uint32_t late_us;
	uint32_t wire_ns;
	uint32_t hold_us;
	uint64_t node;
	uint64_t incarnation;
	uint64_t sequence;
	uint64_t scheduled_ns;
	uint64_t sent_ns;
	uint64_t echo_ns;
};

/*
 * Fills @buffer of at least THB__PACKET bytes, but for the tag, for which it
 * leaves room if there is a key.  Returns the length with the tag.
 */
size_t thb__packet_encode(const struct thb__packet *p, uint8_t *buffer);

/*
 * Whether a datagram of @length bytes is right in all respects but the tag,
 * which the caller verifies.  Return: the number of its key, 0: it bears no
 * tag; or -ENODATA it is cut short; -EMSGSIZE longer than it should be; -EBADMSG
 * not one of ours; -EPROTONOSUPPORT of another version; -ERANGE a value is out
 * of bounds.
 */
int thb__packet_check(const uint8_t *buffer, size_t length);

/* Takes one apart that was checked. */
void thb__packet_take(struct thb__packet *p, const uint8_t *buffer);

/* Both; @p is set only when it is right.  0, or -errno as of the check. */
int thb__packet_decode(struct thb__packet *p, const uint8_t *buffer,
		       size_t length);

#endif

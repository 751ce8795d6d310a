// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hb_peer.h"
#include "hb_table.h"

#define LINE 64U
#define NSEC_PER_USEC 1000U
#define NEVER ((uint64_t)INT64_MAX)
/* Latencies of so many beats ago count half. */
#define HALF_LIFE 1000

static size_t round_up(size_t size)
{
	return (size + LINE - 1) / LINE * LINE;
}

static size_t samples_size(const struct thb_settings *set)
{
	return set->policy == THB_PHI ? set->phi_samples * sizeof(int32_t) : 0;
}

size_t thb__peer_size(const struct thb_settings *set)
{
	return round_up(sizeof(struct thb__peer)) +
		round_up(set->sequences / 8) + round_up(samples_size(set));
}

static void set_deadline(struct thb__peer *p, uint64_t ns,
			 const struct thb__stall *stall)
{
	p->deadline_ns = ns < NEVER ? ns : NEVER;
	p->given_ns = stall->total_ns;
}

static void await_first(struct thb__peer *p, uint64_t now_ns,
			const struct thb__stall *stall)
{
	uint64_t first = p->rules->set.first_ns;

	set_deadline(p, first ? now_ns + first : 0, stall);
}

struct thb__peer *thb__peer_init(void *memory, const struct thb__rules *rules,
				 uint64_t node, uint64_t seed, uint64_t now_ns,
				 const struct thb__stall *stall)
{
	const struct thb_settings *set = &rules->set;
	struct thb__peer *p = memory;
	char *bits = (char *)memory + round_up(sizeof(*p));
	char *samples = bits + round_up(set->sequences / 8);

	*p = (struct thb__peer){ .rules = rules, .node = node };
	thb__window_init(&p->window, (uint64_t *)(void *)bits, set->sequences);
	if (set->policy == THB_PHI)
		thb__phi_init(&p->phi, (int32_t *)(void *)samples,
			      set->phi_samples);
	thb__backoff_init(&p->retry, set->retry_ns, set->retry_most_ns, seed);
	await_first(p, now_ns, stall);
	return p;
}

static struct thb__verdict unchanged(const struct thb__peer *p)
{
	return (struct thb__verdict){ .from = p->state, .to = p->state };
}

static void change(struct thb__peer *p, enum thb_state to)
{
	p->stats.suspicions += to == THB_SUSPECT;
	p->stats.withdrawn += to == THB_ALIVE && p->state == THB_SUSPECT;
	p->stats.deaths += to == THB_DEAD;
	if (to == THB_RECOVERING)
		p->good = 0;
	p->state = (uint8_t)to;
}

static inline struct thb__verdict apply(struct thb__peer *p,
					enum thb__input input)
{
	const struct thb__step *step = &thb__table[p->state][input];
	struct thb__verdict v = {
		.from = p->state,
		.to = step->to,
		.cause = step->cause,
		.counted = true,
	};

	if (v.to != v.from)
		change(p, v.to);
	return v;
}

static uint64_t allowance(const struct thb__peer *p)
{
	return thb__allowance(p->rules, &p->rtt, &p->phi);
}

/* A sign of life of @came_ns: what follows from it. */
static inline void revive(struct thb__peer *p, uint64_t came_ns,
			  const struct thb__stall *stall)
{
	/*
	 * What else came while the monitor was away may be lost: the peer has
	 * until its next beat from when the monitor was back.
	 */
	uint64_t base = came_ns > stall->until_ns ? came_ns : stall->until_ns;

	p->failures = 0;
	p->probe_first_ns = 0;
	thb__backoff_reset(&p->retry);
	if (p->state == THB_LEFT || p->state == THB_IDLE)
		set_deadline(p, 0, stall);
	else
		set_deadline(p, base + p->interval_ns + allowance(p), stall);
}

/* The first beat of an incarnation. */
static void begin(struct thb__peer *p, const struct thb__packet *beat)
{
	p->incarnation = beat->incarnation;
	p->heard_ns = 0;
	p->delay = (struct thb__delay){ .last_ns = 0 };
	thb__window_start(&p->window, beat->sequence);
	if (p->rules->set.policy == THB_PHI)
		thb__phi_start(&p->phi,
			       (uint64_t)beat->interval_us * NSEC_PER_USEC);
}

/*
 * Whether the time since the last beat tells about the network: not after a
 * failure, which would make the next take longer to find, nor when it was the
 * monitor that did not listen.
 */
static bool is_sample(const struct thb__peer *p, const struct thb__stall *stall)
{
	return p->heard_ns && p->state == THB_ALIVE &&
		p->heard_ns >= stall->until_ns;
}

static void learn(struct thb__peer *p, const struct thb__packet *beat,
		  uint64_t came_ns, const struct thb__stall *stall)
{
	if (beat->rtt_us)
		thb__rtt_add(&p->rtt, (uint64_t)beat->rtt_us * NSEC_PER_USEC);
	if (p->rules->set.policy == THB_PHI && is_sample(p, stall))
		thb__phi_add(&p->phi,
			     (int64_t)(came_ns - p->heard_ns) -
				     (int64_t)(beat->scheduled_ns - p->due_ns));
	thb__quant_add(&p->latency,
		       thb__delay_add(&p->delay, beat->sent_ns, came_ns,
				      p->rtt.least_ns),
		       HALF_LIFE);
	/* The gap before it is of our making. */
	if (p->heard_ns < stall->until_ns)
		p->window.first = beat->sequence;
	p->heard_ns = came_ns;
	p->due_ns = beat->scheduled_ns;
	p->interval_ns = (uint64_t)beat->interval_us * NSEC_PER_USEC;
	p->health = beat->health;
	p->load_milli = beat->load_milli;
}

static enum thb__input beat_input(struct thb__peer *p,
				  const struct thb__packet *beat, bool restart)
{
	if (beat->flags & THB__BYE)
		return THB__IN_BYE;
	if (beat->flags & THB__PAUSE)
		return THB__IN_PAUSE;
	if (restart)
		return THB__IN_RESTART;
	if (p->state == THB_RECOVERING &&
	    ++p->good >= p->rules->set.recover_beats)
		return THB__IN_STABLE;
	return THB__IN_BEAT;
}

/* One that is not new.  If it was overtaken it has filled its gap. */
static void count_old(struct thb__peer *p, enum thb__place at)
{
	p->stats.beats += at == THB__OVERTAKEN;
	p->stats.out_of_order += at == THB__OVERTAKEN;
	p->stats.duplicate += at == THB__DUPLICATE;
	p->stats.too_old += at == THB__TOO_OLD;
}

struct thb__verdict thb__peer_beat(struct thb__peer *p,
				   const struct thb__packet *beat,
				   uint64_t came_ns,
				   const struct thb__stall *stall)
{
	bool restart = p->incarnation && beat->incarnation > p->incarnation;
	struct thb__verdict v;
	enum thb__place at;

	if (beat->incarnation < p->incarnation ||
	    (p->state == THB_LEFT && !restart)) {
		p->stats.stale++;
		return unchanged(p);
	}
	p->stats.restarts += restart;
	if (restart || !p->incarnation)
		begin(p, beat);
	at = thb__window_add(&p->window, beat->sequence);
	/* Says nothing new of the peer. */
	if (at != THB__NEW) {
		count_old(p, at);
		return unchanged(p);
	}
	p->stats.beats++;
	learn(p, beat, came_ns, stall);
	v = apply(p, beat_input(p, beat, restart));
	v.restarted = restart;
	revive(p, came_ns, stall);
	return v;
}

/*
 * Of a probe since the last sign of life; a round trip that is measured so is
 * never ambiguous (Karn's algorithm), since the answer names its probe.
 */
static bool is_awaited(const struct thb__peer *p,
		       const struct thb__packet *answer)
{
	return p->probe_first_ns && answer->echo_ns >= p->probe_first_ns &&
		answer->echo_ns <= p->probe_last_ns;
}

struct thb__verdict thb__peer_answer(struct thb__peer *p,
				     const struct thb__packet *answer,
				     uint64_t came_ns,
				     const struct thb__stall *stall)
{
	uint64_t hold_ns = (uint64_t)answer->hold_us * NSEC_PER_USEC;
	struct thb__verdict v;

	if (answer->incarnation < p->incarnation || !is_awaited(p, answer)) {
		p->stats.stale++;
		return unchanged(p);
	}
	p->stats.answers++;
	if (came_ns > answer->echo_ns + hold_ns)
		thb__rtt_add(&p->rtt, came_ns - answer->echo_ns - hold_ns);
	v = apply(p, THB__IN_ANSWER);
	revive(p, came_ns, stall);
	if (v.to == THB_IDLE)
		await_first(p, came_ns, stall);
	return v;
}

/*
 * What the monitor was away since the deadline was set is given back; and as
 * long as a beat may take in any case, since beats that came meanwhile may be
 * lost.
 */
static bool give_back(struct thb__peer *p, const struct thb__stall *stall)
{
	uint64_t lost = stall->total_ns - p->given_ns;
	uint64_t fresh = stall->until_ns + p->interval_ns + allowance(p);
	uint64_t moved = p->deadline_ns + lost;

	if (!lost)
		return false;
	p->stats.held++;
	set_deadline(p, moved > fresh ? moved : fresh, stall);
	return true;
}

static enum thb__input miss_input(const struct thb__peer *p)
{
	const struct thb_settings *set = &p->rules->set;
	uint32_t silent = p->failures;

	if (silent >= set->failures)
		return THB__IN_LAST;
	if (silent <= set->window)
		silent += thb__window_gaps(&p->window, set->window - silent);
	return silent > set->window - set->window_seen ? THB__IN_GAP
						       : THB__IN_MISS;
}

static uint64_t step(const struct thb__peer *p)
{
	uint64_t response = p->rules->set.response_ns;

	return response > p->interval_ns ? response : p->interval_ns;
}

/* When to look at a peer again that did not keep its deadline. */
static uint64_t next_look(struct thb__peer *p, uint64_t now_ns)
{
	if (p->state != THB_DEAD)
		return now_ns + step(p);
	return p->retry.base_ns ? now_ns + thb__backoff_next(&p->retry) : 0;
}

struct thb__verdict thb__peer_expire(struct thb__peer *p, uint64_t now_ns,
				     const struct thb__stall *stall)
{
	struct thb__verdict v = unchanged(p);

	if (give_back(p, stall))
		return v;
	if (p->state != THB_DEAD) {
		p->failures++;
		p->stats.missed++;
		v = apply(p, miss_input(p));
		p->good = 0;
	}
	set_deadline(p, next_look(p, now_ns), stall);
	v.counted = true;
	v.probe = p->deadline_ns != 0;
	return v;
}

void thb__peer_probed(struct thb__peer *p, uint64_t now_ns)
{
	p->stats.probes++;
	if (!p->probe_first_ns)
		p->probe_first_ns = now_ns;
	p->probe_last_ns = now_ns;
}

struct thb__verdict thb__peer_forget(struct thb__peer *p, uint64_t now_ns,
				     const struct thb__stall *stall)
{
	struct thb__verdict v = apply(p, THB__IN_FORGET);

	p->incarnation = 0;
	p->failures = 0;
	p->probe_first_ns = 0;
	p->interval_ns = 0;
	p->rtt = (struct thb__rtt){ .srtt_8 = 0 };
	thb__backoff_reset(&p->retry);
	await_first(p, now_ns, stall);
	return v;
}

uint64_t thb__peer_bound(const struct thb__peer *p)
{
	return p->interval_ns + allowance(p) +
		(p->rules->set.failures - 1) * step(p);
}

void thb__peer_stats(const struct thb__peer *p, struct thb_peer_stats *st)
{
	*st = p->stats;
	st->latency_p50_ns = thb__quant_percentile(&p->latency, 50);
	st->latency_p99_ns = thb__quant_percentile(&p->latency, 99);
	st->latency_max_ns = p->latency.max_ns;
	st->one_way_ns = p->delay.last_ns;
	st->srtt_ns = thb__rtt_smoothed(&p->rtt);
	st->rttvar_ns = thb__rtt_variation(&p->rtt);
	st->interval_ns = p->interval_ns;
	st->allowance_ns = allowance(p);
}

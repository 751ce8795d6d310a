// SPDX-License-Identifier: GPL-2.0-only
/* A thread that uses the library; its slots are its own. */
#include "internal.h"
#include "sim/kernel.h"
#include "sim/ledger.h"
#include "sim/oracle.h"
#include "sim/truth.h"
#include "sim/user.h"
#include "sim/world.h"

#define OWN_MAX 4

struct own {
	u32 slot;
	void *data;
	/* the settings for the next arm */
	u64 period;
	u32 slack;
	u32 flags;
};

struct user {
	unsigned int number;
	struct own own[OWN_MAX];
	unsigned int nown;
};

static struct user users[AGENTS_MAX];
static uintptr_t last_data;

static void alloc(struct user *user)
{
	struct timerheap *th = world.th;
	struct own own = { .data = (void *)++last_data };
	int slot;

	if (user->nown == OWN_MAX)
		return;
	/* Spread them over all words. */
	if (percent(50))
		th->hint = prng_below(&world.prng, (th->nslots + 63) / 64);
	slot = timerheap_slot_alloc(th, own.data);
	if (slot < 0)
		return;
	own.slot = slot;
	if (truth_slot(slot)->owned)
		oracle_fail("alloc", "slot %d belongs to somebody", slot);
	truth_slot(slot)->owned = true;
	user->own[user->nown++] = own;
}

static void release(struct user *user, unsigned int i)
{
	u32 slot = user->own[i].slot;

	oracle_trace("free slot %u", slot);
	truth_begin(slot, -1);
	truth_slot(slot)->owned = false;
	ledger_freeing(slot);
	truth_want(slot, 0, 0, 0);
	timerheap_slot_free(world.th, slot);
	/* Somebody else may have it by now. */
	ledger_freed(slot);
	truth_end(slot);
	user->own[i] = user->own[--user->nown];
}

static void configure(struct own *own)
{
	u64 period = pick_period();
	u32 flags = percent(30) ? TIMERHEAP_SLOT_RESTART : 0;
	bool other = period != own->period || flags != own->flags;

	own->period = period;
	own->slack = pick_slack();
	own->flags = flags;
	oracle_trace("config slot %u: period %llu slack %u flags %u", own->slot,
		     own->period, own->slack, own->flags);
	if (other)
		ledger_unsettled(own->slot);
	truth_want(own->slot, own->period, own->slack, own->flags);
	timerheap_slot_config(world.th, own->slot, own->period, own->slack,
			      own->flags);
}

static void arm(struct own *own, bool deferred)
{
	u64 deadline = pick_deadline(own->slot);
	int number = ledger_arm(own->slot, deadline, own->period, own->data);
	int rc;

	truth_begin(own->slot, number);
	if (percent(30))
		configure(own);
	ledger_period(number, own->period);
	oracle_trace("arm slot %u for %llu%s", own->slot, deadline,
		     deferred ? ", deferred" : "");
	if (deferred)
		rc = timerheap_arm_deferred(world.th, own->slot, deadline);
	else
		rc = timerheap_arm(world.th, own->slot, deadline);
	oracle_trace("armed slot %u: %d", own->slot, rc);
	if (deferred)
		truth_slot(own->slot)->deferred = agent_steps + 1;
	else if (rc)
		truth_slot(own->slot)->late = true;
	ledger_armed(own->slot, number);
	truth_end(own->slot);
}

static void cancel(struct own *own)
{
	int rc;

	truth_begin(own->slot, -1);
	oracle_trace("cancel slot %u", own->slot);
	rc = timerheap_cancel(world.th, own->slot);
	oracle_trace("cancelled slot %u: %d", own->slot, rc);
	ledger_cancelled(own->slot, rc);
	truth_end(own->slot);
}

static void flush(void)
{
	u64 stamp = truth_flush_begins();

	oracle_trace("flush");
	truth_flush_ends(stamp, timerheap_flush(world.th) >= 0);
}

static void reconfigure(struct own *own)
{
	truth_begin(own->slot, -1);
	configure(own);
	truth_end(own->slot);
}

static void act(struct user *user)
{
	struct own *own = &user->own[prng_below(&world.prng, user->nown)];
	u64 what = prng_below(&world.prng, 100);

	if (what < 50)
		arm(own, false);
	else if (what < 62)
		arm(own, true);
	else if (what < 70)
		flush();
	else if (what < 88)
		cancel(own);
	else if (what < 90)
		kernel_kick();
	else if (what < 92)
		reconfigure(own);
	else if (what < 95)
		release(user, own - user->own);
	else
		alloc(user);
}

static void body(void *arg)
{
	struct user *user = arg;
	unsigned int i;

	while (agent_steps < world.plan.steps) {
		user_thinks();
		if (user->nown)
			act(user);
		else
			alloc(user);
		agent_step();
	}
	for (i = 0; i < user->nown; i++)
		if (user->own[i].period)
			cancel(&user->own[i]);
	user_leaves();
}

/* The last one leaves nothing undone. */
void user_leaves(void)
{
	while (kernel_kick())
		;
	world.users_left--;
}

void user_start(unsigned int number)
{
	static const char *const names[] = { "user 0", "user 1", "user 2",
					     "user 3" };

	users[number] = (struct user){ .number = number };
	world.users_left++;
	agent_start(names[number], body, &users[number]);
}

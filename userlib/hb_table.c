// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hb_table.h"

/* clang-format off */
#define STAY(state) { (state), THB_NO_CAUSE }

/*
 * Documentation/heartbeat.rst draws it.  What cannot happen stays: only
 * THB_RECOVERING becomes stable, and THB_LEFT has no deadline.
 */
const struct thb__step thb__table[THB_STATES][THB__INPUTS] = {
	[THB_IDLE] = {
		[THB__IN_BEAT] = { THB_ALIVE, THB_HEARD },
		[THB__IN_STABLE] = STAY(THB_IDLE),
		[THB__IN_RESTART] = { THB_ALIVE, THB_RESTARTED },
		[THB__IN_ANSWER] = STAY(THB_IDLE),
		[THB__IN_PAUSE] = STAY(THB_IDLE),
		[THB__IN_BYE] = { THB_LEFT, THB_GOODBYE },
		[THB__IN_MISS] = STAY(THB_IDLE),
		[THB__IN_GAP] = { THB_SUSPECT, THB_BEAT_MISSING },
		[THB__IN_LAST] = { THB_DEAD, THB_SILENT },
		[THB__IN_FORGET] = { THB_IDLE, THB_FORGOTTEN },
	},
	[THB_ALIVE] = {
		[THB__IN_BEAT] = STAY(THB_ALIVE),
		[THB__IN_STABLE] = STAY(THB_ALIVE),
		[THB__IN_RESTART] = { THB_ALIVE, THB_RESTARTED },
		[THB__IN_ANSWER] = STAY(THB_ALIVE),
		[THB__IN_PAUSE] = { THB_IDLE, THB_PAUSED },
		[THB__IN_BYE] = { THB_LEFT, THB_GOODBYE },
		[THB__IN_MISS] = STAY(THB_ALIVE),
		[THB__IN_GAP] = { THB_SUSPECT, THB_BEAT_MISSING },
		[THB__IN_LAST] = { THB_DEAD, THB_SILENT },
		[THB__IN_FORGET] = { THB_IDLE, THB_FORGOTTEN },
	},
	[THB_SUSPECT] = {
		[THB__IN_BEAT] = { THB_ALIVE, THB_WITHDRAWN },
		[THB__IN_STABLE] = STAY(THB_SUSPECT),
		[THB__IN_RESTART] = { THB_ALIVE, THB_RESTARTED },
		[THB__IN_ANSWER] = { THB_ALIVE, THB_ANSWERED },
		[THB__IN_PAUSE] = { THB_IDLE, THB_PAUSED },
		[THB__IN_BYE] = { THB_LEFT, THB_GOODBYE },
		[THB__IN_MISS] = STAY(THB_SUSPECT),
		[THB__IN_GAP] = STAY(THB_SUSPECT),
		[THB__IN_LAST] = { THB_DEAD, THB_SILENT },
		[THB__IN_FORGET] = { THB_IDLE, THB_FORGOTTEN },
	},
	[THB_DEAD] = {
		[THB__IN_BEAT] = { THB_RECOVERING, THB_HEARD_AGAIN },
		[THB__IN_STABLE] = STAY(THB_DEAD),
		[THB__IN_RESTART] = { THB_RECOVERING, THB_RESTARTED },
		[THB__IN_ANSWER] = { THB_RECOVERING, THB_ANSWERED },
		[THB__IN_PAUSE] = { THB_IDLE, THB_PAUSED },
		[THB__IN_BYE] = { THB_LEFT, THB_GOODBYE },
		[THB__IN_MISS] = STAY(THB_DEAD),
		[THB__IN_GAP] = STAY(THB_DEAD),
		[THB__IN_LAST] = STAY(THB_DEAD),
		[THB__IN_FORGET] = { THB_IDLE, THB_FORGOTTEN },
	},
	[THB_RECOVERING] = {
		[THB__IN_BEAT] = STAY(THB_RECOVERING),
		[THB__IN_STABLE] = { THB_ALIVE, THB_RECOVERED },
		[THB__IN_RESTART] = { THB_RECOVERING, THB_RESTARTED },
		[THB__IN_ANSWER] = STAY(THB_RECOVERING),
		[THB__IN_PAUSE] = { THB_IDLE, THB_PAUSED },
		[THB__IN_BYE] = { THB_LEFT, THB_GOODBYE },
		[THB__IN_MISS] = STAY(THB_RECOVERING),
		[THB__IN_GAP] = STAY(THB_RECOVERING),
		[THB__IN_LAST] = { THB_DEAD, THB_RELAPSED },
		[THB__IN_FORGET] = { THB_IDLE, THB_FORGOTTEN },
	},
	[THB_LEFT] = {
		[THB__IN_BEAT] = STAY(THB_LEFT),
		[THB__IN_STABLE] = STAY(THB_LEFT),
		[THB__IN_RESTART] = { THB_ALIVE, THB_RETURNED },
		[THB__IN_ANSWER] = STAY(THB_LEFT),
		[THB__IN_PAUSE] = STAY(THB_LEFT),
		[THB__IN_BYE] = STAY(THB_LEFT),
		[THB__IN_MISS] = STAY(THB_LEFT),
		[THB__IN_GAP] = STAY(THB_LEFT),
		[THB__IN_LAST] = STAY(THB_LEFT),
		[THB__IN_FORGET] = { THB_IDLE, THB_FORGOTTEN },
	},
};
/* clang-format on */

const char *thb_state_name(enum thb_state state)
{
	static const char *const names[THB_STATES] = {
		[THB_IDLE] = "idle",	   [THB_ALIVE] = "alive",
		[THB_SUSPECT] = "suspect", [THB_DEAD] = "dead",
		[THB_LEFT] = "left",	   [THB_RECOVERING] = "recovering",
	};

	return (unsigned int)state < THB_STATES ? names[state] : "?";
}

const char *thb_cause_name(enum thb_cause cause)
{
	static const char *const names[THB_CAUSES] = {
		[THB_NO_CAUSE] = "none",
		[THB_HEARD] = "heard",
		[THB_BEAT_MISSING] = "beat missing",
		[THB_SILENT] = "silent",
		[THB_WITHDRAWN] = "withdrawn",
		[THB_ANSWERED] = "answered",
		[THB_HEARD_AGAIN] = "heard again",
		[THB_RECOVERED] = "recovered",
		[THB_RELAPSED] = "relapsed",
		[THB_RESTARTED] = "restarted",
		[THB_RETURNED] = "returned",
		[THB_PAUSED] = "paused",
		[THB_GOODBYE] = "goodbye",
		[THB_FORGOTTEN] = "forgotten",
	};

	return (unsigned int)cause < THB_CAUSES ? names[cause] : "?";
}

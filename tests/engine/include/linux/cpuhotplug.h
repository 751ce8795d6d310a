/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_CPUHOTPLUG_H
#define STANDIN_LINUX_CPUHOTPLUG_H

enum cpuhp_state { CPUHP_AP_ONLINE_DYN };

int cpuhp_setup_state(enum cpuhp_state state, const char *name,
		      int (*online)(unsigned int cpu),
		      int (*offline)(unsigned int cpu));
void cpuhp_remove_state_nocalls(enum cpuhp_state state);

#endif

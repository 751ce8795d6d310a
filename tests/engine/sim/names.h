/* SPDX-License-Identifier: GPL-2.0-only */
/* What lies at an address, for traces. */
#ifndef SIM_NAMES_H
#define SIM_NAMES_H

const char *name_of(const volatile void *p);

#endif

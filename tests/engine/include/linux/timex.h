/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_TIMEX_H
#define STANDIN_LINUX_TIMEX_H

/* For get_cycles() of machines whose counter is known; here it is not. */

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Loading and unloading the module from within the guest. */
#ifndef SELFTEST_MODULE_H
#define SELFTEST_MODULE_H

#include <stdbool.h>

/* Where the guest has it, with the parameters it was loaded with. */
#define MODULE_FILE "/timerheap.ko"
#define MODULE_PARAMS "/params"

bool module_is_loaded(void);
/* 0 or -errno; the parameters of the guest for NULL. */
int module_load(const char *params);
/* One try; 0 or -errno, -EAGAIN while it is in use. */
int module_unload(void);
/* Until nothing of what just ended holds it any more. */
int module_unload_patiently(void);
/*
 * The device, of the module as the case needs it, whatever the guest loaded it
 * with; skips the case where that cannot be.
 */
int module_open_with(const char *params);
/* As the guest has it, when the case is over. */
void module_restore(void);

#endif

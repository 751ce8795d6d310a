/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* thbeat send and thbeat monitor. */
#ifndef THBEAT_JOBS_H
#define THBEAT_JOBS_H

#include "thbeat_service.h"
#include "thbeat_status.h"

struct thbeat_sending {
	struct thbeat_task task;
	struct thb_sender *s;
	struct thb_keys *keys; /* NULL: none */
};

struct thbeat_watching {
	struct thbeat_task task;
	struct thb_monitor *m;
	struct thb_keys *keys; /* NULL: none */
	struct thbeat_status status;
};

extern const struct thbeat_job thbeat_send_job;
extern const struct thbeat_job thbeat_monitor_job;

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a monitor knows, as JSON; members are named as those of the library. */
#ifndef THBEAT_STATUS_JSON_H
#define THBEAT_STATUS_JSON_H

#include <jansson.h>

#include <timerheap/heartbeat.h>

/* NULL: there is no memory. */
json_t *thbeat_status_monitor(const struct thb_monitor *m, uint64_t uptime_ns);
json_t *thbeat_status_peer(const struct thb_peer_info *info, uint64_t now_ns);
json_t *thbeat_status_end(uint64_t peers);

#endif

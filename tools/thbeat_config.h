/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file of thbeat send and monitor: sections [sender] and [monitor], each of
 * which may be missing where it is not needed, as one file can serve both.
 */
#ifndef THBEAT_CONFIG_H
#define THBEAT_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <timerheap/heartbeat.h>

#include "thbeat_address.h"
#include "thbeat_ini.h"

#define THBEAT_SOCKET "/run/thbeat/monitor.sock"
/* As long as the path of a Unix socket may be. */
#define THBEAT_PATH 108
/* A key that was taken out of its file is good for so much longer. */
#define THBEAT_OVERLAP_NS 60000000000ULL
#define THBEAT_PEERS 1000000

/**
 * struct thbeat_sender - [sender]
 * @given: the section is there.
 * @node: its number, not 0.
 * @from: to send from; none: any.
 * @pace: how often.
 * @ask_every: see struct thb_sender_opts,
 * @retry_ns: likewise,
 * @retry_most_ns: likewise.
 * @keys: path of the file of keys; empty: packets bear no tag.
 * @publish: name of its statistics page; empty: it has none.
 * @target_count: how many monitors there are to tell,
 * @targets: and where; all different.
 */
struct thbeat_sender {
	bool given;
	uint64_t node;
	struct thbeat_address from;
	struct thb_pace_settings pace;
	uint32_t ask_every;
	uint64_t retry_ns;
	uint64_t retry_most_ns;
	char keys[THBEAT_LINE];
	char publish[THBEAT_LINE];
	uint32_t target_count;
	struct thbeat_address targets[THB_TARGETS];
};

/* A node to be watched; @address: where to ask it until it was heard. */
struct thbeat_peer {
	uint64_t node;
	struct thbeat_address address;
	int line;
};

/**
 * struct thbeat_monitor - [monitor]
 * @given: the section is there.
 * @listen: where to receive.
 * @settings: how to judge.
 * @accept: 1: whoever beats is watched.
 * @max_peers: room for so many.
 * @receive_bytes: see struct thb_monitor_opts.
 * @status: path of the socket for thbeat status.
 * @keys: see struct thbeat_sender.
 * @publish: likewise.
 * @peer_count: how many nodes are to be watched,
 * @peers: by number, all different.
 */
struct thbeat_monitor {
	bool given;
	struct thbeat_address listen;
	struct thb_settings settings;
	uint32_t accept;
	uint32_t max_peers;
	uint32_t receive_bytes;
	char status[THBEAT_PATH];
	char keys[THBEAT_LINE];
	char publish[THBEAT_LINE];
	uint32_t peer_count;
	uint32_t peer_room;
	struct thbeat_peer *peers;
};

struct thbeat_config {
	struct thbeat_sender sender;
	struct thbeat_monitor monitor;
};

/*
 * Read one: 0, or -1 and @why says what is wrong, and in which line if it is
 * one's fault.  There is nothing to be freed then.
 */
int thbeat_config_read(struct thbeat_config *c, FILE *file, char *why,
		       size_t size);
/* The same from a path, with which @why begins. */
int thbeat_config_load(struct thbeat_config *c, const char *path, char *why,
		       size_t size);
void thbeat_config_free(struct thbeat_config *c);

/* False: they complained.  A node's number; an address with a port. */
bool thbeat_config_node(struct thbeat_ini *ini, uint64_t *node,
			const char *text);
bool thbeat_config_address(struct thbeat_ini *ini, struct thbeat_address *a,
			   const char *text);
/* The same: a path, into @room bytes. */
bool thbeat_config_path(struct thbeat_ini *ini, char *path, size_t room,
			const char *text);

/* The same: a page's name, into THBEAT_LINE bytes. */
bool thbeat_config_page(struct thbeat_ini *ini, char *name, const char *text);

/* A key of the section.  False: it complained. */
bool thbeat_config_sender_key(struct thbeat_ini *ini, struct thbeat_sender *s,
			      const char *name, const char *text);
bool thbeat_config_monitor_key(struct thbeat_ini *ini, struct thbeat_monitor *m,
			       const char *name, const char *text);

/* When all is read: NULL, or what is wrong with it.  Unifies the addresses. */
const char *thbeat_config_sender_fault(struct thbeat_sender *s);
const char *thbeat_config_monitor_fault(struct thbeat_monitor *m);
/* Sorts the peers.  The line of the first one that was there; 0: none was. */
int thbeat_config_twice(struct thbeat_monitor *m);

/* Whether all is the same but the targets, or the peers. */
bool thbeat_config_same_sender(const struct thbeat_sender *a,
			       const struct thbeat_sender *b);
bool thbeat_config_same_monitor(const struct thbeat_monitor *a,
				const struct thbeat_monitor *b);

/* Whether that is among the targets. */
bool thbeat_config_has_target(const struct thbeat_sender *s,
			      const struct thbeat_address *target);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ETCD_H
#define ETCD_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

/* http.c: one that answers, out of several. */
struct etcd_http;

int etcd_http_open(struct etcd_http **h, const char *endpoints,
		   uint32_t timeout_ms);
void etcd_http_close(struct etcd_http *h);
/*
 * POST @body, which is given up.  Sets @answer to a new object; or -ETIMEDOUT,
 * when it is not known whether it was done, -EPROTO, -ENOMEM.
 */
int etcd_http_post(struct etcd_http *h, const char *path, json_t *body,
		   json_t **answer);

/* message.c: what is asked, and what answers mean; all pure. */

/* The number of @key in @object, which JSON has as a string; 0: none. */
int64_t etcd_number(const json_t *object, const char *key);
json_t *etcd_text(const char *text);
/* The number that a value's text is; false: it is none. */
bool etcd_value_number(const json_t *kv, uint64_t *number);

/*
 * A transaction: take the number if it is free, and read its mark; or, for who
 * took it at @revision and found its mark changed at @mark_revision, set it.
 */
json_t *etcd_take(const char *worker, const char *mark, int64_t lease);
json_t *etcd_set(const char *worker, const char *mark, int64_t revision,
		 int64_t mark_revision, uint64_t mark_ns);

/* What is stored for a number, as a transaction's answer has it. */
struct etcd_state {
	bool succeeded;
	int64_t revision;
	/* the worker's key; 0: there is none */
	int64_t created;
	/* the mark's; 0: there is none */
	int64_t mark_revision;
	uint64_t mark_ns;
};

/* 0, or -EPROTO. */
int etcd_read_state(const json_t *answer, struct etcd_state *state);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* thbeat status: ask a monitor, and show what it says. */
#ifndef THBEAT_QUERY_H
#define THBEAT_QUERY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Ask the one at that socket.  The exit status. */
int thbeat_query(const char *path, FILE *out, bool json);

/*
 * What thbeat_status.h says is read, as {"monitor": {..}, "peers": [..]}, by
 * number.  NULL: it is not that, or not all of it.
 */
json_t *thbeat_query_read(FILE *from);

/* As a table. */
void thbeat_query_show(FILE *out, const json_t *answer);

#endif

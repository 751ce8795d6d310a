// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "thbeat_query.h"

#define PATIENCE_S 5

/* A line of the answer; false: it is none. */
static bool take_line(json_t *answer, json_t *peers, const json_t *line,
		      bool *ended)
{
	json_t *end = json_object_get(line, "end");
	json_t *monitor = json_object_get(line, "monitor");
	json_t *peer = json_object_get(line, "peer");

	if (*ended)
		return false;
	if (monitor)
		return !json_object_set(answer, "monitor", monitor);
	if (peer)
		return !json_array_append(peers, peer);
	*ended = end;
	return end &&
		json_integer_value(json_object_get(end, "peers")) ==
		(json_int_t)json_array_size(peers);
}

static unsigned long long node_of(const json_t *peer)
{
	const char *text = json_string_value(json_object_get(peer, "node"));

	return text ? strtoull(text, NULL, 10) : 0;
}

static int by_node(const void *a, const void *b)
{
	unsigned long long p = node_of(*(json_t *const *)a);
	unsigned long long q = node_of(*(json_t *const *)b);

	return p < q ? -1 : p > q;
}

/* Takes them over; NULL: there is no memory. */
static json_t *sort(json_t *peers)
{
	size_t count = json_array_size(peers);
	json_t **list = calloc(count + 1, sizeof(*list));
	json_t *sorted = json_array();

	for (size_t i = 0; list && i < count; i++)
		list[i] = json_array_get(peers, i);
	if (list)
		qsort(list, count, sizeof(*list), by_node);
	for (size_t i = 0; list && i < count; i++)
		json_array_append(sorted, list[i]);
	free(list);
	json_decref(peers);
	return sorted;
}

json_t *thbeat_query_read(FILE *from)
{
	json_t *answer = json_object(), *peers = json_array(), *line;
	bool good = true, ended = false;
	char *text = NULL;
	size_t room = 0;

	while (good && getline(&text, &room, from) > 0) {
		line = json_loads(text, 0, NULL);
		good = line && take_line(answer, peers, line, &ended);
		json_decref(line);
	}
	free(text);
	json_object_set_new(answer, "peers", sort(peers));
	if (good && ended && json_object_get(answer, "monitor"))
		return answer;
	json_decref(answer);
	return NULL;
}

/* 0, or -errno; a monitor that hangs lets us in, but says nothing. */
static int connect_to(const char *path, FILE **from)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, rc;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address))) {
		rc = -errno;
		close(fd);
		return rc;
	}
	*from = fdopen(fd, "r");
	return *from ? 0 : -errno;
}

static const char *advise(int error)
{
	switch (error) {
	case -ENOENT:
	case -ECONNREFUSED:
		return "no monitor runs there: start \"thbeat monitor\", or give its \"status\" by --socket";
	case -EACCES:
		return "ask as the monitor's user or group, or as root";
	default:
		return "is this a monitor's socket?";
	}
}

static int print(FILE *out, const json_t *answer, bool json)
{
	if (json) {
		json_dumpf(answer, out, JSON_COMPACT);
		fputc('\n', out);
	} else {
		thbeat_query_show(out, answer);
	}
	if (!fflush(out) && !ferror(out))
		return 0;
	fprintf(stderr, "thbeat: output: %s\n", strerror(errno));
	return 1;
}

int thbeat_query(const char *path, FILE *out, bool json)
{
	json_t *answer;
	FILE *from;
	int rc = connect_to(path, &from);

	if (rc) {
		fprintf(stderr, "thbeat: %s: %s; %s\n", path, strerror(-rc),
			advise(rc));
		return 1;
	}
	errno = 0;
	answer = thbeat_query_read(from);
	if (!answer)
		fprintf(stderr, "thbeat: %s: %s\n", path,
			errno == EAGAIN
				? "the monitor does not answer: it hangs, or was stopped"
				: "the answer is not whole: was the monitor ended or reloaded? Try again");
	fclose(from);
	rc = answer ? print(out, answer, json) : 1;
	json_decref(answer);
	return rc;
}

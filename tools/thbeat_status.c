// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "thbeat_status.h"
#include "thbeat_status_json.h"

/* In one piece: about a millisecond's work. */
#define PEERS 64
#define WAITING 8

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* The directory of the default path is ours to make. */
static void make_directory(const char *path)
{
	char copy[THBEAT_PATH], *slash;

	strcpy(copy, path);
	slash = strrchr(copy, '/');
	if (slash == copy)
		return;
	*slash = '\0';
	(void)mkdir(copy, 0755);
}

/* A socket that is left over from one who was killed refuses. */
static bool is_left_over(const struct sockaddr_un *address)
{
	struct stat st;
	int fd, rc;

	if (lstat(address->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	rc = connect(fd, (const struct sockaddr *)address, sizeof(*address));
	rc = rc ? errno : 0;
	close(fd);
	return rc == ECONNREFUSED;
}

static int listen_at(int fd, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct sockaddr *any = (const struct sockaddr *)&address;

	strcpy(address.sun_path, path);
	make_directory(path);
	if (bind(fd, any, sizeof(address))) {
		if (errno != EADDRINUSE || !is_left_over(&address))
			return -errno;
		(void)unlink(path);
		if (bind(fd, any, sizeof(address)))
			return -errno;
	}
	if (chmod(path, 0660) || listen(fd, WAITING))
		return -errno;
	return 0;
}

int thbeat_status_open(struct thbeat_status *st, const char *path)
{
	int rc;

	*st = (struct thbeat_status){ .since_ns = now_ns() };
	for (int i = 0; i < THBEAT_CLIENTS; i++)
		st->clients[i].fd = -1;
	st->listener =
		socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (st->listener < 0)
		return -errno;
	rc = listen_at(st->listener, path);
	if (rc) {
		close(st->listener);
		st->listener = -1;
		return rc;
	}
	strcpy(st->path, path);
	return 0;
}

static void end_client(struct thbeat_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->text);
	*c = (struct thbeat_client){ .fd = -1 };
}

void thbeat_status_drop(struct thbeat_status *st)
{
	for (int i = 0; i < THBEAT_CLIENTS; i++)
		end_client(&st->clients[i]);
}

void thbeat_status_close(struct thbeat_status *st)
{
	if (st->listener < 0)
		return;
	thbeat_status_drop(st);
	close(st->listener);
	(void)unlink(st->path);
	st->listener = -1;
}

unsigned int thbeat_status_poll(const struct thbeat_status *st,
				struct pollfd *fds)
{
	unsigned int count = 0;

	fds[count++] = (struct pollfd){ .fd = st->listener, .events = POLLIN };
	for (int i = 0; i < THBEAT_CLIENTS; i++)
		if (st->clients[i].fd >= 0)
			fds[count++] = (struct pollfd){
				.fd = st->clients[i].fd,
				.events = POLLOUT,
			};
	return count;
}

static void let_in(struct thbeat_status *st)
{
	int fd =
		accept4(st->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct thbeat_client *c = &st->clients[st->oldest];

	if (fd < 0)
		return;
	end_client(c);
	c->fd = fd;
	st->oldest = (st->oldest + 1) % THBEAT_CLIENTS;
}

static bool put_line(FILE *file, json_t *line)
{
	bool good = line && !json_dumpf(line, file, JSON_COMPACT) &&
		fputc('\n', file) != EOF;

	json_decref(line);
	return good;
}

/* The next few peers, and the end after the last one. */
static bool put_peers(FILE *file, struct thbeat_client *c,
		      const struct thb_monitor *m)
{
	bool good = true;

	for (int i = 0; i < PEERS && good && !c->ended; i++) {
		struct thb_peer_info info;

		c->node = thb_monitor_next(m, c->node);
		c->ended = !c->node || thb_monitor_peer(m, c->node, &info);
		if (c->ended)
			good = put_line(file, thbeat_status_end(c->count));
		else
			good = put_line(file,
					thbeat_status_peer(&info, now_ns()));
		c->count += !c->ended;
	}
	return good;
}

static bool fill(const struct thbeat_status *st, struct thbeat_client *c,
		 const struct thb_monitor *m)
{
	bool good = true;
	FILE *file;

	free(c->text);
	c->text = NULL;
	c->sent = 0;
	file = open_memstream(&c->text, &c->length);
	if (!file)
		return false;
	if (!c->begun)
		good = put_line(
			file,
			thbeat_status_monitor(m, now_ns() - st->since_ns));
	c->begun = true;
	good = good && put_peers(file, c, m);
	return !fclose(file) && good;
}

/* False: it is done, or gone. */
static bool tell(const struct thbeat_status *st, struct thbeat_client *c,
		 const struct thb_monitor *m)
{
	ssize_t n;

	if (c->sent == c->length && (c->ended || !fill(st, c, m)))
		return false;
	n = send(c->fd, c->text + c->sent, c->length - c->sent, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->sent += (size_t)n;
	return c->sent < c->length || !c->ended;
}

void thbeat_status_run(struct thbeat_status *st, const struct pollfd *fds,
		       const struct thb_monitor *m)
{
	bool knocks = fds++->revents;

	for (int i = 0; i < THBEAT_CLIENTS; i++)
		if (st->clients[i].fd >= 0 && fds++->revents &&
		    !tell(st, &st->clients[i], m))
			end_client(&st->clients[i]);
	if (knocks)
		let_in(st);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ZMQ_FD tells of a change, once, and any call on the socket may take that
 * away.  A transport's descriptor is to be readable for as long as there is
 * something to receive.  So it is an epoll of ZMQ_FD and of an eventfd that a
 * send sets when it finds that something has come.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#include "zeromq.h"

static int last_error(void)
{
	return errno < ZMQ_HAUSNUMERO ? -errno : -EPROTO;
}

static int set_up_socket(struct zeromq *z, const char *name)
{
	const int none = 0, yes = 1;

	if (zmq_setsockopt(z->socket, ZMQ_ROUTING_ID, name, strlen(name)) ||
	    zmq_setsockopt(z->socket, ZMQ_LINGER, &none, sizeof(none)) ||
	    zmq_setsockopt(z->socket, ZMQ_ROUTER_MANDATORY, &yes, sizeof(yes)))
		return last_error();
	return 0;
}

static int set_up_poll(struct zeromq *z)
{
	struct epoll_event readable = { .events = EPOLLIN };
	int fd;
	size_t size = sizeof(fd);

	z->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	z->poll = epoll_create1(EPOLL_CLOEXEC);
	if (z->event < 0 || z->poll < 0 ||
	    zmq_getsockopt(z->socket, ZMQ_FD, &fd, &size) ||
	    epoll_ctl(z->poll, EPOLL_CTL_ADD, fd, &readable) ||
	    epoll_ctl(z->poll, EPOLL_CTL_ADD, z->event, &readable))
		return last_error();
	return 0;
}

int zeromq_open(struct zeromq *z, void *context, const char *name)
{
	int rc;

	*z = (struct zeromq){ .event = -1, .poll = -1 };
	if (!*name || strlen(name) > THB_ADDRESS)
		return -EINVAL;
	z->socket = zmq_socket(context, ZMQ_ROUTER);
	if (!z->socket)
		return last_error();
	rc = set_up_socket(z, name);
	if (!rc)
		rc = set_up_poll(z);
	if (rc)
		zeromq_close(z);
	return rc;
}

void zeromq_close(struct zeromq *z)
{
	if (z->poll >= 0)
		close(z->poll);
	if (z->event >= 0)
		close(z->event);
	zmq_close(z->socket);
}

int zeromq_connect(struct zeromq *z, const char *name, const char *endpoint)
{
	if (zmq_setsockopt(z->socket, ZMQ_CONNECT_ROUTING_ID, name,
			   strlen(name)) ||
	    zmq_connect(z->socket, endpoint))
		return last_error();
	return 0;
}

static int has_mail(struct zeromq *z)
{
	int events = 0;
	size_t size = sizeof(events);

	zmq_getsockopt(z->socket, ZMQ_EVENTS, &events, &size);
	return events & ZMQ_POLLIN;
}

static int send_message(void *arg, const struct thb_message *m)
{
	struct zeromq *z = arg;
	int rc = 0;

	if (zmq_send(z->socket, m->address, m->address_length,
		     ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0 ||
	    zmq_send(z->socket, m->data, m->length, ZMQ_DONTWAIT) < 0)
		rc = last_error();
	if (has_mail(z))
		eventfd_write(z->event, 1);
	return rc;
}

/* The length of a frame, of which as much as there is room for is read. */
static int read_frame(struct zeromq *z, void *to, size_t room, int *more)
{
	size_t size = sizeof(*more);
	int length = zmq_recv(z->socket, to, room, ZMQ_DONTWAIT);

	*more = 0;
	if (length >= 0)
		zmq_getsockopt(z->socket, ZMQ_RCVMORE, more, &size);
	return length;
}

/* The rest of a message comes with its first frame: there is no waiting. */
static int receive_message(void *arg, struct thb_message *m)
{
	struct zeromq *z = arg;
	int from, length = 0, frames, more;
	eventfd_t events;

	do {
		from = read_frame(z, m->address, THB_ADDRESS, &more);
		if (from < 0 && errno == EAGAIN) {
			eventfd_read(z->event, &events);
			return 0;
		}
		if (from < 0)
			return last_error();
		for (frames = 1; more; frames++)
			length = read_frame(z, m->data, THB_PACKET, &more);
		/* Others may say what they like here. */
	} while (frames != 2 || from < 1 || from > THB_ADDRESS || length < 0);
	m->address_length = (uint32_t)from;
	m->length = (size_t)length;
	m->arrived_ns = 0;
	return 1;
}

struct thb_transport zeromq_transport(struct zeromq *z)
{
	return (struct thb_transport){
		.arg = z,
		.fd = z->poll,
		.send = send_message,
		.receive = receive_message,
	};
}

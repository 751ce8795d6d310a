// SPDX-License-Identifier: LGPL-2.1-or-later
/* Figures over HTTP; one thread of the library's answers, one after the other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "timerheap_export.h"

#define WAITING 8
#define CONNECTIONS 32U
#define PATIENCE_S 10U
#define METRICS "text/plain; version=0.0.4; charset=utf-8"
#define HTML "text/html; charset=utf-8"

static const char landing[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><title>timerheap</title></head>\n"
	"<body><h1>timerheap</h1><p><a href=\"/metrics\">Metrics</a></p></body></html>\n";

static enum MHD_Result answer(struct MHD_Connection *to, unsigned int status,
			      const char *type, char *text, size_t length,
			      enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(length, text, mode);
	enum MHD_Result rc;

	if (!response)
		return MHD_NO;
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				      type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
					      "GET, HEAD");
	rc = MHD_queue_response(to, status, response);
	MHD_destroy_response(response);
	return rc;
}

static enum MHD_Result answer_fixed(struct MHD_Connection *to,
				    unsigned int status, const char *type,
				    const char *text)
{
	return answer(to, status, type, (char *)(uintptr_t)text, strlen(text),
		      MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result answer_metrics(struct MHD_Connection *to,
				      const char *directory)
{
	size_t length;
	char *text = export_collect(directory, &length);

	if (!text)
		return answer_fixed(to, MHD_HTTP_INTERNAL_SERVER_ERROR, HTML,
				    "No memory.\n");
	return answer(to, MHD_HTTP_OK, METRICS, text, length,
		      MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *to,
				  const char *url, const char *method,
				  const char *version, const char *data,
				  size_t *size, void **state)
{
	(void)version;
	(void)data;
	(void)size;
	(void)state;
	if (strcmp(method, MHD_HTTP_METHOD_GET) &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD))
		return answer_fixed(to, MHD_HTTP_METHOD_NOT_ALLOWED, HTML,
				    "GET or HEAD.\n");
	if (!strcmp(url, "/metrics"))
		return answer_metrics(to, arg);
	if (!strcmp(url, "/"))
		return answer_fixed(to, MHD_HTTP_OK, HTML, landing);
	return answer_fixed(to, MHD_HTTP_NOT_FOUND, HTML, "See /metrics.\n");
}

/* The socket, or -errno; @bound: where it really is. */
static int open_socket(const struct thbeat_address *at,
		       struct thbeat_address *bound)
{
	const int yes = 1;
	int fd = socket(at->any.sa_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return -errno;
	bound->length = sizeof(bound->v6);
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) &&
	    !bind(fd, &at->any, at->length) && !listen(fd, WAITING) &&
	    !getsockname(fd, &bound->any, &bound->length))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

static int fail(const struct thbeat_address *at, int error)
{
	char text[THBEAT_ADDRESS];

	thbeat_address_print(at, text);
	fprintf(stderr, "timerheap export: %s: %s; %s\n", text,
		strerror(-error),
		error == -EADDRINUSE
			? "does another one run? See ss -ltnp, or choose another port with --listen"
			: "choose another ADDRESS:PORT with --listen");
	return TOOL_FAILED;
}

static int wait_for(const struct thbeat_address *bound, const sigset_t *signals)
{
	char text[THBEAT_ADDRESS];
	int rc;

	thbeat_address_print(bound, text);
	printf("http://%s/metrics\n", text);
	rc = tool_end_output();
	while (!rc && sigwaitinfo(signals, NULL) < 0 && errno == EINTR)
		;
	return rc;
}

int export_serve(const struct thbeat_address *at, const char *directory,
		 const sigset_t *signals)
{
	struct thbeat_address bound;
	struct MHD_Daemon *server;
	int fd = open_socket(at, &bound), rc;

	if (fd < 0)
		return fail(at, fd);
	server = MHD_start_daemon(
		MHD_USE_AUTO_INTERNAL_THREAD, 0, NULL, NULL, on_request,
		(void *)(uintptr_t)directory, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, PATIENCE_S, MHD_OPTION_END);
	if (!server) {
		rc = fail(at, -errno);
		close(fd);
		return rc;
	}
	rc = wait_for(&bound, signals);
	MHD_stop_daemon(server);
	return rc;
}

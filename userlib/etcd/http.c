// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "etcd.h"

#define MOST_ANSWER (1 << 20)
#define HTTP_OK 200

struct etcd_http {
	CURL *curl;
	struct curl_slist *headers;
	/* with zeroes in place of the commas, and an empty one at the end */
	char *endpoints;
	/* the one that answered last */
	const char *current;
};

struct answer {
	char *text;
	size_t length;
};

static size_t receive(char *data, size_t size, size_t n, void *arg)
{
	struct answer *a = arg;
	char *text;

	n *= size;
	if (a->length + n > MOST_ANSWER)
		return 0;
	text = realloc(a->text, a->length + n);
	if (!text)
		return 0;
	memcpy(text + a->length, data, n);
	a->text = text;
	a->length += n;
	return n;
}

static void set_options(struct etcd_http *h, uint32_t timeout_ms)
{
	curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h->curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, h->headers);
	curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, receive);
}

static char *split(const char *endpoints)
{
	size_t length = strlen(endpoints);
	char *list = calloc(1, length + 2);

	if (!list)
		return NULL;
	memcpy(list, endpoints, length);
	for (char *at = list; *at; at++)
		if (*at == ',')
			*at = 0;
	return list;
}

int etcd_http_open(struct etcd_http **hp, const char *endpoints,
		   uint32_t timeout_ms)
{
	struct etcd_http *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->curl = curl_easy_init();
	h->headers = curl_slist_append(NULL, "Content-Type: application/json");
	h->endpoints = split(endpoints);
	if (!h->curl || !h->headers || !h->endpoints) {
		etcd_http_close(h);
		return -ENOMEM;
	}
	h->current = h->endpoints;
	set_options(h, timeout_ms);
	*hp = h;
	return 0;
}

void etcd_http_close(struct etcd_http *h)
{
	curl_easy_cleanup(h->curl);
	curl_slist_free_all(h->headers);
	free(h->endpoints);
	free(h);
}

static const char *after(const struct etcd_http *h, const char *endpoint)
{
	endpoint += strlen(endpoint) + 1;
	return *endpoint ? endpoint : h->endpoints;
}

/* Errors of HTTP are of a member that has no leader, or is none of etcd. */
static int post(struct etcd_http *h, const char *path, const char *body,
		json_t **answer)
{
	struct answer a = { NULL, 0 };
	char url[512];
	long status = 0;
	int rc = -ETIMEDOUT;

	snprintf(url, sizeof(url), "%s%s", h->current, path);
	curl_easy_setopt(h->curl, CURLOPT_URL, url);
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, &a);
	if (!curl_easy_perform(h->curl)) {
		curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
		*answer = json_loadb(a.text ? a.text : "", a.length, 0, NULL);
		if (!*answer)
			rc = -EPROTO;
		else if (status == HTTP_OK)
			rc = 0;
		else
			json_decref(*answer);
	}
	free(a.text);
	return rc;
}

int etcd_http_post(struct etcd_http *h, const char *path, json_t *body,
		   json_t **answer)
{
	const char *begin = h->current;
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	int rc = -ENOMEM;

	json_decref(body);
	while (text) {
		rc = post(h, path, text, answer);
		if (!rc)
			break;
		h->current = after(h, h->current);
		if (h->current == begin)
			break;
	}
	free(text);
	return rc;
}

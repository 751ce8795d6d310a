// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"
#include "thbeat_config.h"

/* All of the text is a number of 64 bits, but 0. */
static bool parse_node(uint64_t *node, const char *text)
{
	char *end;

	errno = 0;
	*node = strtoull(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && !*end && !errno && *node;
}

bool thbeat_config_node(struct thbeat_ini *ini, uint64_t *node,
			const char *text)
{
	return parse_node(node, text) ||
		thbeat_ini_complain(
			ini, "not a node: 1 to 18446744073709551615", text);
}

bool thbeat_config_address(struct thbeat_ini *ini, struct thbeat_address *a,
			   const char *text)
{
	return (thbeat_address_parse(a, text) && thbeat_address_port(a)) ||
		thbeat_ini_complain(
			ini,
			"not ADDRESS:PORT, as 192.0.2.1:7400 or [::1]:7400",
			text);
}

bool thbeat_config_path(struct thbeat_ini *ini, char *path, size_t room,
			const char *text)
{
	if (*text != '/' || strlen(text) >= room)
		return thbeat_ini_complain(
			ini, "not a path from / on, or one too long", text);
	strcpy(path, text);
	return true;
}

bool thbeat_config_page(struct thbeat_ini *ini, char *name, const char *text)
{
	if (!timerheap__page_name(text))
		return thbeat_ini_complain(
			ini, "not 1 to 63 letters, digits and - _ .", text);
	strcpy(name, text);
	return true;
}

static bool on_section(struct thbeat_ini *ini)
{
	struct thbeat_config *c = ini->data;

	if (!strcmp(ini->section, "sender"))
		c->sender.given = true;
	else if (!strcmp(ini->section, "monitor"))
		c->monitor.given = true;
	else
		return thbeat_ini_complain(ini, "not [sender] or [monitor]",
					   ini->section);
	return true;
}

static bool on_key(struct thbeat_ini *ini, const char *name, const char *text)
{
	struct thbeat_config *c = ini->data;

	if (!*ini->section)
		return thbeat_ini_complain(ini, "before the first [section]",
					   name);
	if (!strcmp(ini->section, "sender"))
		return thbeat_config_sender_key(ini, &c->sender, name, text);
	return thbeat_config_monitor_key(ini, &c->monitor, name, text);
}

static int check(struct thbeat_config *c, char *why, size_t size)
{
	const char *sender = thbeat_config_sender_fault(&c->sender);
	const char *monitor = thbeat_config_monitor_fault(&c->monitor);
	int line = thbeat_config_twice(&c->monitor);

	if (line)
		snprintf(why, size, "line %d: this peer is given twice", line);
	else if (sender)
		snprintf(why, size, "[sender]: %s", sender);
	else if (monitor)
		snprintf(why, size, "[monitor]: %s", monitor);
	return line || sender || monitor ? -1 : 0;
}

static void set_defaults(struct thbeat_config *c)
{
	struct thb_monitor_opts monitor;
	struct thb_sender_opts sender;

	thb_monitor_opts_init(&monitor);
	thb_sender_opts_init(&sender);
	*c = (struct thbeat_config){
		.sender = { .pace = sender.pace,
			    .ask_every = sender.ask_every,
			    .retry_ns = sender.retry_ns,
			    .retry_most_ns = sender.retry_most_ns },
		.monitor = { .settings = monitor.settings,
			     .max_peers = monitor.max_peers,
			     .receive_bytes = monitor.receive_bytes,
			     .status = THBEAT_SOCKET },
	};
	c->sender.pace.fixed = 1;
}

int thbeat_config_read(struct thbeat_config *c, FILE *file, char *why,
		       size_t size)
{
	struct thbeat_ini ini = {
		.on_section = on_section,
		.on_key = on_key,
		.data = c,
	};
	int rc;

	set_defaults(c);
	rc = thbeat_ini_read(&ini, file, why, size);
	if (!rc)
		rc = check(c, why, size);
	if (rc)
		thbeat_config_free(c);
	return rc;
}

int thbeat_config_load(struct thbeat_config *c, const char *path, char *why,
		       size_t size)
{
	FILE *file = fopen(path, "re");
	int prefix = snprintf(why, size, "%.200s: ", path), rc;

	if (!file) {
		snprintf(why + prefix, size - (size_t)prefix, "%s",
			 strerror(errno));
		return -1;
	}
	rc = thbeat_config_read(c, file, why + prefix, size - (size_t)prefix);
	fclose(file);
	return rc;
}

void thbeat_config_free(struct thbeat_config *c)
{
	free(c->monitor.peers);
	c->monitor.peers = NULL;
	c->monitor.peer_count = 0;
	c->monitor.peer_room = 0;
}

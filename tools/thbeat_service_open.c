// SPDX-License-Identifier: LGPL-2.1-or-later
/* What both jobs open, and why it could not be. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <timerheap/timerheap.h>

#include "thbeat_service.h"

#define DEVICE "/dev/timerheap"

static int explain_keys(int error, const char *path, char *why)
{
	const char *advice =
		"it has lines of a number and 64 hexadecimal digits";

	if (error == -EPERM)
		advice = "it must be this user's or root's; chmod 600, or 640";
	if (error)
		snprintf(why, THBEAT_WHY, "keys: %.200s: %s; %s", path,
			 strerror(-error), advice);
	return error;
}

int thbeat_service_keys(struct thb_keys **keys, const char *path,
			struct thb_auth *room, const struct thb_auth **auth,
			char *why)
{
	int rc;

	*auth = NULL;
	if (!*path)
		return 0;
	rc = thb_keys_open(keys, path, THBEAT_OVERLAP_NS);
	if (rc)
		return explain_keys(rc, path, why);
	thb_keys_auth(*keys, room);
	*auth = room;
	return 0;
}

int thbeat_service_rekey(struct thb_keys *keys, const char *path, char *why)
{
	return keys ? explain_keys(thb_keys_load(keys, path), path, why) : 0;
}

int thbeat_service_page(struct thbeat_task *task, const char *name, char *why)
{
	int rc = *name ? timerheap_page_open(&task->page, name, NULL) : 0;

	if (rc)
		snprintf(
			why, THBEAT_WHY, "publish = %s: %s; %s", name,
			strerror(-rc),
			rc == -EBUSY
				? "another one publishes by this name: choose another"
				: "/run/timerheap is for members of the group timerheap; or set XDG_RUNTIME_DIR");
	return rc;
}

/* Who cannot get at the device need not look for another fault. */
void thbeat_service_explain(int error, const struct thbeat_address *address,
			    char *why)
{
	char text[THBEAT_ADDRESS];

	if (access(DEVICE, R_OK | W_OK)) {
		error = -errno;
	} else if (address->length &&
		   (error == -EADDRINUSE || error == -EADDRNOTAVAIL ||
		    error == -EACCES)) {
		thbeat_address_print(address, text);
		snprintf(why, THBEAT_WHY, "%s: %s; %s", text, strerror(-error),
			 error == -EADDRINUSE
				 ? "does another monitor run? See ss -ulpn"
				 : "choose another \"address\"");
		return;
	}
	snprintf(why, THBEAT_WHY, "%s: %s; %s", DEVICE, strerror(-error),
		 timerheap_advice(error));
}

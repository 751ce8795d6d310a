// SPDX-License-Identifier: LGPL-2.1-or-later
/* Files of the host that is looked at: this one's, or captured ones. */
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "timerheap_doctor.h"

bool doctor_read_bytes(const struct doctor_host *host, void *bytes, size_t size,
		       size_t *length, const char *path)
{
	char full[PATH_MAX];
	FILE *file;

	if ((size_t)snprintf(full, sizeof(full), "%s/%s", host->root, path) >=
	    sizeof(full))
		return false;
	file = fopen(full, "re");
	if (!file)
		return false;
	*length = fread(bytes, 1, size, file);
	fclose(file);
	return true;
}

bool doctor_read(const struct doctor_host *host, char *text, size_t size,
		 const char *path, ...)
{
	char name[PATH_MAX];
	size_t length = 0;
	va_list args;
	bool there;

	va_start(args, path);
	vsnprintf(name, sizeof(name), path, args);
	va_end(args);
	there = doctor_read_bytes(host, text, size - 1, &length, name);
	if (length && text[length - 1] == '\n')
		length--;
	text[length] = '\0';
	return there;
}

static bool is_separator(char c)
{
	return c == '\0' || c == ' ' || c == ',' || c == '\n';
}

bool doctor_word(const char *text, const char *word)
{
	size_t length = strlen(word);
	const char *at = text;

	while ((at = strstr(at, word)) != NULL) {
		if ((at == text || is_separator(at[-1])) &&
		    is_separator(at[length]))
			return true;
		at += length;
	}
	return false;
}

bool doctor_boot(const struct doctor_host *host, const char *name, char *value,
		 size_t size)
{
	size_t length = strlen(name);
	const char *at = host->cmdline;
	bool found = false;

	while (*at) {
		size_t word = strcspn(at, " ");

		if (word > length && !strncmp(at, name, length) &&
		    at[length] == '=') {
			snprintf(value, size, "%.*s", (int)(word - length - 1),
				 at + length + 1);
			found = true;
		}
		at += word;
		at += strspn(at, " ");
	}
	return found;
}

bool doctor_runs(const struct doctor_host *host, const char *comm)
{
	char path[PATH_MAX], name[32];
	bool found = false;
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/proc", host->root);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (entry = readdir(dir)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    doctor_read(host, name, sizeof(name), "proc/%s/comm",
				entry->d_name))
			found = !strcmp(name, comm);
	closedir(dir);
	return found;
}

static void read_flags(struct doctor_host *host)
{
	char text[16384];
	const char *at;

	if (!doctor_read(host, text, sizeof(text), "proc/cpuinfo"))
		return;
	at = strstr(text, "\nflags");
	if (!at)
		return;
	at += 1 + strcspn(at + 1, ":\n");
	if (*at != ':')
		return;
	host->x86 = true;
	at++;
	snprintf(host->flags, sizeof(host->flags), "%.*s",
		 (int)strcspn(at, "\n"), at);
}

static void read_cpus(const struct doctor_host *host, struct doctor_cpus *cpus,
		      const char *path)
{
	char list[4096];

	memset(cpus, 0, sizeof(*cpus));
	if (doctor_read(host, list, sizeof(list), "%s", path) &&
	    !doctor_cpus_parse(cpus, list))
		memset(cpus, 0, sizeof(*cpus));
}

/* By boot parameter, or by a cpuset that is a partition of its own. */
static void read_isolated(struct doctor_host *host)
{
	struct doctor_cpus cpuset;

	read_cpus(host, &host->isolated, "sys/devices/system/cpu/isolated");
	read_cpus(host, &cpuset, "sys/fs/cgroup/cpuset.cpus.isolated");
	for (size_t i = 0; i < sizeof(cpuset.bits) / sizeof(cpuset.bits[0]);
	     i++)
		host->isolated.bits[i] |= cpuset.bits[i];
}

void doctor_host_init(struct doctor_host *host, const char *root)
{
	memset(host, 0, sizeof(*host));
	host->root = root ? root : "";
	host->live = !root;
	doctor_read(host, host->cmdline, sizeof(host->cmdline), "proc/cmdline");
	read_flags(host);
	read_cpus(host, &host->online, "sys/devices/system/cpu/online");
	read_isolated(host);
	host->quiet = doctor_cpus_count(&host->isolated) ? host->isolated
							 : host->online;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/* Finding the probe in the programs that have queues. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "timerheap_follow.h"

/* Whatever else a process has mapped, the probe is in one of its first files. */
#define FILES_MAX 4096

static bool is_known(struct trace_follow *follow, const struct stat *st)
{
	for (unsigned int i = 0; i < follow->count; i++)
		if (follow->files[i].device == st->st_dev &&
		    follow->files[i].inode == st->st_ino)
			return true;
	return false;
}

static struct trace_file *remember(struct trace_follow *follow,
				   const struct stat *st)
{
	struct trace_file *files =
		realloc(follow->files, (follow->count + 1) * sizeof(*files));

	if (!files || follow->count == FILES_MAX)
		return NULL;
	follow->files = files;
	files += follow->count++;
	*files = (struct trace_file){ st->st_dev, st->st_ino, NULL };
	return files;
}

/* 0: there is a probe; -ENOENT: none, or the file was looked at before. */
static int attach(struct trace_follow *follow, const char *path)
{
	struct trace_file *file;
	struct stat st;

	if (stat(path, &st))
		return -errno;
	if (is_known(follow, &st))
		return -ENOENT;
	file = remember(follow, &st);
	if (!file)
		return -ENOMEM;
	file->link = bpf_program__attach_usdt(follow->program, -1, path,
					      "timerheap", "reap", NULL);
	return file->link ? 0 : -errno;
}

/* The file of a line of maps, if it has code. */
static bool path_of(unsigned int pid, const char *line, char *path, size_t size)
{
	char mode[5], name[4096];

	if (sscanf(line, "%*s %4s %*s %*s %*s %4095[^\n]", mode, name) != 2 ||
	    mode[2] != 'x' || name[0] != '/')
		return false;
	return (size_t)snprintf(path, size, "/proc/%u/root%s", pid, name) <
		size;
}

int trace_follow_process(struct trace_follow *follow, unsigned int pid)
{
	char line[4200], path[4200];
	int rc = -ENOENT, err;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		return -errno;
	while (fgets(line, sizeof(line), maps)) {
		if (!path_of(pid, line, path, sizeof(path)))
			continue;
		err = attach(follow, path);
		if (!err)
			follow->probes++;
		if (rc == -ENOENT)
			rc = err;
	}
	fclose(maps);
	return follow->probes ? 0 : rc;
}

void trace_follow_end(struct trace_follow *follow)
{
	for (unsigned int i = 0; i < follow->count; i++)
		bpf_link__destroy(follow->files[i].link);
	free(follow->files);
}

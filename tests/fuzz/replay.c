// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a target on inputs that are kept, without libFuzzer.  A corpus is a
 * text: an input a line, in hexadecimal; lines that begin with # are comments.
 */
#include "fuzz.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* For one input; a hang is a failure. */
#define TIMEOUT_S 20
/* That so many fail is enough to know. */
#define MOST_FAILURES 3

static uint8_t *decode(const char *hex, size_t size)
{
	uint8_t *data = malloc(size);
	size_t i;

	for (i = 0; i < size; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &data[i]) != 1)
			exit(2);
	return data;
}

/* Of exactly its size, so that a byte past the end is noticed. */
static void run_line(const char *hex, size_t size)
{
	uint8_t *data = decode(hex, size);

	alarm(TIMEOUT_S);
	LLVMFuzzerTestOneInput(data, size);
	alarm(0);
	free(data);
}

/* The next line that holds an input; @size is set to its bytes. */
static char *next_line(FILE *file, unsigned int *number, size_t *size)
{
	static char *line;
	static size_t room;
	ssize_t length;

	while ((length = getline(&line, &room, file)) > 0) {
		++*number;
		if (line[0] == '#')
			continue;
		*size = (size_t)length / 2;
		return line;
	}
	return NULL;
}

static FILE *open_corpus(const char *path)
{
	FILE *file = fopen(path, "re");

	if (file)
		return file;
	perror(path);
	exit(2);
}

/* From line @from on; *at is the line that runs, for the parent to see. */
static void run_lines(const char *path, unsigned int from, unsigned int *at,
		      unsigned int *inputs)
{
	FILE *file = open_corpus(path);
	unsigned int number = 0;
	size_t size;
	char *line;

	while ((line = next_line(file, &number, &size))) {
		if (number < from)
			continue;
		*at = number;
		++*inputs;
		run_line(line, size);
	}
	fclose(file);
	exit(0);
}

/* A child runs the inputs; when one ends it, another goes on behind that. */
static int replay(const char *path)
{
	unsigned int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int from = 0, failed = 0;
	int status;

	if (shared == MAP_FAILED)
		return 2;
	while (failed < MOST_FAILURES) {
		pid_t child = fork();

		if (!child)
			run_lines(path, from, &shared[0], &shared[1]);
		if (child < 0 || waitpid(child, &status, 0) != child)
			return 2;
		if (!status)
			break;
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
			fprintf(stderr, "hangs\n");
		printf("%s:%u fails\n", path, shared[0]);
		fflush(stdout);
		from = shared[0] + 1;
		failed++;
	}
	printf("%u inputs, %u failed\n", shared[1], failed);
	return failed || !shared[1];
}

static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *file = open_corpus(path);
	uint8_t *data = NULL;
	size_t room = 0;

	for (*size = 0; !feof(file) && !ferror(file);) {
		room = room * 2 + 4096;
		data = realloc(data, room);
		*size += fread(data + *size, 1, room - *size, file);
	}
	fclose(file);
	return realloc(data, *size + !*size);
}

static int pack(int argc, char **argv)
{
	size_t size, i;
	int n;

	for (n = 0; n < argc; n++) {
		uint8_t *data = read_file(argv[n], &size);

		for (i = 0; i < size; i++)
			printf("%02x", data[i]);
		if (size)
			putchar('\n');
		free(data);
	}
	return 0;
}

static int unpack(const char *path, const char *directory)
{
	FILE *file = open_corpus(path), *to;
	unsigned int number = 0;
	char name[4096];
	size_t size;
	char *line;

	while ((line = next_line(file, &number, &size))) {
		uint8_t *data = decode(line, size);

		snprintf(name, sizeof(name), "%s/kept-%05u", directory, number);
		to = fopen(name, "we");
		if (!to || fwrite(data, 1, size, to) != size || fclose(to)) {
			perror(name);
			return 2;
		}
		free(data);
	}
	fclose(file);
	return 0;
}

static int run_file(const char *path)
{
	size_t size;
	uint8_t *data = read_file(path, &size);

	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && argv[1][0] != '-')
		return run_file(argv[1]);
	if (argc == 3 && !strcmp(argv[1], "--replay"))
		return replay(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "--unpack"))
		return unpack(argv[2], argv[3]);
	if (argc > 2 && !strcmp(argv[1], "--pack"))
		return pack(argc - 2, argv + 2);
	fprintf(stderr,
		"Usage: %s FILE              run on one input\n"
		"       %s --replay CORPUS   run on all that a corpus holds\n"
		"       %s --unpack CORPUS DIRECTORY\n"
		"       %s --pack FILE...    write files as lines of a corpus\n",
		argv[0], argv[0], argv[0], argv[0]);
	return 2;
}

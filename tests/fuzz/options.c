// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line of timerheap-demo: whatever is given, it ends with status 0
 * or 2, or the settings are within what its --help says.
 */
#include "fuzz.h"

#include <setjmp.h>

static void fake_exit(int status) __attribute__((noreturn));

#define exit fake_exit
#define main demo_main
#include "tools/timerheap-demo.c"
#undef exit
#undef main

#define MOST_ARGUMENTS 16

static jmp_buf exited;
static int exit_code;

static void fake_exit(int status)
{
	exit_code = status;
	longjmp(exited, 1);
}

/* A decimal number, digits and nothing else, however long. */
static bool parse(const char *text, uint64_t *value)
{
	bool any = false;

	for (*value = 0; *text >= '0' && *text <= '9'; text++, any = true)
		if (*value < 1ULL << 40)
			*value = *value * 10 + (uint64_t)(*text - '0');
	return any && !*text;
}

static void verify_number(const char *text, unsigned int least,
			  unsigned int most)
{
	uint64_t want;
	bool good = parse(text, &want) && want >= least && want <= most;

	if (setjmp(exited)) {
		CHECK(!good);
		CHECK(exit_code == 2);
		return;
	}
	CHECK(number("x", text, least, most) == want);
	CHECK(good);
}

static void verify_settings(const struct demo_settings *set)
{
	CHECK(set->seconds >= 2 && set->seconds <= 3600);
	CHECK(set->watchdogs <= 10000000 && set->periodic <= 1000000);
	CHECK(set->abandon <= set->watchdogs);
	CHECK(set->period_ms >= 1 && set->period_ms <= 1000);
	CHECK(set->watchdogs || set->periodic);
}

/* What the rest of the program makes of them overflows nowhere. */
static void verify_times(const struct demo_settings *set)
{
	struct demo demo = { .set = *set };

	choose_times(&demo);
	CHECK(demo.timeout_ns &&
	      demo.timeout_ns + demo.extra_ns <=
		      demo.set.seconds * DEMO_SEC / 2);
	CHECK(demo.period_ns == set->period_ms * DEMO_MS);
	CHECK(slots_per_cpu(set) >= 1);
}

static void verify_texts(struct input *in)
{
	uint64_t value = input_number(in, 999500), back = 0;
	struct demo_text text = demo_count(value);
	const char *p;

	for (p = text.text; *p; p++) {
		if (*p != ',')
			back = back * 10 + (uint64_t)(*p - '0');
		else
			CHECK((strlen(p) & 3) == 0);
	}
	CHECK(back == value && text.text[0] != ',');
	CHECK(strlen(demo_time(value).text) < sizeof(text.text));
}

/*
 * Arguments from bytes: below 16 a whole option, below 32 its value; else
 * characters up to the next such byte.
 */
static int split(struct input *in, char *room, char **argv)
{
	static const char *const words[] = {
		"--seconds",   "--watchdogs", "--abandon", "--periodic",
		"--period-ms", "--json",      "--help",	   "--version",
		"--",	       "--seconds=9", "--w=0",	   "--periodic=0",
		"--ab=7",      "--period",    "-s",	   "",
	};
	static const char *const values[] = {
		"0",	   "1",		 "2",	     "1000",
		"3600",	   "3601",	 "10000000", "1001",
		"1000000", "1000001",	 "10000001", "-1",
		" 2",	   "4294967298", "0x10",     "18446744073709551618",
	};
	int argc = 1;

	while (in->left && argc < MOST_ARGUMENTS) {
		uint8_t byte = (uint8_t)input_take(in, 1);
		size_t n = 0;

		if (byte < 16) {
			argv[argc++] = (char *)words[byte];
			continue;
		}
		if (byte < 32) {
			argv[argc++] = (char *)values[byte - 16];
			continue;
		}
		argv[argc++] = room;
		for (;; byte = (uint8_t)input_take(in, 1)) {
			room[n++] = (char)byte;
			if (!in->left || *in->data < 32)
				break;
		}
		room[n] = '\0';
		room += n + 1;
	}
	argv[argc] = NULL;
	return argc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *nowhere;
	struct input in = { data, size };
	char *room = malloc(2 * size + 1), *argv[MOST_ARGUMENTS + 1];
	struct demo_settings set;
	int argc, i;

	if (!nowhere)
		nowhere = fopen("/dev/null", "we");
	stdout = nowhere;
	stderr = nowhere;
	verify_texts(&in);
	argv[0] = (char *)"timerheap-demo";
	argc = split(&in, room, argv);
	for (i = 1; i < argc; i++) {
		verify_number(argv[i], 0, 10000000);
		verify_number(argv[i], 2, 3600);
	}
	optind = 0;
	if (!setjmp(exited)) {
		set = read_options(argc, argv);
		verify_settings(&set);
		verify_times(&set);
	} else {
		CHECK(exit_code == 0 || exit_code == 2);
	}
	free(room);
	return 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
#include <inttypes.h>
#include <string.h>

#include "demo.h"
#include "timerheap_tool.h"

#define VERSION_FILE "/sys/module/timerheap/version"

static const struct {
	uint32_t flag;
	const char *name;
	const char *lack;
} clock_facts[] = {
	{ TIMERHEAP_CLOCK_COUNTER, "counter",
	  "the kernel does not keep time by the CPU's counter" },
	{ TIMERHEAP_CLOCK_CONSTANT, "constant",
	  "the counter's rate follows the CPU's frequency" },
	{ TIMERHEAP_CLOCK_NONSTOP, "nonstop",
	  "the counter stops in idle states" },
	{ TIMERHEAP_CLOCK_STABLE, "stable",
	  "the kernel has marked it unstable" },
};

#define CLOCK_FACTS (sizeof(clock_facts) / sizeof(clock_facts[0]))

/* Empty where it cannot be read. */
void tool_module_version(char *version, int size)
{
	FILE *file = fopen(VERSION_FILE, "re");

	version[0] = '\0';
	if (!file)
		return;
	if (fgets(version, size, file))
		version[strcspn(version, "\n")] = '\0';
	fclose(file);
}

static void print_clock(FILE *out, const struct timerheap_info *info)
{
	const char *separator = "not reliable: ";

	fputs("clock        ", out);
	if (info->clock_flags & TIMERHEAP_CLOCK_RELIABLE) {
		fputs("reliable\n", out);
		return;
	}
	for (size_t i = 0; i < CLOCK_FACTS; i++) {
		if (info->clock_flags & clock_facts[i].flag)
			continue;
		fprintf(out, "%s%s", separator, clock_facts[i].lack);
		separator = ";\n             ";
	}
	fputc('\n', out);
}

static void print_counter(FILE *out, const struct timerheap_info *info)
{
	fputs("counter      ", out);
	if (info->counter_khz)
		fprintf(out, "%.3f MHz; ", (double)info->counter_khz / 1000);
	if (info->clock_checks)
		fprintf(out,
			"against CLOCK_MONOTONIC_RAW %+.3f ppm in the last 5 s,\n"
			"             furthest %+.3f ppm, %u comparisons\n",
			(double)info->counter_ppb / 1000,
			(double)info->counter_ppb_max / 1000,
			info->clock_checks);
	else
		fputs("not compared with CLOCK_MONOTONIC_RAW so far\n", out);
}

static bool is_injected(const struct timerheap_info *info)
{
	return info->inject_max_ns || info->inject_step_ns;
}

static void print_step(FILE *out, int64_t step_ns)
{
	uint64_t size = step_ns < 0 ? 0 - (uint64_t)step_ns : (uint64_t)step_ns;

	fprintf(out, "wall clock stepped by %c%s", step_ns < 0 ? '-' : '+',
		demo_time(size).text);
}

void tool_injection_print(FILE *out, const struct timerheap_info *info)
{
	fputs("injection    ", out);
	if (!(info->features & TIMERHEAP_FEATURE_INJECT))
		fputs("not allowed", out);
	else if (!is_injected(info))
		fputs("allowed, off", out);
	else
		fputs("ON: ", out);
	if (info->inject_max_ns) {
		fputs("timers late by ", out);
		if (info->inject_min_ns < info->inject_max_ns)
			fprintf(out, "%s to ",
				demo_time(info->inject_min_ns).text);
		fputs(demo_time(info->inject_max_ns).text, out);
	}
	if (info->inject_max_ns && info->inject_step_ns)
		fputs("; ", out);
	if (info->inject_step_ns)
		print_step(out, info->inject_step_ns);
	fputc('\n', out);
}

void tool_info_print(FILE *out, const struct timerheap_info *info,
		     const char *version)
{
	fprintf(out, "module       timerheap %s, ABI %u\n", version,
		info->abi_version);
	fprintf(out,
		"limits       %s slots a queue, %s ring entries; budget %s;\n"
		"             periods of %s and more\n",
		demo_count(info->max_slots).text,
		demo_count(info->max_ring).text, demo_count(info->budget).text,
		demo_time(info->min_period_ns).text);
	print_clock(out, info);
	print_counter(out, info);
	fprintf(out, "clock steps  %s since load\n",
		demo_count(info->clock_steps).text);
	tool_injection_print(out, info);
}

json_t *tool_injection_json(const struct timerheap_info *info)
{
	return json_pack("{s:b, s:b, s:I, s:I, s:I}", "allowed",
			 (info->features & TIMERHEAP_FEATURE_INJECT) != 0, "on",
			 is_injected(info), "delay_min_ns",
			 (json_int_t)info->inject_min_ns, "delay_max_ns",
			 (json_int_t)info->inject_max_ns, "step_ns",
			 (json_int_t)info->inject_step_ns);
}

static json_t *clock_json(const struct timerheap_info *info)
{
	json_t *clock =
		json_pack("{s:b, s:I, s:I, s:I, s:i, s:I}", "reliable",
			  (info->clock_flags & TIMERHEAP_CLOCK_RELIABLE) != 0,
			  "counter_khz", (json_int_t)info->counter_khz,
			  "counter_ppb", (json_int_t)info->counter_ppb,
			  "counter_ppb_max", (json_int_t)info->counter_ppb_max,
			  "checks", (int)info->clock_checks, "steps",
			  (json_int_t)info->clock_steps);

	for (size_t i = 0; clock && i < CLOCK_FACTS; i++)
		json_object_set_new(
			clock, clock_facts[i].name,
			json_boolean(info->clock_flags & clock_facts[i].flag));
	return clock;
}

json_t *tool_info_json(const struct timerheap_info *info, const char *version)
{
	return json_pack(
		"{s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "version", version,
		"abi_version", (json_int_t)info->abi_version, "max_slots",
		(json_int_t)info->max_slots, "max_ring",
		(json_int_t)info->max_ring, "budget", (json_int_t)info->budget,
		"min_period_ns", (json_int_t)info->min_period_ns, "clock",
		clock_json(info), "injection", tool_injection_json(info));
}

static int run(int argc, char **argv)
{
	struct tool_options opts;
	struct timerheap_info info;
	struct timerheap *th;
	char version[64];

	tool_options_only(&tool_info, "j", argc, argv, &opts);
	th = tool_open();
	tool_check(timerheap_info(th, &info), "INFO");
	timerheap_close(th);
	tool_module_version(version, sizeof(version));
	if (opts.json)
		tool_put_json(tool_info_json(&info, version));
	else
		tool_info_print(stdout, &info, version);
	return tool_end_output();
}

const struct tool_command tool_info = {
	"info",
	"Usage: timerheap info [--json]\n"
	"The module, its limits, what it thinks of the clock, and the injection that is\n"
	"in force.\n",
	run,
};

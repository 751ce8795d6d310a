// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "timerheap_tool.h"

void tool_put_json(json_t *json)
{
	if (!json) {
		fprintf(stderr, "timerheap: %s\n", strerror(ENOMEM));
		exit(TOOL_FAILED);
	}
	json_dumpf(json, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(json);
}

int tool_end_output(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	fprintf(stderr, "timerheap: output: %s\n", strerror(errno));
	return TOOL_FAILED;
}

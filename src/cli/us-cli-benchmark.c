/* SPDX-License-Identifier: GPL-3.0-or-later */
/* benchmark: one JSON object a line. */
#include "config.h"

#include "us-cli.h"

const UsCliCommand us_cli_command_benchmark;

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-error.h"

G_DEFINE_QUARK (us-format-error-quark, us_format_error)

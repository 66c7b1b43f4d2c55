/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The style of a report: light, dark, printed. */
extern const char us_report_style[];

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Numbers in rising order.  Any thread. */

/* For qsort() and bsearch() over doubles; values are finite or infinite, not NaN. */
int  us_compare_doubles (const void *a,
                         const void *b);
/* In place; none is NaN. */
void us_sort_doubles    (gsize       n,
                         double     *values);
void us_sort_floats     (gsize       n,
                         float      *values);

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-sort.h"

#include <stdlib.h>

int
us_compare_doubles (const void *a,
                    const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static int
compare_floats (const void *a,
                const void *b)
{
  float x = *(const float *) a, y = *(const float *) b;

  return (x > y) - (x < y);
}

void
us_sort_doubles (gsize   n,
                 double *values)
{
  if (n > 1)
    qsort (values, n, sizeof *values, us_compare_doubles);
}

void
us_sort_floats (gsize  n,
                float *values)
{
  if (n > 1)
    qsort (values, n, sizeof *values, compare_floats);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One observation among 1,000,000 simulations of 64 summaries: what a query takes, and what preparing the bank. */
#include "config.h"

#include "us-cli.h"

#include "us-attribution.h"
#include "us-memory.h"
#include "us-rng.h"
#include "us-sort.h"

#include <stdlib.h>

#define ROWS ((gsize) 1000000)
#define SUMMARIES ((gsize) 64)
#define NEAREST 50
#define CHUNK 8000              /* rows drawn at a time */

static void
draw_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  float *h = data;
  UsRng rng;

  us_rng_init (&rng, 1, US_RNG_TEST, chunk);
  for (gsize i = chunk * CHUNK * SUMMARIES; i < (chunk + 1) * CHUNK * SUMMARIES; i++)
    h[i] = (float) us_rng_normal (&rng);
}

static void
report (const char      *variant,
        guint            threads,
        GArray          *times,         /* ms */
        UsBenchmarkFunc  func,
        gpointer         data)
{
  UsBenchmarkResult result = { .bench = "attribution_query", .variant = variant, .threads = threads, .batch = 1,
                               .n = times->len };

  us_sort_doubles (times->len, (double *) times->data);
  result.ms = g_array_index (times, double, times->len / 2);
  result.ms_min = g_array_index (times, double, 0);
  result.ms_p99 = g_array_index (times, double, (guint) (0.99 * (times->len - 1)));
  result.per_s = 1e3 / result.ms;
  func (&result, data);
}

static void
measure (const UsAttribution        *attribution,
         const float                *queries,   /* (CHUNK, S) */
         const UsAttributionOptions *options,
         const char                 *variant,
         UsPool                     *pool,
         guint                       threads,
         double                      seconds,
         UsBenchmarkFunc             func,
         gpointer                    data)
{
  g_autoptr(GArray) times = g_array_new (FALSE, FALSE, sizeof (double));
  gint64 end = g_get_monotonic_time () + (gint64) (seconds * G_USEC_PER_SEC);

  for (gsize i = 0; times->len < 7 || g_get_monotonic_time () < end; i++)
    {
      gint64 start = g_get_monotonic_time ();
      g_autoptr(UsMatches) matches = us_attribution_query (attribution, queries + i % CHUNK * SUMMARIES, options, pool,
                                                           NULL, NULL);
      double ms = (g_get_monotonic_time () - start) / 1e3;

      if (i > 0)                /* the first touches new memory */
        g_array_append_val (times, ms);
    }
  report (variant, threads, times, func, data);
}

void
us_cli_benchmark_attribution (guint           threads,
                              double          seconds,
                              UsBenchmarkFunc func,
                              gpointer        data)
{
  const UsAttributionOptions nearest = { .k = NEAREST }, gaussian = { .kernel = US_ATTRIBUTION_GAUSSIAN, .ess = 1000 };
  g_autoptr(UsPool) pool = us_pool_new (threads, 0);
  g_autoptr(UsAttribution) attribution = NULL;
  g_autoptr(GArray) times = g_array_new (FALSE, FALSE, sizeof (double));
  g_autofree float *queries = g_new (float, CHUNK * SUMMARIES);
  float *h = us_floats_new (ROWS * SUMMARIES);
  gint64 start;
  double ms;

  us_pool_run (pool, ROWS / CHUNK, draw_chunk, h);
  draw_chunk (queries, 0, 0);
  start = g_get_monotonic_time ();
  attribution = us_attribution_new (ROWS, SUMMARIES, h, 0, NULL, 0, pool, NULL, NULL, NULL, NULL);
  ms = (g_get_monotonic_time () - start) / 1e3;
  us_floats_free (h);
  g_return_if_fail (attribution != NULL);
  measure (attribution, queries, &nearest, "1000000x64-k50", pool, threads, seconds, func, data);
  measure (attribution, queries, NULL, "1000000x64-default", pool, threads, seconds, func, data);
  measure (attribution, queries, &gaussian, "1000000x64-gaussian-ess1000", pool, threads, seconds, func, data);
  g_array_append_val (times, ms);
  report ("1000000x64-prepare", threads, times, func, data);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-error.h"
#include "us-summary.h"

#include <math.h>
#include <string.h>

/* Summaries: what the network sees of a row, drawn gaps, the text and back. */

#define N 3000

static float *
normal_rows (gsize  n,
             double mean,
             double sd)
{
  float *x = g_new (float, n);
  UsRng rng;

  us_rng_init (&rng, 3, US_RNG_TEST, 0);
  for (gsize i = 0; i < n; i++)
    x[i] = (float) (mean + sd * us_rng_normal (&rng));
  return x;
}

static UsSummary *
make (const UsSummaryConfig *config,
      gsize                  n_rows,
      const float           *x)
{
  g_autoptr(GError) error = NULL;
  UsSummary *self = us_summary_new (config, n_rows, x, &error);

  g_assert_no_error (error);
  return self;
}

/* Columns of very different size come out with mean 0 and spread 1; one that never
 * changes says nothing; one wild value stays in sight of the others. */
static void
test_scales (void)
{
  const UsSummaryConfig config = { .height = 1, .width = 1, .channels = 4 };
  g_autofree float *x = normal_rows (N * 4, 0, 1), *input = NULL;
  g_autoptr(UsSummary) self = NULL;
  float odd[4] = { 1e9f, 70, 7, 0 };
  float seen[4];
  UsRng rng;

  us_rng_init (&rng, 4, US_RNG_TEST, 0);
  for (gsize r = 0; r < N; r++)
    {
      x[r * 4] = 1000 + 1e-2f * x[r * 4];
      x[r * 4 + 1] = (float) exp (3 * us_rng_normal (&rng));
      x[r * 4 + 2] = 7;
      x[r * 4 + 3] = (float) (us_rng_normal (&rng) / us_rng_normal (&rng));      /* Cauchy: no spread at all */
    }
  self = make (&config, N, x);
  g_assert_cmpint (us_summary_kind (self), ==, US_SUMMARY_DENSE);
  g_assert_cmpuint (us_summary_n_inputs (self), ==, 4);
  g_assert_true (us_summary_is_constant (self, 2));
  g_assert_false (us_summary_is_constant (self, 0));
  input = g_new (float, N * 4);
  us_summary_prepare (self, N, x, input);
  for (gsize c = 0; c < 4; c++)
    {
      double mean = 0, square = 0;

      for (gsize r = 0; r < N; r++)
        {
          mean += (double) input[r * 4 + c] / N;
          square += pow ((double) input[r * 4 + c], 2) / N;
          g_assert_cmpfloat (fabsf (input[r * 4 + c]), <, 60);
        }
      g_assert_cmpfloat_with_epsilon (mean, 0, 0.15);
      g_assert_cmpfloat_with_epsilon (sqrt (square), c == 2 ? 0 : c == 3 ? 3 : 1, c == 3 ? 1.5 : 0.05);
    }
  us_summary_prepare (self, 1, odd, seen);
  g_assert_cmpfloat (seen[0], >, 50);
  g_assert_cmpfloat (seen[0], <, 200);
  g_assert_cmpfloat (seen[2], ==, 0);
}

/* Counts that spread over decades are seen as log (1 + x), others as they are. */
static void
test_counts (void)
{
  const UsSummaryConfig config = { .height = 2, .width = 1, .channels = 1, .counts = TRUE };
  g_autofree float *x = normal_rows (N * 2, 0, 1);
  g_autoptr(UsSummary) self = NULL;
  float low[2] = { 0, 100 }, high[2] = { 1023, 130 }, a[2], b[2], step[2];

  for (gsize r = 0; r < N; r++)
    {
      x[r * 2] = floorf (expf (3 + 1.5f * x[r * 2]));
      x[r * 2 + 1] = roundf (100 + 10 * x[r * 2 + 1]);
    }
  self = make (&config, N, x);
  us_summary_prepare (self, 1, low, a);
  us_summary_prepare (self, 1, high, b);
  for (gsize c = 0; c < 2; c++)
    step[c] = b[c] - a[c];
  /* log 1024 over a spread of about 1.4; 30 over 10 */
  g_assert_cmpfloat_with_epsilon (step[0], 6.931 / 1.4, 0.5);
  g_assert_cmpfloat_with_epsilon (step[1], 3, 0.15);
}

/* What each kind sees of two channels of five points, two of which are missing. */
static void
test_masks (void)
{
  UsSummaryConfig config = { .height = 5, .width = 1, .channels = 2, .missing = { 0.2, 0 } };
  g_autofree float *rows = normal_rows (N * 10, 0, 1);
  const float x[10] = { 1, NAN, 2, 1, NAN, NAN, 0, 0, 1, 1 };

  for (UsSummaryKind kind = US_SUMMARY_DENSE; kind <= US_SUMMARY_DEEP_SET; kind++)
    {
      g_autoptr(UsSummary) self = NULL;
      g_autofree float *input = NULL;
      gsize n;

      config.kind = kind;
      self = make (&config, N, rows);
      n = us_summary_n_inputs (self);
      g_assert_true (us_summary_takes_missing (self));
      g_assert_cmpuint (n, ==, kind == US_SUMMARY_DENSE || kind == US_SUMMARY_CONVOLUTION ? 20 : 35);
      input = g_new (float, n);
      us_summary_prepare (self, 1, x, input);
      for (gsize i = 0; i < n; i++)
        g_assert_true (isfinite (input[i]));
      if (kind == US_SUMMARY_DENSE)
        {
          g_assert_cmpfloat (input[1], ==, 0);
          g_assert_cmpfloat (input[11], ==, 0);
          g_assert_cmpfloat (input[10], ==, 1);
          continue;
        }
      /* value, value, mask, mask[, any, time, share] */
      g_assert_true (input[1] == 0 && input[2] == 1 && input[3] == 0);
      if (kind == US_SUMMARY_CONVOLUTION)
        continue;
      g_assert_true (input[4] == 1 && input[2 * 7 + 4] == 0);
      for (gsize t = 0; t < 5; t++)
        {
          g_assert_cmpfloat (input[t * 7 + 5], ==, (float) t / 2 - 1);
          g_assert_cmpfloat_with_epsilon (input[t * 7 + 6], 2 * 0.8f - 1, 1e-6f);
        }
    }
}

/* Each kind's network takes what is prepared and gives S finite numbers; the recurrent one and the set
 * give the same for a series that is cut and one that ended there. */
static void
test_networks (void)
{
  static const struct { gsize h, w, c; gboolean unordered; } shapes[] = {
    { 1, 1, 1, FALSE }, { 1, 1, 7, FALSE }, { 2, 1, 1, FALSE }, { 50, 1, 3, FALSE }, { 300, 1, 1, FALSE },
    { 9, 1, 2, TRUE }, { 20, 15, 1, FALSE }, { 64, 64, 3, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    for (UsSummaryKind kind = US_SUMMARY_CHOOSE; kind <= US_SUMMARY_DEEP_SET; kind++)
      for (int missing = 0; missing < 2; missing++)
        {
          UsSummaryConfig config = { .kind = kind, .height = shapes[i].h, .width = shapes[i].w,
                                     .channels = shapes[i].c, .unordered = shapes[i].unordered,
                                     .missing = { 0.1 * missing, 0.5 * missing } };
          gsize n = shapes[i].h * shapes[i].w * shapes[i].c, h, w, c;
          g_autofree float *rows = NULL, *input = NULL;
          g_autoptr(UsSummary) self = NULL;
          g_autoptr(UsNetwork) network = NULL;
          g_autoptr(UsWeights) weights = NULL;
          g_autoptr(UsRun) run = NULL;
          const float *y;

          if (shapes[i].w > 1 && kind != US_SUMMARY_CHOOSE)
            continue;
          rows = normal_rows (40 * n, 5, 2);
          self = make (&config, 40, rows);
          network = us_summary_network (self, 6);
          us_network_input_shape (network, &h, &w, &c);
          g_assert_cmpuint (h * w * c, ==, us_summary_n_inputs (self));
          us_network_output_shape (network, &h, &w, &c);
          g_assert_true (h == 1 && w == 1 && c == 6);
          weights = us_weights_new (network, 1);
          run = us_run_new (network, 2, US_RUN_INFERENCE, FALSE, NULL);
          input = g_new (float, 2 * us_summary_n_inputs (self));
          us_summary_prepare (self, 2, rows, input);
          us_run_load (run, weights);
          y = us_run_forward (run, input);
          for (gsize k = 0; k < 12; k++)
            g_assert_true (isfinite (y[k]));
          g_assert_true (memcmp (y, y + 6, 6 * sizeof *y) != 0);
        }
}

/* The mean share of gaps is the stated one, also in a short row where the last value is never taken;
 * three rows of four end early, by the stated share at most. */
static void
test_drawn (void)
{
  UsSummaryConfig config = { .height = 40, .width = 1, .channels = 2, .missing = { 0.2, 0 } };
  g_autofree float *rows = normal_rows (200 * 80, 0, 1), *x = g_new (float, 80);
  g_autoptr(UsSummary) gaps = make (&config, 200, rows), cut = NULL, table = NULL;
  gsize missing = 0, early = 0, shortest = 40;

  for (guint64 r = 0; r < 4000; r++)
    {
      UsRng rng;

      memcpy (x, rows, 80 * sizeof *x);
      us_rng_init (&rng, 1, US_RNG_AUGMENT, r);
      us_summary_draw_missing (gaps, &rng, x);
      for (gsize i = 0; i < 80; i++)
        missing += isnan (x[i]);
    }
  /* the rows' own shares have a spread of 0.2 / √3 */
  g_assert_cmpfloat_with_epsilon ((double) missing / (4000 * 80), 0.2, 4 * 0.2 / sqrt (3 * 4000.0));

  config.missing = (UsMissing) { 0, 0.5 };
  cut = make (&config, 200, rows);
  for (guint64 r = 0; r < 4000; r++)
    {
      gsize length = 40;
      UsRng rng;

      memcpy (x, rows, 80 * sizeof *x);
      us_rng_init (&rng, 1, US_RNG_AUGMENT, r);
      us_summary_draw_missing (cut, &rng, x);
      while (isnan (x[length * 2 - 1]))
        length--;
      for (gsize i = 0; i < length * 2; i++)
        g_assert_false (isnan (x[i]));
      early += length < 40;
      shortest = MIN (shortest, length);
    }
  g_assert_cmpfloat_with_epsilon ((double) early / 4000, 0.75 * 19 / 20, 0.03);
  g_assert_cmpuint (shortest, >=, 20);
  g_assert_cmpuint (shortest, <=, 21);

  config = (UsSummaryConfig) { .height = 1, .width = 1, .channels = 2, .missing = { 0.5, 0 } };
  table = make (&config, 200, rows);
  for (guint64 r = 0; r < 2000; r++)
    {
      UsRng rng;

      memcpy (x, rows, 2 * sizeof *x);
      us_rng_init (&rng, 1, US_RNG_AUGMENT, r);
      us_summary_draw_missing (table, &rng, x);
      g_assert_false (isnan (x[0]) && isnan (x[1]));
    }
}

static void
test_check (void)
{
  UsSummaryConfig config = { .height = 3, .width = 1, .channels = 1, .counts = TRUE };
  const float rows[6] = { 1, 2, 3, 4, 5, 9 };
  g_autoptr(UsSummary) whole = make (&config, 2, rows), gaps = NULL;
  const float fine[3] = { 0, 1, 2 }, missing[3] = { 0, NAN, 2 }, nothing[3] = { NAN, NAN, NAN };
  const float below[3] = { 0, 1, -2 }, endless[3] = { INFINITY, 1, 2 };
  static const struct { gboolean gaps; int row; const char *says; } bad[] = {
    { FALSE, 1, "Point 2 is missing" }, { FALSE, 3, "Point 3 is -2" }, { FALSE, 4, "Point 1 is not a finite" },
    { TRUE, 2, "Nothing was observed" }, { TRUE, 3, "below zero" }, { TRUE, 4, "finite" },
  };
  const float *const values[] = { fine, missing, nothing, below, endless };
  g_autoptr(GError) error = NULL;

  config.missing.gaps = 0.1;
  gaps = make (&config, 2, rows);
  g_assert_true (us_summary_check (whole, fine, &error) && us_summary_check (gaps, missing, &error));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) local = NULL;

      g_assert_false (us_summary_check (bad[i].gaps ? gaps : whole, values[bad[i].row], &local));
      g_assert_error (local, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
      g_assert_nonnull (strstr (local->message, bad[i].says));
    }
}

static void
test_bad_rows (void)
{
  UsSummaryConfig config = { .height = 3, .width = 1, .channels = 1 };
  const float rows[6] = { 1, 2, 3, 4, NAN, 9 };
  const double times[3] = { 0, 2, 2 };
  g_autoptr(GError) error = NULL;

  g_assert_null (us_summary_new (&config, 2, rows, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "Row 2, value 2"));
  g_clear_error (&error);
  config.times = times;
  g_assert_null (us_summary_new (&config, 1, rows, &error));
  g_assert_nonnull (strstr (error->message, "point 3"));
  g_clear_error (&error);
  config.times = NULL;
  config.missing.gaps = 0.7;
  g_assert_null (us_summary_new (&config, 1, rows, &error));
  g_clear_error (&error);
  config = (UsSummaryConfig) { .height = (gsize) 1 << 40, .width = (gsize) 1 << 40, .channels = 1 };
  g_assert_null (us_summary_new (&config, 1, rows, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE);
}

static void
test_json (void)
{
  const double times[5] = { 0, 1, 3, 4.5, 9 };
  UsSummaryConfig config = { .height = 5, .width = 1, .channels = 2, .times = times, .missing = { 0.1, 0.3 } };
  g_autofree float *rows = normal_rows (N * 10, 3, 2);

  for (UsSummaryKind kind = US_SUMMARY_DENSE; kind <= US_SUMMARY_DEEP_SET; kind++)
    {
      g_autoptr(UsSummary) self = NULL, again = NULL;
      g_autofree char *json = NULL, *twice = NULL;
      g_autofree float *a = NULL, *b = NULL;
      g_autoptr(GError) error = NULL;
      gsize n;

      config.kind = kind;
      self = make (&config, N, rows);
      json = us_summary_to_json (self);
      again = us_summary_from_json (json, &error);
      g_assert_no_error (error);
      twice = us_summary_to_json (again);
      g_assert_cmpstr (json, ==, twice);
      n = us_summary_n_inputs (self);
      g_assert_cmpuint (us_summary_n_inputs (again), ==, n);
      a = g_new (float, n * 20);
      b = g_new (float, n * 20);
      us_summary_prepare (self, 20, rows, a);
      us_summary_prepare (again, 20, rows, b);
      g_assert_cmpmem (a, n * 20 * sizeof *a, b, n * 20 * sizeof *b);
    }
}

static void
test_bad_json (void)
{
  const UsSummaryConfig config = { .height = 3, .width = 1, .channels = 1 };
  const float rows[6] = { 1, 2, 3, 4, 5, 9 };
  g_autoptr(UsSummary) self = make (&config, 2, rows);
  g_autofree char *json = us_summary_to_json (self);
  static const struct { const char *from, *to; } edits[] = {
    { "\"dense\"", "\"choose\"" }, { "\"height\":3", "\"height\":4" }, { "\"height\":3", "\"height\":16777217" },
    { "\"height\":3", "\"height\":16777216" }, { "\"height\":3", "\"height\":-3" }, { "\"height\":3", "\"height\":3.5" },
    { "\"height\":3", "\"height\":\"3\"" }, { "\"width\":1", "\"wide\":1" }, { "\"counts\":false", "\"counts\":0" },
    { "\"gaps\":0.0", "\"gaps\":2" }, { "\"features\":128", "\"features\":16777216" },
    { "\"scales\":[[\"none\",", "\"scales\":[[\"sqrt\"," }, { "\"scales\":[[", "\"scales\":[3,[" },
    { "\"unordered\"", "\"times\":[0,1],\"unordered\"" }, { "\"unordered\"", "\"times\":[0,1,null],\"unordered\"" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (edits); i++)
    {
      g_autofree char *text = NULL;
      g_auto(GStrv) parts = g_strsplit (json, edits[i].from, 2);
      g_autoptr(GError) error = NULL;

      if (parts[1] == NULL)
        g_error ("%s is not in %s", edits[i].from, json);
      text = g_strconcat (parts[0], edits[i].to, parts[1], NULL);
      g_assert_null (us_summary_from_json (text, &error));
      g_assert_true (error != NULL && error->domain == US_FORMAT_ERROR);
    }
  for (gsize n = 0; n < strlen (json); n += 7)
    {
      g_autofree char *text = g_strndup (json, n);

      g_assert_null (us_summary_from_json (text, NULL));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/summary/scales", test_scales);
  g_test_add_func ("/summary/counts", test_counts);
  g_test_add_func ("/summary/masks", test_masks);
  g_test_add_func ("/summary/networks", test_networks);
  g_test_add_func ("/summary/drawn", test_drawn);
  g_test_add_func ("/summary/check", test_check);
  g_test_add_func ("/summary/bad-rows", test_bad_rows);
  g_test_add_func ("/summary/json", test_json);
  g_test_add_func ("/summary/bad-json", test_bad_json);
  return g_test_run ();
}

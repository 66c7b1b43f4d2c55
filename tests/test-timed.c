/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Simulators at times of one's own: what they give, what they are called, what they refuse. */
#include "config.h"

#include "simulator-fixture.h"
#include "us-error.h"
#include "us-pool.h"
#include "us-prior.h"
#include "us-timed.h"

#include <math.h>
#include <string.h>

static const double theta[3] = { 9.6, 0.547, 663.0 };

/* The formula, at times that the base's grid does not have. */
static void
test_values (void)
{
  const double times[] = { 0, 0.1, 3.75, 18, 5000 };
  g_autoptr(GError) error = NULL;
  const UsSimulator *timed = us_timed_new (fixture_simulator ("growth-logistic"), 0, times, 5, &error);
  float x[5];

  g_assert_no_error (error);
  g_assert_cmpuint (us_output_n_values (&timed->outputs[0]), ==, 5);
  fixture_simulate (timed, theta, x);
  for (guint t = 0; t < 5; t++)
    {
      const double n = 663.0 / (1.0 + (663.0 / 9.6 - 1.0) * exp (-0.547 * times[t]));

      g_assert_cmpfloat (us_output_x (&timed->outputs[0], t), ==, times[t]);
      g_assert_cmpfloat_with_epsilon (x[t], n, 1e-7 * n);
    }
}

/* The default grid, as times: the same bytes, of every simulator that offers it, for every output of a kind. */
static void
test_same_as_base (void)
{
  gsize n = 0;
  const UsSimulator *const *all = us_registry_list (&n);
  guint tried = 0;

  for (gsize s = 0; s < n; s++)
    for (guint o = 0; all[s]->run_at != NULL && o < all[s]->n_outputs; o++)
      {
        const UsOutput *output = &all[s]->outputs[o];
        g_autoptr(UsPrior) prior = us_prior_new_default (all[s]);
        g_autoptr(UsPrior) timed_prior = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree double *times = g_new (double, output->height);
        g_autofree float *x = g_new (float, us_output_n_values (output));
        g_autofree float *y = g_new (float, us_output_n_values (output));
        const UsSimulator *timed;

        if (output->kind != US_OUTPUT_SERIES)
          continue;
        for (gsize t = 0; t < output->height; t++)
          times[t] = us_output_x (output, t);
        timed = us_timed_new (all[s], o, times, output->height, &error);
        g_assert_no_error (error);
        g_assert_cmpstr (timed->outputs[0].id, ==, output->id);
        g_assert_cmpuint (us_output_n_values (&timed->outputs[0]), ==, us_output_n_values (output));
        timed_prior = us_prior_new_default (timed);
        for (guint64 row = 0; row < 50; row++)
          {
            double one[US_MAX_PARAMETERS], other[US_MAX_PARAMETERS];

            g_assert_true (us_simulate_rows (prior, o, 5, row, 1, one, x, &error));
            g_assert_true (us_simulate_rows (timed_prior, 0, 5, row, 1, other, y, &error));
            g_assert_cmpmem (one, all[s]->n_parameters * sizeof *one, other, timed->n_parameters * sizeof *other);
            g_assert_cmpmem (x, us_output_n_values (output) * sizeof *x, y, us_output_n_values (output) * sizeof *y);
          }
        tried++;
      }
  g_assert_cmpuint (tried, >, 0);
}

/* A noise-free value at a time does not depend on which other times are asked for. */
static void
test_each_alone (void)
{
  gsize n = 0;
  const UsSimulator *const *all = us_registry_list (&n);

  for (gsize s = 0; s < n; s++)
    for (guint o = 0; all[s]->run_at != NULL && o < all[s]->n_outputs; o++)
      {
        const UsOutput *output = &all[s]->outputs[o];
        g_autoptr(UsPrior) prior = us_prior_new_default (all[s]);
        g_autofree float *x = g_new (float, us_output_n_values (output));
        float y[16];
        double drawn[US_MAX_PARAMETERS];

        if (output->noisy || output->counts || output->kind != US_OUTPUT_SERIES)
          continue;
        g_assert_cmpuint (output->channels, <=, G_N_ELEMENTS (y));
        g_assert_true (us_simulate_rows (prior, o, 6, 0, 1, drawn, x, NULL));
        for (gsize t = 0; t < output->height; t += 7)
          {
            const double time = us_output_x (output, t);
            UsRng rng;

            us_rng_init (&rng, 6, US_RNG_SIMULATOR, 0);
            g_assert_cmpint (all[s]->run_at (all[s], drawn, o, 1, &time, &rng, y), ==, US_SIM_OK);
            g_assert_cmpmem (y, output->channels * sizeof *y, x + t * output->channels, output->channels * sizeof *x);
          }
      }
}

/* One id, one table, however it is written and whoever asks. */
static void
test_interned (void)
{
  const UsSimulator *base = fixture_simulator ("growth-logistic");
  const double times[] = { 0, 1, 2.5, 1e16 };
  const UsSimulator *timed = fixture_simulator ("growth-logistic@0,1,2.5");
  const gsize *outputs = NULL;

  g_assert_true (timed != base);
  g_assert_cmpstr (timed->id, ==, "growth-logistic@0,1,2.5");
  g_assert_true (timed == us_timed_new (base, 0, times, 3, NULL));
  g_assert_true (timed == fixture_simulator ("growth-logistic@-0,1.0,25e-1"));
  g_assert_true (timed == fixture_simulator ("growth-logistic@0.0,0.1e+1,2.50"));
  g_assert_true (timed == us_timed_new (timed, 0, times, 3, NULL));
  g_assert_true (timed == us_timed_new (timed, 0, NULL, 0, NULL));
  g_assert_true (base == us_timed_new (base, 0, NULL, 0, NULL));
  g_assert_true (us_timed_base (timed, &outputs) == base);
  g_assert_cmpuint (outputs[0], ==, 0);
  g_assert_cmpuint (outputs[1], ==, 1);
  g_assert_null (us_timed_base (base, NULL));
  /* other times of a timed one are times of its base */
  g_assert_true (us_timed_new (timed, 0, times, 2, NULL) == fixture_simulator ("growth-logistic@0,1"));
}

/* Another output first; all that shares its axis after it. */
static void
test_output (void)
{
  const UsSimulator *base = fixture_simulator ("growth-logistic");
  const UsSimulator *rate = fixture_simulator ("growth-logistic:rate");
  const UsSimulator *timed = fixture_simulator ("growth-logistic:rate@0,2,4");
  const double times[] = { 0, 2, 4 };
  float x[41], y[41], z[3];
  UsRng rng;

  g_assert_cmpstr (rate->id, ==, "growth-logistic:rate");
  g_assert_cmpstr (timed->id, ==, "growth-logistic:rate@0,2,4");
  g_assert_cmpuint (rate->n_outputs, ==, 2);
  g_assert_cmpstr (rate->outputs[0].id, ==, "rate");
  g_assert_cmpstr (rate->outputs[1].id, ==, "size");
  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  g_assert_cmpint (base->run (base, theta, 1, &rng, x), ==, US_SIM_OK);
  g_assert_cmpint (rate->run (rate, theta, 0, &rng, y), ==, US_SIM_OK);
  g_assert_cmpmem (x, sizeof x, y, sizeof y);
  g_assert_cmpint (timed->run (timed, theta, 0, &rng, z), ==, US_SIM_OK);
  g_assert_cmpfloat (z[0], ==, x[0]);
  g_assert_cmpfloat (z[1], ==, x[4]);
  g_assert_cmpfloat (z[2], ==, x[8]);
  g_assert_cmpint (timed->run (timed, theta, 2, &rng, z), ==, US_SIM_FAILED);
  g_assert_true (us_timed_new (rate, 0, times, 3, NULL) == timed);
  g_assert_true (us_timed_new (rate, 1, NULL, 0, NULL) == base);
  g_assert_true (us_timed_new (timed, 1, NULL, 0, NULL) == fixture_simulator ("growth-logistic@0,2,4"));
}

/* One point has an axis, too. */
static void
test_one_time (void)
{
  const UsSimulator *timed = fixture_simulator ("growth-logistic@30");

  g_assert_cmpuint (timed->outputs[0].height, ==, 1);
  g_assert_cmpfloat (us_output_x (&timed->outputs[0], 0), ==, 30.0);
  g_assert_cmpfloat (timed->outputs[0].x_lower, ==, 0.0);
  g_assert_cmpfloat (timed->outputs[0].x_upper, ==, 30.0);
}

static void
test_refused (void)
{
  static const struct { const char *id; gint code; const char *message; } wrong[] = {
    { "growth-logistic@", US_FORMAT_ERROR_SYNTAX,
      "growth-logistic: time 1, “”, is not a number; expected times as in “growth-logistic@0,1,2.5”" },
    { "growth-logistic@0,,1", US_FORMAT_ERROR_SYNTAX, "growth-logistic: time 2, “”, is not a number" },
    { "growth-logistic@0,1,", US_FORMAT_ERROR_SYNTAX, "growth-logistic: time 3, “”, is not a number" },
    { "growth-logistic@0,one", US_FORMAT_ERROR_SYNTAX, "growth-logistic: time 2, “one”, is not a number" },
    { "growth-logistic@0x10", US_FORMAT_ERROR_SYNTAX, "growth-logistic: time 1, “0x10”, is not a number" },
    { "growth-logistic@0, 1", US_FORMAT_ERROR_SYNTAX, "growth-logistic: time 2, “ 1”, is not a number" },
    { "growth-logistic@inf", US_FORMAT_ERROR_SYNTAX, "growth-logistic: time 1, “inf”, is not a number" },
    { "growth-logistic@0,1e999", US_FORMAT_ERROR_VALUE, "growth-logistic: time 2 is not a finite number" },
    { "growth-logistic@0,2,1", US_FORMAT_ERROR_VALUE,
      "growth-logistic: times must increase: time 3, 1, does not come after time 2, 2" },
    { "growth-logistic@0,2,2", US_FORMAT_ERROR_VALUE,
      "growth-logistic: times must increase: time 3, 2, does not come after time 2, 2" },
    { "growth-logistic@-1,2", US_FORMAT_ERROR_VALUE,
      "growth-logistic: time 1, -1, is outside what the model allows: 0 to 10000 h" },
    { "growth-logistic@0,10001", US_FORMAT_ERROR_VALUE, "growth-logistic: time 2, 10001, is outside what the model allows" },
    { "growth-logistic:number", US_FORMAT_ERROR_MISSING,
      "growth-logistic: there is no output “number”; known are: size, rate" },
    { "growth-logistic:", US_FORMAT_ERROR_MISSING, "growth-logistic: there is no output “”; known are: size, rate" },
    { "growth-logistic:number@0,1", US_FORMAT_ERROR_MISSING, "growth-logistic: there is no output “number”" },
    { "growth-logistic@0,1:rate", US_FORMAT_ERROR_SYNTAX, "growth-logistic: time 2, “1:rate”, is not a number" },
    { "rlc@100,200", US_FORMAT_ERROR_UNSUPPORTED,
      "rlc: output “bode” cannot be had at other times than its own" },
    { "fourier@1", US_FORMAT_ERROR_UNSUPPORTED, "fourier: output “plot” cannot be had at other times than its own" },
    { "nothing@1,2", US_FORMAT_ERROR_MISSING, "There is no simulator “nothing”; known are: fourier" },
    { "@1,2", US_FORMAT_ERROR_MISSING, "There is no simulator “”; known are: fourier" },
    { "", US_FORMAT_ERROR_MISSING, "There is no simulator “”; known are: fourier" },
  };

  for (gsize k = 0; k < G_N_ELEMENTS (wrong); k++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (us_registry_find (wrong[k].id, &error));
      g_assert_error (error, US_FORMAT_ERROR, wrong[k].code);
      if (!g_str_has_prefix (error->message, wrong[k].message))
        g_error ("%s: “%s”, not “%s”", wrong[k].id, error->message, wrong[k].message);
    }
}

/* NaN and infinity as numbers, and too many of them. */
static void
test_refused_numbers (void)
{
  const UsSimulator *base = fixture_simulator ("growth-logistic");
  const double holes[] = { 0, NAN, 2 }, endless[] = { 0, INFINITY };
  g_autofree double *many = g_new (double, US_TIMED_MAX_TIMES + 1);
  g_autoptr(GString) id = g_string_new ("growth-logistic@0");
  g_autoptr(GError) error = NULL;
  const UsSimulator *most;
  g_autofree char *stem = NULL;

  g_assert_null (us_timed_new (base, 0, holes, 3, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_clear_error (&error);
  g_assert_null (us_timed_new (base, 0, endless, 2, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_clear_error (&error);

  for (guint t = 0; t <= US_TIMED_MAX_TIMES; t++)
    many[t] = t / 3.0;
  g_assert_null (us_timed_new (base, 0, many, US_TIMED_MAX_TIMES + 1, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE);
  g_clear_error (&error);
  for (guint t = 1; t <= US_TIMED_MAX_TIMES; t++)
    g_string_append_printf (id, ",%u", t);
  g_assert_null (us_registry_find (id->str, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE);
  g_clear_error (&error);

  /* As many as may be: found again by its id, and a file of it has a name that a file can have. */
  most = us_timed_new (base, 0, many, US_TIMED_MAX_TIMES, &error);
  g_assert_no_error (error);
  g_assert_true (us_registry_find (most->id, NULL) == most);
  stem = us_simulator_file_stem (most);
  g_assert_true (g_str_has_prefix (stem, "growth-logistic-"));
  g_assert_cmpuint (strlen (stem), <, 80);
}

#define THREADS 4
#define ASKED 200

static void
ask (gpointer data,
     gsize    chunk,
     guint    worker)
{
  const UsSimulator **found = data;
  g_autofree char *id = g_strdup_printf ("growth-logistic@0,%zu.5", chunk % (ASKED / 2));

  found[chunk] = us_registry_find (id, NULL);
}

static void
test_threads (void)
{
  g_autoptr(UsPool) pool = us_pool_new (THREADS, 0);
  const UsSimulator *found[ASKED];

  us_pool_run (pool, ASKED, ask, found);
  for (guint k = 0; k < ASKED / 2; k++)
    {
      g_assert_nonnull (found[k]);
      g_assert_true (found[k] == found[k + ASKED / 2]);
      g_assert_true (k == 0 || found[k] != found[k - 1]);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/timed/values", test_values);
  g_test_add_func ("/timed/same-as-base", test_same_as_base);
  g_test_add_func ("/timed/each-alone", test_each_alone);
  g_test_add_func ("/timed/interned", test_interned);
  g_test_add_func ("/timed/output", test_output);
  g_test_add_func ("/timed/one-time", test_one_time);
  g_test_add_func ("/timed/refused", test_refused);
  g_test_add_func ("/timed/refused-numbers", test_refused_numbers);
  g_test_add_func ("/timed/threads", test_threads);

  return g_test_run ();
}

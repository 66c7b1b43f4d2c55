/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "simulator-fixture.h"
#include "us-prior.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* T frequencies, P parameters. */
#define T 128
#define P 3

enum { R, L, C };

static const UsSimulator *
rlc (void)
{
  return fixture_simulator ("rlc");
}

static void
run (const double *theta,
     float        *out)         /* (T, 2) */
{
  fixture_simulate (rlc (), theta, out);
}

static double
frequency (guint t)
{
  const UsOutput *output = &rlc ()->outputs[0];

  return output->x_lower * pow (output->x_upper / output->x_lower, t / (T - 1.0));
}

static double
resonance (const double *theta)
{
  return 1.0 / (2.0 * G_PI * sqrt (theta[L] * 1e-3 * theta[C] * 1e-9));
}

static double
quality (const double *theta)
{
  return sqrt (theta[L] * 1e-3 / (theta[C] * 1e-9)) / theta[R];
}

static void
sample (guint   seed,
        guint   row,
        double *theta)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (rlc ());
  UsRng rng;

  us_rng_init (&rng, seed, US_RNG_TEST, row);
  us_prior_sample (prior, &rng, theta);
}

/* --- against ngspice ---------------------------------------------------- */

#define N_CIRCUITS 8

static void
write_netlist (const char   *path,
               const double *theta)     /* (N_CIRCUITS, P) */
{
  g_autoptr(GString) text = g_string_new ("series circuit\nV1 in 0 dc 0 ac 1\nR1 out 0 1\nL1 in a 1\nC1 a out 1\n"
                                          ".control\nset numdgt=15\n");
  g_autoptr(GError) error = NULL;

  for (guint k = 0; k < N_CIRCUITS; k++)
    {
      g_string_append_printf (text, "alter r1 = %.17g\nalter l1 = %.17g\nalter c1 = %.17g\n",
                              theta[k * P + R], theta[k * P + L] * 1e-3, theta[k * P + C] * 1e-9);
      for (guint t = 0; t < T; t++)
        g_string_append_printf (text, "ac lin 1 %.17g %.17g\nprint v(out)\ndestroy all\n", frequency (t), frequency (t));
    }
  g_string_append (text, "quit\n.endc\n.end\n");
  g_file_set_contents (path, text->str, -1, &error);
  g_assert_no_error (error);
}

/* The AC analysis of a circuit simulator, in a process of its own: each voltage as "v(out) = re,im". */
static void
test_ngspice (void)
{
  g_autofree char *program = g_find_program_in_path ("ngspice");
  g_autofree char *folder = NULL;
  g_autofree char *path = NULL;
  g_autofree char *printed = NULL;
  g_autoptr(GError) error = NULL;
  double theta[N_CIRCUITS * P], worst_gain = 0.0, worst_phase = 0.0;
  const char *at;
  int status;

  if (program == NULL)
    {
      g_test_skip ("ngspice is not installed");
      return;
    }
  folder = g_dir_make_tmp ("us-rlc-XXXXXX", &error);
  g_assert_no_error (error);
  path = g_build_filename (folder, "series.cir", NULL);
  for (guint k = 0; k < N_CIRCUITS; k++)
    sample (2, k, theta + k * P);
  write_netlist (path, theta);
  g_spawn_sync (folder, (char *[]) { program, (char *) "-b", path, NULL }, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                &printed, NULL, &status, &error);
  g_assert_no_error (error);
  g_unlink (path);
  g_rmdir (folder);

  at = printed;
  for (guint k = 0; k < N_CIRCUITS; k++)
    {
      float out[T * 2];

      run (theta + k * P, out);
      for (guint t = 0; t < T; t++)
        {
          char *end;
          double re, im;

          at = strstr (at, "v(out) = ");
          g_assert_nonnull (at);
          re = g_ascii_strtod (at + strlen ("v(out) = "), &end);
          g_assert_cmpint (*end, ==, ',');
          im = g_ascii_strtod (end + 1, &end);
          at = end;
          worst_gain = MAX (worst_gain, fabs (out[2 * t] - 20.0 * log10 (hypot (re, im))));
          worst_phase = MAX (worst_phase, fabs (out[2 * t + 1] - atan2 (im, re)));
        }
    }
  g_test_message ("%u circuits at %u frequencies: gain within %.2g dB, phase within %.2g rad", N_CIRCUITS, T,
                  worst_gain, worst_phase);
  /* Single precision of 110 dB and of π/2. */
  g_assert_cmpfloat (worst_gain, <, 5e-6);
  g_assert_cmpfloat (worst_phase, <, 1.5e-7);
}

/* --- what must hold ------------------------------------------------------- */

/* At f0 all of the voltage is across the resistor; the half-power frequencies are f0 / Q apart and f0 is
 * their geometric mean: the curve's own values there, by interpolation of x = tan (−phase), which is a line in
 * f/f0 − f0/f. */
static void
test_resonance (void)
{
  for (guint row = 0; row < 200; row++)
    {
      double theta[P], f0, q, slope = 0.0, square = 0.0;
      float out[T * 2];

      sample (3, row, theta);
      run (theta, out);
      f0 = rlc ()->derived[0].value (rlc (), theta);
      q = rlc ()->derived[1].value (rlc (), theta);
      g_assert_cmpstr (rlc ()->derived[0].name, ==, "f0");
      g_assert_cmpstr (rlc ()->derived[1].name, ==, "Q");
      g_assert_cmpfloat_with_epsilon (f0 / resonance (theta), 1.0, 1e-12);
      g_assert_cmpfloat_with_epsilon (q / quality (theta), 1.0, 1e-12);
      g_assert_cmpfloat (q, >=, 0.1 * (1.0 - 1e-9));
      g_assert_cmpfloat (q, <=, 30.0 * (1.0 + 1e-9));
      /* Half a decade inside the range of frequencies at least. */
      g_assert_cmpfloat (f0, >, 500.0);
      g_assert_cmpfloat (f0, <, 505e3);

      for (guint t = 0; t < T; t++)
        {
          const double gain = out[2 * t], phase = out[2 * t + 1], share = frequency (t) / f0;

          g_assert_cmpfloat (gain, <=, 0.0);
          g_assert_cmpfloat (gain, >=, rlc ()->outputs[0].channel_info[0].lower);
          g_assert_cmpfloat (fabs (phase), <=, G_PI_2 + 1e-7);
          /* Leads below the resonance, lags above; 1 / (1 + jx) has |H| = cos phase. */
          g_assert_true ((phase > 0.0) == (share < 1.0));
          g_assert_cmpfloat_with_epsilon (pow (10.0, gain / 20.0), cos (phase), 2e-6);
          if (fabs (phase) < 1.4)
            {
              slope += tan (-phase) * (share - 1.0 / share);
              square += (share - 1.0 / share) * (share - 1.0 / share);
            }
        }
      if (square > 0.0)
        g_assert_cmpfloat_with_epsilon (slope / square / q, 1.0, 1e-4);
    }
}

/* Draws: R, L and C as rejection from log-uniform ones would give, so ln f0 a triangle and ln Q flat. */
static void
test_draw (void)
{
  const guint n = 20000;
  double f = 0.0, ff = 0.0, q = 0.0, qq = 0.0, fq = 0.0;
  const double span = log (300.0), decades = log (1000.0);

  for (guint row = 0; row < n; row++)
    {
      double theta[P], lf, lq;

      sample (4, row, theta);
      lf = log (resonance (theta) / resonance ((double[]) { 1.0, sqrt (10.0), sqrt (1000.0) }));
      lq = log (quality (theta) / sqrt (3.0));
      f += lf / n, ff += lf * lf / n, q += lq / n, qq += lq * lq / n, fq += lf * lq / n;
    }
  /* Variances decades² / 24 of (ln L + ln C) / 2, and span² / 12; 4.5 standard errors. */
  g_assert_cmpfloat_with_epsilon (f, 0.0, 4.5 * decades / sqrt (24.0 * n));
  g_assert_cmpfloat_with_epsilon (q, 0.0, 4.5 * span / sqrt (12.0 * n));
  g_assert_cmpfloat_with_epsilon (ff / (decades * decades / 24.0), 1.0, 0.05);
  g_assert_cmpfloat_with_epsilon (qq / (span * span / 12.0), 1.0, 0.04);
  g_assert_cmpfloat_with_epsilon (fq / sqrt (ff * qq), 0.0, 4.5 / sqrt (n));
}

/* The density: normalised, as an average over log-uniform R, L and C shows. */
static void
test_density (void)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (rlc ());
  const guint n = 40000;
  double sum = 0.0;

  for (guint row = 0; row < n; row++)
    {
      double theta[P], log_proposal = 0.0;
      UsRng rng;

      us_rng_init (&rng, 5, US_RNG_TEST, row);
      for (guint i = 0; i < P; i++)
        {
          const UsParameter *parameter = &rlc ()->parameters[i];

          theta[i] = us_distribution_draw (&parameter->prior, parameter, &rng);
          log_proposal += log (us_prior_density (prior, i, theta[i]));
        }
      sum += exp (us_prior_log_density (prior, theta) - log_proposal) / n;
    }
  /* About 0.45 are accepted: standard error √(0.55 / 0.45 / n). */
  g_assert_cmpfloat_with_epsilon (sum, 1.0, 4.5 * sqrt (0.55 / 0.45 / n));
}

static double
latent_distance (const double *one,
                 const double *other)
{
  double sum = 0.0;

  for (guint i = 0; i < P; i++)
    {
      const UsDistribution *prior = &rlc ()->parameters[i].prior;
      const double d = 2.0 * log (one[i] / other[i]) / log (prior->b / prior->a);

      sum += d * d;
    }
  return sqrt (sum);
}

/* By trying 20,001 members from one bound to the other. */
static void
test_closest (void)
{
  guint at_bounds = 0;

  for (guint row = 0; row < 200; row++)
    {
      double theta[P], reference[P], closest[P], best = INFINITY, distance;
      gboolean bound = FALSE;

      sample (6, row, theta);
      sample (7, row, reference);
      rlc ()->closest_equivalent (rlc (), theta, reference, closest);
      g_assert_true (us_simulator_check (rlc (), closest, NULL));
      g_assert_cmpfloat_with_epsilon (quality (closest) / quality (theta), 1.0, 1e-12);
      g_assert_cmpfloat_with_epsilon (resonance (closest) / resonance (theta), 1.0, 1e-12);
      for (int k = -10000; k <= 10000; k++)
        {
          const double s = pow (10.0, 6.0 * k / 10000.0);
          const double member[P] = { theta[R] / s, theta[L] / s, theta[C] * s };
          gboolean inside = TRUE;

          for (guint i = 0; i < P; i++)
            inside &= member[i] >= rlc ()->parameters[i].lower && member[i] <= rlc ()->parameters[i].upper;
          if (inside)
            best = MIN (best, latent_distance (member, reference));
        }
      distance = latent_distance (closest, reference);
      g_assert_cmpfloat (distance, <=, best + 1e-9);
      /* The grid's own distance from the minimum: steps of 0.0014 in ln s, latents of at most 0.6 a unit. */
      g_assert_cmpfloat (best - distance, <, 1e-3);
      for (guint i = 0; i < P; i++)
        bound |= closest[i] == rlc ()->parameters[i].lower || closest[i] == rlc ()->parameters[i].upper;
      at_bounds += bound;
    }
  g_test_message ("%u of 200 end at a bound", at_bounds);
  g_assert_cmpuint (at_bounds, >, 0);
  g_assert_cmpuint (at_bounds, <, 150);
}

/* ln s evenly over all that the bounds permit; the same curves but for single precision. */
static void
test_random (void)
{
  const double theta[P] = { 100.0, 1.0, 10.0 };
  /* L down to 0.1 and up to 100, C up to 1000 and down to 1: s from 0.1 to 10. */
  const guint n = 4000;
  double mean = 0.0, square = 0.0, lowest = INFINITY, highest = -INFINITY;
  UsRng rng;

  us_rng_init (&rng, 8, US_RNG_TEST, 0);
  for (guint k = 0; k < n; k++)
    {
      double member[P], log_s;

      rlc ()->random_equivalent (rlc (), theta, &rng, member);
      log_s = log10 (member[C] / theta[C]);
      g_assert_cmpfloat_with_epsilon (log10 (theta[R] / member[R]), log_s, 1e-12);
      g_assert_cmpfloat_with_epsilon (log10 (theta[L] / member[L]), log_s, 1e-12);
      mean += log_s / n;
      square += log_s * log_s / n;
      lowest = MIN (lowest, log_s);
      highest = MAX (highest, log_s);
    }
  g_assert_cmpfloat_with_epsilon (mean, 0.0, 4.5 / sqrt (3.0 * n));
  g_assert_cmpfloat_with_epsilon (square, 1.0 / 3.0, 0.02);
  g_assert_cmpfloat_with_epsilon (lowest, -1.0, 0.01);
  g_assert_cmpfloat_with_epsilon (highest, 1.0, 0.01);
}

static void
test_constraint (void)
{
  const double damped[P] = { 1e4, 1.0, 10.0 }, sharp[P] = { 1.0, 10.0, 10.0 };
  g_autoptr(GError) error = NULL;

  g_assert_false (us_simulator_check (rlc (), damped, &error));
  g_assert_cmpstr (error->message, ==, "rlc: the parameters break the constraint: "
                   "the quality factor √(L/C) / R lies between 0.1 and 30");
  g_assert_false (us_simulator_check (rlc (), sharp, NULL));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/rlc/ngspice", test_ngspice);
  g_test_add_func ("/rlc/resonance", test_resonance);
  g_test_add_func ("/rlc/draw", test_draw);
  g_test_add_func ("/rlc/density", test_density);
  g_test_add_func ("/rlc/closest", test_closest);
  g_test_add_func ("/rlc/random", test_random);
  g_test_add_func ("/rlc/constraint", test_constraint);

  return g_test_run ();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decays and compartments: their closed forms against integrated equations, what is conserved, the limits that
 * join them, and what is derived. */
#include "config.h"

#include "equation-fixture.h"
#include "us-prior.h"

/* ---- equations ---- */

/* CL, V, dose; body, eliminated. */
static void
one_bolus (double        t,
           const double *y,
           const double *theta,
           double       *dydt)
{
  dydt[1] = theta[0] / theta[1] * y[0];
  dydt[0] = -dydt[1];
}

/* ka, CL, V, dose; gut, body, eliminated. */
static void
one_oral (double        t,
          const double *y,
          const double *theta,
          double       *dydt)
{
  dydt[0] = -theta[0] * y[0];
  dydt[2] = theta[1] / theta[2] * y[1];
  dydt[1] = -dydt[0] - dydt[2];
}

/* CL, V1, Q, V2, dose; central, peripheral, eliminated. */
static void
two_bolus (double        t,
           const double *y,
           const double *theta,
           double       *dydt)
{
  dydt[1] = theta[2] * (y[0] / theta[1] - y[1] / theta[3]);
  dydt[2] = theta[0] / theta[1] * y[0];
  dydt[0] = -dydt[1] - dydt[2];
}

/* ka, CL, V1, Q, V2, dose; gut, central, peripheral, eliminated. */
static void
two_oral (double        t,
          const double *y,
          const double *theta,
          double       *dydt)
{
  two_bolus (t, y + 1, theta + 1, dydt + 1);
  dydt[0] = -theta[0] * y[0];
  dydt[1] -= dydt[0];
}

static const struct
{
  const char  *id;
  FixtureRates rates;
  gsize        n_states, measured, dose, volume;        /* states; which is measured; parameters */
} models[] = {
  { "pk-one-bolus", one_bolus, 2, 0, 2, 1 },
  { "pk-one-oral", one_oral, 3, 1, 3, 2 },
  { "pk-two-bolus", two_bolus, 3, 0, 4, 1 },
  { "pk-two-oral", two_oral, 4, 1, 5, 2 },
};

/* Draws of the prior: concentration and amounts, at the times of the grid, in single precision of the dose. */
static void
test_equations (void)
{
  for (gsize m = 0; m < G_N_ELEMENTS (models); m++)
    {
      const UsSimulator *simulator = fixture_simulator (models[m].id);
      const gsize n = simulator->outputs[0].height, n_states = models[m].n_states;
      g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
      g_autofree double *y = g_new (double, n * n_states);
      g_autofree double *times = g_new (double, n);
      g_autofree float *amounts = g_new (float, n * n_states);
      g_autofree float *concentration = g_new (float, n);
      double worst = 0;

      g_assert_cmpuint (simulator->outputs[1].channels, ==, n_states);
      for (gsize t = 0; t < n; t++)
        times[t] = us_output_x (&simulator->outputs[0], t);
      for (guint row = 0; row < 60; row++)
        {
          double theta[US_MAX_PARAMETERS], start[4] = { 0 }, dose;
          UsRng rng;

          us_rng_init (&rng, 31, US_RNG_PRIOR, row);
          g_assert_true (us_prior_sample (prior, &rng, theta));
          dose = start[0] = theta[models[m].dose];
          fixture_solve (models[m].rates, theta, n_states, start, n, times, y);
          fixture_run_at (simulator, theta, 0, n, times, concentration);
          fixture_run_at (simulator, theta, 1, n, times, amounts);
          for (gsize t = 0; t < n; t++)
            {
              const double volume = theta[models[m].volume], measured = y[t * n_states + models[m].measured] / volume;
              double sum = 0;

              g_assert_cmpfloat_with_epsilon (concentration[t], measured, 1.2e-7 * (measured + 1e-4 * dose / volume));
              for (gsize i = 0; i < n_states; i++)
                {
                  sum += amounts[t * n_states + i];
                  g_assert_cmpfloat (amounts[t * n_states + i], >=, 0);
                  worst = MAX (worst, fabs (amounts[t * n_states + i] - y[t * n_states + i]) / dose);
                }
              g_assert_cmpfloat_with_epsilon (sum / dose, 1, 2e-7);
            }
        }
      g_test_message ("%s: within %.2g of the dose", models[m].id, worst);
      g_assert_cmpfloat (worst, <, 7e-8);
    }
}

/* ---- limits ---- */

static void
same (const UsSimulator *one,
      const double      *theta,
      const UsSimulator *other,
      const double      *other_theta,
      double             tolerance)
{
  static const double times[] = { 0, 0.1, 0.3, 1, 3, 10, 30, 100 };
  float x[8], y[8];

  fixture_run_at (one, theta, 0, 8, times, x);
  fixture_run_at (other, other_theta, 0, 8, times, y);
  for (guint t = 0; t < 8; t++)
    g_assert_cmpfloat_with_epsilon (x[t], y[t], tolerance * (fabs (x[t]) + 1e-3 * (fabs (x[1]))));
}

/* No exchange: one compartment.  Absorption at once: a bolus. */
static void
test_limits (void)
{
  const double bolus[] = { 0.5, 8, 4.5 }, apart[] = { 0.5, 8, 1e-3, 1e5, 4.5 };
  const double oral[] = { 2, 0.05, 0.5, 4.5 }, oral_apart[] = { 2, 0.05, 0.5, 1e-5, 1e3, 4.5 };
  const double two[] = { 0.05, 0.35, 0.1, 0.25, 4.5 }, at_once[] = { 100, 0.05, 0.35, 0.1, 0.25, 4.5 };
  static const double times[] = { 1, 3, 10, 30 };
  float x[4], y[4];

  same (fixture_simulator ("pk-one-bolus"), bolus, fixture_simulator ("pk-two-bolus"), apart, 0.02);
  same (fixture_simulator ("pk-one-oral"), oral, fixture_simulator ("pk-two-oral"), oral_apart, 2.5e-3);
  /* the hundredth of an hour that it takes */
  fixture_run_at (fixture_simulator ("pk-two-bolus"), two, 0, 4, times, x);
  fixture_run_at (fixture_simulator ("pk-two-oral"), at_once, 0, 4, times, y);
  for (guint t = 0; t < 4; t++)
    g_assert_cmpfloat_with_epsilon (x[t], y[t], 6e-3 * x[t]);
}

/* Two rates that are the same, or nearly: D kₐ t e^(−kt) / V, without a jump. */
static void
test_equal_rates (void)
{
  const UsSimulator *simulator = fixture_simulator ("pk-one-oral");
  static const double times[] = { 0, 1, 5, 20, 100 };

  for (double apart = 0.1; apart > 1e-18; apart *= 0.1)
    {
      const double k = 0.1, ka = k * (1 + apart), theta[] = { ka, k * 0.5, 0.5, 4.5 };
      float x[5];

      fixture_run_at (simulator, theta, 0, 5, times, x);
      for (guint t = 0; t < 5; t++)
        {
          const double equal = 4.5 * ka * times[t] * exp (-k * times[t]) / 0.5;
          /* The next terms of the series in k·apart·t. */
          const double shape = 1 - 0.5 * k * apart * times[t] + (k * apart * times[t]) * (k * apart * times[t]) / 6;

          if (k * apart * times[t] < 0.2)
            g_assert_cmpfloat_with_epsilon (x[t], equal * shape, (1.5e-7 + pow (k * apart * times[t], 3) / 20) * equal + 1e-12);
        }
    }
}

/* What changes places: the same curve, which the constraint refuses. */
static void
test_flip_flop (void)
{
  const UsSimulator *simulator = fixture_simulator ("pk-one-oral");
  const double theta[] = { 1.5, 0.04, 0.5, 4.5 }, k = 0.04 / 0.5;
  const double flipped[] = { k, 0.04, 0.04 / 1.5, 4.5 };
  g_autoptr(GError) error = NULL;

  same (simulator, theta, simulator, flipped, 2e-7);
  g_assert_true (us_simulator_check (simulator, theta, NULL));
  g_assert_false (us_simulator_check (simulator, flipped, &error));
  g_assert_cmpstr (error->message, ==, "pk-one-oral: the parameters break the constraint: "
                   "absorption is faster than elimination: kₐ > CL / V");
}

/* ---- what is derived ---- */

/* At the end each half-life halves; the area is what has been eliminated over the clearance; the peak is one. */
static void
test_derived (void)
{
  for (gsize m = 0; m < G_N_ELEMENTS (models); m++)
    {
      const UsSimulator *simulator = fixture_simulator (models[m].id);
      g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
      const gsize clearance = (gsize) us_simulator_parameter_index (simulator, "CL");

      for (guint row = 0; row < 200; row++)
        {
          double theta[US_MAX_PARAMETERS], half, times[3], dose;
          float x[3];
          UsRng rng;

          us_rng_init (&rng, 32, US_RNG_PRIOR, row);
          us_prior_sample (prior, &rng, theta);
          dose = theta[models[m].dose];
          half = fixture_derived (simulator, "half_life", theta);
          times[0] = 40 * half;
          times[1] = 41 * half;
          if (times[1] < 1e4 && (m % 2 == 0 || theta[0] * half > 1.5 * G_LN2))
            {
              fixture_run_at (simulator, theta, 0, 2, times, x);
              g_assert_cmpfloat_with_epsilon (x[1] / x[0], 0.5, 1e-3);
            }
          g_assert_cmpfloat_with_epsilon (fixture_derived (simulator, "auc", theta) * theta[clearance] / dose, 1, 1e-12);
          if (m != 1)
            continue;
          times[1] = fixture_derived (simulator, "t_max", theta);
          times[0] = 0.98 * times[1];
          times[2] = 1.02 * times[1];
          fixture_run_at (simulator, theta, 0, 3, times, x);
          g_assert_true (x[1] >= x[0] && x[1] >= x[2]);
          g_assert_cmpfloat_with_epsilon (fixture_derived (simulator, "c_max", theta) / x[1], 1, 1e-6);
        }
    }
}

/* The residence as the mean of the time of elimination: ∫ (1 − E/D) dt, by Simpson's rule over a power of time. */
static void
test_residence (void)
{
  static const struct { const char *id; double theta[6]; gsize channel; double dose; } cases[] = {
    { "pk-two-bolus", { 8, 8, 6, 12, 25 }, 2, 25 },
    { "pk-two-oral", { 1.5, 0.05, 0.3, 0.1, 0.25, 4.5 }, 3, 4.5 },
  };

  for (guint c = 0; c < 2; c++)
    {
      const UsSimulator *simulator = fixture_simulator (cases[c].id);
      const gsize channels = simulator->outputs[1].channels;
      const guint n = 4000;
      g_autofree double *times = g_new (double, n + 1);
      g_autofree float *x = g_new (float, (n + 1) * channels);
      double sum = 0;

      for (guint k = 0; k <= n; k++)
        times[k] = 1000 * pow ((double) k / n, 4);
      fixture_run_at (simulator, cases[c].theta, 1, n + 1, times, x);
      for (guint k = 0; k <= n; k++)
        sum += (k == 0 || k == n ? 1 : k % 2 == 1 ? 4 : 2) * (1 - x[k * channels + cases[c].channel] / cases[c].dose)
               * 4000 * pow ((double) k / n, 3);
      g_assert_cmpfloat_with_epsilon (sum / 3 / n / fixture_derived (simulator, "residence", cases[c].theta), 1, 1e-4);
    }
}

/* Priors hold the textbook: in the middle nine tenths of each. */
static void
test_priors (void)
{
  static const struct { const char *id; double theta[6]; } known[] = {
    { "pk-one-bolus", { 8.1, 10, 25 } },
    { "pk-two-bolus", { 8.1, 7.6, 6.3, 12, 25 } },      /* 2.83 e^(−2.17 t) + 0.461 e^(−0.26 t) mg/L: Pinheiro, Bates 2000 */
    { "pk-one-oral", { 1.59, 0.0405, 0.455, 4.5 } },    /* Pinheiro, Bates 2000, section 8.1 */
  };

  for (guint k = 0; k < G_N_ELEMENTS (known); k++)
    {
      const UsSimulator *simulator = fixture_simulator (known[k].id);
      g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
      double z[6];

      us_prior_to_latent (prior, known[k].theta, z);
      for (gsize i = 0; i < simulator->n_parameters - 1; i++)
        g_assert_cmpfloat (fabs (z[i]), <, 0.9);
    }
}

/* Concentrations that the textbook's exponentials give. */
static void
test_indomethacin (void)
{
  const UsSimulator *simulator = fixture_simulator ("pk-two-bolus");
  const double a = 2.83, alpha = 2.17, b = 0.461, beta = 0.26;
  const double v1 = 25 / (a + b), k21 = (a * beta + b * alpha) / (a + b), k10 = alpha * beta / k21;
  const double k12 = alpha + beta - k21 - k10;
  const double theta[] = { k10 * v1, v1, k12 * v1, k12 * v1 / k21, 25 }, times[] = { 0.25, 1, 3, 8 };
  float x[4];

  fixture_run_at (simulator, theta, 0, 4, times, x);
  for (guint t = 0; t < 4; t++)
    g_assert_cmpfloat_with_epsilon (x[t], a * exp (-alpha * times[t]) + b * exp (-beta * times[t]), 2e-7 * x[0]);
  g_assert_cmpfloat_with_epsilon (fixture_derived (simulator, "half_life", theta), G_LN2 / beta, 1e-12);
  g_assert_cmpfloat_with_epsilon (fixture_derived (simulator, "half_life_fast", theta), G_LN2 / alpha, 1e-12);
}

/* ---- decays ---- */

static void
test_decays (void)
{
  const UsSimulator *one = fixture_simulator ("decay-one"), *two = fixture_simulator ("decay-two");
  g_autoptr(UsPrior) prior = us_prior_new_default (two);
  const double slow[] = { 3, 0, 0.4, 7 }, fast[] = { 3, 1, 0.4, 7 }, alike[] = { 3, 0.3, 0.4, 1 };
  const double as_slow[] = { 3, 0.4 }, as_fast[] = { 3, 2.8 };

  same (one, as_slow, two, slow, 1e-7);
  same (one, as_slow, two, alike, 1e-7);
  same (one, as_fast, two, fast, 1e-7);
  for (guint row = 0; row < 200; row++)
    {
      double theta[4], rate[2], area;
      float x[41], parts[82], slopes[41];
      UsRng rng;

      us_rng_init (&rng, 33, US_RNG_PRIOR, row);
      us_prior_sample (prior, &rng, theta);
      two->run (two, theta, 0, &rng, x);
      two->run (two, theta, 1, &rng, slopes);
      two->run (two, theta, 2, &rng, parts);
      rate[0] = fixture_derived (two, "k_fast", theta);
      rate[1] = theta[2];
      for (guint t = 0; t < 41; t++)
        {
          const double h = t / 4.0;

          g_assert_cmpfloat_with_epsilon (parts[2 * t], theta[0] * theta[1] * exp (-rate[0] * h), 1e-6 * theta[0]);
          g_assert_cmpfloat_with_epsilon (parts[2 * t + 1], theta[0] * (1 - theta[1]) * exp (-rate[1] * h), 1e-6 * theta[0]);
          g_assert_cmpfloat_with_epsilon (x[t], parts[2 * t] + parts[2 * t + 1], 2e-7 * theta[0]);
          g_assert_cmpfloat_with_epsilon (slopes[t], rate[0] * parts[2 * t] + rate[1] * parts[2 * t + 1], 2e-7 * slopes[0]);
        }
      area = theta[0] * (theta[1] / rate[0] + (1 - theta[1]) / rate[1]);
      g_assert_cmpfloat_with_epsilon (fixture_derived (two, "area", theta) / area, 1, 1e-12);
      g_assert_cmpfloat_with_epsilon (fixture_derived (two, "half_life", theta) * rate[1], G_LN2, 1e-12);
      g_assert_cmpfloat (rate[0], >, rate[1]);
    }
  g_assert_cmpfloat_with_epsilon (fixture_derived (one, "half_life", as_fast), 0.24755256448569, 1e-12);
  g_assert_cmpfloat_with_epsilon (fixture_derived (one, "area", as_fast), 3 / 2.8, 1e-12);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pharmacokinetics/equations", test_equations);
  g_test_add_func ("/pharmacokinetics/limits", test_limits);
  g_test_add_func ("/pharmacokinetics/equal-rates", test_equal_rates);
  g_test_add_func ("/pharmacokinetics/flip-flop", test_flip_flop);
  g_test_add_func ("/pharmacokinetics/derived", test_derived);
  g_test_add_func ("/pharmacokinetics/residence", test_residence);
  g_test_add_func ("/pharmacokinetics/priors", test_priors);
  g_test_add_func ("/pharmacokinetics/indomethacin", test_indomethacin);
  g_test_add_func ("/pharmacokinetics/decays", test_decays);

  return g_test_run ();
}

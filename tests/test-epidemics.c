/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIR, SEIR, SIRS: against GSL, growth, peak and final size, as measured, and the boarding school.  Chains: test-epidemic-chains.c. */
#include "config.h"

#include "epidemics-fixture.h"
#include "us-error.h"
#include "us-noise.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_multimin.h>
#include <gsl/gsl_odeiv2.h>
#include <math.h>
#include <string.h>

static const char *const ids[] = { "sir", "seir", "sirs" };

/* --- GSL ------------------------------------------------------------------ */

typedef struct { double beta, sigma, gamma, omega, n; } Rates;

/* People: S, E, I, R, cases. */
static int
slopes (double        t,
        const double  y[],
        double        dydt[],
        void         *data)
{
  const Rates *rates = data;
  const double new = rates->beta * y[0] * y[2] / rates->n, ill = rates->sigma > 0.0 ? rates->sigma * y[1] : new;

  dydt[0] = rates->omega * y[3] - new;
  dydt[1] = rates->sigma > 0.0 ? new - ill : 0.0;
  dydt[2] = ill - rates->gamma * y[2];
  dydt[3] = rates->gamma * y[2] - rates->omega * y[3];
  dydt[4] = ill;
  return GSL_SUCCESS;
}

/* states (n, 5) at times (n) increasing. */
static void
gsl_solve (const UsSimulator *simulator,
           const double      *theta,
           gsize              n,
           const double      *times,
           double             states[][5])
{
  const double latent = get (simulator, theta, "latent", 0.0), immunity = get (simulator, theta, "immunity", 0.0);
  const double d = get (simulator, theta, "infectious", 0.0), start = get (simulator, theta, "introduction", 0.0);
  Rates rates = { get (simulator, theta, "R0", 0.0) / d, latent > 0.0 ? 1.0 / latent : 0.0, 1.0 / d,
                  immunity > 0.0 ? 1.0 / immunity : 0.0, get (simulator, theta, "population", 0.0) };
  gsl_odeiv2_system system = { slopes, NULL, 5, &rates };
  const double initial = get (simulator, theta, "initial", 0.0);
  gsl_odeiv2_driver *driver = gsl_odeiv2_driver_alloc_y_new (&system, gsl_odeiv2_step_rk8pd, 1e-3, 1e-11 * initial, 1e-12);
  double y[5] = { rates.n - initial, 0.0, initial, 0.0, 0.0 }, t = start;

  for (gsize k = 0; k < n; k++)
    {
      if (times[k] >= start)
        g_assert_cmpint (gsl_odeiv2_driver_apply (driver, &t, times[k], y), ==, GSL_SUCCESS);
      memcpy (states[k], y, sizeof y);
      if (times[k] < start)
        memcpy (states[k], (double[5]) { rates.n }, sizeof y);
    }
  gsl_odeiv2_driver_free (driver);
}

#define DAYS 101                /* -1 … 99 */

static void
test_gsl (void)
{
  double times[DAYS], worst = 0.0;

  for (gsize k = 0; k < DAYS; k++)
    times[k] = (double) k - 1.0;
  for (guint m = 0; m < G_N_ELEMENTS (ids); m++)
    for (guint row = 0; row < 60; row++)
      {
        const UsSimulator *simulator = fixture_simulator (ids[m]);
        double theta[US_MAX_PARAMETERS], states[DAYS][5];
        float incidence[DAYS - 1], prevalence[DAYS - 1], susceptibles[DAYS - 1], cumulative[DAYS - 1];

        draw (simulator, row, theta);
        if (row % 3 == 1)
          set (simulator, theta, "population", 1e7);
        gsl_solve (simulator, theta, DAYS, times, states);
        run_at (simulator, theta, "incidence", DAYS - 1, times + 1, incidence);
        run_at (simulator, theta, "prevalence", DAYS - 1, times + 1, prevalence);
        run_at (simulator, theta, "susceptibles", DAYS - 1, times + 1, susceptibles);
        run_at (simulator, theta, "cumulative", DAYS - 1, times + 1, cumulative);
        for (gsize k = 0; k + 1 < DAYS; k++)
          {
            const double n = get (simulator, theta, "population", 0.0);

            worst = MAX (worst, fabs (incidence[k] - (states[k + 1][4] - states[k][4])) / n);
            worst = MAX (worst, fabs (prevalence[k] - states[k + 1][2]) / n);
            worst = MAX (worst, fabs (susceptibles[k] - states[k + 1][0]) / n);
            /* with waning more than there are people */
            worst = MAX (worst, fabs (cumulative[k] - states[k + 1][4]) / MAX (n, states[k + 1][4]));
          }
      }
  g_test_message ("within %.2g of the population", worst);
  /* Single precision of the numbers that come out. */
  g_assert_cmpfloat (worst, <, 1e-7);
}

/* --- what is known in closed form ----------------------------------------- */

static void
test_final_size (void)
{
  for (guint m = 0; m < 2; m++)
    for (guint row = 0; row < 100; row++)
      {
        const UsSimulator *simulator = fixture_simulator (ids[m]);
        double theta[US_MAX_PARAMETERS], attack, n, first, r0, left;

        draw (simulator, row, theta);
        if (row % 2 == 1)
          set (simulator, theta, "R0", 0.3 + 0.02 * row);
        set (simulator, theta, "initial", row % 5 == 0 ? 200.0 : 1.0);
        attack = derived_of (simulator, "attack_rate", theta);
        n = get (simulator, theta, "population", 0.0);
        first = get (simulator, theta, "initial", 0.0);
        r0 = get (simulator, theta, "R0", 0.0);
        g_assert_cmpfloat_with_epsilon (1.0 - attack, (1.0 - first / n) * exp (-r0 * attack), 1e-12);
        left = value_at (simulator, theta, "susceptibles", 3650.0);
        /* near the threshold ten years are not for ever */
        if (fabs (r0 - 1.0) > 0.1)
          {
            g_assert_cmpfloat_with_epsilon (left / n, 1.0 - attack, 2e-6);
            g_assert_cmpfloat_with_epsilon (value_at (simulator, theta, "cumulative", 3650.0), n - first - left, 1e-3);
          }
      }
}

/* The slope of the logarithm of the first cases of many people, and the day of the peak of a dense solution. */
static void
test_growth (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (ids); m++)
    for (guint row = 0; row < 40; row++)
      {
        const UsSimulator *simulator = fixture_simulator (ids[m]);
        double theta[US_MAX_PARAMETERS], rate, slope, early;

        draw (simulator, row, theta);
        set (simulator, theta, "population", 1e9);
        set (simulator, theta, "initial", 1.0);
        set (simulator, theta, "introduction", 0.0);
        rate = derived_of (simulator, "growth_rate", theta);
        g_assert_cmpfloat_with_epsilon (derived_of (simulator, "doubling_time", theta) * rate, log (2.0), 1e-12);
        /* when the transient is over and hardly anybody is immune: e^9 cases */
        early = 9.0 / rate;
        if (early > 1000.0)
          continue;
        slope = log (value_at (simulator, theta, "prevalence", early + 0.5 / rate)
                     / value_at (simulator, theta, "prevalence", early - 0.5 / rate));
        g_assert_cmpfloat_with_epsilon (slope, 1.0, 2e-3);
      }

  /* without growth */
  {
    const UsSimulator *simulator = fixture_simulator ("seir");
    double theta[US_MAX_PARAMETERS];

    about (simulator, 0.5, 4.0, 5.0, 1000.0, theta);
    g_assert_cmpfloat (derived_of (simulator, "growth_rate", theta), <, 0.0);
    g_assert_true (isinf (derived_of (simulator, "doubling_time", theta)));
    g_assert_cmpfloat (derived_of (simulator, "peak_day", theta), ==, 0.0);
  }
}

static void
test_peak (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (ids); m++)
    for (guint row = 0; row < 40; row++)
      {
        const UsSimulator *simulator = fixture_simulator (ids[m]);
        double theta[US_MAX_PARAMETERS], peak, top, around[2];

        draw (simulator, row, theta);
        peak = derived_of (simulator, "peak_day", theta);
        top = value_at (simulator, theta, "prevalence", peak);
        /* flat at the top, lower on either side, and of SIR and SIRS the place where s = 1 / R0 */
        around[0] = value_at (simulator, theta, "prevalence", peak - 0.5);
        around[1] = value_at (simulator, theta, "prevalence", peak + 0.5);
        g_assert_cmpfloat (top, >=, around[0] * (1.0 - 1e-6));
        g_assert_cmpfloat (top, >=, around[1] * (1.0 - 1e-6));
        if (m != 1)
          g_assert_cmpfloat_with_epsilon (value_at (simulator, theta, "susceptibles", peak)
                                          * get (simulator, theta, "R0", 0.0)
                                          / get (simulator, theta, "population", 1.0), 1.0, 1e-5);
        for (double t = peak + 1.0; t < peak + 300.0 && m < 2; t += 5.0)
          g_assert_cmpfloat (value_at (simulator, theta, "prevalence", t), <, top);
      }
}

static void
test_endemic (void)
{
  const UsSimulator *simulator = fixture_simulator ("sirs");

  for (guint row = 0; row < 30; row++)
    {
      double theta[US_MAX_PARAMETERS];

      draw (simulator, row, theta);
      set (simulator, theta, "R0", 2.0 + 0.1 * row);
      set (simulator, theta, "immunity", 20.0 + row);
      g_assert_cmpfloat_with_epsilon (value_at (simulator, theta, "prevalence", 3650.0)
                                      / get (simulator, theta, "population", 1.0),
                                      derived_of (simulator, "endemic", theta), 1e-6);
    }
}

/* With all contacts left it is SEIR; with fewer the chain follows it, and the peak comes with the control that ends it. */
static void
test_control (void)
{
  const UsSimulator *plain = fixture_simulator ("seir"), *simulator = fixture_simulator ("seir-control");
  const UsSimulator *chain = fixture_simulator ("seir-control-chain");
  double apart = 0.0;

  for (guint row = 0; row < 30; row++)
    {
      double theta[US_MAX_PARAMETERS], same[US_MAX_PARAMETERS], mean[100] = { 0 }, top = 0.0, worst = 0.0, peak, day;
      float one[100], other[100];
      UsRng rng;

      draw (simulator, row, theta);
      day = get (simulator, theta, "control_day", 0.0);
      for (gsize i = 0; i < plain->n_parameters; i++)
        same[i] = theta[us_simulator_parameter_index (simulator, plain->parameters[i].name)];
      set (simulator, theta, "control", 1.0);
      us_rng_init (&rng, 59, US_RNG_SIMULATOR, row);
      simulator->run (simulator, theta, 1, &rng, one);
      plain->run (plain, same, 1, &rng, other);
      for (gsize k = 0; k < 100; k++)
        g_assert_cmpfloat_with_epsilon (one[k], other[k], 1e-4);

      /* ended by it: nobody is infected any more, and who is exposed falls ill */
      set (simulator, theta, "control", 0.0);
      set (simulator, theta, "population", 1e8);
      set (simulator, theta, "initial", 1e5);
      peak = derived_of (simulator, "peak_day", theta);
      g_assert_cmpfloat (value_at (simulator, theta, "susceptibles", day), ==,
                         value_at (simulator, theta, "susceptibles", 300.0));
      g_assert_cmpfloat (value_at (simulator, theta, "prevalence", peak), >=,
                         value_at (simulator, theta, "prevalence", peak + 0.5));
      g_assert_cmpfloat (value_at (simulator, theta, "prevalence", peak) * (1.0 + 1e-6), >=,
                         value_at (simulator, theta, "prevalence", MAX (peak - 0.1, theta[4])));

      set (simulator, theta, "control", 0.3);
      g_assert_cmpfloat_with_epsilon (derived_of (simulator, "controlled", theta), 0.3 * theta[0], 1e-12);
      simulator->run (simulator, theta, 0, &rng, one);
      for (guint run = 0; run < 4; run++)
        {
          us_rng_init (&rng, 60, US_RNG_SIMULATOR, run);
          chain->run (chain, theta, 0, &rng, other);
          for (gsize k = 0; k < 100; k++)
            mean[k] += 0.25 * (double) other[k];
        }
      for (gsize k = 0; k < 100; k++)
        {
          top = MAX (top, (double) one[k]);
          worst = MAX (worst, fabs (mean[k] - (double) one[k]));
        }
      apart = MAX (apart, worst / top);
    }
  g_test_message ("the chain within %.2g %% of the highest day", 100.0 * apart);
  g_assert_cmpfloat (apart, <, 0.015);
}

/* --- outputs, of both kinds ----------------------------------------------- */

/* People are neither made nor lost; a day's cases are what the sum gained; own times give the bytes of run. */
static void
test_outputs (void)
{
  const char *const all[] = { "sir", "seir", "sirs", "sir-chain", "seir-chain", "sirs-chain",
                              "seir-control-chain" };

  for (guint m = 0; m < G_N_ELEMENTS (all); m++)
    for (guint row = 0; row < 30; row++)
      {
        const UsSimulator *simulator = fixture_simulator (all[m]);
        const gboolean chain = m > 2;
        const double half[] = { -30.0, 0.5, 1.0, 1.5, 3.25, 20.0, 20.25, 21.25, 400.0 };
        double theta[US_MAX_PARAMETERS], times[100], sum = 0.0, people;
        float incidence[100], again[100], cumulative[100], prevalence[100], susceptibles[100], at[9];
        UsRng one, other;

        draw (simulator, row, theta);
        set (simulator, theta, "initial", 4.0);
        people = get (simulator, theta, "population", 0.0);
        for (gsize k = 0; k < 100; k++)
          times[k] = k;
        us_rng_init (&one, 52, US_RNG_SIMULATOR, 0);
        g_assert_cmpint (simulator->run (simulator, theta, 0, &one, incidence), ==, US_SIM_OK);
        run_at (simulator, theta, "incidence", 100, times, again);
        g_assert_cmpmem (incidence, sizeof incidence, again, sizeof again);
        run_at (simulator, theta, "cumulative", 100, times, cumulative);
        us_rng_init (&other, 52, US_RNG_SIMULATOR, 0);
        simulator->run (simulator, theta, output_of (simulator, "prevalence"), &other, prevalence);
        /* the same draws, whatever is asked for */
        g_assert_cmpuint (us_rng_u32 (&one), ==, us_rng_u32 (&other));
        run_at (simulator, theta, "susceptibles", 100, times, susceptibles);
        sum = value_at (simulator, theta, "cumulative", -1.0);
        for (gsize k = 0; k < 100; k++)
          {
            sum += incidence[k];
            g_assert_cmpfloat_with_epsilon (sum, cumulative[k], 1e-5 * people);
            g_assert_cmpfloat (prevalence[k] + susceptibles[k], <=, people * (1.0 + 1e-6));
            g_assert_true (!chain || (incidence[k] == floorf (incidence[k]) && prevalence[k] == floorf (prevalence[k])));
            if ((m == 0 || m == 3) && k >= get (simulator, theta, "introduction", 0.0))
              g_assert_cmpfloat_with_epsilon (cumulative[k] + susceptibles[k] + 4.0, people, 1e-6 * people);
            if (k < get (simulator, theta, "introduction", 0.0))
              g_assert_true (incidence[k] == 0.0f && prevalence[k] == 0.0f && susceptibles[k] == people);
          }
        run_at (simulator, theta, "incidence", 9, half, at);
        for (gsize k = 0; k < 9; k++)
          {
            const double pair[] = { half[k] - 1.0, half[k] };
            float ends[2];

            run_at (simulator, theta, "cumulative", 2, pair, ends);
            g_assert_cmpfloat_with_epsilon (at[k], (double) ends[1] - ends[0], 1e-6 * people);
          }
        g_assert_cmpint (simulator->run_at (simulator, theta, 0, 1, (double[]) { 3651.0 }, &one, at), ==, US_SIM_FAILED);
        g_assert_cmpint (simulator->run_at (simulator, theta, 0, 1, (double[]) { -366.0 }, &one, at), ==, US_SIM_FAILED);
      }
}

static void
test_constraint (void)
{
  const UsSimulator *simulator = fixture_simulator ("seir-chain");
  double theta[US_MAX_PARAMETERS];
  g_autoptr(GError) error = NULL;

  about (simulator, 2.0, 4.0, 101.0, 100.0, theta);
  g_assert_false (us_simulator_check (simulator, theta, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
}

/* --- as measured ---------------------------------------------------------- */

static void
test_measured (void)
{
  const char *const measured[] = { "sir+reporting+delay+weekday+negative-binomial", "seir-chain+reporting+poisson",
                                   "sirs:prevalence@0,1,2,5,9+negative-binomial" };

  for (guint m = 0; m < G_N_ELEMENTS (measured); m++)
    {
      const UsSimulator *simulator = fixture_simulator (measured[m]);
      g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
      const guint truth = us_noise_true_output (simulator);
      const gsize n = us_output_n_values (&simulator->outputs[0]);
      g_autofree float *x = g_new (float, n);
      g_autofree float *without = g_new (float, n);
      g_autofree double *observed = g_new (double, n);
      g_autofree double *mean = g_new (double, n);

      for (guint row = 0; row < 200; row++)
        {
          double theta[US_MAX_PARAMETERS], again[US_MAX_PARAMETERS];
          g_autoptr(GError) error = NULL;

          g_assert_true (us_simulate_rows (prior, 0, 56, row, 1, theta, x, &error));
          g_assert_true (us_simulate_rows (prior, truth, 56, row, 1, again, without, &error));
          g_assert_no_error (error);
          g_assert_cmpmem (theta, sizeof *theta * simulator->n_parameters, again, sizeof *theta * simulator->n_parameters);
          for (gsize k = 0; k < n; k++)
            {
              observed[k] = x[k];
              mean[k] = without[k];
              g_assert_true (x[k] >= 0.0f && x[k] == floorf (x[k]));
            }
          /* what was drawn is possible */
          g_assert_true (isfinite (us_noise_log_likelihood (simulator, theta, n, observed, mean)));
        }
    }
}

/* Fewer on the days that are Saturday and Sunday; the sum over a week stays. */
static void
test_weekday (void)
{
  const UsSimulator *simulator = fixture_simulator ("sir+weekday+poisson");
  double theta[US_MAX_PARAMETERS], mean[100], expected[100], week = 0.0;

  about (simulator, 3.0, 4.0, 1.0, 763.0, theta);
  set (simulator, theta, "weekday", 0.6);
  set (simulator, theta, "first_day", 3.0);
  for (gsize k = 0; k < 100; k++)
    mean[k] = 50.0;
  us_noise_expected (simulator, theta, 100, mean, expected);
  for (gsize k = 0; k < 7; k++)
    week += expected[k];
  g_assert_cmpfloat_with_epsilon (week, 350.0, 1e-9);
  /* day 0 is a Thursday */
  for (gsize k = 0; k < 100; k++)
    g_assert_cmpfloat_with_epsilon (expected[k], k % 7 == 2 || k % 7 == 3 ? 20.0 : 62.0, 1e-9);
}

typedef struct
{
  const UsSimulator *simulator;
  const UsPrior     *prior;
  gsize              n;
  double            *observed;
} Fit;

/* Minus the log likelihood over the free parameters' latents. */
static double
cost (const gsl_vector *at,
      void             *data)
{
  const Fit *fit = data;
  double z[US_MAX_PARAMETERS] = { 0 }, theta[US_MAX_PARAMETERS], mean[128], outside = 0.0, sum;
  float x[128];
  UsRng rng;

  for (gsize i = 0; i < at->size; i++)
    {
      z[i] = CLAMP (gsl_vector_get (at, i), -1.0, 1.0);
      outside += fabs (z[i] - gsl_vector_get (at, i));
    }
  us_prior_from_latent (fit->prior, z, theta);
  us_rng_init (&rng, 57, US_RNG_SIMULATOR, 0);
  g_assert_cmpint (fit->simulator->run (fit->simulator, theta, us_noise_true_output (fit->simulator), &rng, x), ==,
                   US_SIM_OK);
  for (gsize k = 0; k < fit->n; k++)
    mean[k] = MAX ((double) x[k], 1e-6);
  sum = us_noise_log_likelihood (fit->simulator, theta, fit->n, fit->observed, mean);
  g_assert_false (isnan (sum));
  return 100.0 * outside - sum;
}

/* The best theta of several starts; returns the log likelihood. */
static double
fit_best (const Fit *fit,
          double    *theta)
{
  const gsize p = fit->simulator->n_parameters;
  gsl_multimin_function function = { cost, p, (void *) fit };
  double best = INFINITY;

  for (guint start = 0; start < 6; start++)
    {
      gsl_multimin_fminimizer *minimizer = gsl_multimin_fminimizer_alloc (gsl_multimin_fminimizer_nmsimplex2, p);
      gsl_vector *at = gsl_vector_alloc (p), *step = gsl_vector_alloc (p);
      UsRng rng;

      us_rng_init (&rng, 58, US_RNG_TEST, start);
      for (gsize i = 0; i < p; i++)
        gsl_vector_set (at, i, us_rng_range (&rng, -0.6, 0.6));
      gsl_vector_set_all (step, 0.2);
      gsl_multimin_fminimizer_set (minimizer, &function, at, step);
      for (guint k = 0; k < 1500 && gsl_multimin_fminimizer_size (minimizer) > 1e-5; k++)
        gsl_multimin_fminimizer_iterate (minimizer);
      if (minimizer->fval < best)
        {
          double z[US_MAX_PARAMETERS] = { 0 };

          best = minimizer->fval;
          for (gsize i = 0; i < p; i++)
            z[i] = CLAMP (gsl_vector_get (minimizer->x, i), -1.0, 1.0);
          us_prior_from_latent (fit->prior, z, theta);
        }
      gsl_vector_free (at);
      gsl_vector_free (step);
      gsl_multimin_fminimizer_free (minimizer);
    }
  return -best;
}

/* Column `name` of a series of the shared data; NULL: not there. */
static double *
shared_series (const char *file,
               const char *name,
               gsize      *n)
{
  g_autofree char *path = g_build_filename (US_TEST_SHARED_DATA, "series", file, NULL);
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;
  g_auto(GStrv) header = NULL;
  double *values;
  guint column = 0;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return NULL;
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  header = g_strsplit (lines[0], ",", -1);
  while (!g_str_equal (header[column], name))
    column++;
  *n = g_strv_length (lines) - 1;
  values = g_new (double, *n);
  for (gsize k = 0; k < *n; k++)
    {
      g_auto(GStrv) fields = g_strsplit (lines[k + 1], ",", -1);

      values[k] = *fields[column] != '\0' ? g_ascii_strtod (fields[column], NULL) : NAN;
    }
  return values;
}

/* "ID@0,1,…,n-1+STAGES" and its prior with the population that is known. */
static Fit
fit_new (const char *id,
         const char *stages,
         double      population,
         gsize       n,
         double     *observed)
{
  g_autoptr(GString) name = g_string_new (id);
  UsDistribution priors[US_MAX_PARAMETERS];
  g_autoptr(GError) error = NULL;
  Fit fit = { .n = n, .observed = observed };

  for (gsize k = 0; k < n; k++)
    g_string_append_printf (name, "%c%zu", k == 0 ? '@' : ',', k);
  g_string_append_printf (name, "+%s", stages);
  fit.simulator = fixture_simulator (name->str);
  for (gsize i = 0; i < fit.simulator->n_parameters; i++)
    priors[i] = fit.simulator->parameters[i].prior;
  priors[us_simulator_parameter_index (fit.simulator, "population")] =
    (UsDistribution) { US_DISTRIBUTION_FIXED, population, 0.0, 0.0 };
  fit.prior = us_prior_new (fit.simulator, priors, &error);
  g_assert_no_error (error);
  return fit;
}

/* In bed: how many are infectious.  The textbook has R0 about 3.6 and two to three days. */
static void
test_boarding_school (void)
{
  gsize n;
  g_autofree double *in_bed = shared_series ("influenza_school_1978.csv", "in_bed", &n);
  double theta[US_MAX_PARAMETERS], best;
  Fit fit;

  if (in_bed == NULL)
    {
      g_test_skip ("no shared data");
      return;
    }
  fit = fit_new ("sir:prevalence", "negative-binomial", 763.0, n, in_bed);
  best = fit_best (&fit, theta);
  g_test_message ("influenza: R0 %.2f, infectious %.2f d, first %.2f on day %.2f, dispersion %.1f, log likelihood %.2f",
                  theta[0], theta[1], theta[2], theta[3], theta[5], best);
  g_assert_cmpfloat (theta[0], >, 3.0);
  g_assert_cmpfloat (theta[0], <, 4.3);
  g_assert_cmpfloat (theta[1], >, 1.7);
  g_assert_cmpfloat (theta[1], <, 3.0);
  us_prior_unref ((UsPrior *) fit.prior);
}

/* By onset of the prodrome, 188 children of whom nearly all fell ill. */
static void
test_hagelloch (void)
{
  gsize n;
  g_autofree double *onset = shared_series ("measles_hagelloch_1861.csv", "new_prodrome", &n);
  double theta[US_MAX_PARAMETERS], best;
  Fit fit;

  if (onset == NULL)
    {
      g_test_skip ("no shared data");
      return;
    }
  fit = fit_new ("seir", "negative-binomial", 190.0, n, onset);
  best = fit_best (&fit, theta);
  g_test_message ("measles: R0 %.2f, latent %.2f d, infectious %.2f d, first %.2f on day %.2f, dispersion %.1f, "
                  "log likelihood %.2f", theta[0], theta[1], theta[2], theta[3], theta[4], theta[6], best);
  /* inside the prior, not at its ends, and nearly everyone */
  g_assert_cmpfloat (theta[0], >, 2.0);
  g_assert_cmpfloat (theta[0], <, 19.0);
  g_assert_cmpfloat (derived_of (fit.simulator, "attack_rate", theta), >, 0.9);
  us_prior_unref ((UsPrior *) fit.prior);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/epidemics/gsl", test_gsl);
  g_test_add_func ("/epidemics/final-size", test_final_size);
  g_test_add_func ("/epidemics/growth", test_growth);
  g_test_add_func ("/epidemics/peak", test_peak);
  g_test_add_func ("/epidemics/endemic", test_endemic);
  g_test_add_func ("/epidemics/control", test_control);
  g_test_add_func ("/epidemics/outputs", test_outputs);
  g_test_add_func ("/epidemics/constraint", test_constraint);
  g_test_add_func ("/epidemics/measured", test_measured);
  g_test_add_func ("/epidemics/weekday", test_weekday);
  g_test_add_func ("/epidemics/boarding-school", test_boarding_school);
  g_test_add_func ("/epidemics/hagelloch", test_hagelloch);

  return g_test_run ();
}

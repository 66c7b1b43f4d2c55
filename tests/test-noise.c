/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The noise stage: ids, what is expected, densities against sums, integrals and histograms. */
#include "config.h"

#include "chi-square.h"
#include "simulator-fixture.h"
#include "us-error.h"
#include "us-noise.h"
#include "us-prior.h"
#include "us-timed.h"

#include <gsl/gsl_integration.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

#define BASE "growth-logistic"

static gsize
parameter (const UsSimulator *simulator,
           const char        *name)
{
  const gssize index = us_simulator_parameter_index (simulator, name);

  g_assert_cmpint (index, >=, 0);
  return (gsize) index;
}

/* theta at the middle of the default prior. */
static void
middle (const UsSimulator *simulator,
        double            *theta)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  const double z[US_MAX_PARAMETERS] = { 0 };

  us_prior_from_latent (prior, z, theta);
}

static double
negative_binomial_mass (guint k, double mean, double size)
{
  return gsl_ran_negative_binomial_pdf (k, size / (size + mean), size);
}

/* --- ids ------------------------------------------------------------------ */

static gpointer
find_one (gpointer id)
{
  return (gpointer) us_registry_find (id, NULL);
}

static void
test_ids (void)
{
  const char *const good[] = { BASE "+normal", BASE "+reporting+negative-binomial", BASE "+delay+reporting+poisson",
                               BASE "+multiplicative+normal", BASE "@0,1,2.5,1000+multiplicative", BASE ":rate+normal",
                               BASE "+reporting", "rlc+normal" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr(GError) error = NULL;
      const UsSimulator *simulator = us_registry_find (good[i], &error);
      GThread *threads[4];

      g_assert_no_error (error);
      g_assert_cmpstr (simulator->id, ==, good[i]);
      g_assert_nonnull (us_noise_base (simulator));
      for (guint k = 0; k < 4; k++)
        threads[k] = g_thread_new ("find", find_one, (gpointer) good[i]);
      for (guint k = 0; k < 4; k++)
        g_assert_true (g_thread_join (threads[k]) == simulator);
      g_assert_true (us_registry_find (us_noise_base (simulator)->id, NULL) == us_noise_base (simulator));
      g_assert_cmpuint (us_noise_has_density (simulator), ==, !g_str_has_suffix (good[i], "+reporting"));
    }
  g_assert_null (us_noise_base (fixture_simulator (BASE)));
  g_assert_cmpuint (us_noise_base_length ("a@1e+3,2+normal"), ==, 8);
  g_assert_cmpuint (us_noise_base_length ("a@1e+3"), ==, 6);
}

static void
test_refused (void)
{
  const struct { const char *id; int code; const char *word; } bad[] = {
    { BASE "+", US_FORMAT_ERROR_SYNTAX, "multiplicative" },
    { BASE "+gauss", US_FORMAT_ERROR_SYNTAX, "gauss" },
    { BASE "+Normal", US_FORMAT_ERROR_SYNTAX, "Normal" },
    { BASE "+normal+", US_FORMAT_ERROR_SYNTAX, "known" },
    { BASE "++normal", US_FORMAT_ERROR_SYNTAX, "known" },
    { BASE "+ normal", US_FORMAT_ERROR_SYNTAX, "known" },
    { BASE "+normal@0,1", US_FORMAT_ERROR_SYNTAX, "known" },
    { BASE "+normal+normal", US_FORMAT_ERROR_VALUE, "twice" },
    { BASE "+poisson+normal", US_FORMAT_ERROR_VALUE, "normal" },
    { BASE "+normal+negative-binomial", US_FORMAT_ERROR_VALUE, "normal" },
    { BASE "+poisson+reporting", US_FORMAT_ERROR_VALUE, "reporting" },
    { BASE "+multiplicative+delay", US_FORMAT_ERROR_VALUE, "delay" },
    { BASE "+weekday+poisson", US_FORMAT_ERROR_UNSUPPORTED, "days" },
    { BASE ":rate+poisson", US_FORMAT_ERROR_UNSUPPORTED, "zero" },
    { "rlc+reporting", US_FORMAT_ERROR_UNSUPPORTED, "zero" },
    { "box+normal", US_FORMAT_ERROR_UNSUPPORTED, "picture" },
    { "nobody+normal", US_FORMAT_ERROR_MISSING, "nobody" },
    { "+normal", US_FORMAT_ERROR_MISSING, "There is no" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (us_registry_find (bad[i].id, &error));
      g_assert_error (error, US_FORMAT_ERROR, bad[i].code);
      if (strstr (error->message, bad[i].word) == NULL)
        g_error ("%s: %s", bad[i].id, error->message);
    }

  {
    g_autoptr(GError) error = NULL;

    g_assert_null (us_noise_new (fixture_simulator (BASE "+normal"), "poisson", &error));
    g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED);
  }
}

/* What is added: parameters with priors inside bounds, a measured output and the same without noise. */
static void
test_table (void)
{
  const UsSimulator *simulator = fixture_simulator (BASE "+reporting+delay+multiplicative+negative-binomial");
  const UsSimulator *base = us_noise_base (simulator), *bode = fixture_simulator ("rlc+normal");
  const char *const added[] = { "reporting", "delay", "sigma_log", "dispersion" };
  const guint last = us_noise_true_output (simulator);
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);

  g_assert_cmpuint (simulator->n_parameters, ==, base->n_parameters + 4);
  for (gsize i = 0; i < simulator->n_parameters; i++)
    {
      const UsParameter *own = &simulator->parameters[i];
      g_autoptr(GError) error = NULL;

      if (i >= base->n_parameters)
        g_assert_cmpstr (own->name, ==, added[i - base->n_parameters]);
      else
        g_assert_cmpmem (own, sizeof *own, &base->parameters[i], sizeof *own);
      g_assert_true (us_distribution_check (&own->prior, own, &error));
      g_assert_true (*own->label != '\0' && *own->source != '\0' && own->unit != NULL && *own->symbol != '\0');
    }
  g_assert_cmpstr (simulator->parameters[base->n_parameters + 1].unit, ==, "h");
  g_assert_cmpuint (simulator->n_outputs, ==, base->n_outputs + 1);
  g_assert_cmpstr (simulator->outputs[0].id, ==, "size");
  g_assert_true (simulator->outputs[0].counts && simulator->outputs[0].noisy);
  g_assert_cmpstr (simulator->outputs[last].id, ==, "true_size");
  g_assert_false (simulator->outputs[last].counts || simulator->outputs[last].noisy);
  g_assert_cmpuint (simulator->n_derived, ==, base->n_derived);

  for (guint row = 0; row < 50; row++)
    {
      double theta[US_MAX_PARAMETERS];
      UsRng rng;

      us_rng_init (&rng, 24, US_RNG_PRIOR, row);
      g_assert_true (us_prior_sample (prior, &rng, theta));
      g_assert_true (us_simulator_check (simulator, theta, NULL));
      for (gsize d = 0; d < base->n_derived; d++)
        g_assert_cmpfloat (simulator->derived[d].value (simulator, theta), ==, base->derived[d].value (base, theta));
    }

  /* One for each channel, in its unit; draws, density and symmetry of the base. */
  g_assert_cmpstr (bode->parameters[3].name, ==, "sigma_gain");
  g_assert_cmpstr (bode->parameters[3].unit, ==, "dB");
  g_assert_cmpstr (bode->parameters[4].name, ==, "sigma_phase");
  g_assert_cmpfloat_with_epsilon (bode->parameters[3].prior.b, 11.0, 1e-12);
  for (guint row = 0; row < 50; row++)
    {
      g_autoptr(UsPrior) both = us_prior_new_default (bode);
      double theta[US_MAX_PARAMETERS], member[US_MAX_PARAMETERS], expected;
      UsRng rng;

      us_rng_init (&rng, 25, US_RNG_PRIOR, row);
      g_assert_true (us_prior_sample (both, &rng, theta));
      g_assert_true (us_simulator_check (bode, theta, NULL));
      expected = us_noise_base (bode)->log_density (us_noise_base (bode), theta);
      for (gsize i = 3; i < 5; i++)
        expected -= log (theta[i] * log (50.0));
      g_assert_cmpfloat_with_epsilon (us_prior_log_density (both, theta), expected, 1e-9);
      bode->random_equivalent (bode, theta, &rng, member);
      g_assert_cmpmem (member + 3, 2 * sizeof *member, theta + 3, 2 * sizeof *member);
      g_assert_cmpfloat_with_epsilon (bode->derived[1].value (bode, member), bode->derived[1].value (bode, theta),
                                      1e-9 * bode->derived[1].value (bode, theta));
      bode->closest_equivalent (bode, theta, member, member);
      g_assert_cmpmem (member + 3, 2 * sizeof *member, theta + 3, 2 * sizeof *member);
    }
}

/* A base with parameters of the same names keeps them; one with too many is refused. */
static void
test_names (void)
{
  static UsParameter parameters[US_MAX_PARAMETERS];
  static UsSimulator clash, full;
  const UsSimulator *base = fixture_simulator (BASE), *simulator;
  g_autoptr(GError) error = NULL;

  for (gsize i = 0; i < US_MAX_PARAMETERS; i++)
    parameters[i] = base->parameters[i % base->n_parameters];
  parameters[1].name = "sigma";
  clash = *base;
  clash.id = "clash";
  clash.parameters = parameters;
  simulator = us_noise_new (&clash, "reporting+normal", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (simulator->parameters[1].name, ==, "sigma");
  g_assert_cmpstr (simulator->parameters[base->n_parameters].name, ==, "reporting");
  g_assert_cmpstr (simulator->parameters[base->n_parameters + 1].name, ==, "noise_sigma");

  full = clash;
  full.id = "full";
  full.n_parameters = US_MAX_PARAMETERS - 1;
  g_assert_null (us_noise_new (&full, "normal", &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED);
}

/* --- what is expected ----------------------------------------------------- */

#define DAYS 60

static const UsSimulator *
daily (const char *stages)
{
  double times[DAYS];
  const UsSimulator *timed;
  g_autoptr(GError) error = NULL;
  const UsSimulator *simulator;

  for (guint t = 0; t < DAYS; t++)
    times[t] = t;
  timed = us_timed_new (fixture_simulator (BASE), 0, times, DAYS, &error);
  g_assert_no_error (error);
  simulator = us_noise_new (timed, stages, &error);
  g_assert_no_error (error);
  return simulator;
}

/* By definition: Σ (1 - q) q^k m (t - k), of a series that begins with zeros, and of one that has always
 * grown. */
static void
test_delay (void)
{
  const UsSimulator *simulator = daily ("reporting+delay+poisson");
  double theta[US_MAX_PARAMETERS], mean[DAYS], expected[DAYS], total = 0.0, whole = 0.0, late = 0.0, early = 0.0;
  const double q = 3.5 / 4.5;

  middle (simulator, theta);
  theta[parameter (simulator, "reporting")] = 0.4;
  theta[parameter (simulator, "delay")] = 3.5;
  for (guint t = 0; t < DAYS; t++)
    mean[t] = t < 4 || t > 20 ? 0.0 : 10.0 + 5.0 * sin (t * t);
  us_noise_expected (simulator, theta, DAYS, mean, expected);
  for (guint t = 0; t < DAYS; t++)
    {
      double sum = 0.0;

      for (guint k = 0; k <= t; k++)
        sum += 0.4 * (1.0 - q) * pow (q, k) * mean[t - k];
      g_assert_cmpfloat_with_epsilon (expected[t], sum, 1e-9);
      total += expected[t] / 0.4 - mean[t];
      late += t * expected[t] / 0.4;
      early += t * mean[t];
      whole += mean[t];
    }
  /* All of it comes, 3.5 days later, but for what comes after the last day. */
  g_assert_cmpfloat_with_epsilon (total, 0.0, 0.05);
  g_assert_cmpfloat_with_epsilon ((late - early) / whole, 3.5, 0.03);

  for (guint t = 0; t < DAYS; t++)
    mean[t] = exp (0.2 * t);
  us_noise_expected (simulator, theta, DAYS, mean, expected);
  for (guint t = 0; t < DAYS; t++)
    g_assert_cmpfloat_with_epsilon (expected[t] / mean[t], 0.4 * (1.0 - q) / (1.0 - q * exp (-0.2)), 1e-9);

  /* Nothing is late. */
  theta[parameter (simulator, "delay")] = 0.0;
  us_noise_expected (simulator, theta, DAYS, mean, expected);
  for (guint t = 0; t < DAYS; t++)
    g_assert_cmpfloat_with_epsilon (expected[t] / mean[t], 0.4, 1e-12);
}

/* A gap of the points: as if the days between lay on a line. */
static void
test_delay_gap (void)
{
  const double times[] = { 0, 1, 2, 9, 10 };
  const double of_day[] = { 5, 8, 20, 22, 24, 26, 28, 30, 32, 34, 11 };
  const double seen[] = { 5, 8, 20, 34, 11 };
  const UsSimulator *timed = us_timed_new (fixture_simulator (BASE), 0, times, 5, NULL);
  const UsSimulator *gap = us_noise_new (timed, "delay+poisson", NULL);
  double theta[US_MAX_PARAMETERS], expected[5], all[DAYS], padded[DAYS] = { 0 };
  const UsSimulator *whole = daily ("delay+poisson");

  middle (gap, theta);
  memcpy (padded, of_day, sizeof of_day);
  us_noise_expected (gap, theta, 5, seen, expected);
  us_noise_expected (whole, theta, DAYS, padded, all);
  for (guint t = 0; t < 5; t++)
    g_assert_cmpfloat_with_epsilon (expected[t], all[(gsize) times[t]], 1e-9);
}

/* --- densities ------------------------------------------------------------ */

typedef struct
{
  const UsSimulator *simulator;
  const double      *theta;
  double             mean;
} At;

/* One point of the series was observed. */
static double
density (double   y,
         gpointer data)
{
  const At *at = data;
  double observed[DAYS], mean[DAYS];

  for (guint t = 0; t < DAYS; t++)
    observed[t] = NAN, mean[t] = at->mean;
  observed[7] = y;
  return exp (us_noise_log_likelihood (at->simulator, at->theta, DAYS, observed, mean));
}

static double
integral (double (*f) (double, gpointer),
          gpointer data,
          double   low,
          double   high)
{
  gsl_integration_workspace *workspace = gsl_integration_workspace_alloc (1000);
  gsl_function function = { f, data };
  double result, error;

  gsl_integration_qag (&function, low, high, 0.0, 1e-9, 1000, GSL_INTEG_GAUSS31, workspace, &result, &error);
  gsl_integration_workspace_free (workspace);
  return result;
}

static double
first_moment (double y, gpointer data)
{
  return y * density (y, data);
}

static double
second_moment (double y, gpointer data)
{
  return y * y * density (y, data);
}

static void
check_continuous (const char *stages,
                  double      mean,
                  double      low,
                  double      high,
                  double      moment,
                  double      variance)
{
  double theta[US_MAX_PARAMETERS], m, v;
  At at = { daily (stages), theta, mean };

  middle (at.simulator, theta);
  if (us_simulator_parameter_index (at.simulator, "sigma") >= 0)
    theta[parameter (at.simulator, "sigma")] = 3.0;
  if (us_simulator_parameter_index (at.simulator, "sigma_log") >= 0)
    theta[parameter (at.simulator, "sigma_log")] = 0.3;
  g_assert_cmpfloat_with_epsilon (integral (density, &at, low, high), 1.0, 1e-7);
  m = integral (first_moment, &at, low, high);
  v = integral (second_moment, &at, low, high) - m * m;
  g_test_message ("%s: mean %g, variance %g", stages, m, v);
  g_assert_cmpfloat_with_epsilon (m / moment, 1.0, 1e-6);
  g_assert_cmpfloat_with_epsilon (v / variance, 1.0, 1e-5);
}

static void
check_discrete (const char *stages,
                double      mean,
                double      size,
                double      spread,
                double      moment,
                double      variance)
{
  double theta[US_MAX_PARAMETERS], sum = 0.0, m = 0.0, v = 0.0;
  At at = { daily (stages), theta, mean };

  middle (at.simulator, theta);
  if (us_simulator_parameter_index (at.simulator, "dispersion") >= 0)
    theta[parameter (at.simulator, "dispersion")] = size;
  if (us_simulator_parameter_index (at.simulator, "sigma_log") >= 0)
    theta[parameter (at.simulator, "sigma_log")] = spread;
  for (guint y = 0; y < 1500; y++)
    {
      const double p = density (y, &at);

      sum += p, m += y * p, v += (double) y * y * p;
    }
  v -= m * m;
  g_test_message ("%s: sum - 1 %g, mean %g, variance %g", stages, sum - 1.0, m, v);
  g_assert_cmpfloat_with_epsilon (sum, 1.0, 1e-7);
  g_assert_cmpfloat_with_epsilon (m / moment, 1.0, 1e-5);
  g_assert_cmpfloat_with_epsilon (v / variance, 1.0, 1e-4);
  g_assert_cmpfloat (density (2.5, &at), ==, 0.0);
  g_assert_cmpfloat (density (-1.0, &at), ==, 0.0);
}

static void
test_normalised (void)
{
  const double s2 = 0.09, log_mean = exp (s2 / 2.0), log_square = exp (2.0 * s2);
  const double t2 = 0.04, mixed = 20.0 * exp (t2 / 2.0), mixed_square = 400.0 * exp (2.0 * t2);

  check_continuous ("normal", 12.0, -20.0, 44.0, 12.0, 9.0);
  check_continuous ("multiplicative", 12.0, 1e-9, 120.0, 12.0 * log_mean, 144.0 * (log_square - log_mean * log_mean));
  check_continuous ("multiplicative+normal", 12.0, -20.0, 120.0, 12.0 * log_mean,
                    144.0 * (log_square - log_mean * log_mean) + 9.0);
  check_discrete ("poisson", 7.3, 0, 0, 7.3, 7.3);
  check_discrete ("negative-binomial", 20.0, 4.0, 0, 20.0, 20.0 + 400.0 / 4.0);
  check_discrete ("multiplicative+poisson", 20.0, 0, 0.2, mixed, mixed + mixed_square - mixed * mixed);
  check_discrete ("multiplicative+negative-binomial", 20.0, 9.0, 0.2, mixed,
                  mixed + mixed_square * (1.0 + 1.0 / 9.0) - mixed * mixed);
}

typedef struct { double y, m, s, t; } Product;

static double
normal_product (double e, gpointer data)
{
  const Product *p = data;

  return gsl_ran_ugaussian_pdf (e) * gsl_ran_gaussian_pdf (p->y - p->m * exp (p->s * e), p->t);
}

static double
poisson_product (double e, gpointer data)
{
  const Product *p = data;

  return gsl_ran_ugaussian_pdf (e) * gsl_ran_poisson_pdf ((guint) p->y, p->m * exp (p->s * e));
}

/* Single values: GSL's densities; of two stages an adaptive integral, also where it is a needle or a tail. */
static void
test_values (void)
{
  double theta[US_MAX_PARAMETERS];
  At at = { daily ("normal"), theta, 12.0 };
  const Product cases[] = { { 12, 12, 0.3, 3 }, { 40, 12, 0.3, 0.5 }, { 3, 12, 0.05, 3 }, { 150, 100, 0.4, 0.8 },
                            { 0, 4, 0.5, 1 }, { 1, 0.02, 0.5, 0.1 } };

  middle (at.simulator, theta);
  theta[parameter (at.simulator, "sigma")] = 2.0;
  g_assert_cmpfloat_with_epsilon (density (14.5, &at), gsl_ran_gaussian_pdf (2.5, 2.0), 1e-14);

  at.simulator = daily ("multiplicative");
  middle (at.simulator, theta);
  theta[parameter (at.simulator, "sigma_log")] = 0.25;
  g_assert_cmpfloat_with_epsilon (density (14.5, &at), gsl_ran_lognormal_pdf (14.5, log (12.0), 0.25), 1e-14);
  g_assert_cmpfloat (density (-3.0, &at), ==, 0.0);

  at.simulator = daily ("reporting+negative-binomial");
  middle (at.simulator, theta);
  theta[parameter (at.simulator, "reporting")] = 0.3;
  theta[parameter (at.simulator, "dispersion")] = 6.0;
  g_assert_cmpfloat_with_epsilon (density (9.0, &at), negative_binomial_mass (9, 3.6, 6.0), 1e-13);
  theta[parameter (at.simulator, "dispersion")] = 1e6;
  g_assert_cmpfloat_with_epsilon (density (9.0, &at) / gsl_ran_poisson_pdf (9, 3.6), 1.0, 2e-5);
  at.mean = 0.0;
  g_assert_cmpfloat (density (0.0, &at), ==, 1.0);
  g_assert_cmpfloat (density (1.0, &at), ==, 0.0);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Product c = cases[i];

      at = (At) { daily ("multiplicative+normal"), theta, c.m };
      middle (at.simulator, theta);
      theta[parameter (at.simulator, "sigma_log")] = c.s;
      theta[parameter (at.simulator, "sigma")] = c.t;
      g_assert_cmpfloat_with_epsilon (density (c.y, &at) / integral (normal_product, &c, -9.0, 9.0), 1.0, 1e-6);
      at.simulator = daily ("multiplicative+poisson");
      middle (at.simulator, theta);
      theta[parameter (at.simulator, "sigma_log")] = c.s;
      g_assert_cmpfloat_with_epsilon (density (c.y, &at) / integral (poisson_product, &c, -9.0, 9.0), 1.0, 1e-6);
    }
}

/* The sum of the points' own; NaN does not count; nothing random has no density. */
static void
test_likelihood (void)
{
  const UsSimulator *simulator = daily ("reporting+delay+negative-binomial"), *plain = daily ("reporting+delay");
  double theta[US_MAX_PARAMETERS], mean[DAYS], expected[DAYS], observed[DAYS], sum = 0.0;

  middle (simulator, theta);
  for (guint t = 0; t < DAYS; t++)
    {
      mean[t] = 30.0 + 25.0 * sin (0.1 * t);
      observed[t] = t % 3 == 1 ? NAN : (double) (t * 7 % 40);
    }
  us_noise_expected (simulator, theta, DAYS, mean, expected);
  for (guint t = 0; t < DAYS; t++)
    if (t % 3 != 1)
      sum += log (negative_binomial_mass (t * 7 % 40, expected[t], theta[parameter (simulator, "dispersion")]));
  g_assert_cmpfloat_with_epsilon (us_noise_log_likelihood (simulator, theta, DAYS, observed, mean), sum, 1e-8);
  observed[0] = 0.5;
  g_assert_true (us_noise_log_likelihood (simulator, theta, DAYS, observed, mean) == -INFINITY);
  g_assert_true (isnan (us_noise_log_likelihood (plain, theta, DAYS, observed, mean)));
}

/* --- what is drawn -------------------------------------------------------- */

/* Values drawn by `run`, against the likelihood: each one's probability that it is not exceeded is even, or for counts
 * Pearson's statistic of the values at one point. */
static void
check_histogram (const char *stages)
{
  const UsSimulator *simulator = daily (stages);
  const guint n = 20000, point = 9, truth = us_noise_true_output (simulator);
  const gsize cells = 400;
  g_autofree double *share = g_new0 (double, cells);
  g_autofree guint *count = g_new0 (guint, cells);
  double theta[US_MAX_PARAMETERS], mean[DAYS], observed[DAYS], p, low = 0.0, width = 1.0;
  float x[DAYS];
  UsRng rng;

  middle (simulator, theta);
  theta[0] = 15.0, theta[1] = 0.15, theta[2] = 150.0;
  us_rng_init (&rng, 30, US_RNG_SIMULATOR, 0);
  g_assert_cmpint (simulator->run (simulator, theta, truth, &rng, x), ==, US_SIM_OK);
  for (guint t = 0; t < DAYS; t++)
    mean[t] = x[t], observed[t] = NAN;
  if (!simulator->outputs[0].counts)
    {
      low = -20.0;
      width = 0.5;
    }
  for (guint i = 0; i < n; i++)
    {
      us_rng_init (&rng, 31, US_RNG_SIMULATOR, i);
      g_assert_cmpint (simulator->run (simulator, theta, 0, &rng, x), ==, US_SIM_OK);
      if (x[point] >= low && x[point] < low + width * cells)
        count[(gsize) (((double) x[point] - low) / width)]++;
    }
  for (gsize k = 0; k < cells; k++)
    for (guint part = 0; part < 8; part++)
      {
        /* middles of eighths of a cell */
        observed[point] = simulator->outputs[0].counts ? (double) k : low + width * ((double) k + (part + 0.5) / 8.0);
        share[k] += (simulator->outputs[0].counts ? 0.125 : width / 8.0)
                    * exp (us_noise_log_likelihood (simulator, theta, DAYS, observed, mean));
      }
  p = chi_square (cells, share, count, n);
  g_test_message ("%s: p = %.3f", stages, p);
  g_assert_cmpfloat (p, >, 1e-3);
}

static void
test_histograms (void)
{
  check_histogram ("normal");
  check_histogram ("multiplicative");
  check_histogram ("multiplicative+normal");
  check_histogram ("poisson");
  check_histogram ("reporting+negative-binomial");
  check_histogram ("delay+reporting+multiplicative+poisson");
}

/* The truth is the base's own of the same stream; others differ; own times give the bytes of run, and of a series with
 * delay also some of them. */
static void
test_streams (void)
{
  const char *const stages[] = { "normal", "delay+negative-binomial", "reporting+multiplicative+poisson" };

  for (guint s = 0; s < G_N_ELEMENTS (stages); s++)
    {
      const UsSimulator *simulator = daily (stages[s]), *base = us_noise_base (simulator);
      double theta[US_MAX_PARAMETERS], times[DAYS];
      float truth[DAYS], plain[DAYS], one[DAYS], again[DAYS], at[DAYS];
      UsRng rng;

      middle (simulator, theta);
      for (guint t = 0; t < DAYS; t++)
        times[t] = t;
      us_rng_init (&rng, 40, US_RNG_SIMULATOR, 5);
      simulator->run (simulator, theta, us_noise_true_output (simulator), &rng, truth);
      us_rng_init (&rng, 40, US_RNG_SIMULATOR, 5);
      base->run (base, theta, 0, &rng, plain);
      g_assert_cmpmem (truth, sizeof truth, plain, sizeof plain);

      us_rng_init (&rng, 40, US_RNG_SIMULATOR, 5);
      simulator->run (simulator, theta, 0, &rng, one);
      us_rng_init (&rng, 40, US_RNG_SIMULATOR, 5);
      g_assert_cmpint (simulator->run_at (simulator, theta, 0, DAYS, times, &rng, at), ==, US_SIM_OK);
      g_assert_cmpmem (one, sizeof one, at, sizeof at);
      /* the stream goes on */
      simulator->run (simulator, theta, 0, &rng, again);
      g_assert_true (memcmp (one, again, sizeof one) != 0);
      g_assert_true (memcmp (one, truth, sizeof one) != 0);

      g_assert_cmpint (simulator->run (simulator, theta, (guint) simulator->n_outputs, &rng, at), ==, US_SIM_FAILED);
      if (strchr (stages[s], 'y') != NULL)
        {
          const double some[] = { 3, 20, 59, 60.5, 63 };

          us_rng_init (&rng, 40, US_RNG_SIMULATOR, 5);
          g_assert_cmpint (simulator->run_at (simulator, theta, 0, 5, some, &rng, at), ==, US_SIM_OK);
          g_assert_cmpfloat (at[0], ==, one[3]);
          g_assert_cmpfloat (at[1], ==, one[20]);
          g_assert_cmpfloat (at[2], ==, one[59]);
        }
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/noise/ids", test_ids);
  g_test_add_func ("/noise/refused", test_refused);
  g_test_add_func ("/noise/table", test_table);
  g_test_add_func ("/noise/names", test_names);
  g_test_add_func ("/noise/delay", test_delay);
  g_test_add_func ("/noise/delay-gap", test_delay_gap);
  g_test_add_func ("/noise/normalised", test_normalised);
  g_test_add_func ("/noise/values", test_values);
  g_test_add_func ("/noise/likelihood", test_likelihood);
  g_test_add_func ("/noise/histograms", test_histograms);
  g_test_add_func ("/noise/streams", test_streams);

  return g_test_run ();
}

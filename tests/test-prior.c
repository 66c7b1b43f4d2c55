/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-error.h"
#include "us-prior.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A simulator with every kind of prior; its output is the sum. */
static UsSimStatus
sum_run (const UsSimulator *self,
         const double      *theta,
         guint              output,
         UsRng             *rng,
         float             *out)
{
  *out = 0.0f;
  for (gsize i = 0; i < self->n_parameters; i++)
    *out += (float) theta[i];
  return theta[0] > 1.9 ? US_SIM_RETRY : US_SIM_OK;
}

static const UsParameter parameters[] = {
  { "u", "Uniform", "u", "", -5.0, 5.0, { US_DISTRIBUTION_UNIFORM, -1.0, 2.0, 0.0 }, "" },
  { "l", "Log-uniform", "l", "", 1e-6, 1e6, { US_DISTRIBUTION_LOG_UNIFORM, 1e-3, 1e2, 0.0 }, "" },
  { "n", "Normal", "n", "", -1.0, 4.0, { US_DISTRIBUTION_NORMAL, 1.0, 2.0, 0.0 }, "" },
  { "m", "Log-normal", "m", "", 0.0, 20.0, { US_DISTRIBUTION_LOG_NORMAL, 0.5, 0.75, 0.0 }, "" },
  { "t", "Triangular", "t", "", 0.0, 10.0, { US_DISTRIBUTION_TRIANGULAR, 1.0, 7.0, 3.0 }, "" },
  { "d", "Discrete", "d", "", 0.0, 10.0, { US_DISTRIBUTION_DISCRETE, 2.0, 6.0, 0.0 }, "" },
  { "f", "Fixed", "f", "", 0.0, 10.0, { US_DISTRIBUTION_FIXED, 0.1, 0.0, 0.0 }, "" },
  /* As far into a tail as is allowed: a share of 1.3e-6. */
  { "h", "Upper tail", "h", "", 4.7, 9.0, { US_DISTRIBUTION_NORMAL, 0.0, 1.0, 0.0 }, "" },
};

enum { U, L, N, M, T, D, F, TAIL, P };

static const UsOutput outputs[] = {
  { .id = "sum", .label = "Sum", .kind = US_OUTPUT_SERIES, .height = 1, .width = 1, .channels = 1 },
};

static const UsSimulator every_kind = {
  .id = "every-kind", .version = 1, .parameters = parameters, .n_parameters = P,
  .outputs = outputs, .n_outputs = 1, .run = sum_run,
};

/* Cumulative distributions in closed form, cut where the bounds cut. */
static double
closed_form (gsize  kind,
             double v)
{
  switch (kind)
    {
    case U: return (v + 1.0) / 3.0;
    case L: return log (v / 1e-3) / log (1e5);
    case N:
      return (gsl_cdf_gaussian_P (v - 1.0, 2.0) - gsl_cdf_gaussian_P (-2.0, 2.0))
             / (gsl_cdf_gaussian_P (3.0, 2.0) - gsl_cdf_gaussian_P (-2.0, 2.0));
    case M: return gsl_cdf_lognormal_P (v, 0.5, 0.75) / gsl_cdf_lognormal_P (20.0, 0.5, 0.75);
    case T:
      return v < 3.0 ? (v - 1.0) * (v - 1.0) / (6.0 * 2.0) : 1.0 - (7.0 - v) * (7.0 - v) / (6.0 * 4.0);
    case TAIL:
      return (gsl_cdf_ugaussian_Q (4.7) - gsl_cdf_ugaussian_Q (v))
             / (gsl_cdf_ugaussian_Q (4.7) - gsl_cdf_ugaussian_Q (9.0));
    default: g_assert_not_reached ();
    }
}

static int
by_value (gconstpointer a,
          gconstpointer b)
{
  const double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static void
test_draws (void)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (&every_kind);
  const gsize n = 20000;
  g_autofree double *draws = g_new (double, P * n);     /* (P, n) */
  guint counts[11] = { 0 };

  for (gsize row = 0; row < n; row++)
    {
      double theta[P];
      UsRng rng;

      us_rng_init (&rng, 1, US_RNG_PRIOR, row);
      g_assert_true (us_prior_sample (prior, &rng, theta));
      for (gsize k = 0; k < P; k++)
        {
          double lower, upper;

          us_prior_range (prior, k, &lower, &upper);
          g_assert_true (theta[k] >= lower && theta[k] <= upper);
          draws[k * n + row] = theta[k];
        }
      g_assert_cmpfloat (theta[F], ==, 0.1);
      g_assert_cmpfloat (theta[D], ==, rint (theta[D]));
      counts[(int) theta[D]]++;
    }

  /* Kolmogorov and Smirnov: √n D exceeds 1.95 once in a thousand times. */
  for (gsize k = 0; k < P; k++)
    {
      double *sample = draws + k * n, distance = 0.0;

      if (k == D || k == F)
        continue;
      qsort (sample, n, sizeof *sample, by_value);
      for (gsize i = 0; i < n; i++)
        {
          const double cdf = closed_form (k, sample[i]);

          distance = MAX (distance, MAX (cdf - (double) i / n, (double) (i + 1) / n - cdf));
        }
      g_test_message ("%s: √n D = %.3f", parameters[k].name, sqrt (n) * distance);
      g_assert_cmpfloat (sqrt (n) * distance, <, 1.95);
    }

  /* Five equal shares: 4.5 standard errors. */
  for (int v = 2; v <= 6; v++)
    g_assert_cmpfloat_with_epsilon (counts[v], n / 5.0, 4.5 * sqrt (n * 0.2 * 0.8));
}

static double
density_at (double v,
            void  *data)
{
  const gpointer *pair = data;

  return us_prior_density (pair[0], GPOINTER_TO_SIZE (pair[1]), v);
}

/* The density is the derivative of the closed form, integrates to one, and is 0 outside. */
static void
test_density (void)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (&every_kind);
  gsl_integration_workspace *work = gsl_integration_workspace_alloc (1000);

  for (gsize k = 0; k < P; k++)
    {
      gpointer pair[] = { prior, GSIZE_TO_POINTER (k) };
      gsl_function function = { density_at, pair };
      double lower, upper, integral, uncertainty;

      us_prior_range (prior, k, &lower, &upper);
      g_assert_cmpfloat (us_prior_density (prior, k, lower - 0.01), ==, 0.0);
      g_assert_cmpfloat (us_prior_density (prior, k, upper + 0.01), ==, 0.0);
      g_assert_cmpfloat (us_prior_density (prior, k, NAN), ==, 0.0);
      if (k == D || k == F)
        continue;

      gsl_integration_qags (&function, lower, upper, 1e-9, 1e-9, 1000, work, &integral, &uncertainty);
      g_assert_cmpfloat_with_epsilon (integral, 1.0, 1e-6);
      for (int i = 1; i < 20; i++)
        {
          const double v = lower + (upper - lower) * i / 20.0, h = 1e-5 * (upper - lower);
          const double slope = (closed_form (k, v + h) - closed_form (k, v - h)) / (2.0 * h);

          if (k == T && fabs (v - 3.0) < 2.0 * h)
            continue;
          g_assert_cmpfloat_with_epsilon (us_prior_density (prior, k, v), slope, 1e-6 + 1e-5 * slope);
        }
    }
  g_assert_cmpfloat (us_prior_density (prior, D, 4.0), ==, 0.2);
  g_assert_cmpfloat (us_prior_density (prior, D, 4.5), ==, 0.0);
  g_assert_cmpfloat (us_prior_density (prior, F, 0.1), ==, 1.0);
  gsl_integration_workspace_free (work);
}

static void
test_log_density (void)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (&every_kind);
  double theta[P] = { 0.0, 1.0, 1.0, 1.0, 3.0, 4.0, 0.1, 5.0 }, sum = 0.0;

  for (gsize k = 0; k < P; k++)
    sum += log (us_prior_density (prior, k, theta[k]));
  g_assert_cmpfloat_with_epsilon (us_prior_log_density (prior, theta), sum, 1e-12);
  theta[F] = 0.2;
  g_assert_true (us_prior_log_density (prior, theta) == -INFINITY);
}

static void
test_latent (void)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (&every_kind);
  double theta[P], back[P], z[P], lower, upper;

  for (guint row = 0; row < 2000; row++)
    {
      UsRng rng;

      us_rng_init (&rng, 2, US_RNG_PRIOR, row);
      us_prior_sample (prior, &rng, theta);
      us_prior_to_latent (prior, theta, z);
      us_prior_from_latent (prior, z, back);
      for (gsize k = 0; k < P; k++)
        {
          g_assert_true (z[k] >= -1.0 && z[k] <= 1.0);
          g_assert_cmpfloat_with_epsilon (back[k], theta[k], 1e-9 * (1.0 + fabs (theta[k])));
        }
    }

  /* What each kind promises: affine, affine in the logarithm, by the cumulative distribution. */
  us_prior_from_latent (prior, (double[P]) { 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5 }, theta);
  g_assert_cmpfloat_with_epsilon (theta[U], 1.25, 1e-12);
  g_assert_cmpfloat_with_epsilon (log10 (theta[L]), -3.0 + 5.0 * 0.75, 1e-12);
  g_assert_cmpfloat_with_epsilon (closed_form (N, theta[N]), 0.75, 1e-12);
  g_assert_cmpfloat_with_epsilon (closed_form (M, theta[M]), 0.75, 1e-12);
  g_assert_cmpfloat_with_epsilon (theta[T], 5.5, 1e-12);
  g_assert_cmpfloat (theta[D], ==, 5.0);
  g_assert_cmpfloat (theta[F], ==, 0.1);
  g_assert_cmpfloat_with_epsilon (closed_form (TAIL, theta[TAIL]), 0.75, 1e-9);

  /* Far out, where probabilities next to one would leave seven digits. */
  theta[TAIL] = 6.5;
  us_prior_to_latent (prior, theta, z);
  us_prior_from_latent (prior, z, back);
  g_assert_cmpfloat_with_epsilon (back[TAIL], 6.5, 1e-10);

  /* The ends, and beyond them: clamped; a NaN is the middle. */
  for (int side = -1; side <= 1; side += 2)
    {
      const double far[P] = { side * 7.0, side * 7.0, side * INFINITY, side * 7.0,
                              side * 7.0, side * 7.0, side * 7.0, side * 7.0 };

      us_prior_from_latent (prior, far, theta);
      for (gsize k = 0; k < P; k++)
        {
          us_prior_range (prior, k, &lower, &upper);
          g_assert_cmpfloat_with_epsilon (theta[k], side < 0 ? lower : upper, 1e-6 * (1.0 + upper));
        }
    }
  us_prior_from_latent (prior, (double[P]) { NAN }, theta);
  g_assert_cmpfloat_with_epsilon (theta[U], 0.5, 1e-12);
  us_prior_to_latent (prior, (double[P]) { 99.0, -1.0, 99.0, -1.0, 99.0, -1.0, 99.0, -99.0 }, z);
  g_assert_cmpfloat (z[U], ==, 1.0);
  g_assert_cmpfloat (z[L], ==, -1.0);
  g_assert_cmpfloat (z[F], ==, 0.0);
  g_assert_cmpfloat (z[TAIL], ==, -1.0);
}

static void
test_text (void)
{
  static const struct { const char *text, *again; } good[] = {
    { "u=uniform:-0.2:0.25", "uniform:-0.2:0.25" },
    { "l=log-uniform:1e-3:1e5", "log-uniform:0.001:100000" },
    { "n=normal:0.5:2", "normal:0.5:2" },
    { "m=log-normal:-1:0.3", "log-normal:-1:0.3" },
    { "t=triangular:0:1:0.5", "triangular:0:1:0.5" },
    { "d=discrete:0:10", "discrete:0:10" },
    { "f=fixed:0.30000000000000004", "fixed:0.30000000000000004" },
  };
  static const struct { const char *text, *message; gint code; } bad[] = {
    { "u", "“u”: expected NAME=KIND:A:B, such as u=uniform:0:1", US_FORMAT_ERROR_SYNTAX },
    { "v=uniform:0:1", "“every-kind” has no parameter “v”; its parameters are: u, l, n, m, t, d, f, h",
      US_FORMAT_ERROR_MISSING },
    { "u=gamma:1:2", "“gamma:1:2” is no distribution; known are: uniform:LOWER:UPPER, log-uniform:LOWER:UPPER, "
      "normal:MEAN:SD, log-normal:LOGMEAN:LOGSD, triangular:LOWER:UPPER:MODE, discrete:FIRST:LAST, fixed:VALUE",
      US_FORMAT_ERROR_SYNTAX },
    { "u=uniform:0", "“uniform:0”: expected uniform:LOWER:UPPER", US_FORMAT_ERROR_SYNTAX },
    { "u=uniform:0:1:2", "“uniform:0:1:2”: expected uniform:LOWER:UPPER", US_FORMAT_ERROR_SYNTAX },
    { "u=uniform:0:x1", "“uniform:0:x1”: “x1” is not a number; expected uniform:LOWER:UPPER",
      US_FORMAT_ERROR_SYNTAX },
    { "u=uniform:0:", "“uniform:0:”: “” is not a number; expected uniform:LOWER:UPPER", US_FORMAT_ERROR_SYNTAX },
    { "u=uniform:nan:1", "prior of “u”: uniform needs finite numbers", US_FORMAT_ERROR_VALUE },
    { "u=uniform:0:inf", "prior of “u”: uniform needs finite numbers", US_FORMAT_ERROR_VALUE },
    { "u=uniform:1:0.5", "prior of “u”: the lower end 1 is not below the upper end 0.5", US_FORMAT_ERROR_VALUE },
    { "u=uniform:1:1", "prior of “u”: the lower end 1 is not below the upper end 1", US_FORMAT_ERROR_VALUE },
    { "u=uniform:0:9", "prior of “u”: 0 to 9 is not inside the bounds -5 to 5", US_FORMAT_ERROR_VALUE },
    { "u=log-uniform:-1:2", "prior of “u”: log-uniform needs a lower end above 0, not -1", US_FORMAT_ERROR_VALUE },
    { "n=normal:0:0", "prior of “n”: the standard deviation 0 is not above 0", US_FORMAT_ERROR_VALUE },
    { "n=normal:0:-1", "prior of “n”: the standard deviation -1 is not above 0", US_FORMAT_ERROR_VALUE },
    { "n=normal:99:1", "prior of “n”: nearly nothing of normal:99:1 lies inside the bounds -1 to 4",
      US_FORMAT_ERROR_VALUE },
    { "t=triangular:0:1:2", "prior of “t”: the mode 2 is not between 0 and 1", US_FORMAT_ERROR_VALUE },
    { "d=discrete:0.5:2", "prior of “d”: discrete needs whole numbers, not 0.5 and 2", US_FORMAT_ERROR_VALUE },
    { "d=discrete:3:2", "prior of “d”: the first value 3 is above the last, 2", US_FORMAT_ERROR_VALUE },
    { "f=fixed:11", "prior of “f”: 11 is outside the bounds 0 to 10", US_FORMAT_ERROR_VALUE },
  };
  UsDistribution distributions[P];

  for (gsize k = 0; k < P; k++)
    distributions[k] = parameters[k].prior;

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *text = NULL;

      g_assert_true (us_distribution_parse (&every_kind, good[i].text, distributions, &error));
      g_assert_no_error (error);
      text = us_distribution_to_string (&distributions[i]);
      g_assert_cmpstr (text, ==, good[i].again);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;
      UsDistribution before[P];

      memcpy (before, distributions, sizeof before);
      g_assert_false (us_distribution_parse (&every_kind, bad[i].text, distributions, &error));
      g_assert_error (error, US_FORMAT_ERROR, bad[i].code);
      g_assert_cmpstr (error->message, ==, bad[i].message);
      g_assert_cmpmem (before, sizeof before, distributions, sizeof distributions);
    }
}

static void
test_new_refuses (void)
{
  g_autoptr(GError) error = NULL;
  UsDistribution distributions[P];

  for (gsize k = 0; k < P; k++)
    distributions[k] = parameters[k].prior;
  distributions[T].b = 11.0;
  g_assert_null (us_prior_new (&every_kind, distributions, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_assert_cmpstr (error->message, ==, "prior of “t”: 1 to 11 is not inside the bounds 0 to 10");
}

static void
test_json (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsPrior) prior = NULL;
  g_autoptr(UsPrior) again = NULL;
  g_autofree char *json = NULL;
  g_autofree char *second = NULL;
  UsDistribution distributions[P];

  for (gsize k = 0; k < P; k++)
    distributions[k] = parameters[k].prior;
  distributions[U].a = -1.0 / 3.0;
  distributions[L].a = 1.2345678901234567e-5;
  prior = us_prior_new (&every_kind, distributions, &error);
  g_assert_no_error (error);
  json = us_prior_to_json (prior);
  again = us_prior_from_json (&every_kind, json, &error);
  g_assert_no_error (error);
  for (gsize k = 0; k < P; k++)
    g_assert_true (us_distribution_equal (us_prior_distribution (again, k), &distributions[k]));
  second = us_prior_to_json (again);
  g_assert_cmpstr (json, ==, second);
  g_assert_true (g_str_has_prefix (json, "{\"u\":{\"kind\":\"uniform\",\"a\":-0.3333333333333333,\"b\":2},"));
}

static void
test_json_negatives (void)
{
  static const struct { const char *find, *replace, *message; gint code; } bad[] = {
    { "{\"u\":{", "[", NULL, US_FORMAT_ERROR_SYNTAX },
    { "\"u\"", "\"v\"", "prior: “every-kind” has no parameter “v”", US_FORMAT_ERROR_MISMATCH },
    { "\"u\":{\"kind\":\"uniform\",\"a\":-1,\"b\":2},", "", "prior: “u” is missing", US_FORMAT_ERROR_MISSING },
    { "\"uniform\"", "\"gauss\"", "prior of “u”: “kind” is not the name of a distribution", US_FORMAT_ERROR_SYNTAX },
    { "\"uniform\"", "7", "prior of “u”: “kind” is not the name of a distribution", US_FORMAT_ERROR_SYNTAX },
    { "\"a\":-1", "\"a\":\"-1\"", "prior of “u”: “a” is not a number", US_FORMAT_ERROR_SYNTAX },
    { ",\"b\":2}", "}", "prior of “u”: “b” is not a number", US_FORMAT_ERROR_SYNTAX },
    { "\"b\":2}", "\"b\":2,\"c\":2}", "prior of “u”: uniform has a kind and 2 numbers, nothing else",
      US_FORMAT_ERROR_SYNTAX },
    { "\"b\":2}", "\"b\":200}", "prior of “u”: -1 to 200 is not inside the bounds -5 to 5", US_FORMAT_ERROR_VALUE },
    { "{\"kind\":\"uniform\",\"a\":-1,\"b\":2}", "null", "prior of “u”: expected an object", US_FORMAT_ERROR_SYNTAX },
  };
  g_autoptr(UsPrior) prior = us_prior_new_default (&every_kind);
  g_autofree char *json = us_prior_to_json (prior);
  g_autoptr(GError) nothing = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;
      GString *text = g_string_new (json);

      g_assert_cmpuint (g_string_replace (text, bad[i].find, bad[i].replace, 1), ==, 1);
      g_assert_null (us_prior_from_json (&every_kind, text->str, &error));
      g_assert_error (error, US_FORMAT_ERROR, bad[i].code);
      if (bad[i].message != NULL)
        g_assert_cmpstr (error->message, ==, bad[i].message);
      g_string_free (text, TRUE);
    }
  g_assert_null (us_prior_from_json (&every_kind, "", &nothing));
  g_assert_error (nothing, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX);
}

/* RETRY draws again: no row keeps a draw that left the domain; rows do not depend on how they are cut. */
static void
test_rows (void)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (&every_kind);
  g_autoptr(GError) error = NULL;
  enum { ROWS = 300 };
  double theta[ROWS * P], pieces[ROWS * P];
  float x[ROWS], piece_x[ROWS];

  g_assert_true (us_simulate_rows (prior, 0, 5, 1000, ROWS, theta, x, &error));
  for (gsize i = 0; i < ROWS; i++)
    g_assert_cmpfloat (theta[i * P + U], <=, 1.9);
  for (gsize i = 0; i < ROWS; i += 7)
    g_assert_true (us_simulate_rows (prior, 0, 5, 1000 + i, MIN (7, ROWS - i), pieces + i * P, piece_x + i, &error));
  g_assert_cmpmem (theta, sizeof theta, pieces, sizeof pieces);
  g_assert_cmpmem (x, sizeof x, piece_x, sizeof piece_x);
}

static UsSimStatus
broken_run (const UsSimulator *self,
            const double      *theta,
            guint              output,
            UsRng             *rng,
            float             *out)
{
  *out = theta[0] > 1.0 ? INFINITY : 0.0f;
  return theta[0] < 0.0 ? US_SIM_FAILED : theta[0] < 0.5 ? US_SIM_RETRY : US_SIM_OK;
}

static void
test_row_failures (void)
{
  static const struct { const char *prior, *message; } cases[] = {
    { "u=uniform:1.5:2", "every-kind: value 0 of output “sum” is not finite: row 12 of seed 18446744073709551615" },
    { "u=uniform:-1:-0.5", "every-kind: the simulator failed: row 12 of seed 18446744073709551615" },
    { "u=uniform:0:0.4", "every-kind: no draw stayed in the simulator's domain: row 12 of seed 18446744073709551615" },
  };
  UsSimulator broken = every_kind;

  broken.run = broken_run;
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(UsPrior) prior = NULL;
      UsDistribution distributions[P];
      double theta[P];
      float x;

      for (gsize k = 0; k < P; k++)
        distributions[k] = parameters[k].prior;
      g_assert_true (us_distribution_parse (&broken, cases[i].prior, distributions, &error));
      prior = us_prior_new (&broken, distributions, &error);
      g_assert_no_error (error);
      g_assert_false (us_simulate_rows (prior, 0, G_MAXUINT64, 12, 1, theta, &x, &error));
      g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
      g_assert_cmpstr (error->message, ==, cases[i].message);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/prior/draws", test_draws);
  g_test_add_func ("/prior/density", test_density);
  g_test_add_func ("/prior/log-density", test_log_density);
  g_test_add_func ("/prior/latent", test_latent);
  g_test_add_func ("/prior/text", test_text);
  g_test_add_func ("/prior/new-refuses", test_new_refuses);
  g_test_add_func ("/prior/json", test_json);
  g_test_add_func ("/prior/json-negatives", test_json_negatives);
  g_test_add_func ("/prior/rows", test_rows);
  g_test_add_func ("/prior/row-failures", test_row_failures);

  return g_test_run ();
}

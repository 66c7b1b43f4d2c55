/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "us-fit.h"

#include "us-csv.h"
#include "us-error.h"
#include "us-noise.h"
#include "us-timed.h"

#include <math.h>
#include <string.h>

/* P parameters, N values. */

/* -- simulators of closed form, at x of one's own -------------------------- */

#define MOST 160

typedef double (*Curve) (const double *theta, double x);

typedef struct
{
  UsSimulator table;            /* first */
  UsOutput    output;
  UsParameter parameters[12];
  Curve       curve;
  double      x[MOST];
} Closed;

static UsSimStatus
closed_run (const UsSimulator *simulator,
            const double      *theta,
            guint              output,
            UsRng             *rng,
            float             *out)
{
  const Closed *self = (const Closed *) simulator;

  for (gsize i = 0; i < self->output.height; i++)
    out[i] = self->curve (theta, self->x[i]);
  return US_SIM_OK;
}

/* bounds (P, 2); even priors, or of the logarithm. */
static void
closed_init (Closed       *self,
             const char   *id,
             Curve         curve,
             gsize         n,
             const double *x,
             gsize         n_parameters,
             const double *bounds,
             gboolean      logarithmic)
{
  static const char *const names[] = { "b1", "b2", "b3", "b4", "b5", "b6", "b7" };

  g_assert_cmpuint (n, <=, MOST);
  memset (self, 0, sizeof *self);
  self->curve = curve;
  memcpy (self->x, x, n * sizeof *x);
  self->output = (UsOutput) {
    .id = "y", .label = "y", .kind = US_OUTPUT_SERIES, .height = n, .width = 1, .channels = 1, .x_label = "x",
    .x_unit = "", .y_label = "y", .y_unit = "", .x_lower = x[0], .x_upper = x[n - 1], .lower = 0, .upper = 100,
    .x_values = self->x,
  };
  for (gsize p = 0; p < n_parameters; p++)
    {
      double lower = bounds[2 * p], upper = bounds[2 * p + 1];
      UsDistributionKind kind = logarithmic && lower > 0 ? US_DISTRIBUTION_LOG_UNIFORM : US_DISTRIBUTION_UNIFORM;

      self->parameters[p] = (UsParameter) {
        .name = names[p], .label = names[p], .symbol = names[p], .unit = "", .lower = lower, .upper = upper,
        .prior = { kind, lower, upper, 0 }, .source = "test",
      };
    }
  self->table = (UsSimulator) {
    .id = id, .version = 1, .title = id, .summary = id, .parameters = self->parameters, .n_parameters = n_parameters,
    .outputs = &self->output, .n_outputs = 1, .run = closed_run,
  };
}

static UsFit *
fit (const UsSimulator  *simulator,
     const double       *y,
     const UsFitOptions *options)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  g_autoptr(GError) error = NULL;
  UsFit *self = us_fit_new (prior, y, options, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (self);
  return self;
}

static void
assert_near (double value,
             double expected,
             double share)
{
  if (!(fabs (value - expected) <= share * fabs (expected)))
    g_error ("%.10g is not %.10g", value, expected);
}

/* -- a straight line -------------------------------------------------------- */

#define LINE_N 12

static double
line (const double *theta,
      double        x)
{
  return theta[0] + theta[1] * x;
}

static Closed line_simulator;
static double line_y[LINE_N];
/* What least squares say of it. */
static double line_theta[2], line_covariance[2][2], line_squares;

static void
make_line (void)
{
  const double bounds[] = { -50, 50, -20, 20 };
  double x[LINE_N], sx = 0, sy = 0, sxx = 0, sxy = 0, n = LINE_N;

  for (gsize i = 0; i < LINE_N; i++)
    {
      UsRng rng;

      us_rng_init (&rng, 1, US_RNG_TEST, i);
      x[i] = 0.5 * i;
      line_y[i] = 3 - 0.7 * x[i] + 0.5 * us_rng_normal (&rng);
      sx += x[i];
      sy += line_y[i];
      sxx += x[i] * x[i];
      sxy += x[i] * line_y[i];
    }
  closed_init (&line_simulator, "line", line, LINE_N, x, 2, bounds, FALSE);
  line_theta[1] = (n * sxy - sx * sy) / (n * sxx - sx * sx);
  line_theta[0] = (sy - line_theta[1] * sx) / n;
  line_squares = 0;
  for (gsize i = 0; i < LINE_N; i++)
    line_squares += pow (line_y[i] - line (line_theta, x[i]), 2);
  /* σ² (XᵀX)⁻¹ with the likeliest σ² */
  line_covariance[0][0] = line_squares / n * sxx / (n * sxx - sx * sx);
  line_covariance[1][1] = line_squares / n * n / (n * sxx - sx * sx);
  line_covariance[0][1] = line_covariance[1][0] = -line_squares / n * sx / (n * sxx - sx * sx);
}

static void
test_line (void)
{
  g_autoptr(UsFit) self = fit (&line_simulator.table, line_y, NULL);
  double n = LINE_N, log_likelihood = -n / 2 * (log (2 * G_PI * line_squares / n) + 1);

  g_assert_cmpuint (self->n_free, ==, 3);
  g_assert_cmpuint (self->n_observed, ==, LINE_N);
  for (gsize p = 0; p < 2; p++)
    {
      assert_near (self->theta[p], line_theta[p], 1e-5);
      assert_near (self->sd[p], sqrt (line_covariance[p][p]), 0.01);
      g_assert_false (self->at_bound[p]);
    }
  g_assert_true (self->determined);
  g_assert_cmpuint (self->n_agreed, ==, self->n_starts);
  assert_near (self->sigma[0], sqrt (line_squares / n), 1e-5);
  assert_near (self->rms, sqrt (line_squares / n), 1e-5);
  assert_near (self->log_likelihood, log_likelihood, 1e-6);
  assert_near (self->aic, 6 - 2 * log_likelihood, 1e-6);
  assert_near (self->aicc, 6 - 2 * log_likelihood + 24.0 / 8, 1e-6);
  assert_near (self->bic, 3 * log (n) - 2 * log_likelihood, 1e-6);
  g_assert_nonnull (self->no_evidence);
}

/* The same with its errors as a parameter: the same line, and σ with a standard error of σ / √(2n). */
static void
test_line_noise (void)
{
  const UsSimulator *noisy = us_noise_new (&line_simulator.table, "normal", NULL);
  g_autoptr(UsFit) self = fit (noisy, line_y, NULL);
  g_autoptr(UsFit) plain = fit (&line_simulator.table, line_y, NULL);

  for (gsize p = 0; p < 2; p++)
    {
      assert_near (self->theta[p], line_theta[p], 1e-5);
      assert_near (self->sd[p], sqrt (line_covariance[p][p]), 0.02);
    }
  assert_near (self->theta[2], sqrt (line_squares / LINE_N), 1e-4);
  assert_near (self->sd[2], self->theta[2] / sqrt (2 * LINE_N), 0.08);
  g_assert_null (self->sigma);
  g_assert_cmpuint (self->n_free, ==, 3);
  g_assert_cmpfloat_with_epsilon (self->aic, plain->aic, 1e-5);
}

/* What was not observed does not count. */
static void
test_gaps (void)
{
  double y[LINE_N], short_y[LINE_N], x[LINE_N];
  const double bounds[] = { -50, 50, -20, 20 };
  Closed fewer;
  gsize n = 0;

  memcpy (y, line_y, sizeof y);
  for (gsize i = 0; i < LINE_N; i++)
    if (i % 3 == 1)
      y[i] = NAN;
    else
      {
        x[n] = line_simulator.x[i];
        short_y[n++] = y[i];
      }
  closed_init (&fewer, "fewer", line, n, x, 2, bounds, FALSE);
  {
    g_autoptr(UsFit) gaps = fit (&line_simulator.table, y, NULL);
    g_autoptr(UsFit) without = fit (&fewer.table, short_y, NULL);

    g_assert_cmpuint (gaps->n_observed, ==, n);
    g_assert_cmpfloat_with_epsilon (gaps->bic, without->bic, 1e-5);
    assert_near (gaps->theta[1], without->theta[1], 1e-5);
  }
}

/* σ known, even priors much wider than the likelihood: ∫ L dθ is a Gaussian integral. */
static void
test_evidence (void)
{
  const UsSimulator *noisy = us_noise_new (&line_simulator.table, "normal", NULL);
  UsDistribution distributions[3] = { noisy->parameters[0].prior, noisy->parameters[1].prior,
                                      { US_DISTRIBUTION_FIXED, 0.5, 0, 0 } };
  g_autoptr(UsPrior) prior = us_prior_new (noisy, distributions, NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsFit) self = us_fit_new (prior, line_y, &(UsFitOptions) { .evidence = TRUE }, NULL, &error);
  double n = LINE_N, variance = 0.25, shrink = variance / (line_squares / n), det, peak, expected;

  g_assert_no_error (error);
  det = shrink * shrink * (line_covariance[0][0] * line_covariance[1][1] - line_covariance[0][1] * line_covariance[0][1]);
  peak = -n / 2 * log (2 * G_PI * variance) - line_squares / (2 * variance);
  expected = peak + log (2 * G_PI) + log (det) / 2 - log (100.0 * 40.0);
  g_assert_null (self->no_evidence);
  g_assert_cmpuint (self->n_free, ==, 2);
  g_test_message ("log evidence %.4f ± %.4f of %.0f draws, Laplace %.4f, exact %.4f", self->log_evidence,
                  self->log_evidence_sd, self->effective_draws, self->log_evidence_laplace, expected);
  g_assert_cmpfloat_with_epsilon (self->log_evidence, expected, 4 * self->log_evidence_sd);
  g_assert_cmpfloat (self->log_evidence_sd, <, 0.02);
  g_assert_cmpfloat_with_epsilon (self->log_evidence_laplace, expected, 0.02);
  for (gsize p = 0; p < 2; p++)
    {
      assert_near (self->posterior_mean[p], line_theta[p], 0.02);
      assert_near (self->posterior_sd[p], sqrt (shrink * line_covariance[p][p]), 0.05);
      assert_near (self->sd[p], sqrt (shrink * line_covariance[p][p]), 0.01);
    }
}

/* σ free: of each σ the Gaussian integral, over σ by the trapezium rule in its logarithm. */
static void
test_evidence_noise (void)
{
  const UsSimulator *noisy = us_noise_new (&line_simulator.table, "normal", NULL);
  UsDistribution distributions[3] = { noisy->parameters[0].prior, noisy->parameters[1].prior,
                                      { US_DISTRIBUTION_LOG_UNIFORM, 0.05, 5, 0 } };
  g_autoptr(UsPrior) prior = us_prior_new (noisy, distributions, NULL);
  g_autoptr(UsFit) self = us_fit_new (prior, line_y, &(UsFitOptions) { .evidence = TRUE }, NULL, NULL);
  double n = LINE_N, sum = 0, root = sqrt (line_covariance[0][0] * line_covariance[1][1] -
                                           line_covariance[0][1] * line_covariance[0][1]) / (line_squares / n);
  const gsize steps = 4000;

  for (gsize i = 0; i <= steps; i++)
    {
      double sigma = 0.05 * pow (100, (double) i / steps), variance = sigma * sigma;

      sum += exp (-n / 2 * log (2 * G_PI * variance) - line_squares / (2 * variance)) * 2 * G_PI * root * variance /
             (100.0 * 40.0) / steps * (i == 0 || i == steps ? 0.5 : 1);
    }
  g_test_message ("log evidence %.4f ± %.4f, exact %.4f", self->log_evidence, self->log_evidence_sd, log (sum));
  g_assert_cmpfloat_with_epsilon (self->log_evidence, log (sum), 4 * self->log_evidence_sd);
  g_assert_cmpfloat (self->log_evidence_sd, <, 0.03);
}

/* -- counts ----------------------------------------------------------------- */

static double
constant (const double *theta,
          double        x)
{
  return theta[0];
}

/* The likeliest mean of Poisson counts is their mean, with a standard error of √(mean / n). */
static void
test_poisson (void)
{
  const double x[] = { 0, 1, 2, 3, 4, 5 }, y[] = { 3, 7, 4, 6, 2, 8 }, bounds[] = { 0.1, 100 };
  static Closed counts;
  double log_likelihood = 0;

  closed_init (&counts, "counts", constant, 6, x, 1, bounds, TRUE);
  counts.output.counts = TRUE;
  for (gsize i = 0; i < 6; i++)
    log_likelihood += y[i] * log (5) - 5 - lgamma (y[i] + 1);
  {
    g_autoptr(UsFit) self = fit (us_noise_new (&counts.table, "poisson", NULL), y, NULL);

    g_assert_cmpuint (self->n_free, ==, 1);
    assert_near (self->theta[0], 5, 1e-3);
    assert_near (self->sd[0], sqrt (5.0 / 6), 0.02);
    assert_near (self->log_likelihood, log_likelihood, 1e-6);
  }
}

/* -- what is not smooth ------------------------------------------------------- */

static double
shifted (const double *theta,
         double        x)
{
  return theta[1] * ((int) (x + theta[0]) % 7 >= 5 ? 0.4 : 1);
}

static void
test_discrete (void)
{
  const double bounds[] = { 0, 6, 1, 100 };
  double x[21], y[21];
  static Closed week;

  for (gsize i = 0; i < 21; i++)
    {
      x[i] = i;
      y[i] = shifted ((double[]) { 3, 20 }, i) + 0.5 * sin (5.0 * i);
    }
  closed_init (&week, "week", shifted, 21, x, 2, bounds, FALSE);
  week.parameters[0].prior = (UsDistribution) { US_DISTRIBUTION_DISCRETE, 0, 6, 0 };
  {
    g_autoptr(UsFit) self = fit (&week.table, y, &(UsFitOptions) { .n_starts = 2, .n_screened = 2 });

    g_assert_cmpfloat (self->theta[0], ==, 3);
    assert_near (self->theta[1], 20, 0.02);
    g_assert_true (isnan (self->sd[0]));
    g_assert_cmpuint (self->n_free, ==, 3);
  }
}

static UsSimStatus
refusing_run (const UsSimulator *simulator,
              const double      *theta,
              guint              output,
              UsRng             *rng,
              float             *out)
{
  /* all of one side of the line through the optimum, nearly, and some of the rest */
  if (theta[0] + theta[1] < line_theta[0] + line_theta[1] - 0.02 || fmod (fabs (theta[0]) * 977, 1) < 0.05)
    return US_SIM_RETRY;
  return closed_run (simulator, theta, output, rng, out);
}

/* A simulator that refuses more than half of what is asked, right beside the answer. */
static void
test_refusals (void)
{
  Closed refusing = line_simulator;

  refusing.table.run = refusing_run;
  refusing.table.outputs = &refusing.output;
  refusing.table.parameters = refusing.parameters;
  refusing.output.x_values = refusing.x;
  {
    g_autoptr(UsFit) self = fit (&refusing.table, line_y, NULL);

    g_assert_cmpuint (self->n_refused, >, 0);
    g_assert_cmpfloat (self->log_likelihood, >, -LINE_N / 2.0 * (log (2 * G_PI * line_squares / LINE_N) + 1) - 0.5);
  }
}

/* The answer lies outside of the prior: the fit stays inside and says so. */
static void
test_bounds (void)
{
  UsDistribution distributions[2] = { { US_DISTRIBUTION_UNIFORM, 4.5, 8, 0 }, line_simulator.parameters[1].prior };
  g_autoptr(UsPrior) prior = us_prior_new (&line_simulator.table, distributions, NULL);
  g_autoptr(UsFit) self = us_fit_new (prior, line_y, NULL, NULL, NULL);
  double sxy = 0, sxx = 0;

  for (gsize i = 0; i < LINE_N; i++)
    {
      sxy += line_simulator.x[i] * (line_y[i] - 4.5);
      sxx += line_simulator.x[i] * line_simulator.x[i];
    }
  assert_near (self->theta[0], 4.5, 1e-4);
  assert_near (self->theta[1], sxy / sxx, 2e-3);
  g_assert_true (self->at_bound[0]);
  g_assert_true (isnan (self->sd[0]));
  g_assert_false (self->at_bound[1]);
  assert_near (self->sd[1], self->sigma[0] / sqrt (sxx), 0.02);
}

/* Two parameters of which only the sum shows: no standard errors are made up. */
static double
sum_of_two (const double *theta,
            double        x)
{
  return (theta[0] + theta[1]) * x;
}

static void
test_not_determined (void)
{
  const double bounds[] = { -20, 20, -20, 20 };
  static Closed sum;

  closed_init (&sum, "sum", sum_of_two, LINE_N, line_simulator.x, 2, bounds, FALSE);
  {
    g_autoptr(UsFit) self = fit (&sum.table, line_y, NULL);
    double share = self->determined ? self->sd[0] : INFINITY;

    /* rounding may leave a curvature of next to nothing */
    g_assert_cmpfloat (share, >, 1);
  }
}

static UsFit *
try_fit (const UsSimulator  *simulator,
         const double       *y,
         GCancellable       *cancellable,
         GError            **error)
{
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);

  return us_fit_new (prior, y, NULL, cancellable, error);
}

static void
test_errors (void)
{
  const UsSimulator *counted = us_noise_new (&line_simulator.table, "normal", NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  double nothing[LINE_N], negative[6] = { -1, 2, 3, 4, 5, 6 };
  Closed random = line_simulator;
  static Closed counts;
  const double bounds[] = { 0.1, 100 };

  for (gsize i = 0; i < LINE_N; i++)
    nothing[i] = NAN;
  g_assert_null (try_fit (counted, nothing, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE);
  g_clear_error (&error);

  random.output.noisy = TRUE;
  random.table.outputs = &random.output;
  g_assert_null (try_fit (&random.table, line_y, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED);
  g_clear_error (&error);

  closed_init (&counts, "counts-of-six", constant, 6, line_simulator.x, 1, bounds, TRUE);
  counts.output.counts = TRUE;
  g_assert_null (try_fit (us_noise_new (&counts.table, "poisson", NULL), negative, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_clear_error (&error);
  g_assert_null (try_fit (us_noise_new (&counts.table, "reporting", NULL), negative, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED);
  g_clear_error (&error);

  g_cancellable_cancel (cancellable);
  g_assert_null (try_fit (&line_simulator.table, line_y, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_weights (void)
{
  const double aic[] = { 100, 102, INFINITY, 110 };
  double weights[4], sum = 1 + exp (-1) + exp (-5);

  us_fit_weights (4, aic, weights);
  g_assert_cmpfloat_with_epsilon (weights[0], 1 / sum, 1e-12);
  g_assert_cmpfloat_with_epsilon (weights[1], exp (-1) / sum, 1e-12);
  g_assert_cmpfloat (weights[2], ==, 0);
  g_assert_cmpfloat_with_epsilon (weights[3], exp (-5) / sum, 1e-12);
  us_fit_weights (2, (double[]) { INFINITY, NAN }, weights);
  g_assert_cmpfloat (weights[0], ==, 0.5);
  g_assert_cmpfloat (weights[1], ==, 0.5);
}

static void
test_same_bits (void)
{
  const UsSimulator *noisy = us_noise_new (&line_simulator.table, "normal", NULL);
  const UsFitOptions options = { .evidence = TRUE, .seed = 5, .n_draws = 500 };
  g_autoptr(UsFit) one = fit (noisy, line_y, &options);
  g_autoptr(UsFit) other = fit (noisy, line_y, &options);

  g_assert_cmpmem (one->theta, 3 * sizeof (double), other->theta, 3 * sizeof (double));
  g_assert_cmpfloat (one->log_evidence, ==, other->log_evidence);
}

/* -- certified and published fits -------------------------------------------- */

static UsCsv *
shared_series (const char *name)
{
  g_autofree char *path = g_strdup_printf ("%s/series/%s.csv", US_TEST_SHARED_DATA, name);

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return NULL;
  return us_csv_read_table (path, NULL);
}

static double
misra1a (const double *b,
         double        x)
{
  return b[0] * -expm1 (-b[1] * x);
}

static double
ratkowsky3 (const double *b,
            double        x)
{
  return b[0] / pow (1 + exp (b[1] - b[2] * x), 1 / b[3]);
}

static double
mgh17 (const double *b,
       double        x)
{
  return b[0] + b[1] * exp (-b[3] * x) + b[2] * exp (-b[4] * x);
}

static double
kirby2 (const double *b,
        double        x)
{
  return (b[0] + b[1] * x + b[2] * x * x) / (1 + b[3] * x + b[4] * x * x);
}

static double
thurber (const double *b,
         double        x)
{
  return (b[0] + x * (b[1] + x * (b[2] + x * b[3]))) / (1 + x * (b[4] + x * (b[5] + x * b[6])));
}

/* NIST StRD, nonlinear regression: the certified least squares, from wide priors, no start told.  The
 * smallest residuals that single precision can tell limit mgh17 (5e-5 in all). */
static void
test_nist (void)
{
  static const struct
  {
    const char *name;
    Curve curve;
    gsize n_parameters;
    double bounds[14];
    gboolean logarithmic;
  } sets[] = {
    { "misra1a", misra1a, 2, { 1, 1e4, 1e-6, 1 }, TRUE },
    { "ratkowsky3", ratkowsky3, 4, { 10, 1e4, 0.1, 50, 0.01, 10, 0.1, 10 }, TRUE },
    { "mgh17", mgh17, 5, { -2, 2, -5, 5, -5, 5, 1e-3, 1, 1e-3, 1 }, TRUE },
    { "kirby2", kirby2, 5, { -10, 10, -1, 1, -0.1, 0.1, -0.01, 0.01, -1e-3, 1e-3 }, FALSE },
    { "thurber", thurber, 7, { 100, 1e4, 100, 1e4, 10, 1e4, 1, 1e3, 0.05, 5, 0.05, 5, 1e-3, 1 }, TRUE },
  };
  g_autoptr(UsCsv) optima = shared_series ("nist_optima");

  if (optima == NULL)
    {
      g_test_skip ("the series are not here");
      return;
    }
  for (gsize s = 0; s < G_N_ELEMENTS (sets); s++)
    {
      g_autofree char *file = g_strdup_printf ("nist_%s", sets[s].name);
      g_autoptr(UsCsv) csv = shared_series (file);
      g_auto(GStrv) certified = NULL;
      double squares = 0, x[MOST], y[MOST];
      static Closed closed;
      gsize row = 0, n = csv->n_rows;

      while (strcmp (optima->text[0][row], sets[s].name) != 0)
        row++;
      certified = g_strsplit (optima->text[1][row], " ", -1);
      squares = optima->values[row * optima->n_columns + 2];
      for (gsize i = 0; i < n; i++)
        {
          x[i] = csv->values[2 * i];
          y[i] = csv->values[2 * i + 1];
        }
      closed_init (&closed, sets[s].name, sets[s].curve, n, x, sets[s].n_parameters, sets[s].bounds, sets[s].logarithmic);
      {
        g_autoptr(UsFit) self = fit (&closed.table, y, &(UsFitOptions) { .n_starts = 20, .n_screened = 2000 });
        double found = n * self->rms * self->rms;

        g_test_message ("%s: %.9g, certified %.9g; %u of %u starts; %u runs", sets[s].name, found, squares,
                        self->n_agreed, self->n_starts, self->n_runs);
        assert_near (found, squares, 1e-4);
        /* two exponentials are two whichever comes first */
        for (gsize p = 0; p < sets[s].n_parameters && sets[s].curve != mgh17; p++)
          assert_near (self->theta[p], g_ascii_strtod (certified[p], NULL), 2e-3);
      }
    }
}

/* The logistic of ours is NIST's Ratkowsky2: K, N₀ = K / (1 + exp b₂), r. */
static UsFit *
fit_series (const char  *id,
            gsize        n,
            const double *x,
            const double *y)
{
  g_autoptr(GError) error = NULL;
  const UsSimulator *base = us_registry_find (id, &error);
  const UsSimulator *timed;

  g_assert_no_error (error);
  timed = us_timed_new (base, 0, x, n, &error);
  g_assert_no_error (error);
  return fit (timed, y, NULL);
}

static gsize
columns (const UsCsv *csv,
         double      *x,
         double      *y)
{
  for (gsize i = 0; i < csv->n_rows; i++)
    {
      x[i] = csv->values[i * csv->n_columns];
      y[i] = csv->values[i * csv->n_columns + 1];
    }
  return csv->n_rows;
}

static void
test_growth (void)
{
  static const char *const growth[] = { "growth-exponential", "growth-gompertz", "growth-bertalanffy" };
  g_autoptr(UsCsv) ratkowsky = shared_series ("nist_ratkowsky2");
  g_autoptr(UsCsv) yeast = shared_series ("yeast_carlson_1913");
  double x[MOST], y[MOST];
  gsize n;

  if (ratkowsky == NULL || yeast == NULL)
    {
      g_test_skip ("the series are not here");
      return;
    }
  n = columns (ratkowsky, x, y);
  {
    g_autoptr(UsFit) self = fit_series ("growth-logistic", n, x, y);

    assert_near (n * self->rms * self->rms, 8.0565229338, 1e-4);
    assert_near (self->theta[0], 72.462237576 / (1 + exp (2.6180768402)), 2e-3);
    assert_near (self->theta[1], 0.067359200066, 1e-3);
    assert_near (self->theta[2], 72.462237576, 1e-3);
    /* certified standard deviations are by n − p; ours by the likelihood */
    assert_near (self->sd[2], 1.7340283401 * sqrt ((n - 3.0) / n), 0.1);
  }

  n = columns (yeast, x, y);
  {
    g_autoptr(UsFit) self = fit_series ("growth-logistic", n, x, y);

    g_test_message ("yeast: N0 %.3f, r %.4f ± %.4f, K %.2f ± %.2f, rms %.3f, AIC %.2f", self->theta[0], self->theta[1],
                    self->sd[1], self->theta[2], self->sd[2], self->rms, self->aic);
    assert_near (self->theta[1], 0.547, 0.005);
    assert_near (self->theta[2], 663, 0.002);
    g_assert_true (self->determined);
    for (gsize i = 0; i < G_N_ELEMENTS (growth); i++)
      {
        g_autoptr(UsFit) other = fit_series (growth[i], n, x, y);

        g_test_message ("%s: AIC %.2f", growth[i], other->aic);
        g_assert_cmpfloat (other->aic, >, self->aic + 10);
      }
  }
}

/* Six subjects of indomethacin, 11 values each: two compartments beat one by AIC in each of them, and by AICc, which asks
 * more of so few values, in all together. */
static void
test_indomethacin (void)
{
  g_autoptr(UsCsv) csv = shared_series ("indomethacin_iv");
  double gained = 0;

  if (csv == NULL)
    {
      g_test_skip ("the series are not here");
      return;
    }
  for (double subject = 1; subject <= 6; subject++)
    {
      double x[MOST], y[MOST];
      gsize n = 0;

      for (gsize i = 0; i < csv->n_rows; i++)
        if (csv->values[3 * i] == subject)
          {
            x[n] = csv->values[3 * i + 1];
            y[n++] = csv->values[3 * i + 2];
          }
      {
        g_autoptr(UsFit) one = fit_series ("pk-one-bolus", n, x, y);
        g_autoptr(UsFit) two = fit_series ("pk-two-bolus", n, x, y);

        g_test_message ("subject %g: AICc %.2f of one, %.2f of two (rms %.4f, %.4f; %u of %u starts)", subject, one->aicc,
                        two->aicc, one->rms, two->rms, two->n_agreed, two->n_starts);
        g_assert_cmpfloat (two->aic, <, one->aic);
        gained += one->aicc - two->aicc;
      }
    }
  g_assert_cmpfloat (gained, >, 10);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  make_line ();
  g_test_add_func ("/fit/line", test_line);
  g_test_add_func ("/fit/line-noise", test_line_noise);
  g_test_add_func ("/fit/gaps", test_gaps);
  g_test_add_func ("/fit/evidence", test_evidence);
  g_test_add_func ("/fit/evidence-noise", test_evidence_noise);
  g_test_add_func ("/fit/poisson", test_poisson);
  g_test_add_func ("/fit/discrete", test_discrete);
  g_test_add_func ("/fit/refusals", test_refusals);
  g_test_add_func ("/fit/bounds", test_bounds);
  g_test_add_func ("/fit/not-determined", test_not_determined);
  g_test_add_func ("/fit/errors", test_errors);
  g_test_add_func ("/fit/weights", test_weights);
  g_test_add_func ("/fit/same-bits", test_same_bits);
  g_test_add_func ("/fit/nist", test_nist);
  g_test_add_func ("/fit/growth", test_growth);
  g_test_add_func ("/fit/indomethacin", test_indomethacin);
  return g_test_run ();
}

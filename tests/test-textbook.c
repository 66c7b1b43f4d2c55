/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mechanisms against the measurements that textbooks fit by them: least squares by GSL finds the textbook's numbers. */
#include "config.h"

#include "equation-fixture.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_multifit_nlinear.h>

#define MAX_POINTS 64

/* Some parameters of a simulator, as logarithms, against points of its first output. */
typedef struct
{
  const UsSimulator *simulator;
  gsize              n_fitted;
  gsize              n;
  double             times[MAX_POINTS];
  double             x[MAX_POINTS];
  gsize              channel[MAX_POINTS];
  gboolean           logarithmic;       /* residuals are of logarithms */
  double             theta[8];          /* start, then answer */
} Fit;

static double
measure (const Fit *fit,
         double     value)
{
  return fit->logarithmic ? log (value) : value;
}

static int
residuals (const gsl_vector *logs,
           void             *data,
           gsl_vector       *f)
{
  const Fit *fit = data;
  double theta[8];
  float x[4];

  memcpy (theta, fit->theta, sizeof theta);
  for (gsize i = 0; i < fit->n_fitted; i++)
    theta[i] = exp (gsl_vector_get (logs, i));
  for (gsize k = 0; k < fit->n; k++)
    {
      fixture_run_at (fit->simulator, theta, 0, 1, fit->times + k, x);
      gsl_vector_set (f, k, measure (fit, x[fit->channel[k]]) - measure (fit, fit->x[k]));
    }
  return GSL_SUCCESS;
}

/* Returns the sum of squares. */
static double
fit_run (Fit *fit)
{
  gsl_multifit_nlinear_parameters parameters = gsl_multifit_nlinear_default_parameters ();
  gsl_multifit_nlinear_fdf fdf = { .f = residuals, .n = fit->n, .p = fit->n_fitted, .params = fit };
  gsl_multifit_nlinear_workspace *work;
  gsl_vector *start = gsl_vector_alloc (fit->n_fitted);
  double squares;
  int info;

  /* Values come in single precision: differences over more than its root. */
  parameters.h_df = 1e-3;
  work = gsl_multifit_nlinear_alloc (gsl_multifit_nlinear_trust, &parameters, fit->n, fit->n_fitted);
  for (gsize i = 0; i < fit->n_fitted; i++)
    gsl_vector_set (start, i, log (fit->theta[i]));
  gsl_multifit_nlinear_init (start, &fdf, work);
  gsl_multifit_nlinear_driver (300, 1e-6, 0, 0, NULL, NULL, &info, work);
  for (gsize i = 0; i < fit->n_fitted; i++)
    fit->theta[i] = exp (gsl_vector_get (gsl_multifit_nlinear_position (work), i));
  gsl_blas_ddot (gsl_multifit_nlinear_residual (work), gsl_multifit_nlinear_residual (work), &squares);
  gsl_multifit_nlinear_free (work);
  gsl_vector_free (start);
  return squares;
}

/* The columns of a file whose lines have one header; FALSE: it is not there. */
static gboolean
read_columns (const char *path,
              gsize       n_columns,
              double     *values,       /* (n, n_columns) */
              gsize      *n)
{
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;

  *n = 0;
  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  for (char **line = lines + 1; *line != NULL; line++, (*n)++)
    {
      g_auto(GStrv) fields = g_strsplit (*line, ",", -1);

      g_assert_cmpuint (g_strv_length (fields), ==, n_columns);
      for (gsize c = 0; c < n_columns; c++)
        values[*n * n_columns + c] = g_ascii_strtod (fields[c], NULL);
    }
  return TRUE;
}

static const char series[] = US_TEST_SOURCE_ROOT "/data/series/";

/* Carlson's yeast: K about 663, r about 0.547; the prior holds the fit, and of its rivals none is as close but the one
 * that contains it. */
static void
test_yeast (void)
{
  static const char *const rivals[] = { "growth-exponential", "growth-gompertz", "growth-bertalanffy", "growth-richards" };
  double data[64], squares;
  gsize n;
  Fit fit = { .theta = { 10, 0.4, 500, 1 }, .n_fitted = 3 };
  g_autofree char *path = g_strconcat (series, "yeast_carlson_1913.csv", NULL);

  g_assert_true (read_columns (path, 2, data, &n));
  g_assert_cmpuint (n, ==, 19);
  for (fit.n = 0; fit.n < n; fit.n++)
    {
      fit.times[fit.n] = data[2 * fit.n];
      fit.x[fit.n] = data[2 * fit.n + 1];
    }
  fit.simulator = fixture_simulator ("growth-logistic");
  squares = fit_run (&fit);
  g_test_message ("N0 %.3f, r %.4f, K %.1f; rms %.2f", fit.theta[0], fit.theta[1], fit.theta[2], sqrt (squares / (double) n));
  g_assert_cmpfloat_with_epsilon (fit.theta[1], 0.547, 0.002);
  g_assert_cmpfloat_with_epsilon (fit.theta[2], 663, 1);

  for (gsize r = 0; r < G_N_ELEMENTS (rivals); r++)
    {
      Fit rival = fit;
      double other;

      rival.simulator = fixture_simulator (rivals[r]);
      rival.n_fitted = rival.simulator->n_parameters;
      memcpy (rival.theta, (double[]) { 15, 0.2, 700, 1.1 }, 4 * sizeof (double));
      if (r == 3)
        memcpy (rival.theta, fit.theta, 3 * sizeof (double));
      other = fit_run (&rival);
      g_test_message ("%s: rms %.2f", rivals[r], sqrt (other / (double) n));
      g_assert_true (r == 3 ? other < 1.001 * squares && rival.theta[3] > 0.8 && rival.theta[3] < 1.2 : other > 10 * squares);
    }
}

/* Six subjects, each alone: two compartments by AIC; the means over subjects are the textbook's (Pinheiro and
 * Bates 2000, section 6.2: 2.83 e^(−2.17 t) + 0.46 e^(−0.26 t) mg/L), near enough for a fit of other weights. */
static void
test_indomethacin (void)
{
  double data[3 * 128], mean[2] = { 0 }, gain = 0;
  gsize n;
  g_autofree char *path = g_strconcat (series, "indomethacin_iv.csv", NULL);

  g_assert_true (read_columns (path, 3, data, &n));
  g_assert_cmpuint (n, ==, 66);
  for (guint subject = 1; subject <= 6; subject++)
    {
      Fit one = { .simulator = fixture_simulator ("pk-one-bolus"), .n_fitted = 2, .theta = { 10, 10, 25 } };
      Fit two = { .simulator = fixture_simulator ("pk-two-bolus"), .n_fitted = 4, .theta = { 8, 8, 6, 12, 25 } };
      double squares[2];

      for (gsize k = 0; k < n; k++)
        if (data[3 * k] == subject)
          {
            one.times[one.n] = two.times[one.n] = data[3 * k + 1];
            one.x[one.n] = two.x[one.n] = data[3 * k + 2];
            two.n = ++one.n;
          }
      g_assert_cmpuint (one.n, ==, 11);
      squares[0] = fit_run (&one);
      squares[1] = fit_run (&two);
      g_test_message ("subject %u: CL %.2f, V1 %.2f, Q %.2f, V2 %.2f; rms %.3f, of one compartment %.3f", subject,
                      two.theta[0], two.theta[1], two.theta[2], two.theta[3], sqrt (squares[1] / 11), sqrt (squares[0] / 11));
      gain += 11 * log (squares[0] / squares[1]);
      mean[0] += log (G_LN2 / fixture_derived (two.simulator, "half_life_fast", two.theta)) / 6;
      mean[1] += log (two.theta[4] / two.theta[1]) / 6;
    }
  /* twice the difference of log likelihoods, less AIC's price of twelve more parameters */
  g_test_message ("AIC lower by %.0f", gain - 2 * 12);
  g_assert_cmpfloat (gain, >, 2 * 12 + 10);
  g_test_message ("α %.2f per hour, C(0) %.2f mg/L", exp (mean[0]), exp (mean[1]));
  g_assert_cmpfloat_with_epsilon (exp (mean[0]), 2.17, 0.5);
  g_assert_cmpfloat_with_epsilon (exp (mean[1]), 2.83 + 0.46, 0.5);
}

/* Twelve subjects with their own doses: the medians are those of the textbook (section 8.1 there: kₐ 1.59 and CL 0.0405
 * V 0.455, of means of logarithms with shared spread). */
static void
test_theophylline (void)
{
  double data[5 * 160], logs[3] = { 0 };
  gsize n;
  g_autofree char *path = g_strconcat (series, "theophylline_oral.csv", NULL);

  g_assert_true (read_columns (path, 5, data, &n));
  g_assert_cmpuint (n, ==, 132);
  for (guint subject = 1; subject <= 12; subject++)
    {
      Fit fit = { .simulator = fixture_simulator ("pk-one-oral"), .n_fitted = 3, .theta = { 1.5, 0.04, 0.45 } };
      double squares;

      for (gsize k = 0; k < n; k++)
        if (data[5 * k] == subject)
          {
            fit.theta[3] = data[5 * k + 2];
            fit.times[fit.n] = data[5 * k + 3];
            fit.x[fit.n++] = data[5 * k + 4];
          }
      squares = fit_run (&fit);
      g_assert_cmpfloat (sqrt (squares / (double) fit.n), <, 1.3);
      for (gsize i = 0; i < 3; i++)
        logs[i] += log (fit.theta[i]) / 12;
    }
  g_test_message ("ka %.3f, CL %.4f, V %.3f", exp (logs[0]), exp (logs[1]), exp (logs[2]));
  g_assert_cmpfloat_with_epsilon (logs[0], log (1.59), 0.15);
  g_assert_cmpfloat_with_epsilon (logs[1], log (0.0405), 0.1);
  g_assert_cmpfloat_with_epsilon (logs[2], log (0.455), 0.1);
}

/* Lynx and hare, residuals of logarithms: Stan's posterior means, within their standard deviations (0.06, 0.004, 0.09,
 * 0.004; Carpenter 2018). */
static void
test_lynx_and_hare (void)
{
  double data[3 * 32];
  gsize n;
  Fit fit = { .simulator = fixture_simulator ("lotka-volterra"), .n_fitted = 6, .logarithmic = TRUE,
              .theta = { 0.6, 0.03, 0.8, 0.025, 30, 6 } };

  if (!read_columns (US_TEST_SHARED_DATA "/series/lynx_hare_hudson_bay_1900_1920.csv", 3, data, &n))
    {
      g_test_skip ("the series is not there");
      return;
    }
  for (gsize k = 0; k < n; k++)
    for (gsize c = 0; c < 2; c++)
      {
        fit.times[fit.n] = data[3 * k] - 1900;
        fit.channel[fit.n] = c;
        fit.x[fit.n++] = data[3 * k + 1 + c];
      }
  fit_run (&fit);
  g_test_message ("α %.3f, β %.4f, γ %.3f, δ %.4f, from %.1f and %.1f", fit.theta[0], fit.theta[1], fit.theta[2],
                  fit.theta[3], fit.theta[4], fit.theta[5]);
  g_assert_cmpfloat_with_epsilon (fit.theta[0], 0.55, 0.06);
  g_assert_cmpfloat_with_epsilon (fit.theta[1], 0.028, 0.004);
  g_assert_cmpfloat_with_epsilon (fit.theta[2], 0.80, 0.09);
  g_assert_cmpfloat_with_epsilon (fit.theta[3], 0.024, 0.004);
  g_assert_cmpfloat_with_epsilon (fit.theta[4], 34, 3);
  g_assert_cmpfloat_with_epsilon (fit.theta[5], 5.9, 0.7);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gsl_set_error_handler_off ();

  g_test_add_func ("/textbook/yeast", test_yeast);
  g_test_add_func ("/textbook/indomethacin", test_indomethacin);
  g_test_add_func ("/textbook/theophylline", test_theophylline);
  g_test_add_func ("/textbook/lynx-and-hare", test_lynx_and_hare);

  return g_test_run ();
}

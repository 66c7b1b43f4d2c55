/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-error.h"
#include "us-predictor-task.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

/* Rows that predictors are trained on, against the simulators themselves; a forecast against its exact
 * predictive distribution. */

#define ROWS 40

static UsPrior *
prior_of (const char *id)
{
  g_autoptr(GError) error = NULL;
  const UsSimulator *simulator = us_registry_find (id, &error);

  g_assert_no_error (error);
  return us_prior_new_default (simulator);
}

static UsTask *
make (UsTaskConfig *config,
      UsPrior      *a,
      UsPrior      *b,
      GError      **error)
{
  UsPrior *priors[] = { a, b };

  config->priors = priors;
  config->n_priors = b != NULL ? 2 : 1;
  return us_task_new (config, error);
}

static void
simulate (const UsTask *task,
          guint         n_workers,
          float        *x,
          double       *targets,
          guint32      *classes)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (us_task_simulate (task, 0, ROWS, n_workers, x, targets, classes, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
}

/* The parameters and the observed series are those of a bank of the same seed; the future is the same run, later. */
static void
test_future (void)
{
  UsTaskConfig config = { .kind = US_TASK_FORECAST, .horizon = 2.2, .seed = 7 };
  g_autoptr(UsPrior) prior = prior_of ("growth-logistic");
  const UsSimulator *simulator = us_prior_simulator (prior);
  g_autoptr(UsTask) task = make (&config, prior, NULL, NULL);
  gsize V = us_task_n_values (task), D = us_task_n_targets (task);
  g_autofree float *x = g_new (float, ROWS * V), *bank = g_new (float, ROWS * V), *future = g_new (float, D);
  g_autofree double *y = g_new (double, ROWS * D), *theta = g_new (double, ROWS * 3), *times = g_new (double, D);

  simulate (task, 2, x, y, NULL);
  g_assert_true (us_simulate_rows (prior, 0, 7, 0, ROWS, theta, bank, NULL));
  g_assert_cmpmem (x, ROWS * V * sizeof *x, bank, ROWS * V * sizeof *bank);
  /* two an hour: four in 2.2 h, the last of them at its end */
  g_assert_cmpuint (D, ==, 4);
  for (gsize d = 0; d < D; d++)
    times[d] = us_task_targets (task)[d].at;
  g_assert_cmpfloat_with_epsilon (times[0], 20.55, 1e-9);
  g_assert_cmpfloat_with_epsilon (times[3], 22.2, 1e-9);
  g_assert_cmpstr (us_task_targets (task)[0].name, ==, "size");
  for (gsize r = 0; r < ROWS; r++)
    {
      UsRng rng;

      us_rng_init (&rng, 7, US_RNG_SIMULATOR, r);
      g_assert_cmpint (simulator->run_at (simulator, theta + r * 3, 0, D, times, &rng, future), ==, US_SIM_OK);
      for (gsize d = 0; d < D; d++)
        g_assert_cmpfloat_with_epsilon (y[r * D + d], (double) future[d], 1e-5 * fabs (y[r * D + d]));
    }
}

/* Where a simulator cannot be run later, seen and future are its series, cut in two. */
static void
test_cut (void)
{
  UsTaskConfig config = { .kind = US_TASK_FORECAST, .horizon = 0.26, .output = "curve", .seed = 3 };
  g_autoptr(UsPrior) prior = prior_of ("fourier");
  const UsSimulator *simulator = us_prior_simulator (prior);
  guint output = (guint) us_simulator_output_index (simulator, "curve");
  gsize n = us_output_n_values (&simulator->outputs[output]);
  g_autoptr(UsTask) task = make (&config, prior, NULL, NULL);
  gsize V = us_task_n_values (task), D = us_task_n_targets (task);
  g_autofree float *x = g_new (float, ROWS * V), *bank = g_new (float, ROWS * n);
  g_autofree double *y = g_new (double, ROWS * D), *theta = g_new (double, ROWS * simulator->n_parameters);
  const UsOutput *seen = us_task_observed (task);

  if (simulator->run_at != NULL)
    {
      g_test_skip ("can be run at any place");
      return;
    }
  g_assert_cmpuint (V + D, ==, n);
  g_assert_cmpuint (D, >, 0);
  simulate (task, 1, x, y, NULL);
  g_assert_true (us_simulate_rows (prior, output, 3, 0, ROWS, theta, bank, NULL));
  for (gsize r = 0; r < ROWS; r++)
    for (gsize i = 0; i < n; i++)
      g_assert_cmpfloat (i < V ? (double) x[r * V + i] : y[r * D + i - V], ==, (double) bank[r * n + i]);
  g_assert_cmpfloat_with_epsilon (us_output_x (seen, V - 1), us_output_x (&simulator->outputs[output], V - 1), 1e-12);
  g_assert_cmpfloat_with_epsilon (us_task_targets (task)[0].at, us_output_x (&simulator->outputs[output], V), 1e-12);
  g_assert_cmpfloat (us_output_x (seen, V - 1), <=, us_output_x (&simulator->outputs[output], n - 1) - 0.26 + 1e-9);
}

/* Parameters, what follows from them, and the series without noise of the very run that was observed. */
static void
test_quantities (void)
{
  const char *const hidden[] = { "true_size", "rate", NULL };
  UsTaskConfig config = { .kind = US_TASK_QUANTITIES, .hidden = hidden, .seed = 5 };
  g_autoptr(UsPrior) prior = prior_of ("growth-logistic+normal");
  const UsSimulator *simulator = us_prior_simulator (prior);
  g_autoptr(UsTask) task = make (&config, prior, NULL, NULL), logarithms = NULL;
  gsize V = us_task_n_values (task), D = us_task_n_targets (task), first = 4 + simulator->n_derived;
  g_autofree float *x = g_new (float, ROWS * V), *bank = g_new (float, ROWS * V), *again = g_new (float, ROWS * V);
  g_autofree double *y = g_new (double, ROWS * D), *logs = g_new (double, ROWS * D);
  g_autofree double *theta = g_new (double, ROWS * simulator->n_parameters);
  double square = 0;

  g_assert_cmpuint (D, ==, first + 2 * V);
  g_assert_cmpstr (us_task_targets (task)[2].name, ==, "K");
  g_assert_cmpstr (us_task_targets (task)[first + V].name, ==, "rate");
  g_assert_cmpfloat_with_epsilon (us_task_targets (task)[first + V + 1].at, 0.5, 1e-12);
  simulate (task, 2, x, y, NULL);
  g_assert_true (us_simulate_rows (prior, 0, 5, 0, ROWS, theta, bank, NULL));
  g_assert_cmpmem (x, ROWS * V * sizeof *x, bank, ROWS * V * sizeof *bank);
  for (gsize r = 0; r < ROWS; r++)
    {
      double K = theta[r * 4 + 2], share;

      for (gsize p = 0; p < 4; p++)
        g_assert_cmpfloat (y[r * D + p], ==, theta[r * 4 + p]);
      g_assert_cmpfloat_with_epsilon (y[r * D + 4], G_LN2 / theta[r * 4 + 1], 1e-12);
      for (gsize t = 0; t < V; t++)
        {
          double at = 0.5 * (double) t, truth = y[r * D + first + t];

          share = 1 / (1 + (K / theta[r * 4] - 1) * exp (-theta[r * 4 + 1] * at));
          g_assert_cmpfloat_with_epsilon (truth, K * share, 1e-5 * K);
          square += pow (((double) x[r * V + t] - truth) / theta[r * 4 + 3], 2) / (double) (ROWS * V);
        }
    }
  /* the rest is noise, of the row's own spread */
  g_assert_cmpfloat_with_epsilon (square, 1, 4 * sqrt (2.0 / (double) (ROWS * V)));

  config.logarithms = TRUE;
  logarithms = make (&config, prior, NULL, NULL);
  simulate (logarithms, 1, again, logs, NULL);
  g_assert_cmpstr (us_task_targets (logarithms)[4].name, ==, "log10_doubling_time");
  g_assert_cmpfloat_with_epsilon (logs[4], log10 (y[4]), 1e-12);
}

/* Simulators take turns, each with its own draws; any number of workers makes the same bytes. */
static void
test_selection (void)
{
  UsTaskConfig config = { .kind = US_TASK_SELECTION, .seed = 11 };
  g_autoptr(UsPrior) a = prior_of ("growth-logistic+normal"), b = prior_of ("growth-gompertz+normal");
  g_autoptr(UsTask) task = make (&config, a, b, NULL);
  gsize V = us_task_n_values (task);
  g_autofree float *x = g_new (float, ROWS * V), *again = g_new (float, ROWS * V), *bank = g_new (float, ROWS * V);
  double theta[ROWS * 8];
  guint32 classes[ROWS], same[ROWS];

  g_assert_cmpuint (us_task_n_targets (task), ==, 2);
  g_assert_cmpstr (us_task_names (task)[1], ==, "growth-gompertz+normal");
  simulate (task, 1, x, NULL, classes);
  for (guint n_workers = 2; n_workers <= 4; n_workers++)
    {
      simulate (task, n_workers, again, NULL, same);
      g_assert_cmpmem (x, ROWS * V * sizeof *x, again, ROWS * V * sizeof *again);
      g_assert_cmpmem (classes, sizeof classes, same, sizeof same);
    }
  for (gsize r = 0; r < ROWS; r++)
    {
      g_assert_cmpuint (classes[r], ==, r % 2);
      g_assert_true (us_simulate_rows (r % 2 == 0 ? a : b, 0, 11, r, 1, theta, bank, NULL));
      g_assert_cmpmem (bank, V * sizeof *bank, x + r * V, V * sizeof *x);
    }
}

static void
test_refused (void)
{
  static const struct
  {
    UsTaskKind  kind;
    const char *a, *b, *output, *hidden;
    double      horizon;
    int         code;
    const char *says;
  } bad[] = {
    { US_TASK_SELECTION, "growth-logistic", NULL, NULL, NULL, 0, US_FORMAT_ERROR_VALUE, "two simulators" },
    { US_TASK_SELECTION, "growth-logistic", "growth-gompertz@0,1,2", NULL, NULL, 0, US_FORMAT_ERROR_MISMATCH, "same points" },
    { US_TASK_SELECTION, "growth-logistic", "rlc", NULL, NULL, 0, US_FORMAT_ERROR_MISSING, "no output" },
    { US_TASK_SELECTION, "growth-logistic", "growth-gompertz", "weight", NULL, 0, US_FORMAT_ERROR_MISSING, "weight" },
    { US_TASK_FORECAST, "box", NULL, NULL, NULL, 1, US_FORMAT_ERROR_UNSUPPORTED, "picture" },
    { US_TASK_FORECAST, "growth-logistic", NULL, NULL, NULL, 0, US_FORMAT_ERROR_VALUE, "not above zero" },
    { US_TASK_FORECAST, "growth-logistic", NULL, NULL, NULL, NAN, US_FORMAT_ERROR_VALUE, "not above zero" },
    { US_TASK_FORECAST, "growth-logistic", NULL, NULL, NULL, 1e5, US_FORMAT_ERROR_VALUE, "runs to" },
    { US_TASK_QUANTITIES, "growth-logistic", NULL, NULL, "weight", 0, US_FORMAT_ERROR_MISSING, "weight" },
    { US_TASK_QUANTITIES, "growth-logistic", NULL, NULL, "size", 0, US_FORMAT_ERROR_MISSING, "size" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const char *const hidden[] = { bad[i].hidden, NULL };
      UsTaskConfig config = { .kind = bad[i].kind, .output = bad[i].output, .hidden = hidden, .horizon = bad[i].horizon };
      g_autoptr(UsPrior) a = prior_of (bad[i].a), b = bad[i].b != NULL ? prior_of (bad[i].b) : NULL;
      g_autoptr(GError) error = NULL;

      g_assert_null (make (&config, a, b, &error));
      g_assert_error (error, US_FORMAT_ERROR, bad[i].code);
      if (strstr (error->message, bad[i].says) == NULL)
        g_error ("“%s” does not say “%s”", error->message, bad[i].says);
    }
}

/* --- a forecast that is known ------------------------------------------ */

#define POINTS 6

/* A level that is seen with noise: the level is N(0, 1), the noise too. */
static UsSimStatus
level_run_at (const UsSimulator *self,
              const double      *theta,
              guint              output,
              gsize              n_times,
              const double      *times,
              UsRng             *rng,
              float             *out)
{
  for (gsize t = 0; t < n_times; t++)
    out[t] = (float) (theta[0] + us_rng_normal (rng));
  return US_SIM_OK;
}

static UsSimStatus
level_run (const UsSimulator *self,
           const double      *theta,
           guint              output,
           UsRng             *rng,
           float             *out)
{
  return level_run_at (self, theta, output, POINTS, NULL, rng, out);
}

static const UsParameter level_parameters[] = {
  { .name = "level", .label = "Level", .symbol = "l", .unit = "", .lower = -20, .upper = 20,
    .prior = { US_DISTRIBUTION_NORMAL, 0, 1, 0 }, .source = "" },
};
static const UsOutput level_outputs[] = {
  { .id = "seen", .label = "Seen", .kind = US_OUTPUT_SERIES, .height = POINTS, .width = 1, .channels = 1,
    .x_label = "t", .x_unit = "d", .y_label = "y", .y_unit = "", .x_upper = POINTS - 1, .lower = -4, .upper = 4 },
};
static const UsSimulator level = {
  .id = "level", .version = 3, .title = "Level", .summary = "A level seen with noise.", .parameters = level_parameters,
  .n_parameters = 1, .outputs = level_outputs, .n_outputs = 1, .run = level_run, .run_at = level_run_at,
};

static void
test_known_forecast (void)
{
  const double normal[] = { -1.9599639845, -1.2815515655, -0.6744897502, 0, 0.6744897502, 1.2815515655, 1.9599639845 };
  UsTaskConfig config = { .kind = US_TASK_FORECAST, .horizon = 2, .seed = 1 };
  const UsPredictorConfig how = { .seed = 1, .epochs = 6, .n_workers = 2, .summary = { .features = 32 } };
  g_autoptr(UsPrior) prior = us_prior_new_default (&level);
  g_autoptr(UsTask) task = make (&config, prior, NULL, NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsPredictor) self = us_task_train (task, 60000, &how, NULL, NULL, NULL, &error);
  const gsize n = 500;
  g_autofree float *x = g_new (float, n * POINTS);
  g_autofree double *y = g_new (double, n * 2), *answer = g_new (double, n * 14);
  double square = 0;

  g_assert_no_error (error);
  g_assert_cmpuint (us_head_n_answers (us_predictor_head (self)), ==, 14);
  g_assert_true (us_task_simulate (task, 100000, n, 1, x, y, NULL, NULL, NULL, NULL, &error));
  us_predictor_answer (self, n, x, answer);
  for (gsize r = 0; r < n; r++)
    for (gsize d = 0; d < 2; d++)
      {
        double sum = 0, sd = sqrt (1 + 1.0 / (POINTS + 1));

        for (gsize t = 0; t < POINTS; t++)
          sum += (double) x[r * POINTS + t];
        for (gsize i = 0; i < 7; i++)
          square += pow ((answer[r * 14 + d * 7 + i] - sum / (POINTS + 1) - normal[i] * sd) / sd, 2) / (double) (n * 14);
      }
  g_test_message ("misses the exact quantiles by %.3f spreads", sqrt (square));
  g_assert_cmpfloat (sqrt (square), <, 0.12);
  g_assert_cmpstr (us_predictor_record (self)->simulators[0], ==, "level 3");
  g_assert_cmpfloat (us_predictor_record (self)->horizon, ==, 2);
}

static void
test_cancelled (void)
{
  UsTaskConfig config = { .kind = US_TASK_FORECAST, .horizon = 2, .seed = 1 };
  g_autoptr(UsPrior) prior = us_prior_new_default (&level);
  g_autoptr(UsTask) task = make (&config, prior, NULL, NULL);
  g_autofree float *x = g_new (float, ROWS * POINTS);
  g_autofree double *y = g_new (double, ROWS * 2);
  g_autoptr(GError) error = NULL;
  gint cancelled = 1;

  g_assert_false (us_task_simulate (task, 0, ROWS, 1, x, y, NULL, NULL, NULL, &cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/task/future", test_future);
  g_test_add_func ("/task/cut", test_cut);
  g_test_add_func ("/task/quantities", test_quantities);
  g_test_add_func ("/task/selection", test_selection);
  g_test_add_func ("/task/refused", test_refused);
  g_test_add_func ("/task/known-forecast", test_known_forecast);
  g_test_add_func ("/task/cancelled", test_cancelled);
  return g_test_run ();
}

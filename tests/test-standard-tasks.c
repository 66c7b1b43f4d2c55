/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The standard tasks: what their true posteriors are, by two ways that share no code. */
#include "config.h"

#include "chain.h"
#include "grid-sampler.h"
#include "standard-tasks.h"

#include "us-bank.h"
#include "us-two-sample.h"

#include <glib/gstdio.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>
#include <math.h>
#include <string.h>

/* Draws of the reference for observation k, (count, P). */
static double *
reference (const StandardTask *task,
           guint               k,
           gsize               count,
           guint64             seed)
{
  g_autofree float *x = g_new (float, standard_task_n_values (task));
  double *theta = g_new (double, count * task->simulator->n_parameters);
  double clipped;

  standard_task_observation (task, k, x);
  g_assert_true (task->reference (x, count, seed, theta, &clipped));
  g_assert_cmpfloat (clipped, <, 1e-3);
  return theta;
}

/* Four standard errors of guessing. */
static void
assert_same (gsize         count,
             const double *a,
             const double *b,
             gsize         dims)
{
  double accuracy = us_c2st (count, a, count, b, dims, US_C2ST_FOLDS, 1, NULL);

  g_test_message ("C2ST %.4f", accuracy);
  g_assert_cmpfloat_with_epsilon (accuracy, 0.5, 4 * 0.5 / sqrt (2 * (double) count));
}

typedef struct
{
  const StandardTask *task;
  const float        *x;
} Posterior;

static double
posterior_density (gconstpointer data,
                   const double *theta)
{
  const Posterior *posterior = data;

  return posterior->task->log_posterior (posterior->x, theta);
}

/* CHAINS chains of `count` draws together, from starts that lie apart; they agree. */
#define CHAINS 4

static double *
chains (const StandardTask *task,
        guint               k,
        ChainFlip           flip,
        const double       *starts,      /* (CHAINS, P) */
        gsize               warm_up,
        gsize               count,       /* of each */
        gsize               thin)
{
  gsize n_parameters = task->simulator->n_parameters;
  g_autofree float *x = g_new (float, standard_task_n_values (task));
  double *theta = g_new (double, CHAINS * count * n_parameters);
  Posterior posterior = { task, x };
  double r_hat;

  standard_task_observation (task, k, x);
  for (gsize c = 0; c < CHAINS; c++)
    {
      UsRng rng;
      double taken;

      us_rng_init (&rng, 71, US_RNG_TEST, c);
      taken = chain_run (posterior_density, &posterior, flip, n_parameters, starts + c * n_parameters, warm_up, count, thin,
                         &rng, theta + c * count * n_parameters);
      g_assert_cmpfloat (taken, >, 0.05);
    }
  r_hat = chain_r_hat (CHAINS, count, n_parameters, theta);
  g_test_message ("R-hat %.4f", r_hat);
  g_assert_cmpfloat (r_hat, <, 1.05);
  return theta;
}

/* --- Gaussian linear --------------------------------------------------- */

static void
test_gaussian_linear (void)
{
  const StandardTask *task = standard_task_find ("gaussian_linear");
  g_autofree double *theta = reference (task, 1, 20000, 3);
  g_autofree double *starts = g_new0 (double, CHAINS * 10);
  g_autofree double *walked = NULL;
  float x[10];

  standard_task_observation (task, 1, x);
  for (gsize d = 0; d < 10; d++)
    {
      double mean = 0, square = 0;

      for (gsize i = 0; i < 20000; i++)
        mean += theta[10 * i + d] / 20000;
      for (gsize i = 0; i < 20000; i++)
        square += pow (theta[10 * i + d] - mean, 2) / 20000;
      /* Precisions add up: 1/0.1 + 1/0.1 = 1/0.05. */
      g_assert_cmpfloat_with_epsilon (mean, 0.5 * (double) x[d], 4 * sqrt (0.05 / 20000));
      g_assert_cmpfloat_with_epsilon (square, 0.05, 4 * 0.05 * sqrt (2.0 / 20000));
    }
  walked = chains (task, 1, NULL, starts, 20000, 250, 200);
  assert_same (1000, walked, theta, 10);
}

/* --- two moons --------------------------------------------------------- */

static void
test_two_moons (void)
{
  const StandardTask *task = standard_task_find ("two_moons");
  const double lower[] = { -1, -1 }, upper[] = { 1, 1 };

  for (guint k = 1; k <= 3; k++)
    {
      g_autofree double *theta = reference (task, k, 3000, k);
      g_autofree double *drawn = g_new (double, 2 * 3000);
      g_autoptr(GridSampler) grid = NULL;
      float x[2];
      Posterior posterior = { task, x };
      UsRng rng;

      /* Unfolded draws against the density on a grid. */
      standard_task_observation (task, k, x);
      grid = grid_sampler_new (posterior_density, &posterior, 2, 600, lower, upper);
      us_rng_init (&rng, 5, US_RNG_TEST, k);
      for (gsize i = 0; i < 3000; i++)
        grid_sampler_draw (grid, &rng, drawn + 2 * i);
      g_assert_cmpuint (grid->n_clipped, <, grid->n_proposed / 500);
      assert_same (3000, theta, drawn, 2);
    }
}

static void
test_impossible (void)
{
  const StandardTask *task = standard_task_find ("two_moons");
  const float beyond[] = { 5, 5 };
  double theta[20], clipped;

  g_assert_false (task->reference (beyond, 10, 1, theta, &clipped));
}

/* Ranks of θ among draws given its x are uniform (Talts et al. 2018): simulator and reference
 * tell of each other.  n_bins - 1 draws each. */
static void
assert_calibrated (const StandardTask *task,
                   gsize               n_rows,
                   gsize               n_bins)
{
  gsize n_parameters = task->simulator->n_parameters, n = standard_task_n_values (task);
  g_autoptr(UsPrior) prior = us_prior_new_default (task->simulator);
  g_autofree double *theta = g_new (double, n_rows * n_parameters);
  g_autofree float *x = g_new (float, n_rows * n);
  g_autofree double *draws = g_new (double, (n_bins - 1) * n_parameters);
  g_autofree gsize *counts = g_new0 (gsize, n_parameters * n_bins);

  g_assert_true (us_simulate_rows (prior, 0, 11, 0, n_rows, theta, x, NULL));
  for (gsize i = 0; i < n_rows; i++)
    {
      double clipped;

      g_assert_true (task->reference (x + i * n, n_bins - 1, 100 + i, draws, &clipped));
      for (gsize p = 0; p < n_parameters; p++)
        {
          gsize rank = 0;

          for (gsize k = 0; k < n_bins - 1; k++)
            rank += draws[k * n_parameters + p] < theta[i * n_parameters + p];
          counts[p * n_bins + rank]++;
        }
    }
  for (gsize p = 0; p < n_parameters; p++)
    {
      double expected = (double) n_rows / (double) n_bins, chi = 0;

      for (gsize b = 0; b < n_bins; b++)
        chi += pow ((double) counts[p * n_bins + b] - expected, 2) / expected;
      g_test_message ("%s %" G_GSIZE_FORMAT ": χ² %.1f of %" G_GSIZE_FORMAT, task->simulator->id, p, chi, n_bins - 1);
      g_assert_cmpfloat (gsl_cdf_chisq_Q (chi, (double) (n_bins - 1)), >, 1e-4);
    }
}

static void
test_calibrated (void)
{
  assert_calibrated (standard_task_find ("gaussian_linear"), 2000, 10);
  assert_calibrated (standard_task_find ("two_moons"), 2000, 10);
}

/* --- SLCP -------------------------------------------------------------- */

/* Nothing tells the signs of θ3 and θ4. */
static void
flip_signs (UsRng  *rng,
            double *theta)
{
  guint32 coins = us_rng_u32 (rng);

  if (coins & 1)
    theta[2] = -theta[2];
  if (coins & 2)
    theta[3] = -theta[3];
}

static void
test_slcp (gconstpointer data)
{
  const StandardTask *task = standard_task_find ("slcp");
  const double starts[CHAINS * 5] = {
    0, 0, 2, 2, 0,   -2.5, -2.5, 2.9, 1.5, 1,   2.5, 1, 1.5, 2.9, -1,   1, -2, 2.5, 2.5, 2,
  };
  guint k = GPOINTER_TO_UINT (data);
  g_autofree double *theta = reference (task, k, 2000, 1);
  g_autofree double *walked = chains (task, k, flip_signs, starts, 60000, 500, 400);
  g_autofree double *other = NULL;

  assert_same (2000, walked, theta, 5);
  /* Of another observation: told apart. */
  other = reference (task, k + 1, 500, 1);
  g_assert_cmpfloat (us_c2st (500, theta, 500, other, 5, US_C2ST_FOLDS, 1, NULL), >, 0.75);
}

/* --- SIR --------------------------------------------------------------- */

static int
sir_slope (double        t,
           const double  y[],
           double        dy[],
           void         *rates)
{
  const double *rate = rates;

  dy[0] = -rate[0] * y[0] * y[1] / 1e6;
  dy[1] = rate[0] * y[0] * y[1] / 1e6 - rate[1] * y[1];
  return GSL_SUCCESS;
}

/* People infected on days 0, 17, … 153 of a million: GSL's Runge and Kutta of eighth order. */
static void
sir_infected (const double *theta,
              double       *infected)        /* (10) */
{
  double rates[] = { theta[0], theta[1] }, y[] = { 1e6 - 1, 1 }, t = 0;
  gsl_odeiv2_system system = { sir_slope, NULL, 2, rates };
  gsl_odeiv2_driver *driver = gsl_odeiv2_driver_alloc_y_new (&system, gsl_odeiv2_step_rk8pd, 1e-3, 1e-10, 1e-12);

  infected[0] = 1;
  for (gsize day = 1; day < 10; day++)
    {
      g_assert_cmpint (gsl_odeiv2_driver_apply (driver, &t, 17.0 * (double) day, y), ==, GSL_SUCCESS);
      infected[day] = y[1];
    }
  gsl_odeiv2_driver_free (driver);
}

/* Counts have the binomial distribution's mean and variance. */
static void
test_sir_counts (void)
{
  const StandardTask *task = standard_task_find ("sir");
  const double thetas[][2] = { { 0.4, 0.125 }, { 1.6, 0.08 }, { 0.3, 0.2 } };
  enum { RUNS = 4000 };

  for (gsize k = 0; k < G_N_ELEMENTS (thetas); k++)
    {
      double infected[10], mean[10] = { 0 }, square[10] = { 0 };

      sir_infected (thetas[k], infected);
      for (gsize r = 0; r < RUNS; r++)
        {
          float x[10];
          UsRng rng;

          us_rng_init (&rng, 9, US_RNG_TEST, r);
          g_assert_cmpint (task->simulator->run (task->simulator, thetas[k], 0, &rng, x), ==, US_SIM_OK);
          for (gsize day = 0; day < 10; day++)
            {
              mean[day] += (double) x[day] / RUNS;
              square[day] += (double) (x[day] * x[day]) / RUNS;
            }
        }
      for (gsize day = 0; day < 10; day++)
        {
          double p = infected[day] / 1e6, variance = 1000 * p * (1 - p);

          /* Rare counts: one in all the runs is no surprise. */
          g_assert_cmpfloat_with_epsilon (mean[day], 1000 * p, 4.5 * sqrt (variance / RUNS) + 5.0 / RUNS);
          if (variance > 1)
            g_assert_cmpfloat_with_epsilon (square[day] - mean[day] * mean[day], variance, 5 * variance * sqrt (2.0 / RUNS));
        }
    }
}

/* Its steps are fine enough: the log likelihood, and a chain over it. */
static void
test_sir (void)
{
  const StandardTask *task = standard_task_find ("sir");
  g_autofree double *theta = reference (task, 1, 2000, 1);
  g_autofree double *walked = NULL;
  double infected[10], middle = 0;
  float x[10];

  standard_task_observation (task, 1, x);
  for (gsize i = 0; i < 200; i++)
    {
      double total = standard_task_log_prior (task->simulator, theta + 2 * i), mine;

      sir_infected (theta + 2 * i, infected);
      for (gsize day = 0; day < 10; day++)
        {
          double p = infected[day] / 1e6;

          total += (double) x[day] * log (p) + (1000 - (double) x[day]) * log1p (-p);
        }
      mine = task->log_posterior (x, theta + 2 * i);
      middle = i == 0 ? mine - total : middle;
      g_assert_cmpfloat_with_epsilon (mine - total, 0, 0.05);
      /* What all share is no error of the posterior. */
      g_assert_cmpfloat_with_epsilon (mine - total, middle, 0.01);
    }
  {
    const double starts[CHAINS * 2] = { 0.6, 0.19, 0.62, 0.18, 0.5, 0.15, 0.7, 0.25 };

    walked = chains (task, 1, NULL, starts, 4000, 500, 20);
  }
  assert_same (2000, walked, theta, 2);
}

/* --- what is written --------------------------------------------------- */

static void
test_bank (void)
{
  g_autofree char *folder = g_dir_make_tmp ("us-tasks-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "bank.npz", NULL);
  g_autofree char *nowhere = g_build_filename (folder, "missing", "bank.npz", NULL);
  gsize n_tasks;
  const StandardTask *const *tasks = standard_task_list (&n_tasks);

  for (gsize k = 0; k < n_tasks; k++)
    {
      gsize n_parameters = tasks[k]->simulator->n_parameters, n = standard_task_n_values (tasks[k]);
      g_autoptr(UsPrior) prior = us_prior_new_default (tasks[k]->simulator);
      g_autoptr(GError) error = NULL;
      g_autoptr(UsBank) bank = NULL;
      g_autofree double *theta = g_new (double, 50 * n_parameters);
      g_autofree double *expected = g_new (double, n_parameters);
      g_autofree float *x = g_new (float, 50 * n);
      g_autofree float *x_expected = g_new (float, n);

      g_assert_true (standard_task_write_bank (tasks[k], 50, 7, path, &error));
      g_assert_no_error (error);
      bank = us_bank_open (path, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (us_bank_n_rows (bank), ==, 50);
      g_assert_cmpuint (us_bank_n_parameters (bank), ==, n_parameters);
      g_assert_cmpuint (us_bank_n_values (bank), ==, n);
      g_assert_null (us_bank_meta (bank));
      g_assert_true (us_bank_read (bank, 0, 50, theta, x, &error));
      /* A row is a row of its own stream. */
      g_assert_true (us_simulate_rows (prior, 0, 7, 49, 1, expected, x_expected, &error));
      g_assert_cmpmem (theta + 49 * n_parameters, n_parameters * sizeof *theta, expected, n_parameters * sizeof *expected);
      g_assert_cmpmem (x + 49 * n, n * sizeof *x, x_expected, n * sizeof *x_expected);

      g_assert_false (standard_task_write_bank (tasks[k], 5, 7, nowhere, &error));
      g_assert_nonnull (error);
    }
  g_remove (path);
  g_rmdir (folder);
}

static void
test_observations (void)
{
  gsize n_tasks;
  const StandardTask *const *tasks = standard_task_list (&n_tasks);

  for (gsize k = 0; k < n_tasks; k++)
    {
      gsize n = standard_task_n_values (tasks[k]);
      g_autofree float *first = g_new (float, n);
      g_autofree float *own = g_new (float, n);
      g_autofree float *again = g_new (float, n);
      g_autofree double *theta = g_new (double, tasks[k]->simulator->n_parameters);

      standard_task_observation (tasks[k], 1, first);
      standard_task_observation (tasks[k], 6, own);
      standard_task_observation (tasks[k], 6, again);
      g_assert_cmpmem (own, n * sizeof *own, again, n * sizeof *again);
      g_assert_true (memcmp (first, own, n * sizeof *own) != 0);

      /* Nothing lies outside the prior. */
      for (gsize p = 0; p < tasks[k]->simulator->n_parameters; p++)
        theta[p] = tasks[k]->simulator->parameters[p].upper + 0.1;
      g_assert_cmpfloat (tasks[k]->log_posterior (first, theta), ==, -INFINITY);
    }
  g_assert_null (standard_task_find ("no such task"));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/standard-tasks/gaussian-linear", test_gaussian_linear);
  g_test_add_func ("/standard-tasks/two-moons", test_two_moons);
  g_test_add_func ("/standard-tasks/impossible", test_impossible);
  g_test_add_func ("/standard-tasks/calibrated", test_calibrated);
  g_test_add_data_func ("/standard-tasks/slcp/1", GUINT_TO_POINTER (1), test_slcp);
  g_test_add_data_func ("/standard-tasks/slcp/2", GUINT_TO_POINTER (2), test_slcp);
  g_test_add_func ("/standard-tasks/sir/counts", test_sir_counts);
  g_test_add_func ("/standard-tasks/sir/posterior", test_sir);
  g_test_add_func ("/standard-tasks/bank", test_bank);
  g_test_add_func ("/standard-tasks/observations", test_observations);
  return g_test_run ();
}

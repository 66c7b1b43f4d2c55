/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The classifier two-sample test; see us-two-sample.h. */
#include "config.h"

#include "us-two-sample.h"

#include "us-adam.h"
#include "us-loss.h"
#include "us-network.h"

#include <math.h>
#include <string.h>

/* N rows of both samples, D dimensions, B batch. */

/* scikit-learn's MLPClassifier with its defaults, as sbi-benchmark's c2st() uses it. */
#define UNITS_A_DIMENSION 10
#define BATCH             200
#define TOLERANCE         1e-4
#define PATIENCE          10      /* epochs without progress */
#define MAX_EPOCHS        2000    /* reached by no sample that was tried */

typedef struct
{
  gsize      n, dims;
  guint      folds;
  guint64    seed;
  float     *x;               /* (N, D) z-scored, in shuffled order */
  float     *label;           /* (N) 0 of the first sample, 1 of the second */
  UsNetwork *network;
  double    *accuracy;        /* (folds) */
} Test;

typedef struct
{
  const Test *test;
  gsize       first, last;    /* rows first .. last-1 are held out */
  gsize       n;              /* the others */
  gsize       batch;
  gsize      *order;          /* (n) rows to learn from */
  UsWeights  *weights;
  UsRun      *run;
  UsLoss     *loss;
  UsAdam     *adam;
  float      *x, *label;      /* (B, D), (B) */
  float      *logit_gradient; /* (B) */
  float      *gradient;       /* (parameters) */
} Fold;

static void
shuffle (UsRng *rng,
         gsize *order,
         gsize  n)
{
  for (gsize i = n; i > 1; i--)
    {
      gsize j = us_rng_below (rng, i), kept = order[i - 1];

      order[i - 1] = order[j];
      order[j] = kept;
    }
}

/* Rows in the order of their use; a label beside each. */
static gboolean
fill_rows (Test         *test,
           gsize         n_a,
           const double *a,
           const double *b)
{
  g_autofree double *mean = g_new0 (double, test->dims);
  g_autofree double *scale = g_new0 (double, test->dims);
  g_autofree gsize *order = g_new (gsize, test->n);
  UsRng rng;

  for (gsize i = 0; i < n_a; i++)
    for (gsize d = 0; d < test->dims; d++)
      mean[d] += a[i * test->dims + d] / (double) n_a;
  for (gsize i = 0; i < n_a; i++)
    for (gsize d = 0; d < test->dims; d++)
      scale[d] += (a[i * test->dims + d] - mean[d]) * (a[i * test->dims + d] - mean[d]);
  for (gsize d = 0; d < test->dims; d++)
    {
      scale[d] = sqrt (scale[d] / (double) MAX (n_a - 1, 1));
      if (!(scale[d] > 0))    /* a column that does not vary; what is not finite is found below */
        scale[d] = 1;
    }

  for (gsize i = 0; i < test->n; i++)
    order[i] = i;
  us_rng_init (&rng, test->seed, US_RNG_SHUFFLE, 0);
  shuffle (&rng, order, test->n);
  for (gsize i = 0; i < test->n; i++)
    {
      const double *row = order[i] < n_a ? a + order[i] * test->dims : b + (order[i] - n_a) * test->dims;

      test->label[i] = order[i] < n_a ? 0.0f : 1.0f;
      for (gsize d = 0; d < test->dims; d++)
        {
          /* Far outside the first sample it is far outside: single precision holds no more. */
          double z = (row[d] - mean[d]) / scale[d];

          if (!isfinite (z))
            return FALSE;
          test->x[i * test->dims + d] = (float) CLAMP (z, -1e6, 1e6);
        }
    }
  return TRUE;
}

static void
take_row (const Test *test,
          gsize       row,
          float      *x,
          float      *label)
{
  memcpy (x, test->x + row * test->dims, test->dims * sizeof *x);
  *label = test->label[row];
}

/* One time round: the mean loss of its batches.  What does not fill a batch
 * waits for the next epoch, whose order is another. */
static double
epoch (Fold  *fold,
       UsRng *rng)
{
  const Test *test = fold->test;
  gsize n_batches = fold->n / fold->batch;
  double total = 0;

  shuffle (rng, fold->order, fold->n);
  for (gsize k = 0; k < n_batches; k++)
    {
      const float *logit;

      for (gsize i = 0; i < fold->batch; i++)
        take_row (test, fold->order[k * fold->batch + i], fold->x + i * test->dims, fold->label + i);
      us_run_load (fold->run, fold->weights);
      logit = us_run_forward (fold->run, fold->x);
      total += us_loss_evaluate (fold->loss, logit, fold->label, fold->logit_gradient, NULL, NULL);
      us_run_backward (fold->run, fold->logit_gradient, fold->gradient);
      us_adam_step (fold->adam, fold->weights->parameters, fold->gradient, NULL);
    }
  return total / (double) n_batches;
}

static double
held_out_accuracy (Fold *fold)
{
  const Test *test = fold->test;
  g_autoptr(UsRun) run = us_run_new (test->network, fold->batch, US_RUN_INFERENCE, FALSE, NULL);
  gsize right = 0;

  us_run_load (run, fold->weights);
  for (gsize row = fold->first; row < fold->last; row += fold->batch)
    {
      gsize n = MIN (fold->batch, fold->last - row);
      const float *logit;

      for (gsize i = 0; i < n; i++)
        take_row (test, row + i, fold->x + i * test->dims, fold->label + i);
      logit = us_run_forward (run, fold->x);
      for (gsize i = 0; i < n; i++)
        right += (logit[i] > 0) == (fold->label[i] > 0.5f);
    }
  return (double) right / (double) (fold->last - fold->first);
}

static void
fold_clear (Fold *fold)
{
  us_run_free (fold->run);
  us_loss_free (fold->loss);
  us_adam_free (fold->adam);
  us_weights_unref (fold->weights);
  g_free (fold->order);
  g_free (fold->x);
  g_free (fold->label);
  g_free (fold->logit_gradient);
  g_free (fold->gradient);
}

static void
fold_init (Fold       *fold,
           const Test *test,
           gsize       index)
{
  const UsAdamConfig config = US_ADAM_CONFIG_DEFAULT;
  gsize n_parameters = us_network_n_parameters (test->network);

  fold->test = test;
  fold->first = index * test->n / test->folds;
  fold->last = (index + 1) * test->n / test->folds;
  fold->n = test->n - (fold->last - fold->first);
  fold->batch = MIN (BATCH, fold->n);
  fold->order = g_new (gsize, fold->n);
  for (gsize i = 0; i < fold->n; i++)
    fold->order[i] = i < fold->first ? i : i + (fold->last - fold->first);
  fold->weights = us_weights_new (test->network, test->seed + index);
  fold->run = us_run_new (test->network, fold->batch, US_RUN_TRAINING, FALSE, NULL);
  fold->loss = us_loss_new (US_LOSS_BCE, fold->batch, 1, 1, 1, 1, NULL);
  fold->adam = us_adam_new (n_parameters, &config);
  fold->x = g_new (float, fold->batch * test->dims);
  fold->label = g_new (float, fold->batch);
  fold->logit_gradient = g_new (float, fold->batch);
  fold->gradient = g_new (float, n_parameters);
}

static void
fold_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  Test *test = data;
  Fold fold;
  UsRng rng;
  double best = INFINITY;
  guint idle = 0;

  fold_init (&fold, test, chunk);
  us_rng_init (&rng, test->seed, US_RNG_SHUFFLE, 1 + chunk);
  for (guint e = 0; e < MAX_EPOCHS && idle <= PATIENCE; e++)
    {
      double loss = epoch (&fold, &rng);

      idle = loss > best - TOLERANCE ? idle + 1 : 0;
      best = MIN (best, loss);
    }
  test->accuracy[chunk] = held_out_accuracy (&fold);
  fold_clear (&fold);
}

double
us_c2st (gsize         n_a,
         const double *a,
         gsize         n_b,
         const double *b,
         gsize         dims,
         guint         folds,
         guint64       seed,
         UsPool       *pool)
{
  const UsLayer layers[] = {
    { .kind = US_LAYER_DENSE, .out = UNITS_A_DIMENSION * dims, .bias = TRUE },
    { .kind = US_LAYER_RELU },
    { .kind = US_LAYER_DENSE, .out = UNITS_A_DIMENSION * dims, .bias = TRUE },
    { .kind = US_LAYER_RELU },
    { .kind = US_LAYER_DENSE, .out = 1, .bias = TRUE },
  };
  Test test = { .n = n_a + n_b, .dims = dims, .folds = folds, .seed = seed };
  double total = 0;

  g_return_val_if_fail (n_a > 0 && a != NULL && n_b > 0 && b != NULL && dims > 0, NAN);
  g_return_val_if_fail (folds >= 2 && folds <= n_a + n_b, NAN);

  test.x = g_new (float, test.n * dims);
  test.label = g_new (float, test.n);
  test.accuracy = g_new0 (double, folds);
  if (!fill_rows (&test, n_a, a, b))
    total = NAN;
  else
    {
      test.network = us_network_new (1, 1, dims, layers, G_N_ELEMENTS (layers), NULL);
      g_assert (test.network != NULL);      /* the shapes are ours */
      us_pool_run (pool, folds, fold_chunk, &test);
      for (guint k = 0; k < folds; k++)
        total += test.accuracy[k] / folds;
      us_network_unref (test.network);
    }
  g_free (test.x);
  g_free (test.label);
  g_free (test.accuracy);
  return total;
}

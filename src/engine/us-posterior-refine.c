/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-posterior-refine.h"

#include "us-posterior-private.h"

#include "us-error.h"
#include "us-rng.h"
#include "us-two-sample.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* R rounds, N simulations of each, Q parameters of the simulator, P of them targets, V values of x. */

#define ROUNDS      5
#define SIMULATIONS 1000
#define ROWS        16           /* a chunk of simulating */
#define PASSES      100          /* to fill rows that the simulator asked to draw again */
#define DRAWS       2000         /* that are compared */
#define DIRECTIONS  64

typedef struct
{
  const UsPosteriorRefineConfig *config;
  const UsPrior *prior;
  guint          output;
  gsize          n_parameters, n_values;     /* Q, V */
  gsize          n_targets;                  /* P */
  gsize         *targets;                    /* (P) */
  UsPool        *pool;
  UsTruncation  *truncation;
  const gint    *cancelled;

  gsize          n_rows;                     /* of all rounds, inside the present truncation */
  double        *theta;                      /* (R N, Q) */
  float         *x;                          /* (R N, V) */
} Work;

static void
work_clear (Work *self)
{
  g_free (self->targets);
  g_clear_pointer (&self->pool, us_pool_free);
  g_clear_pointer (&self->truncation, us_truncation_free);
  g_free (self->theta);
  g_free (self->x);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Work, work_clear)

/* A stream's seed for each round and purpose. */
static guint64
seed_of (const Work *self,
         guint       round,
         guint       purpose)
{
  UsRng rng;

  us_rng_init (&rng, self->config->seed, US_RNG_REPEAT, ((guint64) round << 8) + purpose);
  return us_rng_u64 (&rng);
}

/* --- simulations ------------------------------------------------------------------ */

typedef struct
{
  const Work  *work;
  guint64      seed;
  gsize        n;
  const gsize *rows;             /* (n) */
  UsSimStatus *status;           /* (n) */
} Simulation;

static gboolean
is_stopped (const Work *self)
{
  return self->cancelled != NULL && g_atomic_int_get (self->cancelled) != 0;
}

static void
simulate_chunk (gpointer data,
                gsize    chunk,
                guint    worker)
{
  Simulation *job = data;
  const Work *work = job->work;
  const UsSimulator *simulator = us_prior_simulator (work->prior);

  for (gsize i = chunk * ROWS; i < MIN ((chunk + 1) * ROWS, job->n); i++)
    {
      gsize row = job->rows[i];
      UsRng rng;

      if (is_stopped (work))
        return;
      us_rng_init (&rng, job->seed, US_RNG_SIMULATOR, row);
      job->status[i] = simulator->run (simulator, work->theta + row * work->n_parameters, work->output, &rng,
                                       work->x + row * work->n_values);
    }
}

/* What failed, with its row; values that the observation lacks are blanked in all rows, so that nothing is learnt of them. */
static gboolean
check_rows (const Work       *self,
            const Simulation *job,
            GError          **error)
{
  const UsSimulator *simulator = us_prior_simulator (self->prior);

  for (gsize i = 0; i < job->n; i++)
    {
      float *x = self->x + job->rows[i] * self->n_values;

      if (job->status[i] == US_SIM_FAILED)
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                       "%s: the simulator failed: row %zu of seed %" PRIu64, simulator->id, job->rows[i], job->seed);
          return FALSE;
        }
      for (gsize v = 0; job->status[i] == US_SIM_OK && v < self->n_values; v++)
        {
          if (isnan (self->config->x[v]))
            x[v] = 0.0f;
          if (isfinite (x[v]))
            continue;
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                       "%s: value %zu of output “%s” is not finite: row %zu of seed %" PRIu64, simulator->id, v + 1,
                       simulator->outputs[self->output].id, job->rows[i], job->seed);
          return FALSE;
        }
    }
  return TRUE;
}

/* N rows more, inside the truncation.  A draw that left the simulator's domain is replaced by a new one. */
static gboolean
add_rows (Work              *self,
          guint              round,
          UsPosteriorRound  *record,
          GError           **error)
{
  gsize N = self->config->simulations, Q = self->n_parameters, n_open = N;
  g_autofree gsize *open = g_try_new (gsize, N);
  g_autofree UsSimStatus *status = g_try_new (UsSimStatus, N);
  g_autofree double *draws = g_try_new (double, N * Q);    /* of R N Q it is known that they can be counted */

  if (open == NULL || status == NULL || draws == NULL)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE, _("%zu rows of %zu values do not fit into memory"), N, Q);
      return FALSE;
    }
  for (gsize i = 0; i < N; i++)
    open[i] = self->n_rows + i;
  for (guint pass = 0; n_open > 0 && pass < PASSES; pass++)
    {
      Simulation job = { self, seed_of (self, round, 2 * pass + 1), n_open, open, status };
      double acceptance;
      gboolean resampled;
      gsize still = 0;

      if (!us_truncation_draw (self->truncation, n_open, seed_of (self, round, 2 * pass), self->pool, self->cancelled, draws,
                               &acceptance, &resampled, error))
        return FALSE;
      if (pass == 0)
        {
          record->acceptance = acceptance;
          record->resampled = resampled;
        }
      for (gsize i = 0; i < n_open; i++)
        {
          memcpy (self->theta + open[i] * Q, draws + i * Q, Q * sizeof (double));
          status[i] = US_SIM_OK;
        }
      us_pool_run (self->pool, (n_open + ROWS - 1) / ROWS, simulate_chunk, &job);
      if (is_stopped (self))
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
          return FALSE;
        }
      if (!check_rows (self, &job, error))
        return FALSE;
      for (gsize i = 0; i < n_open; i++)
        if (status[i] == US_SIM_RETRY)
          open[still++] = open[i];
      n_open = still;
    }
  if (n_open > 0)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                   _("round %u: %zu of %zu draws never stayed in the simulator's domain"), round, n_open, N);
      return FALSE;
    }
  self->n_rows += N;
  return TRUE;
}

/* Rows of earlier rounds that a new cut leaves out. */
static void
drop_rows (Work *self)
{
  g_autofree gboolean *inside = g_new (gboolean, MAX (self->n_rows, 1));
  gsize kept = 0;

  us_truncation_test (self->truncation, self->n_rows, self->theta, inside);
  for (gsize r = 0; r < self->n_rows; r++)
    if (inside[r])
      {
        memmove (self->theta + kept * self->n_parameters, self->theta + r * self->n_parameters,
                 self->n_parameters * sizeof (double));
        memmove (self->x + kept * self->n_values, self->x + r * self->n_values, self->n_values * sizeof (float));
        kept++;
      }
  self->n_rows = kept;
}

/* --- a round ------------------------------------------------------------------------- */

static UsPosterior *
train (const Work              *self,
       guint                    round,
       UsPosteriorProgressFunc  progress,
       gpointer                 data,
       GError                 **error)
{
  const UsPosteriorRefineConfig *config = self->config;
  const UsPosteriorConfig training = {
    .prior = (UsPrior *) self->prior, .output = self->output, .theta = self->theta, .x = self->x, .n_rows = self->n_rows,
    .n_parameters = self->n_parameters, .n_values = self->n_values, .targets = (const char *const *) config->model->names,
    .seed = seed_of (self, round, 255), .n_workers = config->n_workers, .niceness = config->niceness,
    .tuning = config->tuning, .command = config->command,
  };
  UsPosterior *model = us_posterior_train (&training, progress, data, self->cancelled, error);

  if (model == NULL)
    return NULL;
  model->n_dims = config->model->n_dims;
  memcpy (model->x_shape, config->model->x_shape, sizeof model->x_shape);
  model->observation = g_memdup2 (config->x, self->n_values * sizeof (float));
  model->record.seed = config->seed;
  return model;
}

/* Mean and variance of column p. */
static void
moments (const double *theta,
         gsize         n,
         gsize         stride,
         gsize         p,
         double       *mean,
         double       *variance)
{
  *mean = *variance = 0.0;
  for (gsize i = 0; i < n; i++)
    *mean += theta[i * stride + p] / (double) n;
  for (gsize i = 0; i < n; i++)
    *variance += (theta[i * stride + p] - *mean) * (theta[i * stride + p] - *mean) / (double) (n - 1);
}

static double
distance_of (gsize         P,
             const double *a,            /* (DRAWS, P) */
             const double *b,            /* (DRAWS, P) */
             const double *scale,        /* (P) */
             guint64       seed)
{
  g_autofree double *one = g_new (double, DRAWS * P);
  g_autofree double *other = g_new (double, DRAWS * P);

  for (gsize i = 0; i < DRAWS * P; i++)
    {
      one[i] = a[i] / scale[i % P];
      other[i] = b[i] / scale[i % P];
    }
  return us_wasserstein_sliced (DRAWS, one, NULL, DRAWS, other, NULL, P, DIRECTIONS, seed, NULL);
}

/* How far the new posterior is from the last one, and from the prior. */
static gboolean
compare (const Work        *self,
         const UsPosterior *last,
         const UsPosterior *model,
         guint              round,
         UsPosteriorRound  *record,
         GError           **error)
{
  gsize P = self->n_targets;
  g_autofree double *old = g_new (double, DRAWS * P);
  g_autofree double *new = g_new (double, 2 * DRAWS * P);
  g_autofree double *prior = g_new (double, DRAWS * self->n_parameters);
  g_autofree double *scale = g_new (double, P);
  guint64 seed = seed_of (self, round, 254);

  if (!us_posterior_sample (last, self->config->x, DRAWS, seed, old, error)
      || !us_posterior_sample (model, self->config->x, 2 * DRAWS, seed + 1, new, error)
      || !us_simulate_rows (self->prior, self->output, seed, 0, DRAWS, prior, NULL, error))
    return FALSE;
  record->contraction = 0.0;
  for (gsize p = 0; p < P; p++)
    {
      double mean, variance, before;

      moments (new, 2 * DRAWS, P, p, &mean, &variance);
      moments (prior, DRAWS, self->n_parameters, self->targets[p], &mean, &before);
      record->contraction += (1.0 - variance / before) / (double) P;
      scale[p] = variance > 0.0 ? sqrt (variance) : 1.0;
    }
  record->distance = distance_of (P, old, new, scale, seed);
  record->noise = distance_of (P, new, new + DRAWS * P, scale, seed);
  return TRUE;
}

/* --- the whole ----------------------------------------------------------------------- */

static gboolean
prepare (Work                          *self,
         const UsPosteriorRefineConfig *config,
         GError                       **error)
{
  UsPosterior *model = config->model;
  const UsSimulator *simulator = us_posterior_simulator (model);
  gsize n_rows, n_theta, n_x;

  if (simulator == NULL)
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
                           _("this posterior was trained on a table of simulations: refining makes new ones, which needs "
                             "the simulator itself"));
      return FALSE;
    }
  if (!us_posterior_holds_for (model, config->x))
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                           _("this posterior was itself refined for another observation: begin with one that was not"));
      return FALSE;
    }
  self->prior = model->prior;
  self->output = model->output;
  self->n_parameters = simulator->n_parameters;
  self->n_values = model->n_values;
  self->n_targets = model->n_parameters;
  self->targets = g_new (gsize, self->n_targets);
  for (gsize p = 0; p < self->n_targets; p++)
    {
      self->targets[p] = model->coordinates[p].parameter;
      if (self->targets[p] < self->n_parameters)
        continue;
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                   _("“%s” follows from the parameters: refine a posterior of these, of whose draws it is computed"), model->names[p]);
      return FALSE;
    }
  if (g_size_checked_mul (&n_rows, config->rounds, config->simulations)
      && g_size_checked_mul (&n_theta, n_rows, self->n_parameters)
      && g_size_checked_mul (&n_x, n_rows, self->n_values))
    {
      self->theta = g_try_new (double, n_theta);
      self->x = g_try_new (float, n_x);
    }
  if (self->theta == NULL || self->x == NULL)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE, _("%zu rows of %zu values do not fit into memory"),
                   config->simulations, self->n_values);
      return FALSE;
    }
  self->pool = us_pool_new (config->n_workers, config->niceness);
  self->truncation = us_truncation_new (self->prior, config->x, self->n_targets, self->targets);
  return TRUE;
}

UsPosterior *
us_posterior_refine (const UsPosteriorRefineConfig *given,
                     UsPosteriorRoundFunc           on_round,
                     UsPosteriorProgressFunc        progress,
                     gpointer                       data,
                     const gint                    *cancelled,
                     GError                       **error)
{
  UsPosteriorRefineConfig config = *given;
  g_auto(Work) work = { .config = &config, .cancelled = cancelled };
  g_autoptr(UsPosterior) last = us_posterior_ref (given->model);
  g_autoptr(GArray) rounds = g_array_new (FALSE, FALSE, sizeof (UsPosteriorRound));

  g_return_val_if_fail (config.model != NULL && config.x != NULL, NULL);

  config.rounds = config.rounds > 0 ? config.rounds : ROUNDS;
  config.simulations = config.simulations > 0 ? config.simulations : SIMULATIONS;
  if (!prepare (&work, &config, error))
    return NULL;
  for (guint round = 1; round <= config.rounds; round++)
    {
      UsPosteriorRound record = { .round = round };
      gint64 start = g_get_monotonic_time ();
      g_autoptr(UsPosterior) model = NULL;

      if (!us_truncation_add (work.truncation, last, seed_of (&work, round, 253), error))
        return NULL;
      drop_rows (&work);
      if (!add_rows (&work, round, &record, error)
          || (model = train (&work, round, progress, data, error)) == NULL
          || !compare (&work, last, model, round, &record, error))
        return NULL;
      record.n_rows = work.n_rows;
      record.held_out = model->record.held_out;
      record.seconds = 1e-6 * (double) (g_get_monotonic_time () - start);
      g_array_append_val (rounds, record);
      if (on_round != NULL)
        on_round (&record, data);
      us_posterior_unref (last);
      last = g_steal_pointer (&model);
    }
  g_array_append_vals (last->record.rounds, rounds->data, rounds->len);
  return g_steal_pointer (&last);
}

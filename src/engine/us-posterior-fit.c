/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Training of the members: each on one worker at a time, so that bits do not depend on how many there are. */
#include "config.h"

#include "us-posterior-private.h"

#include "us-adam.h"
#include "us-error.h"
#include "us-memory.h"
#include "us-pool.h"
#include "us-rng.h"

#include <cblas.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* N rows, P parameters, F features, S summaries, B batch, M members. */

#define STAGES       3           /* of the learning rate */
#define STAGE_FACTOR 0.25
#define BAD_STEPS    20          /* in a row, before the weights are taken back */

typedef struct
{
  UsMemberShape  shape;
  gsize          n_weights;
  float         *weights, *average, *best, *gradient;
  UsAdam        *adam;
  UsResidualRun *summary;
  UsFlowRun     *flow;
  gsize         *train, *held;   /* rows */
  gsize          n_train, n_held;
  float         *x, *u;          /* (B, F), (B, P) */
  float         *h, *dh;         /* (B, S) */
  double        *log_density;    /* (B) */
  UsSymmetry    *walk;           /* through the table's symmetries, a step a row */
  gsize         *scratch;        /* (P + F) */
  float         *pattern;        /* (V): NaN where a row's value is missing */
  float         *row;            /* (P + F) */

  /* where it stands */
  gsize          epoch, best_epoch, since_best;
  guint          stage, bad_steps;
  double         rate;
  double         loss, held_out, best_held_out;
  guint64        step;
  gboolean       done, failed;
} Member;

typedef struct
{
  const UsPosterior     *model;
  const UsPosteriorRows *rows;
  UsPosteriorTuning      tuning;
  guint64                seed;
  const gint            *cancelled;
  gsize                  n_features;
  float                 *features;     /* (N, F) */
  float                 *u;            /* (N, P) */
  GPtrArray             *symmetries;   /* of UsSymmetry */
  UsMissing              missing;
  gsize                  patience;
  double                 elapsed;      /* share of the minutes, where there is such a limit */
  Member                *members;      /* (M) */
} Fit;

gsize
us_member_n_weights (const UsMemberShape *shape)
{
  return us_residual_n_parameters (&shape->summary) + us_flow_n_parameters (&shape->flow);
}

/* --- one epoch of one member ---------------------------------------------------------- */

static void
shuffle (gsize  *rows,
         gsize   n,
         UsRng  *rng)
{
  for (gsize i = n; i-- > 1;)
    {
      gsize j = us_rng_below (rng, i + 1), kept = rows[i];

      rows[i] = rows[j];
      rows[j] = kept;
    }
}

/* What this row lacks this time. */
static void
draw_gaps (const Fit *fit,
           Member    *m,
           UsRng     *rng,
           float     *x)         /* (F) */
{
  const UsPosteriorRows *rows = fit->rows;
  gsize n_channels = rows->n_dims == 2 ? rows->x_shape[1] : 1;

  memset (m->pattern, 0, rows->n_values * sizeof (float));
  us_missing_draw (&fit->missing, rows->n_values / n_channels, n_channels, rows->n_dims == 2, rng, m->pattern);
  us_features_mask (&fit->model->features, m->pattern, x);
}

static void
gather (const Fit   *fit,
        Member      *m,
        const gsize *rows,
        gsize        n,
        UsRng       *rng)        /* or NULL: whole numbers stay in the middle of their cells, gaps are the row's own */
{
  gsize F = fit->n_features, P = fit->rows->n_parameters;

  for (gsize i = 0; i < n; i++)
    {
      memcpy (m->x + i * F, fit->features + rows[i] * F, F * sizeof (float));
      memcpy (m->u + i * P, fit->u + rows[i] * P, P * sizeof (float));
      if (us_posterior_takes_gaps (fit->model))
        {
          UsRng own;

          us_rng_init (&own, fit->seed, US_RNG_AUGMENT, rows[i]);
          draw_gaps (fit, m, rng != NULL ? rng : &own, m->x + i * F);
        }
    }
  for (gsize p = 0; p < P; p++)
    if (fit->model->coordinates[p].whole)
      for (gsize i = 0; i < n; i++)
        {
          double u, noise = rng != NULL ? us_rng_uniform (rng) - 0.5 : 0.0;

          us_coordinate_to (&fit->model->coordinates[p], fit->model->prior, fit->rows->theta[rows[i] * P + p] + noise, &u,
                            NULL);
          m->u[i * P + p] = (float) u;
        }
}

/* Each row of the batch is changed by what the table does not show. */
static void
turn_rows (const Fit *fit,
           Member    *m,
           gsize      n,
           UsRng     *rng)
{
  gsize F = fit->n_features, P = fit->rows->n_parameters;

  for (gsize i = 0; i < n; i++)
    {
      /* a coin decides, or a single mirror image would be undone each time */
      for (guint k = 0; k < 3; k++)
        if (us_rng_u32 (rng) & 1)
          us_symmetry_follow (m->walk, g_ptr_array_index (fit->symmetries, us_rng_below (rng, fit->symmetries->len)), P + F,
                              m->scratch);
      memcpy (m->row, m->u + i * P, P * sizeof (float));
      memcpy (m->row + P, m->x + i * F, F * sizeof (float));
      for (gsize p = 0; p < P; p++)
        m->u[i * P + p] = (float) m->walk->sign[p] * m->row[m->walk->from[p]];
      for (gsize f = 0; f < F; f++)
        m->x[i * F + f] = (float) m->walk->sign[P + f] * m->row[m->walk->from[P + f]];
    }
}

/* Mean -log q over the rows in m->x, m->u. */
static double
forward (const Fit   *fit,
         Member      *m,
         const float *weights,
         gsize        n,
         double       dropout)
{
  gsize n_summary = us_residual_n_parameters (&m->shape.summary);
  double sum = 0.0;

  us_residual_run_forward (m->summary, weights, n, m->x, NULL, FALSE, dropout, fit->seed + 1, m->step, m->h);
  us_flow_run_log_density (m->flow, weights + n_summary, n, m->u, m->h, FALSE, dropout, fit->seed + 2, m->step,
                           m->log_density);
  for (gsize i = 0; i < n; i++)
    sum -= m->log_density[i];
  return sum / (double) n;
}

static void
backward (const Fit *fit,
          Member    *m,
          gsize      n)
{
  gsize n_summary = us_residual_n_parameters (&m->shape.summary);

  memset (m->gradient, 0, m->n_weights * sizeof (float));
  memset (m->dh, 0, n * m->shape.flow.n_context * sizeof (float));
  us_flow_run_backward (m->flow, m->weights + n_summary, 1.0 / (double) n, m->gradient + n_summary, m->dh);
  us_residual_run_backward (m->summary, m->weights, m->dh, m->gradient, NULL, NULL);
}

/* The averaged weights' loss on the rows held out: what decides. */
static double
measure_held_out (const Fit *fit,
                  Member    *m)
{
  gsize B = fit->tuning.batch;
  double sum = 0.0;

  for (gsize first = 0; first < m->n_held; first += B)
    {
      gsize n = MIN (B, m->n_held - first);

      gather (fit, m, m->held + first, n, NULL);
      sum += forward (fit, m, m->average, n, 0.0) * (double) n;
    }
  return sum / (double) m->n_held;
}

static void
take_back (Member *m)
{
  memcpy (m->weights, m->best, m->n_weights * sizeof (float));
  memcpy (m->average, m->best, m->n_weights * sizeof (float));
}

/* A stage ends when the held-out loss has not fallen for a while: back to the best weights, with smaller steps. */
static void
judge (const Fit *fit,
       Member    *m)
{
  m->held_out = measure_held_out (fit, m);
  if (isfinite (m->held_out) && m->held_out < m->best_held_out)
    {
      m->best_held_out = m->held_out;
      m->best_epoch = m->epoch;
      m->since_best = 0;
      memcpy (m->best, m->average, m->n_weights * sizeof (float));
    }
  else if (++m->since_best >= MAX (fit->patience >> m->stage, 2))
    {
      take_back (m);
      m->since_best = 0;
      m->rate *= STAGE_FACTOR;
      if (++m->stage == STAGES)
        m->done = TRUE;
    }
  if (m->epoch >= fit->tuning.epochs)
    m->done = TRUE;
}

static gboolean
one_step (const Fit   *fit,
          Member      *m,
          const gsize *rows,
          gsize        n,
          UsRng       *rng,
          double      *loss)
{
  double decay = 1.0 - 1.0 / (0.7 * (double) m->n_train / (double) fit->tuning.batch + 10.0);
  double done = MAX (fit->elapsed, (double) m->epoch / (double) fit->tuning.epochs);
  double warm = MIN (1.0, (double) (m->step + 1) / 200.0), cool = 0.02 + 0.98 * 0.5 * (1.0 + cos (G_PI * MIN (done, 1.0)));

  gather (fit, m, rows, n, rng);
  if (fit->symmetries->len > 0)
    turn_rows (fit, m, n, rng);
  *loss = forward (fit, m, m->weights, n, fit->tuning.dropout);
  backward (fit, m, n);
  m->adam->config.learning_rate = m->rate * warm * cool;
  if (!isfinite (*loss) || !isfinite (us_adam_step (m->adam, m->weights, m->gradient, NULL)))
    {
      if (++m->bad_steps > BAD_STEPS)
        return FALSE;
      *loss = NAN;
      return TRUE;
    }
  m->bad_steps = 0;
  m->step++;
  us_ema_update (m->average, m->weights, m->n_weights, MIN (decay, (1.0 + (double) m->step) / (10.0 + (double) m->step)),
                 NULL);
  return TRUE;
}

static void
epoch_of_member (gpointer data,
                 gsize    chunk,
                 guint    worker)
{
  Fit *fit = data;
  Member *m = &fit->members[chunk];
  gsize B = fit->tuning.batch, n_seen = 0;
  double sum = 0.0;
  UsRng rng;

  if (m->done)
    return;
  us_rng_init (&rng, fit->seed, US_RNG_SHUFFLE, ((guint64) (chunk + 1) << 32) + m->epoch);
  shuffle (m->train, m->n_train, &rng);
  for (gsize first = 0; first < m->n_train; first += B)
    {
      gsize n = MIN (B, m->n_train - first);
      double loss;

      if (fit->cancelled != NULL && g_atomic_int_get (fit->cancelled) != 0)
        return;
      /* a last crumb would have a noisy gradient: it has its turn in the next order */
      if (first > 0 && n < B / 4)
        break;
      if (!one_step (fit, m, m->train + first, n, &rng, &loss))
        {
          m->bad_steps = 0;
          m->rate *= STAGE_FACTOR;
          m->failed = m->stage + 1 >= STAGES && !isfinite (m->best_held_out);
          m->done = ++m->stage >= STAGES;
          take_back (m);
          return;
        }
      if (isfinite (loss))
        {
          sum += loss * (double) n;
          n_seen += n;
        }
    }
  m->epoch++;
  m->loss = n_seen > 0 ? sum / (double) n_seen : NAN;
  judge (fit, m);
}

/* --- setting up -------------------------------------------------------------------------- */

static double
ramp (double value,
      double from,
      double to,
      double at_from,
      double at_to)
{
  double t = CLAMP ((value - from) / (to - from), 0.0, 1.0);

  return at_from + t * (at_to - at_from);
}

/* What the size of the table asks for, where nothing is said.  L: decades of rows. */
static UsPosteriorTuning
fill_tuning (const UsPosteriorTuning *given,
             gsize                    n_rows,
             gsize                    n_parameters,
             gboolean                 symmetric)       /* each row stands for several: hardly learnt by heart */
{
  UsPosteriorTuning t = *given;
  double L = log10 ((double) n_rows);

  if (t.members == 0)
    t.members = symmetric ? 2 : 4;
  if (t.width == 0)
    t.width = (gsize) (8.0 * round (ramp (L, 3.0, 5.0, 56, 128) / 8.0));
  if (t.blocks == 0)
    t.blocks = 2;
  if (t.n_summaries == 0)
    t.n_summaries = CLAMP (4 * n_parameters, 16, 64);
  if (t.transforms == 0)
    t.transforms = n_parameters == 1 ? 1 : 2;
  if (t.bins == 0)
    t.bins = 10;
  if (t.batch == 0)
    t.batch = L < 3.5 ? 64 : L < 4.5 ? 128 : 256;
  if (t.learning_rate <= 0.0)
    t.learning_rate = 2e-3;
  if (t.dropout == 0.0)
    t.dropout = (symmetric ? 0.4 : 1.0) * ramp (L, 3.0, 5.0, 0.25, 0.03);
  if (t.weight_decay == 0.0)
    t.weight_decay = 1e-2;
  t.dropout = MAX (t.dropout, 0.0);
  t.weight_decay = MAX (t.weight_decay, 0.0);
  if (t.epochs == 0)
    {
      double epochs = (symmetric ? 220.0 : 150.0) * pow (10.0, 0.55 * (4.0 - L));

      /* large tables of many parameters: a step costs about three times that of two parameters */
      if (n_rows > 30000 && n_parameters > 8)
        epochs *= 0.8;
      t.epochs = (gsize) CLAMP (epochs, 30.0, 600.0);
    }
  return t;
}

static void
shape_member (const Fit     *fit,
              gsize          index,
              UsMemberShape *shape)
{
  const UsPosteriorTuning *t = &fit->tuning;

  shape->summary = (UsResidualShape) { .n_in = fit->n_features, .width = t->width, .n_blocks = t->blocks,
                                       .n_out = t->n_summaries };
  shape->flow = (UsFlowShape) { .n_theta = fit->rows->n_parameters, .n_context = t->n_summaries,
                                .n_transforms = t->transforms, .width = MAX (t->width, 8 * fit->rows->n_parameters),
                                .n_blocks = 1, .n_bins = t->bins, .bound = 4.5,
                                .order_seed = fit->seed * 1000003 + index };
}

/* A tenth of the rows is held out, another one for each member: together they see all. */
static void
split_rows (const Fit   *fit,
            Member      *m,
            gsize        index,
            const gsize *order)
{
  gsize N = fit->rows->n_rows, n_held = CLAMP (N / 10, MIN (N / 4, 50), 10000), first = index * n_held % N;

  m->n_held = n_held;
  m->n_train = N - n_held;
  m->held = g_new (gsize, m->n_held);
  m->train = g_new (gsize, m->n_train);
  for (gsize i = 0; i < N; i++)
    if (i < n_held)
      m->held[i] = order[(first + i) % N];
    else
      m->train[i - n_held] = order[(first + i) % N];
}

static void
member_init (const Fit   *fit,
             Member      *m,
             gsize        index,
             const gsize *order)
{
  UsAdamConfig adam = US_ADAM_CONFIG_DEFAULT;
  gsize B = fit->tuning.batch;

  shape_member (fit, index, &m->shape);
  m->n_weights = us_member_n_weights (&m->shape);
  m->weights = us_floats_new (m->n_weights);
  m->average = us_floats_new (m->n_weights);
  m->best = us_floats_new (m->n_weights);
  m->gradient = us_floats_new (m->n_weights);
  us_residual_init (&m->shape.summary, m->weights, fit->seed, (guint64) (index + 1) << 24, 1.0);
  us_flow_init (&m->shape.flow, m->weights + us_residual_n_parameters (&m->shape.summary), fit->seed,
                ((guint64) (index + 1) << 24) + (1 << 20));
  memcpy (m->average, m->weights, m->n_weights * sizeof (float));
  memcpy (m->best, m->weights, m->n_weights * sizeof (float));
  adam.weight_decay = fit->tuning.weight_decay;
  adam.clip_norm = 5.0;
  m->adam = us_adam_new (m->n_weights, &adam);
  m->summary = us_residual_run_new (&m->shape.summary, B);
  m->flow = us_flow_run_new (&m->shape.flow, B);
  m->x = us_floats_new (B * fit->n_features);
  m->u = us_floats_new (B * fit->rows->n_parameters);
  m->h = us_floats_new (B * m->shape.flow.n_context);
  m->dh = us_floats_new (B * m->shape.flow.n_context);
  m->log_density = g_new (double, B);
  m->walk = us_symmetry_new (fit->rows->n_parameters + fit->n_features);
  m->scratch = g_new (gsize, fit->rows->n_parameters + fit->n_features);
  m->row = us_floats_new (fit->rows->n_parameters + fit->n_features);
  m->pattern = us_floats_new (fit->rows->n_values);
  m->rate = fit->tuning.learning_rate;
  m->loss = m->held_out = NAN;
  m->best_held_out = INFINITY;
  split_rows (fit, m, index, order);
}

static void
member_clear (Member *m)
{
  us_floats_free (m->weights);
  us_floats_free (m->average);
  us_floats_free (m->best);
  us_floats_free (m->gradient);
  us_adam_free (m->adam);
  us_residual_run_free (m->summary);
  us_flow_run_free (m->flow);
  us_floats_free (m->x);
  us_floats_free (m->u);
  us_floats_free (m->h);
  us_floats_free (m->dh);
  g_free (m->log_density);
  us_symmetry_free (m->walk);
  g_free (m->scratch);
  us_floats_free (m->row);
  us_floats_free (m->pattern);
  g_free (m->train);
  g_free (m->held);
}

static void
fit_init (Fit                     *fit,
          const UsPosterior       *model,
          const UsPosteriorConfig *config,
          const UsPosteriorRows   *rows,
          const gint              *cancelled)
{
  gsize P = rows->n_parameters;
  g_autofree gsize *order = g_new (gsize, rows->n_rows);
  UsRng rng;

  *fit = (Fit) { .model = model, .rows = rows, .seed = config->seed, .cancelled = cancelled };
  fit->patience = 12;
  fit->n_features = model->features.n_features;
  fit->features = us_floats_new (rows->n_rows * fit->n_features);
  us_features_apply (&model->features, rows->n_rows, rows->x, fit->features);
  fit->u = us_floats_new (rows->n_rows * P);
  for (gsize r = 0; r < rows->n_rows; r++)
    for (gsize p = 0; p < P; p++)
      {
        double u;

        us_coordinate_to (&model->coordinates[p], model->prior, rows->theta[r * P + p], &u, NULL);
        fit->u[r * P + p] = (float) u;
      }
  fit->missing = config->missing;
  /* with gaps a symmetry would have to hold for the masks as well */
  if (us_posterior_takes_gaps (model))
    fit->symmetries = g_ptr_array_new ();
  else
    fit->symmetries = us_symmetries_find (&model->features, rows->n_rows, P, fit->u, fit->features, rows->names, cancelled,
                                          config->seed, rows->notes);
  fit->tuning = fill_tuning (&config->tuning, rows->n_rows, P, fit->symmetries->len > 0);
  for (gsize r = 0; r < rows->n_rows; r++)
    order[r] = r;
  us_rng_init (&rng, config->seed, US_RNG_SHUFFLE, 0);
  shuffle (order, rows->n_rows, &rng);
  fit->members = g_new0 (Member, fit->tuning.members);
  for (gsize m = 0; m < fit->tuning.members; m++)
    member_init (fit, &fit->members[m], m, order);
}

static void
fit_clear (Fit *fit)
{
  for (gsize m = 0; fit->members != NULL && m < fit->tuning.members; m++)
    member_clear (&fit->members[m]);
  g_free (fit->members);
  us_floats_free (fit->features);
  us_floats_free (fit->u);
  g_clear_pointer (&fit->symmetries, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fit, fit_clear)

/* --- the whole ------------------------------------------------------------------------------- */

/* Where all members stand.  FALSE: they are done. */
static gboolean
take_stock (const Fit           *fit,
            double               seconds,
            double               budget,         /* 0: none */
            UsPosteriorProgress *p)
{
  gsize M = fit->tuning.members;
  double share = 0.0;
  gboolean going = FALSE;

  *p = (UsPosteriorProgress) { .seconds = seconds };
  for (gsize i = 0; i < M; i++)
    {
      const Member *m = &fit->members[i];

      p->epoch = MAX (p->epoch, m->epoch);
      p->loss += m->loss / (double) M;
      p->held_out += (isfinite (m->best_held_out) ? m->best_held_out : m->held_out) / (double) M;
      share += m->done ? 1.0 : (double) m->epoch / (double) fit->tuning.epochs;
      going = going || !m->done;
    }
  p->fraction = going ? share / (double) M : 1.0;
  if (budget > 0.0)
    p->fraction = MIN (MAX (p->fraction, seconds / budget), 1.0);
  p->seconds_left = p->fraction > 0.0 ? seconds * (1.0 - p->fraction) / p->fraction : NAN;
  return going;
}

static void
keep_members (UsPosterior *self,
              Fit         *fit)
{
  gsize n_good = 0;

  self->shapes = g_new0 (UsMemberShape, fit->tuning.members);
  self->weights = g_new0 (float *, fit->tuning.members);
  self->shares = g_new0 (double, fit->tuning.members);
  self->record.held_out = 0.0;
  for (gsize i = 0; i < fit->tuning.members; i++)
    {
      Member *m = &fit->members[i];

      if (!isfinite (m->best_held_out))
        continue;
      self->shapes[n_good] = m->shape;
      self->weights[n_good++] = g_steal_pointer (&m->best);
      self->record.held_out += m->best_held_out;
    }
  self->n_members = n_good;
  for (gsize i = 0; i < n_good; i++)
    self->shares[i] = 1.0 / (double) n_good;
  self->record.held_out /= (double) MAX (n_good, 1);
}

gboolean
us_posterior_fit (UsPosterior             *self,
                  const UsPosteriorConfig *config,
                  const UsPosteriorRows   *rows,
                  UsPosteriorProgressFunc  progress,
                  gpointer                 data,
                  const gint              *cancelled,
                  GError                 **error)
{
  g_auto(Fit) fit = { NULL };
  g_autoptr(UsPool) pool = us_pool_new (config->n_workers, config->niceness);
  gint64 start = g_get_monotonic_time ();
  double budget = 60.0 * config->minutes;
  UsPosteriorProgress p;

  openblas_set_num_threads (1);
  fit_init (&fit, self, config, rows, cancelled);
  do
    {
      us_pool_run (pool, fit.tuning.members, epoch_of_member, &fit);
      if (cancelled != NULL && g_atomic_int_get (cancelled) != 0)
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
          return FALSE;
        }
      p.fraction = 0.0;
      if (take_stock (&fit, 1e-6 * (double) (g_get_monotonic_time () - start), budget, &p))
        {
          UsPosteriorPoint point = { p.epoch, p.loss, p.held_out };

          g_array_append_val (self->record.history, point);
        }
      fit.elapsed = budget > 0.0 ? p.seconds / budget : 0.0;
      if (progress != NULL)
        progress (&p, data);
    }
  while (p.fraction < 1.0);

  keep_members (self, &fit);
  self->turns = us_symmetries_turns (fit.symmetries, rows->n_parameters + fit.n_features, config->seed);
  self->record.seconds = p.seconds;
  if (self->n_members > 0)
    return TRUE;
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
               _("training met values that are not finite from the first steps on (seed %" PRIu64 "): are the values "
                 "of “x” or “theta” of very different sizes?"), config->seed);
  return FALSE;
}

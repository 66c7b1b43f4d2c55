/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-predictor-private.h"

#include "us-adam.h"
#include "us-error.h"
#include "us-trainer.h"

#include <math.h>
#include <string.h>

/* N rows, B of a batch, V values of x, I inputs of the network, S summaries, O outputs, D targets. */

#define LEAST_ROWS    50
#define HELD_OUT      0.1
#define MOST_HELD_OUT 10000
#define SEEN_ROWS     3e6       /* rows that a training sees, if it is not good before */
#define LEAST_EPOCHS  15
#define MOST_EPOCHS   150
#define PATIENCE      0.25      /* of the epochs, without becoming better */
#define LEAST_PATIENCE 8
#define LEARNING_RATE 1e-3
#define WEIGHT_DECAY  1e-2
#define CLIP_NORM     5.0
#define WARMUP        100
#define CHUNK         16        /* rows that are prepared at a time */

static const double usual_levels[] = { 0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975 };

/* A network while it learns. */
typedef struct
{
  UsNetwork *network;
  UsWeights *weights, *best;
  UsRun     *run, *held_out;
  UsAdam    *adam;
  float     *gradient;
} Learner;

typedef struct
{
  const UsPredictorConfig *config;
  UsPredictor   *predictor;       /* its parts as they become known */
  const UsSummary *summary;
  UsPool        *pool;
  const gint    *cancelled;
  gsize          n_rows, n_train, n_held_out, batch, epochs;
  gsize          V, I, O, D;      /* D: 0 of classes */
  gsize         *order;           /* (N) rows, those held out last */
  float         *raw;             /* (B, V) */
  float         *input;           /* (B, I) */
  float         *targets;         /* (N, D) as the network sees them */
  float         *batch_targets;   /* (B, D) */
  guint32       *batch_classes;   /* (B) */
  float         *gradient;        /* (B, O) */
  double        *per_row;         /* (B) */
  float         *held_out_input;  /* (n_held_out, I) */
  float         *held_out_output; /* (n_held_out, O) */
  Learner        learners[US_PREDICTOR_N_PARTS];
  gsize          epoch, best_epoch;
  double         best, loss, last_held_out;
  gint64         begin;
} Training;

/* --- the door ---------------------------------------------------------- */

static gboolean
check_rows (const UsPredictorConfig *config,
            GError                 **error)
{
  gsize D = config->n_targets;

  if (config->n_rows < LEAST_ROWS)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE, "%" G_GSIZE_FORMAT " rows are too few: at least %d",
                   config->n_rows, LEAST_ROWS);
      return FALSE;
    }
  for (gsize i = 0; config->head == US_HEAD_CLASSES && i < config->n_rows; i++)
    if (config->classes[i] >= D)
      {
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                     "Row %" G_GSIZE_FORMAT ": class %u is none of the %" G_GSIZE_FORMAT, i + 1, config->classes[i], D);
        return FALSE;
      }
  for (gsize i = 0; config->head != US_HEAD_CLASSES && i < config->n_rows * D; i++)
    if (!isfinite (config->targets[i]))
      {
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                     "Row %" G_GSIZE_FORMAT ", target %" G_GSIZE_FORMAT " is not a finite number", i / D + 1, i % D + 1);
        return FALSE;
      }
  return TRUE;
}

static UsHead
make_head (const UsPredictorConfig *config)
{
  UsHead head = { .kind = config->head, .n_targets = config->n_targets };
  const double *levels = config->levels != NULL ? config->levels : usual_levels;

  if (head.kind == US_HEAD_QUANTILES)
    {
      head.n_levels = config->levels != NULL ? config->n_levels : G_N_ELEMENTS (usual_levels);
      memcpy (head.levels, levels, head.n_levels * sizeof *levels);
    }
  return head;
}

static void
shuffle (gsize  *order,
         gsize   n,
         guint64 seed,
         guint64 row)
{
  UsRng rng;

  us_rng_init (&rng, seed, US_RNG_SHUFFLE, row);
  for (gsize i = n; i > 1; i--)
    {
      gsize k = (gsize) us_rng_below (&rng, i), keep = order[i - 1];

      order[i - 1] = order[k];
      order[k] = keep;
    }
}

/* --- what the predictor is made of ------------------------------------- */

static void
describe_classes (Training *self)
{
  const UsPredictorConfig *config = self->config;
  UsPredictor *p = self->predictor;
  gsize K = config->n_targets;
  g_autofree gsize *count = g_new0 (gsize, K);
  double total = 0;

  for (gsize i = 0; i < self->n_rows; i++)
    count[config->classes[i]]++;
  for (gsize k = 0; k < K; k++)
    total += config->odds != NULL ? config->odds[k] : 1;
  for (gsize k = 0; k < K; k++)
    {
      double odds = (config->odds != NULL ? config->odds[k] : 1) / total;

      p->class_names[k] = config->class_names != NULL ? g_strdup (config->class_names[k])
                                                      : g_strdup_printf ("class%" G_GSIZE_FORMAT, k + 1);
      /* a class without rows keeps its odds: nothing was learnt of it */
      p->class_weights[k] = odds * (double) self->n_rows / (double) MAX (count[k], 1);
    }
}

static void
describe_targets (Training *self)
{
  const UsPredictorConfig *config = self->config;
  UsPredictor *p = self->predictor;
  gsize N = self->n_rows, D = self->D;
  g_autofree double *column = g_new (double, N);

  self->targets = g_new (float, N * D);
  for (gsize d = 0; d < D; d++)
    {
      g_autofree char *name = g_strdup_printf ("target%" G_GSIZE_FORMAT, d + 1);
      const UsPredictorTarget plain = { .name = name, .at = NAN, .lower = -INFINITY, .upper = INFINITY };
      UsValueScale *scale = &p->scales[d];

      us_predictor_target_copy (&p->targets[d], config->info != NULL ? &config->info[d] : &plain);
      for (gsize i = 0; i < N; i++)
        column[i] = config->targets[i * D + d];
      /* the mean of a logarithm is not the logarithm of the mean */
      us_value_scale_measure (scale, FALSE, config->head == US_HEAD_QUANTILES, column, N);
      for (gsize i = 0; i < N; i++)
        self->targets[i * D + d] = (float) us_value_scale_apply (scale, config->targets[i * D + d]);
    }
}

static void
describe (Training *self)
{
  const UsPredictorConfig *config = self->config;
  const UsPredictorRecord *given = config->record;
  UsPredictorRecord *record = &self->predictor->record;
  g_autoptr(GDateTime) now = g_date_time_new_now_utc ();

  if (config->head == US_HEAD_CLASSES)
    describe_classes (self);
  else
    describe_targets (self);
  if (config->observed != NULL)
    self->predictor->observed = us_predictor_output_copy (config->observed);
  record->seed = config->seed;
  record->n_rows = self->n_rows;
  record->program_version = g_strdup (US_VERSION);
  record->created = g_date_time_format (now, "%Y-%m-%dT%H:%M:%SZ");
  record->task = g_strdup (given != NULL && given->task != NULL ? given->task : "table");
  if (given == NULL)
    return;
  record->command = g_strdup (given->command);
  record->simulators = g_strdupv (given->simulators);
  record->priors = g_strdupv (given->priors);
  record->horizon = given->horizon;
}

/* --- batches ----------------------------------------------------------- */

typedef struct
{
  Training *training;
  guint32   purpose;          /* of the streams of gaps */
  guint64   stream;           /* of the first row of the bank */
  gsize     first, count;     /* of the order */
  float    *input;            /* (count, I) */
} PrepareJob;

static void
prepare_chunk (gpointer data,
               gsize    chunk,
               guint    worker)
{
  const PrepareJob *job = data;
  const Training *self = job->training;

  for (gsize i = chunk * CHUNK; i < MIN ((chunk + 1) * CHUNK, job->count); i++)
    {
      gsize row = self->order[job->first + i];
      /* one row of scratch for each place of a batch */
      float *raw = self->raw + i % self->batch * self->V;
      UsRng rng;

      memcpy (raw, self->config->x + row * self->V, self->V * sizeof *raw);
      us_rng_init (&rng, self->config->seed, job->purpose, job->stream + row);
      us_summary_draw_missing (self->summary, &rng, raw);
      us_summary_prepare (self->summary, 1, raw, job->input + i * self->I);
    }
}

static void
prepare (Training *self,
         guint32   purpose,
         guint64   stream,
         gsize     first,
         gsize     count,       /* at most B */
         float    *input)
{
  PrepareJob job = { self, purpose, stream, first, count, input };

  us_pool_run (self->pool, (count + CHUNK - 1) / CHUNK, prepare_chunk, &job);
}

static void
take_targets (Training *self,
              gsize     first,
              gsize     count)
{
  for (gsize i = 0; i < count; i++)
    {
      gsize row = self->order[first + i];

      if (self->D > 0)
        memcpy (self->batch_targets + i * self->D, self->targets + row * self->D, self->D * sizeof (float));
      else
        self->batch_classes[i] = self->config->classes[row];
    }
}

/* --- learning ---------------------------------------------------------- */

static void
learner_init (Training  *self,
              Learner   *learner,
              UsNetwork *network,       /* taken */
              gboolean   input_gradient,
              guint64    seed)
{
  UsAdamConfig adam = US_ADAM_CONFIG_DEFAULT;

  adam.learning_rate = self->config->learning_rate > 0 ? self->config->learning_rate : LEARNING_RATE;
  adam.weight_decay = WEIGHT_DECAY;
  adam.clip_norm = CLIP_NORM;
  adam.total_steps = self->epochs * (self->n_train / self->batch);
  adam.warmup_steps = MIN (WARMUP, adam.total_steps / 10 + 1);
  learner->network = network;
  learner->weights = us_weights_new (network, seed);
  learner->best = us_weights_copy (learner->weights);
  learner->run = us_run_new (network, self->batch, US_RUN_TRAINING, input_gradient, self->pool);
  learner->held_out = us_run_new (network, self->batch, US_RUN_INFERENCE, FALSE, self->pool);
  learner->adam = us_adam_new (us_network_n_parameters (network), &adam);
  learner->gradient = g_aligned_alloc0 (us_network_n_parameters (network), sizeof (float), 64);
  us_run_load (learner->run, learner->weights);
}

static void
learner_clear (Learner *learner)
{
  g_clear_pointer (&learner->run, us_run_free);
  g_clear_pointer (&learner->held_out, us_run_free);
  g_clear_pointer (&learner->weights, us_weights_unref);
  g_clear_pointer (&learner->best, us_weights_unref);
  g_clear_pointer (&learner->adam, us_adam_free);
  g_clear_pointer (&learner->gradient, g_aligned_free);
  g_clear_pointer (&learner->network, us_network_unref);
}

/* The first that the numbers flow through: summary, then head; gradients the other way round. */
static gboolean
set_nonfinite (Training    *self,
               const char  *what,
               gboolean     gradients,
               gsize        step,
               GError     **error)
{
  static const char *const names[US_PREDICTOR_N_PARTS] = { "summary", "head" };
  g_autofree char *where = NULL;

  for (int i = 0; i < US_PREDICTOR_N_PARTS && where == NULL; i++)
    {
      int which = gradients ? US_PREDICTOR_N_PARTS - 1 - i : i;
      gssize layer = us_run_find_nonfinite (self->learners[which].run, gradients);

      if (layer >= 0)
        where = g_strdup_printf ("layer %" G_GSSIZE_FORMAT " (%s) of the %s", layer,
                                 us_layer_kind_name (us_network_layer (self->learners[which].network, (gsize) layer)->kind),
                                 names[which]);
    }
  g_set_error (error, US_TRAIN_ERROR, US_TRAIN_ERROR_NOT_FINITE,
               "%s is not finite in epoch %" G_GSIZE_FORMAT ", step %" G_GSIZE_FORMAT ", at %s, seed %" G_GUINT64_FORMAT,
               what, self->epoch + 1, step + 1, where != NULL ? where : "the loss", self->config->seed);
  return FALSE;
}

static gboolean
train_step (Training  *self,
            gsize      step,
            double    *loss,
            GError   **error)
{
  Learner *summary = &self->learners[US_PREDICTOR_SUMMARY], *head = &self->learners[US_PREDICTOR_HEAD];
  const float *out, *dh;

  /* gaps are drawn anew in each epoch */
  prepare (self, US_RNG_AUGMENT, (self->epoch + 1) * (guint64) self->n_rows, step * self->batch, self->batch, self->input);
  take_targets (self, step * self->batch, self->batch);
  out = us_run_forward (head->run, us_run_forward (summary->run, self->input));
  *loss = us_head_loss (&self->predictor->head, self->batch, out, self->batch_targets, self->batch_classes,
                        self->gradient, self->per_row, self->pool);
  if (!isfinite (*loss))
    return set_nonfinite (self, "The loss", FALSE, step, error);
  dh = us_run_backward (head->run, self->gradient, head->gradient);
  us_run_backward (summary->run, dh, summary->gradient);
  for (int i = 0; i < US_PREDICTOR_N_PARTS; i++)
    {
      Learner *l = &self->learners[i];

      if (!isfinite (us_adam_step (l->adam, l->weights->parameters, l->gradient, self->pool)))
        return set_nonfinite (self, "The gradient", TRUE, step, error);
      us_run_load (l->run, l->weights);
    }
  return TRUE;
}

/* Held-out rows through the weights as they are: their outputs, and the mean loss. */
static double
measure (Training  *self,
         gboolean   best)
{
  Learner *summary = &self->learners[US_PREDICTOR_SUMMARY], *head = &self->learners[US_PREDICTOR_HEAD];
  double sum = 0;

  us_run_load (summary->held_out, best ? summary->best : summary->weights);
  us_run_load (head->held_out, best ? head->best : head->weights);
  for (gsize first = 0; first < self->n_held_out; first += self->batch)
    {
      gsize n = MIN (self->batch, self->n_held_out - first);
      const float *out;

      /* what is left over of the last batch is of the one before */
      memcpy (self->input, self->held_out_input + first * self->I, n * self->I * sizeof (float));
      out = us_run_forward (head->held_out, us_run_forward (summary->held_out, self->input));
      memcpy (self->held_out_output + first * self->O, out, n * self->O * sizeof (float));
      take_targets (self, self->n_train + first, n);
      sum += (double) n * us_head_loss (&self->predictor->head, n, out, self->batch_targets, self->batch_classes, NULL,
                                        self->per_row, self->pool);
    }
  return sum / (double) self->n_held_out;
}

static void
keep_best (Training *self)
{
  self->best = self->last_held_out;
  self->best_epoch = self->epoch;
  for (int i = 0; i < US_PREDICTOR_N_PARTS; i++)
    memcpy (self->learners[i].best->parameters, self->learners[i].weights->parameters,
            us_network_n_parameters (self->learners[i].network) * sizeof (float));
}

static void
report (Training                *self,
        UsPredictorProgressFunc  progress,
        gpointer                 data)
{
  double seconds = (double) (g_get_monotonic_time () - self->begin) / 1e6;
  double fraction = (double) (self->epoch + 1) / (double) self->epochs;
  UsPredictorProgress p = { .fraction = fraction, .seconds = seconds, .seconds_left = seconds * (1 / fraction - 1),
                            .epoch = self->epoch + 1, .n_epochs = self->epochs, .loss = self->loss,
                            .held_out = self->last_held_out };

  if (progress != NULL)
    progress (&p, data);
}

static gboolean
is_over (const Training *self)
{
  double patience = MAX (PATIENCE * (double) self->epochs, LEAST_PATIENCE);

  if (self->config->minutes > 0
      && (double) (g_get_monotonic_time () - self->begin) / 6e7 > self->config->minutes)
    return TRUE;
  return (double) (self->epoch - self->best_epoch) >= patience;
}

static gboolean
is_cancelled (const Training  *self,
              GError         **error)
{
  if (self->cancelled == NULL || g_atomic_int_get (self->cancelled) == 0)
    return FALSE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Cancelled");
  return TRUE;
}

static gboolean
train (Training                *self,
       UsPredictorProgressFunc  progress,
       gpointer                 data,
       GError                 **error)
{
  gsize steps = self->n_train / self->batch;

  self->best = INFINITY;
  for (self->epoch = 0; self->epoch < self->epochs; self->epoch++)
    {
      double sum = 0, loss;

      shuffle (self->order, self->n_train, self->config->seed, 1 + self->epoch);
      for (gsize step = 0; step < steps; step++)
        {
          if (is_cancelled (self, error) || !train_step (self, step, &loss, error))
            return FALSE;
          sum += loss;
        }
      self->loss = sum / (double) steps;
      self->last_held_out = measure (self, FALSE);
      if (self->last_held_out < self->best)
        keep_best (self);
      report (self, progress, data);
      if (is_over (self))
        {
          self->epoch++;
          break;
        }
    }
  return TRUE;
}

/* --- after it ---------------------------------------------------------- */

static void
check_classes (Training *self)
{
  UsPredictor *p = self->predictor;
  gsize K = p->head.n_targets, wrong = 0;
  g_autofree guint32 *classes = g_new (guint32, self->n_held_out);

  for (gsize i = 0; i < self->n_held_out; i++)
    {
      const float *out = self->held_out_output + i * self->O;
      gsize likeliest = 0;

      classes[i] = self->config->classes[self->order[self->n_train + i]];
      for (gsize k = 1; k < K; k++)
        if (out[k] > out[likeliest])
          likeliest = k;
      wrong += likeliest != classes[i];
    }
  p->temperature = us_head_temperature (&p->head, self->n_held_out, self->held_out_output, classes);
  p->record.error_rate = (double) wrong / (double) self->n_held_out;
}

static void
check_coverage (Training *self)
{
  UsPredictor *p = self->predictor;
  gsize L = p->head.n_levels, inside = 0;
  g_autofree double *q = g_new (double, self->D * L);

  for (gsize i = 0; i < self->n_held_out; i++)
    {
      const float *t = self->targets + self->order[self->n_train + i] * self->D;

      us_head_answer (&p->head, 1, self->held_out_output + i * self->O, 1, q);
      for (gsize d = 0; d < self->D; d++)
        inside += (double) t[d] >= q[d * L] && (double) t[d] <= q[d * L + L - 1];
    }
  p->record.coverage = (double) inside / (double) (self->n_held_out * self->D);
}

static void
finish (Training *self)
{
  UsPredictor *p = self->predictor;

  for (int i = 0; i < US_PREDICTOR_N_PARTS; i++)
    p->weights[i] = us_weights_ref (self->learners[i].best);
  p->record.held_out = measure (self, TRUE);
  p->record.n_epochs = self->epoch;
  p->record.best_epoch = self->best_epoch + 1;
  p->record.seconds = (double) (g_get_monotonic_time () - self->begin) / 1e6;
  if (p->head.kind == US_HEAD_CLASSES)
    check_classes (self);
  else if (p->head.kind == US_HEAD_QUANTILES)
    check_coverage (self);
}

static gboolean
begin (Training  *self,
       GError   **error)
{
  const UsPredictorConfig *config = self->config;
  UsHead head = make_head (config);
  gsize S, N = config->n_rows;

  self->begin = g_get_monotonic_time ();
  self->n_rows = N;
  self->n_held_out = MIN (MAX ((gsize) (HELD_OUT * (double) N), 10), MOST_HELD_OUT);
  self->n_train = N - self->n_held_out;
  self->batch = MIN (config->batch > 0 ? config->batch : N < 5000 ? 64 : N < 50000 ? 128 : 256, self->n_train);
  self->epochs = config->epochs > 0 ? config->epochs
                 : (gsize) CLAMP (SEEN_ROWS / (double) N, LEAST_EPOCHS, MOST_EPOCHS);
  self->O = us_head_n_outputs (&head);
  self->D = head.kind == US_HEAD_CLASSES ? 0 : head.n_targets;
  self->predictor = us_predictor_alloc (&head);
  if ((self->predictor->summary = us_summary_new (&config->summary, N, config->x, error)) == NULL)
    return FALSE;
  self->summary = self->predictor->summary;
  self->V = us_summary_n_values (self->summary);
  self->I = us_summary_n_inputs (self->summary);
  self->order = g_new (gsize, N);
  for (gsize i = 0; i < N; i++)
    self->order[i] = i;
  shuffle (self->order, N, config->seed, 0);
  describe (self);

  self->pool = us_pool_new (config->n_workers, config->niceness);
  S = config->n_summaries > 0 ? config->n_summaries : us_summary_default_size (head.n_targets);
  learner_init (self, &self->learners[0], us_summary_network (self->summary, S), FALSE, config->seed);
  learner_init (self, &self->learners[1], us_predictor_head_network (S, self->O), TRUE, config->seed + 1);
  self->raw = g_new (float, self->batch * self->V);
  self->input = g_aligned_alloc0 (self->batch * self->I, sizeof (float), 64);
  self->batch_targets = g_new0 (float, MAX (self->batch * self->D, 1));
  self->batch_classes = g_new0 (guint32, self->batch);
  self->gradient = g_aligned_alloc0 (self->batch * self->O, sizeof (float), 64);
  self->per_row = g_new0 (double, self->batch);
  self->held_out_output = g_new0 (float, self->n_held_out * self->O);
  self->held_out_input = g_new0 (float, self->n_held_out * self->I);
  for (gsize first = 0; first < self->n_held_out; first += self->batch)
    prepare (self, US_RNG_EVALUATE, 0, self->n_train + first, MIN (self->batch, self->n_held_out - first),
             self->held_out_input + first * self->I);
  return TRUE;
}

static void
training_clear (Training *self)
{
  for (int i = 0; i < US_PREDICTOR_N_PARTS; i++)
    learner_clear (&self->learners[i]);
  g_clear_pointer (&self->pool, us_pool_free);
  g_clear_pointer (&self->predictor, us_predictor_unref);
  g_clear_pointer (&self->input, g_aligned_free);
  g_clear_pointer (&self->gradient, g_aligned_free);
  g_free (self->order);
  g_free (self->raw);
  g_free (self->targets);
  g_free (self->batch_targets);
  g_free (self->batch_classes);
  g_free (self->per_row);
  g_free (self->held_out_input);
  g_free (self->held_out_output);
}

UsPredictor *
us_predictor_train (const UsPredictorConfig *config,
                    UsPredictorProgressFunc  progress,
                    gpointer                 data,
                    const gint              *cancelled,
                    GError                 **error)
{
  Training self = { .config = config, .cancelled = cancelled };
  UsPredictor *predictor = NULL;

  g_return_val_if_fail (config != NULL && config->x != NULL && config->n_targets > 0, NULL);
  g_return_val_if_fail (config->head == US_HEAD_CLASSES ? config->classes != NULL : config->targets != NULL, NULL);
  g_return_val_if_fail (config->levels == NULL || (config->n_levels > 0 && config->n_levels <= US_HEAD_MAX_LEVELS), NULL);

  if (check_rows (config, error) && begin (&self, error) && train (&self, progress, data, error))
    {
      finish (&self);
      predictor = us_predictor_ref (self.predictor);
    }
  training_clear (&self);
  return predictor;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-predictor-private.h"

#include <math.h>
#include <string.h>

#define HEAD_FEATURES 128
#define MAX_BATCH     256

/* --- parts ------------------------------------------------------------- */

UsPredictor *
us_predictor_alloc (const UsHead *head)
{
  UsPredictor *self = g_new0 (UsPredictor, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->head = *head;
  self->temperature = 1;
  if (head->kind == US_HEAD_CLASSES)
    {
      self->class_names = g_new0 (char *, head->n_targets + 1);
      self->class_weights = g_new0 (double, head->n_targets);
      for (gsize k = 0; k < head->n_targets; k++)
        self->class_weights[k] = 1;
    }
  else
    {
      self->targets = g_new0 (UsPredictorTarget, head->n_targets);
      self->scales = g_new0 (UsValueScale, head->n_targets);
    }
  self->record.held_out = self->record.coverage = self->record.error_rate = self->record.horizon = NAN;
  return self;
}

void
us_predictor_target_copy (UsPredictorTarget       *to,
                          const UsPredictorTarget *from)
{
  *to = *from;
  to->name = g_strdup (from->name != NULL ? from->name : "");
  to->label = g_strdup (from->label != NULL ? from->label : to->name);
  to->unit = g_strdup (from->unit != NULL ? from->unit : "");
}

UsOutput *
us_predictor_output_copy (const UsOutput *output)
{
  UsOutput *copy = g_memdup2 (output, sizeof *output);

  copy->id = g_strdup (output->id);
  copy->label = g_strdup (output->label);
  copy->x_label = g_strdup (output->x_label);
  copy->x_unit = g_strdup (output->x_unit);
  copy->y_label = g_strdup (output->y_label);
  copy->y_unit = g_strdup (output->y_unit);
  if (output->x_values != NULL)
    copy->x_values = g_memdup2 (output->x_values, output->height * sizeof (double));
  if (output->channel_info != NULL)
    {
      UsChannel *channels = g_memdup2 (output->channel_info, output->channels * sizeof (UsChannel));

      for (gsize c = 0; c < output->channels; c++)
        {
          channels[c].id = g_strdup (channels[c].id);
          channels[c].label = g_strdup (channels[c].label);
          channels[c].unit = g_strdup (channels[c].unit);
        }
      copy->channel_info = channels;
    }
  return copy;
}

void
us_predictor_output_free (UsOutput *output)
{
  if (output == NULL)
    return;
  for (gsize c = 0; output->channel_info != NULL && c < output->channels; c++)
    {
      g_free ((char *) output->channel_info[c].id);
      g_free ((char *) output->channel_info[c].label);
      g_free ((char *) output->channel_info[c].unit);
    }
  g_free ((UsChannel *) output->channel_info);
  g_free ((double *) output->x_values);
  g_free ((char *) output->id);
  g_free ((char *) output->label);
  g_free ((char *) output->x_label);
  g_free ((char *) output->x_unit);
  g_free ((char *) output->y_label);
  g_free ((char *) output->y_unit);
  g_free (output);
}

UsNetwork *
us_predictor_head_network (gsize n_summaries,
                           gsize n_outputs)
{
  const UsLayer layers[] = {
    { .kind = US_LAYER_DENSE, .out = HEAD_FEATURES, .bias = TRUE },
    { .kind = US_LAYER_GELU },
    { .kind = US_LAYER_DENSE, .out = n_outputs, .bias = TRUE },
  };

  return us_network_new (1, 1, n_summaries, layers, G_N_ELEMENTS (layers), NULL);
}

UsPredictor *
us_predictor_ref (UsPredictor *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static void
record_clear (UsPredictorRecord *record)
{
  g_free (record->program_version);
  g_free (record->created);
  g_free (record->command);
  g_free (record->task);
  g_strfreev (record->simulators);
  g_strfreev (record->priors);
}

void
us_predictor_unref (UsPredictor *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->ref_count))
    return;
  for (int i = 0; i < US_PREDICTOR_N_PARTS; i++)
    g_clear_pointer (&self->weights[i], us_weights_unref);
  g_clear_pointer (&self->summary, us_summary_unref);
  for (gsize d = 0; self->targets != NULL && d < self->head.n_targets; d++)
    {
      g_free ((char *) self->targets[d].name);
      g_free ((char *) self->targets[d].label);
      g_free ((char *) self->targets[d].unit);
    }
  g_free (self->targets);
  g_free (self->scales);
  g_strfreev (self->class_names);
  g_free (self->class_weights);
  us_predictor_output_free (self->observed);
  record_clear (&self->record);
  g_free (self);
}

/* --- what it is -------------------------------------------------------- */

const UsHead *
us_predictor_head (const UsPredictor *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return &self->head;
}

const UsSummary *
us_predictor_summary (const UsPredictor *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->summary;
}

gsize
us_predictor_n_values (const UsPredictor *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return us_summary_n_values (self->summary);
}

gsize
us_predictor_n_summaries (const UsPredictor *self)
{
  gsize c;

  g_return_val_if_fail (self != NULL, 0);

  us_network_output_shape (self->weights[US_PREDICTOR_SUMMARY]->network, NULL, NULL, &c);
  return c;
}

const UsPredictorTarget *
us_predictor_target (const UsPredictor *self,
                     gsize              target)
{
  g_return_val_if_fail (self != NULL && self->targets != NULL && target < self->head.n_targets, NULL);

  return &self->targets[target];
}

const char *
us_predictor_class_name (const UsPredictor *self,
                         gsize              class)
{
  g_return_val_if_fail (self != NULL && self->class_names != NULL && class < self->head.n_targets, NULL);

  return self->class_names[class];
}

double
us_predictor_temperature (const UsPredictor *self)
{
  g_return_val_if_fail (self != NULL, 1);

  return self->temperature;
}

const UsOutput *
us_predictor_observed (const UsPredictor *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->observed;
}

const UsPredictorRecord *
us_predictor_record (const UsPredictor *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return &self->record;
}

/* --- at work ----------------------------------------------------------- */

/* From the networks' units to those of the targets. */
static void
finish_targets (const UsPredictor *self,
                double            *answer)      /* (D) or (D, L) */
{
  gsize each = self->head.kind == US_HEAD_QUANTILES ? self->head.n_levels : 1;

  for (gsize d = 0; d < self->head.n_targets; d++)
    for (gsize i = 0; i < each; i++, answer++)
      *answer = CLAMP (us_value_scale_undo (&self->scales[d], *answer), self->targets[d].lower, self->targets[d].upper);
}

static void
weigh_classes (const UsPredictor *self,
               double            *p)            /* (K) */
{
  double sum = 0;

  for (gsize k = 0; k < self->head.n_targets; k++)
    sum += p[k] *= self->class_weights[k];
  for (gsize k = 0; k < self->head.n_targets; k++)
    p[k] /= sum;
}

/* Each batch of rows through the networks; h or answer may be NULL. */
static void
run_rows (const UsPredictor *self,
          gsize              rows,
          const float       *x,
          float             *h,
          double            *answer)
{
  gsize V = us_predictor_n_values (self), S = us_predictor_n_summaries (self), N = us_summary_n_inputs (self->summary);
  gsize n_answers = us_head_n_answers (&self->head), batch = MIN (rows, MAX_BATCH);
  g_autofree float *input = g_new0 (float, batch * N);
  g_autoptr(UsRun) summary = us_run_new (self->weights[0]->network, batch, US_RUN_INFERENCE, FALSE, NULL);
  g_autoptr(UsRun) head = us_run_new (self->weights[1]->network, batch, US_RUN_INFERENCE, FALSE, NULL);

  us_run_load (summary, self->weights[0]);
  us_run_load (head, self->weights[1]);
  for (gsize first = 0; first < rows; first += batch)
    {
      gsize n = MIN (batch, rows - first);
      const float *seen;

      us_summary_prepare (self->summary, n, x + first * V, input);
      seen = us_run_forward (summary, input);
      if (h != NULL)
        memcpy (h + first * S, seen, n * S * sizeof *h);
      if (answer == NULL)
        continue;
      us_head_answer (&self->head, n, us_run_forward (head, seen), self->temperature, answer + first * n_answers);
      for (gsize r = first; r < first + n; r++)
        if (self->head.kind == US_HEAD_CLASSES)
          weigh_classes (self, answer + r * n_answers);
        else
          finish_targets (self, answer + r * n_answers);
    }
}

void
us_predictor_answer (const UsPredictor *self,
                     gsize              rows,
                     const float       *x,
                     double            *answer)
{
  g_return_if_fail (self != NULL && x != NULL && answer != NULL);

  if (rows > 0)
    run_rows (self, rows, x, NULL, answer);
}

void
us_predictor_summaries (const UsPredictor *self,
                        gsize              rows,
                        const float       *x,
                        float             *h)
{
  g_return_if_fail (self != NULL && x != NULL && h != NULL);

  if (rows > 0)
    run_rows (self, rows, x, h, NULL);
}

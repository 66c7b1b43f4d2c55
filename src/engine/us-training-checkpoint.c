/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-training-private.h"

#include "us-error.h"
#include "us-file.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define FORMAT     "understudy-checkpoint"
#define MAX_BYTES  ((gsize) 1 << 32)
#define OLD_COLUMNS 4            /* of a history: samples, seconds, loss, held out; */
#define COLUMNS    (OLD_COLUMNS + US_BUDGET_N_CURVES)          /* and the errors of reconstruction */

static void
append_number (GString    *text,
               const char *name,
               double      value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (text, "%s=%s\n", name, us_dtoa (number, value));
}

/* Everything that must agree for the numbers to go on as if never interrupted. */
char *
us_training_settings (const UsTraining      *self,
                      const UsTrainerConfig *config)
{
  g_autofree char *prior = us_prior_to_json (self->prior);
  g_autofree char *decoder = us_network_to_json (self->networks[0]);
  g_autofree char *encoder = us_network_to_json (self->networks[1]);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "simulator=%s\n", self->simulator->id);
  g_string_append_printf (text, "simulator version=%u\n", self->simulator->version);
  g_string_append_printf (text, "output=%s\n", self->simulator->outputs[self->output].id);
  g_string_append_printf (text, "prior=%s\n", prior);
  g_string_append_printf (text, "preset=%s\n", self->preset.id);
  g_string_append_printf (text, "width=%" G_GSIZE_FORMAT "\n", self->preset.width);
  g_string_append_printf (text, "batch=%" G_GSIZE_FORMAT "\n", self->preset.batch);
  g_string_append_printf (text, "seed=%" G_GUINT64_FORMAT "\n", self->seed);
  if (config->samples > 0)
    g_string_append_printf (text, "samples=%" G_GUINT64_FORMAT " + %" G_GUINT64_FORMAT "\n", config->samples,
                            config->encoder_samples > 0 ? config->encoder_samples : config->samples);
  else
    {
      char minutes[G_ASCII_DTOSTR_BUF_SIZE];

      g_string_append_printf (text, "minutes=%s\n",
                              us_dtoa (minutes, config->minutes > 0 ? config->minutes : self->preset.minutes));
    }
  if (self->method != US_METHOD_SIMVAE)
    g_string_append_printf (text, "method=%s\n", us_method_id (self->method));
  if (self->method == US_METHOD_BETA_VAE)
    append_number (text, "beta", self->divergence_weight * self->n_values);
  else if (self->preset.kl_weight > 0)
    append_number (text, "kl weight", self->preset.kl_weight);
  if (self->method == US_METHOD_SEMI_SUPERVISED)
    append_number (text, "labelled share", self->labelled_share);
  if (self->bank != NULL)
    {
      g_autofree char *bank = us_training_bank_describe (self->bank, self->n_parameters, self->n_values);

      g_string_append_printf (text, "bank=%s\n", bank);
    }
  g_string_append_printf (text, "decoder network=%s\n", decoder);
  g_string_append_printf (text, "encoder network=%s\n", encoder);
  return g_string_free (text, FALSE);
}

/* What stands behind "key=" on a line of its own, or NULL. */
static const char *
find_value (char       **lines,
            const char  *line)
{
  gsize length = strcspn (line, "=") + 1;

  for (gsize i = 0; lines[i] != NULL; i++)
    if (strncmp (lines[i], line, length) == 0)
      return lines[i] + length;
  return NULL;
}

/* The first line that differs, said in words. */
static gboolean
check_settings (const char  *ours,
                const char  *theirs,
                const char  *path,
                GError     **error)
{
  g_auto(GStrv) here = g_strsplit (ours, "\n", -1);
  g_auto(GStrv) there = g_strsplit (theirs, "\n", -1);

  for (gsize i = 0; here[i] != NULL || there[i] != NULL; i++)
    {
      const char *line = here[i] != NULL ? here[i] : there[i], *a, *b;

      if (g_strcmp0 (here[i], there[i]) == 0)
        continue;
      /* a line that only one of them has is what is different, not the one that it displaces */
      if (here[i] != NULL && there[i] != NULL && find_value (there, here[i]) != NULL)
        line = find_value (here, there[i]) != NULL ? here[i] : there[i];
      a = find_value (there, line);
      b = find_value (here, line);
      g_set_error (error, US_TRAIN_ERROR, US_TRAIN_ERROR_CHECKPOINT,
                   "%s belongs to other settings: %.*s is %s there and %s here; "
                   "train with those, or remove the file to start afresh", path,
                   (int) strcspn (line, "="), line, a != NULL ? a : "not set", b != NULL ? b : "not set");
      return FALSE;
    }
  return TRUE;
}

static void
add_floats (UsSafetensors *file,
            const char    *name,
            const float   *data,
            gsize          n)
{
  g_autoptr(UsArray) array = us_array_new (US_DTYPE_F32, 1, &n);

  memcpy (array->data, data, n * sizeof (float));
  us_safetensors_add (file, name, array);
}

static void
add_history (UsSafetensors *file,
             const char    *name,
             GArray        *history)
{
  gsize shape[2] = { history->len, COLUMNS };
  g_autoptr(UsArray) array = us_array_new (US_DTYPE_F64, 2, shape);
  double *row = array->data;

  for (guint i = 0; i < history->len; i++, row += COLUMNS)
    {
      const UsHistoryPoint *point = &g_array_index (history, UsHistoryPoint, i);

      row[0] = point->samples;
      row[1] = point->seconds;
      row[2] = point->loss;
      row[3] = point->held_out;
      for (int c = 0; c < US_BUDGET_N_CURVES; c++)
        row[OLD_COLUMNS + c] = point->rms[c];
    }
  us_safetensors_add (file, name, array);
}

/* What is not a tensor, as exact numbers. */
enum
{
  STATE_STEP,
  STATE_ITERATION,
  STATE_TOTAL_1,
  STATE_TOTAL_2,
  STATE_ADAM_STEP,
  STATE_BEST_HELD_OUT,
  STATE_LOSS_SUM,
  STATE_LOSS_COUNT,
  STATE_LAST_LOSS,
  STATE_LAST_HELD_OUT,
  STATE_SECONDS_1,
  STATE_SECONDS_2,
  N_STATE
};

/* The one that the step is named after; the other one learns beside it in some methods. */
static guint
main_learner (const UsTraining *self)
{
  return self->step == 1 ? US_DECODER : US_ENCODER;
}

static void
add_learner (UsSafetensors   *file,
             const char      *prefix,
             const UsLearner *learner)
{
  const char *const names[] = { "weights.", "average.", "best." };
  UsWeights *const blocks[] = { learner->weights, learner->average, learner->best };
  gsize n = us_network_n_parameters (learner->weights->network);
  g_autofree char *m = g_strconcat (prefix, "adam.m", NULL), *v = g_strconcat (prefix, "adam.v", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *name = g_strconcat (prefix, names[i], NULL);

      if (i == 0 || blocks[i] != learner->weights)
        us_safetensors_add_weights (file, name, blocks[i]);
    }
  add_floats (file, m, learner->adam->m, n);
  add_floats (file, v, learner->adam->v, n);
}

gboolean
us_training_save_checkpoint (UsTraining    *self,
                             const char    *settings,
                             const double   seconds[2],
                             const char    *path,
                             GError       **error)
{
  g_autoptr(UsSafetensors) file = us_safetensors_new ();
  guint main = main_learner (self);
  gsize n_state = N_STATE;
  g_autoptr(UsArray) state = us_array_new (US_DTYPE_F64, 1, &n_state);
  double *s = state->data;

  s[STATE_STEP] = self->step;
  s[STATE_ITERATION] = self->iteration;
  s[STATE_TOTAL_1] = self->total[0];
  s[STATE_TOTAL_2] = self->total[1];
  s[STATE_ADAM_STEP] = self->learners[main].adam->step;
  s[STATE_BEST_HELD_OUT] = self->best_held_out;
  s[STATE_LOSS_SUM] = self->loss_sum;
  s[STATE_LOSS_COUNT] = self->loss_count;
  s[STATE_LAST_LOSS] = self->last_loss;
  s[STATE_LAST_HELD_OUT] = self->last_held_out;
  s[STATE_SECONDS_1] = seconds[0];
  s[STATE_SECONDS_2] = seconds[1];

  us_safetensors_set_metadata (file, "format", FORMAT);
  us_safetensors_set_metadata (file, "program_version", US_VERSION);
  us_safetensors_set_metadata (file, "settings", settings);
  us_safetensors_add (file, "state", state);
  add_history (file, "history.1", self->history[0]);
  add_history (file, "history.2", self->history[1]);
  add_learner (file, "", &self->learners[main]);
  if (self->learners[1 - main].weights != NULL)
    add_learner (file, "other.", &self->learners[1 - main]);
  if (self->step == 2 && self->decoder != NULL)
    us_safetensors_add_weights (file, "decoder.", self->decoder);
  return us_safetensors_write (file, path, error);
}

static gboolean
get_floats (UsSafetensors  *file,
            const char     *name,
            float          *data,
            gsize           n,
            GError        **error)
{
  UsArray *array = us_safetensors_get (file, name);

  if (array == NULL || array->dtype != US_DTYPE_F32 || array->n_elements != n)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                   "tensor “%s” is missing or has another shape", name);
      return FALSE;
    }
  memcpy (data, array->data, n * sizeof (float));
  return TRUE;
}

static gboolean
get_history (UsSafetensors  *file,
             const char     *name,
             GArray         *history,
             GError        **error)
{
  UsArray *array = us_safetensors_get (file, name);
  const double *row;
  gsize columns;

  if (array == NULL || array->dtype != US_DTYPE_F64 || array->n_dims != 2
      || (array->shape[1] != COLUMNS && array->shape[1] != OLD_COLUMNS))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                   "tensor “%s” is missing or has another shape", name);
      return FALSE;
    }
  row = array->data;
  columns = array->shape[1];
  g_array_set_size (history, 0);
  for (gsize i = 0; i < array->shape[0]; i++, row += columns)
    {
      UsHistoryPoint point = { .samples = row[0], .seconds = row[1], .loss = row[2], .held_out = row[3] };

      for (int c = 0; c < US_BUDGET_N_CURVES; c++)
        point.rms[c] = columns == COLUMNS ? row[OLD_COLUMNS + c] : NAN;
      g_array_append_val (history, point);
    }
  return TRUE;
}

/* Whole numbers in a range that the position may have. */
static const double *
get_state (UsSafetensors  *file,
           GError        **error)
{
  UsArray *array = us_safetensors_get (file, "state");
  const double *s = array != NULL ? array->data : NULL;
  gboolean ok = array != NULL && array->dtype == US_DTYPE_F64 && array->n_elements == N_STATE;

  for (int i = STATE_STEP; ok && i <= STATE_ADAM_STEP; i++)
    ok = s[i] >= 0 && s[i] < 0x1p53 && s[i] == floor (s[i]);
  ok = ok && (s[STATE_STEP] == 1 || s[STATE_STEP] == 2)
       && s[STATE_ITERATION] <= s[s[STATE_STEP] == 1 ? STATE_TOTAL_1 : STATE_TOTAL_2]
       && s[STATE_LOSS_COUNT] >= 0 && s[STATE_LOSS_COUNT] < 0x1p53
       && s[STATE_SECONDS_1] >= 0 && s[STATE_SECONDS_2] >= 0;
  if (!ok)
    g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                         "the position in the training (“state”) is missing or impossible");
  return ok ? s : NULL;
}

static gboolean
get_learner (UsSafetensors  *file,
             const char     *prefix,
             UsLearner      *learner,
             GError        **error)
{
  const char *const names[] = { "weights.", "average.", "best." };
  UsWeights *const blocks[] = { learner->weights, learner->average, learner->best };
  gsize n = us_network_n_parameters (learner->weights->network);
  g_autofree char *m = g_strconcat (prefix, "adam.m", NULL), *v = g_strconcat (prefix, "adam.v", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *name = g_strconcat (prefix, names[i], NULL);

      if ((i == 0 || blocks[i] != learner->weights) && !us_safetensors_get_weights (file, name, blocks[i], error))
        return FALSE;
    }
  us_run_load (learner->run, learner->weights);
  return get_floats (file, m, learner->adam->m, n, error) && get_floats (file, v, learner->adam->v, n, error);
}

/* Steps that the other network has taken: as many where both learn at once. */
static guint64
other_step (const UsTraining *self,
            guint64           main_step)
{
  return us_training_is_anonymous (self) ? main_step : us_training_n_labelled (self, self->iteration);
}

static gboolean
load_tensors (UsTraining     *self,
              UsSafetensors  *file,
              double          seconds[2],
              GError        **error)
{
  const double *s = get_state (file, error);
  guint step, main;

  if (s == NULL)
    return FALSE;
  step = s[STATE_STEP];
  if (step == 2 && us_training_first_step (self) == 1)
    {
      g_clear_pointer (&self->decoder, us_weights_unref);
      self->decoder = us_weights_new (self->networks[0], 0);
      if (!us_safetensors_get_weights (file, "decoder.", self->decoder, error))
        return FALSE;
    }
  self->total[0] = s[STATE_TOTAL_1];
  us_training_begin (self, step, s[step == 1 ? STATE_TOTAL_1 : STATE_TOTAL_2]);
  self->iteration = s[STATE_ITERATION];
  if (us_training_start_is_over (self))
    us_training_hand_over (self);
  main = main_learner (self);
  if (!get_learner (file, "", &self->learners[main], error)
      || (self->learners[1 - main].weights != NULL && !get_learner (file, "other.", &self->learners[1 - main], error))
      || !get_history (file, "history.1", self->history[0], error)
      || !get_history (file, "history.2", self->history[1], error))
    return FALSE;
  self->learners[main].adam->step = s[STATE_ADAM_STEP];
  if (self->learners[1 - main].weights != NULL)
    self->learners[1 - main].adam->step = other_step (self, s[STATE_ADAM_STEP]);
  if (self->frozen != NULL && self->learners[US_DECODER].weights != NULL)
    us_run_load (self->frozen, self->learners[US_DECODER].weights);
  self->best_held_out = s[STATE_BEST_HELD_OUT];
  self->loss_sum = s[STATE_LOSS_SUM];
  self->loss_count = s[STATE_LOSS_COUNT];
  self->last_loss = s[STATE_LAST_LOSS];
  self->last_held_out = s[STATE_LAST_HELD_OUT];
  seconds[0] = s[STATE_SECONDS_1];
  seconds[1] = s[STATE_SECONDS_2];
  return TRUE;
}

gboolean
us_training_load_checkpoint (UsTraining  *self,
                             const char  *settings,
                             double       seconds[2],
                             const char  *path,
                             GError     **error)
{
  g_autoptr(UsSafetensors) file = us_safetensors_read (path, MAX_BYTES, error);
  const char *theirs;

  if (file == NULL)
    return FALSE;
  theirs = us_safetensors_get_metadata (file, "settings");
  if (g_strcmp0 (us_safetensors_get_metadata (file, "format"), FORMAT) != 0 || theirs == NULL)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                   "%s: a safetensors file, but not a checkpoint of this program", path);
      return FALSE;
    }
  if (!check_settings (settings, theirs, path, error))
    return FALSE;
  if (!load_tensors (self, file, seconds, error))
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
  return TRUE;
}

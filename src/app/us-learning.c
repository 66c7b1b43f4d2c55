/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the thread and the main thread share stands under the lock; everything else belongs to the main thread, and
 * the configuration to the thread while it runs. */
#include "config.h"

#include "us-learning.h"

#include "us-series-setup.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#define PUBLISH_EVERY_US (G_USEC_PER_SEC / 10)

struct _UsLearning
{
  GObject            parent_instance;

  /* owned */
  GThread           *thread;
  UsLearningConfig   config;            /* with strings and references of its own */
  gint               cancelled;
  gint               wakeup_pending;
  gint64             published;         /* monotonic time of the last news; the thread's */

  /* shared */
  GMutex             lock;
  UsLearningProgress progress;
  GArray            *history;           /* of UsPosteriorPoint */
  GError            *error;
  UsPosterior       *posterior;
  UsPredictor       *predictor;
};

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UsLearning, us_learning, G_TYPE_OBJECT)

static const char *const kind_names[US_N_LEARNING_KINDS] = { "posterior", "quantities", "forecast", "selection" };

const char *
us_learning_kind_title (UsLearningKind kind)
{
  static const char *const titles[US_N_LEARNING_KINDS] = {
    N_("Posterior"), N_("Hidden quantities"), N_("Forecast"), N_("Choice of mechanism"),
  };

  g_return_val_if_fail (kind < US_N_LEARNING_KINDS, "");

  return _(titles[kind]);
}

/* "sir:prevalence@0,1,2+poisson" → "sir-prevalence-poisson": no times, and nothing that a file system has a meaning for. */
static char *
plain_stem (const UsSimulator *simulator)
{
  const char *at, *noise;
  char *stem;

  if (strchr (simulator->id, G_DIR_SEPARATOR) != NULL)
    return us_simulator_file_stem (simulator);
  at = strchr (simulator->id, '@');
  noise = strchr (at != NULL ? at : simulator->id, '+');
  stem = at != NULL ? g_strdup_printf ("%.*s%s", (int) (at - simulator->id), simulator->id, noise != NULL ? noise : "")
                    : g_strdup (simulator->id);
  return g_strcanon (stem, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_", '-');
}

char *
us_learning_dup_usual_path (const UsLearningConfig *config)
{
  g_autofree char *stem = plain_stem (us_prior_simulator (config->priors[0]));
  g_autofree char *name = NULL;
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  guint hash = 0;

  /* The same question makes the same file, another one another: neither takes the place of the other. */
  for (gsize m = 0; m < config->n_priors; m++)
    {
      g_autofree char *prior = us_prior_to_json (config->priors[m]);

      hash = 31 * hash + g_str_hash (us_prior_simulator (config->priors[m])->id);
      hash = 31 * hash + g_str_hash (prior);
    }
  if (config->kind == US_LEARNING_POSTERIOR)
    hash = 31 * hash + g_str_hash (us_prior_simulator (config->priors[0])->outputs[config->output].id);
  for (gsize i = 0; config->hidden != NULL && config->hidden[i] != NULL; i++)
    hash = 31 * hash + g_str_hash (config->hidden[i]);
  hash = 31 * hash + g_str_hash (g_ascii_dtostr (number, sizeof number, config->horizon));
  hash = 31 * hash + g_str_hash (g_ascii_dtostr (number, sizeof number, config->gaps));
  name = g_strdup_printf ("%s-%s-%08x.safetensors", stem, kind_names[config->kind], hash);
  return g_build_filename (g_get_user_data_dir (), "understudy", "training", name, NULL);
}

/* --- news ---------------------------------------------------------------------------- */

static gboolean
publish (gpointer data)
{
  UsLearning *self = data;

  g_atomic_int_set (&self->wakeup_pending, FALSE);
  g_signal_emit (self, signals[CHANGED], 0);
  return G_SOURCE_REMOVE;
}

/* The thread's.  What comes too soon after the last news waits for the next ones; the end never does. */
static void
tell (UsLearning *self,
      gboolean    now)
{
  gint64 time = g_get_monotonic_time ();

  if (!now && time - self->published < PUBLISH_EVERY_US)
    return;
  self->published = time;
  if (g_atomic_int_compare_and_exchange (&self->wakeup_pending, FALSE, TRUE))
    g_idle_add_full (G_PRIORITY_DEFAULT, publish, g_object_ref (self), g_object_unref);
}

static void
note_epoch (UsLearning *self,
            gsize       epoch,
            double      loss,
            double      held_out)
{
  UsPosteriorPoint point = { epoch, loss, held_out };
  const UsPosteriorPoint *last = self->history->len > 0
                                 ? &g_array_index (self->history, UsPosteriorPoint, self->history->len - 1) : NULL;

  self->progress.epoch = epoch;
  self->progress.loss = loss;
  self->progress.held_out = held_out;
  if (epoch > 0 && (last == NULL || epoch > last->epoch))
    g_array_append_val (self->history, point);
}

static void
on_posterior_progress (const UsPosteriorProgress *news,
                       gpointer                   data)
{
  UsLearning *self = data;

  g_mutex_lock (&self->lock);
  if (news->epoch == 0)
    self->progress.simulated = MIN (news->simulated, self->progress.samples);
  else
    {
      self->progress.simulated = self->progress.samples;
      self->progress.fraction = news->fraction;
      self->progress.seconds = news->seconds;
      self->progress.seconds_left = news->seconds_left;
      note_epoch (self, news->epoch, news->loss, news->held_out);
    }
  g_mutex_unlock (&self->lock);
  tell (self, FALSE);
}

static void
on_predictor_progress (const UsPredictorProgress *news,
                       gpointer                   data)
{
  UsLearning *self = data;

  g_mutex_lock (&self->lock);
  if (news->simulated > 0)
    self->progress.simulated = news->simulated;
  else
    {
      self->progress.simulated = self->progress.samples;
      self->progress.n_epochs = news->n_epochs;
      self->progress.fraction = news->fraction;
      self->progress.seconds = news->seconds;
      self->progress.seconds_left = news->seconds_left;
      note_epoch (self, news->epoch, news->loss, news->held_out);
    }
  g_mutex_unlock (&self->lock);
  tell (self, FALSE);
}

/* --- the thread ------------------------------------------------------------------------ */

/* The command that makes the same network again, for its record. */
static char *
make_command (const UsLearningConfig *config,
              const char             *path)
{
  g_autofree char *name = g_path_get_basename (path), *quoted = g_shell_quote (name);
  GString *text = g_string_new ("understudy-cli train ");
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (text, kind_names[config->kind]);
  for (gsize m = 0; m < config->n_priors; m++)
    {
      g_autofree char *id = g_shell_quote (us_prior_simulator (config->priors[m])->id);

      g_string_append_printf (text, " %s", id);
    }
  for (gsize m = 0; m < config->n_priors; m++)
    {
      g_autofree char *priors = us_series_prior_options (config->priors[m]);

      g_string_append (text, priors);
    }
  if (config->kind == US_LEARNING_POSTERIOR)
    g_string_append_printf (text, " --output %s", us_prior_simulator (config->priors[0])->outputs[config->output].id);
  for (gsize i = 0; config->hidden != NULL && config->hidden[i] != NULL; i++)
    g_string_append_printf (text, " --hidden %s", config->hidden[i]);
  if (config->kind == US_LEARNING_FORECAST)
    g_string_append_printf (text, " --horizon %s", g_ascii_dtostr (number, sizeof number, config->horizon));
  if (config->gaps > 0)
    g_string_append_printf (text, " --gaps %s", g_ascii_dtostr (number, sizeof number, config->gaps));
  g_string_append_printf (text, " --samples %" G_GUINT64_FORMAT " --seed %" G_GUINT64_FORMAT " --out %s", config->samples,
                          config->seed, quoted);
  return g_string_free (text, FALSE);
}

static UsPosterior *
learn_posterior (UsLearning  *self,
                 const char  *command,
                 GError     **error)
{
  const UsLearningConfig *config = &self->config;
  UsPosteriorConfig full = { .prior = config->priors[0], .output = config->output, .samples = config->samples,
                             .seed = config->seed, .minutes = config->minutes, .n_workers = config->n_workers,
                             .niceness = config->niceness, .missing.gaps = config->gaps, .command = command };
  g_autoptr(UsPosterior) posterior = us_posterior_train (&full, on_posterior_progress, self, &self->cancelled, error);

  return posterior != NULL && us_posterior_save (posterior, config->path, error) ? g_steal_pointer (&posterior) : NULL;
}

static UsPredictor *
learn_predictor (UsLearning  *self,
                 const char  *command,
                 GError     **error)
{
  const UsLearningConfig *config = &self->config;
  const UsTaskConfig asked = { .kind = config->kind == US_LEARNING_SELECTION ? US_TASK_SELECTION
                                       : config->kind == US_LEARNING_FORECAST ? US_TASK_FORECAST : US_TASK_QUANTITIES,
                               .priors = config->priors, .n_priors = config->n_priors, .hidden = config->hidden,
                               .horizon = config->horizon, .seed = config->seed };
  const UsPredictorRecord record = { .command = (char *) command };
  const UsPredictorConfig full = { .head = US_HEAD_QUANTILES, .summary.missing.gaps = config->gaps,
                                   .seed = config->seed, .minutes = config->minutes, .n_workers = config->n_workers,
                                   .niceness = config->niceness, .record = &record };
  g_autoptr(UsTask) task = us_task_new (&asked, error);
  g_autoptr(UsPredictor) predictor = NULL;

  if (task == NULL)
    return NULL;
  predictor = us_task_train (task, (gsize) config->samples, &full, on_predictor_progress, self, &self->cancelled, error);
  return predictor != NULL && us_predictor_save (predictor, config->path, error) ? g_steal_pointer (&predictor) : NULL;
}

static gpointer
thread_main (gpointer data)
{
  UsLearning *self = data;
  g_autofree char *command = make_command (&self->config, self->config.path);
  g_autofree char *folder = g_path_get_dirname (self->config.path);
  UsPosterior *posterior = NULL;
  UsPredictor *predictor = NULL;
  GError *error = NULL;

  /* Where it cannot be made, the error of the file says so. */
  g_mkdir_with_parents (folder, 0755);
  if (self->config.kind == US_LEARNING_POSTERIOR)
    posterior = learn_posterior (self, command, &error);
  else
    predictor = learn_predictor (self, command, &error);
  g_mutex_lock (&self->lock);
  self->posterior = posterior;
  self->predictor = predictor;
  if (error == NULL)
    self->progress.state = US_LEARNING_DONE;
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      self->progress.state = US_LEARNING_STOPPED;
      g_clear_error (&error);
    }
  else
    self->progress.state = US_LEARNING_FAILED;
  self->error = error;
  g_mutex_unlock (&self->lock);
  tell (self, TRUE);
  return NULL;
}

/* --- control --------------------------------------------------------------------------- */

static void
config_clear (UsLearningConfig *config)
{
  for (gsize m = 0; m < config->n_priors; m++)
    us_prior_unref (config->priors[m]);
  g_free ((gpointer) config->priors);
  g_strfreev ((char **) config->hidden);
  g_free ((char *) config->path);
  *config = (UsLearningConfig) { 0 };
}

static void
config_copy (UsLearningConfig       *copy,
             const UsLearningConfig *config)
{
  UsPrior **priors = g_new (UsPrior *, config->n_priors);

  for (gsize m = 0; m < config->n_priors; m++)
    priors[m] = us_prior_ref (config->priors[m]);
  *copy = *config;
  copy->priors = priors;
  copy->hidden = (const char *const *) g_strdupv ((char **) config->hidden);
  copy->path = config->path != NULL ? g_strdup (config->path) : us_learning_dup_usual_path (config);
}

UsLearning *
us_learning_new (void)
{
  return g_object_new (US_TYPE_LEARNING, NULL);
}

static void
forget (UsLearning *self)
{
  config_clear (&self->config);
  g_clear_error (&self->error);
  g_clear_pointer (&self->posterior, us_posterior_unref);
  g_clear_pointer (&self->predictor, us_predictor_unref);
  g_array_set_size (self->history, 0);
}

gboolean
us_learning_start (UsLearning             *self,
                   const UsLearningConfig *config)
{
  UsLearningProgress progress;

  g_return_val_if_fail (US_IS_LEARNING (self), FALSE);
  g_return_val_if_fail (config != NULL && config->n_priors > 0 && config->kind < US_N_LEARNING_KINDS, FALSE);

  us_learning_get_progress (self, &progress);
  if (progress.state == US_LEARNING_RUNNING)
    return FALSE;
  us_learning_join (self);
  forget (self);
  config_copy (&self->config, config);
  self->cancelled = FALSE;
  self->published = 0;
  self->progress = (UsLearningProgress) { .state = US_LEARNING_RUNNING, .kind = config->kind, .samples = config->samples,
                                          .seconds = NAN, .seconds_left = NAN, .loss = NAN, .held_out = NAN };
  self->thread = g_thread_new ("learning", thread_main, self);
  return TRUE;
}

void
us_learning_stop (UsLearning *self)
{
  g_return_if_fail (US_IS_LEARNING (self));

  g_atomic_int_set (&self->cancelled, TRUE);
}

void
us_learning_join (UsLearning *self)
{
  g_return_if_fail (US_IS_LEARNING (self));

  g_clear_pointer (&self->thread, g_thread_join);
}

void
us_learning_get_progress (UsLearning         *self,
                          UsLearningProgress *progress)
{
  g_return_if_fail (US_IS_LEARNING (self));

  g_mutex_lock (&self->lock);
  *progress = self->progress;
  g_mutex_unlock (&self->lock);
}

GArray *
us_learning_dup_history (UsLearning *self)
{
  GArray *copy;

  g_return_val_if_fail (US_IS_LEARNING (self), NULL);

  g_mutex_lock (&self->lock);
  copy = g_array_copy (self->history);
  g_mutex_unlock (&self->lock);
  return copy;
}

/* What the thread left behind may be read when it has ended. */
static gboolean
is_in (UsLearning      *self,
       UsLearningState  state)
{
  UsLearningProgress progress;

  us_learning_get_progress (self, &progress);
  return progress.state == state;
}

const GError *
us_learning_get_error (UsLearning *self)
{
  g_return_val_if_fail (US_IS_LEARNING (self), NULL);

  return is_in (self, US_LEARNING_FAILED) ? self->error : NULL;
}

UsPosterior *
us_learning_get_posterior (UsLearning *self)
{
  g_return_val_if_fail (US_IS_LEARNING (self), NULL);

  return is_in (self, US_LEARNING_DONE) ? self->posterior : NULL;
}

UsPredictor *
us_learning_get_predictor (UsLearning *self)
{
  g_return_val_if_fail (US_IS_LEARNING (self), NULL);

  return is_in (self, US_LEARNING_DONE) ? self->predictor : NULL;
}

const char *
us_learning_get_path (UsLearning *self)
{
  g_return_val_if_fail (US_IS_LEARNING (self), NULL);

  return is_in (self, US_LEARNING_DONE) ? self->config.path : NULL;
}

static void
us_learning_dispose (GObject *object)
{
  UsLearning *self = US_LEARNING (object);

  us_learning_stop (self);
  us_learning_join (self);
  G_OBJECT_CLASS (us_learning_parent_class)->dispose (object);
}

static void
us_learning_finalize (GObject *object)
{
  UsLearning *self = US_LEARNING (object);

  forget (self);
  g_array_unref (self->history);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (us_learning_parent_class)->finalize (object);
}

static void
us_learning_class_init (UsLearningClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = us_learning_dispose;
  G_OBJECT_CLASS (klass)->finalize = us_learning_finalize;
  signals[CHANGED] = g_signal_new ("changed", US_TYPE_LEARNING, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
us_learning_init (UsLearning *self)
{
  self->history = g_array_new (FALSE, FALSE, sizeof (UsPosteriorPoint));
  g_mutex_init (&self->lock);
}

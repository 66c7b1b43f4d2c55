/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-session-private.h"

#include <glib/gi18n.h>

enum
{
  PROP_0,
  PROP_SIMULATOR,
  PROP_OUTPUT,
  PROP_PRIOR,
  PROP_MODEL,
  PROP_PATH,
  PROP_TITLE,
  PROP_UNSAVED,
  PROP_TRAINER,
  PROP_TRAINING,
  PROP_FOLLOWS_TRAINING,
  N_PROPS
};

enum
{
  PROGRESS,
  TRAINING_ENDED,
  MESSAGE,
  PROBLEM,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UsSession, us_session, G_TYPE_OBJECT)

static void
notify (UsSession *self,
        int        property)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

/* What the header bar says of the model at hand. */
static void
update_title (UsSession *self)
{
  g_autofree char *title = NULL;

  if (self->path != NULL)
    {
      char *dot;

      title = g_filename_display_basename (self->path);
      dot = strrchr (title, '.');
      if (dot != NULL && dot != title)
        *dot = '\0';
    }
  else if (self->model == NULL)
    title = g_strdup (_("No model"));
  else if (self->trainer_works && self->follows_training)
    title = g_strdup_printf (_("%s, in training"), us_simvae_simulator (self->model)->title);
  else
    title = g_strdup_printf (_("%s, not saved"), us_simvae_simulator (self->model)->title);

  if (g_strcmp0 (title, self->title) == 0)
    return;
  g_free (self->title);
  self->title = g_steal_pointer (&title);
  notify (self, PROP_TITLE);
}

static void
set_unsaved (UsSession *self,
             gboolean   unsaved)
{
  if (self->unsaved == unsaved)
    return;
  self->unsaved = unsaved;
  notify (self, PROP_UNSAVED);
}

static void
set_path (UsSession  *self,
          const char *path)
{
  if (g_strcmp0 (self->path, path) == 0)
    return;
  g_free (self->path);
  self->path = g_strdup (path);
  notify (self, PROP_PATH);
}

void
us_session_take_model (UsSession  *self,
                       UsSimvae   *model,
                       const char *path,
                       gboolean    unsaved)
{
  g_autoptr(UsSimvae) old = self->model;

  g_object_freeze_notify (G_OBJECT (self));
  self->model = model != NULL ? us_simvae_ref (model) : NULL;
  if (old != model)
    notify (self, PROP_MODEL);
  set_path (self, path);
  set_unsaved (self, unsaved);
  update_title (self);
  g_object_thaw_notify (G_OBJECT (self));
}

UsSession *
us_session_new (void)
{
  return g_object_new (US_TYPE_SESSION, NULL);
}

const UsSimulator *
us_session_get_simulator (UsSession *self)
{
  g_return_val_if_fail (US_IS_SESSION (self), NULL);

  return self->simulator;
}

void
us_session_set_simulator (UsSession         *self,
                          const UsSimulator *simulator)
{
  g_return_if_fail (US_IS_SESSION (self));
  g_return_if_fail (simulator != NULL);

  if (self->simulator == simulator)
    return;

  g_object_freeze_notify (G_OBJECT (self));
  self->simulator = simulator;
  notify (self, PROP_SIMULATOR);
  self->output = 0;
  notify (self, PROP_OUTPUT);
  g_clear_pointer (&self->prior, us_prior_unref);
  self->prior = us_prior_new_default (simulator);
  notify (self, PROP_PRIOR);
  g_object_thaw_notify (G_OBJECT (self));
}

guint
us_session_get_output (UsSession *self)
{
  g_return_val_if_fail (US_IS_SESSION (self), 0);

  return self->output;
}

void
us_session_set_output (UsSession *self,
                       guint      output)
{
  g_return_if_fail (US_IS_SESSION (self));
  g_return_if_fail (self->simulator != NULL && output < self->simulator->n_outputs);

  if (self->output == output)
    return;
  self->output = output;
  notify (self, PROP_OUTPUT);
}

UsPrior *
us_session_get_prior (UsSession *self)
{
  g_return_val_if_fail (US_IS_SESSION (self), NULL);

  return self->prior;
}

void
us_session_set_prior (UsSession *self,
                      UsPrior   *prior)
{
  g_autoptr(UsPrior) old = NULL;

  g_return_if_fail (US_IS_SESSION (self));
  g_return_if_fail (prior != NULL && us_prior_simulator (prior) == self->simulator);

  if (self->prior == prior)
    return;
  old = self->prior;
  self->prior = us_prior_ref (prior);
  notify (self, PROP_PRIOR);
}

UsSimvae *
us_session_get_model (UsSession *self)
{
  g_return_val_if_fail (US_IS_SESSION (self), NULL);

  return self->model != NULL && !us_simvae_is_anonymous (self->model) ? self->model : NULL;
}

UsSimvae *
us_session_get_any_model (UsSession *self)
{
  g_return_val_if_fail (US_IS_SESSION (self), NULL);

  return self->model;
}

const char *
us_session_get_path (UsSession *self)
{
  g_return_val_if_fail (US_IS_SESSION (self), NULL);

  return self->path;
}

const char *
us_session_get_title (UsSession *self)
{
  g_return_val_if_fail (US_IS_SESSION (self), NULL);

  return self->title;
}

gboolean
us_session_get_unsaved (UsSession *self)
{
  g_return_val_if_fail (US_IS_SESSION (self), FALSE);

  return self->unsaved;
}

UsPreview *
us_session_get_preview (UsSession *self)
{
  g_return_val_if_fail (US_IS_SESSION (self), NULL);

  return self->preview;
}

UsLearnt *
us_session_get_learnt (UsSession *self)
{
  g_return_val_if_fail (US_IS_SESSION (self), NULL);

  return self->learnt;
}

UsLearning *
us_session_get_learning (UsSession *self)
{
  g_return_val_if_fail (US_IS_SESSION (self), NULL);

  return self->learning;
}

void
us_session_clear (UsSession *self)
{
  g_return_if_fail (US_IS_SESSION (self));

  us_session_set_follows_training (self, FALSE);
  us_session_take_model (self, NULL, NULL, FALSE);
}

/* Training. */

UsTrainer *
us_session_get_trainer (UsSession *self)
{
  g_return_val_if_fail (US_IS_SESSION (self), NULL);

  return self->trainer;
}

gboolean
us_session_get_training (UsSession *self)
{
  g_return_val_if_fail (US_IS_SESSION (self), FALSE);

  return self->training;
}

gboolean
us_session_get_follows_training (UsSession *self)
{
  g_return_val_if_fail (US_IS_SESSION (self), FALSE);

  return self->follows_training;
}

/* The trainer's newest weights become the model, when there are newer ones. */
static void
take_newest_weights (UsSession *self)
{
  g_autoptr(UsSimvae) newest = us_trainer_get_model (self->trainer);

  if (newest != NULL && newest != self->model)
    us_session_take_model (self, newest, NULL, TRUE);
}

void
us_session_set_follows_training (UsSession *self,
                                 gboolean   follows)
{
  g_return_if_fail (US_IS_SESSION (self));

  if (self->follows_training == follows)
    return;
  self->follows_training = follows;
  if (follows && self->trainer != NULL)
    take_newest_weights (self);
  update_title (self);
  notify (self, PROP_FOLLOWS_TRAINING);
}

static void
set_training (UsSession *self,
              gboolean   trainer_works,
              gboolean   learning_works)
{
  gboolean training = trainer_works || learning_works;

  self->trainer_works = trainer_works;
  self->learning_works = learning_works;
  update_title (self);
  if (self->training == training)
    return;
  self->training = training;
  notify (self, PROP_TRAINING);
}

/* What was learnt is the network of all pages from now on. */
static void
on_learning_changed (UsLearning *learning,
                     UsSession  *self)
{
  UsLearningProgress progress;
  gboolean ended;

  us_learning_get_progress (learning, &progress);
  ended = self->learning_works && progress.state != US_LEARNING_RUNNING;
  g_signal_emit (self, signals[PROGRESS], 0);
  if (!ended)
    return;
  if (progress.state == US_LEARNING_DONE)
    {
      g_autofree char *text = g_strdup_printf (us_learning_get_posterior (learning) != NULL
                                               ? _("Trained: %s. Infer, Attribution and Evidence now use it")
                                               : _("Trained: %s. Infer and Evidence now use it"),
                                               us_learning_kind_title (progress.kind));

      us_learnt_set_network (self->learnt, us_learning_get_posterior (learning), us_learning_get_predictor (learning),
                             us_learning_get_path (learning));
      us_session_say (self, text);
    }
  set_training (self, self->trainer_works, FALSE);
}

static void
on_trainer_changed (UsTrainer *trainer,
                    UsSession *self)
{
  UsTrainerProgress progress;

  us_trainer_get_progress (trainer, &progress);
  if (self->follows_training)
    take_newest_weights (self);
  g_signal_emit (self, signals[PROGRESS], 0);

  if (self->trainer_works && progress.state >= US_TRAINER_DONE)
    {
      set_training (self, FALSE, self->learning_works);
      g_signal_emit (self, signals[TRAINING_ENDED], 0);
    }
}

/* Stops and waits: no thread of the trainer is left. */
static void
drop_trainer (UsSession *self)
{
  if (self->trainer == NULL)
    return;
  g_clear_signal_handler (&self->trainer_changed, self->trainer);
  us_trainer_stop (self->trainer);
  us_trainer_join (self->trainer);
  g_clear_object (&self->trainer);
}

UsTrainer *
us_session_start_training (UsSession             *self,
                           const UsTrainerConfig *config)
{
  g_autofree char *path = NULL;
  g_autofree char *folder = NULL;
  UsTrainerConfig full;

  g_return_val_if_fail (US_IS_SESSION (self), NULL);
  g_return_val_if_fail (config != NULL && config->prior != NULL, NULL);
  g_return_val_if_fail (!self->shut_down, NULL);

  drop_trainer (self);
  full = *config;
  if (full.path == NULL)
    {
      full.path = path = us_session_dup_training_path (self);
      folder = g_path_get_dirname (path);
      /* Where it cannot be made, the trainer's own error names the file. */
      g_mkdir_with_parents (folder, 0755);
    }
  self->trainer = us_trainer_new (&full);
  self->trainer_changed = g_signal_connect (self->trainer, "changed",
                                            G_CALLBACK (on_trainer_changed), self);
  us_trainer_start (self->trainer);

  g_object_freeze_notify (G_OBJECT (self));
  notify (self, PROP_TRAINER);
  set_training (self, TRUE, self->learning_works);
  us_session_set_follows_training (self, TRUE);
  g_object_thaw_notify (G_OBJECT (self));
  return self->trainer;
}

gboolean
us_session_start_learning (UsSession              *self,
                           const UsLearningConfig *config)
{
  g_return_val_if_fail (US_IS_SESSION (self), FALSE);
  g_return_val_if_fail (!self->shut_down, FALSE);

  if (self->training || !us_learning_start (self->learning, config))
    return FALSE;
  set_training (self, self->trainer_works, TRUE);
  return TRUE;
}

void
us_session_stop_training (UsSession *self)
{
  g_return_if_fail (US_IS_SESSION (self));

  if (self->trainer != NULL && self->trainer_works)
    us_trainer_stop (self->trainer);
  us_learning_stop (self->learning);
}

char *
us_session_dup_training_path (UsSession *self)
{
  g_autofree char *stem = NULL;
  g_autofree char *name = NULL;

  g_return_val_if_fail (US_IS_SESSION (self), NULL);
  g_return_val_if_fail (self->simulator != NULL, NULL);

  stem = us_simulator_file_stem (self->simulator);
  name = g_strdup_printf ("%s-%s.safetensors", stem,
                          self->simulator->outputs[self->output].id);
  return g_build_filename (g_get_user_data_dir (), "understudy", "training", name, NULL);
}

gboolean
us_session_can_resume (UsSession *self)
{
  g_autofree char *path = us_session_dup_training_path (self);
  g_autofree char *checkpoint = g_strconcat (path, ".checkpoint", NULL);

  return g_file_test (checkpoint, G_FILE_TEST_EXISTS);
}

void
us_session_say (UsSession  *self,
                const char *text)
{
  g_return_if_fail (US_IS_SESSION (self));

  g_signal_emit (self, signals[MESSAGE], 0, text);
}

void
us_session_complain (UsSession  *self,
                     const char *title,
                     const char *detail)
{
  g_return_if_fail (US_IS_SESSION (self));

  g_signal_emit (self, signals[PROBLEM], 0, title, detail);
}

void
us_session_shutdown (UsSession *self)
{
  g_return_if_fail (US_IS_SESSION (self));

  self->shut_down = TRUE;
  g_cancellable_cancel (self->open_cancellable);
  g_clear_object (&self->open_cancellable);
  drop_trainer (self);
  us_learning_stop (self->learning);
  us_learning_join (self->learning);
  set_training (self, FALSE, FALSE);
  g_clear_pointer (&self->preview, us_preview_free);
}

static void
us_session_get_property (GObject    *object,
                         guint       id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  UsSession *self = US_SESSION (object);

  switch (id)
    {
    case PROP_SIMULATOR:
      g_value_set_pointer (value, (gpointer) self->simulator);
      break;
    case PROP_OUTPUT:
      g_value_set_uint (value, self->output);
      break;
    case PROP_PRIOR:
      g_value_set_pointer (value, self->prior);
      break;
    case PROP_MODEL:
      g_value_set_pointer (value, self->model);
      break;
    case PROP_PATH:
      g_value_set_string (value, self->path);
      break;
    case PROP_TITLE:
      g_value_set_string (value, self->title);
      break;
    case PROP_UNSAVED:
      g_value_set_boolean (value, self->unsaved);
      break;
    case PROP_TRAINER:
      g_value_set_object (value, self->trainer);
      break;
    case PROP_TRAINING:
      g_value_set_boolean (value, self->training);
      break;
    case PROP_FOLLOWS_TRAINING:
      g_value_set_boolean (value, self->follows_training);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
us_session_dispose (GObject *object)
{
  us_session_shutdown (US_SESSION (object));

  G_OBJECT_CLASS (us_session_parent_class)->dispose (object);
}

static void
us_session_finalize (GObject *object)
{
  UsSession *self = US_SESSION (object);

  g_clear_pointer (&self->prior, us_prior_unref);
  g_clear_pointer (&self->model, us_simvae_unref);
  g_clear_object (&self->learnt);
  g_clear_object (&self->learning);
  g_free (self->path);
  g_free (self->title);

  G_OBJECT_CLASS (us_session_parent_class)->finalize (object);
}

static void
us_session_class_init (UsSessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = us_session_get_property;
  object_class->dispose = us_session_dispose;
  object_class->finalize = us_session_finalize;

  properties[PROP_SIMULATOR] = g_param_spec_pointer ("simulator", NULL, NULL, flags);
  properties[PROP_OUTPUT] = g_param_spec_uint ("output", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_PRIOR] = g_param_spec_pointer ("prior", NULL, NULL, flags);
  properties[PROP_MODEL] = g_param_spec_pointer ("model", NULL, NULL, flags);
  properties[PROP_PATH] = g_param_spec_string ("path", NULL, NULL, NULL, flags);
  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, flags);
  properties[PROP_UNSAVED] = g_param_spec_boolean ("unsaved", NULL, NULL, FALSE, flags);
  properties[PROP_TRAINER] = g_param_spec_object ("trainer", NULL, NULL, US_TYPE_TRAINER, flags);
  properties[PROP_TRAINING] = g_param_spec_boolean ("training", NULL, NULL, FALSE, flags);
  properties[PROP_FOLLOWS_TRAINING] =
    g_param_spec_boolean ("follows-training", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  signals[PROGRESS] = g_signal_new ("progress", US_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0,
                                    NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[TRAINING_ENDED] = g_signal_new ("training-ended", US_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[MESSAGE] = g_signal_new ("message", US_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0,
                                   NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[PROBLEM] = g_signal_new ("problem", US_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0,
                                   NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
}

static void
us_session_init (UsSession *self)
{
  gsize n;
  const UsSimulator *const *list = us_registry_list (&n);

  self->learnt = us_learnt_new ();
  self->learning = us_learning_new ();
  g_signal_connect_object (self->learning, "changed", G_CALLBACK (on_learning_changed), self, 0);
  self->preview = us_preview_new ("preview");
  self->title = g_strdup (_("No model"));
  if (n > 0)
    us_session_set_simulator (self, list[0]);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-trainer-private.h"

#include <math.h>

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UsTrainer, us_trainer, G_TYPE_OBJECT)

static void
us_trainer_dispose (GObject *object)
{
  UsTrainer *self = US_TRAINER (object);

  /* The thread holds no reference: it ends here, leaving a checkpoint. */
  g_cancellable_cancel (self->cancellable);
  us_trainer_join (self);

  G_OBJECT_CLASS (us_trainer_parent_class)->dispose (object);
}

static void
us_trainer_finalize (GObject *object)
{
  UsTrainer *self = US_TRAINER (object);

  g_clear_pointer (&self->config.prior, us_prior_unref);
  g_free ((char *) self->config.path);
  g_free ((char *) self->config.command);
  g_free ((char *) self->config.bank);
  g_free (self->checkpoint_path);
  g_clear_pointer (&self->model, us_simvae_unref);
  for (int s = 0; s < 2; s++)
    g_clear_pointer (&self->history[s], g_array_unref);
  g_clear_error (&self->error);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->home, g_main_context_unref);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);

  G_OBJECT_CLASS (us_trainer_parent_class)->finalize (object);
}

static void
us_trainer_class_init (UsTrainerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = us_trainer_dispose;
  object_class->finalize = us_trainer_finalize;

  signals[SIGNAL_CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
us_trainer_init (UsTrainer *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->home = g_main_context_ref_thread_default ();
  self->cancellable = g_cancellable_new ();
  self->progress.loss = self->progress.held_out = NAN;
  for (int s = 0; s < 2; s++)
    self->history[s] = g_array_new (FALSE, FALSE, sizeof (UsHistoryPoint));
}

UsTrainer *
us_trainer_new (const UsTrainerConfig *config)
{
  UsTrainer *self;

  g_return_val_if_fail (config->prior != NULL && config->preset != NULL, NULL);
  g_return_val_if_fail (config->output < us_prior_simulator (config->prior)->n_outputs, NULL);

  self = g_object_new (US_TYPE_TRAINER, NULL);
  self->config = *config;
  us_prior_ref (self->config.prior);
  self->config.path = g_strdup (config->path);
  self->config.command = g_strdup (config->command);
  self->config.bank = g_strdup (config->bank);
  self->progress.method = config->method;
  if (config->path != NULL)
    self->checkpoint_path = g_strconcat (config->path, ".checkpoint", NULL);
  return self;
}

/* -- the mailbox ------------------------------------------------------- */

static gboolean
publish (gpointer data)
{
  UsTrainer *self = data;

  g_atomic_int_set (&self->wakeup_pending, FALSE);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
  return G_SOURCE_REMOVE;
}

void
us_trainer_notify (UsTrainer *self)
{
  if (g_atomic_int_compare_and_exchange (&self->wakeup_pending, FALSE, TRUE))
    {
      g_autoptr(GSource) wakeup = g_idle_source_new ();

      g_source_set_callback (wakeup, publish, g_object_ref (self), g_object_unref);
      g_source_attach (wakeup, self->home);
    }
}

/* -- control ----------------------------------------------------------- */

static gpointer
thread_main (gpointer data)
{
  UsTrainer *self = data;

  /* what went wrong is kept for us_trainer_get_error() */
  us_trainer_run (self, self->cancellable, NULL);
  return NULL;
}

void
us_trainer_start (UsTrainer *self)
{
  g_return_if_fail (US_IS_TRAINER (self));
  g_return_if_fail (self->thread == NULL);

  self->thread = g_thread_new ("us-trainer", thread_main, self);
}

static void
set_control (UsTrainer *self,
             gboolean   pause,
             gboolean   stop)
{
  g_mutex_lock (&self->lock);
  self->pause = pause;
  self->stop = self->stop || stop;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

void
us_trainer_pause (UsTrainer *self)
{
  set_control (self, TRUE, FALSE);
}

void
us_trainer_resume (UsTrainer *self)
{
  set_control (self, FALSE, FALSE);
}

void
us_trainer_stop (UsTrainer *self)
{
  set_control (self, FALSE, TRUE);
}

void
us_trainer_join (UsTrainer *self)
{
  if (self->thread == NULL)
    return;
  g_assert (self->thread != g_thread_self ());
  g_thread_join (g_steal_pointer (&self->thread));
}

/* -- what others see --------------------------------------------------- */

void
us_trainer_get_progress (UsTrainer         *self,
                         UsTrainerProgress *progress)
{
  g_mutex_lock (&self->lock);
  *progress = self->progress;
  g_mutex_unlock (&self->lock);
}

const GError *
us_trainer_get_error (UsTrainer *self)
{
  const GError *error;

  /* set once, before the state becomes FAILED */
  g_mutex_lock (&self->lock);
  error = self->error;
  g_mutex_unlock (&self->lock);
  return error;
}

UsSimvae *
us_trainer_get_model (UsTrainer *self)
{
  UsSimvae *model;

  g_mutex_lock (&self->lock);
  model = self->model != NULL ? us_simvae_ref (self->model) : NULL;
  g_mutex_unlock (&self->lock);
  return model;
}

GArray *
us_trainer_get_history (UsTrainer *self,
                        guint      step)
{
  GArray *history;

  g_return_val_if_fail (step == 1 || step == 2, NULL);

  g_mutex_lock (&self->lock);
  history = g_array_copy (self->history[step - 1]);
  g_mutex_unlock (&self->lock);
  return history;
}

void
us_four_rows_free (UsFourRows *self)
{
  if (self == NULL)
    return;
  g_free (self->x);
  g_free (self->decoded);
  g_free (self->simulated);
  g_free (self->both);
  g_free (self);
}

UsFourRows *
us_four_rows_new (UsSimvae *model,
                  gsize     n,
                  guint64   seed)
{
  const UsSimulator *simulator = us_simvae_simulator (model);
  gsize p_count = simulator->n_parameters, n_values = us_simvae_n_values (model);
  g_autoptr(UsPlayer) player = us_player_new (model, n, NULL);
  g_autofree double *theta = g_new (double, n * p_count);
  UsFourRows *self = g_new0 (UsFourRows, 1);

  self->n = n;
  self->n_values = n_values;
  self->x = g_new0 (float, n * n_values);
  if (!us_simulate_rows (us_simvae_prior (model), us_simvae_output (model), seed, US_ROWS_SHOWN, n,
                         theta, self->x, NULL))
    {
      us_four_rows_free (self);
      return NULL;
    }
  if (us_simvae_is_anonymous (model))
    {
      self->both = g_new0 (float, n * n_values);
      us_player_encode_anonymous (player, n, self->x, NULL, NULL, self->both);
      return self;
    }
  self->decoded = g_new0 (float, n * n_values);
  us_player_decode (player, n, theta, self->decoded);
  if (!us_simvae_has_encoder (model))
    return self;

  self->simulated = g_new0 (float, n * n_values);
  self->both = g_new0 (float, n * n_values);
  us_player_encode (player, n, self->x, theta, NULL);
  us_player_decode (player, n, theta, self->both);
  for (gsize i = 0; i < n; i++)
    {
      UsRng rng;

      us_rng_init (&rng, 0, US_RNG_SIMULATOR, 0);
      if (simulator->run (simulator, theta + i * p_count, us_simvae_output (model), &rng,
                          self->simulated + i * n_values) != US_SIM_OK)
        for (gsize j = 0; j < n_values; j++)
          self->simulated[i * n_values + j] = NAN;
    }
  return self;
}

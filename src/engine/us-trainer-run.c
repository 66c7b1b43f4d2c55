/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-trainer-private.h"

#include "us-file.h"

#include <glib/gstdio.h>
#include <math.h>

#define DEFAULT_CHECKPOINT_S  60.0
#define RETRY_CHECKPOINT_S    10.0     /* after one that could not be written */
#define PROGRESS_S            0.1
#define SNAPSHOT_S            0.8
#define MEASURE_S             1.5      /* of training thrown away to plan a step */
#define CALIBRATION_MIN       512      /* draws */
#define CALIBRATION_MAX       8192

static void
job_clear (UsTrainerJob *job)
{
  g_clear_pointer (&job->training, us_training_free);
  g_clear_pointer (&job->pool, us_pool_free);
  g_clear_pointer (&job->settings, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UsTrainerJob, job_clear)

/* -- checkpoints ------------------------------------------------------- */

static double
checkpoint_seconds (const UsTrainerJob *job)
{
  double seconds = job->trainer->config.checkpoint_seconds;

  return seconds > 0 ? seconds : DEFAULT_CHECKPOINT_S;
}

/* A failure is said and tried again; the training goes on. */
static void
save_checkpoint (UsTrainerJob *job)
{
  UsTrainer *self = job->trainer;
  g_autoptr(GError) error = NULL;
  double wait = checkpoint_seconds (job);

  if (self->checkpoint_path == NULL)
    return;
  if (!us_training_save_checkpoint (job->training, job->settings, job->seconds, self->checkpoint_path, &error))
    wait = MIN (wait, RETRY_CHECKPOINT_S);
  g_mutex_lock (&self->lock);
  if (error != NULL)
    g_strlcpy (self->progress.warning, error->message, sizeof self->progress.warning);
  else
    self->progress.warning[0] = '\0';
  g_mutex_unlock (&self->lock);
  job->next_checkpoint = g_get_monotonic_time () + (gint64) (wait * 1e6);
}

/* -- planning ---------------------------------------------------------- */

static gboolean
begin_step (UsTrainerJob *job,
            guint         step,
            GError      **error)
{
  const UsTrainerConfig *config = &job->trainer->config;
  UsTraining *t = job->training;
  double per_iteration, left;
  gint64 before = g_get_monotonic_time ();
  guint64 total;

  if (config->samples > 0)
    total = us_job_iterations (job, step);
  else
    {
      left = US_JOB_BUDGET_SHARE * us_job_budget_seconds (job) - job->seconds[0];
      us_training_begin (t, step, G_MAXINT32);
      if (!us_training_measure (t, MIN (MEASURE_S, 0.03 * left), &per_iteration, error))
        return FALSE;
      left -= (g_get_monotonic_time () - before) / 1e6 * (step == 1 ? 2 : 1);
      /* were step 1 to take all the time there is, step 2 gets half its share at least */
      left = step == 1 ? left * t->preset.decoder_share
                       : MAX (left, 0.5 * (1 - t->preset.decoder_share) * us_job_budget_seconds (job));
      total = MAX ((guint64) (left / per_iteration), 1);
    }
  us_training_begin (t, step, total);
  job->rate_iteration = 0;
  job->rate_clock = job->last_clock = g_get_monotonic_time ();
  job->samples_per_s = 0;
  return TRUE;
}

/* -- the loop ---------------------------------------------------------- */

typedef enum
{
  GO_ON,
  STOP,
  CANCEL,
} Verdict;

static Verdict
ask (UsTrainerJob *job)
{
  UsTrainer *self = job->trainer;
  Verdict verdict = GO_ON;
  gboolean pause;

  if (g_cancellable_is_cancelled (job->cancellable) || g_cancellable_is_cancelled (self->cancellable))
    return CANCEL;
  g_mutex_lock (&self->lock);
  pause = self->pause;
  verdict = self->stop ? STOP : GO_ON;
  g_mutex_unlock (&self->lock);
  if (!pause || verdict == STOP)
    return verdict;

  /* What was learnt is safe before sleeping. */
  save_checkpoint (job);
  us_job_publish_progress (job, g_get_monotonic_time ());
  us_job_set_state (job, US_TRAINER_PAUSED);
  g_mutex_lock (&self->lock);
  while (self->pause && !self->stop
         && !g_cancellable_is_cancelled (job->cancellable) && !g_cancellable_is_cancelled (self->cancellable))
    g_cond_wait_until (&self->cond, &self->lock, g_get_monotonic_time () + 100 * G_TIME_SPAN_MILLISECOND);
  verdict = self->stop ? STOP : GO_ON;
  g_mutex_unlock (&self->lock);
  us_job_set_state (job, US_TRAINER_RUNNING);
  job->last_clock = job->rate_clock = g_get_monotonic_time ();
  job->rate_iteration = job->training->iteration;
  return ask (job);
}

/* After an iteration: clocks, progress, snapshot, checkpoint. */
static void
keep_house (UsTrainerJob *job)
{
  gint64 now = g_get_monotonic_time ();

  job->seconds[job->training->step - 1] += (now - job->last_clock) / 1e6;
  job->last_clock = now;
  if (now - job->last_progress >= PROGRESS_S * 1e6)
    us_job_publish_progress (job, now);
  if (now - job->last_snapshot >= SNAPSHOT_S * 1e6)
    {
      g_autoptr(UsSimvae) model = us_job_make_model (job, FALSE, NULL);

      if (model != NULL)
        us_job_publish_model (job, model);
      job->last_snapshot = g_get_monotonic_time ();
    }
  if (now >= job->next_checkpoint)
    save_checkpoint (job);
}

static gboolean
train (UsTrainerJob *job,
       Verdict      *verdict,
       GError      **error)
{
  UsTraining *t = job->training;

  for (;;)
    {
      while (t->iteration < t->total[t->step - 1])
        {
          *verdict = ask (job);
          if (*verdict != GO_ON)
            return TRUE;
          if (!us_training_advance (t, job->seconds[0] + job->seconds[1], error))
            return FALSE;
          keep_house (job);
        }
      us_training_finish_step (t);
      if (t->step == 3)
        return TRUE;
      if (!begin_step (job, 2, error))
        return FALSE;
    }
}

/* The model that is kept: the better of the best weights and (stopped) the newest ones, with its spread measured. */
static gboolean
finish (UsTrainerJob *job,
        gboolean      stopped,
        GError      **error)
{
  UsTraining *t = job->training;
  gboolean best = !stopped || us_training_held_out (t) >= t->best_held_out;
  g_autoptr(UsSimvae) model = us_job_make_model (job, best, NULL);
  g_autoptr(UsSimvae) calibrated = NULL;
  g_autoptr(UsCalibration) calibration = NULL;

  if (model == NULL)
    {
      g_set_error_literal (error, US_TRAIN_ERROR, US_TRAIN_ERROR_TOO_SOON,
                           "Stopped before the decoder was told of any parameter: there is no model yet. "
                           "The training can go on from its checkpoint");
      return FALSE;
    }
  us_job_publish_model (job, model);
  if (us_simvae_has_encoder (model) && !us_method_anonymous (t->method))
    {
      gsize n = CLAMP (t->total[1] * t->preset.batch / 32, CALIBRATION_MIN, stopped ? 1024 : CALIBRATION_MAX);

      calibration = us_simvae_calibrate (model, n, t->seed, t->preset.augmentation, t->preset.augmented_share,
                                         job->pool, job->trainer->cancellable, error);
      if (calibration == NULL)
        return FALSE;
      calibrated = us_job_make_model (job, best, calibration);
      us_job_publish_model (job, calibrated);
    }
  if (job->trainer->config.path != NULL
      && !us_simvae_save (calibrated != NULL ? calibrated : model, job->trainer->config.path, error))
    return FALSE;
  if (!stopped && job->trainer->checkpoint_path != NULL)
    g_unlink (job->trainer->checkpoint_path);
  us_job_publish_progress (job, g_get_monotonic_time ());
  return TRUE;
}

static gboolean
prepare (UsTrainerJob *job,
         GError      **error)
{
  UsTrainer *self = job->trainer;

  job->started = job->last_clock = g_get_monotonic_time ();
  job->pool = us_pool_new (self->config.n_workers, self->config.niceness);
  job->training = us_training_new (&self->config, job->pool, error);
  if (job->training == NULL)
    return FALSE;
  job->settings = us_training_settings (job->training, &self->config);
  job->next_checkpoint = job->started + (gint64) (checkpoint_seconds (job) * 1e6);

  if (self->config.resume && self->checkpoint_path != NULL && g_file_test (self->checkpoint_path, G_FILE_TEST_EXISTS))
    {
      if (!us_training_load_checkpoint (job->training, job->settings, job->seconds, self->checkpoint_path, error))
        return FALSE;
      g_mutex_lock (&self->lock);
      self->progress.resumed_from = job->training->iteration * job->training->preset.batch;
      if (job->training->step == 2)
        self->progress.resumed_from += job->training->total[0] * job->training->preset.batch;
      g_mutex_unlock (&self->lock);
      job->rate_iteration = job->training->iteration;
      job->rate_clock = job->last_clock = g_get_monotonic_time ();
      return TRUE;
    }
  return begin_step (job, us_training_first_step (job->training), error);
}

/* What is learnt outlives what went wrong. */
static void
keep_best (UsTrainerJob *job)
{
  g_autoptr(GError) ignored = NULL;
  g_autoptr(UsSimvae) model = NULL;

  if (job->training == NULL || job->training->losses[0] == NULL || job->training->step > 2
      || !isfinite (job->training->best_held_out))
    return;
  model = us_job_make_model (job, TRUE, NULL);
  if (model == NULL)
    return;
  us_job_publish_model (job, model);
  if (job->trainer->config.path != NULL && !us_simvae_save (model, job->trainer->config.path, &ignored))
    g_debug ("%s", ignored->message);
}

gboolean
us_trainer_run (UsTrainer    *self,
                GCancellable *cancellable,
                GError      **error)
{
  g_auto(UsTrainerJob) job = { .trainer = self, .cancellable = cancellable };
  g_autoptr(GError) failure = NULL;
  Verdict verdict = GO_ON;

  us_job_set_state (&job, US_TRAINER_RUNNING);
  if (prepare (&job, &failure) && train (&job, &verdict, &failure))
    {
      if (verdict != GO_ON)
        save_checkpoint (&job);
      if (verdict == CANCEL)
        g_set_error_literal (&failure, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The training was cancelled");
      else if (finish (&job, verdict == STOP, &failure))
        {
          us_job_set_state (&job, verdict == STOP ? US_TRAINER_STOPPED : US_TRAINER_DONE);
          return TRUE;
        }
    }
  else
    keep_best (&job);

  if (job.training != NULL && job.training->step > 0)
    us_job_publish_progress (&job, g_get_monotonic_time ());
  g_mutex_lock (&self->lock);
  if (!g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    self->error = g_error_copy (failure);
  g_mutex_unlock (&self->lock);
  us_job_set_state (&job, self->error != NULL ? US_TRAINER_FAILED : US_TRAINER_STOPPED);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

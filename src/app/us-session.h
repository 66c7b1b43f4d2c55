/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-ingest.h"
#include "us-learning.h"
#include "us-learnt.h"
#include "us-preview.h"
#include "us-simvae.h"
#include "us-trainer.h"

G_BEGIN_DECLS

#define US_TYPE_SESSION (us_session_get_type ())
G_DECLARE_FINAL_TYPE (UsSession, us_session, US, SESSION, GObject)

/**
 * UsSession:
 *
 * What the pages of one window share.  Two things stand side by side: *what is
 * to be learnt* (simulator, output, prior: Simulator and Train pages) and *what
 * has been learnt* (the model, which knows its own simulator, output and prior:
 * Explore and Infer pages).  Opening a model sets both.  Main thread only.
 *
 * Properties, all with notify, read-only for GObject (use the setters):
 *  "simulator", "prior", "model" (pointers), "output" (uint), "trainer" (UsTrainer),
 *  "training" (boolean: running or paused, or learning from mechanisms), "follows-training" (boolean),
 *  "path" (string, NULL when the model has no file of its own), "title" (string: what
 *  the header bar says), "unsaved" (boolean).
 *
 * Signals:
 *  "progress" (): the trainer, or the learning, has news (at most ten times a second); read them with
 *      us_trainer_get_progress(), us_learning_get_progress().
 *  "training-ended" (): the trainer went to DONE, STOPPED or FAILED.
 *  "message" (const char *text): something was done, in one line, for a toast.
 *  "problem" (const char *title, const char *detail): for an error dialog.
 */
UsSession         *us_session_new              (void);

/* What is to be learnt. Choosing a simulator takes its first output and default prior. */
const UsSimulator *us_session_get_simulator    (UsSession         *self);
void               us_session_set_simulator    (UsSession         *self,
                                                const UsSimulator *simulator);
guint              us_session_get_output       (UsSession         *self);
void               us_session_set_output       (UsSession         *self,
                                                guint              output);
UsPrior           *us_session_get_prior        (UsSession         *self);   /* borrowed */
void               us_session_set_prior        (UsSession         *self,
                                                UsPrior           *prior);  /* takes a reference */

/* What has been learnt. NULL: nothing yet. The model is const: keep a reference
 * and hand it to workers freely; on notify::model take the new one. While
 * training runs and "follows-training" is set, it changes about each second. */
UsSimvae          *us_session_get_model        (UsSession         *self);   /* borrowed, or NULL */
/* Also one whose latents are nobody's parameters (β-VAE), which get_model() keeps from those who set or read
 * parameters by name; to save it, and to show how it was learnt. */
UsSimvae          *us_session_get_any_model    (UsSession         *self);   /* borrowed, or NULL */
const char        *us_session_get_path         (UsSession         *self);
const char        *us_session_get_title        (UsSession         *self);
gboolean           us_session_get_unsaved      (UsSession         *self);

/* Reads a model file on a worker; on success it becomes the model, follows-training
 * ends, simulator, output and prior become the model's. On failure nothing changes.
 * The newest call wins: an older one still at work finishes with G_IO_ERROR_CANCELLED. */
void               us_session_open_async       (UsSession           *self,
                                                const char          *path,
                                                GAsyncReadyCallback  callback,
                                                gpointer             data);
gboolean           us_session_open_finish      (UsSession           *self,
                                                GAsyncResult        *result,
                                                GError             **error);
/* Writes the model (aside, then renamed) on a worker; on success it is no longer unsaved. */
void               us_session_save_async       (UsSession           *self,
                                                const char          *path,
                                                GAsyncReadyCallback  callback,
                                                gpointer             data);
gboolean           us_session_save_finish      (UsSession           *self,
                                                GAsyncResult        *result,
                                                GError             **error);
/* Forgets the model: an empty session with the same simulator. */
void               us_session_clear            (UsSession           *self);

/* Training. One job at a time; the trainer stays readable after its end, until the next.
 * config->path NULL is replaced by us_session_dup_training_path(); config->prior and
 * output are the caller's. Stops and joins a trainer that is still there. */
UsTrainer         *us_session_get_trainer      (UsSession             *self);   /* borrowed, or NULL */
gboolean           us_session_get_training     (UsSession             *self);   /* or the learning runs */
UsTrainer         *us_session_start_training   (UsSession             *self,
                                                const UsTrainerConfig *config);
/* Asks the trainer to stop, "training-ended" follows; the learning likewise, which tells its end itself. */
void               us_session_stop_training    (UsSession             *self);
/* Explore and Infer take the trainer's newest weights (TRUE is set by start_training). */
gboolean           us_session_get_follows_training (UsSession         *self);
void               us_session_set_follows_training (UsSession         *self,
                                                gboolean               follows);
/* Where a training run of this simulator and output keeps its model and checkpoint
 * ($XDG_DATA_HOME/understudy/training/ID-OUTPUT.safetensors), so that a killed
 * program goes on where it was. */
char              *us_session_dup_training_path (UsSession            *self);
/* There is a checkpoint for the present simulator and output. */
gboolean           us_session_can_resume       (UsSession             *self);

/* What was learnt from mechanisms (posterior, predictor), and the measured series it is asked about. */
UsLearnt          *us_session_get_learnt       (UsSession         *self);   /* borrowed */

/* The job that makes such a network, which us_session_get_learnt () has been given before anybody else hears "changed". */
UsLearning        *us_session_get_learning     (UsSession             *self);   /* borrowed */
/* FALSE: something is in training already. */
gboolean           us_session_start_learning   (UsSession              *self,
                                                const UsLearningConfig *config);

/* The slot for what follows a slider or a pen on the visible page. */
UsPreview         *us_session_get_preview      (UsSession             *self);   /* borrowed */

/* For a toast, and for an error dialog of the window. */
void               us_session_say              (UsSession             *self,
                                                const char            *text);
void               us_session_complain         (UsSession             *self,
                                                const char            *title,
                                                const char            *detail);
/* Cancels, stops, joins: no worker of this session runs afterwards. Called by the window on close. */
void               us_session_shutdown         (UsSession             *self);

G_END_DECLS

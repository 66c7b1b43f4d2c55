/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-learnt.h"

#include <glib/gi18n.h>

struct _UsLearnt
{
  GObject                parent_instance;

  UsPosterior           *posterior;
  UsPredictor           *predictor;
  char                  *path;
  UsAttributor          *attributor;    /* of the posterior, or NULL */

  char                  *data;
  UsMeasurementsOptions *options;

  guint                  serial;        /* of the newest open */
};

enum
{
  NETWORK_CHANGED,
  ATTRIBUTOR_CHANGED,
  DATA_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UsLearnt, us_learnt, G_TYPE_OBJECT)

UsMeasurementsOptions *
us_measurements_options_copy (const UsMeasurementsOptions *options)
{
  UsMeasurementsOptions *copy;

  if (options == NULL)
    return NULL;
  copy = g_new0 (UsMeasurementsOptions, 1);
  copy->time = g_strdup (options->time);
  copy->values = (const char *const *) g_strdupv ((char **) options->values);
  copy->where = g_strdup (options->where);
  copy->sort = options->sort;
  copy->mask_bad = options->mask_bad;
  copy->from_zero = options->from_zero;
  return copy;
}

void
us_measurements_options_free (UsMeasurementsOptions *options)
{
  if (options == NULL)
    return;
  g_free ((char *) options->time);
  g_strfreev ((char **) options->values);
  g_free ((char *) options->where);
  g_free (options);
}

UsLearnt *
us_learnt_new (void)
{
  return g_object_new (US_TYPE_LEARNT, NULL);
}

UsPosterior *
us_learnt_get_posterior (UsLearnt *self)
{
  g_return_val_if_fail (US_IS_LEARNT (self), NULL);

  return self->posterior;
}

UsPredictor *
us_learnt_get_predictor (UsLearnt *self)
{
  g_return_val_if_fail (US_IS_LEARNT (self), NULL);

  return self->predictor;
}

const char *
us_learnt_get_path (UsLearnt *self)
{
  g_return_val_if_fail (US_IS_LEARNT (self), NULL);

  return self->path;
}

char *
us_learnt_dup_name (UsLearnt *self)
{
  const UsSimulator *simulator;
  const UsPredictorRecord *record;

  g_return_val_if_fail (US_IS_LEARNT (self), NULL);

  if (self->path != NULL)
    return g_filename_display_basename (self->path);
  if (self->posterior != NULL)
    {
      simulator = us_posterior_simulator (self->posterior);
      return g_strdup (simulator != NULL ? _(simulator->title) : _("Posterior of a table"));
    }
  if (self->predictor == NULL)
    return NULL;
  record = us_predictor_record (self->predictor);
  return g_strdup (us_predictor_head (self->predictor)->kind == US_HEAD_CLASSES ? _("Choice of mechanism")
                   : g_strcmp0 (record->task, "forecast") == 0 ? _("Forecast")
                   : g_strcmp0 (record->task, "quantities") == 0 ? _("Quantities") : _("Predictor"));
}

UsAttributor *
us_learnt_get_attributor (UsLearnt *self)
{
  g_return_val_if_fail (US_IS_LEARNT (self), NULL);

  return self->attributor;
}

void
us_learnt_set_attributor (UsLearnt     *self,
                          UsAttributor *attributor)
{
  g_return_if_fail (US_IS_LEARNT (self));
  g_return_if_fail (attributor == NULL || us_attributor_posterior (attributor) == self->posterior);

  if (attributor == self->attributor)
    return;
  g_clear_pointer (&self->attributor, us_attributor_unref);
  self->attributor = attributor != NULL ? us_attributor_ref (attributor) : NULL;
  g_signal_emit (self, signals[ATTRIBUTOR_CHANGED], 0);
}

static void
take_network (UsLearnt    *self,
              UsPosterior *posterior,
              UsPredictor *predictor,
              const char  *path)
{
  g_autoptr(UsPosterior) old_posterior = self->posterior;
  g_autoptr(UsPredictor) old_predictor = self->predictor;
  char *new_path = g_strdup (path);

  self->posterior = posterior;
  self->predictor = predictor;
  g_clear_pointer (&self->attributor, us_attributor_unref);
  g_free (self->path);
  self->path = new_path;
  g_signal_emit (self, signals[NETWORK_CHANGED], 0);
}

void
us_learnt_set_network (UsLearnt    *self,
                       UsPosterior *posterior,
                       UsPredictor *predictor,
                       const char  *path)
{
  g_return_if_fail (US_IS_LEARNT (self));
  g_return_if_fail (posterior == NULL || predictor == NULL);

  self->serial++;
  take_network (self, posterior != NULL ? us_posterior_ref (posterior) : NULL,
                predictor != NULL ? us_predictor_ref (predictor) : NULL, path);
}

/* --- files -------------------------------------------------------------------------- */

gboolean
us_learnt_is_file (const char *path)
{
  return us_posterior_is_file (path) || us_predictor_is_file (path);
}

typedef struct
{
  char        *path;
  guint        serial;
  UsPosterior *posterior;
  UsPredictor *predictor;
} Opening;

static void
opening_free (Opening *opening)
{
  g_clear_pointer (&opening->posterior, us_posterior_unref);
  g_clear_pointer (&opening->predictor, us_predictor_unref);
  g_free (opening->path);
  g_free (opening);
}

static void
read_network (GTask        *task,
              gpointer      source,
              gpointer      data,
              GCancellable *cancellable)
{
  Opening *opening = data;
  GError *error = NULL;

  if (us_predictor_is_file (opening->path))
    opening->predictor = us_predictor_load (opening->path, &error);
  else
    opening->posterior = us_posterior_load (opening->path, &error);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

void
us_learnt_open_async (UsLearnt            *self,
                      const char          *path,
                      GAsyncReadyCallback  callback,
                      gpointer             data)
{
  g_autoptr(GTask) task = NULL;
  Opening *opening;

  g_return_if_fail (US_IS_LEARNT (self));
  g_return_if_fail (path != NULL);

  opening = g_new0 (Opening, 1);
  opening->path = g_strdup (path);
  opening->serial = ++self->serial;
  task = g_task_new (self, NULL, callback, data);
  g_task_set_source_tag (task, us_learnt_open_async);
  g_task_set_task_data (task, opening, (GDestroyNotify) opening_free);
  g_task_run_in_thread (task, read_network);
}

gboolean
us_learnt_open_finish (UsLearnt      *self,
                       GAsyncResult  *result,
                       GError       **error)
{
  Opening *opening;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  opening = g_task_get_task_data (G_TASK (result));
  if (opening->serial != self->serial)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Another network was opened since");
      return FALSE;
    }
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  take_network (self, g_steal_pointer (&opening->posterior), g_steal_pointer (&opening->predictor), opening->path);
  return TRUE;
}

/* --- data --------------------------------------------------------------------------- */

const char *
us_learnt_get_data (UsLearnt *self)
{
  g_return_val_if_fail (US_IS_LEARNT (self), NULL);

  return self->data;
}

const UsMeasurementsOptions *
us_learnt_get_data_options (UsLearnt *self)
{
  g_return_val_if_fail (US_IS_LEARNT (self), NULL);

  return self->options;
}

void
us_learnt_set_data (UsLearnt                    *self,
                    const char                  *path,
                    const UsMeasurementsOptions *options)
{
  char *data = g_strdup (path);
  UsMeasurementsOptions *copy;

  g_return_if_fail (US_IS_LEARNT (self));

  copy = us_measurements_options_copy (options);
  g_free (self->data);
  us_measurements_options_free (self->options);
  self->data = data;
  self->options = copy;
  g_signal_emit (self, signals[DATA_CHANGED], 0);
}

static void
us_learnt_finalize (GObject *object)
{
  UsLearnt *self = US_LEARNT (object);

  g_clear_pointer (&self->posterior, us_posterior_unref);
  g_clear_pointer (&self->predictor, us_predictor_unref);
  g_clear_pointer (&self->attributor, us_attributor_unref);
  us_measurements_options_free (self->options);
  g_free (self->path);
  g_free (self->data);
  G_OBJECT_CLASS (us_learnt_parent_class)->finalize (object);
}

static void
us_learnt_class_init (UsLearntClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = us_learnt_finalize;
  signals[NETWORK_CHANGED] = g_signal_new ("network-changed", US_TYPE_LEARNT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 0);
  signals[ATTRIBUTOR_CHANGED] = g_signal_new ("attributor-changed", US_TYPE_LEARNT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                              G_TYPE_NONE, 0);
  signals[DATA_CHANGED] = g_signal_new ("data-changed", US_TYPE_LEARNT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 0);
}

static void
us_learnt_init (UsLearnt *self)
{
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of pictures as a const table.  P parameters. */
#include "config.h"

#include "us-dataset-private.h"

#include "us-error.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define SEARCH_VARIABLE "UNDERSTUDY_DATASETS"

typedef struct
{
  UsSimulator    table;         /* first: run gets a pointer to it */
  UsDatasetKey   key;
  UsDatasetCache cache;
  UsDatasetAxis  axes[US_DATASET_MAX_FACTORS];  /* (P) */
  float          unpacked[256][8];              /* the bits of each byte as 0 and 1, lowest first */
} Dataset;

/* Tables are borrowed by priors, models and pages, as those that are compiled in: none is ever
 * freed, and what is behind them is a mapping that costs nothing while nobody looks. */
static GMutex opened_lock;
static GPtrArray *opened;       /* of Dataset; guarded by opened_lock */

static struct
{
  UsDatasetProgress  progress;
  gpointer           data;
  const gint        *cancelled;
} monitor;                      /* set once, before there are threads */

/* ---- the simulator ---- */

/* The level nearest to a value; half-way the lower one. */
static gsize
nearest (const UsDatasetFactor *factor,
         double                 turn,
         double                 value)
{
  const double *levels = factor->levels;
  gsize low = 0, high = factor->n - 1;

  /* the last level that is not above the value, or the first */
  while (low < high)
    {
      gsize middle = (low + high + 1) / 2;

      if (levels[middle] <= value)
        low = middle;
      else
        high = middle - 1;
    }
  if (low + 1 < factor->n)
    return levels[low + 1] - value < value - levels[low] ? low + 1 : low;
  return turn > 0 && levels[0] + turn - value < value - levels[low] ? 0 : low;
}

static const guint8 *
look_up (const Dataset *self,
         const double  *theta)          /* (P) */
{
  const UsDatasetGrid *grid = &self->cache.grid;
  gsize point = 0;

  for (gsize p = 0; p < self->table.n_parameters; p++)
    {
      const UsDatasetAxis *axis = &self->axes[p];
      const UsDatasetFactor *factor = &grid->factors[axis->factor];
      gsize level = axis->categorical ? (gsize) rint (theta[p] - self->table.parameters[p].lower)
                                      : nearest (factor, axis->turn, theta[p]);

      point += MIN (level, factor->n - 1) * axis->step;
    }
  return self->cache.pictures + (grid->rows != NULL ? grid->rows[point] : point) * self->cache.stride;
}

/* Eight values a byte. */
static void
unpack_bits (const Dataset *self,
             const guint8  *bits,
             gsize          n,
             float         *out)
{
  const gsize whole = n / 8;

  for (gsize b = 0; b < whole; b++)
    memcpy (out + 8 * b, self->unpacked[bits[b]], sizeof self->unpacked[0]);
  if (n % 8 > 0)
    memcpy (out + 8 * whole, self->unpacked[bits[whole]], n % 8 * sizeof (float));
}

static UsSimStatus
dataset_run (const UsSimulator *simulator,
             const double      *theta,
             guint              output,
             UsRng             *rng,
             float             *out)
{
  const Dataset *self = (const Dataset *) simulator;
  const guint8 *picture = look_up (self, theta);
  const gsize n = us_output_n_values (&simulator->outputs[0]);

  if (output != 0)
    return US_SIM_FAILED;
  if (self->cache.bits == 8)
    for (gsize i = 0; i < n; i++)
      out[i] = (float) picture[i] / 255.0f;
  else
    unpack_bits (self, picture, n, out);
  return US_SIM_OK;
}

/* Each row of the file is as likely: what is between the values of the grid has no picture of its own. */
static void
dataset_draw (const UsSimulator *simulator,
              UsRng             *rng,
              double            *theta)
{
  const Dataset *self = (const Dataset *) simulator;

  for (gsize p = 0; p < simulator->n_parameters; p++)
    {
      const UsDatasetFactor *factor = &self->cache.grid.factors[self->axes[p].factor];
      const gsize level = us_rng_below (rng, factor->n);

      theta[p] = self->axes[p].categorical ? simulator->parameters[p].lower + (double) level : factor->levels[level];
    }
}

/* Of the grid, each value spread evenly over what is nearest to it. */
static double
dataset_log_density (const UsSimulator *simulator,
                     const double      *theta)
{
  const Dataset *self = (const Dataset *) simulator;
  double sum = 0;

  for (gsize p = 0; p < simulator->n_parameters; p++)
    {
      const UsDatasetAxis *axis = &self->axes[p];
      const UsDatasetFactor *factor = &self->cache.grid.factors[axis->factor];
      const double *levels = factor->levels;
      const gsize i = axis->categorical ? 0 : nearest (factor, axis->turn, theta[p]), last = factor->n - 1;
      double width = 1;

      if (!axis->categorical)
        {
          const double gap = axis->turn > 0 ? axis->turn - (levels[last] - levels[0]) : 0;

          width = 0.5 * ((i > 0 ? levels[i] - levels[i - 1] : gap) + (i < last ? levels[i + 1] - levels[i] : gap));
        }
      sum -= log (width * (double) factor->n);
    }
  return sum;
}

/* ---- opening ---- */

/* Takes key and cache. */
static Dataset *
dataset_new (UsDatasetKey   *key,
             UsDatasetCache *cache)
{
  Dataset *self = g_new0 (Dataset, 1);
  g_autofree char *base = g_path_get_basename (key->path);
  UsParameter *parameters;
  UsOutput *output;
  char *dot = strrchr (base, '.');
  gsize n_parameters;

  self->key = *key;
  self->cache = *cache;
  memset (key, 0, sizeof *key);
  memset (cache, 0, sizeof *cache);
  if (dot != NULL && dot != base)
    *dot = '\0';
  for (guint byte = 0; byte < 256; byte++)
    for (guint k = 0; k < 8; k++)
      self->unpacked[byte][k] = (float) (byte >> k & 1);
  n_parameters = us_dataset_describe (&self->cache, self->key.path, self->axes, &parameters, &output);
  self->table = (UsSimulator) {
    .id = g_strconcat (US_DATASET_PREFIX, self->key.path, NULL),
    .version = self->cache.fingerprint,
    .title = g_strdup (base),
    .summary = g_strdup_printf (_("%zu pictures, looked up in %s: a draw is one of them. What made them is not known."),
                                self->cache.grid.n_rows, self->key.path),
    .parameters = parameters,
    .n_parameters = n_parameters,
    .outputs = output,
    .n_outputs = 1,
    .run = dataset_run,
    .draw = dataset_draw,
    .log_density = dataset_log_density,
  };
  return self;
}

static const UsSimulator *
find_opened (const UsDatasetKey *key)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&opened_lock);

  for (guint i = 0; opened != NULL && i < opened->len; i++)
    {
      Dataset *self = opened->pdata[i];

      if (strcmp (self->key.path, key->path) == 0 && self->key.n_bytes == key->n_bytes
          && self->key.mtime_ns == key->mtime_ns)
        return &self->table;
    }
  return NULL;
}

/* Is the file still the one that was opened? */
static gboolean
is_there (const Dataset *self)
{
  UsDatasetKey now;
  gboolean same = us_dataset_key_init (&now, self->key.path, NULL)
                  && now.n_bytes == self->key.n_bytes && now.mtime_ns == self->key.mtime_ns;

  us_dataset_key_clear (&now);
  return same;
}

static const UsSimulator *
find_version (guint version)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&opened_lock);

  for (guint i = 0; opened != NULL && i < opened->len; i++)
    {
      Dataset *self = opened->pdata[i];

      if (self->table.version == version && is_there (self))
        return &self->table;
    }
  return NULL;
}

static const UsSimulator *
keep (Dataset *self)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&opened_lock);

  if (opened == NULL)
    opened = g_ptr_array_new ();
  g_ptr_array_add (opened, self);
  return &self->table;
}

gboolean
us_dataset_is_id (const char *id)
{
  g_return_val_if_fail (id != NULL, FALSE);

  return g_str_has_prefix (id, US_DATASET_PREFIX);
}

const UsSimulator *
us_dataset_open (const char         *path,
                 UsDatasetProgress   progress,
                 gpointer            data,
                 const gint         *cancelled,
                 GError            **error)
{
  UsDatasetKey key;
  UsDatasetCache cache = { 0 };
  const UsSimulator *simulator = NULL;

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (us_dataset_key_init (&key, path, error)
      && (simulator = find_opened (&key)) == NULL
      && (us_dataset_cache_open (&cache, &key)
          || us_dataset_cache_make (&key, progress, data, cancelled, error)))
    {
      /* Read back what was written: there is one way in. */
      if (cache.map != NULL || us_dataset_cache_open (&cache, &key))
        simulator = keep (dataset_new (&key, &cache));
      else
        us_dataset_refuse (error, US_FORMAT_ERROR_SYNTAX, path, _("was unpacked, but cannot be read back"));
    }
  us_dataset_key_clear (&key);
  return simulator;
}

void
us_dataset_set_monitor (UsDatasetProgress  progress,
                        gpointer           data,
                        const gint        *cancelled)
{
  monitor.progress = progress;
  monitor.data = data;
  monitor.cancelled = cancelled;
}

/* ---- finding one that has moved ---- */

/* Where a set of this path may be now: the path itself, then files of its name. */
static GPtrArray *
candidates (const char *path,
            const char *beside)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *name = g_path_get_basename (path);
  const char *variable = g_getenv (SEARCH_VARIABLE);
  g_auto(GStrv) places = variable != NULL ? g_strsplit (variable, G_SEARCHPATH_SEPARATOR_S, -1) : NULL;

  g_ptr_array_add (list, g_strdup (path));
  if (beside != NULL)
    {
      g_autofree char *folder = g_path_get_dirname (beside);

      g_ptr_array_add (list, g_build_filename (folder, name, NULL));
    }
  for (gsize i = 0; places != NULL && places[i] != NULL; i++)
    if (g_file_test (places[i], G_FILE_TEST_IS_DIR))
      g_ptr_array_add (list, g_build_filename (places[i], name, NULL));
    else if (*places[i] != '\0')
      g_ptr_array_add (list, g_strdup (places[i]));
  return list;
}

const UsSimulator *
us_dataset_find (const char  *id,
                 guint        version,
                 const char  *beside,
                 GError     **error)
{
  const char *path;
  g_autoptr(GPtrArray) list = NULL;
  const UsSimulator *simulator;
  gboolean differs = FALSE;

  g_return_val_if_fail (id != NULL && us_dataset_is_id (id), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  path = id + strlen (US_DATASET_PREFIX);
  if (version == 0)
    return us_dataset_open (path, monitor.progress, monitor.data, monitor.cancelled, error);
  if ((simulator = find_version (version)) != NULL)
    return simulator;

  list = candidates (path, beside);
  for (guint i = 0; i < list->len; i++)
    {
      if (!g_file_test (list->pdata[i], G_FILE_TEST_EXISTS))
        continue;
      simulator = us_dataset_open (list->pdata[i], monitor.progress, monitor.data, monitor.cancelled, error);
      if (simulator == NULL || simulator->version == version)
        return simulator;
      differs = TRUE;
    }
  us_dataset_refuse (error, differs ? US_FORMAT_ERROR_MISMATCH : US_FORMAT_ERROR_MISSING, path,
                     differs ? _("the file is another set of pictures than the one that the model was trained on. Say "
                                 "where that is: open it first (Open Dataset…), lay it beside the model, or put its "
                                 "file or folder into the environment variable %s")
                             : _("the set of pictures that the model was trained on is not there any more. Say where "
                                 "it is now: open it first (Open Dataset…), lay it beside the model, or put its file "
                                 "or folder into the environment variable %s"),
                     SEARCH_VARIABLE);
  return NULL;
}

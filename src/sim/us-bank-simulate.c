/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Banks as they are made.  The members are written as .npy files into a folder
 * aside; then the folder takes the bank's name, or its files go into a zip. */
#include "config.h"

#include "us-bank.h"

#include "us-bank-private.h"
#include "us-error.h"
#include "us-file.h"
#include "us-pool.h"

#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>
#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <zip.h>

/* N rows, P parameters, n values of x a row.  A block of rows is in memory at
 * a time; a chunk of rows is one worker's piece of it. */
#define BLOCK_BYTES (8 * 1024 * 1024)
#define BLOCK_ROWS_MAX 8192
#define CHUNK_ROWS 16

typedef struct
{
  const UsPrior *prior;
  guint          output;
  guint64        seed;
  const gint    *cancelled;     /* or NULL */
  gsize          n_parameters;
  gsize          n_values;

  /* the block in the works */
  guint64        first;
  gsize          count;
  double        *theta;         /* (count, P) */
  float         *x;             /* (count, n) */
  GError       **errors;        /* (chunks); each chunk's own */
} Block;

static gboolean
is_cancelled (const gint *cancelled)
{
  return cancelled != NULL && g_atomic_int_get (cancelled) != 0;
}

static void
simulate_chunk (gpointer data,
                gsize    chunk,
                guint    worker)
{
  Block *block = data;
  const gsize at = chunk * CHUNK_ROWS;
  const gsize count = MIN (block->count - at, CHUNK_ROWS);

  if (is_cancelled (block->cancelled))
    return;
  us_simulate_rows (block->prior, block->output, block->seed, block->first + at, count,
                    block->theta + at * block->n_parameters, block->x + at * block->n_values,
                    &block->errors[chunk]);
}

/* The first row's error is the block's: the same for any number of workers. */
static gboolean
collect_errors (Block   *block,
                gsize    n_chunks,
                GError **error)
{
  gboolean ok = TRUE;

  for (gsize chunk = 0; chunk < n_chunks; chunk++)
    if (block->errors[chunk] != NULL && ok)
      {
        g_propagate_error (error, g_steal_pointer (&block->errors[chunk]));
        ok = FALSE;
      }
    else
      g_clear_error (&block->errors[chunk]);

  return ok;
}

/* Simulates all rows and appends them to both files. */
static gboolean
simulate_blocks (Block         *block,
                 UsPool        *pool,
                 guint64        count,
                 gsize          block_rows,
                 UsFileWriter  *theta_file,
                 UsFileWriter  *x_file,
                 void         (*progress) (guint64 done, guint64 count, gpointer data),
                 gpointer       data,
                 GError       **error)
{
  for (guint64 first = 0; first < count; first += block->count)
    {
      gsize n_chunks;

      block->first = first;
      block->count = (gsize) MIN (count - first, block_rows);
      n_chunks = (block->count + CHUNK_ROWS - 1) / CHUNK_ROWS;
      us_pool_run (pool, n_chunks, simulate_chunk, block);

      if (!collect_errors (block, n_chunks, error))
        return FALSE;
      if (is_cancelled (block->cancelled))
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The simulation was cancelled"));
          return FALSE;
        }
      if (!us_file_writer_write (theta_file, block->theta,
                                 block->count * block->n_parameters * sizeof (double), error) ||
          !us_file_writer_write (x_file, block->x, block->count * block->n_values * sizeof (float), error))
        return FALSE;
      if (progress != NULL)
        progress (first + block->count, count, data);
    }

  return TRUE;
}

/* A .npy header, version 1.0: magic, length, a Python literal padded to 64 bytes. */
static UsFileWriter *
begin_npy (const char     *folder,
           const char     *name,
           const char     *descr,
           guint64         n_rows,
           gsize           n_dims,      /* after the first */
           const gsize    *dims,
           GError        **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr(GString) header = g_string_new (NULL);
  g_autoptr(UsFileWriter) writer = us_file_writer_new (path, error);
  guint8 start[10] = { 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 0, 0 };

  if (writer == NULL)
    return NULL;

  g_string_printf (header, "{'descr': '%s', 'fortran_order': False, 'shape': (%" G_GUINT64_FORMAT ",", descr, n_rows);
  for (gsize i = 0; i < n_dims; i++)
    g_string_append_printf (header, "%s%" G_GSIZE_FORMAT, i > 0 ? ", " : " ", dims[i]);
  g_string_append (header, "), }");
  while ((sizeof start + header->len + 1) % 64 != 0)
    g_string_append_c (header, ' ');
  g_string_append_c (header, '\n');
  start[8] = (guint8) (header->len & 255);
  start[9] = (guint8) (header->len >> 8);

  if (!us_file_writer_write (writer, start, sizeof start, error) ||
      !us_file_writer_write (writer, header->str, header->len, error))
    return NULL;
  return g_steal_pointer (&writer);
}

/* Parameter names as numpy keeps text: fixed width, UCS-4. */
static gboolean
write_names (const UsSimulator  *simulator,
             const char         *folder,
             GError            **error)
{
  g_autoptr(UsFileWriter) writer = NULL;
  g_autofree char *descr = NULL;
  g_autofree gunichar *text = NULL;     /* (P, width) */
  glong width = 1;

  for (gsize i = 0; i < simulator->n_parameters; i++)
    width = MAX (width, g_utf8_strlen (simulator->parameters[i].name, -1));
  text = g_new0 (gunichar, simulator->n_parameters * (gsize) width);
  for (gsize i = 0; i < simulator->n_parameters; i++)
    {
      glong length;
      g_autofree gunichar *name = g_utf8_to_ucs4_fast (simulator->parameters[i].name, -1, &length);

      memcpy (text + i * (gsize) width, name, (gsize) length * sizeof *text);
    }

  descr = g_strdup_printf ("<U%ld", width);
  writer = begin_npy (folder, US_BANK_NAMES ".npy", descr, simulator->n_parameters, 0, NULL, error);
  return writer != NULL &&
         us_file_writer_write (writer, text, simulator->n_parameters * (gsize) width * sizeof *text, error) &&
         us_file_writer_commit (writer, error);
}

static gboolean
write_meta (const UsPrior  *prior,
            guint           output,
            guint64         seed,
            guint64         count,
            const char     *folder,
            GError        **error)
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  g_autofree char *path = g_build_filename (folder, US_BANK_META, NULL);
  g_autofree char *distributions = us_prior_to_json (prior);
  g_autoptr(JsonNode) id_node = json_node_init_string (json_node_alloc (), simulator->id);
  g_autofree char *id = json_to_string (id_node, FALSE);      /* a path may hold anything */
  /* The seed as text: JSON readers keep 53 bits of a number. */
  g_autofree char *text =
    g_strdup_printf ("{\"format\":\"understudy-bank-1\",\"program\":\"%s\",\"simulator\":%s,\"version\":%u,"
                     "\"output\":\"%s\",\"seed\":\"%" G_GUINT64_FORMAT "\",\"rows\":%" G_GUINT64_FORMAT
                     ",\"prior\":%s}\n",
                     US_VERSION, id, simulator->version, simulator->outputs[output].id,
                     seed, count, distributions);

  return us_file_replace (path, text, strlen (text), error);
}

/* All members into the folder. */
static gboolean
write_members (Block         *block,
               guint64        count,
               guint          n_workers,
               const char    *folder,
               void         (*progress) (guint64 done, guint64 count, gpointer data),
               gpointer       data,
               GError       **error)
{
  const UsSimulator *simulator = us_prior_simulator (block->prior);
  const UsOutput *output = &simulator->outputs[block->output];
  const gsize theta_dims[] = { simulator->n_parameters };
  const gsize image_dims[] = { output->height, output->width, output->channels };
  const gsize series_dims[] = { output->height, output->channels };
  const gboolean series = output->kind == US_OUTPUT_SERIES;
  const gsize row_bytes = block->n_values * sizeof (float) + block->n_parameters * sizeof (double);
  const gsize block_rows = CLAMP (BLOCK_BYTES / row_bytes / CHUNK_ROWS, 1, BLOCK_ROWS_MAX / CHUNK_ROWS) * CHUNK_ROWS;
  g_autoptr(UsFileWriter) theta_file = NULL;
  g_autoptr(UsFileWriter) x_file = NULL;
  g_autoptr(UsPool) pool = us_pool_new (n_workers, 0);
  g_autofree double *theta = g_new (double, block_rows * block->n_parameters);
  g_autofree float *x = g_new (float, block_rows * block->n_values);
  g_autofree GError **errors = g_new0 (GError *, block_rows / CHUNK_ROWS);

  block->theta = theta;
  block->x = x;
  block->errors = errors;

  theta_file = begin_npy (folder, US_BANK_THETA ".npy", "<f8", count, 1, theta_dims, error);
  if (theta_file == NULL)
    return FALSE;
  x_file = begin_npy (folder, US_BANK_X ".npy", "<f4", count,
                      series ? G_N_ELEMENTS (series_dims) : G_N_ELEMENTS (image_dims),
                      series ? series_dims : image_dims, error);

  return x_file != NULL &&
         simulate_blocks (block, pool, count, block_rows, theta_file, x_file, progress, data, error) &&
         us_file_writer_commit (theta_file, error) &&
         us_file_writer_commit (x_file, error) &&
         write_names (simulator, folder, error) &&
         write_meta (block->prior, block->output, block->seed, count, folder, error);
}

static const char *const members[] = {
  US_BANK_META, US_BANK_NAMES ".npy", US_BANK_THETA ".npy", US_BANK_X ".npy",
};

static int
zip_cancelled (zip_t *zip,
               void  *data)
{
  return is_cancelled (data);
}

/* The folder's files into a zip, stored: rows can then be read from any place. */
static gboolean
pack (const char  *folder,
      const char  *path,
      const gint  *cancelled,
      GError     **error)
{
  g_autoptr(UsFileWriter) writer = us_file_writer_new (path, error);
  zip_t *zip = NULL;
  zip_error_t failure;
  int code = 0;
  gboolean ok = TRUE;

  if (writer == NULL)
    return FALSE;

  zip_error_init (&failure);
  zip = zip_open (us_file_writer_path (writer), ZIP_CREATE | ZIP_TRUNCATE, &code);
  if (zip == NULL)
    zip_error_init_with_code (&failure, code);

  for (gsize i = 0; zip != NULL && ok && i < G_N_ELEMENTS (members); i++)
    {
      g_autofree char *member = g_build_filename (folder, members[i], NULL);
      zip_source_t *source = zip_source_file (zip, member, 0, -1);
      const zip_int64_t index = source != NULL ? zip_file_add (zip, members[i], source, ZIP_FL_ENC_UTF_8) : -1;

      if (source != NULL && index < 0)
        zip_source_free (source);
      /* A fixed time: the same rows are the same bytes. */
      ok = index >= 0 &&
           zip_set_file_compression (zip, (zip_uint64_t) index, ZIP_CM_STORE, 0) == 0 &&
           zip_file_set_dostime (zip, (zip_uint64_t) index, 0, 33, 0) == 0;
    }

  if (zip != NULL && ok)
    {
      zip_register_cancel_callback_with_state (zip, zip_cancelled, NULL, (gpointer) cancelled);
      ok = zip_close (zip) == 0;
    }
  if (zip == NULL || !ok)
    {
      if (is_cancelled (cancelled))
        g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The simulation was cancelled"));
      else
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("Cannot write “%s”: %s"), path,
                     zip_error_strerror (zip != NULL ? zip_get_error (zip) : &failure));
      if (zip != NULL)
        zip_discard (zip);
      zip_error_fini (&failure);
      return FALSE;
    }
  zip_error_fini (&failure);

  return us_file_writer_commit (writer, error);
}

static void
remove_folder (const char *folder)
{
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      g_autofree char *member = g_build_filename (folder, members[i], NULL);

      g_remove (member);
    }
  g_rmdir (folder);
}

/* The folder aside takes the bank's name; an empty folder of that name gives way. */
static gboolean
rename_folder (const char  *folder,
               const char  *path,
               GError     **error)
{
  if (g_chmod (folder, 0755) == 0 && g_rename (folder, path) == 0)
    return TRUE;

  us_file_set_error (error, errno, _("Cannot write “%s”"), path);
  return FALSE;
}

/* Before hours of work: a folder that would be refused at the end. */
static gboolean
check_target (const char  *path,
              gboolean     npz,
              GError     **error)
{
  g_autoptr(GDir) dir = npz ? NULL : g_dir_open (path, 0, NULL);

  if (npz ? g_file_test (path, G_FILE_TEST_IS_DIR) : dir != NULL ? g_dir_read_name (dir) != NULL
                                                                 : g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                   npz ? _("“%s” is a folder") : _("“%s” exists already and is not an empty folder"), path);
      return FALSE;
    }

  return TRUE;
}

gboolean
us_bank_simulate (const UsPrior   *prior,
                  guint            output,
                  guint64          seed,
                  guint64          count,
                  guint            n_workers,
                  const char      *path,
                  void           (*progress) (guint64 done, guint64 count, gpointer data),
                  gpointer         data,
                  const gint      *cancelled,
                  GError         **error)
{
  const UsSimulator *simulator;
  g_autofree char *trimmed = NULL;
  g_autofree char *folder = NULL;
  gboolean npz, done;
  Block block = { .prior = prior, .output = output, .seed = seed, .cancelled = cancelled };

  g_return_val_if_fail (prior != NULL && path != NULL && *path != '\0', FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  simulator = us_prior_simulator (prior);
  g_return_val_if_fail (output < simulator->n_outputs, FALSE);

  block.n_parameters = simulator->n_parameters;
  block.n_values = us_output_n_values (&simulator->outputs[output]);
  npz = g_str_has_suffix (path, ".npz");
  if (!check_target (path, npz, error))
    return FALSE;

  trimmed = g_strdup (path);
  while (strlen (trimmed) > 1 && g_str_has_suffix (trimmed, G_DIR_SEPARATOR_S))
    trimmed[strlen (trimmed) - 1] = '\0';
  folder = g_strconcat (trimmed, ".XXXXXX", NULL);
  if (g_mkdtemp (folder) == NULL)
    {
      us_file_set_error (error, errno, _("Cannot write “%s”"), path);
      return FALSE;
    }

  done = write_members (&block, count, n_workers, folder, progress, data, error) &&
         (npz ? pack (folder, path, cancelled, error) : rename_folder (folder, trimmed, error));
  if (npz || !done)
    remove_folder (folder);

  return done;
}

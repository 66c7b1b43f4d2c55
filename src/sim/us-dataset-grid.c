/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which values a set's factors take, and which row has which of them.  N rows, K factors. */
#include "config.h"

#include "us-dataset-private.h"

#include "us-error.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define VALUES        "latents_values"
#define NAMES         "latents_names"
#define ROWS_AT_ONCE  4096
#define MAX_LEVELS    8192
#define SAME          1e-9      /* relative difference of two values that were meant to be one */
#define NO_ROW        G_MAXUINT32

gboolean
us_dataset_refuse (GError     **error,
                   int          code,
                   const char  *path,
                   const char  *format,
                   ...)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, US_FORMAT_ERROR, code, "“%s”: %s", shown, what);
  return FALSE;
}

gboolean
us_dataset_cancelled (const gint  *cancelled,
                      GError     **error)
{
  if (cancelled == NULL || !g_atomic_int_get (cancelled))
    return FALSE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Cancelled"));
  return TRUE;
}

void
us_dataset_grid_clear (UsDatasetGrid *grid)
{
  for (gsize k = 0; k < grid->n_factors; k++)
    {
      g_free (grid->factors[k].name);
      g_free (grid->factors[k].levels);
    }
  g_free (grid->rows);
  memset (grid, 0, sizeof *grid);
}

/* Where value stands among the levels, or would have to. */
static gsize
place_of (const double *levels,
          gsize         n,
          double        value,
          gboolean     *found)
{
  gsize low = 0, high = n;

  while (low < high)
    {
      gsize middle = (low + high) / 2;

      if (levels[middle] < value - SAME * fabs (value))
        low = middle + 1;
      else
        high = middle;
    }
  *found = low < n && fabs (levels[low] - value) <= SAME * fabs (value);
  return low;
}

typedef gboolean (*RowsFunc) (UsDatasetGrid  *grid,
                              const double   *values,   /* (count, K) */
                              gsize           first,
                              gsize           count,
                              const char     *path,
                              GError        **error);

static gboolean
for_all_rows (UsDatasetGrid  *grid,
              UsNpz          *npz,
              const char     *path,
              const gint     *cancelled,
              RowsFunc        func,
              GError        **error)
{
  for (gsize first = 0; first < grid->n_rows; first += ROWS_AT_ONCE)
    {
      gsize count = MIN (ROWS_AT_ONCE, grid->n_rows - first);
      g_autoptr(UsArray) read = NULL;
      g_autoptr(UsArray) values = NULL;

      if (us_dataset_cancelled (cancelled, error)
          || (read = us_npz_read_rows (npz, VALUES, first, count, error)) == NULL)
        return FALSE;
      values = us_array_convert (read, US_DTYPE_F64);
      if (!func (grid, values->data, first, count, path, error))
        return FALSE;
    }
  return TRUE;
}

/* First pass: the levels of each factor. */
static gboolean
collect_levels (UsDatasetGrid  *grid,
                const double   *values,
                gsize           first,
                gsize           count,
                const char     *path,
                GError        **error)
{
  for (gsize k = 0; k < grid->n_factors; k++)
    {
      UsDatasetFactor *factor = &grid->factors[k];
      gsize at = 0;

      for (gsize i = 0; i < count; i++)
        {
          double value = values[i * grid->n_factors + k];
          gboolean found;

          if (!isfinite (value))
            return us_dataset_refuse (error, US_FORMAT_ERROR_VALUE, path,
                                      _("array “%s”, row %zu, column %zu is not a finite number"),
                                      VALUES, first + i + 1, k + 1);
          if (at < factor->n && factor->levels[at] == value)
            continue;
          at = place_of (factor->levels, factor->n, value, &found);
          if (found)
            continue;
          if (factor->n == MAX_LEVELS)
            return us_dataset_refuse (error, US_FORMAT_ERROR_UNSUPPORTED, path,
                                      _("array “%s”, column %zu has more than %d different values: no grid"),
                                      VALUES, k + 1, MAX_LEVELS);
          /* doubled when full: a power of two is */
          if ((factor->n & (factor->n - 1)) == 0)
            factor->levels = g_renew (double, factor->levels, MAX (2 * factor->n, 1));
          memmove (factor->levels + at + 1, factor->levels + at, (factor->n - at) * sizeof (double));
          factor->levels[at] = value;
          factor->n++;
        }
    }
  return TRUE;
}

/* Second pass: the row of each point, each of them once. */
static gboolean
place_rows (UsDatasetGrid  *grid,
            const double   *values,
            gsize           first,
            gsize           count,
            const char     *path,
            GError        **error)
{
  for (gsize i = 0; i < count; i++)
    {
      gsize point = 0;
      gboolean found;

      for (gsize k = 0; k < grid->n_factors; k++)
        {
          gsize level = place_of (grid->factors[k].levels, grid->factors[k].n,
                                  values[i * grid->n_factors + k], &found);

          if (!found)
            return us_dataset_refuse (error, US_FORMAT_ERROR_VALUE, path, _("changed while it was being read"));
          point = point * grid->factors[k].n + level;
        }
      if (grid->rows[point] != NO_ROW)
        return us_dataset_refuse (error, US_FORMAT_ERROR_VALUE, path,
                                  _("array “%s”: rows %zu and %zu are the same combination; expected each once"),
                                  VALUES, (gsize) grid->rows[point] + 1, first + i + 1);
      grid->rows[point] = (guint32) (first + i);
    }
  return TRUE;
}

/* As many rows as points? */
static gboolean
check_full (const UsDatasetGrid  *grid,
            const char           *path,
            GError              **error)
{
  g_autoptr(GString) text = g_string_new (NULL);
  double points = 1;
  gsize n_varying = 0;

  for (gsize k = 0; k < grid->n_factors; k++)
    {
      g_string_append_printf (text, "%s%zu", k > 0 ? " × " : "", grid->factors[k].n);
      points *= (double) grid->factors[k].n;
      n_varying += grid->factors[k].n > 1;
    }
  if (n_varying == 0)
    return us_dataset_refuse (error, US_FORMAT_ERROR_VALUE, path, _("array “%s”: no factor varies"), VALUES);
  if (points != (double) grid->n_rows)
    return us_dataset_refuse (error, US_FORMAT_ERROR_SHAPE, path,
                              _("array “%s” is no full grid: the values of its columns make %s = %.0f combinations, "
                                "expected each once, but there are %zu rows"),
                              VALUES, text->str, points, grid->n_rows);
  return TRUE;
}

static gboolean
is_name (const char *text)
{
  if (!g_ascii_isalpha (*text) && *text != '_')
    return FALSE;
  for (gsize i = 0; text[i] != '\0'; i++)
    if (i > 31 || (!g_ascii_isalnum (text[i]) && text[i] != '_'))
      return FALSE;
  return TRUE;
}

/* K different identifiers. */
static gboolean
read_names (UsDatasetGrid  *grid,
            UsNpz          *npz,
            const char     *path,
            GError        **error)
{
  g_auto(GStrv) names = NULL;

  if (!us_npz_has (npz, NAMES))
    return TRUE;
  names = us_npz_read_strings (npz, NAMES, error);
  if (names == NULL)
    return FALSE;
  if (g_strv_length (names) != grid->n_factors)
    return us_dataset_refuse (error, US_FORMAT_ERROR_SHAPE, path, _("array “%s” has %u names; expected %zu, one a column of “%s”"),
                              NAMES, g_strv_length (names), grid->n_factors, VALUES);
  for (gsize k = 0; k < grid->n_factors; k++)
    {
      if (!is_name (names[k]))
        return us_dataset_refuse (error, US_FORMAT_ERROR_VALUE, path,
                                  _("array “%s”, name %zu: expected up to 32 letters, digits and “_”, no digit first"),
                                  NAMES, k + 1);
      for (gsize j = 0; j < k; j++)
        if (strcmp (names[j], names[k]) == 0)
          return us_dataset_refuse (error, US_FORMAT_ERROR_VALUE, path, _("array “%s”: “%s” stands there twice"), NAMES, names[k]);
      grid->factors[k].name = g_strdup (names[k]);
    }
  return TRUE;
}

static gboolean
check_shape (UsDatasetGrid  *grid,
             UsNpz          *npz,
             const char     *path,
             GError        **error)
{
  gsize shape[US_ARRAY_MAX_DIMS];
  gboolean column_major;
  UsDtype dtype;
  guint n_dims;

  if (!us_npz_describe (npz, VALUES, &dtype, &n_dims, shape, error)
      || !us_npz_is_column_major (npz, VALUES, &column_major, error))
    return FALSE;
  if (dtype != US_DTYPE_F64 && dtype != US_DTYPE_F32)
    return us_dataset_refuse (error, US_FORMAT_ERROR_UNSUPPORTED, path, _("array “%s” holds %s; expected float64"),
                              VALUES, us_dtype_name (dtype));
  if (column_major)
    return us_dataset_refuse (error, US_FORMAT_ERROR_UNSUPPORTED, path,
                              _("array “%s” is in column-major order; expected row-major, as NumPy writes it"), VALUES);
  if (n_dims != 2 || shape[0] < 2 || shape[0] >= NO_ROW || shape[1] < 1 || shape[1] > US_DATASET_MAX_FACTORS)
    {
      g_autofree char *text = us_shape_to_string (n_dims, shape);

      return us_dataset_refuse (error, US_FORMAT_ERROR_SHAPE, path,
                                _("array “%s” has the shape %s; expected (pictures, factors), at most %d factors"),
                                VALUES, text, US_DATASET_MAX_FACTORS);
    }
  grid->n_rows = shape[0];
  grid->n_factors = shape[1];
  return TRUE;
}

gboolean
us_dataset_grid_read (UsDatasetGrid  *grid,
                      UsNpz          *npz,
                      const char     *path,
                      const gint     *cancelled,
                      GError        **error)
{
  gboolean in_order = TRUE;

  memset (grid, 0, sizeof *grid);
  if (!check_shape (grid, npz, path, error)
      || !read_names (grid, npz, path, error)
      || !for_all_rows (grid, npz, path, cancelled, collect_levels, error)
      || !check_full (grid, path, error))
    return FALSE;

  grid->rows = g_new (guint32, grid->n_rows);
  memset (grid->rows, 0xff, grid->n_rows * sizeof (guint32));
  if (!for_all_rows (grid, npz, path, cancelled, place_rows, error))
    return FALSE;
  for (gsize i = 0; in_order && i < grid->n_rows; i++)
    in_order = grid->rows[i] == i;
  if (in_order)
    g_clear_pointer (&grid->rows, g_free);
  return TRUE;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-attribution-private.h"

#include "us-error.h"

#include <cblas.h>
#include <gio/gio.h>
#include <math.h>
#include <string.h>

#define MIN_ROWS 16
#define MAX_SUMMARIES 1024

static gboolean
row_is_finite (gsize         n_summaries,
               const float  *h,
               gsize         n_parameters,
               const double *theta)
{
  for (gsize s = 0; s < n_summaries; s++)
    if (!isfinite (h[s]))
      return FALSE;
  for (gsize p = 0; p < n_parameters; p++)
    if (!isfinite (theta[p]))
      return FALSE;
  return TRUE;
}

/* Fills n, row, first_left_out, theta. */
static void
keep_rows (UsAttribution *self,
           const float   *h,
           const double  *theta)
{
  gsize s_count = self->n_summaries, p_count = self->n_parameters;

  self->row = g_new (guint32, self->n_given);
  self->theta = g_new (double, MAX (self->n_given * p_count, 1));
  self->first_left_out = self->n_given;
  for (gsize i = 0; i < self->n_given; i++)
    {
      const double *own = p_count > 0 ? theta + i * p_count : NULL;

      if (!row_is_finite (s_count, h + i * s_count, p_count, own))
        {
          self->first_left_out = MIN (self->first_left_out, i);
          continue;
        }
      if (p_count > 0)
        memcpy (self->theta + self->n * p_count, own, p_count * sizeof (double));
      self->row[self->n++] = (guint32) i;
    }
  if (self->n == self->n_given)
    g_clear_pointer (&self->row, g_free);
}

static gboolean
check_sizes (const UsAttribution  *self,
             GError              **error)
{
  if (self->n >= MIN_ROWS && self->n_summaries <= MAX_SUMMARIES)
    return TRUE;
  if (self->n_summaries > MAX_SUMMARIES)
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE, "%" G_GSIZE_FORMAT " summaries a row are more than %d",
                 self->n_summaries, MAX_SUMMARIES);
  else
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                 "%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " rows are finite; at least %d are needed",
                 self->n, self->n_given, MIN_ROWS);
  return FALSE;
}

UsAttribution *
us_attribution_new (gsize                  n_rows,
                    gsize                  n_summaries,
                    const float           *h,
                    gsize                  n_parameters,
                    const double          *theta,
                    gsize                  n_held_out,
                    UsPool                *pool,
                    UsAttributionProgress  progress,
                    gpointer               data,
                    const gint            *cancelled,
                    GError               **error)
{
  g_autoptr(UsAttribution) self = NULL;

  g_return_val_if_fail (n_summaries > 0 && h != NULL, NULL);
  g_return_val_if_fail (n_parameters == 0 || theta != NULL, NULL);

  if (n_rows >= G_MAXUINT32)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE,
                   "%" G_GSIZE_FORMAT " rows are more than can be searched: take fewer than %u", n_rows, G_MAXUINT32);
      return NULL;
    }

  /* the pool splits the work; a BLAS that splits it again would only get in the way */
  openblas_set_num_threads (1);
  self = g_new0 (UsAttribution, 1);
  us_arena_init (&self->arena);
  self->n_given = n_rows;
  self->n_summaries = n_summaries;
  self->n_parameters = n_parameters;
  self->kernel = us_distance_kernel_get ();
  if (n_summaries <= MAX_SUMMARIES)
    keep_rows (self, h, theta);
  if (!check_sizes (self, error) || !us_attribution_make_space (self, h, pool, error))
    return NULL;
  if (!us_attribution_make_held_out (self, n_held_out, pool, progress, data, cancelled))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
      return NULL;
    }
  return g_steal_pointer (&self);
}

void
us_attribution_free (UsAttribution *self)
{
  if (self == NULL)
    return;
  us_arena_clear (&self->arena);
  g_free (self->row);
  g_free (self->theta);
  g_free (self->centre);
  g_free (self->scale);
  g_free (self->matrix);
  g_free (self->held_out_distance);
  g_free (self->held_out_mmd);
  g_free (self->references);
  g_free (self->reference_index);
  g_free (self);
}

gsize
us_attribution_n_rows (const UsAttribution *self)
{
  return self->n;
}

gsize
us_attribution_n_left_out (const UsAttribution *self)
{
  return self->n_given - self->n;
}

gsize
us_attribution_first_left_out (const UsAttribution *self)
{
  return self->first_left_out;
}

gsize
us_attribution_rank (const UsAttribution *self)
{
  return self->rank;
}

gsize
us_attribution_bank_row (const UsAttribution *self,
                         gsize                i)
{
  g_return_val_if_fail (i < self->n, 0);

  return self->row != NULL ? self->row[i] : i;
}

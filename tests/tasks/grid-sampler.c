/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "grid-sampler.h"

#include <math.h>
#include <string.h>

#define NEGLIGIBLE 40.0        /* in the log: e⁻⁴⁰ of the largest */
#define ALLOWANCE  2.0
#define ZOOMS      8

static void
corner_at (const GridSampler *self,
           gsize              index,         /* of (n + 1)^dims corners, the last axis fastest */
           double            *point)
{
  for (guint d = self->dims; d-- > 0; index /= self->n + 1)
    point[d] = self->lower[d] + (self->upper[d] - self->lower[d]) * (double) (index % (self->n + 1)) / (double) self->n;
}

static gsize
n_corners (const GridSampler *self)
{
  gsize n = 1;

  for (guint d = 0; d < self->dims; d++)
    n *= self->n + 1;
  return n;
}

/* Log densities at all corners; their largest. */
static double
fill_corners (const GridSampler *self,
              double            *corner)
{
  gsize n = n_corners (self);
  double most = -INFINITY, point[GRID_MAX_DIMS];

  for (gsize i = 0; i < n; i++)
    {
      corner_at (self, i, point);
      corner[i] = self->density (self->data, point);
      most = MAX (most, corner[i]);
    }
  return most;
}

/* The box of what is not negligible, one cell more on each side.  TRUE: it has shrunk. */
static gboolean
narrow (GridSampler  *self,
        const double *corner,
        double        most)
{
  gsize n = n_corners (self);
  double lower[GRID_MAX_DIMS], upper[GRID_MAX_DIMS], point[GRID_MAX_DIMS];
  gboolean shrunk = FALSE;

  for (guint d = 0; d < self->dims; d++)
    {
      lower[d] = INFINITY;
      upper[d] = -INFINITY;
    }
  for (gsize i = 0; i < n; i++)
    if (corner[i] > most - NEGLIGIBLE)
      {
        corner_at (self, i, point);
        for (guint d = 0; d < self->dims; d++)
          {
            lower[d] = MIN (lower[d], point[d]);
            upper[d] = MAX (upper[d], point[d]);
          }
      }
  for (guint d = 0; d < self->dims; d++)
    {
      double width = self->upper[d] - self->lower[d], cell = width / (double) self->n;

      lower[d] = MAX (self->lower[d], lower[d] - cell);
      upper[d] = MIN (self->upper[d], upper[d] + cell);
      shrunk |= upper[d] - lower[d] < 0.9 * width;
      self->lower[d] = lower[d];
      self->upper[d] = upper[d];
    }
  return shrunk;
}

static void
fill_cells (GridSampler  *self,
            const double *corner,
            double        most)
{
  gsize stride[GRID_MAX_DIMS];
  double total = 0;

  stride[self->dims - 1] = 1;
  for (guint d = self->dims - 1; d-- > 0; )
    stride[d] = stride[d + 1] * (self->n + 1);
  for (gsize cell = 0; cell < self->n_cells; cell++)
    {
      gsize first = 0, rest = cell;
      double ceiling = -INFINITY;

      for (guint d = self->dims; d-- > 0; rest /= self->n)
        first += rest % self->n * stride[d];
      for (guint k = 0; k < 1u << self->dims; k++)
        {
          gsize at = first;

          for (guint d = 0; d < self->dims; d++)
            at += (k >> d & 1) * stride[d];
          ceiling = MAX (ceiling, corner[at]);
        }
      self->ceiling[cell] = ceiling;
      total += exp (ceiling - most);
      self->cumulative[cell] = total;
    }
}

GridSampler *
grid_sampler_new (GridDensity    density,
                  gconstpointer  data,
                  guint          dims,
                  gsize          n,
                  const double  *lower,
                  const double  *upper)
{
  GridSampler *self = g_new0 (GridSampler, 1);
  g_autofree double *corner = NULL;
  double most;
  gboolean shrunk = TRUE;

  g_assert (dims >= 1 && dims <= GRID_MAX_DIMS && n >= 2);
  *self = (GridSampler) { .density = density, .data = data, .dims = dims, .n = n, .n_cells = 1 };
  memcpy (self->lower, lower, dims * sizeof *lower);
  memcpy (self->upper, upper, dims * sizeof *upper);
  for (guint d = 0; d < dims; d++)
    self->n_cells *= n;

  corner = g_new (double, n_corners (self));
  most = fill_corners (self, corner);
  for (guint zoom = 0; isfinite (most) && shrunk && zoom < ZOOMS; zoom++)
    {
      shrunk = narrow (self, corner, most);
      if (shrunk)
        most = fill_corners (self, corner);
    }
  if (!isfinite (most))
    {
      grid_sampler_free (self);
      return NULL;
    }
  self->ceiling = g_new (double, self->n_cells);
  self->cumulative = g_new (double, self->n_cells);
  fill_cells (self, corner, most);
  return self;
}

void
grid_sampler_free (GridSampler *self)
{
  if (self == NULL)
    return;
  g_free (self->ceiling);
  g_free (self->cumulative);
  g_free (self);
}

/* The first cell whose cumulative mass is above u. */
static gsize
find_cell (const GridSampler *self,
           double             u)
{
  gsize low = 0, high = self->n_cells - 1;

  while (low < high)
    {
      gsize middle = low + (high - low) / 2;

      if (self->cumulative[middle] > u)
        high = middle;
      else
        low = middle + 1;
    }
  return low;
}

void
grid_sampler_draw (GridSampler *self,
                   UsRng       *rng,
                   double      *point)
{
  double total = self->cumulative[self->n_cells - 1], ratio;

  do
    {
      gsize cell = find_cell (self, us_rng_uniform (rng) * total), rest = cell;

      for (guint d = self->dims; d-- > 0; rest /= self->n)
        point[d] = self->lower[d] + (self->upper[d] - self->lower[d])
                   * ((double) (rest % self->n) + us_rng_uniform (rng)) / (double) self->n;
      ratio = exp (self->density (self->data, point) - self->ceiling[cell]) / ALLOWANCE;
      self->n_proposed++;
      self->n_clipped += ratio > 1;
    }
  while (us_rng_uniform (rng) >= ratio);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-rng.h"

G_BEGIN_DECLS

#define GRID_MAX_DIMS 3

/* Log density up to a constant at a point (dims); -INFINITY where there is none. */
typedef double (*GridDensity) (gconstpointer data,
                               const double *point);

/**
 * GridSampler:
 *
 * Independent draws of a density in one to three dimensions.  The box is narrowed to where the density is;
 * a cell of the grid is proposed by the largest of its corners, a point in it is kept or refused by
 * the density there: exact wherever the density in a cell is at most twice that of its corners.
 */
typedef struct
{
  GridDensity   density;
  gconstpointer data;
  guint         dims;
  gsize         n;                     /* cells along each axis */
  double        lower[GRID_MAX_DIMS], upper[GRID_MAX_DIMS];
  double       *ceiling;               /* (cells) log of the largest corner */
  double       *cumulative;            /* (cells) */
  gsize         n_cells;
  guint64       n_proposed, n_clipped; /* clipped: denser than allowed for */
} GridSampler;

/* lower, upper: (dims).  NULL: there is no density anywhere on the grid. */
GridSampler *grid_sampler_new  (GridDensity    density,
                                gconstpointer  data,
                                guint          dims,
                                gsize          n,
                                const double  *lower,
                                const double  *upper);
void         grid_sampler_free (GridSampler   *self);
void         grid_sampler_draw (GridSampler   *self,
                                UsRng         *rng,
                                double        *point);      /* (dims) */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GridSampler, grid_sampler_free)

G_END_DECLS

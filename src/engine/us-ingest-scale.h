/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-prior.h"

G_BEGIN_DECLS

/* P parameters. */

/**
 * UsIngestScale:
 *
 * How a drawing is brought into what a prior holds, y' = scale · (y − shift), so that a
 * network which knows only that prior can read it; and the way back.  Offered where the
 * simulator is linear in its parameters: what is read from y' then gives what belongs to y
 * exactly, θ = θ' / scale + shift · offset.  That it is linear is not taken on trust: the
 * simulator's own fit of both drawings must obey the same equation.
 */
typedef struct
{
  gboolean possible;                    /* FALSE: not linear, no fit, or no scale does it; then scale 1, shift 0 */
  double   scale;                       /* 0 < scale ≤ 1 */
  double   shift;                       /* field units */
  double   offset[US_MAX_PARAMETERS];   /* (P) what a level line of height 1 adds to each parameter */
  gsize    parameter;                   /* the one that asks for it, */
  double   fitted;                      /* its value by the fit of the drawing as it stands, */
  double   limit;                       /* and the end of its prior */
} UsIngestScale;

/* Scale and shift as little as it takes for the fit to lie well inside the prior; what was not drawn
 * counts as going on level.  xy (n_points, 2) in field units, a NaN pair lifts the pen.  Any thread. */
void     us_ingest_scale_find        (UsIngestScale       *self,
                                      const UsPrior       *prior,
                                      guint                output,
                                      gsize                n_points,
                                      const double        *xy);
gboolean us_ingest_scale_is_identity (const UsIngestScale *self);
void     us_ingest_scale_apply       (const UsIngestScale *self,
                                      gsize                n_points,
                                      double              *xy);
/* A value of a parameter as read from the scaled drawing → of the drawing as it stands. */
double   us_ingest_scale_undo        (const UsIngestScale *self,
                                      gsize                parameter,
                                      double               value);

G_END_DECLS

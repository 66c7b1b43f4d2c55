/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-ingest-scale.h"

#include "us-ingest-private.h"

#include <math.h>
#include <string.h>

/* P parameters, T columns. */

#define COLUMNS   128
#define SHARE     0.9           /* of the prior that a drawing may take: a network is at its worst near the ends */
#define EXACT     1e-6          /* relative error up to which a fit counts as linear */
#define UNSEEN    5e-4          /* a scale this near to 1, a shift this near to 0 is none: no flicker under the pen */
#define NO_LEVEL  G_MAXSIZE     /* no parameter is the height of a level line */

static void
set_identity (UsIngestScale *self)
{
  self->scale = 1;
  self->shift = 0;
}

gboolean
us_ingest_scale_is_identity (const UsIngestScale *self)
{
  return self->scale == 1 && self->shift == 0;
}

void
us_ingest_scale_apply (const UsIngestScale *self,
                       gsize                n_points,
                       double              *xy)
{
  for (gsize i = 0; i < n_points; i++)
    xy[2 * i + 1] = self->scale * (xy[2 * i + 1] - self->shift);
}

double
us_ingest_scale_undo (const UsIngestScale *self,
                      gsize                parameter,
                      double               value)
{
  return self->shift == 0 ? value / self->scale
                          : value / self->scale + self->shift * self->offset[parameter];
}

/* The part of parameter p's prior that a drawing may take. */
static void
get_room (const UsPrior *prior,
          gsize          p,
          double        *lower,
          double        *upper)
{
  double margin;

  us_prior_range (prior, p, lower, upper);
  margin = (1 - SHARE) / 2 * (*upper - *lower);
  *lower += margin;
  *upper -= margin;
}

/* Which parameter is the height of a level line, and nothing else is touched by it. */
static gsize
find_level (const double *offset,
            gsize         n_parameters)
{
  gsize level = NO_LEVEL;

  for (gsize p = 0; p < n_parameters; p++)
    if (fabs (offset[p]) > EXACT)
      {
        if (level != NO_LEVEL || fabs (offset[p] - 1) > EXACT)
          return NO_LEVEL;
        level = p;
      }
  return level;
}

static void
blame (UsIngestScale *self,
       const UsPrior *prior,
       gsize          p,
       double         fitted)
{
  double lower, upper;

  us_prior_range (prior, p, &lower, &upper);
  self->parameter = p;
  self->fitted = fitted;
  self->limit = fitted > upper ? upper : fitted < lower ? lower
                : fitted > (lower + upper) / 2 ? upper : lower;
}

/* The largest scale at which every parameter but the level has room; FALSE: there is none. */
static gboolean
find_scale (UsIngestScale *self,
            const UsPrior *prior,
            const double  *theta,       /* (P) */
            gsize          level)
{
  gsize n = us_prior_simulator (prior)->n_parameters;
  double least = 0;

  for (gsize p = 0; p < n; p++)
    {
      double lower, upper, scale = 1;

      get_room (prior, p, &lower, &upper);
      /* A parameter held fixed is the model's own simplification: no scale makes up for it. */
      if (p == level || !(upper > lower))
        continue;
      if (theta[p] > upper)
        scale = upper / theta[p];
      else if (theta[p] < lower)
        scale = lower / theta[p];
      if (!(scale > 0 && scale <= 1))
        return FALSE;
      if (scale < self->scale)
        {
          self->scale = scale;
          blame (self, prior, p, theta[p]);
        }
      /* a prior that leaves out 0 sets a limit below, too */
      if (lower > 0)
        least = MAX (least, lower / theta[p]);
      else if (upper < 0)
        least = MAX (least, upper / theta[p]);
    }
  return self->scale >= least;
}

/* The least shift that leaves room for the height of the whole. */
static double
find_shift (const UsIngestScale *self,
            const UsPrior       *prior,
            const double        *theta,
            gsize                level)
{
  double lower, upper;

  if (level == NO_LEVEL)
    return 0;
  get_room (prior, level, &lower, &upper);
  return theta[level] - CLAMP (theta[level], lower / self->scale, upper / self->scale);
}

/* A shift must not push a part out of the field: then less of it, and smaller. */
static void
keep_in_field (UsIngestScale  *self,
               const UsOutput *output,
               gsize           n_points,
               const double   *xy)
{
  double shrink = 1;

  for (gsize i = 0; self->shift != 0 && i < n_points; i++)
    {
      double y = self->scale * (xy[2 * i + 1] - self->shift);

      if (isfinite (y) && y > output->y_upper && output->y_upper > 0)
        shrink = MIN (shrink, output->y_upper / y);
      else if (isfinite (y) && y < output->y_lower && output->y_lower < 0)
        shrink = MIN (shrink, output->y_lower / y);
    }
  self->scale *= shrink;
}

/* What the equation in the header says of the fits, held against the fit itself. */
static gboolean
is_linear (const UsIngestScale *self,
           const UsSimulator   *simulator,
           const double        *theta,          /* (P) the fit of line */
           const double        *line)           /* (T, 2) */
{
  double scaled[2 * COLUMNS], after[US_MAX_PARAMETERS];

  memcpy (scaled, line, sizeof scaled);
  us_ingest_scale_apply (self, COLUMNS, scaled);
  if (!simulator->fit (simulator, COLUMNS, scaled, after))
    return FALSE;
  for (gsize p = 0; p < simulator->n_parameters; p++)
    if (!(fabs (us_ingest_scale_undo (self, p, after[p]) - theta[p]) <= EXACT * (1 + fabs (theta[p]))))
      return FALSE;
  return TRUE;
}

/* The drawing at COLUMNS abscissae, its ends and gaps filled: the fit of half a curve is at liberty
 * to do anything in the other half. */
static gboolean
complete (const UsOutput *output,
          gsize           n_points,
          const double   *xy,
          double         *line)                 /* (T, 2) */
{
  double step = (output->x_upper - output->x_lower) / COLUMNS, first = output->x_lower + step / 2;
  double y[COLUMNS];

  if (!us_ingest_sample_line (n_points, xy, first, step, COLUMNS, y))
    return FALSE;
  for (gsize t = 0; t < COLUMNS; t++)
    {
      line[2 * t] = first + t * step;
      line[2 * t + 1] = y[t];
    }
  return TRUE;
}

void
us_ingest_scale_find (UsIngestScale *self,
                      const UsPrior *prior,
                      guint          output,
                      gsize          n_points,
                      const double  *xy)
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  const UsOutput *field = &simulator->outputs[output];
  double line[2 * COLUMNS], level_line[2 * COLUMNS], theta[US_MAX_PARAMETERS], needed;
  gsize level;

  *self = (UsIngestScale) { .scale = 1 };
  if (simulator->fit == NULL || !complete (field, n_points, xy, line)
      || !simulator->fit (simulator, COLUMNS, line, theta))
    return;
  for (gsize t = 0; t < COLUMNS; t++)
    {
      level_line[2 * t] = line[2 * t];
      level_line[2 * t + 1] = 1;
    }
  if (!simulator->fit (simulator, COLUMNS, level_line, self->offset))
    return;
  level = find_level (self->offset, simulator->n_parameters);

  if (!find_scale (self, prior, theta, level))
    {
      set_identity (self);
      return;
    }
  needed = self->scale;
  self->shift = find_shift (self, prior, theta, level);
  keep_in_field (self, field, n_points, xy);
  self->shift = find_shift (self, prior, theta, level);
  if (self->scale > 1 - UNSEEN)
    self->scale = 1;
  if (fabs (self->shift) < UNSEEN * (field->y_upper - field->y_lower))
    self->shift = 0;
  if (needed == 1 && !us_ingest_scale_is_identity (self))
    blame (self, prior, level, theta[level]);
  self->possible = is_linear (self, simulator, theta, line);
  if (!self->possible)
    set_identity (self);
}

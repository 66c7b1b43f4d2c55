/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-flow.h"

#include "us-memory.h"
#include "us-rng.h"
#include "us-spline.h"

#include <math.h>
#include <string.h>

/* R rows, P numbers, X context, T transforms, K bins; F = 3 K + 1 numbers describe a conditional: m, s, the spline. */

#define MAX_LOG_SCALE 9.0        /* |s| stays below it */
#define STREAMS 4096             /* of initial weights, set apart for a transform */

typedef struct
{
  gsize         *order;          /* (P) which number stands at each place */
  UsResidualRun *net;
  float         *in;             /* (R, P) in this order */
  float         *raw;            /* (R, P, F) */
} Transform;

struct _UsFlowRun
{
  UsFlowShape     shape;
  UsResidualShape conditioner;
  gsize           net_size;
  gsize           max_rows, rows;
  Transform      *transforms;    /* (T) */
  UsArena         arena;
  float          *z;             /* (R, P) */
  float          *dz, *din;      /* (R, P) */
  float          *draw;          /* (R, P, F); when sampling, (R, F) */
};

static gsize
per_number (const UsFlowShape *s)
{
  return 2 + us_spline_n_parameters (s->n_bins);
}

void
us_flow_conditioner (const UsFlowShape *shape,
                     UsResidualShape   *conditioner)
{
  *conditioner = (UsResidualShape) {
    .n_in = shape->n_theta, .n_context = shape->n_context, .width = MAX (shape->width, shape->n_theta),
    .n_blocks = shape->n_blocks, .n_out = shape->n_theta * per_number (shape), .n_groups = shape->n_theta,
  };
}

gsize
us_flow_n_parameters (const UsFlowShape *shape)
{
  UsResidualShape conditioner;

  us_flow_conditioner (shape, &conditioner);
  return shape->n_transforms * us_residual_n_parameters (&conditioner);
}

void
us_flow_init (const UsFlowShape *shape,
              float             *parameters,
              guint64            seed,
              guint64            stream)
{
  UsResidualShape conditioner;

  us_flow_conditioner (shape, &conditioner);
  for (gsize t = 0; t < shape->n_transforms; t++)
    us_residual_init (&conditioner, parameters + t * us_residual_n_parameters (&conditioner), seed,
                      stream + t * STREAMS, 0.05);
}

static void
make_order (const UsFlowShape *s,
            gsize              transform,
            gsize             *order)         /* (P) */
{
  UsRng rng;

  us_rng_init (&rng, s->order_seed, US_RNG_SHUFFLE, transform / 2);
  for (gsize i = 0; i < s->n_theta; i++)
    order[i] = i;
  for (gsize i = s->n_theta; i-- > 1;)
    {
      gsize j = us_rng_below (&rng, i + 1), kept = order[i];

      order[i] = order[j];
      order[j] = kept;
    }
  if (transform % 2 == 1)
    for (gsize i = 0; i < s->n_theta / 2; i++)
      {
        gsize kept = order[i];

        order[i] = order[s->n_theta - 1 - i];
        order[s->n_theta - 1 - i] = kept;
      }
}

UsFlowRun *
us_flow_run_new (const UsFlowShape *shape,
                 gsize              max_rows)
{
  UsFlowRun *self;
  gsize n;

  g_return_val_if_fail (shape->n_theta > 0 && shape->n_transforms > 0 && max_rows > 0, NULL);
  g_return_val_if_fail (shape->n_bins >= 2 && shape->n_bins <= US_SPLINE_MAX_BINS, NULL);

  self = g_new0 (UsFlowRun, 1);
  self->shape = *shape;
  us_flow_conditioner (shape, &self->conditioner);
  self->net_size = us_residual_n_parameters (&self->conditioner);
  self->max_rows = max_rows;
  self->transforms = g_new0 (Transform, shape->n_transforms);
  n = max_rows * shape->n_theta;
  us_arena_init (&self->arena);
  us_arena_ask (&self->arena, &self->z, n);
  us_arena_ask (&self->arena, &self->dz, n);
  us_arena_ask (&self->arena, &self->din, n);
  us_arena_ask (&self->arena, &self->draw, n * per_number (shape));
  for (gsize t = 0; t < shape->n_transforms; t++)
    {
      Transform *transform = &self->transforms[t];

      transform->order = g_new (gsize, shape->n_theta);
      make_order (shape, t, transform->order);
      transform->net = us_residual_run_new (&self->conditioner, max_rows);
      us_arena_ask (&self->arena, &transform->in, n);
      us_arena_ask (&self->arena, &transform->raw, n * per_number (shape));
    }
  us_arena_commit (&self->arena);
  return self;
}

void
us_flow_run_free (UsFlowRun *self)
{
  if (self == NULL)
    return;
  for (gsize t = 0; t < self->shape.n_transforms; t++)
    {
      g_free (self->transforms[t].order);
      us_residual_run_free (self->transforms[t].net);
    }
  g_free (self->transforms);
  us_arena_clear (&self->arena);
  g_free (self);
}

const float *
us_flow_run_z (const UsFlowRun *self)
{
  return self->z;
}

/* s, bounded: its slope is 1 at 0. */
static double
log_scale (float raw)
{
  double r = (double) raw;

  return r / (1.0 + fabs (r) / MAX_LOG_SCALE);
}

static double
log_scale_slope (float raw)
{
  double d = 1.0 + fabs ((double) raw) / MAX_LOG_SCALE;

  return 1.0 / (d * d);
}

void
us_flow_run_log_density (UsFlowRun   *self,
                         const float *parameters,
                         gsize        rows,
                         const float *u,
                         const float *context,
                         gboolean     one_context,
                         double       dropout,
                         guint64      seed,
                         guint64      step,
                         double      *log_density)
{
  gsize P = self->shape.n_theta, F = per_number (&self->shape);

  g_return_if_fail (rows <= self->max_rows);

  self->rows = rows;
  memcpy (self->z, u, rows * P * sizeof (float));
  for (gsize r = 0; r < rows; r++)
    log_density[r] = 0.0;
  for (gsize t = 0; t < self->shape.n_transforms; t++)
    {
      Transform *f = &self->transforms[t];

      for (gsize r = 0; r < rows; r++)
        for (gsize i = 0; i < P; i++)
          f->in[r * P + i] = self->z[r * P + f->order[i]];
      us_residual_run_forward (f->net, parameters + t * self->net_size, rows, f->in, context, one_context, dropout, seed,
                               step * self->shape.n_transforms + t, f->raw);
      for (gsize r = 0; r < rows; r++)
        for (gsize i = 0; i < P; i++)
          {
            const float *raw = f->raw + (r * P + i) * F;
            double s = log_scale (raw[1]), log_slope;
            double y = ((double) f->in[r * P + i] - (double) raw[0]) * exp (-s);

            self->z[r * P + f->order[i]] = (float) us_spline_forward (raw + 2, self->shape.n_bins, self->shape.bound, y,
                                                                      &log_slope);
            log_density[r] += log_slope - s;
          }
    }
  for (gsize r = 0; r < rows; r++)
    for (gsize i = 0; i < P; i++)
      {
        double z = (double) self->z[r * P + i];

        log_density[r] -= 0.5 * z * z + 0.91893853320467274;     /* log √(2π) */
      }
}

void
us_flow_run_backward (UsFlowRun   *self,
                      const float *parameters,
                      double       scale,
                      float       *gradient,
                      float       *dcontext)
{
  gsize P = self->shape.n_theta, F = per_number (&self->shape), rows = self->rows;

  for (gsize i = 0; i < rows * P; i++)
    self->dz[i] = (float) (scale * (double) self->z[i]);
  for (gsize t = self->shape.n_transforms; t-- > 0;)
    {
      Transform *f = &self->transforms[t];

      /* dz becomes the derivative by this transform's own argument, of what goes straight through it */
      for (gsize r = 0; r < rows; r++)
        for (gsize i = 0; i < P; i++)
          {
            const float *raw = f->raw + (r * P + i) * F;
            float *draw = self->draw + (r * P + i) * F, *dz = &self->dz[r * P + f->order[i]];
            double shrink = exp (-log_scale (raw[1]));
            double y = ((double) f->in[r * P + i] - (double) raw[0]) * shrink;
            double dy = us_spline_backward (raw + 2, self->shape.n_bins, self->shape.bound, y, (double) *dz, -scale,
                                            draw + 2);

            draw[0] = (float) (-dy * shrink);
            draw[1] = (float) ((scale - dy * y) * log_scale_slope (raw[1]));
            *dz = (float) (dy * shrink);
          }
      us_residual_run_backward (f->net, parameters + t * self->net_size, self->draw, gradient + t * self->net_size,
                                self->din, dcontext);
      for (gsize r = 0; r < rows; r++)
        for (gsize i = 0; i < P; i++)
          self->dz[r * P + f->order[i]] += self->din[r * P + i];
    }
}

void
us_flow_run_sample (UsFlowRun   *self,
                    const float *parameters,
                    gsize        rows,
                    const float *z,
                    const float *context,
                    gboolean     one_context,
                    float       *u)
{
  gsize P = self->shape.n_theta, F = per_number (&self->shape);

  g_return_if_fail (rows <= self->max_rows);

  memcpy (self->z, z, rows * P * sizeof (float));
  for (gsize t = self->shape.n_transforms; t-- > 0;)
    {
      Transform *f = &self->transforms[t];

      memset (f->in, 0, rows * P * sizeof (float));
      for (gsize i = 0; i < P; i++)
        {
          us_residual_run_group (f->net, parameters + t * self->net_size, rows, f->in, context, one_context, i,
                                 self->draw);
          for (gsize r = 0; r < rows; r++)
            {
              const float *raw = self->draw + r * F;
              double y = us_spline_inverse (raw + 2, self->shape.n_bins, self->shape.bound,
                                            (double) self->z[r * P + f->order[i]], NULL);

              f->in[r * P + i] = (float) ((double) raw[0] + y * exp (log_scale (raw[1])));
            }
        }
      for (gsize r = 0; r < rows; r++)
        for (gsize i = 0; i < P; i++)
          self->z[r * P + f->order[i]] = f->in[r * P + i];
    }
  memcpy (u, self->z, rows * P * sizeof (float));
}

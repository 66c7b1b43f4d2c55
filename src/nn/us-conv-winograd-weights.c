/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-conv-private.h"

#include <string.h>

/*
 * The gradient of the weights by the same F(m, r), turned round: for each of
 * the n² points dU = Σ_tiles V ⊗ D, with V = Bᵀ x B and D = A dy Aᵀ; then
 * dw = Gᵀ dU G.  A chunk owns the input channels of a slice, for one part of
 * the kernel and one of the partial sums.
 */

#define SLICE 64               /* input channels of a chunk */
#define MIN_TILES 16           /* fewer do not earn the transforms */
#define MIN_CHUNKS 16
#define BLOCK 96               /* tiles at a time */

typedef struct
{
  UsConv         *self;
  const UsTensor *x, *dy;
  gsize           in_step, out_step;
  gsize           n_tiles;
  gsize           n_slices, n_parts;
  float          *to;          /* dw, or the partial sums */
} WeightsJob;

UsConvWinograd *
us_conv_winograd_weights_new (const UsConv *self)
{
  UsConvOp *op = us_conv_op_new (self, self->shape.transposed, FALSE);
  UsConvWinograd *w = g_steal_pointer (&op->winograd);

  us_conv_op_free (op);
  if (w != NULL && us_conv_winograd_n_tiles (self, w) < MIN_TILES)
    g_clear_pointer (&w, us_conv_winograd_free);
  if (w != NULL)
    g_clear_pointer (&w->v, us_conv_free_floats);
  return w;
}

gsize
us_conv_winograd_n_partials (const UsConv *self)
{
  const UsConvWinograd *w = self->weights;
  gsize n_slices = (self->shape.in_channels + SLICE - 1) / SLICE;
  gsize n_tiles = us_conv_winograd_n_tiles (self, w);
  gsize wanted = (MIN_CHUNKS + n_slices * w->n_phases * w->n_sources - 1) / (n_slices * w->n_phases * w->n_sources);

  return CLAMP (n_tiles / (BLOCK / 2), 1, wanted);
}

/* One tile's transform, written n² times `out_point` floats apart. */
static void
transform_tile (const WeightsJob    *job,
                UsWinogradTransform  transform,
                const float         *in,
                gsize                in_row,
                gsize                in_column,
                float               *out,
                gsize                out_point,
                gsize                n_channels)
{
  const UsConvWinograd *w = job->self->weights;
  UsWinogradCall call = {
    .transform = transform,
    .m = w->m,
    .r = w->r,
    .in = in,
    .in_row = in_row,
    .in_column = in_column,
    .out = out,
    .out_row = w->n * out_point,
    .out_column = out_point,
    .n_channels = n_channels,
  };

  job->self->kernels->winograd (&call);
}

/* V (point, tile, slice) and D (point, panel, tile, panel) of a block of tiles. */
static void
transform_block (const WeightsJob *job,
                 const UsConvPart *part,
                 gsize             first,
                 gsize             n_tiles,
                 gsize             channel,
                 gsize             n_channels,
                 float            *v,
                 float            *d)
{
  const UsConvWinograd *w = job->self->weights;
  const UsTensor *x = job->x, *dy = job->dy;
  gsize panel = job->self->kernels->panel;
  gsize n_panels = (dy->channels + panel - 1) / panel;
  gsize columns = w->grid_width / w->m;
  gsize per_sample = columns * (w->grid_height / w->m);

  for (gsize t = 0; t < n_tiles; t++)
    {
      gsize sample = (first + t) / per_sample;
      gsize gy = (first + t) % per_sample / columns * w->m, gx = (first + t) % columns * w->m;
      const float *from = us_tensor_at (x, sample, gy * job->in_step, gx * job->in_step)
                          + part->in_y * (gssize) us_tensor_row_stride (x) + part->in_x * (gssize) x->channels;

      transform_tile (job, US_WINOGRAD_INPUT, from + channel,
                      job->in_step * us_tensor_row_stride (x), job->in_step * x->channels,
                      v + t * n_channels, us_conv_point_stride (n_tiles * n_channels), n_channels);
      from = us_tensor_at (dy, sample, gy * job->out_step + part->out_y, gx * job->out_step + part->out_x);
      for (gsize p = 0; p < n_panels; p++)
        transform_tile (job, US_WINOGRAD_OUTPUT_GRADIENT, from + p * panel,
                        job->out_step * us_tensor_row_stride (dy), job->out_step * dy->channels,
                        d + (p * n_tiles + t) * panel, us_conv_point_stride (n_panels * n_tiles * panel),
                        MIN (panel, dy->channels - p * panel));
    }
}

/* dU += V ⊗ D: (point, panel, slice, panel). */
static void
multiply_block (const WeightsJob *job,
                gsize             n_tiles,
                gsize             n_channels,
                const float      *v,
                const float      *d,
                float            *du)
{
  const UsConvWinograd *w = job->self->weights;
  const UsKernels *kernels = job->self->kernels;
  gsize cout = job->dy->channels, panel = kernels->panel;
  gsize n_panels = (cout + panel - 1) / panel;

  for (gsize point = 0; point < w->n * w->n; point++)
    {
      const float *a = v + point * us_conv_point_stride (n_tiles * n_channels);
      const float *b = d + point * us_conv_point_stride (n_panels * n_tiles * panel);
      UsOuterCall call = {
        .a = &a, .b = &b,
        .n_lines = 1, .width = n_tiles,
        .a_step = n_channels, .b_step = panel,
        .a_tile = kernels->tile,
        .n_rows = n_channels,
      };

      for (gsize p = 0; p < n_panels; p++)
        {
          call.vectors = MIN (panel, cout - p * panel) / kernels->vector;
          call.b_offset = p * n_tiles * panel;
          call.g = du + point * us_conv_point_stride (n_panels * n_channels * panel) + p * n_channels * panel;
          kernels->outer (&call);
        }
    }
}

/* dw (taps of the part, channels of the slice, Cout) += Gᵀ dU G; partial sums = it. */
static void
finish_slice (const WeightsJob *job,
              const UsConvPart *part,
              gsize             channel,
              gsize             n_channels,
              const float      *du,
              float            *dw)
{
  const UsConvWinograd *w = job->self->weights;
  const UsKernels *kernels = job->self->kernels;
  gsize cin = job->x->channels, cout = job->dy->channels, panel = kernels->panel;
  gsize n_panels = (cout + panel - 1) / panel;
  gsize point = us_conv_point_stride (n_panels * n_channels * panel);
  float taps[3 * 3 * 64] __attribute__ ((aligned (64)));     /* the widest panel is 64 */

  for (gsize p = 0; p < n_panels; p++)
    for (gsize c = 0; c < n_channels; c++)
      {
        gsize cols = MIN (panel, cout - p * panel);
        UsWinogradCall call = {
          .transform = US_WINOGRAD_WEIGHTS_GRADIENT,
          .m = w->m,
          .r = w->r,
          .in = du + (p * n_channels + c) * panel,
          .in_row = w->n * point,
          .in_column = point,
          .out = taps,
          .out_row = w->r * panel,
          .out_column = panel,
          .n_channels = cols,
        };

        kernels->winograd (&call);
        for (guint i = 0; i < w->r; i++)
          for (guint j = 0; j < w->r; j++)
            {
              gsize ky = (gsize) (part->ky + (int) i * part->k_step), kx = (gsize) (part->kx + (int) j * part->k_step);

              float *to = dw + ((ky * job->self->shape.kernel + kx) * cin + channel + c) * cout + p * panel;

              if (job->self->n_partials > 1)
                memcpy (to, taps + (i * w->r + j) * panel, cols * sizeof (float));
              else
                kernels->add (to, taps + (i * w->r + j) * panel, cols);
            }
      }
}

static void
weights_chunk (gpointer data,
               gsize    chunk,
               guint    worker)
{
  const WeightsJob *job = data;
  const UsConv *self = job->self;
  const UsConvWinograd *w = self->weights;
  gsize panel = self->kernels->panel;
  gsize cin = job->x->channels, cout = job->dy->channels;
  gsize columns = us_conv_round_up (cout, panel);
  gsize slice = chunk % job->n_slices;
  const UsConvPart *part = &w->parts[chunk / job->n_slices % job->n_parts];
  gsize partial = chunk / job->n_slices / job->n_parts;
  gsize n_partials = self->n_partials;
  gsize channel = slice * SLICE;
  gsize n_channels = MIN (SLICE, cin - channel);
  gsize points = w->n * w->n;
  gsize du_floats = points * us_conv_point_stride (n_channels * columns);
  gsize v_floats = points * us_conv_point_stride (BLOCK * n_channels);
  float *du = us_conv_scratch (du_floats + v_floats + points * us_conv_point_stride (BLOCK * columns));
  float *v = du + du_floats;
  float *d = v + v_floats;
  gsize end = job->n_tiles * (partial + 1) / n_partials;
  gsize n_weights = self->shape.kernel * self->shape.kernel * cin * cout;

  memset (du, 0, du_floats * sizeof (float));
  for (gsize tile = job->n_tiles * partial / n_partials; tile < end; tile += BLOCK)
    {
      gsize n = MIN (BLOCK, end - tile);

      transform_block (job, part, tile, n, channel, n_channels, v, d);
      multiply_block (job, n, n_channels, v, d, du);
    }
  finish_slice (job, part, channel, n_channels, du, job->to + (n_partials > 1 ? partial * n_weights : 0));
}

void
us_conv_winograd_run_weights (UsConv         *self,
                              const UsTensor *x,
                              const UsTensor *dy,
                              float          *to,
                              UsPool         *pool)
{
  const UsConvWinograd *w = self->weights;
  WeightsJob job = { .self = self, .x = x, .dy = dy, .to = to };

  job.in_step = self->shape.transposed ? 1 : self->shape.stride;
  job.out_step = self->shape.transposed ? self->shape.stride : 1;
  job.n_tiles = us_conv_winograd_n_tiles (self, w);
  job.n_slices = (x->channels + SLICE - 1) / SLICE;
  job.n_parts = w->n_phases * w->n_sources;
  us_pool_run (pool, self->n_partials * job.n_parts * job.n_slices, weights_chunk, &job);
}

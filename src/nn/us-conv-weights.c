/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-conv-private.h"

#include <string.h>

/*
 * Gradient of the weights: G[tap][p][q] = Σ_pixels P[stride · i - pad + tap][p] Q[i][q],
 * P the larger map (x of a convolution, dy of a transposed one), Q the smaller.
 * For one row of the kernel, (tap, p) is contiguous in P: kernel · Cp floats.
 * One side gives the rows of the tile (read in place), the other the columns
 * (packed); a chunk owns a slice of dw, or of one of a fixed number of partial sums.
 */

#define PIXELS 256
#define MIN_CHUNKS 16
#define MIN_SLICE 96

typedef struct
{
  const UsConv   *self;
  const UsTensor *large, *small;      /* P, Q */
  gboolean        rows_large;         /* P gives the rows, Q the columns; else the other way round */
  gsize           n_partials;
  gsize           n_slices;           /* of a row of the kernel */
  gsize           n_lines;            /* over all samples */
  float          *to;                 /* dw, or the partial sums */
} WeightsJob;

static gboolean
rows_are_large (const UsConv *self)
{
  const UsConvShape *s = &self->shape;
  gsize vector = self->kernels->vector;

  /* Columns that lie side by side in dw, unless they are too few for a vector. */
  if (s->transposed)
    return s->out_channels < vector / 2 && s->in_channels >= vector / 2;
  return s->out_channels >= vector / 2 || s->kernel * s->in_channels < vector;
}

gsize
us_conv_n_partials (const UsConv *self)
{
  const UsConvShape *s = &self->shape;
  gsize n = (gsize) s->kernel * s->kernel * s->in_channels * s->out_channels;

  if (n <= 32768)
    return MIN (s->batch, MIN_CHUNKS);
  if (n <= 131072)
    return MIN (s->batch, 4);
  return 1;
}

static gsize
large_channels (const UsConv *self)
{
  return self->shape.transposed ? self->shape.out_channels : self->shape.in_channels;
}

static gsize
small_channels (const UsConv *self)
{
  return self->shape.transposed ? self->shape.in_channels : self->shape.out_channels;
}

/* Adds the sums g, (columns in panels, rows, panel), to dw. */
static void
scatter (const WeightsJob *job,
         const float      *g,
         gsize             ky,
         gsize             row0,
         gsize             rows,
         gsize             column0,
         gsize             columns,
         float            *dw)
{
  const UsConv *self = job->self;
  gboolean transposed = self->shape.transposed;
  gsize panel = self->kernels->panel;
  gsize cp = large_channels (self);
  gsize cq = small_channels (self);
  gsize kernel = self->shape.kernel;

  for (gsize c = 0; c < columns; c += panel)
    for (gsize r = 0; r < rows; r++)
      {
        const float *from = g + c / panel * rows * panel + r * panel;
        gsize n = MIN (panel, columns - c);

        for (gsize i = 0; i < n; i++)
          {
            /* place in the row of the kernel, (tap, p), and q */
            gsize run = job->rows_large ? row0 + r : column0 + c + i;
            gsize q = job->rows_large ? column0 + c + i : row0 + r;
            gsize tap = ky * kernel + run / cp;

            if (transposed)
              dw[(tap * cq + q) * cp + run % cp] += from[i];
            else
              dw[(tap * cp + run % cp) * cq + q] += from[i];
          }
      }
}

/* Copies the columns side of some lines into panels (n_panels, pixels, panel). */
static void
pack_columns (const WeightsJob   *job,
              const float *const *lines,
              gsize               n_lines,
              gsize               width,
              gsize               step,
              gsize               column0,
              gsize               columns,
              float              *packed)
{
  gsize panel = job->self->kernels->panel;

  for (gsize c = 0; c < columns; c += panel)
    {
      gsize n = MIN (panel, columns - c);

      for (gsize l = 0; l < n_lines; l++)
        for (gsize x = 0; x < width; x++, packed += panel)
          {
            const float *from = lines[l] + x * step + column0 + c;

            if (n == panel)
              memcpy (packed, from, panel * sizeof (float));
            else
              {
                memcpy (packed, from, n * sizeof (float));
                memset (packed + n, 0, (panel - n) * sizeof (float));
              }
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
  const UsConvShape *s = &self->shape;
  gsize panel = self->kernels->panel;
  gsize slice = chunk % job->n_slices;
  gsize ky = chunk / job->n_slices % s->kernel;
  gsize partial = chunk / job->n_slices / s->kernel;
  gsize cp = large_channels (self), cq = small_channels (self);
  gsize run = s->kernel * cp;
  /* The slice: rows when P gives the rows, whole panels of columns when it gives the columns. */
  gsize unit = job->rows_large ? self->kernels->tile : panel;
  gsize units = (run + unit - 1) / unit;
  gsize begin = MIN (run, units * slice / job->n_slices * unit);
  gsize end = MIN (run, units * (slice + 1) / job->n_slices * unit);
  gsize rows = job->rows_large ? end - begin : cq;
  gsize columns = job->rows_large ? cq : end - begin;
  gsize n_panels = (columns + panel - 1) / panel;
  gsize per_block = CLAMP (PIXELS / job->small->width, 1, PIXELS);
  gsize g_floats = n_panels * rows * panel;
  float *g = us_conv_scratch (g_floats + n_panels * per_block * job->small->width * panel);
  float *packed = g + g_floats;
  gsize line_end = job->n_lines * (partial + 1) / job->n_partials;
  gsize step_large = s->stride * cp;
  gsize n_weights = s->kernel * s->kernel * cp * cq;

  if (begin == end)
    return;
  memset (g, 0, g_floats * sizeof (float));
  for (gsize line = job->n_lines * partial / job->n_partials; line < line_end; line += per_block)
    {
      const float *large[PIXELS], *small[PIXELS];
      gsize n = MIN (per_block, line_end - line);
      UsOuterCall call = {
        .lines = job->rows_large ? large : small,
        .n_lines = n,
        .width = job->small->width,
        .a_step = job->rows_large ? step_large : cq,
        .a_offset = job->rows_large ? begin : 0,
        .n_rows = rows,
      };

      for (gsize l = 0; l < n; l++)
        {
          gsize sample = (line + l) / job->small->height;
          gsize y = (line + l) % job->small->height;

          small[l] = us_tensor_at (job->small, sample, y, 0);
          large[l] = us_tensor_at (job->large, sample, 0, 0)
                     + (gssize) (((gssize) (y * s->stride + ky) - (gssize) s->pad)
                                 * (gssize) us_tensor_row_stride (job->large))
                     - (gssize) (s->pad * cp);
        }
      pack_columns (job, job->rows_large ? small : large, n, call.width, job->rows_large ? cq : step_large,
                    job->rows_large ? 0 : begin, columns, packed);
      for (gsize p = 0; p < n_panels; p++)
        {
          gsize cols = MIN (panel, columns - p * panel);

          call.vectors = (cols + self->kernels->vector - 1) / self->kernels->vector;
          call.b = packed + p * n * call.width * panel;
          call.g = g + p * rows * panel;
          self->kernels->outer (&call);
        }
    }
  scatter (job, g, ky, job->rows_large ? begin : 0, rows, job->rows_large ? 0 : begin, columns,
           job->to + (job->n_partials > 1 ? partial * n_weights : 0));
}

/* --- partial sums ------------------------------------------------------ */

#define REDUCE_CHUNK 2048

typedef struct
{
  const float *partials;     /* (n_partials, n) */
  gsize        n_partials, n;
  float       *dw;           /* (n) */
} ReduceJob;

static void
reduce_chunk (gpointer data,
              gsize    chunk,
              guint    worker)
{
  const ReduceJob *job = data;
  gsize begin = chunk * REDUCE_CHUNK;
  gsize end = MIN (job->n, begin + REDUCE_CHUNK);

  for (gsize i = begin; i < end; i++)
    {
      double sum = 0.0;

      for (gsize p = 0; p < job->n_partials; p++)
        sum += job->partials[p * job->n + i];
      job->dw[i] += (float) sum;
    }
}

void
us_conv_run_weights (UsConv         *self,
                     const UsTensor *x,
                     const UsTensor *dy,
                     float          *dw,
                     UsPool         *pool)
{
  const UsConvShape *s = &self->shape;
  gsize n = (gsize) s->kernel * s->kernel * s->in_channels * s->out_channels;
  gsize run = s->kernel * large_channels (self);
  WeightsJob job = { .self = self, .n_partials = self->n_partials };

  job.large = s->transposed ? dy : x;
  job.small = s->transposed ? x : dy;
  job.rows_large = rows_are_large (self);
  job.n_lines = job.small->batch * job.small->height;
  job.n_slices = CLAMP (MIN_CHUNKS / (s->kernel * job.n_partials), 1, MAX (1, run / MIN_SLICE));
  job.to = dw;
  if (job.n_partials > 1)
    {
      job.to = self->partials;
      memset (job.to, 0, job.n_partials * n * sizeof (float));
    }
  us_pool_run (pool, job.n_partials * s->kernel * job.n_slices, weights_chunk, &job);
  if (job.n_partials > 1)
    {
      ReduceJob reduce = { self->partials, job.n_partials, n, dw };

      us_pool_run (pool, (n + REDUCE_CHUNK - 1) / REDUCE_CHUNK, reduce_chunk, &reduce);
    }
}

/* --- bias -------------------------------------------------------------- */

typedef struct
{
  const UsConv   *self;
  const UsTensor *dy;
} BiasJob;

/* Sums over one sample. */
static void
bias_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  const BiasJob *job = data;
  gsize channels = job->dy->channels;
  float *sums = job->self->bias_sums + chunk * channels;

  memset (sums, 0, channels * sizeof (float));
  for (gsize y = 0; y < job->dy->height; y++)
    job->self->kernels->column_sums (sums, us_tensor_at (job->dy, chunk, y, 0), job->dy->width, channels, channels);
}

void
us_conv_run_bias (UsConv         *self,
                  const UsTensor *dy,
                  float          *dbias,
                  UsPool         *pool)
{
  BiasJob job = { self, dy };

  us_pool_run (pool, dy->batch, bias_chunk, &job);
  for (gsize c = 0; c < dy->channels; c++)
    {
      double sum = 0.0;

      for (gsize n = 0; n < dy->batch; n++)
        sum += self->bias_sums[n * dy->channels + c];
      dbias[c] += (float) sum;
    }
}

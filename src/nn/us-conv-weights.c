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

  if (self->weights != NULL)
    return us_conv_winograd_n_partials (self);
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

/* The slice that a chunk owns: rows and columns of (tap, p) × q for one row of the kernel. */
typedef struct
{
  gsize ky, partial;
  gsize row0, rows;
  gsize column0, columns;
  gsize n_panels;
} Slice;

static Slice
slice_of (const WeightsJob *job,
          gsize             chunk)
{
  const UsConv *self = job->self;
  gsize run = self->shape.kernel * large_channels (self);
  gsize small = small_channels (self);
  gsize i = chunk % job->n_slices;
  /* Whole tiles of rows when P gives the rows, whole panels when it gives the columns. */
  gsize unit = job->rows_large ? self->kernels->tile : self->kernels->panel;
  gsize units = (run + unit - 1) / unit;
  gsize begin = MIN (run, units * i / job->n_slices * unit);
  gsize end = MIN (run, units * (i + 1) / job->n_slices * unit);
  Slice slice = {
    .ky = chunk / job->n_slices % self->shape.kernel,
    .partial = chunk / job->n_slices / self->shape.kernel,
    .row0 = job->rows_large ? begin : 0,
    .rows = job->rows_large ? end - begin : small,
    .column0 = job->rows_large ? 0 : begin,
    .columns = job->rows_large ? small : end - begin,
  };

  slice.n_panels = (slice.columns + self->kernels->panel - 1) / self->kernels->panel;
  return slice;
}

/* Adds the sums g, (columns in panels, rows, panel), to dw. */
static void
add_slice (const WeightsJob *job,
           const Slice      *slice,
           const float      *g,
           float            *dw)
{
  const UsConv *self = job->self;
  gboolean transposed = self->shape.transposed;
  gsize panel = self->kernels->panel;
  gsize cp = large_channels (self), cq = small_channels (self);
  gsize tap0 = slice->ky * self->shape.kernel;

  for (gsize c = 0; c < slice->columns; c += panel)
    for (gsize r = 0; r < slice->rows; r++)
      {
        const float *from = g + c / panel * slice->rows * panel + r * panel;
        gsize n = MIN (panel, slice->columns - c);
        gsize run = job->rows_large ? slice->row0 + r : slice->column0 + c;
        gsize q = job->rows_large ? slice->column0 + c : slice->row0 + r;
        gsize tap = tap0 + run / cp, p = run % cp;

        if (job->rows_large)
          {
            if (!transposed)
              self->kernels->add (dw + (tap * cp + p) * cq + q, from, n);
            else
              for (gsize i = 0; i < n; i++)
                dw[(tap * cq + q + i) * cp + p] += from[i];
            continue;
          }
        /* columns run through the channels of one tap, then of the next */
        for (gsize i = 0; i < n; )
          {
            gsize some = MIN (n - i, cp - p);

            if (transposed)
              self->kernels->add (dw + (tap * cq + q) * cp + p, from + i, some);
            else
              for (gsize j = 0; j < some; j++)
                dw[(tap * cp + p + j) * cq + q] += from[i + j];
            i += some;
            p = 0;
            tap++;
          }
      }
}

/* One side of the product: n_lines lines of pixels, where they are or copied. */
typedef struct
{
  const float *lines[PIXELS];
  gsize        step;
} Side;

/* Copies channels first .. first+n of each pixel into strips `strip` wide,
 * (strips, pixels, strip), the last filled up with zeros. */
static void
pack_side (Side  *side,
           gsize  n_lines,
           gsize  width,
           gsize  first,
           gsize  n,
           gsize  strip,
           float *packed)
{
  float *to = packed;

  for (gsize c = 0; c < n; c += strip)
    {
      gsize some = MIN (strip, n - c);

      for (gsize l = 0; l < n_lines; l++)
        {
          const float *from = side->lines[l] + first + c;

          /* lengths that the compiler knows become a few moves */
          if (some == 6 && strip == 6)
            for (gsize x = 0; x < width; x++, to += 6, from += side->step)
              memcpy (to, from, 6 * sizeof (float));
          else if (some == 16 && strip == 16)
            for (gsize x = 0; x < width; x++, to += 16, from += side->step)
              memcpy (to, from, 16 * sizeof (float));
          else
            for (gsize x = 0; x < width; x++, to += strip, from += side->step)
              {
                memcpy (to, from, some * sizeof (float));
                memset (to + some, 0, (strip - some) * sizeof (float));
              }
        }
    }
  for (gsize l = 0; l < n_lines; l++)
    side->lines[l] = packed + l * width * strip;
  side->step = strip;
}

static void
add_block (const WeightsJob *job,
           const Slice      *slice,
           Side             *a,
           Side             *b,
           gsize             n_lines,
           float            *packed,
           float            *g)
{
  const UsKernels *kernels = job->self->kernels;
  gsize width = job->small->width;
  gsize pixels = n_lines * width;
  /* Copying pays when many tiles read the copy (measured). */
  gboolean copy_a = slice->n_panels >= 8;
  gboolean copy_b = slice->rows >= 12 * kernels->tile || slice->columns % kernels->vector != 0;
  UsOuterCall call = { .n_lines = n_lines, .width = width, .n_rows = slice->rows };

  if (copy_b)
    pack_side (b, n_lines, width, slice->column0, slice->columns, kernels->panel, packed);
  if (copy_a)
    pack_side (a, n_lines, width, slice->row0, slice->rows, kernels->tile,
               packed + pixels * slice->n_panels * kernels->panel);
  call.a = a->lines;
  call.b = b->lines;
  call.a_step = a->step;
  call.b_step = b->step;
  call.a_offset = copy_a ? 0 : slice->row0;
  call.a_tile = copy_a ? pixels * kernels->tile : kernels->tile;
  for (gsize p = 0; p < slice->n_panels; p++)
    {
      gsize cols = MIN (kernels->panel, slice->columns - p * kernels->panel);

      call.vectors = (cols + kernels->vector - 1) / kernels->vector;
      call.b_offset = copy_b ? p * pixels * kernels->panel : slice->column0 + p * kernels->panel;
      call.g = g + p * slice->rows * kernels->panel;
      kernels->outer (&call);
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
  Slice slice = slice_of (job, chunk);
  gsize cp = large_channels (self), cq = small_channels (self);
  gsize per_block = CLAMP (PIXELS / job->small->width, 1, PIXELS);
  gsize g_floats = slice.n_panels * slice.rows * self->kernels->panel;
  gsize strips = slice.n_panels * self->kernels->panel + us_conv_round_up (slice.rows, self->kernels->tile);
  float *g = us_conv_scratch (g_floats + per_block * job->small->width * strips);
  gsize end = job->n_lines * (slice.partial + 1) / job->n_partials;
  gssize corner = (gssize) (s->pad * us_tensor_row_stride (job->large) + s->pad * cp);

  if (slice.rows == 0 || slice.columns == 0)
    return;
  memset (g, 0, g_floats * sizeof (float));
  for (gsize line = job->n_lines * slice.partial / job->n_partials; line < end; line += per_block)
    {
      Side large = { .step = s->stride * cp }, small = { .step = cq };
      gsize n = MIN (per_block, end - line);

      for (gsize l = 0; l < n; l++)
        {
          gsize sample = (line + l) / job->small->height;
          gsize y = (line + l) % job->small->height;

          small.lines[l] = us_tensor_at (job->small, sample, y, 0);
          large.lines[l] = us_tensor_at (job->large, sample, 0, 0) - corner
                           + (y * s->stride + slice.ky) * us_tensor_row_stride (job->large);
        }
      add_block (job, &slice, job->rows_large ? &large : &small, job->rows_large ? &small : &large, n,
                 g + g_floats, g);
    }
  add_slice (job, &slice, g, job->to + (job->n_partials > 1
                                        ? slice.partial * s->kernel * s->kernel * cp * cq : 0));
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
      if (self->weights == NULL)
        memset (job.to, 0, job.n_partials * n * sizeof (float));
    }
  if (self->weights != NULL)
    us_conv_winograd_run_weights (self, x, dy, job.to, pool);
  else
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

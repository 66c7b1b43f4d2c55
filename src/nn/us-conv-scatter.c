/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-conv-private.h"

#include <string.h>

/*
 * Few output channels would leave most of a vector empty.  So the taps become
 * the columns: one small product gives, for each input pixel, what it adds to
 * each of the K × K pixels that it meets, (K, K, Cout); the output gathers it.
 * Transposed: out = s · in - pad + k.  Stride 1: out = in + pad - k.
 */

#define BAND_FLOATS 16384      /* products at a time: they stay in the cache */
#define ROWS 48                /* pixels a product */

gboolean
us_conv_scatter_fits (const UsConv   *self,
                      const UsConvOp *op)
{
  gsize vector = self->kernels->vector;
  gsize taps = op->kernel * op->kernel;

  if (op->in_step != 1 || op->in_channels < 8 || op->kernel < 2 || op->in_height * op->in_width == 1
      || op->kernel < op->out_step)
    return FALSE;
  /* places of vectors that are worked on, full or not, this way and the other */
  return us_conv_round_up (taps * op->out_channels, vector) * 5 < taps * us_conv_round_up (op->out_channels, vector) * 3;
}

void
us_conv_scatter_pack (const UsConv *self,
                      UsConvOp     *op,
                      const float  *w)
{
  gsize panel = self->kernels->panel;
  gsize n = op->kernel * op->kernel * op->out_channels;
  gsize w_tap = op->in_channels * op->out_channels;

  for (gsize first = 0; first < n; first += panel)
    {
      gsize cols = MIN (panel, n - first);
      gsize width = us_conv_round_up (cols, self->kernels->vector);
      float *out = op->packed + first * op->in_channels;

      for (gsize i = 0; i < op->in_channels; i++, out += width)
        for (gsize c = 0; c < width; c++)
          {
            gsize tap = (first + c) / op->out_channels, channel = (first + c) % op->out_channels;

            out[c] = c < cols ? w[tap * w_tap + i * op->w_in + channel * op->w_out] : 0.0f;
          }
    }
}

typedef struct
{
  const UsConv   *self;
  const UsConvOp *op;
  const UsTensor *in, *out;
  const float    *bias;
  int             activation;
  float           slope;
  gsize           columns;     /* K K Cout */
  gsize           band;        /* output rows of a chunk */
  gsize           n_bands;
} ScatterJob;

/* Input rows that meet output rows begin .. end of the transposed kind (or its mirror). */
static void
input_rows (const UsConvOp *op,
            gsize           begin,
            gsize           end,
            gsize          *first,
            gsize          *last)
{
  gssize reach = (gssize) op->kernel - 1, pad = (gssize) op->pad, s = (gssize) op->out_step;
  gssize low, high;

  /* one step: the taps of the phases say which way the kernel runs */
  if (op->phases[0].n_runs > 0 && op->phases[0].runs[0].kx_step > 0)
    {
      low = (gssize) begin - pad;
      high = (gssize) end - 1 - pad + reach;
    }
  else
    {
      low = (gssize) begin + pad - reach;
      low = low > 0 ? (low + s - 1) / s : 0;
      high = ((gssize) end - 1 + pad) / s;
    }
  *first = (gsize) CLAMP (low, 0, (gssize) op->in_height);
  *last = (gsize) CLAMP (high + 1, (gssize) *first, (gssize) op->in_height);
}

/* products: (rows of the band, in_width, columns) */
static void
products (const ScatterJob *job,
          gsize             sample,
          gsize             first,
          gsize             last,
          float            *to)
{
  const UsConvOp *op = job->op;
  gsize panel = job->self->kernels->panel;
  gsize n = (last - first) * op->in_width;
  UsRun1d run = { 0, op->in_channels };

  for (gsize p = 0; p < n; p += ROWS)
    {
      const float *a[ROWS];
      float *y[ROWS];
      UsGemmCall call = { .a = a, .y = y, .n_rows = MIN (ROWS, n - p), .runs = &run, .n_runs = 1 };

      for (gsize i = 0; i < call.n_rows; i++)
        {
          a[i] = us_tensor_at (job->in, sample, first + (p + i) / op->in_width, (p + i) % op->in_width);
          y[i] = to + (p + i) * job->columns;
        }
      for (gsize c = 0; c < job->columns; c += panel)
        {
          call.cols = MIN (panel, job->columns - c);
          call.b = op->packed + c * op->in_channels;
          call.y_offset = c;
          job->self->kernels->gemm (&call);
        }
    }
}

/* Adds the products of one input row, meeting the output row with kernel row ky. */
static void
gather_row (const ScatterJob *job,
            const float      *row,
            gsize             ky,
            gboolean          mirrored,
            float            *out)
{
  const UsConvOp *op = job->op;
  gsize cout = op->out_channels;
  gssize step = (gssize) op->out_step;

  for (gsize kx = 0; kx < op->kernel; kx++)
    {
      const float *from = row + (ky * op->kernel + kx) * cout;
      gssize shift = mirrored ? (gssize) op->pad - (gssize) kx : (gssize) kx - (gssize) op->pad;
      gssize begin = shift < 0 ? (-shift + step - 1) / step : 0;
      gssize end = MIN ((gssize) op->in_width, ((gssize) op->out_width - shift + step - 1) / step);

      if (cout == 1)
        for (gssize x = begin; x < end; x++)
          out[x * step + shift] += from[(gsize) x * job->columns];
      else
        for (gssize x = begin; x < end; x++)
          for (gsize c = 0; c < cout; c++)
            out[(gsize) (x * step + shift) * cout + c] += from[(gsize) x * job->columns + c];
    }
}

static void
finish_row (const ScatterJob *job,
            float            *out)
{
  float slope = job->activation == 1 ? 0.0f : job->slope;

  if (job->activation != 0)
    for (gsize i = 0; i < job->op->out_width * job->op->out_channels; i++)
      out[i] = out[i] > 0.0f ? out[i] : out[i] * slope;
}

static void
scatter_chunk (gpointer data,
               gsize    chunk,
               guint    worker)
{
  const ScatterJob *job = data;
  const UsConvOp *op = job->op;
  gsize sample = chunk / job->n_bands;
  gsize begin = chunk % job->n_bands * job->band;
  gsize end = MIN (op->out_height, begin + job->band);
  gboolean mirrored = op->phases[0].n_runs > 0 && op->phases[0].runs[0].kx_step > 0;
  gsize first, last;
  float *buffer;

  input_rows (op, begin, end, &first, &last);
  buffer = us_conv_scratch ((last - first) * op->in_width * job->columns);
  products (job, sample, first, last, buffer);
  for (gsize y = begin; y < end; y++)
    {
      float *out = us_tensor_at (job->out, sample, y, 0);

      for (gsize i = 0; i < op->out_width * op->out_channels; i++)
        out[i] = job->bias != NULL ? job->bias[i % op->out_channels] : 0.0f;
      for (gsize r = first; r < last; r++)
        {
          gssize at = (gssize) (r * op->out_step);
          gssize ky = mirrored ? at + (gssize) op->pad - (gssize) y : (gssize) (y + op->pad) - at;

          if (ky >= 0 && ky < (gssize) op->kernel)
            gather_row (job, buffer + (r - first) * op->in_width * job->columns, (gsize) ky, mirrored, out);
        }
      finish_row (job, out);
    }
}

void
us_conv_scatter_run (const UsConv   *self,
                     const UsConvOp *op,
                     const UsTensor *in,
                     const float    *bias,
                     int             activation,
                     float           slope,
                     UsTensor       *out,
                     UsPool         *pool)
{
  ScatterJob job = { self, op, in, out, bias, activation, slope, op->kernel * op->kernel * op->out_channels, 0, 0 };
  gsize rows = MAX (1, BAND_FLOATS / (op->in_width * job.columns));

  job.band = MIN (op->out_height, rows * op->out_step);
  job.n_bands = (op->out_height + job.band - 1) / job.band;
  us_pool_run (pool, in->batch * job.n_bands, scatter_chunk, &job);
}

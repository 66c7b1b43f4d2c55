/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-nn-reference.h"

#include "us-conv.h"

#include <math.h>
#include <string.h>

typedef struct
{
  gsize h, w, c;
} Shape;

typedef struct
{
  Shape   shape;
  double *values;
} Kept;

static Shape
shape_after (const UsLayer *l,
             Shape          in)
{
  gsize r = l->factor, k = l->kernel, s = l->stride, p = l->pad;

  switch (l->kind)
    {
    case US_LAYER_DENSE:
      return (Shape) { 1, 1, l->out };
    case US_LAYER_CONV:
      return (Shape) { (in.h + 2 * p - k) / s + 1, (in.w + 2 * p - k) / s + 1, l->out };
    case US_LAYER_CONV_TRANSPOSED:
      return (Shape) { (in.h - 1) * s - 2 * p + k, (in.w - 1) * s - 2 * p + k, l->out };
    case US_LAYER_RESHAPE:
      return (Shape) { l->height, l->width, l->channels };
    case US_LAYER_COORDS:
      return (Shape) { in.h, in.w, in.c + 2 };
    case US_LAYER_DEPTH_TO_SPACE:
      return (Shape) { in.h * r, in.w * r, in.c / (r * r) };
    case US_LAYER_UPSAMPLE:
      return (Shape) { in.h * r, in.w * r, in.c };
    case US_LAYER_AVERAGE_POOL:
      return (Shape) { in.h / r, in.w / r, in.c };
    case US_LAYER_COLUMNS:
      return (Shape) { 1, in.w, in.h * in.c };
    case US_LAYER_ROWS:
      return (Shape) { r, in.w, in.c / r };
    case US_LAYER_UNFOLD:
      return (Shape) { in.h, in.w, in.c * r };
    case US_LAYER_CROSS:
      return (Shape) { 2, in.w, in.h * in.c };
    case US_LAYER_OUTER:
      return (Shape) { in.w, in.w, in.c / r };
    case US_LAYER_GRU:
      return (Shape) { 1, in.w, l->out };
    case US_LAYER_LAST:
      return (Shape) { 1, 1, in.c };
    case US_LAYER_POOL:
      return (Shape) { 1, 1, in.c - r };
    default:
      return in;
    }
}

static double
activation (const UsLayer *l,
            double         x)
{
  switch (l->kind)
    {
    case US_LAYER_RELU:
      return x > 0 ? x : 0;
    case US_LAYER_LEAKY_RELU:
      return x > 0 ? x : (double) l->slope * x;
    case US_LAYER_TANH:
      return tanh (x);
    case US_LAYER_SIGMOID:
      return 1 / (1 + exp (-x));
    case US_LAYER_SOFTPLUS:
      return x > 30 ? x : log1p (exp (x));
    case US_LAYER_GELU:
      return 0.5 * x * (1 + erf (x / G_SQRT2));
    default:
      return x;
    }
}

static void
dense (const UsLayer *l,
       const double  *w,
       gsize          batch,
       gsize          n_in,
       const double  *x,
       double        *y)
{
  for (gsize n = 0; n < batch; n++)
    for (gsize o = 0; o < l->out; o++)
      {
        double sum = l->bias ? w[n_in * l->out + o] : 0;

        for (gsize i = 0; i < n_in; i++)
          sum += x[n * n_in + i] * w[i * l->out + o];
        y[n * l->out + o] = sum;
      }
}

static void
norm (const double *parameters,
      double       *state,
      UsRunMode     mode,
      gsize         n_pixels,
      gsize         channels,
      const double *x,
      double       *y)
{
  for (gsize c = 0; c < channels; c++)
    {
      double mean = state[c], variance = state[channels + c], n = (double) n_pixels;

      if (mode == US_RUN_TRAINING)
        {
          mean = variance = 0;
          for (gsize i = 0; i < n_pixels; i++)
            mean += x[i * channels + c] / n;
          for (gsize i = 0; i < n_pixels; i++)
            variance += (x[i * channels + c] - mean) * (x[i * channels + c] - mean) / n;
          state[c] = 0.9 * state[c] + 0.1 * mean;
          state[channels + c] = 0.9 * state[channels + c] + 0.1 * variance * n / MAX (n - 1, 1);
        }
      for (gsize i = 0; i < n_pixels; i++)
        y[i * channels + c] = (x[i * channels + c] - mean) / sqrt (variance + 1e-5) * parameters[c]
                              + parameters[channels + c];
    }
}

static void
move (const UsLayer *l,
      gsize          batch,
      Shape          in,
      Shape          out,
      const double  *x,
      double        *y)
{
  gsize r = l->factor;

#define X(sample, row, column, channel) x[(((sample) * in.h + (row)) * in.w + (column)) * in.c + (channel)]
  for (gsize n = 0; n < batch; n++)
    for (gsize i = 0; i < out.h; i++)
      for (gsize j = 0; j < out.w; j++)
        for (gsize c = 0; c < out.c; c++)
          {
            double v = 0;

            if (l->kind == US_LAYER_COORDS)
              v = c < in.c ? X (n, i, j, c)
                           : c == in.c ? (2 * (double) j + 1) / (double) in.w - 1
                                       : (2 * (double) i + 1) / (double) in.h - 1;
            else if (l->kind == US_LAYER_DEPTH_TO_SPACE)
              v = X (n, i / r, j / r, (i % r * r + j % r) * out.c + c);
            else if (l->kind == US_LAYER_UPSAMPLE)
              v = X (n, i / r, j / r, c);
            else if (l->kind == US_LAYER_COLUMNS)
              v = X (n, c / in.c, j, c % in.c);
            else if (l->kind == US_LAYER_ROWS)
              v = X (n, 0, j, i * out.c + c);
            else if (l->kind == US_LAYER_CROSS)
              v = i == 0 ? X (n, c / in.c, j, c % in.c) : X (n, j, c / in.c, c % in.c);
            else if (l->kind == US_LAYER_OUTER)
              for (gsize f = 0; f < r; f++)
                v += X (n, 1, i, c * r + f) * X (n, 0, j, c * r + f);
            else if (l->kind == US_LAYER_UNFOLD)
              {
                gssize at = (gssize) (j + c / in.c) - (gssize) (r / 2);

                v = at >= 0 && at < (gssize) in.w ? X (n, i, (gsize) at, c % in.c) : 0;
              }
            else
              for (gsize a = 0; a < r * r; a++)
                v += X (n, i * r + a / r, j * r + a % r, c) / (double) (r * r);
            y[((n * out.h + i) * out.w + j) * out.c + c] = v;
          }
#undef X
}

/* Of one sample: x (T, C), y (T, H); counts (T). */
static void
gru (const UsLayer  *l,
     const double   *p,
     const gboolean *counts,
     Shape           in,
     const double   *x,
     double         *y)
{
  gsize h = l->out;
  const double *w = p, *u = p + in.c * 3 * h, *b = u + h * 3 * h;

  for (gsize t = 0; t < in.w; t++)
    for (gsize j = 0; j < h; j++)
      {
        double a[4] = { b[j], b[h + j], b[2 * h + j], b[3 * h + j] }, before = t > 0 ? y[(t - 1) * h + j] : 0;
        double r, z;

        for (gsize g = 0; g < 3; g++)
          {
            for (gsize c = 0; c < in.c; c++)
              a[g] += x[t * in.c + c] * w[c * 3 * h + g * h + j];
            for (gsize k = 0; t > 0 && k < h; k++)
              a[g < 2 ? g : 3] += y[(t - 1) * h + k] * u[k * 3 * h + g * h + j];
          }
        r = 1 / (1 + exp (-a[0]));
        z = 1 / (1 + exp (-a[1]));
        y[t * h + j] = counts[t] ? (1 - z) * tanh (a[2] + r * a[3]) + z * before : before;
      }
}

/* Of one sample: x (T, F + C), y (C). */
static void
pool (const UsLayer  *l,
      const gboolean *counts,
      Shape           in,
      const double   *x,
      double         *y)
{
  gsize heads = l->factor, channels = in.c - heads;

  for (gsize c = 0; c < channels; c++)
    {
      double sum = 0, total = 0;

      for (gsize t = 0; t < in.w; t++)
        {
          double w = !counts[t] ? 0 : heads == 0 ? 1 : exp (x[t * in.c + c / (channels / heads)]);

          sum += w * x[t * in.c + heads + c];
          total += w;
        }
      y[c] = total > 0 ? sum / total : 0;
    }
}

/* first: (B, shape), the network's input, where the mask is. */
static void
series_forward (const UsLayer *l,
                const double  *parameters,
                gsize          batch,
                Shape          shape,
                const double  *first,
                Shape          in,
                Shape          out,
                const double  *x,
                double        *y)
{
  g_autofree gboolean *counts = g_new (gboolean, in.w);

  for (gsize n = 0; n < batch; n++)
    {
      const double *from = x + n * in.w * in.c;
      double *to = y + n * out.w * out.c;

      for (gsize t = 0; t < in.w; t++)
        counts[t] = l->mask == 0 || first[(n * shape.h * shape.w + t) * shape.c + l->mask - 1] > 0.5;
      if (l->kind == US_LAYER_GRU)
        gru (l, parameters, counts, in, from, to);
      else if (l->kind == US_LAYER_POOL)
        pool (l, counts, in, from, to);
      else
        memcpy (to, from + (in.w - 1) * in.c, in.c * sizeof (double));
    }
}

static void
layer_forward (const UsLayer *l,
               const double  *parameters,
               double        *state,
               UsRunMode      mode,
               gsize          batch,
               Shape          in,
               Shape          out,
               const double  *x,
               double        *y)
{
  gsize n_in = in.h * in.w * in.c, n_out = out.h * out.w * out.c;

  switch (l->kind)
    {
    case US_LAYER_DENSE:
      dense (l, parameters, batch, n_in, x, y);
      break;
    case US_LAYER_CONV:
    case US_LAYER_CONV_TRANSPOSED:
      {
        UsConvShape s = { batch, in.h, in.w, in.c, out.h, out.w, out.c, l->kernel, l->stride, l->pad,
                          l->kind == US_LAYER_CONV_TRANSPOSED };

        us_conv_reference_forward (&s, x, parameters,
                                   l->bias ? parameters + l->kernel * l->kernel * in.c * out.c : NULL, y);
      }
      break;
    case US_LAYER_BATCH_NORM:
      norm (parameters, state, mode, batch * in.h * in.w, in.c, x, y);
      break;
    case US_LAYER_COORDS:
    case US_LAYER_DEPTH_TO_SPACE:
    case US_LAYER_UPSAMPLE:
    case US_LAYER_AVERAGE_POOL:
    case US_LAYER_COLUMNS:
    case US_LAYER_ROWS:
    case US_LAYER_UNFOLD:
    case US_LAYER_CROSS:
    case US_LAYER_OUTER:
      move (l, batch, in, out, x, y);
      break;
    default:
      for (gsize i = 0; i < batch * n_out; i++)
        y[i] = activation (l, x[i]);
    }
}

static void
clear_kept (gpointer data)
{
  g_free (((Kept *) data)->values);
}

void
us_reference_forward (const UsNetwork *network,
                      const double    *parameters,
                      double          *state,
                      UsRunMode        mode,
                      gsize            batch,
                      const double    *x,
                      double          *y)
{
  g_autoptr(GArray) stack = g_array_new (FALSE, FALSE, sizeof (Kept));
  Shape shape, first, out;
  double *now;

  g_array_set_clear_func (stack, clear_kept);
  us_network_input_shape (network, &shape.h, &shape.w, &shape.c);
  first = shape;
  now = g_memdup2 (x, batch * shape.h * shape.w * shape.c * sizeof (double));
  for (gsize i = 0; i < us_network_n_layers (network); i++, shape = out)
    {
      const UsLayer *l = us_network_layer (network, i);
      gsize n = batch * shape.h * shape.w * shape.c;
      double *next;

      out = shape_after (l, shape);
      next = g_new0 (double, batch * out.h * out.w * out.c);
      if (l->kind == US_LAYER_GRU || l->kind == US_LAYER_POOL || l->kind == US_LAYER_LAST)
        series_forward (l, parameters, batch, first, x, shape, out, now, next);
      else
        layer_forward (l, parameters, state, mode, batch, shape, out, now, next);
      if (l->kind == US_LAYER_PUSH)
        {
          Kept kept = { shape, g_memdup2 (now, n * sizeof (double)) };

          g_array_append_val (stack, kept);
        }
      else if (l->kind == US_LAYER_ADD)
        {
          for (gsize k = 0; k < n; k++)
            next[k] += g_array_index (stack, Kept, stack->len - 1).values[k];
          g_array_set_size (stack, stack->len - 1);
        }
      g_free (now);
      now = next;

      /* on to the next layer's numbers, in the order of the table */
      if (l->kind == US_LAYER_DENSE)
        parameters += shape.h * shape.w * shape.c * l->out + (l->bias ? l->out : 0);
      else if (l->kind == US_LAYER_CONV || l->kind == US_LAYER_CONV_TRANSPOSED)
        parameters += l->kernel * l->kernel * shape.c * l->out + (l->bias ? l->out : 0);
      else if (l->kind == US_LAYER_GRU)
        parameters += (shape.c + l->out) * 3 * l->out + 4 * l->out;
      else if (l->kind == US_LAYER_BATCH_NORM)
        {
          parameters += 2 * shape.c;
          state += 2 * shape.c;
        }
    }
  memcpy (y, now, batch * shape.h * shape.w * shape.c * sizeof (double));
  g_free (now);
}

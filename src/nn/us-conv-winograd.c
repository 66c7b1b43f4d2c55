/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-conv-winograd-private.h"

#include <string.h>

/*
 * Winograd's F(m, r) for the stride-1 convolutions that an operation is made
 * of: 3 × 3 kernels with stride 1, and the 2 × 2 parts of 4 × 4 kernels with
 * stride 2.  A tile of m × m outputs costs n² products for each pair of
 * channels instead of m² r², n = m + r - 1.  For each of the n² points one
 * matrix product over tiles: V (tiles, reduction) · U (reduction, Cout).
 *
 * Layouts: U (phase, point, panel, reduction, width); V and M of a block of
 * tiles (point, tile, channels).
 */

#define MIN_CHANNELS 16
#define MIN_TILES 16
#define MIN_TILES_OF_SUMS 4
#define MANY_TILES 192
#define MANY_WEIGHTS 65536     /* pairs of channels */
#define REDUCTION 256
#define MAX_BLOCK 96
#define MIN_CHUNKS 16
#define BLOCK_FLOATS 160000    /* of V and M: what the second-level cache may hold, roughly */

/* --- plan -------------------------------------------------------------- */

/* Which F(m, ·): 0 none.  Few tiles do not earn the larger U of 4 when there
 * are many weights, nor very few that of 2 unless it need not be stored (measured). */
static guint
choose_m (const UsConv   *self,
          const UsConvOp *op,
          guint           r,
          gsize           height,
          gsize           width)
{
  gsize pixels = self->shape.batch * height * width;

  if ((r != 2 && r != 3) || op->in_channels < MIN_CHANNELS || op->out_channels < MIN_CHANNELS)
    return 0;
  if (op->in_channels % self->kernels->vector != 0 || op->out_channels % self->kernels->vector != 0)
    return 0;
  if (height % 4 == 0 && width % 4 == 0 && pixels / 16 >= MIN_TILES
      && (pixels / 16 >= MANY_TILES || op->in_channels * op->out_channels < MANY_WEIGHTS))
    return 4;
  if (height % 2 == 0 && width % 2 == 0 && pixels / 4 >= (r == 2 ? MIN_TILES_OF_SUMS : MIN_TILES))
    return 2;
  return 0;
}

gsize
us_conv_winograd_n_tiles (const UsConv         *self,
                          const UsConvWinograd *w)
{
  return self->shape.batch * (w->grid_height / w->m) * (w->grid_width / w->m);
}

/* Tiles at a time: what the cache holds, but enough chunks for several workers. */
static gsize
block_of (const UsConv         *self,
          const UsConvOp       *op,
          const UsConvWinograd *w)
{
  gsize tile = self->kernels->tile;
  gsize n_tiles = us_conv_winograd_n_tiles (self, w);
  gsize held = BLOCK_FLOATS / (w->n * w->n * (w->reduction + op->out_channels));
  gsize block = CLAMP (held / tile * tile, 4 * tile, MAX_BLOCK);
  gsize shared = us_conv_round_up (n_tiles * w->n_phases / MIN_CHUNKS, tile);

  return CLAMP (shared, 2 * tile, block);
}

UsConvWinograd *
us_conv_winograd_new (const UsConv   *self,
                      const UsConvOp *op)
{
  UsConvWinograd *w;
  guint kernel = self->shape.kernel, pad = self->shape.pad;
  gsize steps = op->in_step * op->out_step;     /* one of them is 1 */
  guint r = kernel / (guint) steps;
  gboolean phases = op->phases[0].n_runs > 0 && (op->phases[0].runs[0].kx_step < 0);
  gsize height = op->out_height / op->out_step, width = op->out_width / op->out_step;
  guint m;

  if ((self->flags & US_CONV_EXACT) || kernel % steps != 0
      || op->out_height % op->out_step != 0 || op->out_width % op->out_step != 0)
    return NULL;
  m = choose_m (self, op, r, height, width);
  if (m == 0)
    return NULL;

  w = g_new0 (UsConvWinograd, 1);
  w->m = m;
  w->r = r;
  w->n = m + r - 1;
  w->grid_height = height;
  w->grid_width = width;
  w->n_phases = op->out_step * op->out_step;
  w->n_sources = op->in_step * op->in_step;
  w->parts = g_new0 (UsConvPart, w->n_phases * w->n_sources);
  for (gsize i = 0; i < w->n_phases * w->n_sources; i++)
    {
      UsConvPart *part = &w->parts[i];
      gsize y = i / steps, x = i % steps;

      if (phases)
        {
          const UsConvRun *run = &op->phases[i].runs[0];

          *part = (UsConvPart) { run->dy, run->dx, y, x, (int) run->ky, (int) run->kx, -(int) op->out_step };
        }
      else
        *part = (UsConvPart) { (gssize) y - (gssize) pad, (gssize) x - (gssize) pad, 0, 0, (int) y, (int) x,
                               (int) op->in_step };
    }
  w->reduction = w->n_sources * op->in_channels;
  w->block = block_of (self, op, w);
  if (us_conv_winograd_few_fits (us_conv_winograd_n_tiles (self, w)))
    {
      w->v = us_conv_alloc_floats (us_conv_winograd_few_floats (w, us_conv_winograd_n_tiles (self, w)));
      w->sums = m == 2 && r == 2;
    }
  return w;
}

void
us_conv_winograd_free (UsConvWinograd *winograd)
{
  us_conv_free_floats (winograd->v);
  g_free (winograd->parts);
  g_free (winograd);
}

/* --- weights ----------------------------------------------------------- */

/* Floats of one point of U. */
static gsize
point_floats (const UsConv   *self,
              const UsConvOp *op)
{
  return us_conv_point_stride (op->winograd->reduction * us_conv_round_up (op->out_channels, self->kernels->panel));
}

gsize
us_conv_winograd_packed (const UsConv   *self,
                         const UsConvOp *op)
{
  const UsConvWinograd *w = op->winograd;

  if (w->v != NULL)
    return us_conv_winograd_few_packed (op);
  return w->n_phases * w->n * w->n * point_floats (self, op);
}

typedef struct
{
  const UsConv *self;
  UsConvOp     *op;
  const float  *w;
  gsize         n_panels;
} PackJob;

#define PACK 16                /* rows of the reduction at a time */

/* Copies taps of one part, for `rows` rows and a panel of columns, to (r, r, rows, width). */
static void
copy_taps (const PackJob    *job,
           const UsConvPart *part,
           gsize             row,
           gsize             rows,
           gsize             column,
           gsize             width,
           float            *to)
{
  const UsConvShape *s = &job->self->shape;
  const UsConvOp *op = job->op;
  guint r = op->winograd->r;

  for (guint i = 0; i < r; i++)
    for (guint j = 0; j < r; j++, to += rows * width)
      {
        gsize ky = (gsize) (part->ky + (int) i * part->k_step), kx = (gsize) (part->kx + (int) j * part->k_step);
        const float *from = job->w + (ky * s->kernel + kx) * s->in_channels * s->out_channels
                            + row * op->w_in + column * op->w_out;

        if (op->w_out == 1)
          for (gsize k = 0; k < rows; k++)
            memcpy (to + k * width, from + k * op->w_in, width * sizeof (float));
        else
          for (gsize c = 0; c < width; c++)
            for (gsize k = 0; k < rows; k++)
              to[k * width + c] = from[c * op->w_out + k];
      }
}

/* One panel of one part. */
static void
pack_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  const PackJob *job = data;
  const UsConvOp *op = job->op;
  const UsConvWinograd *w = op->winograd;
  gsize n_parts = w->n_sources * w->n_phases;
  gsize i = chunk % n_parts;
  gsize column = chunk / n_parts * job->self->kernels->panel;
  gsize width = MIN (job->self->kernels->panel, op->out_channels - column);   /* whole vectors */
  gsize points = w->v != NULL ? w->reduction * width : point_floats (job->self, op);
  float *u = w->v != NULL
             ? op->packed + (i / w->n_sources * op->out_channels + column) * w->n * w->n * w->reduction
             : op->packed + i / w->n_sources * w->n * w->n * points + column * w->reduction;
  float *taps = us_conv_scratch (w->r * w->r * PACK * width);

  u += i % w->n_sources * op->in_channels * width;
  for (gsize row = 0; row < op->in_channels; row += PACK)
    {
      gsize rows = MIN (PACK, op->in_channels - row);
      UsWinogradCall call = {
        .transform = US_WINOGRAD_WEIGHTS,
        .m = w->m,
        .r = w->r,
        .in = taps,
        .in_row = w->r * rows * width,
        .in_column = rows * width,
        .out = u + row * width,
        .out_row = w->n * points,
        .out_column = points,
        .n_channels = rows * width,
      };

      copy_taps (job, &w->parts[i], row, rows, column, width, taps);
      job->self->kernels->winograd (&call);
    }
}

void
us_conv_winograd_pack (const UsConv *self,
                       UsConvOp     *op,
                       const float  *w,
                       UsPool       *pool)
{
  PackJob job = { self, op, w, (op->out_channels + self->kernels->panel - 1) / self->kernels->panel };

  if (op->winograd->sums)
    us_conv_winograd_sums_pack (self, op, w, pool);
  else
    us_pool_run (pool, op->winograd->n_phases * op->winograd->n_sources * job.n_panels, pack_chunk, &job);
}

/* --- the operation ----------------------------------------------------- */

/* Sample and first grid position of a tile. */
static void
tile_place (const UsConvWinograd *w,
            gsize                 tile,
            gsize                *sample,
            gsize                *y,
            gsize                *x)
{
  gsize columns = w->grid_width / w->m;
  gsize per_sample = columns * (w->grid_height / w->m);

  *sample = tile / per_sample;
  *y = tile % per_sample / columns * w->m;
  *x = tile % columns * w->m;
}

void
us_conv_winograd_inputs (const UsConvWinogradJob *job,
                         gsize                    phase,
                         gsize                    first,
                         gsize                    n_tiles,
                         float                   *v,
                         gsize                    v_point,
                         gsize                    v_tile)
{
  const UsConvOp *op = job->op;
  const UsConvWinograd *w = op->winograd;
  UsWinogradCall call = {
    .transform = US_WINOGRAD_INPUT,
    .m = w->m,
    .r = w->r,
    .in_row = op->in_step * us_tensor_row_stride (job->in),
    .in_column = op->in_step * op->in_channels,
    .out_row = w->n * v_point,
    .out_column = v_point,
    .n_channels = op->in_channels,
  };

  for (gsize t = 0; t < n_tiles; t++)
    {
      gsize sample, y, x;

      tile_place (w, first + t, &sample, &y, &x);
      for (gsize s = 0; s < w->n_sources; s++)
        {
          const UsConvPart *part = &w->parts[phase * w->n_sources + s];

          call.in = us_tensor_at (job->in, sample, y * op->in_step, x * op->in_step)
                    + part->in_y * (gssize) us_tensor_row_stride (job->in) + part->in_x * (gssize) op->in_channels;
          call.out = v + t * v_tile + s * op->in_channels;
          job->self->kernels->winograd (&call);
        }
    }
}

/* M = V U at each point: (point, tile, Cout). */
static void
multiply (const UsConvWinogradJob *job,
          gsize              phase,
          gsize              n_tiles,
          const float       *v,
          float             *to)
{
  const UsConvOp *op = job->op;
  const UsConvWinograd *w = op->winograd;
  gsize panel = job->self->kernels->panel;
  gsize points = point_floats (job->self, op);

  for (gsize point = 0; point < w->n * w->n; point++)
    {
      const float *u = op->packed + (phase * w->n * w->n + point) * points;
      const float *a[MAX_BLOCK];
      float *y[MAX_BLOCK];

      for (gsize t = 0; t < n_tiles; t++)
        {
          a[t] = v + point * us_conv_point_stride (n_tiles * w->reduction) + t * w->reduction;
          y[t] = to + point * us_conv_point_stride (n_tiles * op->out_channels) + t * op->out_channels;
        }
      for (gsize k = 0; k < w->reduction; k += REDUCTION)
        {
          UsRun1d run = { (gssize) k, MIN (REDUCTION, w->reduction - k) };
          UsGemmCall call = { .a = a, .y = y, .n_rows = n_tiles, .runs = &run, .n_runs = 1, .accumulate = k > 0 };

          for (gsize column = 0; column < op->out_channels; column += panel)
            {
              call.cols = MIN (panel, op->out_channels - column);
              call.b = u + column * w->reduction + k * call.cols;
              call.y_offset = column;
              job->self->kernels->gemm (&call);
            }
        }
    }
}

void
us_conv_winograd_outputs (const UsConvWinogradJob *job,
                          gsize                    phase,
                          gsize                    first,
                          gsize                    n_tiles,
                          gsize                    column,
                          gsize                    width,
                          const float             *products,
                          gsize                    point)
{
  const UsConvOp *op = job->op;
  const UsConvWinograd *w = op->winograd;
  const UsConvPart *part = &w->parts[phase * w->n_sources];
  UsWinogradCall call = {
    .transform = US_WINOGRAD_OUTPUT,
    .m = w->m,
    .r = w->r,
    .in_row = w->n * point,
    .in_column = point,
    .out_row = op->out_step * us_tensor_row_stride (job->out),
    .out_column = op->out_step * op->out_channels,
    .n_channels = width,
    .bias = job->bias != NULL ? job->bias + column : NULL,
    .activation = job->activation,
    .slope = job->slope,
  };

  for (gsize t = 0; t < n_tiles; t++)
    {
      gsize sample, y, x;

      tile_place (w, first + t, &sample, &y, &x);
      call.in = products + t * width;
      call.out = us_tensor_at (job->out, sample, y * op->out_step + part->out_y, x * op->out_step + part->out_x) + column;
      job->self->kernels->winograd (&call);
    }
}

/* By blocks of tiles. */
typedef struct
{
  UsConvWinogradJob job;
  gsize             n_blocks;
} BlockJob;

static void
block_chunk (gpointer data,
             gsize    chunk,
             guint    worker)
{
  const BlockJob *blocks = data;
  const UsConvWinogradJob *job = &blocks->job;
  const UsConvWinograd *w = job->op->winograd;
  gsize phase = chunk / blocks->n_blocks;
  gsize first = chunk % blocks->n_blocks * w->block;
  gsize n = MIN (w->block, job->n_tiles - first);
  gsize v_point = us_conv_point_stride (n * w->reduction);
  gsize point = us_conv_point_stride (n * job->op->out_channels);
  float *v = us_conv_scratch (w->n * w->n * (v_point + point));
  float *products = v + w->n * w->n * v_point;

  us_conv_winograd_inputs (job, phase, first, n, v, v_point, w->reduction);
  multiply (job, phase, n, v, products);
  us_conv_winograd_outputs (job, phase, first, n, 0, job->op->out_channels, products, point);
}

void
us_conv_winograd_run (const UsConv   *self,
                      const UsConvOp *op,
                      const UsTensor *in,
                      const float    *bias,
                      int             activation,
                      float           slope,
                      UsTensor       *out,
                      UsPool         *pool)
{
  const UsConvWinograd *w = op->winograd;
  BlockJob blocks = { { self, op, in, out, bias, activation, slope, us_conv_winograd_n_tiles (self, w) }, 0 };

  if (w->v != NULL)
    {
      us_conv_winograd_few_run (&blocks.job, pool);
      return;
    }
  blocks.n_blocks = (blocks.job.n_tiles + w->block - 1) / w->block;
  us_pool_run (pool, w->n_phases * blocks.n_blocks, block_chunk, &blocks);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-conv-winograd-private.h"

#include <string.h>

/*
 * Winograd where there are few tiles: a network that is played for one sample.
 * The weights are then the larger operand by far, so each worker takes output
 * channels, not tiles, and every weight is read once, by one of them.  First
 * all tiles are transformed, V (phase, point, tile, reduction); then a chunk
 * multiplies and transforms back a panel of channels.
 *
 * Weights are (phase, panel, point, reduction, width).  But the points of F(2, 2)
 * are sums of taps, which the kernel adds up on the way: (phase, panel, block of
 * the reduction, tap, row, width), 4 numbers in memory instead of 9.  A block
 * stays in the first-level cache while the nine points pass.  Either way memory
 * is read once, from one end to the other, and what comes next is fetched ahead:
 * with other work on the machine the caches hold less than they could.
 */

#define FEW_TILES 24
#define BLOCK_FLOATS 1024      /* of one tap */
#define MIN_ROWS 32
#define ROWS 128               /* of a point */
#define MIN_CHUNKS 8

gboolean
us_conv_winograd_few_fits (gsize n_tiles)
{
  return n_tiles <= FEW_TILES;
}

/* --- weights as sums ---------------------------------------------------- */

/* Rows of the reduction in a block of a panel so wide. */
static gsize
block_rows (gsize width)
{
  return MAX (MIN_ROWS, BLOCK_FLOATS / width);
}

gsize
us_conv_winograd_few_packed (const UsConvOp *op)
{
  gsize matrices = op->winograd->sums ? 4 : op->winograd->n * op->winograd->n;

  return op->winograd->n_phases * matrices * op->winograd->reduction * op->out_channels;
}

typedef struct
{
  const UsConv *self;
  UsConvOp     *op;
  const float  *w;
  gsize         n_panels;
} PackJob;

/* One tap of one row of the reduction. */
static void
pack_row (const PackJob *job,
          gsize          phase,
          gsize          row,
          gsize          tap,
          gsize          column,
          gsize          width,
          float         *to)
{
  const UsConvOp *op = job->op;
  const UsConvShape *s = &job->self->shape;
  const UsConvPart *part = &op->winograd->parts[phase * op->winograd->n_sources + row / op->in_channels];
  gsize ky = (gsize) (part->ky + (int) (tap / 2) * part->k_step);
  gsize kx = (gsize) (part->kx + (int) (tap % 2) * part->k_step);
  const float *from = job->w + (ky * s->kernel + kx) * s->in_channels * s->out_channels
                      + row % op->in_channels * op->w_in + column * op->w_out;

  if (op->w_out == 1)
    memcpy (to, from, width * sizeof (float));
  else
    for (gsize c = 0; c < width; c++)
      to[c] = from[c * op->w_out];
}

/* One panel of one phase. */
static void
pack_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  const PackJob *job = data;
  const UsConvOp *op = job->op;
  const UsConvWinograd *w = op->winograd;
  gsize phase = chunk / job->n_panels;
  gsize column = chunk % job->n_panels * job->self->kernels->panel;
  gsize width = MIN (job->self->kernels->panel, op->out_channels - column);   /* whole vectors */
  float *to = op->packed + (phase * op->out_channels + column) * 4 * w->reduction;

  for (gsize first = 0; first < w->reduction; first += block_rows (width))
    for (gsize tap = 0; tap < 4; tap++)
      for (gsize row = first; row < MIN (first + block_rows (width), w->reduction); row++, to += width)
        pack_row (job, phase, row, tap, column, width, to);
}

void
us_conv_winograd_sums_pack (const UsConv *self,
                            UsConvOp     *op,
                            const float  *w,
                            UsPool       *pool)
{
  PackJob job = { self, op, w, (op->out_channels + self->kernels->panel - 1) / self->kernels->panel };

  us_pool_run (pool, op->winograd->n_phases * job.n_panels, pack_chunk, &job);
}

/* --- the operation ----------------------------------------------------- */

typedef struct
{
  UsConvWinogradJob job;
  float            *v;             /* (phase, point, tile, reduction) */
  gsize             v_point, v_tile;   /* floats from one to the next */
  gsize             n_groups;      /* of tiles, when they are transformed */
  gsize             n_panels;
  gsize             n_splits;      /* of the tiles, when there are few panels */
} FewJob;

/* A cache line more than a power of two may be: the rows that are read at a time
 * must not fall on the same sets of the cache. */
static gsize
v_tile (const UsConvWinograd *w)
{
  return us_conv_round_up (w->reduction, 64) + 16;
}

gsize
us_conv_winograd_few_floats (const UsConvWinograd *w,
                             gsize                 n_tiles)
{
  return w->n_phases * w->n * w->n * us_conv_point_stride (n_tiles * v_tile (w));
}

static float *
v_of (const FewJob *few,
      gsize         phase,
      gsize         point,
      gsize         tile)
{
  const UsConvWinograd *w = few->job.op->winograd;

  return few->v + (phase * w->n * w->n + point) * few->v_point + tile * few->v_tile;
}

static void
inputs_chunk (gpointer data,
              gsize    chunk,
              guint    worker)
{
  const FewJob *few = data;
  gsize phase = chunk / few->n_groups, group = chunk % few->n_groups;
  gsize first = few->job.n_tiles * group / few->n_groups;
  gsize end = few->job.n_tiles * (group + 1) / few->n_groups;

  us_conv_winograd_inputs (&few->job, phase, first, end - first, v_of (few, phase, 0, first),
                           few->v_point, few->v_tile);
}

/* What a chunk owns: tiles first .. first+n of a panel. */
typedef struct
{
  gsize        phase, first, n_tiles;
  gsize        column, width;
  const float *weights;
  float       *products;           /* (point, tile, width) */
  gsize        point;              /* floats from one point to the next */
  float       *kept;               /* (2, row, width): two sums of taps */
} Share;

static void
multiply_sums (const FewJob *few,
               const Share  *share)
{
  /* Tap (i, j) is 2 i + j.  Corners are taps, edges sums of two; two edges are
   * kept (4, 5), of which the middle, the sum of all, is made last. */
  static const struct { guint8 point; gint8 a, b, keep; } steps[9] = {
    { 0, 0, -1, -1 }, { 1, 0, 1, -1 }, { 2, 1, -1, -1 }, { 3, 0, 2, 4 }, { 5, 1, 3, 5 },
    { 6, 2, -1, -1 }, { 7, 2, 3, -1 }, { 8, 3, -1, -1 }, { 4, 4, 5, -1 },
  };
  const UsConvWinograd *w = few->job.op->winograd;
  gsize rows = block_rows (share->width);
  const float *block = share->weights;

  for (gsize k = 0; k < w->reduction; k += rows)
    {
      gsize length = MIN (rows, w->reduction - k);
      gsize tap = length * share->width;

      for (guint i = 0; i < 9; i++)
        {
          gint8 a = steps[i].a, b = steps[i].b;
          UsGemmSumsCall call = {
            .a = v_of (few, share->phase, steps[i].point, share->first) + k,
            .a_row = few->v_tile,
            .y = share->products + steps[i].point * share->point,
            .n_rows = share->n_tiles,
            .length = length,
            .ahead = block + (4 + steps[i].a) * tap,    /* the corners fetch each the next one of their tap */
            .b = { a < 4 ? block + a * tap : share->kept, b < 0 ? NULL : b < 4 ? block + b * tap : share->kept + tap },
            .kept = steps[i].keep < 0 ? NULL : share->kept + (steps[i].keep - 4) * tap,
            .vectors = share->width / few->job.self->kernels->vector,
            .accumulate = k > 0,
          };

          few->job.self->kernels->gemm_sums (&call);
        }
      block += 4 * tap;
    }
}

static void
multiply (const FewJob *few,
          const Share  *share)
{
  const UsConvWinograd *w = few->job.op->winograd;
  const float *u = share->weights;

  for (gsize point = 0; point < w->n * w->n; point++)
    for (gsize k = 0; k < w->reduction; k += ROWS)
      {
        UsGemmSumsCall call = {
          .a = v_of (few, share->phase, point, share->first) + k,
          .a_row = few->v_tile,
          .y = share->products + point * share->point,
          .n_rows = share->n_tiles,
          .length = MIN (ROWS, w->reduction - k),
          .b = { u, NULL },
          .vectors = share->width / few->job.self->kernels->vector,
          .accumulate = k > 0,
        };

        u += call.length * share->width;
        call.ahead = u;
        few->job.self->kernels->gemm_sums (&call);
      }
}

static void
panel_chunk (gpointer data,
             gsize    chunk,
             guint    worker)
{
  const FewJob *few = data;
  const UsConvOp *op = few->job.op;
  const UsConvWinograd *w = op->winograd;
  gsize panel = few->job.self->kernels->panel;
  gsize split = chunk % few->n_splits;
  gsize matrices = w->sums ? 4 : w->n * w->n;
  Share share = {
    .phase = chunk / few->n_splits / few->n_panels,
    .first = few->job.n_tiles * split / few->n_splits,
    .column = chunk / few->n_splits % few->n_panels * panel,
  };

  share.n_tiles = few->job.n_tiles * (split + 1) / few->n_splits - share.first;
  share.width = MIN (panel, op->out_channels - share.column);
  share.weights = op->packed + (share.phase * op->out_channels + share.column) * matrices * w->reduction;
  share.point = us_conv_point_stride (share.n_tiles * share.width);
  share.products = us_conv_scratch (w->n * w->n * share.point + 2 * block_rows (share.width) * share.width);
  share.kept = share.products + w->n * w->n * share.point;
  if (w->sums)
    multiply_sums (few, &share);
  else
    multiply (few, &share);
  us_conv_winograd_outputs (&few->job, share.phase, share.first, share.n_tiles, share.column, share.width,
                            share.products, share.point);
}

void
us_conv_winograd_few_run (const UsConvWinogradJob *job,
                          UsPool                  *pool)
{
  const UsConvWinograd *w = job->op->winograd;
  gsize panel = job->self->kernels->panel;
  FewJob few = {
    .job = *job,
    .v = w->v,
    .v_point = us_conv_point_stride (job->n_tiles * v_tile (w)),
    .v_tile = v_tile (w),
    .n_groups = CLAMP (MIN_CHUNKS / w->n_phases, 1, job->n_tiles),
    .n_panels = (job->op->out_channels + panel - 1) / panel,
  };

  few.n_splits = CLAMP (MIN_CHUNKS / (w->n_phases * few.n_panels), 1, MAX (1, job->n_tiles / 4));
  us_pool_run (pool, w->n_phases * few.n_groups, inputs_chunk, &few);
  us_pool_run (pool, w->n_phases * few.n_panels * few.n_splits, panel_chunk, &few);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-conv-private.h"

#include <string.h>

/* Floats of the reduction that are worked on at a time: a panel of so many
 * rows of weights stays in the first-level cache. */
#define REDUCTION 256
/* Pixels at a time: with REDUCTION of their inputs each they stay in the
 * second-level cache while all panels pass.  A multiple of the tile. */
#define PIXELS 96
#define MIN_CHUNKS 16
#define MAX_CHUNKS 96

/* --- taps -------------------------------------------------------------- */

typedef struct
{
  GArray *runs;
  GArray *blocks;
  gsize   reduction;
  gsize   in_block;
} PhaseBuilder;

/* Adds a stretch of the input, cut so that no block of the reduction exceeds REDUCTION. */
static void
add_run (PhaseBuilder *b,
         UsConvRun     run)
{
  gsize left = run.length;

  while (left > 0)
    {
      if (b->blocks->len == 0 || b->in_block == REDUCTION)
        {
          gsize first = b->runs->len;

          g_array_append_val (b->blocks, first);
          b->in_block = 0;
        }
      run.length = MIN (left, REDUCTION - b->in_block);
      g_array_append_val (b->runs, run);
      b->in_block += run.length;
      b->reduction += run.length;
      left -= run.length;
      run.channel += run.length;
    }
}

/* Taps of one dimension that meet output position `first` (of a grid with the
 * given step): kernel index of the first, number; input offsets rise by one. */
typedef struct
{
  gssize offset;       /* of the first tap, from in_step · g */
  guint  k;
  int    k_step;
  guint  n;
} Taps;

static Taps
taps_of (gboolean phases,
         gsize    position,
         guint    kernel,
         gsize    stride,
         guint    pad)
{
  Taps taps = { .offset = -(gssize) pad, .k = 0, .k_step = 1, .n = kernel };
  gssize k;

  if (!phases)
    return taps;
  /* position + pad - k is a multiple of the stride; the largest such k is the
   * leftmost input. */
  taps.n = 0;
  taps.k_step = -(int) stride;
  for (k = (gssize) kernel - 1; k >= 0; k--)
    if (((gssize) (position + pad) - k) % (gssize) stride == 0)
      {
        if (taps.n++ == 0)
          {
            taps.k = (guint) k;
            taps.offset = ((gssize) (position + pad) - k) / (gssize) stride;
          }
      }
  return taps;
}

static void
build_phase (UsConvOp    *op,
             UsConvPhase *phase,
             const Taps  *ty,
             const Taps  *tx)
{
  PhaseBuilder b = { g_array_new (FALSE, FALSE, sizeof (UsConvRun)), g_array_new (FALSE, FALSE, sizeof (gsize)), 0, 0 };
  gsize end;

  for (guint i = 0; i < ty->n && tx->n > 0; i++)
    {
      UsConvRun run = {
        .dy = ty->offset + (gssize) i,
        .dx = tx->offset,
        .channel = 0,
        .length = tx->n * op->in_channels,
        .ky = (guint) ((int) ty->k + (int) i * ty->k_step),
        .kx = tx->k,
        .kx_step = tx->k_step,
      };

      add_run (&b, run);
    }
  /* A phase that no tap meets still writes its bias. */
  if (b.blocks->len == 0)
    {
      gsize first = 0;

      g_array_append_val (b.blocks, first);
    }
  end = b.runs->len;
  phase->n_runs = end;
  phase->n_blocks = b.blocks->len;
  g_array_append_val (b.blocks, end);
  phase->runs = (UsConvRun *) g_array_free (b.runs, FALSE);
  phase->blocks = (gsize *) g_array_free (b.blocks, FALSE);
  phase->reduction = b.reduction;
}

/* How far the taps of a dimension leave the input. */
static gsize
overhang (const Taps *taps,
          gsize       grid,
          gsize       step,
          gsize       size)
{
  gssize low, high;

  if (taps->n == 0 || grid == 0)
    return 0;
  low = -taps->offset;
  high = (gssize) ((grid - 1) * step) + taps->offset + (gssize) taps->n - 1 - ((gssize) size - 1);
  return (gsize) MAX (0, MAX (low, high));
}

UsConvOp *
us_conv_op_new (const UsConv *self,
                gboolean      transposed,
                gboolean      backward)
{
  const UsConvShape *s = &self->shape;
  UsConvOp *op = g_new0 (UsConvOp, 1);
  gsize stride = s->stride;
  gsize steps_y, steps_x, packed = 0, offsets = 0;

  op->in_channels = backward ? s->out_channels : s->in_channels;
  op->out_channels = backward ? s->in_channels : s->out_channels;
  op->in_height = backward ? s->out_height : s->in_height;
  op->in_width = backward ? s->out_width : s->in_width;
  op->out_height = backward ? s->in_height : s->out_height;
  op->out_width = backward ? s->in_width : s->out_width;
  op->w_in = backward ? 1 : s->out_channels;
  op->w_out = backward ? s->out_channels : 1;
  /* One input pixel meets each output pixel with one tap: with a stride as
   * large as the kernel each is a phase of its own, and no halo is read. */
  if (transposed && op->in_height == 1 && op->in_width == 1)
    stride = MAX (stride, s->kernel);
  op->in_step = transposed ? 1 : stride;
  op->out_step = transposed ? stride : 1;
  steps_y = MIN (op->out_step, op->out_height);
  steps_x = MIN (op->out_step, op->out_width);

  op->n_phases = steps_y * steps_x;
  op->phases = g_new0 (UsConvPhase, op->n_phases);
  for (gsize i = 0; i < op->n_phases; i++)
    {
      UsConvPhase *phase = &op->phases[i];
      Taps ty, tx;

      phase->py = i / steps_x;
      phase->px = i % steps_x;
      phase->height = (op->out_height - phase->py + op->out_step - 1) / op->out_step;
      phase->width = (op->out_width - phase->px + op->out_step - 1) / op->out_step;
      ty = taps_of (transposed, phase->py, s->kernel, stride, s->pad);
      tx = taps_of (transposed, phase->px, s->kernel, stride, s->pad);
      build_phase (op, phase, &ty, &tx);
      op->halo = MAX (op->halo, overhang (&ty, phase->height, op->in_step, op->in_height));
      op->halo = MAX (op->halo, overhang (&tx, phase->width, op->in_step, op->in_width));
      phase->packed = packed;
      phase->offsets = offsets;
      packed += phase->reduction * us_conv_round_up (op->out_channels, self->kernels->panel);
      offsets += phase->n_runs;
    }
  op->kernel = s->kernel;
  op->pad = s->pad;
  op->scatter = us_conv_scatter_fits (self, op);
  if (op->scatter)
    packed = op->in_channels * us_conv_round_up (s->kernel * s->kernel * op->out_channels, self->kernels->panel);
  else if ((op->winograd = us_conv_winograd_new (self, op)) != NULL)
    packed = us_conv_winograd_packed (self, op);
  op->packed = us_conv_alloc_floats (packed);
  op->offsets = g_new0 (UsRun1d, MAX (offsets, 1));
  return op;
}

void
us_conv_op_free (UsConvOp *op)
{
  for (gsize i = 0; i < op->n_phases; i++)
    {
      g_free (op->phases[i].runs);
      g_free (op->phases[i].blocks);
    }
  g_free (op->phases);
  g_clear_pointer (&op->winograd, us_conv_winograd_free);
  us_conv_free_floats (op->packed);
  g_free (op->offsets);
  g_free (op);
}

/* --- weights ----------------------------------------------------------- */

typedef struct
{
  const UsConv *self;
  UsConvOp     *op;
  const float  *w;
  gsize         n_panels;
} PackJob;

/* One panel of one phase: (reduction, cols in whole vectors). */
static void
pack_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  const PackJob *job = data;
  const UsConvOp *op = job->op;
  const UsConvShape *s = &job->self->shape;
  const UsConvPhase *phase = &op->phases[chunk / job->n_panels];
  gsize first = chunk % job->n_panels * job->self->kernels->panel;
  gsize cols = MIN (job->self->kernels->panel, op->out_channels - first);
  gsize width = us_conv_round_up (cols, job->self->kernels->vector);
  float *out = op->packed + phase->packed + first * phase->reduction;

  for (gsize i = 0; i < phase->n_runs; i++)
    {
      const UsConvRun *run = &phase->runs[i];

      for (gsize j = 0; j < run->length; j++, out += width)
        {
          gsize at = run->channel + j;
          gsize kx = (gsize) ((int) run->kx + (int) (at / op->in_channels) * run->kx_step);
          const float *w = job->w + (run->ky * s->kernel + kx) * s->in_channels * s->out_channels
                           + at % op->in_channels * op->w_in + first * op->w_out;

          for (gsize c = 0; c < cols; c++)
            out[c] = w[c * op->w_out];
          for (gsize c = cols; c < width; c++)
            out[c] = 0.0f;
        }
    }
}

void
us_conv_op_pack (const UsConv *self,
                 UsConvOp     *op,
                 const float  *w,
                 UsPool       *pool)
{
  PackJob job = { self, op, w, (op->out_channels + self->kernels->panel - 1) / self->kernels->panel };

  if (op->scatter)
    us_conv_scatter_pack (self, op, w);
  else if (op->winograd != NULL)
    us_conv_winograd_pack (self, op, w, pool);
  else
    us_pool_run (pool, op->n_phases * job.n_panels, pack_chunk, &job);
}

/* --- the operation ----------------------------------------------------- */

typedef struct
{
  const UsConv   *self;
  const UsConvOp *op;
  const UsTensor *in;
  const UsTensor *out;
  const float    *bias;
  int             activation;
  float           slope;
  gsize           n_pieces;      /* a phase: pieces of pixels × pieces of panels */
  gsize           piece_pixels;
  gsize           n_splits;
} OpJob;

/* Addresses of the grid's pixels first .. first+n, over all samples, in both maps. */
static void
pixel_addresses (const OpJob       *job,
                 const UsConvPhase *phase,
                 gsize              first,
                 gsize              n,
                 const float      **a,
                 float            **y)
{
  const UsConvOp *op = job->op;
  gsize grid = phase->height * phase->width;
  gsize sample = first / grid;
  gsize gy = first % grid / phase->width;
  gsize gx = first % phase->width;

  for (gsize i = 0; i < n; i++)
    {
      a[i] = us_tensor_at (job->in, sample, gy * op->in_step, gx * op->in_step);
      y[i] = us_tensor_at (job->out, sample, gy * op->out_step + phase->py, gx * op->out_step + phase->px);
      if (++gx == phase->width)
        {
          gx = 0;
          if (++gy == phase->height)
            {
              gy = 0;
              sample++;
            }
        }
    }
}

static void
op_pixels (const OpJob       *job,
           const UsConvPhase *phase,
           gsize              first,
           gsize              n,
           gsize              panel_begin,
           gsize              panel_end)
{
  const UsConvOp *op = job->op;
  gsize panel_cols = job->self->kernels->panel;
  const float *a[PIXELS];
  float *y[PIXELS];
  gsize done = 0;

  pixel_addresses (job, phase, first, n, a, y);
  for (gsize block = 0; block < phase->n_blocks; block++)
    {
      UsGemmCall call = {
        .a = a,
        .y = y,
        .n_rows = n,
        .runs = op->offsets + phase->offsets + phase->blocks[block],
        .n_runs = phase->blocks[block + 1] - phase->blocks[block],
        .accumulate = block > 0,
        .activation = block + 1 == phase->n_blocks ? job->activation : 0,
        .slope = job->slope,
      };

      for (gsize p = panel_begin; p < panel_end; p++)
        {
          gsize column = p * panel_cols;

          call.cols = MIN (panel_cols, op->out_channels - column);
          call.b = op->packed + phase->packed + column * phase->reduction
                   + done * us_conv_round_up (call.cols, job->self->kernels->vector);
          call.y_offset = column;
          call.bias = job->bias != NULL ? job->bias + column : NULL;
          job->self->kernels->gemm (&call);
        }
      for (gsize i = 0; i < call.n_runs; i++)
        done += call.runs[i].length;
    }
}

static void
op_chunk (gpointer data,
          gsize    chunk,
          guint    worker)
{
  const OpJob *job = data;
  gsize split = chunk % job->n_splits;
  gsize piece = chunk / job->n_splits % job->n_pieces;
  const UsConvPhase *phase = &job->op->phases[chunk / job->n_splits / job->n_pieces];
  gsize panel = job->self->kernels->panel;
  gsize n_panels = (job->op->out_channels + panel - 1) / panel;
  gsize pixels = job->in->batch * phase->height * phase->width;
  gsize end = MIN (pixels, (piece + 1) * job->piece_pixels);

  for (gsize first = piece * job->piece_pixels; first < end; first += PIXELS)
    op_pixels (job, phase, first, MIN (PIXELS, end - first),
               n_panels * split / job->n_splits, n_panels * (split + 1) / job->n_splits);
}

/* Pieces that do not depend on the number of workers, and enough of them. */
static void
cut (OpJob *job)
{
  const UsConvOp *op = job->op;
  gsize tile = job->self->kernels->tile;
  gsize pixels = job->in->batch * op->phases[0].height * op->phases[0].width;   /* of the largest phase */
  gsize n_panels = (op->out_channels + job->self->kernels->panel - 1) / job->self->kernels->panel;
  gsize piece = us_conv_round_up ((pixels * op->n_phases + MAX_CHUNKS - 1) / MAX_CHUNKS, PIXELS);

  if ((pixels + piece - 1) / piece * op->n_phases < MIN_CHUNKS)
    piece = MAX (4 * tile, us_conv_round_up (pixels * op->n_phases / MIN_CHUNKS, tile));
  job->piece_pixels = piece;
  job->n_pieces = (pixels + piece - 1) / piece;
  job->n_splits = CLAMP (MIN_CHUNKS / (job->n_pieces * op->n_phases), 1, n_panels);
}

void
us_conv_op_run (const UsConv   *self,
                UsConvOp       *op,
                const UsTensor *in,
                const float    *bias,
                int             activation,
                float           slope,
                UsTensor       *out,
                UsPool         *pool)
{
  OpJob job = { self, op, in, out, bias, activation, slope, 0, 0, 0 };
  gssize row = (gssize) us_tensor_row_stride (in);

  if (op->scatter)
    {
      us_conv_scatter_run (self, op, in, bias, activation, slope, out, pool);
      return;
    }
  if (op->winograd != NULL)
    {
      us_conv_winograd_run (self, op, in, bias, activation, slope, out, pool);
      return;
    }
  for (gsize i = 0; i < op->n_phases; i++)
    for (gsize r = 0; r < op->phases[i].n_runs; r++)
      {
        const UsConvRun *run = &op->phases[i].runs[r];
        UsRun1d *to = &op->offsets[op->phases[i].offsets + r];

        to->offset = run->dy * row + run->dx * (gssize) in->channels + (gssize) run->channel;
        to->length = run->length;
      }
  cut (&job);
  us_pool_run (pool, op->n_phases * job.n_pieces * job.n_splits, op_chunk, &job);
}

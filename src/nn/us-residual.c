/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-residual.h"

#include "us-memory.h"
#include "us-rng.h"
#include "vec/us-vec.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/* R rows, I inputs, X context, W width, O outputs, G groups. */

#define PANELS 4                 /* at most, of a masked network: what is left out above the diagonal against longer products */

typedef struct
{
  const UsVec *vec;
  gsize        first, last;      /* hidden columns; units before `last` are seen */
  gsize        n_in;             /* inputs seen */
  gsize        out_first, out_last;
} Panel;

typedef struct
{
  float *u, *slope_u;            /* (R, W) gelu (a) and its slope */
  float *v, *slope_v;            /* (R, W) after dropout */
} Kept;

struct _UsResidualRun
{
  UsResidualShape shape;
  const UsVec    *vec;
  gsize           max_rows;
  gsize           n_panels;
  Panel           panels[PANELS];
  UsArena         arena;
  float          *a;             /* (R, W) the stream */
  Kept           *kept;          /* (blocks) */
  float          *da, *dt;       /* (R, W) */
  double         *sums;          /* (max (W, O)) */

  /* of the pass under way */
  gsize           rows;
  const float    *in, *context;
  gboolean        one_context;
};

/* --- parameters ------------------------------------------------------------ */

enum { IN, CONTEXT, BIAS, N_BEFORE };
enum { W1, B1, W2, B2, N_OF_BLOCK };

gsize
us_residual_n_tensors (const UsResidualShape *shape)
{
  return N_BEFORE + N_OF_BLOCK * shape->n_blocks + 2;
}

static gsize
block_size (const UsResidualShape *s)
{
  return 2 * (s->width * s->width + s->width);
}

gsize
us_residual_n_parameters (const UsResidualShape *shape)
{
  return (shape->n_in + shape->n_context + 1) * shape->width + shape->n_blocks * block_size (shape)
         + (shape->width + 1) * shape->n_out;
}

void
us_residual_tensor (const UsResidualShape *shape,
                    gsize                  index,
                    UsResidualTensor      *tensor)
{
  static const char *const names[] = { "in", "context", "bias" };
  static const char *const block_names[] = { "block.w1", "block.b1", "block.w2", "block.b2" };
  gsize W = shape->width, before = (shape->n_in + shape->n_context + 1) * W;

  g_return_if_fail (index < us_residual_n_tensors (shape));

  *tensor = (UsResidualTensor) { .shape = { 1, W } };
  if (index < N_BEFORE)
    {
      tensor->name = names[index];
      tensor->shape[0] = index == IN ? shape->n_in : index == CONTEXT ? shape->n_context : 1;
      tensor->offset = index == IN ? 0 : index == CONTEXT ? shape->n_in * W : (shape->n_in + shape->n_context) * W;
    }
  else if (index < N_BEFORE + N_OF_BLOCK * shape->n_blocks)
    {
      gsize k = (index - N_BEFORE) % N_OF_BLOCK;

      tensor->block = (index - N_BEFORE) / N_OF_BLOCK;
      tensor->name = block_names[k];
      tensor->shape[0] = k == W1 || k == W2 ? W : 1;
      tensor->offset = before + tensor->block * block_size (shape)
                       + (k == W1 ? 0 : k == B1 ? W * W : k == W2 ? W * W + W : 2 * W * W + W);
    }
  else
    {
      gboolean bias = index + 1 == us_residual_n_tensors (shape);

      tensor->name = bias ? "out.bias" : "out";
      tensor->shape[0] = bias ? 1 : W;
      tensor->shape[1] = shape->n_out;
      tensor->offset = before + shape->n_blocks * block_size (shape) + (bias ? W * shape->n_out : 0);
    }
}

static const float *
tensor_at (const UsResidualShape *shape,
           const float           *parameters,
           gsize                  index)
{
  UsResidualTensor t;

  us_residual_tensor (shape, index, &t);
  return parameters + t.offset;
}

static gsize
group_of_unit (const UsResidualShape *s,
               gsize                  unit)
{
  return unit * s->n_groups / s->width;
}

/* Where the units of a group begin; of group G: W. */
static gsize
group_start (const UsResidualShape *s,
             gsize                  group)
{
  return (group * s->width + s->n_groups - 1) / s->n_groups;
}

/* Zeroes what the masks cut, of weights or of their gradient. */
static void
cut (const UsResidualShape *s,
     float                 *parameters)
{
  if (s->n_groups == 0)
    return;
  for (gsize i = 0; i < us_residual_n_tensors (s); i++)
    {
      UsResidualTensor t;
      gboolean out;

      us_residual_tensor (s, i, &t);
      out = g_str_equal (t.name, "out");
      if (i != IN && !out && (t.shape[0] == 1 || i == CONTEXT || i == BIAS))
        continue;
      for (gsize r = 0; r < t.shape[0]; r++)
        {
          /* the first column that may see row r */
          gsize group = i == IN ? r + 1 : group_of_unit (s, r);
          gsize first = out ? group * (s->n_out / s->n_groups)
                        : group >= s->n_groups ? s->width : group_start (s, group);

          memset (parameters + t.offset + r * t.shape[1], 0, MIN (first, t.shape[1]) * sizeof (float));
        }
    }
}

void
us_residual_init (const UsResidualShape *shape,
                  float                 *parameters,
                  guint64                seed,
                  guint64                stream,
                  double                 out_gain)
{
  gsize n = us_residual_n_tensors (shape);

  g_return_if_fail (shape->n_groups == 0
                    || (shape->n_groups == shape->n_in && shape->width >= shape->n_groups
                        && shape->n_out % shape->n_groups == 0));

  memset (parameters, 0, us_residual_n_parameters (shape) * sizeof (float));
  for (gsize i = 0; i < n; i++)
    {
      UsResidualTensor t;
      UsRng rng;
      double sd;

      us_residual_tensor (shape, i, &t);
      if (t.shape[0] == 0 || i == BIAS || g_str_has_suffix (t.name, ".b1") || g_str_has_suffix (t.name, ".b2")
          || g_str_equal (t.name, "out.bias"))
        continue;
      sd = sqrt (1.0 / (double) t.shape[0]);
      if (i == IN || i == CONTEXT)
        sd = sqrt (1.0 / (double) (shape->n_in + shape->n_context));
      else if (g_str_equal (t.name, "out"))
        sd *= out_gain;
      else if (g_str_equal (t.name, "block.w1"))
        sd *= G_SQRT2;
      else                       /* a block begins as a small correction */
        sd *= 0.5 / sqrt ((double) MAX (shape->n_blocks, 1));
      us_rng_init (&rng, seed, US_RNG_INIT, stream + i);
      for (gsize k = 0; k < t.shape[0] * t.shape[1]; k++)
        parameters[t.offset + k] = (float) (sd * us_rng_normal (&rng));
    }
  cut (shape, parameters);
}

/* --- memory ------------------------------------------------------------------ */

static Panel
make_panel (const UsResidualShape *s,
            gsize                  first_group,
            gsize                  last_group)
{
  gsize per = s->n_out / MAX (s->n_groups, 1);

  if (s->n_groups == 0)
    return (Panel) { .last = s->width, .n_in = s->n_in, .out_last = s->n_out };
  return (Panel) { .first = group_start (s, first_group), .last = group_start (s, last_group),
                   .n_in = last_group - 1, .out_first = first_group * per, .out_last = last_group * per };
}

UsResidualRun *
us_residual_run_new (const UsResidualShape *shape,
                     gsize                  max_rows)
{
  UsResidualRun *self = g_new0 (UsResidualRun, 1);
  gsize n = max_rows * shape->width;

  self->shape = *shape;
  self->vec = us_vec_get (us_isa_get ());
  self->max_rows = max_rows;
  self->kept = g_new0 (Kept, shape->n_blocks + 1);
  self->sums = g_new0 (double, MAX (shape->width, shape->n_out));
  us_arena_init (&self->arena);
  us_arena_ask (&self->arena, &self->a, n);
  us_arena_ask (&self->arena, &self->da, n);
  us_arena_ask (&self->arena, &self->dt, n);
  for (gsize b = 0; b < shape->n_blocks; b++)
    {
      us_arena_ask (&self->arena, &self->kept[b].u, n);
      us_arena_ask (&self->arena, &self->kept[b].slope_u, n);
      us_arena_ask (&self->arena, &self->kept[b].v, n);
      us_arena_ask (&self->arena, &self->kept[b].slope_v, n);
    }
  us_arena_commit (&self->arena);

  self->n_panels = CLAMP (shape->n_groups, 1, PANELS);
  for (gsize p = 0; p < self->n_panels; p++)
    self->panels[p] = make_panel (shape, p * shape->n_groups / self->n_panels,
                                  (p + 1) * shape->n_groups / self->n_panels);
  return self;
}

void
us_residual_run_free (UsResidualRun *self)
{
  if (self == NULL)
    return;
  us_arena_clear (&self->arena);
  g_free (self->kept);
  g_free (self->sums);
  g_free (self);
}

/* --- forward ------------------------------------------------------------------- */

/* c (R, n) = beta c + a (R, k) b (k, n) */
static void
product (gsize        rows,
         gsize        n,
         gsize        k,
         const float *a,
         gsize        lda,
         const float *b,
         gsize        ldb,
         float        beta,
         float       *c,
         gsize        ldc)
{
  if (n == 0 || (k == 0 && beta == 1.0f))
    return;
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, (int) rows, (int) n, (int) k, 1.0f, a, (int) MAX (lda, 1),
               b, (int) ldb, beta, c, (int) ldc);
}

/* Silences units of v and their slope in the columns of a panel. */
static void
drop (UsResidualRun *self,
      const Panel   *p,
      gsize          block,
      double         share,
      guint64        seed,
      guint64        step)
{
  gsize W = self->shape.width;
  guint threshold = (guint) lround (share * 256.0);
  float keep = 256.0f / (256.0f - (float) threshold);
  UsRng rng;

  us_rng_init (&rng, seed, US_RNG_AUGMENT, step * 64 + block);
  rng.counter[0] += (guint32) p->first << 16;         /* each panel its own part of the stream */
  for (gsize r = 0; r < self->rows; r++)
    {
      float *v = self->kept[block].v + r * W, *slope = self->kept[block].slope_v + r * W;
      guint32 bits = 0;

      for (gsize j = p->first; j < p->last; j++)
        {
          float scale;

          if ((j - p->first) % 4 == 0)
            bits = us_rng_u32 (&rng);
          scale = (bits & 0xff) < threshold ? 0.0f : keep;
          bits >>= 8;
          v[j] *= scale;
          slope[j] *= scale;
        }
    }
}

static void
gelu_panel (UsResidualRun *self,
            const Panel   *p,
            float         *y,
            float         *x)
{
  gsize W = self->shape.width;

  if (p->first == 0 && p->last == W)
    self->vec->gelu_keep_slope (y, x, self->rows * W);
  else
    for (gsize r = 0; r < self->rows; r++)
      self->vec->gelu_keep_slope (y + r * W + p->first, x + r * W + p->first, p->last - p->first);
}

static void
fill_rows (float       *to,
           gsize        stride,
           gsize        rows,
           const float *from,
           gsize        n)
{
  for (gsize r = 0; r < rows; r++)
    memcpy (to + r * stride, from, n * sizeof (float));
}

/* The stream's beginning in the columns of a panel. */
static void
begin_panel (UsResidualRun *self,
             const Panel   *p,
             const float   *parameters)
{
  const UsResidualShape *s = &self->shape;
  gsize W = s->width, n = p->last - p->first;
  float *a = self->a + p->first;

  fill_rows (a, W, self->rows, tensor_at (s, parameters, BIAS) + p->first, n);
  if (self->one_context && s->n_context > 0 && self->rows > 0)
    {
      cblas_sgemv (CblasRowMajor, CblasTrans, (int) s->n_context, (int) n, 1.0f,
                   tensor_at (s, parameters, CONTEXT) + p->first, (int) W, self->context, 1, 1.0f, a, 1);
      fill_rows (a + W, W, self->rows - 1, a, n);
    }
  else if (s->n_context > 0)
    product (self->rows, n, s->n_context, self->context, s->n_context, tensor_at (s, parameters, CONTEXT) + p->first, W,
             1.0f, a, W);
  product (self->rows, n, p->n_in, self->in, s->n_in, tensor_at (s, parameters, IN) + p->first, W, 1.0f, a, W);
}

/* out: at the panel's first column, ld_out apart. */
static void
forward_panel (UsResidualRun *self,
               const Panel   *p,
               const float   *parameters,
               double         dropout,
               guint64        seed,
               guint64        step,
               float         *out,
               gsize          ld_out)
{
  const UsResidualShape *s = &self->shape;
  gsize W = s->width, n = p->last - p->first, last = us_residual_n_tensors (s);
  float *a = self->a + p->first;

  begin_panel (self, p, parameters);
  for (gsize b = 0; b < s->n_blocks; b++)
    {
      const Kept *k = &self->kept[b];
      gsize t = N_BEFORE + N_OF_BLOCK * b;

      for (gsize r = 0; r < self->rows; r++)
        memcpy (k->slope_u + r * W + p->first, a + r * W, n * sizeof (float));
      gelu_panel (self, p, k->u, k->slope_u);
      fill_rows (k->slope_v + p->first, W, self->rows, tensor_at (s, parameters, t + B1) + p->first, n);
      product (self->rows, n, p->last, k->u, W, tensor_at (s, parameters, t + W1) + p->first, W, 1.0f,
               k->slope_v + p->first, W);
      gelu_panel (self, p, k->v, k->slope_v);
      if (dropout > 0.0)
        drop (self, p, b, dropout, seed, step);
      product (self->rows, n, p->last, k->v, W, tensor_at (s, parameters, t + W2) + p->first, W, 1.0f, a, W);
      self->vec->bias (a, tensor_at (s, parameters, t + B2) + p->first, self->rows, W, n, 1.0f);
    }
  fill_rows (out, ld_out, self->rows, tensor_at (s, parameters, last - 1) + p->out_first, p->out_last - p->out_first);
  product (self->rows, p->out_last - p->out_first, p->last, self->a, W,
           tensor_at (s, parameters, last - 2) + p->out_first, s->n_out, 1.0f, out, ld_out);
}

static void
set_pass (UsResidualRun *self,
          gsize          rows,
          const float   *in,
          const float   *context,
          gboolean       one_context)
{
  self->rows = rows;
  self->in = in;
  self->context = context;
  self->one_context = one_context;
}

void
us_residual_run_forward (UsResidualRun *self,
                         const float   *parameters,
                         gsize          rows,
                         const float   *in,
                         const float   *context,
                         gboolean       one_context,
                         double         dropout,
                         guint64        seed,
                         guint64        step,
                         float         *out)
{
  g_return_if_fail (self != NULL && rows <= self->max_rows);

  set_pass (self, rows, in, context, one_context);
  for (gsize p = 0; p < self->n_panels; p++)
    forward_panel (self, &self->panels[p], parameters, dropout, seed, step, out + self->panels[p].out_first,
                   self->shape.n_out);
}

void
us_residual_run_group (UsResidualRun *self,
                       const float   *parameters,
                       gsize          rows,
                       const float   *in,
                       const float   *context,
                       gboolean       one_context,
                       gsize          group,
                       float         *out)
{
  Panel p;

  g_return_if_fail (self != NULL && rows <= self->max_rows && group < self->shape.n_groups);

  set_pass (self, rows, in, context, one_context);
  p = make_panel (&self->shape, group, group + 1);
  forward_panel (self, &p, parameters, 0.0, 0, 0, out, self->shape.n_out / self->shape.n_groups);
}

/* --- backward -------------------------------------------------------------------- */

static void
add_column_sums (UsResidualRun *self,
                 const float   *x,
                 gsize          n,
                 float         *to)
{
  memset (self->sums, 0, n * sizeof (double));
  self->vec->column_sums (self->sums, x, self->rows, n, n);
  for (gsize j = 0; j < n; j++)
    to[j] += (float) self->sums[j];
}

/* Of y = x w: dx (R, k) = dy (R, n) w' where wanted, dw (k, n) += x' dy. */
static void
product_backward (UsResidualRun *self,
                  gsize          k,
                  gsize          n,
                  const float   *x,
                  const float   *w,
                  const float   *dy,
                  gsize          first,        /* column of w and dy */
                  gsize          ld,           /* of w and dy */
                  gsize          ld_x,
                  float          beta,
                  float         *dx,
                  float         *dw)
{
  int rows = (int) self->rows;

  if (k == 0 || n == 0)
    return;
  cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, (int) k, (int) n, rows, 1.0f, x, (int) ld_x,
               dy + first, (int) ld, 1.0f, dw + first, (int) ld);
  if (dx != NULL)
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, rows, (int) k, (int) n, 1.0f, dy + first, (int) ld,
                 w + first, (int) ld, beta, dx, (int) ld_x);
}

/* Of a product of hidden units with hidden units or outputs, panel by panel: the last sees all units. */
static void
hidden_backward (UsResidualRun *self,
                 gboolean       out,
                 const float   *x,
                 const float   *w,
                 const float   *dy,
                 float         *dx,
                 float         *dw)
{
  for (gsize p = self->n_panels; p-- > 0;)
    {
      const Panel *panel = &self->panels[p];
      gsize first = out ? panel->out_first : panel->first, last = out ? panel->out_last : panel->last;

      product_backward (self, panel->last, last - first, x, w, dy, first, out ? self->shape.n_out : self->shape.width,
                        self->shape.width, p + 1 == self->n_panels ? 0.0f : 1.0f, dx, dw);
    }
}

void
us_residual_run_backward (UsResidualRun *self,
                          const float   *parameters,
                          const float   *dout,
                          float         *gradient,
                          float         *din,
                          float         *dcontext)
{
  const UsResidualShape *s = &self->shape;
  gsize W = s->width, last = us_residual_n_tensors (s), n = self->rows * W;
#define P(tensor) tensor_at (s, parameters, tensor)
#define D(tensor) ((float *) tensor_at (s, gradient, tensor))

  g_return_if_fail (!self->one_context);

  add_column_sums (self, dout, s->n_out, D (last - 1));
  hidden_backward (self, TRUE, self->a, P (last - 2), dout, self->da, D (last - 2));
  for (gsize b = s->n_blocks; b-- > 0;)
    {
      const Kept *k = &self->kept[b];
      gsize t = N_BEFORE + N_OF_BLOCK * b;

      add_column_sums (self, self->da, W, D (t + B2));
      hidden_backward (self, FALSE, k->v, P (t + W2), self->da, self->dt, D (t + W2));
      self->vec->multiply (self->dt, self->dt, k->slope_v, n);
      add_column_sums (self, self->dt, W, D (t + B1));
      /* v is not needed any more */
      hidden_backward (self, FALSE, k->u, P (t + W1), self->dt, k->v, D (t + W1));
      self->vec->multiply (k->v, k->v, k->slope_u, n);
      self->vec->add (self->da, self->da, k->v, n);
    }
  add_column_sums (self, self->da, W, D (BIAS));
  product_backward (self, s->n_in, W, self->in, P (IN), self->da, 0, W, s->n_in, 0.0f, din, D (IN));
  product_backward (self, s->n_context, W, self->context, P (CONTEXT), self->da, 0, W, s->n_context, 1.0f, dcontext,
                    D (CONTEXT));
  cut (s, gradient);
#undef P
#undef D
}

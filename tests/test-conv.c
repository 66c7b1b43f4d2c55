/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-conv.h"

#include <float.h>
#include <math.h>
#include <string.h>

/*
 * The convolutions against their double twin (the oracle), against their own
 * transposes (an invariant), and against themselves on other numbers of workers.
 */

typedef struct
{
  UsConvShape shape;
  gsize       n_x, n_y, n_w;         /* elements without halo */
  double     *x, *y, *w, *bias;      /* the same numbers as the float side, exactly */
  double     *dx, *dy, *dw, *dbias;
} Case;

/* --- data -------------------------------------------------------------- */

/* A multiple of 2^-10 in -1 .. 1: exact in float and double. */
static double
draw (GRand *rand)
{
  return g_rand_int_range (rand, -1024, 1025) / 1024.0;
}

static double *
draw_array (GRand *rand,
            gsize  n)
{
  double *a = g_new (double, n);

  for (gsize i = 0; i < n; i++)
    a[i] = draw (rand);
  return a;
}

static gsize
out_size (gsize    in,
          guint    kernel,
          guint    stride,
          guint    pad,
          gboolean transposed)
{
  return transposed ? (in - 1) * stride + kernel - 2 * pad : (in + 2 * pad - kernel) / stride + 1;
}

static UsConvShape
make_shape (gsize    batch,
            gsize    height,
            gsize    width,
            gsize    in,
            gsize    out,
            guint    kernel,
            guint    stride,
            guint    pad,
            gboolean transposed)
{
  return (UsConvShape) {
    .batch = batch, .in_height = height, .in_width = width, .in_channels = in,
    .out_height = out_size (height, kernel, stride, pad, transposed),
    .out_width = out_size (width, kernel, stride, pad, transposed),
    .out_channels = out, .kernel = kernel, .stride = stride, .pad = pad, .transposed = transposed,
  };
}

static Case *
case_new (const UsConvShape *shape,
          guint32            seed)
{
  Case *c = g_new0 (Case, 1);
  GRand *rand = g_rand_new_with_seed (seed);

  c->shape = *shape;
  c->n_x = shape->batch * shape->in_height * shape->in_width * shape->in_channels;
  c->n_y = shape->batch * shape->out_height * shape->out_width * shape->out_channels;
  c->n_w = shape->kernel * shape->kernel * shape->in_channels * shape->out_channels;
  c->x = draw_array (rand, c->n_x);
  c->w = draw_array (rand, c->n_w);
  c->dy = draw_array (rand, c->n_y);
  c->bias = draw_array (rand, shape->out_channels);
  c->y = g_new0 (double, c->n_y);
  c->dx = g_new0 (double, c->n_x);
  c->dw = g_new0 (double, c->n_w);
  c->dbias = g_new0 (double, shape->out_channels);
  g_rand_free (rand);
  return c;
}

static void
case_free (Case *c)
{
  g_free (c->x);
  g_free (c->y);
  g_free (c->w);
  g_free (c->bias);
  g_free (c->dx);
  g_free (c->dy);
  g_free (c->dw);
  g_free (c->dbias);
  g_free (c);
}

static float *
floats (const double *a,
        gsize         n)
{
  float *f = g_aligned_alloc (MAX (n, 1), sizeof (float), 64);

  for (gsize i = 0; i < n; i++)
    f[i] = a != NULL ? (float) a[i] : 0.0f;
  return f;
}

/* A map with a halo, filled from values without one; NULL: with 7 inside, 0 in the halo. */
static UsTensor
tensor_new (const double *values,
            gsize         batch,
            gsize         height,
            gsize         width,
            gsize         channels,
            gsize         halo)
{
  UsTensor t = { NULL, batch, height, width, channels, halo };

  t.data = floats (NULL, us_tensor_n_floats (&t));
  for (gsize n = 0; n < batch; n++)
    for (gsize y = 0; y < height; y++)
      for (gsize i = 0; i < width * channels; i++)
        us_tensor_at (&t, n, y, 0)[i] = values != NULL ? (float) *values++ : 7.0f;
  return t;
}

/* --- comparison -------------------------------------------------------- */

/* Checks the inside against the values, and that the halo is still zero. */
static void
assert_tensor (const UsTensor *t,
               const double   *values,
               double          bound)
{
  for (gsize n = 0; n < t->batch; n++)
    for (gssize y = -(gssize) t->halo; y < (gssize) (t->height + t->halo); y++)
      for (gssize x = -(gssize) t->halo; x < (gssize) (t->width + t->halo); x++)
        for (gsize c = 0; c < t->channels; c++)
          {
            gboolean inside = y >= 0 && x >= 0 && y < (gssize) t->height && x < (gssize) t->width;
            double got = t->data[n * us_tensor_sample_stride (t)
                                 + (gsize) (y + (gssize) t->halo) * us_tensor_row_stride (t)
                                 + (gsize) (x + (gssize) t->halo) * t->channels + c];

            if (!inside)
              g_assert_cmpfloat (got, ==, 0.0);
            else if (!(fabs (got - *values) <= bound))
              g_error ("(%" G_GSIZE_FORMAT ", %" G_GSSIZE_FORMAT ", %" G_GSSIZE_FORMAT ", %" G_GSIZE_FORMAT
                       "): %.9g, not %.9g; allowed %.2g", n, y, x, c, got, *values, bound);
            if (inside)
              values++;
          }
}

static void
assert_floats (const float  *got,
               const double *values,
               gsize         n,
               double        bound)
{
  for (gsize i = 0; i < n; i++)
    if (!(fabs (got[i] - values[i]) <= bound))
      g_error ("%" G_GSIZE_FORMAT ": %.9g, not %.9g; allowed %.2g", i, got[i], values[i], bound);
}

/* Rounding of a sum, term by term, of so many products of numbers spread over
 * -1 .. 1 (variance 1/9): after k terms it is about sqrt (k) / 3, and each
 * addition errs by up to half an eps of that, so the error spreads by
 * 0.07 eps · terms; eight times that, and a little for short sums. */
static double
bound_of (gsize  terms,
          double looser)
{
  return looser * FLT_EPSILON * (0.56 * (double) terms + 16.0);
}

static double
leaky (double x)
{
  return x > 0.0 ? x : 0.125 * x;
}

/* --- one shape, all calls ---------------------------------------------- */

static void
check_case (Case       *c,
            UsConvFlags exact,
            UsIsa       isa,
            gsize       more_halo,
            UsPool     *pool)
{
  const UsConvShape *s = &c->shape;
  gsize taps = s->kernel * s->kernel;
  double looser = exact ? 1.0 : 12.0;
  UsConv *conv = us_conv_new_for_isa (s, US_CONV_FORWARD | US_CONV_BACKWARD_DATA | US_CONV_BACKWARD_WEIGHTS | exact, isa);
  gsize halo_in = us_conv_input_halo (conv) + more_halo;
  gsize halo_out = us_conv_output_halo (conv) + more_halo;
  UsTensor x = tensor_new (c->x, s->batch, s->in_height, s->in_width, s->in_channels, halo_in);
  UsTensor dx = tensor_new (NULL, s->batch, s->in_height, s->in_width, s->in_channels, halo_in);
  UsTensor y = tensor_new (NULL, s->batch, s->out_height, s->out_width, s->out_channels, halo_out);
  UsTensor dy = tensor_new (c->dy, s->batch, s->out_height, s->out_width, s->out_channels, halo_out);
  float *w = floats (c->w, c->n_w);
  float *bias = floats (c->bias, s->out_channels);
  float *dw = floats (NULL, c->n_w);
  float *dbias = floats (NULL, s->out_channels);

  us_conv_set_weights (conv, w, pool);
  us_conv_forward (conv, &x, bias, 2, 0.125f, &y, pool);
  for (gsize i = 0; i < c->n_y; i++)
    c->y[i] = leaky (c->y[i]);
  assert_tensor (&y, c->y, bound_of (taps * s->in_channels, looser));

  us_conv_backward_data (conv, &dy, &dx, pool);
  assert_tensor (&dx, c->dx, bound_of (taps * s->out_channels, looser));

  /* the second call adds to the first */
  us_conv_backward_weights (conv, &x, &dy, dw, dbias, pool);
  assert_floats (dw, c->dw, c->n_w, bound_of (c->n_y / s->out_channels, looser));
  assert_floats (dbias, c->dbias, s->out_channels, bound_of (c->n_y / s->out_channels, 1.0));
  us_conv_backward_weights (conv, &x, &dy, dw, NULL, pool);
  for (gsize i = 0; i < c->n_w; i++)
    dw[i] *= 0.5f;
  assert_floats (dw, c->dw, c->n_w, bound_of (c->n_y / s->out_channels, looser));

  us_conv_free (conv);
  g_aligned_free (x.data);
  g_aligned_free (dx.data);
  g_aligned_free (y.data);
  g_aligned_free (dy.data);
  g_aligned_free (w);
  g_aligned_free (bias);
  g_aligned_free (dw);
  g_aligned_free (dbias);
}

/* Both algorithms and all instruction sets that this processor has. */
static void
check_shape (const UsConvShape *shape,
             UsPool            *pool)
{
  Case *c = case_new (shape, 7);

  us_conv_reference_backward_data (shape, c->dy, c->w, c->dx);
  us_conv_reference_backward_weights (shape, c->x, c->dy, c->dw, c->dbias);
  for (UsIsa isa = US_ISA_PLAIN; isa <= us_isa_detect (); isa++)
    for (guint exact = 0; exact < 2; exact++)
      {
        us_conv_reference_forward (shape, c->x, c->w, c->bias, c->y);
        check_case (c, exact ? US_CONV_EXACT : 0, isa, exact, pool);
      }
  case_free (c);
}

static const gsize channel_list[] = { 1, 2, 3, 5, 8, 13, 16, 32, 64 };

static void
test_kernels (void)
{
  /* kernel, stride, pad */
  static const guint kinds[][3] = {
    { 1, 1, 0 }, { 2, 1, 0 }, { 2, 2, 0 }, { 3, 1, 0 }, { 3, 1, 1 }, { 3, 2, 1 }, { 3, 1, 2 }, { 1, 2, 0 },
    { 4, 2, 1 }, { 4, 1, 0 }, { 4, 4, 0 }, { 4, 2, 0 }, { 5, 1, 2 }, { 5, 2, 2 }, { 5, 3, 1 }, { 7, 2, 3 },
  };
  UsPool *pool = us_pool_new (2, 0);

  for (guint k = 0; k < G_N_ELEMENTS (kinds); k++)
    for (guint transposed = 0; transposed < 2; transposed++)
      for (guint i = 0; i < 4; i++)
        {
          static const gsize sizes[][4] = { { 8, 8, 8, 8 }, { 7, 10, 3, 13 }, { 9, 7, 13, 2 }, { 11, 8, 5, 16 } };
          UsConvShape shape = make_shape (3, sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3],
                                          kinds[k][0], kinds[k][1], kinds[k][2], transposed);

          check_shape (&shape, pool);
        }
  us_pool_free (pool);
}

static void
test_channels (void)
{
  static const guint kinds[][3] = { { 3, 1, 1 }, { 4, 2, 1 } };

  for (guint k = 0; k < G_N_ELEMENTS (kinds); k++)
    for (guint transposed = 0; transposed < 2; transposed++)
      for (guint i = 0; i < G_N_ELEMENTS (channel_list); i++)
        for (guint o = 0; o < G_N_ELEMENTS (channel_list); o++)
          {
            UsConvShape shape = make_shape (2, 6, 8, channel_list[i], channel_list[o],
                                            kinds[k][0], kinds[k][1], kinds[k][2], transposed);

            check_shape (&shape, NULL);
          }
}

/* The shapes of the networks: first and last layers, wide middles, batch 1. */
static void
test_networks (void)
{
  const UsConvShape shapes[] = {
    make_shape (9, 1, 1, 11, 40, 4, 1, 0, TRUE),
    make_shape (9, 4, 4, 40, 22, 4, 1, 0, FALSE),
    make_shape (1, 4, 4, 160, 72, 4, 2, 1, TRUE),
    make_shape (8, 4, 4, 288, 144, 4, 2, 1, TRUE),
    make_shape (3, 8, 8, 144, 288, 4, 2, 1, FALSE),
    make_shape (2, 16, 16, 64, 48, 4, 2, 1, TRUE),
    make_shape (5, 32, 32, 16, 1, 4, 2, 1, TRUE),
    make_shape (5, 64, 64, 1, 16, 4, 2, 1, FALSE),
    make_shape (3, 64, 64, 5, 8, 4, 2, 1, FALSE),
    make_shape (2, 32, 32, 24, 4, 3, 1, 1, FALSE),
    make_shape (2, 16, 16, 128, 96, 3, 1, 1, FALSE),
    make_shape (17, 8, 8, 64, 64, 3, 1, 1, FALSE),
  };
  UsPool *pool = us_pool_new (2, 0);

  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    check_shape (&shapes[i], pool);
  us_pool_free (pool);
}

/* Enough tiles of 2 × 2 or 4 × 4, of 2 or 3 taps, in phases and in sources;
 * slices and partial sums that end unevenly. */
static void
test_winograd (void)
{
  const UsConvShape shapes[] = {
    make_shape (13, 4, 4, 96, 80, 4, 2, 1, TRUE),         /* F(2,2) */
    make_shape (13, 8, 8, 80, 48, 4, 2, 1, FALSE),
    make_shape (13, 16, 16, 16, 80, 4, 2, 1, TRUE),       /* F(4,2) */
    make_shape (7, 32, 32, 48, 16, 4, 2, 1, FALSE),
    make_shape (5, 24, 40, 16, 32, 2, 1, 0, TRUE),        /* grid 25 × 41: direct */
    make_shape (7, 25, 33, 32, 16, 2, 1, 0, FALSE),       /* one part, no padding */
    make_shape (9, 10, 6, 32, 48, 3, 1, 1, FALSE),        /* F(2,3) */
    make_shape (9, 10, 6, 48, 32, 3, 1, 1, TRUE),
    make_shape (4, 32, 16, 16, 80, 3, 1, 1, FALSE),       /* F(4,3) */
    make_shape (13, 16, 20, 80, 16, 3, 1, 1, TRUE),
    make_shape (3, 26, 34, 16, 16, 3, 1, 0, FALSE),
    make_shape (3, 24, 32, 16, 16, 6, 2, 2, TRUE),        /* 3 × 3 parts */
    make_shape (3, 48, 32, 16, 16, 6, 2, 2, FALSE),
    make_shape (3, 48, 36, 16, 16, 6, 3, 2, FALSE),       /* 2 × 2 parts, nine of them; grid 16 × 12 */
    make_shape (3, 16, 12, 32, 16, 6, 3, 2, TRUE),        /* padding leaves 47 × 35: direct */
  };
  UsPool *pool = us_pool_new (2, 0);

  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    check_shape (&shapes[i], pool);
  us_pool_free (pool);
}

/* Few tiles: what a network meets that is played for one sample. */
static void
test_few (void)
{
  const UsConvShape shapes[] = {
    make_shape (1, 8, 8, 48, 72, 4, 2, 1, FALSE),         /* F(2,2), 4 tiles, an uneven last panel */
    make_shape (1, 16, 16, 32, 64, 4, 2, 1, FALSE),       /* 16 tiles */
    make_shape (1, 32, 32, 16, 40, 4, 2, 1, FALSE),       /* F(4,2) */
    make_shape (1, 4, 4, 272, 48, 4, 2, 1, TRUE),         /* blocks of the reduction that end unevenly */
    make_shape (1, 8, 8, 64, 32, 4, 2, 1, TRUE),
    make_shape (1, 16, 16, 32, 16, 4, 2, 1, TRUE),
    make_shape (1, 8, 8, 160, 48, 3, 1, 1, FALSE),        /* F(2,3) */
    make_shape (1, 16, 16, 32, 48, 3, 1, 1, FALSE),       /* F(4,3) */
    make_shape (1, 4, 6, 16, 24, 2, 1, 0, FALSE),         /* grid 3 × 5: direct */
    make_shape (1, 5, 7, 80, 24, 2, 1, 0, FALSE),         /* F(2,2), stride 1, 6 tiles */
  };
  UsPool *pool = us_pool_new (3, 0);

  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    check_shape (&shapes[i], pool);
  us_pool_free (pool);
}

/* Forward, without what follows; (B, H, W, Cout). */
static UsTensor
forward_of (const Case        *c,
            const UsConvShape *s,
            UsIsa              isa,
            UsPool            *pool)
{
  UsConv *conv = us_conv_new_for_isa (s, US_CONV_FORWARD, isa);
  UsTensor x = tensor_new (c->x, s->batch, s->in_height, s->in_width, s->in_channels, us_conv_input_halo (conv));
  UsTensor y = tensor_new (NULL, s->batch, s->out_height, s->out_width, s->out_channels, 0);
  float *w = floats (c->w, c->n_w);
  float *bias = floats (c->bias, s->out_channels);

  us_conv_set_weights (conv, w, pool);
  us_conv_forward (conv, &x, bias, 2, 0.125f, &y, pool);
  us_conv_free (conv);
  g_aligned_free (x.data);
  g_aligned_free (w);
  g_aligned_free (bias);
  return y;
}

/* A sample comes out with the same bits whether there are few tiles or many. */
static void
test_few_as_many (void)
{
  const UsConvShape shapes[] = {
    make_shape (40, 4, 4, 80, 48, 4, 2, 1, FALSE),        /* one tile a sample: of 4 and more, in tiles of any size */
    make_shape (40, 2, 2, 80, 48, 4, 2, 1, TRUE),
    make_shape (40, 4, 4, 32, 80, 4, 2, 1, TRUE),
    make_shape (40, 8, 8, 48, 64, 4, 2, 1, FALSE),
  };
  UsPool *pool = us_pool_new (2, 0);

  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    for (UsIsa isa = US_ISA_PLAIN; isa <= us_isa_detect (); isa++)
      {
        Case *c = case_new (&shapes[i], 13);
        UsTensor many = forward_of (c, &shapes[i], isa, pool);
        gsize tiles = shapes[i].transposed ? shapes[i].in_height / 2 : shapes[i].out_height / 2;
        gboolean large = tiles % 2 == 0;    /* where tiles of 4 × 4 fit, enough of them are needed for the same sums */

        for (gsize batch = large ? 16 : 4; batch <= 27; batch++)
          {
            UsConvShape few = shapes[i];
            UsTensor y;

            few.batch = batch;
            y = forward_of (c, &few, isa, pool);
            g_assert_cmpmem (y.data, us_tensor_n_floats (&y) * sizeof (float),
                             many.data, us_tensor_n_floats (&y) * sizeof (float));
            g_aligned_free (y.data);
          }
        g_aligned_free (many.data);
        case_free (c);
      }
  us_pool_free (pool);
}

/* --- invariants -------------------------------------------------------- */

/* <conv (x), y> = <x, transposed conv (y)>: with the channels of the weights changed about. */
static void
test_adjoint (void)
{
  static const guint kinds[][3] = { { 3, 1, 1 }, { 4, 2, 1 }, { 5, 2, 2 }, { 1, 1, 0 } };

  for (guint k = 0; k < G_N_ELEMENTS (kinds); k++)
    {
      gsize cin = 24, cout = 40, size = kinds[k][0] == 5 ? 17 : 16;
      gsize taps = kinds[k][0] * kinds[k][0];
      UsConvShape there = make_shape (2, size, size, cin, cout, kinds[k][0], kinds[k][1], kinds[k][2], FALSE);
      UsConvShape back = make_shape (2, there.out_height, there.out_width, cout, cin,
                                     kinds[k][0], kinds[k][1], kinds[k][2], TRUE);
      Case *c = case_new (&there, 11);
      UsConv *conv = us_conv_new (&there, US_CONV_FORWARD);
      UsConv *adjoint = us_conv_new (&back, US_CONV_FORWARD);
      UsTensor x = tensor_new (c->x, 2, size, size, cin, us_conv_input_halo (conv));
      UsTensor y = tensor_new (c->dy, 2, there.out_height, there.out_width, cout, us_conv_input_halo (adjoint));
      UsTensor conv_x = tensor_new (NULL, 2, there.out_height, there.out_width, cout, 0);
      UsTensor adjoint_y = tensor_new (NULL, 2, size, size, cin, 0);
      float *w = floats (c->w, c->n_w);
      float *swapped = floats (NULL, c->n_w);
      double left = 0.0, right = 0.0;

      g_assert_cmpuint (back.out_height, ==, size);
      for (gsize t = 0; t < taps; t++)
        for (gsize i = 0; i < cin; i++)
          for (gsize o = 0; o < cout; o++)
            swapped[(t * cout + o) * cin + i] = w[(t * cin + i) * cout + o];
      us_conv_set_weights (conv, w, NULL);
      us_conv_set_weights (adjoint, swapped, NULL);
      us_conv_forward (conv, &x, NULL, 0, 0.0f, &conv_x, NULL);
      us_conv_forward (adjoint, &y, NULL, 0, 0.0f, &adjoint_y, NULL);
      for (gsize i = 0; i < c->n_y; i++)
        left += (double) conv_x.data[i] * c->dy[i];
      for (gsize i = 0; i < c->n_x; i++)
        right += (double) adjoint_y.data[i] * c->x[i];
      g_assert_cmpfloat_with_epsilon (left, right, 2e-6 * sqrt ((double) c->n_y * (double) (taps * cin)));

      us_conv_free (conv);
      us_conv_free (adjoint);
      g_aligned_free (x.data);
      g_aligned_free (y.data);
      g_aligned_free (conv_x.data);
      g_aligned_free (adjoint_y.data);
      g_aligned_free (w);
      g_aligned_free (swapped);
      case_free (c);
    }
}

/* All results of one shape, one after the other. */
static GArray *
results (const UsConvShape *s,
         UsPool            *pool)
{
  Case *c = case_new (s, 3);
  UsConv *conv = us_conv_new (s, US_CONV_FORWARD | US_CONV_BACKWARD_DATA | US_CONV_BACKWARD_WEIGHTS);
  UsTensor x = tensor_new (c->x, s->batch, s->in_height, s->in_width, s->in_channels, us_conv_input_halo (conv));
  UsTensor dx = tensor_new (NULL, s->batch, s->in_height, s->in_width, s->in_channels, 0);
  UsTensor y = tensor_new (NULL, s->batch, s->out_height, s->out_width, s->out_channels, 0);
  UsTensor dy = tensor_new (c->dy, s->batch, s->out_height, s->out_width, s->out_channels, us_conv_output_halo (conv));
  float *w = floats (c->w, c->n_w);
  float *dw = floats (NULL, c->n_w);
  float *dbias = floats (NULL, s->out_channels);
  GArray *all = g_array_new (FALSE, FALSE, sizeof (float));

  us_conv_set_weights (conv, w, pool);
  us_conv_forward (conv, &x, NULL, 1, 0.0f, &y, pool);
  us_conv_backward_data (conv, &dy, &dx, pool);
  us_conv_backward_weights (conv, &x, &dy, dw, dbias, pool);
  g_array_append_vals (all, y.data, (guint) c->n_y);
  g_array_append_vals (all, dx.data, (guint) c->n_x);
  g_array_append_vals (all, dw, (guint) c->n_w);
  g_array_append_vals (all, dbias, (guint) s->out_channels);

  us_conv_free (conv);
  g_aligned_free (x.data);
  g_aligned_free (dx.data);
  g_aligned_free (y.data);
  g_aligned_free (dy.data);
  g_aligned_free (w);
  g_aligned_free (dw);
  g_aligned_free (dbias);
  case_free (c);
  return all;
}

static void
test_workers (void)
{
  const UsConvShape shapes[] = {
    make_shape (20, 16, 16, 16, 24, 3, 1, 1, FALSE),
    make_shape (20, 8, 8, 96, 64, 4, 2, 1, TRUE),
    make_shape (7, 32, 32, 3, 16, 4, 2, 1, FALSE),
    make_shape (5, 16, 16, 16, 1, 4, 2, 1, TRUE),
    make_shape (1, 4, 4, 128, 64, 4, 2, 1, TRUE),
    make_shape (20, 16, 16, 64, 96, 4, 2, 1, FALSE),
    make_shape (1, 8, 8, 64, 96, 4, 2, 1, FALSE),
    make_shape (1, 32, 32, 32, 64, 4, 2, 1, FALSE),
    make_shape (1, 8, 8, 96, 48, 4, 2, 1, TRUE),
  };
  static const guint workers[] = { 2, 3, 5 };

  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      GArray *one = results (&shapes[i], NULL);

      for (guint n = 0; n < G_N_ELEMENTS (workers); n++)
        {
          UsPool *pool = us_pool_new (workers[n], 0);
          GArray *many = results (&shapes[i], pool);

          g_assert_cmpmem (one->data, one->len * sizeof (float), many->data, many->len * sizeof (float));
          g_array_unref (many);
          us_pool_free (pool);
        }
      g_array_unref (one);
    }
}

/* A number that is not finite must come out, not be hidden by an activation. */
static void
test_nonfinite (void)
{
  UsConvShape shape = make_shape (1, 8, 8, 16, 16, 3, 1, 1, FALSE);
  Case *c = case_new (&shape, 5);

  for (guint exact = 0; exact < 2; exact++)
    {
      UsConv *conv = us_conv_new (&shape, US_CONV_FORWARD | (exact ? US_CONV_EXACT : 0));
      UsTensor x = tensor_new (c->x, 1, 8, 8, 16, us_conv_input_halo (conv));
      UsTensor y = tensor_new (NULL, 1, 8, 8, 16, 0);
      float *w = floats (c->w, c->n_w);

      us_tensor_at (&x, 0, 4, 4)[3] = NAN;
      us_conv_set_weights (conv, w, NULL);
      us_conv_forward (conv, &x, NULL, 1, 0.0f, &y, NULL);
      for (gsize o = 0; o < 16; o++)
        g_assert_true (isnan (us_tensor_at (&y, 0, 4, 4)[o]));
      us_conv_free (conv);
      g_aligned_free (x.data);
      g_aligned_free (y.data);
      g_aligned_free (w);
    }
  case_free (c);
}

static void
test_isa (void)
{
  UsIsa isa;

  for (UsIsa i = US_ISA_PLAIN; i <= US_ISA_AVX512; i++)
    {
      g_assert_true (us_isa_from_name (us_isa_name (i), &isa));
      g_assert_cmpint (isa, ==, i);
    }
  g_assert_false (us_isa_from_name ("sse9", &isa));
  g_assert_false (us_isa_from_name (NULL, &isa));
  g_assert_cmpint (us_isa_get (), <=, us_isa_detect ());
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/conv/isa", test_isa);
  g_test_add_func ("/conv/kernels", test_kernels);
  g_test_add_func ("/conv/channels", test_channels);
  g_test_add_func ("/conv/networks", test_networks);
  g_test_add_func ("/conv/winograd", test_winograd);
  g_test_add_func ("/conv/few", test_few);
  g_test_add_func ("/conv/few-as-many", test_few_as_many);
  g_test_add_func ("/conv/adjoint", test_adjoint);
  g_test_add_func ("/conv/workers", test_workers);
  g_test_add_func ("/conv/nonfinite", test_nonfinite);
  return g_test_run ();
}

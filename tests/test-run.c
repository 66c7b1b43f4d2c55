/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "run-fixture.h"

#include "us-adam.h"
#include "us-loss.h"

/* --- random networks --------------------------------------------------- */

typedef struct
{
  GArray *layers;
  gsize   h, w, c;
  UsRng   rng;
} Maker;

static gsize
pick (Maker *m,
      gsize  lower,
      gsize  upper)
{
  return lower + (gsize) us_rng_below (&m->rng, upper - lower + 1);
}

static void
append (Maker   *m,
        UsLayer  layer)
{
  g_array_append_val (m->layers, layer);
}

static void
append_activation (Maker *m)
{
  static const UsLayerKind kinds[] = { US_LAYER_RELU, US_LAYER_LEAKY_RELU, US_LAYER_TANH, US_LAYER_SIGMOID,
                                       US_LAYER_SOFTPLUS, US_LAYER_GELU };
  UsLayer l = { .kind = kinds[pick (m, 0, G_N_ELEMENTS (kinds) - 1)] };

  if (l.kind == US_LAYER_LEAKY_RELU)
    l.slope = pick (m, 0, 3) == 0 ? -0.3f : 0.2f;
  append (m, l);
}

static void
append_same_shape (Maker *m)
{
  switch (pick (m, 0, 3))
    {
    case 0:
      append (m, (UsLayer) { .kind = US_LAYER_BATCH_NORM });
      break;
    case 1:
      append (m, (UsLayer) { .kind = US_LAYER_CONV, .out = m->c, .kernel = 3, .stride = 1, .pad = 1,
                             .bias = pick (m, 0, 1) == 1 });
      break;
    default:
      append_activation (m);
    }
}

static void
append_conv (Maker *m)
{
  UsLayer l = { .kind = US_LAYER_CONV, .out = pick (m, 1, 9), .kernel = (guint) pick (m, 1, 5),
                .stride = (guint) pick (m, 1, 3), .bias = pick (m, 0, 1) == 1 };

  l.pad = (guint) pick (m, 0, l.kernel - 1);
  if (pick (m, 0, 1) == 1 && m->h <= 8 && m->w <= 8)
    {
      if ((m->h - 1) * l.stride + l.kernel <= 2 * l.pad || (m->w - 1) * l.stride + l.kernel <= 2 * l.pad)
        return;
      l.kind = US_LAYER_CONV_TRANSPOSED;
      m->h = (m->h - 1) * l.stride + l.kernel - 2 * l.pad;
      m->w = (m->w - 1) * l.stride + l.kernel - 2 * l.pad;
    }
  else
    {
      if (m->h + 2 * l.pad < l.kernel || m->w + 2 * l.pad < l.kernel)
        return;
      m->h = (m->h + 2 * l.pad - l.kernel) / l.stride + 1;
      m->w = (m->w + 2 * l.pad - l.kernel) / l.stride + 1;
    }
  m->c = l.out;
  append (m, l);
}

static void
append_some (Maker *m,
             guint  depth)
{
  switch (pick (m, 0, 17))
    {
    case 0:
      append (m, (UsLayer) { .kind = US_LAYER_DENSE, .out = 12, .bias = pick (m, 0, 1) == 1 });
      m->h = m->w = 1;
      m->c = 12;
      break;
    case 1:
      {
        gsize n = m->h * m->w * m->c;

        if (n % 2 == 0 && n <= 400)
          {
            m->h = n % 4 == 0 ? 2 : 1;
            m->w = 2;
            m->c = n / (m->h * m->w);
            append (m, (UsLayer) { .kind = US_LAYER_RESHAPE, .height = m->h, .width = m->w, .channels = m->c });
          }
      }
      break;
    case 2:
      /* Mixed at once: alone, a coordinate is the same for the whole batch, and the
       * batch norm of a constant is nothing to compare. */
      append (m, (UsLayer) { .kind = US_LAYER_COORDS });
      append (m, (UsLayer) { .kind = US_LAYER_CONV, .out = 5, .kernel = 1, .stride = 1 });
      m->c = 5;
      break;
    case 3:
      if (m->c % 4 == 0 && m->h < 8 && m->w < 8)
        {
          append (m, (UsLayer) { .kind = US_LAYER_DEPTH_TO_SPACE, .factor = 2 });
          m->h *= 2;
          m->w *= 2;
          m->c /= 4;
        }
      break;
    case 4:
      if (m->h <= 4 && m->w <= 4)
        {
          append (m, (UsLayer) { .kind = US_LAYER_UPSAMPLE, .factor = 2 });
          m->h *= 2;
          m->w *= 2;
        }
      break;
    case 5:
      if (m->h % 2 == 0 && m->w % 2 == 0)
        {
          append (m, (UsLayer) { .kind = US_LAYER_AVERAGE_POOL, .factor = 2 });
          m->h /= 2;
          m->w /= 2;
        }
      break;
    case 6:
    case 7:
      if (depth < 3)
        {
          gsize n = pick (m, 0, 3);

          append (m, (UsLayer) { .kind = US_LAYER_PUSH });
          for (gsize i = 0; i < n; i++)
            append_same_shape (m);
          if (pick (m, 0, 3) == 0)
            {
              append (m, (UsLayer) { .kind = US_LAYER_PUSH });
              append_same_shape (m);
              append (m, (UsLayer) { .kind = US_LAYER_ADD });
            }
          append (m, (UsLayer) { .kind = US_LAYER_ADD });
        }
      break;
    case 8:
      append (m, (UsLayer) { .kind = US_LAYER_BATCH_NORM });
      break;
    case 9:
      append_activation (m);
      break;
    case 10:
      append (m, (UsLayer) { .kind = US_LAYER_COLUMNS });
      m->c *= m->h;
      m->h = 1;
      break;
    case 11:
      if (m->h == 1 && m->c % 3 == 0)
        {
          append (m, (UsLayer) { .kind = US_LAYER_ROWS, .factor = 3 });
          m->h = 3;
          m->c /= 3;
        }
      break;
    case 12:
      if (m->c <= 24)
        {
          append (m, (UsLayer) { .kind = US_LAYER_UNFOLD, .factor = 3 });
          m->c *= 3;
        }
      break;
    case 13:
      if (m->h == m->w && m->h * m->c <= 48)
        {
          append (m, (UsLayer) { .kind = US_LAYER_CROSS });
          m->c *= m->h;
          m->h = 2;
        }
      break;
    case 14:
      if (m->h == 2 && m->w <= 9)
        {
          append (m, (UsLayer) { .kind = US_LAYER_OUTER, .factor = (guint) (m->c % 2 == 0 ? m->c / 2 : m->c) });
          m->h = m->w;
          m->c = m->c % 2 == 0 ? 2 : 1;
        }
      break;
    default:
      append_conv (m);
    }
}

static UsNetwork *
random_network (guint64 seed)
{
  g_autoptr(GArray) layers = g_array_new (FALSE, TRUE, sizeof (UsLayer));
  g_autoptr(GError) error = NULL;
  Maker m = { .layers = layers };
  UsNetwork *network;
  gsize h, w, c;

  us_rng_init (&m.rng, seed, US_RNG_TEST, 0);
  h = m.h = pick (&m, 1, 7);
  w = m.w = pick (&m, 1, 7);
  c = m.c = pick (&m, 1, 6);
  for (gsize i = 0; i < 8; i++)
    append_some (&m, 0);
  network = us_network_new (h, w, c, (const UsLayer *) (gpointer) layers->data, layers->len, &error);
  g_assert_no_error (error);
  return network;
}

static void
test_random (gconstpointer mode)
{
  for (guint64 seed = 1; seed <= 150; seed++)
    {
      g_autoptr(UsNetwork) network = random_network (seed);

      check_network (network, 2 + seed % 4, (UsRunMode) GPOINTER_TO_INT (mode), seed % 3 != 0, seed, 4);
    }
}

/* --- the shapes that the presets use ----------------------------------- */

static void
test_decoder (void)
{
  const UsLayer paper[] = {
    { .kind = US_LAYER_DENSE, .out = 4 * 4 * 24 },
    { .kind = US_LAYER_RESHAPE, .height = 4, .width = 4, .channels = 24 },
    { .kind = US_LAYER_BATCH_NORM },
    { .kind = US_LAYER_RELU },
    { .kind = US_LAYER_CONV_TRANSPOSED, .out = 12, .kernel = 4, .stride = 2, .pad = 1 },
    { .kind = US_LAYER_BATCH_NORM },
    { .kind = US_LAYER_RELU },
    { .kind = US_LAYER_CONV_TRANSPOSED, .out = 1, .kernel = 4, .stride = 2, .pad = 1, .bias = TRUE },
  };
  const UsLayer own[] = {
    { .kind = US_LAYER_DENSE, .out = 8 * 8 * 16, .bias = TRUE },
    { .kind = US_LAYER_RESHAPE, .height = 8, .width = 8, .channels = 16 },
    { .kind = US_LAYER_PUSH },
    { .kind = US_LAYER_CONV, .out = 16, .kernel = 3, .stride = 1, .pad = 1, .bias = TRUE },
    { .kind = US_LAYER_GELU },
    { .kind = US_LAYER_CONV, .out = 16, .kernel = 3, .stride = 1, .pad = 1, .bias = TRUE },
    { .kind = US_LAYER_ADD },
    { .kind = US_LAYER_RELU },
    { .kind = US_LAYER_CONV, .out = 32, .kernel = 3, .stride = 1, .pad = 1, .bias = TRUE },
    { .kind = US_LAYER_DEPTH_TO_SPACE, .factor = 2 },
    { .kind = US_LAYER_GELU },
    { .kind = US_LAYER_CONV, .out = 1, .kernel = 3, .stride = 1, .pad = 1, .bias = TRUE },
  };

  check_layers (1, 1, 11, paper, G_N_ELEMENTS (paper));
  check_layers (1, 1, 11, own, G_N_ELEMENTS (own));
}

static void
test_encoder (void)
{
  const UsLayer layers[] = {
    { .kind = US_LAYER_COORDS },
    { .kind = US_LAYER_CONV, .out = 8, .kernel = 4, .stride = 2, .pad = 1, .bias = TRUE },
    { .kind = US_LAYER_LEAKY_RELU, .slope = 0.2f },
    { .kind = US_LAYER_CONV, .out = 16, .kernel = 4, .stride = 2, .pad = 1 },
    { .kind = US_LAYER_BATCH_NORM },
    { .kind = US_LAYER_LEAKY_RELU, .slope = 0.2f },
    { .kind = US_LAYER_DENSE, .out = 22, .bias = TRUE },
    { .kind = US_LAYER_RELU },
    { .kind = US_LAYER_DENSE, .out = 11, .bias = TRUE },
    { .kind = US_LAYER_TANH },
  };

  check_layers (16, 16, 1, layers, G_N_ELEMENTS (layers));
  check_layers (13, 17, 3, layers, G_N_ELEMENTS (layers));
}

static void
test_dense (void)
{
  const UsLayer layers[] = {
    { .kind = US_LAYER_DENSE, .out = 37, .bias = TRUE },
    { .kind = US_LAYER_BATCH_NORM },
    { .kind = US_LAYER_GELU },
    { .kind = US_LAYER_PUSH },
    { .kind = US_LAYER_DENSE, .out = 37 },
    { .kind = US_LAYER_SOFTPLUS },
    { .kind = US_LAYER_ADD },
    { .kind = US_LAYER_DENSE, .out = 700, .bias = TRUE },
    { .kind = US_LAYER_RELU },
    { .kind = US_LAYER_DENSE, .out = 5, .bias = TRUE },
  };

  check_layers (1, 1, 3, layers, G_N_ELEMENTS (layers));
  check_layers (1, 1, 1, layers, 0);
}

/* --- a training -------------------------------------------------------- */

static UsNetwork *
small_decoder (void)
{
  const UsLayer layers[] = {
    { .kind = US_LAYER_DENSE, .out = 4 * 4 * 40, .bias = TRUE },
    { .kind = US_LAYER_RESHAPE, .height = 4, .width = 4, .channels = 40 },
    { .kind = US_LAYER_BATCH_NORM },
    { .kind = US_LAYER_RELU },
    { .kind = US_LAYER_CONV_TRANSPOSED, .out = 24, .kernel = 4, .stride = 2, .pad = 1 },
    { .kind = US_LAYER_BATCH_NORM },
    { .kind = US_LAYER_RELU },
    { .kind = US_LAYER_PUSH },
    { .kind = US_LAYER_CONV, .out = 24, .kernel = 3, .stride = 1, .pad = 1, .bias = TRUE },
    { .kind = US_LAYER_GELU },
    { .kind = US_LAYER_CONV, .out = 24, .kernel = 3, .stride = 1, .pad = 1, .bias = TRUE },
    { .kind = US_LAYER_ADD },
    { .kind = US_LAYER_CONV, .out = 16, .kernel = 3, .stride = 1, .pad = 1, .bias = TRUE },
    { .kind = US_LAYER_DEPTH_TO_SPACE, .factor = 2 },
    { .kind = US_LAYER_CONV_TRANSPOSED, .out = 1, .kernel = 4, .stride = 2, .pad = 1, .bias = TRUE },
  };
  g_autoptr(GError) error = NULL;
  UsNetwork *network = us_network_new (1, 1, 5, layers, G_N_ELEMENTS (layers), &error);

  g_assert_no_error (error);
  return network;
}

/* Blobs whose place and width follow z. */
static void
draw (const float *z,
      float       *image)
{
  for (gsize i = 0; i < 32; i++)
    for (gsize j = 0; j < 32; j++)
      {
        double u = ((double) i - 15.5 - 3 * (double) z[0]) / (4 + (double) z[2] * 0.5);
        double v = ((double) j - 15.5 - 3 * (double) z[1]) / (4 + (double) z[3] * 0.5);

        image[i * 32 + j] = (float) exp (-u * u - v * v);
      }
}

/* 20 steps with everything in it; the weights, state and losses that come out. */
static void
train (guint       n_workers,
       UsWeights **weights,
       double      losses[20])
{
  const gsize batch = 24;
  const double level_weights[] = { 1, 2, 4 };
  g_autoptr(UsNetwork) network = small_decoder ();
  g_autoptr(UsPool) pool = us_pool_new (n_workers, 0);
  g_autoptr(UsRun) run = us_run_new (network, batch, US_RUN_TRAINING, FALSE, pool);
  g_autoptr(UsLoss) loss = us_loss_new (US_LOSS_MSE, batch, 32, 32, 1, 3, level_weights);
  UsAdamConfig config = US_ADAM_CONFIG_DEFAULT;
  g_autoptr(UsAdam) adam = NULL;
  g_autofree float *gradient = g_new (float, us_network_n_parameters (network));
  g_autofree float *average = NULL, *image = g_new (float, batch * 32 * 32), *dy = g_new (float, batch * 32 * 32);
  UsWeights *w = us_weights_new (network, 3);

  config.learning_rate = 3e-3;
  config.clip_norm = 1.0;
  config.weight_decay = 1e-3;
  config.warmup_steps = 3;
  config.total_steps = 20;
  adam = us_adam_new (us_network_n_parameters (network), &config);
  average = g_memdup2 (w->parameters, us_network_n_parameters (network) * sizeof (float));
  for (gsize step = 0; step < 20; step++)
    {
      g_autofree float *z = NULL;
      const float *y;
      UsRng rng;

      us_rng_init (&rng, 5, US_RNG_TEST, step);
      z = random_floats (batch * 5, &rng);
      for (gsize i = 0; i < batch; i++)
        draw (z + i * 5, image + i * 32 * 32);
      us_run_load (run, w);
      y = us_run_forward (run, z);
      losses[step] = us_loss_evaluate (loss, y, image, dy, NULL, pool);
      us_run_backward (run, dy, gradient);
      us_adam_step (adam, w->parameters, gradient, pool);
      us_ema_update (average, w->parameters, adam->n, 0.9, pool);
    }
  memcpy (w->parameters, average, adam->n * sizeof (float));
  *weights = w;
}

static void
test_same_bits (void)
{
  g_autoptr(UsWeights) one = NULL;
  double losses[20];

  train (1, &one, losses);
  g_assert_cmpfloat (losses[19], <, 0.3 * losses[0]);
  for (guint n_workers = 2; n_workers <= 5; n_workers++)
    {
      g_autoptr(UsWeights) many = NULL;
      double again[20];

      train (n_workers, &many, again);
      g_assert_cmpmem (losses, sizeof losses, again, sizeof again);
      g_assert_cmpmem (one->parameters, us_network_n_parameters (one->network) * sizeof (float),
                       many->parameters, us_network_n_parameters (one->network) * sizeof (float));
      g_assert_cmpmem (one->state, us_network_n_state (one->network) * sizeof (float),
                       many->state, us_network_n_state (one->network) * sizeof (float));
    }
}

/* Weights loaded again, the same step twice, another run in between: same bits. */
static void
test_repeatable (void)
{
  g_autoptr(UsNetwork) network = small_decoder ();
  g_autoptr(UsWeights) weights = us_weights_new (network, 3), other = us_weights_new (network, 4);
  g_autoptr(UsRun) run = us_run_new (network, 3, US_RUN_INFERENCE, FALSE, NULL);
  g_autofree float *z = NULL, *first = NULL;
  UsRng rng;

  us_rng_init (&rng, 5, US_RNG_TEST, 0);
  z = random_floats (15, &rng);
  us_run_load (run, weights);
  first = g_memdup2 (us_run_forward (run, z), 3 * 1024 * sizeof (float));
  us_run_load (run, other);
  g_assert_true (memcmp (us_run_forward (run, z), first, 3 * 1024 * sizeof (float)) != 0);
  us_run_load (run, weights);
  g_assert_cmpmem (us_run_forward (run, z), 3 * 1024 * sizeof (float), first, 3 * 1024 * sizeof (float));
}

/* --- what is not finite ------------------------------------------------ */

static void
test_nonfinite (void)
{
  const UsLayer layers[] = {
    { .kind = US_LAYER_CONV, .out = 4, .kernel = 3, .stride = 1, .pad = 1, .bias = TRUE },
    { .kind = US_LAYER_GELU },
    { .kind = US_LAYER_CONV, .out = 4, .kernel = 3, .stride = 1, .pad = 1, .bias = TRUE },
    { .kind = US_LAYER_RELU },
    { .kind = US_LAYER_DENSE, .out = 3, .bias = TRUE },
  };
  g_autoptr(UsNetwork) network = us_network_new (6, 6, 2, layers, G_N_ELEMENTS (layers), NULL);
  g_autoptr(UsWeights) weights = us_weights_new (network, 1);
  g_autoptr(UsRun) run = us_run_new (network, 2, US_RUN_TRAINING, TRUE, NULL);
  g_autofree float *x = NULL, *gradient = g_new (float, us_network_n_parameters (network));
  float dy[6] = { 1, 1, 1, 1, 1, 1 };
  const UsNetworkTensor *table;
  const float *y;
  gsize n;
  UsRng rng;

  us_rng_init (&rng, 5, US_RNG_TEST, 0);
  x = random_floats (2 * 72, &rng);
  table = us_network_parameter_table (network, &n);
  g_assert_cmpstr (table[2].name, ==, "2.conv.weight");

  us_run_load (run, weights);
  us_run_forward (run, x);
  g_assert_cmpint (us_run_find_nonfinite (run, FALSE), ==, -1);

  weights->parameters[table[2].offset + 5] = NAN;
  us_run_load (run, weights);
  y = us_run_forward (run, x);
  g_assert_nonnull (y);
  g_assert_true (isnan (y[0]));
  g_assert_cmpint (us_run_find_nonfinite (run, FALSE), ==, 2);

  /* The gradient that reaches layer 4 is fine; what layer 2 hands to layer 1 is not. */
  us_run_backward (run, dy, gradient);
  g_assert_cmpint (us_run_find_nonfinite (run, TRUE), ==, 1);
  dy[3] = INFINITY;
  us_run_backward (run, dy, gradient);
  g_assert_cmpint (us_run_find_nonfinite (run, TRUE), ==, 4);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/run/random/inference", GINT_TO_POINTER (US_RUN_INFERENCE), test_random);
  g_test_add_data_func ("/run/random/training", GINT_TO_POINTER (US_RUN_TRAINING), test_random);
  g_test_add_data_func ("/run/random/frozen", GINT_TO_POINTER (US_RUN_FROZEN), test_random);
  g_test_add_func ("/run/decoder", test_decoder);
  g_test_add_func ("/run/encoder", test_encoder);
  g_test_add_func ("/run/dense", test_dense);
  g_test_add_func ("/run/same-bits", test_same_bits);
  g_test_add_func ("/run/repeatable", test_repeatable);
  g_test_add_func ("/run/nonfinite", test_nonfinite);
  return g_test_run ();
}

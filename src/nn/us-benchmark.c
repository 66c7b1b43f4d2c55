/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-benchmark.h"

#include "us-adam.h"
#include "us-loss.h"
#include "us-memory.h"
#include "us-network.h"
#include "us-rng.h"

#include <math.h>
#include <string.h>

#define LATENTS 11
#define SIZE 64
#define PIXELS (SIZE * SIZE)
#define BATCH 64
#define N_DATA 1024
#define WARM_UP 3
#define KL_WEIGHT 1e-3

/* --- networks ---------------------------------------------------------- */

static void
add_conv (GArray     *layers,
          UsLayerKind kind,
          gsize       out,
          guint       stride,
          guint       pad,
          gboolean    bias)
{
  UsLayer layer = { .kind = kind, .out = out, .kernel = 4, .stride = stride, .pad = pad, .bias = bias };

  g_array_append_val (layers, layer);
}

static void
add_plain (GArray     *layers,
           UsLayerKind kind,
           float       slope)
{
  UsLayer layer = { .kind = kind, .slope = slope };

  g_array_append_val (layers, layer);
}

/* z -> 4 × 4 × C -> 8 × 8 × C/2 -> 16 × 16 × C/4 -> 32 × 32 × C/8 -> 64 × 64 × 1 */
static UsNetwork *
decoder_new (gsize    channels,
             gboolean sigmoid)
{
  g_autoptr(GArray) layers = g_array_new (FALSE, FALSE, sizeof (UsLayer));
  g_autoptr(GError) error = NULL;
  UsNetwork *network;

  for (guint i = 0; i < 4; i++)
    {
      add_conv (layers, US_LAYER_CONV_TRANSPOSED, channels >> i, i == 0 ? 1 : 2, i == 0 ? 0 : 1, FALSE);
      add_plain (layers, US_LAYER_BATCH_NORM, 0.0f);
      add_plain (layers, US_LAYER_RELU, 0.0f);
    }
  add_conv (layers, US_LAYER_CONV_TRANSPOSED, 1, 2, 1, TRUE);
  if (sigmoid)
    add_plain (layers, US_LAYER_SIGMOID, 0.0f);
  network = us_network_new (1, 1, LATENTS, (const UsLayer *) layers->data, layers->len, &error);
  if (network == NULL)
    g_error ("%s", error->message);
  return network;
}

/* The mirror; mean and log variance of the latents */
static UsNetwork *
encoder_new (gsize channels)
{
  g_autoptr(GArray) layers = g_array_new (FALSE, FALSE, sizeof (UsLayer));
  g_autoptr(GError) error = NULL;
  UsNetwork *network;

  for (guint i = 0; i < 4; i++)
    {
      add_conv (layers, US_LAYER_CONV, channels >> (3 - i), 2, 1, i == 0);
      if (i > 0)
        add_plain (layers, US_LAYER_BATCH_NORM, 0.0f);
      add_plain (layers, US_LAYER_LEAKY_RELU, 0.2f);
    }
  add_conv (layers, US_LAYER_CONV, 2 * LATENTS, 1, 0, TRUE);
  network = us_network_new (SIZE, SIZE, 1, (const UsLayer *) layers->data, layers->len, &error);
  if (network == NULL)
    g_error ("%s", error->message);
  return network;
}

/* --- what is measured -------------------------------------------------- */

typedef struct
{
  UsRng      rng;
  UsPool    *pool;
  float     *latents, *images;       /* (N_DATA, LATENTS), (N_DATA, PIXELS) */
  float     *z, *x;                  /* (B, LATENTS), (B, PIXELS) */
  float     *d_image, *d_code;       /* (B, PIXELS), (B, 2 LATENTS) */
  float     *noise;                  /* (B, LATENTS) */
  UsWeights *decoder_weights, *encoder_weights;
  UsRun     *decoder, *encoder;
  UsLoss    *loss;
  UsAdam    *adam;
  float     *gradient;
  double     last_loss;
} Work;

static void
work_init (Work   *work,
           UsPool *pool)
{
  memset (work, 0, sizeof *work);
  us_rng_init (&work->rng, 3, US_RNG_TEST, 0);
  work->pool = pool;
  work->latents = us_floats_new (N_DATA * LATENTS);
  work->images = us_floats_new (N_DATA * PIXELS);
  work->z = us_floats_new (BATCH * LATENTS);
  work->x = us_floats_new (BATCH * PIXELS);
  work->d_image = us_floats_new (BATCH * PIXELS);
  work->d_code = us_floats_new (BATCH * 2 * LATENTS);
  work->noise = us_floats_new (BATCH * LATENTS);
  for (gsize i = 0; i < N_DATA * LATENTS; i++)
    work->latents[i] = (float) us_rng_uniform (&work->rng);
  for (gsize i = 0; i < N_DATA * PIXELS; i++)
    work->images[i] = (float) us_rng_uniform (&work->rng);
}

static void
work_clear (Work *work)
{
  us_floats_free (work->latents);
  us_floats_free (work->images);
  us_floats_free (work->z);
  us_floats_free (work->x);
  us_floats_free (work->d_image);
  us_floats_free (work->d_code);
  us_floats_free (work->noise);
  us_floats_free (work->gradient);
  g_clear_pointer (&work->decoder, us_run_free);
  g_clear_pointer (&work->encoder, us_run_free);
  g_clear_pointer (&work->decoder_weights, us_weights_unref);
  g_clear_pointer (&work->encoder_weights, us_weights_unref);
  g_clear_pointer (&work->loss, us_loss_free);
  g_clear_pointer (&work->adam, us_adam_free);
}

static void
draw_batch (Work *work)
{
  for (gsize b = 0; b < BATCH; b++)
    {
      gsize row = (gsize) us_rng_below (&work->rng, N_DATA);

      memcpy (work->z + b * LATENTS, work->latents + row * LATENTS, LATENTS * sizeof (float));
      memcpy (work->x + b * PIXELS, work->images + row * PIXELS, PIXELS * sizeof (float));
    }
}

static void
train_with (Work      *work,
            UsWeights *weights)
{
  UsAdamConfig config = US_ADAM_CONFIG_DEFAULT;
  gsize n = us_network_n_parameters (weights->network);

  work->loss = us_loss_new (US_LOSS_MSE, BATCH, SIZE, SIZE, 1, 1, NULL);
  work->adam = us_adam_new (n, &config);
  work->gradient = us_floats_new (n);
}

static void
decoder_step (gpointer data)
{
  Work *work = data;
  const float *y;

  draw_batch (work);
  us_run_load (work->decoder, work->decoder_weights);
  y = us_run_forward (work->decoder, work->z);
  work->last_loss = us_loss_evaluate (work->loss, y, work->x, work->d_image, NULL, work->pool);
  us_run_backward (work->decoder, work->d_image, work->gradient);
  us_adam_step (work->adam, work->decoder_weights->parameters, work->gradient, work->pool);
}

static void
decoder_setup (Work *work,
               gsize channels)
{
  g_autoptr(UsNetwork) network = decoder_new (channels, FALSE);

  work->decoder_weights = us_weights_new (network, 1);
  work->decoder = us_run_new (network, BATCH, US_RUN_TRAINING, FALSE, work->pool);
  train_with (work, work->decoder_weights);
}

/* z = µ + exp (½ log σ²) ε */
static void
sample_latents (Work        *work,
                const float *code)
{
  for (gsize b = 0; b < BATCH; b++)
    for (gsize i = 0; i < LATENTS; i++)
      {
        const float *c = code + b * 2 * LATENTS;

        work->noise[b * LATENTS + i] = (float) us_rng_normal (&work->rng);
        work->z[b * LATENTS + i] = c[i] + expf (0.5f * c[LATENTS + i]) * work->noise[b * LATENTS + i];
      }
}

/* Gradient of the image loss through z, and of the weighted KL to N(0, 1). */
static void
code_gradient (Work        *work,
               const float *code,
               const float *dz)
{
  for (gsize b = 0; b < BATCH; b++)
    for (gsize i = 0; i < LATENTS; i++)
      {
        const float *c = code + b * 2 * LATENTS;
        float *d = work->d_code + b * 2 * LATENTS;
        float sigma = expf (0.5f * c[LATENTS + i]);
        float g = dz[b * LATENTS + i];

        d[i] = g + (float) KL_WEIGHT / BATCH * c[i];
        d[LATENTS + i] = 0.5f * g * sigma * work->noise[b * LATENTS + i]
                         + (float) KL_WEIGHT / BATCH * 0.5f * (sigma * sigma - 1.0f);
      }
}

static void
encoder_step (gpointer data)
{
  Work *work = data;
  const float *code, *image, *dz;

  draw_batch (work);
  us_run_load (work->encoder, work->encoder_weights);
  code = us_run_forward (work->encoder, work->x);
  sample_latents (work, code);
  image = us_run_forward (work->decoder, work->z);
  work->last_loss = us_loss_evaluate (work->loss, image, work->x, work->d_image, NULL, work->pool);
  dz = us_run_backward (work->decoder, work->d_image, NULL);
  code_gradient (work, code, dz);
  us_run_backward (work->encoder, work->d_code, work->gradient);
  us_adam_step (work->adam, work->encoder_weights->parameters, work->gradient, work->pool);
}

static void
encoder_setup (Work *work,
               gsize channels)
{
  g_autoptr(UsNetwork) decoder = decoder_new (channels, FALSE);
  g_autoptr(UsNetwork) encoder = encoder_new (channels);

  work->decoder_weights = us_weights_new (decoder, 1);
  work->encoder_weights = us_weights_new (encoder, 2);
  work->decoder = us_run_new (decoder, BATCH, US_RUN_FROZEN, TRUE, work->pool);
  us_run_load (work->decoder, work->decoder_weights);
  work->encoder = us_run_new (encoder, BATCH, US_RUN_TRAINING, FALSE, work->pool);
  train_with (work, work->encoder_weights);
}

static void
decoder_play_setup (Work *work,
                    gsize channels)
{
  g_autoptr(UsNetwork) network = decoder_new (channels, TRUE);

  work->decoder_weights = us_weights_new (network, 1);
  work->decoder = us_run_new (network, 1, US_RUN_INFERENCE, FALSE, work->pool);
  us_run_load (work->decoder, work->decoder_weights);
}

static void
decoder_play (gpointer data)
{
  Work *work = data;

  us_run_forward (work->decoder, work->latents);
}

static void
encoder_play_setup (Work *work,
                    gsize channels)
{
  g_autoptr(UsNetwork) network = encoder_new (channels);

  work->encoder_weights = us_weights_new (network, 2);
  work->encoder = us_run_new (network, 1, US_RUN_INFERENCE, FALSE, work->pool);
  us_run_load (work->encoder, work->encoder_weights);
}

static void
encoder_play (gpointer data)
{
  Work *work = data;

  us_run_forward (work->encoder, work->images);
}

/* --- measuring --------------------------------------------------------- */

typedef struct
{
  const char *bench, *variant;
  gsize       batch, channels;
  void      (*setup) (Work *work, gsize channels);
  void      (*step)  (gpointer data);
} Benchmark;

static const Benchmark benchmarks[] = {
  { "gen_train", "C512-mse", BATCH, 512, decoder_setup, decoder_step },
  { "gen_train", "C256-mse", BATCH, 256, decoder_setup, decoder_step },
  { "gen_train", "C128-mse", BATCH, 128, decoder_setup, decoder_step },
  { "enc_through_frozen_gen", "C512-mse", BATCH, 512, encoder_setup, encoder_step },
  { "enc_through_frozen_gen", "C256-mse", BATCH, 256, encoder_setup, encoder_step },
  { "enc_through_frozen_gen", "C128-mse", BATCH, 128, encoder_setup, encoder_step },
  { "gen_latency", "C512", 1, 512, decoder_play_setup, decoder_play },
  { "gen_latency", "C256", 1, 256, decoder_play_setup, decoder_play },
  { "gen_latency", "C128", 1, 128, decoder_play_setup, decoder_play },
  { "enc_latency", "C512", 1, 512, encoder_play_setup, encoder_play },
  { "enc_latency", "C256", 1, 256, encoder_play_setup, encoder_play },
  { "enc_latency", "C128", 1, 128, encoder_play_setup, encoder_play },
};

static int
compare_times (gconstpointer a,
               gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
quantile (const GArray *times,
          double        q)
{
  return g_array_index (times, double, (guint) (q * (times->len - 1) + 0.5));
}

static void
measure (const Benchmark *benchmark,
         UsPool          *pool,
         guint            threads,
         double           seconds,
         UsBenchmarkFunc  func,
         gpointer         data)
{
  g_autoptr(GArray) times = g_array_new (FALSE, FALSE, sizeof (double));
  gint64 start, end;
  Work work;
  UsBenchmarkResult result = {
    .bench = benchmark->bench,
    .variant = benchmark->variant,
    .threads = threads,
    .batch = benchmark->batch,
  };

  work_init (&work, pool);
  benchmark->setup (&work, benchmark->channels);
  for (guint i = 0; i < WARM_UP; i++)
    benchmark->step (&work);
  end = g_get_monotonic_time () + (gint64) (seconds * 1e6);
  do
    {
      double ms;

      start = g_get_monotonic_time ();
      benchmark->step (&work);
      ms = (double) (g_get_monotonic_time () - start) * 1e-3;
      g_array_append_val (times, ms);
    }
  while (g_get_monotonic_time () < end || times->len < 5);
  work_clear (&work);

  g_array_sort (times, compare_times);
  result.n = times->len;
  result.ms = quantile (times, 0.5);
  result.ms_min = quantile (times, 0.0);
  result.ms_p99 = quantile (times, 0.99);
  result.per_s = (double) benchmark->batch / (result.ms * 1e-3);
  func (&result, data);
}

/* Of the names of one sort (benches, or anything else) either none is given or one fits. */
static gboolean
wanted (const Benchmark   *benchmark,
        const char *const *names)
{
  gboolean bench_given = FALSE, bench_fits = FALSE, variant_given = FALSE, variant_fits = FALSE;

  for (; names != NULL && *names != NULL; names++)
    {
      gboolean is_bench = FALSE;

      for (gsize i = 0; i < G_N_ELEMENTS (benchmarks); i++)
        is_bench = is_bench || g_str_equal (*names, benchmarks[i].bench);
      if (is_bench)
        {
          bench_given = TRUE;
          bench_fits = bench_fits || g_str_equal (*names, benchmark->bench);
        }
      else
        {
          variant_given = TRUE;
          variant_fits = variant_fits || g_str_has_prefix (benchmark->variant, *names);
        }
    }
  return (!bench_given || bench_fits) && (!variant_given || variant_fits);
}

guint
us_benchmark_run (const char *const *names,
                  guint              threads,
                  double             seconds,
                  UsBenchmarkFunc    func,
                  gpointer           data,
                  GCancellable      *cancellable)
{
  g_autoptr(UsPool) pool = us_pool_new (threads, 0);
  guint n = 0;

  g_return_val_if_fail (func != NULL, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (benchmarks) && !g_cancellable_is_cancelled (cancellable); i++)
    if (wanted (&benchmarks[i], names))
      {
        measure (&benchmarks[i], pool, us_pool_n_workers (pool), seconds, func, data);
        n++;
      }
  return n;
}

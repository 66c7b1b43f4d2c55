/* SPDX-License-Identifier: GPL-3.0-or-later */
/* P parameters, N values of the output, K columns of a strip. */
#include "config.h"

#include "us-explore-lab.h"
#include "us-repeats.h"
#include "us-thumbnail.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* The noise of a stochastic simulator stands still while a slider moves. */
#define EXPLORE_SEED 1

struct _UsExploreLab
{
  gint      ref_count;          /* atomic */
  UsPlayer *player;             /* or NULL */
  gsize     batch;              /* of the player */
};

UsExploreLab *
us_explore_lab_new (void)
{
  UsExploreLab *self = g_new0 (UsExploreLab, 1);

  g_atomic_int_set (&self->ref_count, 1);
  return self;
}

UsExploreLab *
us_explore_lab_ref (UsExploreLab *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
us_explore_lab_unref (UsExploreLab *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  g_clear_pointer (&self->player, us_player_free);
  g_free (self);
}

static const UsOutput *
output_of (UsSimvae *model)
{
  return &us_simvae_simulator (model)->outputs[us_simvae_output (model)];
}

static UsPlayer *
player_for (UsExploreLab *self,
            UsSimvae     *model,
            gsize         batch)
{
  if (self->player == NULL || us_player_model (self->player) != model || self->batch != batch)
    {
      g_clear_pointer (&self->player, us_player_free);
      g_autofree double *theta = g_new0 (double, us_simvae_simulator (model)->n_parameters);
      g_autofree float *x = g_new (float, us_output_n_values (output_of (model)));

      self->player = us_player_new (model, batch, NULL);
      self->batch = batch;
      /* Its first pages and caches are no part of what a decode costs. */
      us_player_decode (self->player, 1, theta, x);
    }
  return self->player;
}

void
us_explore_picture_free (UsExplorePicture *picture)
{
  if (picture == NULL)
    return;
  g_free (picture->decoded);
  g_free (picture->spread);
  g_free (picture->simulated);
  g_free (picture->run);
  g_free (picture->difference);
  g_free (picture->refusal);
  g_free (picture->channel_rms);
  g_free (picture->channel_largest);
  g_free (picture);
}

/* S(θ) into x (N), of a noisy output the mean of n_runs; FALSE with the reason when the simulator does not take θ. */
static gboolean
simulate (const UsSimulator  *simulator,
          guint               output,
          const double       *theta,
          guint               n_runs,
          float              *x,
          float              *variance,         /* (N) of the runs */
          char              **refusal)
{

  if (simulator->accepts != NULL && !simulator->accepts (simulator, theta))
    {
      if (refusal != NULL)
        *refusal = g_strdup_printf (_("The simulator is not defined here: %s."),
                                    _(simulator->constraint));
      return FALSE;
    }
  if (us_repeats_run (simulator, output, theta, n_runs, EXPLORE_SEED, 0, x, variance))
    return TRUE;
  if (refusal != NULL)
    *refusal = g_strdup (_("The simulator gives no result here."));
  return FALSE;
}

static void
compare (UsExplorePicture *picture,
         const float      *variance)    /* (N) of the runs whose mean is compared */
{
  const UsOutput *output = picture->output;
  gboolean image = output->kind == US_OUTPUT_IMAGE;
  gsize C = output->channels, n = picture->n_values / C;
  double square = 0;

  picture->difference = g_new (float, image ? n : picture->n_values);
  for (gsize i = 0; i < n; i++)
    {
      double sum = 0;

      for (gsize c = 0; c < C; c++)
        {
          double d = (double) picture->decoded[i * C + c] - picture->simulated[i * C + c];

          sum += d;
          square += d * d;
          picture->largest = MAX (picture->largest, fabs (d));
          if (!image)
            picture->difference[i * C + c] = d;
        }
      if (image)
        picture->difference[i] = sum / C;
    }
  square = square / picture->n_values - us_repeats_excess (picture->n_values, variance, US_REPEATS_ONE);
  picture->rms = sqrt (MAX (square, 0));
}

/* Decibels and radians have no common mean. */
static void
compare_channels (UsExplorePicture *picture,
                  const float      *variance)
{
  gsize C = picture->output->channels, T = picture->output->height;

  picture->channel_rms = g_new (double, C);
  picture->channel_largest = g_new0 (double, C);
  for (gsize c = 0; c < C; c++)
    {
      double square = 0;

      for (gsize t = 0; t < T; t++)
        {
          double d = picture->difference[t * C + c];

          square += d * d - variance[t * C + c] / US_REPEATS_ONE;
          picture->channel_largest[c] = MAX (picture->channel_largest[c], fabs (d));
        }
      picture->channel_rms[c] = sqrt (MAX (square, 0) / T);
    }
}

UsExplorePicture *
us_explore_lab_picture (UsExploreLab *self,
                        UsSimvae     *model,
                        const double *theta,
                        guint64       serial)
{
  const UsSimulator *simulator = us_simvae_simulator (model);
  guint output = us_simvae_output (model);
  UsExplorePicture *picture = g_new0 (UsExplorePicture, 1);
  UsPlayer *player = player_for (self, model, 1);
  g_autofree float *variance = NULL;
  guint n_runs = simulator->outputs[output].noisy ? US_REPEATS_ONE : 1;
  gint64 start, middle, end;

  picture->serial = serial;
  picture->output = &simulator->outputs[output];
  picture->n_values = us_output_n_values (picture->output);
  picture->decoded = g_new (float, picture->n_values);
  picture->simulated = g_new (float, picture->n_values);
  variance = g_new (float, picture->n_values);

  start = g_get_monotonic_time ();
  if (us_simvae_is_noisy (model))
    picture->spread = g_new (float, picture->n_values);
  us_player_decode_spread (player, 1, theta, picture->decoded, picture->spread);
  middle = g_get_monotonic_time ();
  if (!simulate (simulator, output, theta, n_runs, picture->simulated, variance, &picture->refusal))
    g_clear_pointer (&picture->simulated, g_free);
  end = g_get_monotonic_time ();
  picture->decode_ms = (middle - start) / 1000.0;
  picture->simulate_ms = (end - middle) / 1000.0 / n_runs;
  if (picture->simulated != NULL)
    compare (picture, variance);
  if (picture->difference != NULL && picture->output->kind == US_OUTPUT_SERIES && picture->output->channel_info != NULL)
    compare_channels (picture, variance);
  if (n_runs > 1 && picture->simulated != NULL)
    {
      picture->run = g_new (float, picture->n_values);
      simulate (simulator, output, theta, 1, picture->run, variance, NULL);
    }
  return picture;
}

gboolean
us_explore_same_latents (UsSimvae *a,
                         UsSimvae *b)
{
  g_autofree char *prior_a = NULL, *prior_b = NULL;

  if (a == NULL || b == NULL || us_simvae_simulator (a) != us_simvae_simulator (b) ||
      us_simvae_output (a) != us_simvae_output (b))
    return FALSE;
  if (us_simvae_prior (a) == us_simvae_prior (b))
    return TRUE;
  prior_a = us_prior_to_json (us_simvae_prior (a));
  prior_b = us_prior_to_json (us_simvae_prior (b));
  return strcmp (prior_a, prior_b) == 0;
}

/* Strips. */

#define MAX_ROWS 3              /* of a parameter: decoder, its spread, simulator */

typedef struct
{
  const UsSimulator *simulator;
  guint              output;
  gsize              n_columns;
  gsize              height, width, channels;   /* of one small picture */
  gsize              cell;                      /* values of one small picture */
  double            *theta;                     /* (K, P) */
  float             *x;                         /* (K, N) */
  float             *sd;                        /* (K, N), or NULL */
} Strip;

/* x (K, N), and its spread or NULL, as K small pictures; one that is not valid stays empty. */
static void
draw_strip (const Strip    *strip,
            const float    *sd,
            const gboolean *valid,      /* (K) */
            float          *pixels)     /* (K, height, width, channels) */
{
  const UsOutput *output = &strip->simulator->outputs[strip->output];
  gsize N = us_output_n_values (output);

  for (gsize k = 0; k < strip->n_columns; k++)
    if (valid[k])
      us_thumbnail_render_spread (output, strip->x + k * N, sd != NULL ? sd + k * N : NULL, pixels + k * strip->cell);
    else
      pixels[k * strip->cell] = NAN;
}

/* The spread (K, N) of pictures as K pictures: white where it is widest in the strip. */
static void
draw_spread (const Strip    *strip,
             const gboolean *valid,
             float          *pixels)
{
  const UsOutput *output = &strip->simulator->outputs[strip->output];
  gsize n = strip->n_columns * strip->cell;
  float widest = 0;

  for (gsize i = 0; i < n; i++)
    widest = MAX (widest, strip->sd[i]);
  for (gsize i = 0; i < n; i++)
    pixels[i] = output->lower + (output->upper - output->lower) * (widest > 0 ? strip->sd[i] / widest : 0);
  for (gsize k = 0; k < strip->n_columns; k++)
    if (!valid[k])
      pixels[k * strip->cell] = NAN;
}

/* Which of the K places the simulator accepts: of the others the decoder has seen nothing.  How many it does not. */
static gsize
check_strip (const Strip *strip,
             gboolean    *valid)        /* (K) */
{
  const UsSimulator *simulator = strip->simulator;
  gsize n_outside = 0;

  for (gsize k = 0; k < strip->n_columns; k++)
    {
      valid[k] = simulator->accepts == NULL ||
                 simulator->accepts (simulator, strip->theta + k * simulator->n_parameters);
      n_outside += !valid[k];
    }
  return n_outside;
}

/* The K places of one row: the parameter goes evenly through its latent. */
static void
place_strip (Strip         *strip,
             const UsPrior *prior,
             const double  *theta,      /* (P) */
             gsize          parameter)
{
  gsize P = strip->simulator->n_parameters, K = strip->n_columns;
  g_autofree double *z = g_new (double, P);
  g_autofree double *moved = g_new (double, P);

  us_prior_to_latent (prior, theta, z);
  for (gsize k = 0; k < K; k++)
    {
      z[parameter] = K > 1 ? -1 + 2.0 * k / (K - 1) : 0;
      us_prior_from_latent (prior, z, moved);
      /* The others stay where they are to the bit. */
      memcpy (strip->theta + k * P, theta, P * sizeof *theta);
      strip->theta[k * P + parameter] = moved[parameter];
    }
}

void
us_explore_strips_free (UsExploreStrips *strips)
{
  us_plot_unref (strips->plot);
  g_free (strips);
}

static UsExploreStrips *
plot_strips (const Strip *strip,
             gsize        n_rows,
             gsize        n_outside,
             const float *pixels,
             GStrv        names)
{
  const UsOutput *output = &strip->simulator->outputs[strip->output];
  g_autofree const char **columns = g_new0 (const char *, strip->n_columns + 1);
  UsExploreStrips *strips = g_new0 (UsExploreStrips, 1);

  strips->plot = us_plot_new (NULL);
  strips->ratio = (double) n_rows * strip->height / MAX (strip->n_columns * strip->width, 1);
  strips->n_outside = n_outside;
  if (n_rows == 0)
    return strips;
  for (gsize k = 0; k < strip->n_columns; k++)
    columns[k] = "";
  columns[0] = _("lower");
  columns[strip->n_columns / 2] = _("middle");
  columns[strip->n_columns - 1] = _("upper");
  us_plot_add_image_grid (strips->plot, _("Traversals"), n_rows, strip->n_columns,
                          strip->height, strip->width, strip->channels, pixels,
                          US_COLOUR_MAP_GREY, output->lower, output->upper,
                          (const char *const *) names, columns);
  return strips;
}

UsExploreStrips *
us_explore_lab_strips (UsExploreLab *self,
                       UsSimvae     *model,
                       const double *theta,
                       gsize         n_columns,
                       gboolean      with_simulator,
                       const gint   *cancelled)
{
  UsPrior *prior = us_simvae_prior (model);
  const UsSimulator *simulator = us_simvae_simulator (model);
  gsize P = simulator->n_parameters, n_rows = 0, n_outside = 0;
  Strip strip = { .simulator = simulator, .output = us_simvae_output (model),
                  .n_columns = n_columns };
  const UsOutput *output = &simulator->outputs[strip.output];
  gsize N = us_output_n_values (output);
  UsPlayer *player = player_for (self, model, n_columns);
  g_autofree double *places = strip.theta = g_new (double, n_columns * P);
  g_autofree float *x = strip.x = g_new (float, n_columns * N);
  g_autofree float *sd = strip.sd = us_simvae_is_noisy (model) ? g_new (float, n_columns * N) : NULL;
  g_autofree gboolean *valid = g_new (gboolean, n_columns);
  g_autofree float *variance = g_new (float, N);
  g_autofree float *pixels = NULL;
  g_autoptr(GStrvBuilder) names = g_strv_builder_new ();
  g_auto(GStrv) labels = NULL;

  us_thumbnail_size (output, &strip.height, &strip.width, &strip.channels);
  strip.cell = strip.height * strip.width * strip.channels;
  pixels = g_new (float, MAX_ROWS * P * n_columns * strip.cell);

  for (gsize p = 0; p < P; p++)
    {
      const char *symbol = simulator->parameters[p].symbol;

      if (us_prior_distribution (prior, p)->kind == US_DISTRIBUTION_FIXED)
        continue;
      if (cancelled != NULL && g_atomic_int_get (cancelled))
        return NULL;

      place_strip (&strip, prior, theta, p);
      us_player_decode_spread (player, n_columns, strip.theta, strip.x, strip.sd);
      n_outside += check_strip (&strip, valid);
      draw_strip (&strip, strip.sd, valid, pixels + n_rows++ * n_columns * strip.cell);
      g_strv_builder_add (names, symbol);
      if (strip.sd != NULL && output->kind == US_OUTPUT_IMAGE)
        {
          draw_spread (&strip, valid, pixels + n_rows++ * n_columns * strip.cell);
          g_strv_builder_add (names, _("spread"));
        }
      if (!with_simulator)
        continue;

      for (gsize k = 0; k < n_columns; k++)
        valid[k] = simulate (simulator, strip.output, strip.theta + k * P, US_REPEATS_MANY, strip.x + k * N,
                             variance, NULL);
      draw_strip (&strip, NULL, valid, pixels + n_rows++ * n_columns * strip.cell);
      g_strv_builder_add (names, _("simulator"));
    }
  labels = g_strv_builder_end (names);
  return plot_strips (&strip, n_rows, n_outside, pixels, labels);
}

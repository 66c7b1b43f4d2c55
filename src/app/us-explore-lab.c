/* SPDX-License-Identifier: GPL-3.0-or-later */
/* P parameters, N values of the output, K columns of a strip. */
#include "config.h"

#include "us-explore-lab.h"
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
  g_free (picture->simulated);
  g_free (picture->difference);
  g_free (picture->refusal);
  g_free (picture->channel_rms);
  g_free (picture->channel_largest);
  g_free (picture);
}

/* S(θ) into x (N); FALSE with the reason when the simulator does not take θ. */
static gboolean
simulate (const UsSimulator  *simulator,
          guint               output,
          const double       *theta,
          float              *x,
          char              **refusal)
{
  UsRng rng;

  if (simulator->accepts != NULL && !simulator->accepts (simulator, theta))
    {
      if (refusal != NULL)
        *refusal = g_strdup_printf (_("The simulator is not defined here: %s."),
                                    _(simulator->constraint));
      return FALSE;
    }
  us_rng_init (&rng, EXPLORE_SEED, US_RNG_SIMULATOR, 0);
  if (simulator->run (simulator, theta, output, &rng, x) == US_SIM_OK)
    return TRUE;
  if (refusal != NULL)
    *refusal = g_strdup (_("The simulator gives no result here."));
  return FALSE;
}

static void
compare (UsExplorePicture *picture)
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
  picture->rms = sqrt (square / picture->n_values);
}

/* Decibels and radians have no common mean. */
static void
compare_channels (UsExplorePicture *picture)
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

          square += d * d;
          picture->channel_largest[c] = MAX (picture->channel_largest[c], fabs (d));
        }
      picture->channel_rms[c] = sqrt (square / T);
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
  gint64 start, middle, end;

  picture->serial = serial;
  picture->output = &simulator->outputs[output];
  picture->n_values = us_output_n_values (picture->output);
  picture->decoded = g_new (float, picture->n_values);
  picture->simulated = g_new (float, picture->n_values);

  start = g_get_monotonic_time ();
  us_player_decode (player, 1, theta, picture->decoded);
  middle = g_get_monotonic_time ();
  if (!simulate (simulator, output, theta, picture->simulated, &picture->refusal))
    g_clear_pointer (&picture->simulated, g_free);
  end = g_get_monotonic_time ();

  picture->decode_ms = (middle - start) / 1000.0;
  picture->simulate_ms = (end - middle) / 1000.0;
  if (picture->simulated != NULL)
    compare (picture);
  if (picture->difference != NULL && picture->output->kind == US_OUTPUT_SERIES && picture->output->channel_info != NULL)
    compare_channels (picture);
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

typedef struct
{
  const UsSimulator *simulator;
  guint              output;
  gsize              n_columns;
  gsize              height, width, channels;   /* of one small picture */
  gsize              cell;                      /* values of one small picture */
  double            *theta;                     /* (K, P) */
  float             *x;                         /* (K, N) */
} Strip;

/* x (K, N) as K small pictures; one that is not valid stays empty. */
static void
draw_strip (const Strip    *strip,
            const gboolean *valid,      /* (K) */
            float          *pixels)     /* (K, height, width, channels) */
{
  const UsOutput *output = &strip->simulator->outputs[strip->output];
  gsize N = us_output_n_values (output);

  for (gsize k = 0; k < strip->n_columns; k++)
    if (valid[k])
      us_thumbnail_render (output, strip->x + k * N, pixels + k * strip->cell);
    else
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
  g_autofree gboolean *valid = g_new (gboolean, n_columns);
  g_autofree float *pixels = NULL;
  g_autoptr(GStrvBuilder) names = g_strv_builder_new ();
  g_auto(GStrv) labels = NULL;

  us_thumbnail_size (output, &strip.height, &strip.width, &strip.channels);
  strip.cell = strip.height * strip.width * strip.channels;
  pixels = g_new (float, 2 * P * n_columns * strip.cell);

  for (gsize p = 0; p < P; p++)
    {
      const char *symbol = simulator->parameters[p].symbol;

      if (us_prior_distribution (prior, p)->kind == US_DISTRIBUTION_FIXED)
        continue;
      if (cancelled != NULL && g_atomic_int_get (cancelled))
        return NULL;

      place_strip (&strip, prior, theta, p);
      us_player_decode (player, n_columns, strip.theta, strip.x);
      n_outside += check_strip (&strip, valid);
      draw_strip (&strip, valid, pixels + n_rows++ * n_columns * strip.cell);
      g_strv_builder_add (names, symbol);
      if (!with_simulator)
        continue;

      for (gsize k = 0; k < n_columns; k++)
        valid[k] = simulate (simulator, strip.output, strip.theta + k * P, strip.x + k * N, NULL);
      draw_strip (&strip, valid, pixels + n_rows++ * n_columns * strip.cell);
      g_strv_builder_add (names, _("simulator"));
    }
  labels = g_strv_builder_end (names);
  return plot_strips (&strip, n_rows, n_outside, pixels, labels);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small networks and settings with which the engine's tests train in a second. */
#pragma once

#include "us-trainer.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

static inline UsNetwork *
fixture_network (gsize          height,
                 gsize          width,
                 gsize          channels,
                 const UsLayer *layers,
                 gsize          n)
{
  g_autoptr(GError) error = NULL;
  UsNetwork *network = us_network_new (height, width, channels, layers, n, &error);

  g_assert_no_error (error);
  return network;
}

/* Dense nets: for series. */
static inline UsNetwork *
fixture_dense_decoder (const UsPreset    *preset,
                       const UsSimulator *simulator,
                       guint              output)
{
  const UsOutput *o = &simulator->outputs[output];
  const UsLayer layers[] = {
    { .kind = US_LAYER_DENSE, .out = preset->width, .bias = TRUE },
    { .kind = US_LAYER_GELU },
    { .kind = US_LAYER_DENSE, .out = us_output_n_values (o), .bias = TRUE },
    { .kind = US_LAYER_RESHAPE, .height = o->height, .width = o->width, .channels = o->channels },
  };

  return fixture_network (1, 1, simulator->n_parameters, layers, G_N_ELEMENTS (layers));
}

static inline UsNetwork *
fixture_dense_encoder (const UsPreset    *preset,
                       const UsSimulator *simulator,
                       guint              output)
{
  const UsOutput *o = &simulator->outputs[output];
  const UsLayer layers[] = {
    { .kind = US_LAYER_DENSE, .out = preset->width, .bias = TRUE },
    { .kind = US_LAYER_GELU },
    { .kind = US_LAYER_DENSE, .bias = TRUE, .out = simulator->n_parameters * (preset->kl_weight > 0 ? 2 : 1) },
  };

  return fixture_network (o->height, o->width, o->channels, layers, G_N_ELEMENTS (layers));
}

/* Convolutions and batch normalisation, on maps of 64 × 64. */
static inline UsNetwork *
fixture_conv_decoder (const UsPreset    *preset,
                      const UsSimulator *simulator,
                      guint              output)
{
  const UsOutput *o = &simulator->outputs[output];
  const UsLayer layers[] = {
    { .kind = US_LAYER_DENSE, .out = (o->height / 8) * (o->width / 8) * 4 },
    { .kind = US_LAYER_RESHAPE, .height = o->height / 8, .width = o->width / 8, .channels = 4 },
    { .kind = US_LAYER_BATCH_NORM },
    { .kind = US_LAYER_RELU },
    { .kind = US_LAYER_CONV, .out = 16 * 4, .kernel = 3, .stride = 1, .pad = 1, .bias = TRUE },
    { .kind = US_LAYER_DEPTH_TO_SPACE, .factor = 4 },
    { .kind = US_LAYER_RELU },
    { .kind = US_LAYER_CONV_TRANSPOSED, .out = o->channels, .kernel = 4, .stride = 2, .pad = 1, .bias = TRUE },
  };

  return fixture_network (1, 1, simulator->n_parameters, layers, G_N_ELEMENTS (layers));
}

static inline UsNetwork *
fixture_conv_encoder (const UsPreset    *preset,
                      const UsSimulator *simulator,
                      guint              output)
{
  const UsOutput *o = &simulator->outputs[output];
  const UsLayer layers[] = {
    { .kind = US_LAYER_COORDS },
    { .kind = US_LAYER_CONV, .out = 4, .kernel = 4, .stride = 4, .bias = TRUE },
    { .kind = US_LAYER_BATCH_NORM },
    { .kind = US_LAYER_LEAKY_RELU, .slope = 0.2f },
    { .kind = US_LAYER_CONV, .out = 8, .kernel = 4, .stride = 2, .pad = 1, .bias = TRUE },
    { .kind = US_LAYER_LEAKY_RELU, .slope = 0.2f },
    { .kind = US_LAYER_DENSE, .bias = TRUE, .out = simulator->n_parameters * (preset->kl_weight > 0 ? 2 : 1) },
  };

  return fixture_network (o->height, o->width, o->channels, layers, G_N_ELEMENTS (layers));
}

static inline UsPreset
fixture_preset (gboolean conv)
{
  UsPreset preset = {
    .id = conv ? "tiny-conv" : "tiny-dense", .title = "", .summary = "", .minutes = 0.1, .batch = conv ? 8 : 64,
    .decoder_share = 0.5, .loss = US_LOSS_MSE, .n_levels = { 1, conv ? 3 : 1 }, .edge = 1.05, .edge_penalty = 0.1, .level_weights = { 1, 2, 4 },
    .adam = { US_ADAM_CONFIG_DEFAULT, US_ADAM_CONFIG_DEFAULT },
    .average_decay = conv ? 0 : 0.99, .augmentation = 1, .augmented_share = conv ? 0.5 : 0,
    .decoder = conv ? fixture_conv_decoder : fixture_dense_decoder,
    .encoder = conv ? fixture_conv_encoder : fixture_dense_encoder,
    .width = 64,
  };

  preset.adam[0].learning_rate = preset.adam[1].learning_rate = conv ? 1e-3 : 5e-3;
  preset.adam[0].warmup_steps = preset.adam[1].warmup_steps = 10;
  preset.adam[0].clip_norm = 1;
  return preset;
}

static inline UsPrior *
fixture_prior (const char *id)
{
  g_autoptr(GError) error = NULL;
  const UsSimulator *simulator = us_registry_find (id, &error);

  g_assert_no_error (error);
  return us_prior_new_default (simulator);
}

/* The bytes of all that was learnt. */
static inline char *
fixture_digest (UsSimvae *model)
{
  g_autoptr(GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  UsWeights *weights[2] = { us_simvae_decoder (model), us_simvae_encoder (model) };

  for (int i = 0; i < 2; i++)
    if (weights[i] != NULL)
      {
        g_checksum_update (sum, (const guchar *) weights[i]->parameters,
                           us_network_n_parameters (weights[i]->network) * sizeof (float));
        g_checksum_update (sum, (const guchar *) weights[i]->state,
                           us_network_n_state (weights[i]->network) * sizeof (float));
      }
  return g_strdup (g_checksum_get_string (sum));
}

static inline UsSimvae *
fixture_train (const UsTrainerConfig *config)
{
  g_autoptr(UsTrainer) trainer = us_trainer_new (config);
  g_autoptr(GError) error = NULL;

  us_trainer_run (trainer, NULL, &error);
  g_assert_no_error (error);
  return us_trainer_get_model (trainer);
}

/* A folder of its own, removed with its files by fixture_remove_folder(). */
static inline char *
fixture_folder (void)
{
  g_autoptr(GError) error = NULL;
  char *folder = g_dir_make_tmp ("us-engine-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

static inline void
fixture_remove_folder (char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);

  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL; )
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_remove (path);
    }
  g_rmdir (folder);
  g_free (folder);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-preset-private.h"

#include "us-error.h"

#define N_(text) (text)

#define ADAM(rate, clip) \
  { .learning_rate = rate, .beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-8, .clip_norm = clip, .warmup_steps = 1000 }

/* Answers of an encoder where several may be right. */
#define SEVERAL 6

/* What all of our own have in common: MSE; step 2 sees blurred copies as well, since a thin line gives no
 * gradient where it does not overlap. */
#define OWN \
  .batch = 32, \
  .decoder_share = 0.3, \
  .loss = US_LOSS_MSE, \
  .n_levels = { 1, 5 }, \
  .level_weights = { 1, 2, 4, 8, 16 }, \
  .edge = 1.05, \
  .edge_penalty = 3, \
  .augmentation = 1, \
  .augmented_share = 0.25, \
  .decoder = us_own_decoder, \
  .encoder = us_own_encoder

static const UsPreset presets[] = {
  {
    OWN,
    .id = "quick",
    .title = N_("Quick"),
    .summary = N_("A few minutes: to see what it does."),
    .minutes = 3,
    .adam = { ADAM (3e-3, 1), ADAM (1e-3, 30) },
    .average_decay = 0.99,
    .width = 128,
    .depth = 1,
  },
  {
    OWN,
    .id = "standard",
    .title = N_("Standard"),
    .summary = N_("A quarter of an hour: good enough for most work."),
    .minutes = 15,
    .adam = { ADAM (3e-3, 1), ADAM (1e-3, 30) },
    .average_decay = 0.998,
    .width = 128,
    .depth = 2,
  },
  {
    OWN,
    .id = "best",
    .title = N_("Best"),
    .summary = N_("Forty minutes: the most exact."),
    .minutes = 40,
    .adam = { ADAM (3e-3, 1), ADAM (1e-3, 30) },
    .average_decay = 0.999,
    .width = 128,
    .depth = 2,
  },
  {
    .id = "paper",
    .title = N_("As published"),
    .summary = N_("The DCGAN shape of Srivastava et al. 2019, for comparison."),
    .minutes = 40,
    .batch = 64,
    .decoder_share = 0.5,
    .loss = US_LOSS_BCE,
    .n_levels = { 1, 1 },
    .level_weights = { 1 },
    .adam = {
      { .learning_rate = 2e-4, .beta1 = 0.5, .beta2 = 0.999, .epsilon = 1e-8 },
      { .learning_rate = 2e-4, .beta1 = 0.5, .beta2 = 0.999, .epsilon = 1e-8 },
    },
    .decoder = us_dcgan_decoder,
    .encoder = us_dcgan_encoder,
    .width = 256,
  },
};

const UsPreset *
us_preset_list (gsize *n)
{
  *n = G_N_ELEMENTS (presets);
  return presets;
}

/* On the box, at equal time: a trunk of 32 in the decoder and 64 in the encoder comes to a third of the error of
 * 128 in both, batches of 16 to two thirds of that of 32; the decoder is soon better than the encoder needs. */
UsPreset
us_preset_for (const UsPreset    *self,
               const UsSimulator *simulator,
               guint              output)
{
  UsPreset own = *self;

  if (self->decoder == us_own_decoder && us_own_can_cross (&simulator->outputs[output]))
    {
      own.width = 64;
      own.batch = 16;
      own.decoder_share = 0.2;
      own.adam[0].learning_rate = 5e-3;
      own.adam[1].learning_rate = 2e-3;
      if (simulator->symmetry != NULL)
        {
          own.n_answers = SEVERAL;
          own.decoder_share = 0.25;
        }
    }
  return own;
}

gsize
us_preset_n_answers (const UsPreset *self)
{
  return self->kl_weight > 0 ? 1 : MAX (self->n_answers, 1);
}

const UsPreset *
us_preset_find (const char  *id,
                GError     **error)
{
  g_autoptr(GString) known = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (presets); i++)
    {
      if (g_strcmp0 (presets[i].id, id) == 0)
        return &presets[i];
      g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", presets[i].id);
    }
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
               "no preset “%s”; there are: %s", id != NULL ? id : "", known->str);
  return NULL;
}

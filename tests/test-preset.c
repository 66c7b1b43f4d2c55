/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simvae-fixture.h"

#include "us-code.h"

#include "us-error.h"

/* Every preset builds for every output of every simulator, and the nets fit each other. */
static void
test_shapes (void)
{
  gsize n_presets, n_simulators;
  const UsPreset *presets = us_preset_list (&n_presets);
  const UsSimulator *const *simulators = us_registry_list (&n_simulators);

  g_assert_cmpuint (n_presets, ==, 4);
  for (gsize i = 0; i < n_presets; i++)
    for (gsize s = 0; s < n_simulators; s++)
      for (guint o = 0; o < simulators[s]->n_outputs; o++)
        for (int sigma = 0; sigma < 2; sigma++)
          {
            UsPreset preset = us_preset_for (&presets[i], simulators[s], o);
            const UsOutput *output = &simulators[s]->outputs[o];
            g_autoptr(UsNetwork) decoder = NULL;
            g_autoptr(UsNetwork) encoder = NULL;
            UsCode code;
            gsize h, w, c;

            us_code_init (&code, simulators[s]);
            preset.kl_weight = sigma ? 1e-3 : 0;
            decoder = preset.decoder (&preset, simulators[s], o);
            encoder = preset.encoder (&preset, simulators[s], o);
            us_network_input_shape (decoder, &h, &w, &c);
            g_assert_cmpuint (h * w * c, ==, code.n_features);
            us_network_output_shape (decoder, &h, &w, &c);
            g_assert_cmpuint (h, ==, output->height);
            g_assert_cmpuint (w, ==, output->width);
            g_assert_cmpuint (c, ==, output->channels * (output->noisy ? 2 : 1));    /* mean and spread */
            us_network_input_shape (encoder, &h, &w, &c);
            g_assert_cmpuint (h, ==, output->height);
            g_assert_cmpuint (w, ==, output->width);
            g_assert_cmpuint (c, ==, output->channels);
            us_network_output_shape (encoder, &h, &w, &c);
            g_assert_cmpuint (h * w * c, ==, code.n_features * (sigma ? 2 : us_preset_n_answers (&preset)));
            g_test_message ("%s, %s %s: %zu + %zu parameters, %.1f + %.1f MFLOP", preset.id, simulators[s]->id, output->id,
                            us_network_n_parameters (decoder), us_network_n_parameters (encoder),
                            us_network_flop (decoder) / 1e6, us_network_flop (encoder) / 1e6);
            /* what is chosen by the kind of output is not what the preset says of plots */
            if (g_str_equal (preset.id, "paper") || output->kind == US_OUTPUT_SERIES || output->traces)
              g_assert_cmpuint (preset.width, ==, presets[i].width);
            else
              g_assert_cmpuint (preset.width, <, presets[i].width);
            /* a shipped model stays below 8 MB */
            if (!g_str_equal (preset.id, "paper"))
              g_assert_cmpuint (4 * (us_network_n_parameters (decoder) + us_network_n_parameters (encoder)), <, 7900000);
          }
}

/* As published, for 11 latents and 64 × 64 × 1: transposed convolutions 4 × 4 without bias but the last, batch
 * normalisation after all but the last; its mirror with a bias in the first and last. */
static void
test_paper (void)
{
  g_autoptr(GError) error = NULL;
  UsPreset preset = *us_preset_find ("paper", &error);
  const UsSimulator *fourier = us_registry_find ("fourier", &error);

  for (gsize c = 128; c <= 512; c *= 2)
    {
      g_autoptr(UsNetwork) decoder = NULL;
      g_autoptr(UsNetwork) encoder = NULL;
      gsize middle = 16 * (c * c / 2 + c / 2 * c / 4 + c / 4 * c / 8);

      preset.width = c;
      decoder = preset.decoder (&preset, fourier, 0);
      encoder = preset.encoder (&preset, fourier, 0);
      g_assert_cmpuint (us_network_n_parameters (decoder), ==,
                        16 * 11 * c + middle + 16 * c / 8 + 1 + 2 * (c + c / 2 + c / 4 + c / 8));
      g_assert_cmpuint (us_network_n_parameters (encoder), ==,
                        16 * c / 8 + c / 8 + middle + 16 * c * 11 + 11 + 2 * (c / 4 + c / 2 + c));
      g_assert_cmpuint (us_network_n_state (decoder), ==, 2 * (c + c / 2 + c / 4 + c / 8));
    }
}

static void
test_find (void)
{
  g_autoptr(GError) error = NULL;

  g_assert_cmpstr (us_preset_find ("best", &error)->id, ==, "best");
  g_assert_no_error (error);
  g_assert_null (us_preset_find ("fastest", &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING);
  g_assert_nonnull (strstr (error->message, "fastest"));
  g_assert_nonnull (strstr (error->message, "standard"));
  g_clear_error (&error);
  g_assert_null (us_preset_find (NULL, &error));
  g_assert_nonnull (error);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/preset/shapes", test_shapes);
  g_test_add_func ("/preset/paper", test_paper);
  g_test_add_func ("/preset/find", test_find);
  return g_test_run ();
}

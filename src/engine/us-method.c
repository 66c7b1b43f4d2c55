/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-method.h"

#define N_(text) (text)

static const struct
{
  const char *id, *title, *summary;
} methods[US_N_METHODS] = {
  [US_METHOD_SIMVAE] = {
    "simvae", N_("SimVAE"),
    N_("The decoder learns to be the simulator, then the encoder to invert the decoder."),
  },
  [US_METHOD_SUPERVISED] = {
    "supervised", N_("Supervised inverse"),
    N_("The encoder is told the right parameters; where several are right, it learns their average."),
  },
  [US_METHOD_BETA_VAE] = {
    "beta-vae", N_("β-VAE"),
    N_("Both networks learn from outputs alone; their latents have no names."),
  },
  [US_METHOD_UNSUPERVISED_START] = {
    "unsupervised-start", N_("Unsupervised start"),
    N_("The decoder first learns what outputs look like, as a plain VAE, then goes on as SimVAE."),
  },
  [US_METHOD_SEMI_SUPERVISED] = {
    "semi-supervised", N_("Semi-supervised"),
    N_("After the decoder’s step both go on learning: it from the few rows with parameters, the encoder from the others."),
  },
};

const char *
us_method_id (UsMethod method)
{
  g_return_val_if_fail ((guint) method < US_N_METHODS, NULL);
  return methods[method].id;
}

gboolean
us_method_from_id (const char *id,
                   UsMethod   *method)
{
  for (guint i = 0; i < US_N_METHODS; i++)
    if (g_strcmp0 (methods[i].id, id) == 0)
      {
        *method = i;
        return TRUE;
      }
  return FALSE;
}

const char *
us_method_title (UsMethod method)
{
  g_return_val_if_fail ((guint) method < US_N_METHODS, NULL);
  return methods[method].title;
}

const char *
us_method_summary (UsMethod method)
{
  g_return_val_if_fail ((guint) method < US_N_METHODS, NULL);
  return methods[method].summary;
}

gboolean
us_method_anonymous (UsMethod method)
{
  return method == US_METHOD_BETA_VAE;
}

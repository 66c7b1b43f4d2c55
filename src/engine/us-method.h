/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UsMethod:
 * @US_METHOD_SIMVAE: decoder from simulations, then encoder through the frozen decoder (Eq. 3 and 4)
 * @US_METHOD_SUPERVISED: encoder from simulations and their parameters (Eq. 5); decoder as above
 * @US_METHOD_BETA_VAE: both at once, from outputs alone; the latents have no names
 * @US_METHOD_UNSUPERVISED_START: decoder begun as a plain VAE's, then as SimVAE
 * @US_METHOD_SEMI_SUPERVISED: after step 1, a stream of which only a share carries its parameters
 *
 * How decoder and encoder are trained.  Equations of Srivastava, Rosenberg, Gutfreund, Cox 2019
 * (arXiv 1911.08051).
 */
typedef enum
{
  US_METHOD_SIMVAE,
  US_METHOD_SUPERVISED,
  US_METHOD_BETA_VAE,
  US_METHOD_UNSUPERVISED_START,
  US_METHOD_SEMI_SUPERVISED,
} UsMethod;

#define US_N_METHODS (US_METHOD_SEMI_SUPERVISED + 1)

/* "simvae", "supervised", "beta-vae", "unsupervised-start", "semi-supervised": stable, in files and options. */
const char *us_method_id        (UsMethod    method);
gboolean    us_method_from_id   (const char *id,          /* or NULL: not found */
                                 UsMethod   *method);
/* Translatable: a name; one sentence. */
const char *us_method_title     (UsMethod    method);
const char *us_method_summary   (UsMethod    method);
/* The latents are not the simulator's parameters, in no order and in no unit. */
gboolean    us_method_anonymous (UsMethod    method);

G_END_DECLS

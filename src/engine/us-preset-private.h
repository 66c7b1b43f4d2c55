/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-preset.h"

G_BEGIN_DECLS

/* The shape of Radford et al. 2016 (DCGAN) as Srivastava et al. 2019 use it: transposed
 * convolutions 4×4, stride 2, batch normalisation; the encoder is its mirror.
 * Series and images that cannot be halved get dense nets. */
UsNetwork *us_dcgan_decoder    (const UsPreset    *self,
                                const UsSimulator *simulator,
                                guint              output);
UsNetwork *us_dcgan_encoder    (const UsPreset    *self,
                                const UsSimulator *simulator,
                                guint              output);
/* Maps of a quarter of the output's size, residual block, depth to space; the
 * encoder sees where it looks (coordinate channels, Liu et al. 2018). */
UsNetwork *us_subpixel_decoder (const UsPreset    *self,
                                const UsSimulator *simulator,
                                guint              output);
UsNetwork *us_subpixel_encoder (const UsPreset    *self,
                                const UsSimulator *simulator,
                                guint              output);

G_END_DECLS

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
/* Ours, by the kind of output.
 * The plot of a curve (UsOutput.traces) is a sequence of columns: what stands in a column is its
 * channels, convolutions run along the row, residual blocks (He et al. 2016, activation first).
 * Any other square image is told by its columns and its rows alike: the same trunk sees both as
 * sequences, and the decoder's picture is a sum of products of a row's and a column's features.
 * The encoder's answers are linear in what it finds at each position, an average over positions:
 * a hidden layer there makes them worse.  Series get dense nets. */
gboolean   us_own_can_cross    (const UsOutput    *output);
UsNetwork *us_own_decoder      (const UsPreset    *self,
                                const UsSimulator *simulator,
                                guint              output);
UsNetwork *us_own_encoder      (const UsPreset    *self,
                                const UsSimulator *simulator,
                                guint              output);

G_END_DECLS

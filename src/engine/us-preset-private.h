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
/* A picture as a sequence of its columns, which is what the plot of a curve is: what stands in
 * a column is its channels, convolutions run along the row, residual blocks (He et al. 2016,
 * activation first); the encoder's answers are linear in what it finds in each column, an
 * average over columns: a hidden layer there makes them worse. */
UsNetwork *us_column_decoder   (const UsPreset    *self,
                                const UsSimulator *simulator,
                                guint              output);
UsNetwork *us_column_encoder   (const UsPreset    *self,
                                const UsSimulator *simulator,
                                guint              output);

G_END_DECLS

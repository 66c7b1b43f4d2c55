/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-vec.h"
#include "kernels/us-vector.h"

/* Fills in its part of the table. */
void US_K (us_vec_activations) (UsVec *vec);
void US_K (us_vec_norm)        (UsVec *vec);
void US_K (us_vec_losses)      (UsVec *vec);
void US_K (us_vec_optimiser)   (UsVec *vec);

/* Floats are summed in short runs, the runs in double. */
#define US_VEC_RUN 64

US_INLINE double
vec_total (Vec v)
{
  double sum = 0.0;

  for (guint i = 0; i < US_VECTOR; i++)
    sum += (double) v[i];
  return sum;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-vec-private.h"

const UsVec *
US_K (us_vec) (void)
{
  static UsVec table;
  static gsize ready = 0;

  if (g_once_init_enter (&ready))
    {
      US_K (us_vec_activations) (&table);
      US_K (us_vec_norm) (&table);
      US_K (us_vec_losses) (&table);
      US_K (us_vec_optimiser) (&table);
      g_once_init_leave (&ready, 1);
    }
  return &table;
}

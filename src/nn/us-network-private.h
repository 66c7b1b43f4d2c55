/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-network.h"

G_BEGIN_DECLS

#define US_NETWORK_MAX_CHANNELS ((gsize) 1 << 20)
#define US_NETWORK_MAX_KERNEL 64
#define US_NETWORK_MAX_LAYERS 4096
#define US_NETWORK_MAX_CROSS 128        /* side of a map: that of a scratch on the stack */

#define US_BATCH_NORM_EPSILON 1e-5
#define US_BATCH_NORM_MOMENTUM 0.1

typedef struct
{
  gsize height, width, channels;
} UsMapShape;

struct _UsNetwork
{
  gatomicrefcount ref_count;
  gsize       n_layers;
  UsLayer    *layers;             /* (n_layers) */
  UsMapShape *shapes;             /* (n_layers + 1): what layer i gets, what i + 1 gets */
  GArray     *parameters;         /* of UsNetworkTensor */
  GArray     *state;              /* of UsNetworkTensor */
  gsize      *first_parameter;    /* (n_layers + 1): the layer's first row in the table */
  gsize      *first_state;        /* (n_layers + 1) */
  gsize       n_parameters;       /* floats */
  gsize       n_state;
};

G_END_DECLS

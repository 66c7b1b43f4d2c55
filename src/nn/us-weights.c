/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-memory.h"
#include "us-network-private.h"

#include <math.h>
#include <string.h>

/* sqrt 2 before something that halves the variance (He et al. 2015), 1 else;
 * a norm or a change of shape between the two is looked through. */
static double
default_gain (const UsNetwork *network,
              gsize            index)
{
  for (gsize i = index + 1; i < network->n_layers; i++)
    switch (network->layers[i].kind)
      {
      case US_LAYER_RELU:
      case US_LAYER_LEAKY_RELU:
      case US_LAYER_GELU:
        return G_SQRT2;
      case US_LAYER_BATCH_NORM:
      case US_LAYER_RESHAPE:
      case US_LAYER_DEPTH_TO_SPACE:
      case US_LAYER_UPSAMPLE:
      case US_LAYER_COLUMNS:
      case US_LAYER_ROWS:
      case US_LAYER_UNFOLD:
      case US_LAYER_CROSS:
        break;
      default:
        return 1.0;
      }
  return 1.0;
}

/* How many products are summed for one output: of a transposed convolution
 * only every stride-th tap meets an input pixel. */
static double
fan_in (const UsNetwork *network,
        gsize            index)
{
  const UsLayer *l = &network->layers[index];
  const UsMapShape *in = &network->shapes[index];
  double taps = (double) l->kernel * (double) l->kernel;

  if (l->kind == US_LAYER_DENSE)
    return (double) in->height * (double) in->width * (double) in->channels;
  if (l->kind == US_LAYER_CONV_TRANSPOSED)
    taps = MAX (taps / ((double) l->stride * (double) l->stride), 1.0);
  return taps * (double) in->channels;
}

/* Weights of the input and of the state, each by its own fan-in; the biases stay zero. */
static void
init_gru (UsWeights *self,
          gsize      index,
          guint64    seed)
{
  const UsNetwork *network = self->network;
  const UsLayer *l = &network->layers[index];
  double gain = l->init_gain != 0.0f ? (double) l->init_gain : 1.0;

  for (gsize row = network->first_parameter[index]; row < network->first_parameter[index] + 2; row++)
    {
      const UsNetworkTensor *t = &g_array_index (network->parameters, UsNetworkTensor, row);
      double sd = gain / sqrt ((double) t->shape[0]);
      UsRng rng;

      us_rng_init (&rng, seed, US_RNG_INIT, row);
      for (gsize i = 0; i < t->n_elements; i++)
        self->parameters[t->offset + i] = (float) (sd * us_rng_normal (&rng));
    }
}

static void
init_layer (UsWeights *self,
            gsize      index,
            guint64    seed)
{
  const UsNetwork *network = self->network;
  const UsLayer *l = &network->layers[index];
  gsize first = network->first_parameter[index];
  const UsNetworkTensor *t = &g_array_index (network->parameters, UsNetworkTensor, first);

  if (network->first_parameter[index + 1] == first)
    return;
  if (l->kind == US_LAYER_BATCH_NORM)
    {
      const UsNetworkTensor *variance = &g_array_index (network->state, UsNetworkTensor,
                                                        network->first_state[index] + 1);

      for (gsize i = 0; i < t->n_elements; i++)
        {
          self->parameters[t->offset + i] = 1.0f;
          self->state[variance->offset + i] = 1.0f;
        }
      return;
    }

  if (l->kind == US_LAYER_GRU)
    {
      init_gru (self, index, seed);
      return;
    }

  /* The bias, if any, stays zero. */
  {
    double gain = l->init_gain != 0.0f ? (double) l->init_gain : default_gain (network, index);
    double sd = gain / sqrt (fan_in (network, index));
    UsRng rng;

    us_rng_init (&rng, seed, US_RNG_INIT, first);
    for (gsize i = 0; i < t->n_elements; i++)
      self->parameters[t->offset + i] = (float) (sd * us_rng_normal (&rng));
  }
}

static UsWeights *
weights_alloc (UsNetwork *network)
{
  UsWeights *self = g_new0 (UsWeights, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->network = us_network_ref (network);
  self->parameters = us_floats_new (network->n_parameters);
  self->state = us_floats_new (network->n_state);
  return self;
}

UsWeights *
us_weights_new (UsNetwork *network,
                guint64    seed)
{
  UsWeights *self;

  g_return_val_if_fail (network != NULL, NULL);

  self = weights_alloc (network);
  for (gsize i = 0; i < network->n_layers; i++)
    init_layer (self, i, seed);
  return self;
}

UsWeights *
us_weights_copy (const UsWeights *self)
{
  UsWeights *copy;

  g_return_val_if_fail (self != NULL, NULL);

  copy = weights_alloc (self->network);
  memcpy (copy->parameters, self->parameters, self->network->n_parameters * sizeof (float));
  memcpy (copy->state, self->state, self->network->n_state * sizeof (float));
  return copy;
}

UsWeights *
us_weights_ref (UsWeights *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
us_weights_unref (UsWeights *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->ref_count))
    return;
  us_network_unref (self->network);
  us_floats_free (self->parameters);
  us_floats_free (self->state);
  g_free (self);
}

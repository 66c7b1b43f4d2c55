/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-network-private.h"

#include "us-error.h"

#include <math.h>
#include <string.h>

/* Shape letters: H height, W width, C channels, F = H W C, K kernel. */

static const char *const kind_names[] = {
  [US_LAYER_DENSE] = "dense",
  [US_LAYER_CONV] = "conv",
  [US_LAYER_CONV_TRANSPOSED] = "conv-transposed",
  [US_LAYER_BATCH_NORM] = "batch-norm",
  [US_LAYER_RELU] = "relu",
  [US_LAYER_LEAKY_RELU] = "leaky-relu",
  [US_LAYER_TANH] = "tanh",
  [US_LAYER_SIGMOID] = "sigmoid",
  [US_LAYER_SOFTPLUS] = "softplus",
  [US_LAYER_GELU] = "gelu",
  [US_LAYER_RESHAPE] = "reshape",
  [US_LAYER_COORDS] = "coords",
  [US_LAYER_DEPTH_TO_SPACE] = "depth-to-space",
  [US_LAYER_UPSAMPLE] = "upsample",
  [US_LAYER_AVERAGE_POOL] = "average-pool",
  [US_LAYER_PUSH] = "push",
  [US_LAYER_ADD] = "add",
  [US_LAYER_COLUMNS] = "columns",
  [US_LAYER_ROWS] = "rows",
  [US_LAYER_UNFOLD] = "unfold",
  [US_LAYER_CROSS] = "cross",
  [US_LAYER_OUTER] = "outer",
  [US_LAYER_GRU] = "gru",
  [US_LAYER_LAST] = "last",
  [US_LAYER_POOL] = "pool",
};

const char *
us_layer_kind_name (UsLayerKind kind)
{
  g_return_val_if_fail ((guint) kind < G_N_ELEMENTS (kind_names), NULL);

  return kind_names[kind];
}

gboolean
us_layer_kind_from_name (const char  *name,
                         UsLayerKind *kind)
{
  g_return_val_if_fail (kind != NULL, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (kind_names); i++)
    if (g_strcmp0 (name, kind_names[i]) == 0)
      {
        *kind = (UsLayerKind) i;
        return TRUE;
      }
  return FALSE;
}

/* --- shapes ------------------------------------------------------------ */

static char *
shape_text (const UsMapShape *s)
{
  return g_strdup_printf ("(%" G_GSIZE_FORMAT ", %" G_GSIZE_FORMAT ", %" G_GSIZE_FORMAT ")",
                          s->height, s->width, s->channels);
}

static gboolean G_GNUC_PRINTF (5, 6)
refuse (gsize             index,
        const UsLayer    *layer,
        const UsMapShape *in,
        GError          **error,
        const char       *format,
        ...)
{
  g_autofree char *got = shape_text (in);
  g_autofree char *wants = NULL;
  va_list args;

  va_start (args, format);
  wants = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
               "Layer %" G_GSIZE_FORMAT " (%s) gets %s (height, width, channels), but %s",
               index, us_layer_kind_name (layer->kind), got, wants);
  return FALSE;
}

/* No map may have more than 2^20 channels or 2^31 floats: sizes that no
 * network here has, so that no product below can overflow. */
static gboolean
check_size (const UsMapShape *s)
{
  const gsize most = G_GUINT64_CONSTANT (1) << 31;

  return s->channels >= 1 && s->channels <= US_NETWORK_MAX_CHANNELS
         && s->height >= 1 && s->height <= US_NETWORK_MAX_CHANNELS
         && s->width >= 1 && s->width <= US_NETWORK_MAX_CHANNELS
         && s->height * s->width <= most / s->channels;
}

static gboolean
conv_shape (gsize             index,
            const UsLayer    *l,
            const UsMapShape *in,
            UsMapShape       *out,
            GError          **error)
{
  gsize k = l->kernel, s = l->stride, p = l->pad;

  if (k < 1 || k > US_NETWORK_MAX_KERNEL || s < 1 || s > US_NETWORK_MAX_KERNEL || p >= k)
    return refuse (index, l, in, error,
                   "kernel %u, stride %u, pad %u are out of range (kernel and stride 1 to %d, pad below the kernel)",
                   l->kernel, l->stride, l->pad, US_NETWORK_MAX_KERNEL);

  out->channels = l->out;
  if (l->kind == US_LAYER_CONV)
    {
      if (in->height + 2 * p < k || in->width + 2 * p < k)
        return refuse (index, l, in, error, "a kernel of %u needs at least as many pixels (with padding %u)",
                       l->kernel, l->pad);
      out->height = (in->height + 2 * p - k) / s + 1;
      out->width = (in->width + 2 * p - k) / s + 1;
      return TRUE;
    }
  if ((in->height - 1) * s + k <= 2 * p || (in->width - 1) * s + k <= 2 * p)
    return refuse (index, l, in, error, "padding %u leaves nothing", l->pad);
  out->height = (in->height - 1) * s + k - 2 * p;
  out->width = (in->width - 1) * s + k - 2 * p;
  return TRUE;
}

/* Layers that go along the points of a series. */
static gboolean
series_shape (gsize             index,
              const UsLayer    *l,
              const UsMapShape *first,        /* the network's input */
              const UsMapShape *in,
              UsMapShape       *out,
              GError          **error)
{
  gsize heads = l->factor;

  if (in->height != 1)
    return refuse (index, l, in, error, "it takes one row of points");
  if (l->mask > 0 && (l->mask > first->channels || first->height * first->width != in->width))
    {
      g_autofree char *text = shape_text (first);

      return refuse (index, l, in, error, "channel %u of the input %s cannot be its mask", l->mask, text);
    }
  if (l->kind == US_LAYER_GRU)
    *out = (UsMapShape) { 1, in->width, l->out };
  else if (l->kind == US_LAYER_LAST)
    *out = (UsMapShape) { 1, 1, in->channels };
  else if (heads >= in->channels || (heads > 0 && (in->channels - heads) % heads != 0))
    return refuse (index, l, in, error, "the channels after %u scores must be a multiple of them", l->factor);
  else
    *out = (UsMapShape) { 1, 1, in->channels - heads };
  return TRUE;
}

static gboolean
layer_shape (gsize             index,
             const UsLayer    *l,
             const UsMapShape *first,       /* the network's input */
             const UsMapShape *in,
             GArray           *stack,       /* of UsMapShape */
             UsMapShape       *out,
             GError          **error)
{
  gsize n_floats = in->height * in->width * in->channels;
  gsize r = l->factor;

  *out = *in;
  switch (l->kind)
    {
    case US_LAYER_DENSE:
      *out = (UsMapShape) { 1, 1, l->out };
      break;

    case US_LAYER_CONV:
    case US_LAYER_CONV_TRANSPOSED:
      if (!conv_shape (index, l, in, out, error))
        return FALSE;
      break;

    case US_LAYER_LEAKY_RELU:
      if (!isfinite (l->slope) || fabsf (l->slope) > 1.0f)
        return refuse (index, l, in, error, "its slope %g is not within -1 to 1", (double) l->slope);
      break;

    case US_LAYER_RESHAPE:
      *out = (UsMapShape) { l->height, l->width, l->channels };
      if (!check_size (out) || l->height * l->width * l->channels != n_floats)
        {
          g_autofree char *text = shape_text (out);

          return refuse (index, l, in, error, "is to make %s of it", text);
        }
      break;

    case US_LAYER_COORDS:
      out->channels += 2;
      break;

    case US_LAYER_DEPTH_TO_SPACE:
      if (r < 1 || r > US_NETWORK_MAX_KERNEL || in->channels % (r * r) != 0)
        return refuse (index, l, in, error, "the channels must be a multiple of the factor %u squared", l->factor);
      *out = (UsMapShape) { in->height * r, in->width * r, in->channels / (r * r) };
      break;

    case US_LAYER_UPSAMPLE:
      if (r < 1 || r > US_NETWORK_MAX_KERNEL)
        return refuse (index, l, in, error, "the factor %u is not within 1 to %d", l->factor, US_NETWORK_MAX_KERNEL);
      *out = (UsMapShape) { in->height * r, in->width * r, in->channels };
      break;

    case US_LAYER_AVERAGE_POOL:
      if (r < 1 || in->height % r != 0 || in->width % r != 0)
        return refuse (index, l, in, error, "height and width must be multiples of the factor %u", l->factor);
      *out = (UsMapShape) { in->height / r, in->width / r, in->channels };
      break;

    case US_LAYER_COLUMNS:
      *out = (UsMapShape) { 1, in->width, in->height * in->channels };
      break;

    case US_LAYER_ROWS:
      if (in->height != 1 || r < 1 || in->channels % r != 0)
        return refuse (index, l, in, error, "it takes one row whose channels are a multiple of the factor %u", l->factor);
      *out = (UsMapShape) { r, in->width, in->channels / r };
      break;

    case US_LAYER_UNFOLD:
      if (r < 1 || r > US_NETWORK_MAX_KERNEL || r % 2 == 0)
        return refuse (index, l, in, error, "the factor %u is not odd and within 1 to %d", l->factor,
                       US_NETWORK_MAX_KERNEL);
      out->channels = in->channels * r;
      break;

    case US_LAYER_CROSS:
      if (in->height != in->width || in->width > US_NETWORK_MAX_CROSS)
        return refuse (index, l, in, error, "it takes square maps of at most %d pixels a side", US_NETWORK_MAX_CROSS);
      *out = (UsMapShape) { 2, in->width, in->height * in->channels };
      break;

    case US_LAYER_OUTER:
      if (in->height != 2 || in->width > US_NETWORK_MAX_CROSS || r < 1 || in->channels % r != 0)
        return refuse (index, l, in, error, "it takes two rows of at most %d pixels whose channels are a multiple of "
                       "the factor %u", US_NETWORK_MAX_CROSS, l->factor);
      *out = (UsMapShape) { in->width, in->width, in->channels / r };
      break;

    case US_LAYER_GRU:
    case US_LAYER_LAST:
    case US_LAYER_POOL:
      if (!series_shape (index, l, first, in, out, error))
        return FALSE;
      break;

    case US_LAYER_PUSH:
      g_array_append_val (stack, *in);
      break;

    case US_LAYER_ADD:
      if (stack->len == 0)
        return refuse (index, l, in, error, "no push is left to add");
      {
        UsMapShape kept = g_array_index (stack, UsMapShape, stack->len - 1);

        if (memcmp (&kept, in, sizeof kept) != 0)
          {
            g_autofree char *text = shape_text (&kept);

            return refuse (index, l, in, error, "the matching push kept %s", text);
          }
        g_array_set_size (stack, stack->len - 1);
      }
      break;

    case US_LAYER_BATCH_NORM:
    case US_LAYER_RELU:
    case US_LAYER_TANH:
    case US_LAYER_SIGMOID:
    case US_LAYER_SOFTPLUS:
    case US_LAYER_GELU:
      break;

    default:
      g_return_val_if_reached (FALSE);
    }

  if (!check_size (out))
    {
      g_autofree char *text = shape_text (out);

      return refuse (index, l, in, error, "makes %s of it, which is empty or beyond 2^20 channels or 2^31 numbers", text);
    }
  return TRUE;
}

/* --- the table --------------------------------------------------------- */

static gboolean
add_tensor (GArray     *table,        /* of UsNetworkTensor */
            gsize      *total,
            gsize       layer,
            const char *kind,
            const char *what,
            guint       n_dims,
            gsize       d0,
            gsize       d1,
            gsize       d2,
            gsize       d3,
            GError    **error)
{
  const gsize most = G_GUINT64_CONSTANT (1) << 31;
  UsNetworkTensor t = { .n_dims = n_dims, .shape = { d0, d1, d2, d3 }, .n_elements = 1, .offset = *total };

  /* every factor is at most 2^31, so the product is checked before it overflows */
  for (guint i = 0; i < n_dims; i++)
    {
      if (t.n_elements > most / t.shape[i])
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE,
                       "Layer %" G_GSIZE_FORMAT " (%s) would have more than 2^31 weights", layer, kind);
          return FALSE;
        }
      t.n_elements *= t.shape[i];
    }
  *total += t.n_elements;
  if (*total > most)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE,
                   "The network would have more than 2^31 weights by layer %" G_GSIZE_FORMAT " (%s)", layer, kind);
      return FALSE;
    }
  t.name = g_strdup_printf ("%" G_GSIZE_FORMAT ".%s.%s", layer, kind, what);
  g_array_append_val (table, t);
  return TRUE;
}

static gboolean
add_tensors (UsNetwork *self,
             gsize      index,
             GError   **error)
{
  const UsLayer *l = &self->layers[index];
  const UsMapShape *in = &self->shapes[index];
  const char *name = us_layer_kind_name (l->kind);

  self->first_parameter[index] = self->parameters->len;
  self->first_state[index] = self->state->len;
  switch (l->kind)
    {
    case US_LAYER_DENSE:
      if (!add_tensor (self->parameters, &self->n_parameters, index, name, "weight", 2,
                       in->height * in->width * in->channels, l->out, 0, 0, error))
        return FALSE;
      break;

    case US_LAYER_CONV:
    case US_LAYER_CONV_TRANSPOSED:
      if (!add_tensor (self->parameters, &self->n_parameters, index, name, "weight", 4,
                       l->kernel, l->kernel, in->channels, l->out, error))
        return FALSE;
      break;

    case US_LAYER_BATCH_NORM:
      return add_tensor (self->parameters, &self->n_parameters, index, name, "scale", 1, in->channels, 0, 0, 0, error)
             && add_tensor (self->parameters, &self->n_parameters, index, name, "shift", 1, in->channels, 0, 0, 0, error)
             && add_tensor (self->state, &self->n_state, index, name, "mean", 1, in->channels, 0, 0, 0, error)
             && add_tensor (self->state, &self->n_state, index, name, "variance", 1, in->channels, 0, 0, 0, error);

    case US_LAYER_GRU:
      return add_tensor (self->parameters, &self->n_parameters, index, name, "weight", 2, in->channels, 3 * l->out, 0, 0,
                         error)
             && add_tensor (self->parameters, &self->n_parameters, index, name, "recurrent", 2, l->out, 3 * l->out, 0, 0,
                            error)
             && add_tensor (self->parameters, &self->n_parameters, index, name, "bias", 1, 4 * l->out, 0, 0, 0, error);

    default:
      return TRUE;
    }
  return !l->bias
         || add_tensor (self->parameters, &self->n_parameters, index, name, "bias", 1, l->out, 0, 0, 0, error);
}

static void
clear_tensor (gpointer data)
{
  g_free (((UsNetworkTensor *) data)->name);
}

UsNetwork *
us_network_new (gsize           in_height,
                gsize           in_width,
                gsize           in_channels,
                const UsLayer  *layers,
                gsize           n_layers,
                GError        **error)
{
  g_autoptr(UsNetwork) self = g_new0 (UsNetwork, 1);
  g_autoptr(GArray) stack = g_array_new (FALSE, FALSE, sizeof (UsMapShape));

  g_return_val_if_fail (layers != NULL || n_layers == 0, NULL);

  g_atomic_ref_count_init (&self->ref_count);
  self->n_layers = n_layers;
  self->layers = g_memdup2 (layers, n_layers * sizeof (UsLayer));
  self->shapes = g_new0 (UsMapShape, n_layers + 1);
  self->first_parameter = g_new0 (gsize, n_layers + 1);
  self->first_state = g_new0 (gsize, n_layers + 1);
  self->parameters = g_array_new (FALSE, TRUE, sizeof (UsNetworkTensor));
  self->state = g_array_new (FALSE, TRUE, sizeof (UsNetworkTensor));
  g_array_set_clear_func (self->parameters, clear_tensor);
  g_array_set_clear_func (self->state, clear_tensor);

  self->shapes[0] = (UsMapShape) { in_height, in_width, in_channels };
  if (!check_size (&self->shapes[0]))
    {
      g_autofree char *text = shape_text (&self->shapes[0]);

      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                   "The input %s (height, width, channels) is empty or beyond 2^20 channels or 2^31 numbers", text);
      return NULL;
    }
  for (gsize i = 0; i < n_layers; i++)
    {
      g_return_val_if_fail ((guint) layers[i].kind < G_N_ELEMENTS (kind_names), NULL);

      if (!layer_shape (i, &layers[i], &self->shapes[0], &self->shapes[i], stack, &self->shapes[i + 1], error)
          || !add_tensors (self, i, error))
        return NULL;
    }
  if (stack->len > 0)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                   "%u push layers have no matching add", stack->len);
      return NULL;
    }
  self->first_parameter[n_layers] = self->parameters->len;
  self->first_state[n_layers] = self->state->len;
  return g_steal_pointer (&self);
}

UsNetwork *
us_network_ref (UsNetwork *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
us_network_unref (UsNetwork *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->layers);
  g_free (self->shapes);
  g_free (self->first_parameter);
  g_free (self->first_state);
  g_array_unref (self->parameters);
  g_array_unref (self->state);
  g_free (self);
}

/* --- what it is -------------------------------------------------------- */

gsize
us_network_n_layers (const UsNetwork *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_layers;
}

const UsLayer *
us_network_layer (const UsNetwork *self,
                  gsize            index)
{
  g_return_val_if_fail (self != NULL && index < self->n_layers, NULL);

  return &self->layers[index];
}

static void
give_shape (const UsMapShape *s,
            gsize            *h,
            gsize            *w,
            gsize            *c)
{
  if (h != NULL)
    *h = s->height;
  if (w != NULL)
    *w = s->width;
  if (c != NULL)
    *c = s->channels;
}

void
us_network_input_shape (const UsNetwork *self,
                        gsize           *h,
                        gsize           *w,
                        gsize           *c)
{
  g_return_if_fail (self != NULL);

  give_shape (&self->shapes[0], h, w, c);
}

void
us_network_output_shape (const UsNetwork *self,
                         gsize           *h,
                         gsize           *w,
                         gsize           *c)
{
  g_return_if_fail (self != NULL);

  give_shape (&self->shapes[self->n_layers], h, w, c);
}

gsize
us_network_n_parameters (const UsNetwork *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_parameters;
}

gsize
us_network_n_state (const UsNetwork *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_state;
}

const UsNetworkTensor *
us_network_parameter_table (const UsNetwork *self,
                            gsize           *n)
{
  g_return_val_if_fail (self != NULL && n != NULL, NULL);

  *n = self->parameters->len;
  return (const UsNetworkTensor *) (gpointer) self->parameters->data;
}

const UsNetworkTensor *
us_network_state_table (const UsNetwork *self,
                        gsize           *n)
{
  g_return_val_if_fail (self != NULL && n != NULL, NULL);

  *n = self->state->len;
  return (const UsNetworkTensor *) (gpointer) self->state->data;
}

double
us_network_flop (const UsNetwork *self)
{
  double flop = 0.0;

  g_return_val_if_fail (self != NULL, 0.0);

  for (gsize i = 0; i < self->n_layers; i++)
    {
      const UsLayer *l = &self->layers[i];
      const UsMapShape *in = &self->shapes[i], *out = &self->shapes[i + 1];
      double n_in = (double) in->height * (double) in->width * (double) in->channels;
      double n_out = (double) out->height * (double) out->width * (double) out->channels;
      double taps = (double) l->kernel * (double) l->kernel;

      /* Multiply-adds with the zeros of the padding are counted, as everybody does. */
      if (l->kind == US_LAYER_DENSE)
        flop += 2.0 * n_in * n_out;
      else if (l->kind == US_LAYER_CONV)
        flop += 2.0 * taps * (double) in->channels * n_out;
      else if (l->kind == US_LAYER_CONV_TRANSPOSED)
        flop += 2.0 * taps * (double) out->channels * n_in;
      else if (l->kind == US_LAYER_BATCH_NORM)
        flop += 2.0 * n_out;
      else if (l->kind == US_LAYER_GRU)
        flop += 6.0 * (double) in->width * (double) l->out * ((double) in->channels + (double) l->out);
      else if (l->kind == US_LAYER_ADD || l->kind == US_LAYER_AVERAGE_POOL || l->kind == US_LAYER_POOL)
        flop += n_in;
    }
  return flop;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-conv-private.h"

#include <stdlib.h>
#include <string.h>

/* --- memory ------------------------------------------------------------ */

#define ALIGNMENT 64
#define HUGE_PAGE (2u << 20)

float *
us_conv_alloc_floats (gsize n_floats)
{
  gsize bytes = us_conv_round_up (MAX (n_floats, 1) * sizeof (float), ALIGNMENT);
  gsize alignment = bytes >= HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
  void *memory = NULL;

  if (posix_memalign (&memory, alignment, bytes) != 0)
    g_error ("%" G_GSIZE_FORMAT " bytes could not be allocated", bytes);
  memset (memory, 0, bytes);
  return memory;
}

void
us_conv_free_floats (float *floats)
{
  free (floats);
}

typedef struct
{
  gsize  n_floats;
  float *floats;
} Scratch;

static void
scratch_free (gpointer data)
{
  Scratch *scratch = data;

  us_conv_free_floats (scratch->floats);
  g_free (scratch);
}

/* One for each thread and not one for each plan: the layers of a network run
 * one after another, and the next finds it still in the cache. */
static GPrivate scratch_key = G_PRIVATE_INIT (scratch_free);

float *
us_conv_scratch (gsize n_floats)
{
  Scratch *scratch = g_private_get (&scratch_key);

  if (scratch == NULL)
    {
      scratch = g_new0 (Scratch, 1);
      g_private_set (&scratch_key, scratch);
    }
  if (scratch->n_floats < n_floats)
    {
      us_conv_free_floats (scratch->floats);
      scratch->floats = us_conv_alloc_floats (n_floats);
      scratch->n_floats = n_floats;
    }
  return scratch->floats;
}

/* --- the plan ---------------------------------------------------------- */

static void
check_shape (const UsConvShape *s)
{
  g_assert (s->kernel > 0 && s->stride > 0);
  g_assert (s->batch > 0 && s->in_channels > 0 && s->out_channels > 0);
  if (s->transposed)
    {
      g_assert ((s->in_height - 1) * s->stride + s->kernel == s->out_height + 2 * s->pad);
      g_assert ((s->in_width - 1) * s->stride + s->kernel == s->out_width + 2 * s->pad);
    }
  else
    {
      g_assert ((s->in_height + 2 * s->pad - s->kernel) / s->stride + 1 == s->out_height);
      g_assert ((s->in_width + 2 * s->pad - s->kernel) / s->stride + 1 == s->out_width);
    }
}

UsConv *
us_conv_new_for_isa (const UsConvShape *shape,
                     UsConvFlags        flags,
                     UsIsa              isa)
{
  UsConv *self;

  g_return_val_if_fail (shape != NULL, NULL);
  check_shape (shape);

  self = g_new0 (UsConv, 1);
  self->shape = *shape;
  self->flags = flags;
  self->kernels = us_kernels_get (isa);
  if (flags & US_CONV_FORWARD)
    self->forward = us_conv_op_new (self, shape->transposed, FALSE);
  if (flags & US_CONV_BACKWARD_DATA)
    self->backward = us_conv_op_new (self, !shape->transposed, TRUE);
  if (flags & US_CONV_BACKWARD_WEIGHTS)
    {
      gsize n = (gsize) shape->kernel * shape->kernel * shape->in_channels * shape->out_channels;

      self->weights = us_conv_winograd_weights_new (self);
      self->n_partials = us_conv_n_partials (self);
      if (self->n_partials > 1)
        self->partials = us_conv_alloc_floats (self->n_partials * n);
      self->bias_sums = us_conv_alloc_floats (shape->batch * shape->out_channels);
    }
  return self;
}

UsConv *
us_conv_new (const UsConvShape *shape,
             UsConvFlags        flags)
{
  return us_conv_new_for_isa (shape, flags, us_isa_get ());
}

void
us_conv_free (UsConv *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->forward, us_conv_op_free);
  g_clear_pointer (&self->backward, us_conv_op_free);
  g_clear_pointer (&self->weights, us_conv_winograd_free);
  us_conv_free_floats (self->partials);
  us_conv_free_floats (self->bias_sums);
  g_free (self);
}

/* The gradient of the weights reads the larger map (x of a convolution, dy of
 * a transposed one) at all taps of the pixels of the smaller. */
static gsize
reach (gsize small,
       gsize large,
       const UsConvShape *s)
{
  gssize last = (gssize) ((small - 1) * s->stride + s->kernel) - 1 - (gssize) s->pad;

  return (gsize) MAX ((gssize) s->pad, last - ((gssize) large - 1));
}

static gsize
weights_halo (const UsConv *self,
              gboolean      of_output)
{
  const UsConvShape *s = &self->shape;

  if (!(self->flags & US_CONV_BACKWARD_WEIGHTS) || of_output != s->transposed)
    return 0;
  if (s->transposed)
    return MAX (reach (s->in_height, s->out_height, s), reach (s->in_width, s->out_width, s));
  return MAX (reach (s->out_height, s->in_height, s), reach (s->out_width, s->in_width, s));
}

gsize
us_conv_input_halo (const UsConv *self)
{
  gsize forward = self->forward != NULL ? self->forward->halo : 0;

  return MAX (forward, weights_halo (self, FALSE));
}

gsize
us_conv_output_halo (const UsConv *self)
{
  gsize backward = self->backward != NULL ? self->backward->halo : 0;

  return MAX (backward, weights_halo (self, TRUE));
}

/* --- calls ------------------------------------------------------------- */

static void
check_input (const UsConv   *self,
             const UsTensor *t)
{
  g_assert (t->batch == self->shape.batch && t->channels == self->shape.in_channels);
  g_assert (t->height == self->shape.in_height && t->width == self->shape.in_width);
}

static void
check_output (const UsConv   *self,
              const UsTensor *t)
{
  g_assert (t->batch == self->shape.batch && t->channels == self->shape.out_channels);
  g_assert (t->height == self->shape.out_height && t->width == self->shape.out_width);
}

void
us_conv_set_weights (UsConv      *self,
                     const float *w,
                     UsPool      *pool)
{
  if (self->forward != NULL)
    us_conv_op_pack (self, self->forward, w, pool);
  if (self->backward != NULL)
    us_conv_op_pack (self, self->backward, w, pool);
}

void
us_conv_forward (UsConv         *self,
                 const UsTensor *x,
                 const float    *bias,
                 int             activation,
                 float           slope,
                 UsTensor       *y,
                 UsPool         *pool)
{
  g_return_if_fail (self->forward != NULL);
  check_input (self, x);
  check_output (self, y);
  g_assert (x->halo >= self->forward->halo);

  us_conv_op_run (self, self->forward, x, bias, activation, slope, y, pool);
}

void
us_conv_backward_data (UsConv         *self,
                       const UsTensor *dy,
                       UsTensor       *dx,
                       UsPool         *pool)
{
  g_return_if_fail (self->backward != NULL);
  check_input (self, dx);
  check_output (self, dy);
  g_assert (dy->halo >= self->backward->halo);

  us_conv_op_run (self, self->backward, dy, NULL, 0, 0.0f, dx, pool);
}

void
us_conv_backward_weights (UsConv         *self,
                          const UsTensor *x,
                          const UsTensor *dy,
                          float          *dw,
                          float          *dbias,
                          UsPool         *pool)
{
  g_return_if_fail (self->flags & US_CONV_BACKWARD_WEIGHTS);
  check_input (self, x);
  check_output (self, dy);
  g_assert (x->halo >= weights_halo (self, FALSE) && dy->halo >= weights_halo (self, TRUE));

  us_conv_run_weights (self, x, dy, dw, pool);
  if (dbias != NULL)
    us_conv_run_bias (self, dy, dbias, pool);
}

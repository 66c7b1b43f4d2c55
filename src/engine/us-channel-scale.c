/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-channel-scale.h"

#include "us-file.h"

#include <math.h>

void
us_channel_scale_init (UsChannelScale *self)
{
  *self = (UsChannelScale) { .n = 1, .offset = { 0 }, .scale = { 1 } };
}

static gboolean
is_identity (const UsChannelScale *self)
{
  return self->n == 1 && self->offset[0] == 0 && self->scale[0] == 1;
}

void
us_channel_scale_measure (UsChannelScale *self,
                          const UsOutput *output,
                          const float    *x,
                          gsize           n_values)
{
  us_channel_scale_init (self);
  if (output->kind == US_OUTPUT_IMAGE)
    return;
  if (output->channel_info != NULL && output->channels <= US_MAX_SCALED_CHANNELS)
    self->n = output->channels;
  for (gsize c = 0; c < self->n; c++)
    {
      double sum = 0, squares = 0, n = (double) (n_values / self->n);

      for (gsize i = c; i < n_values; i += self->n)
        sum += x[i];
      for (gsize i = c; i < n_values; i += self->n)
        squares += (x[i] - sum / n) * (x[i] - sum / n);
      self->offset[c] = sum / n;
      self->scale[c] = squares > 0 ? sqrt (squares / n) : 1;
    }
}

void
us_channel_scale_apply (const UsChannelScale *self,
                        float                *to,
                        const float          *from,
                        gsize                 n)
{
  if (is_identity (self) && to == from)
    return;
  for (gsize i = 0; i + self->n <= n; i += self->n)
    for (gsize c = 0; c < self->n; c++)
      to[i + c] = (from[i + c] - self->offset[c]) / self->scale[c];
}

void
us_channel_scale_undo (const UsChannelScale *self,
                       float                *x,
                       gsize                 n)
{
  if (is_identity (self))
    return;
  for (gsize i = 0; i + self->n <= n; i += self->n)
    for (gsize c = 0; c < self->n; c++)
      x[i + c] = self->offset[c] + self->scale[c] * x[i + c];
}

char *
us_channel_scale_to_text (const UsChannelScale *self)
{
  GString *text = g_string_new (NULL);

  for (gsize c = 0; c < self->n; c++)
    {
      char at[G_ASCII_DTOSTR_BUF_SIZE], bt[G_ASCII_DTOSTR_BUF_SIZE];

      g_string_append_printf (text, "%s%s %s", c > 0 ? " " : "",
                              us_dtoa (at, self->offset[c]), us_dtoa (bt, self->scale[c]));
    }
  return g_string_free (text, FALSE);
}

gboolean
us_channel_scale_parse (UsChannelScale *self,
                        const UsOutput *output,
                        const char     *text)
{
  double numbers[2 * US_MAX_SCALED_CHANNELS];
  gsize n = 0;

  if (text == NULL)
    return FALSE;
  while (*text != '\0')
    {
      char *end;

      if (n == G_N_ELEMENTS (numbers))
        return FALSE;
      numbers[n] = g_ascii_strtod (text, &end);
      if (end == text || (*end != ' ' && *end != '\0') || !isfinite (numbers[n])
          || (n % 2 == 1 && !(numbers[n] > 0)))
        return FALSE;
      n++;
      text = *end == ' ' ? end + 1 : end;
    }
  if (n != 2 && n != 2 * output->channels)
    return FALSE;
  us_channel_scale_init (self);
  self->n = n / 2;
  for (gsize c = 0; c < self->n; c++)
    {
      self->offset[c] = numbers[2 * c];
      self->scale[c] = numbers[2 * c + 1];
    }
  return TRUE;
}

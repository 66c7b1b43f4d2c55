/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-reading.h"

#include "us-file.h"

#include <math.h>

/* P parameters, C channels, M other members. */

void
us_reading_free (UsReading *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->model, us_simvae_unref);
  g_clear_pointer (&self->observation, us_observation_free);
  g_clear_pointer (&self->inference, us_inference_free);
  g_free (self->simulated);
  g_free (self->derived);
  g_free (self->others);
  g_free (self->others_rms);
  g_free (self->refined);
  g_free (self);
}

double
us_reading_in_own_height (const UsReading *self,
                          gsize            p,
                          double           value)
{
  return self->scaled ? us_ingest_scale_undo (&self->scale, p, value) : value;
}

static const UsOutput *
output_of (const UsReading *self)
{
  return &us_simvae_simulator (self->model)->outputs[us_simvae_output (self->model)];
}

double
us_reading_channel_rms (const UsReading *self,
                        gsize            channel,
                        const float     *values)
{
  gsize C = output_of (self)->channels, n = self->observation->n_values / C;
  double square = 0;

  for (gsize i = 0; i < n; i++)
    {
      double d = (double) values[i * C + channel] - self->observation->x[i * C + channel];

      square += d * d;
    }
  return sqrt (square / n);
}

/* --- the table --------------------------------------------------------------- */

/* ",1.5"; "," for what is not known. */
static void
add_cell (GString *text,
          double   value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_c (text, ',');
  if (isfinite (value))
    g_string_append (text, us_dtoa (buffer, value));
}

/* Up to the cells of the others. */
static void
start_row (GString      *text,
           const char   *name,
           const char   *unit,
           const double *cells)         /* (4) mean, sd, lower, upper */
{
  g_string_append_printf (text, "%s,%s", name, unit);
  for (gsize i = 0; i < 4; i++)
    add_cell (text, cells[i]);
}

static void
add_parameters (const UsReading *self,
                GString         *text)
{
  const UsSimulator *simulator = us_simvae_simulator (self->model);
  const UsInference *inference = self->inference;

  for (gsize p = 0; p < simulator->n_parameters; p++)
    {
      const double cells[] = {
        us_reading_in_own_height (self, p, inference->mean[p]),
        self->scaled ? inference->sd[p] / self->scale.scale : inference->sd[p],
        us_reading_in_own_height (self, p, inference->lower[p]),
        us_reading_in_own_height (self, p, inference->upper[p]),
      };

      start_row (text, simulator->parameters[p].name, simulator->parameters[p].unit, cells);
      for (gsize m = 0; m < self->n_others; m++)
        add_cell (text, self->others[m * simulator->n_parameters + p]);
      g_string_append_c (text, '\n');
    }
}

static void
add_derived (const UsReading *self,
             GString         *text)
{
  const UsSimulator *simulator = us_simvae_simulator (self->model);

  for (gsize d = 0; d < self->n_derived; d++)
    {
      const UsDerivedReading *of = &self->derived[d];

      start_row (text, simulator->derived[d].name, simulator->derived[d].unit,
                 (const double[]) { of->value, of->sd, of->lower, of->upper });
      for (gsize m = 0; m < self->n_others; m++)
        add_cell (text, simulator->derived[d].value (simulator, self->others + m * simulator->n_parameters));
      g_string_append_c (text, '\n');
    }
}

static void
add_errors (const UsReading *self,
            GString         *text)
{
  const UsOutput *output = output_of (self);
  gsize C = output->channels;
  gboolean apart = output->channel_info != NULL;

  for (gsize c = 0; c < (apart ? C : 1); c++)
    {
      const UsChannel channel = us_output_channel (output, c);
      g_autofree char *name = apart ? g_strdup_printf ("rms_%s", channel.id) : g_strdup ("rms");
      double mean = apart ? us_reading_channel_rms (self, c, self->inference->simulated)
                          : self->inference->rms_simulator;

      start_row (text, name, apart || output->kind == US_OUTPUT_SERIES ? channel.unit : "",
                 (const double[]) { mean, NAN, NAN, NAN });
      for (gsize m = 0; m < self->n_others; m++)
        {
          double square = 0;

          for (gsize i = c; i < (apart ? c + 1 : C); i++)
            square += self->others_rms[m * C + i] * self->others_rms[m * C + i] / (apart ? 1 : C);
          add_cell (text, sqrt (square));
        }
      g_string_append_c (text, '\n');
    }
}

char *
us_reading_to_csv (const UsReading *self)
{
  g_autoptr(GString) text = g_string_new ("quantity,unit,mean,sd,lower,upper");

  for (gsize m = 0; m < self->n_others; m++)
    g_string_append_printf (text, ",other_%" G_GSIZE_FORMAT, m + 1);
  g_string_append_c (text, '\n');
  add_parameters (self, text);
  add_derived (self, text);
  add_errors (self, text);
  return g_strdup (text->str);
}

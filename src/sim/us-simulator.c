/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-simulator.h"

#include "us-error.h"
#include "us-file.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* Bytes of a file's name that are left to an id. */
#define MAX_STEM 80

/**
 * us_simulator_parameter_index:
 * @self: a simulator
 * @name: a parameter's name, as in `UsParameter.name`
 *
 * Returns: the parameter's index, or -1 when there is none of that name
 */
gssize
us_simulator_parameter_index (const UsSimulator *self,
                              const char        *name)
{
  g_return_val_if_fail (self != NULL, -1);
  g_return_val_if_fail (name != NULL, -1);

  for (gsize i = 0; i < self->n_parameters; i++)
    if (g_str_equal (self->parameters[i].name, name))
      return (gssize) i;

  return -1;
}

/**
 * us_simulator_output_index:
 * @self: a simulator
 * @id: an output's id, as in `UsOutput.id`
 *
 * Returns: the output's index, or -1 when there is none of that id
 */
gssize
us_simulator_output_index (const UsSimulator *self,
                           const char        *id)
{
  g_return_val_if_fail (self != NULL, -1);
  g_return_val_if_fail (id != NULL, -1);

  for (gsize i = 0; i < self->n_outputs; i++)
    if (g_str_equal (self->outputs[i].id, id))
      return (gssize) i;

  return -1;
}

char *
us_simulator_file_stem (const UsSimulator *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (strchr (self->id, G_DIR_SEPARATOR) != NULL)
    return g_strdup_printf ("%s-%08x", self->title, self->version);
  /* Times, up to thousands of them, are part of the id. */
  if (strlen (self->id) > MAX_STEM)
    return g_strdup_printf ("%.*s-%08x", (int) strcspn (self->id, "@"), self->id, g_str_hash (self->id));
  return g_strdup (self->id);
}

/* How many floats `run` writes: (H, W, C), or (T, C) of a series. */
gsize
us_output_n_values (const UsOutput *output)
{
  g_return_val_if_fail (output != NULL, 0);

  return output->height * output->width * output->channels;
}

double
us_output_x (const UsOutput *output,
             gsize           t)
{
  double share;

  g_return_val_if_fail (output != NULL, 0.0);
  g_return_val_if_fail (t < output->height, 0.0);

  if (output->x_values != NULL)
    return output->x_values[t];
  share = output->height > 1 ? (double) t / (double) (output->height - 1) : 0.0;
  if (output->x_logarithmic)
    return output->x_lower * pow (output->x_upper / output->x_lower, share);
  return output->x_lower + (output->x_upper - output->x_lower) * share;
}

UsChannel
us_output_channel (const UsOutput *output,
                   gsize           c)
{
  g_return_val_if_fail (output != NULL && c < output->channels, (UsChannel) { 0 });

  if (output->channel_info != NULL)
    return output->channel_info[c];
  return (UsChannel) { output->id, output->y_label, output->y_unit, output->lower, output->upper };
}

double
us_derived_compared (const UsSimulator *self,
                     gsize              d,
                     const double      *theta)
{
  double value;

  g_return_val_if_fail (self != NULL && d < self->n_derived, NAN);

  value = self->derived[d].value (self, theta);
  return self->derived[d].logarithmic ? log10 (value) : value;
}

/**
 * us_simulator_check:
 * @self: a simulator
 * @theta: (P) parameters
 * @error: return location
 *
 * Whether `run` may be called with @theta: finite, inside the bounds,
 * accepted by the constraint.
 *
 * Returns: %FALSE with US_FORMAT_ERROR_VALUE, which names parameter, value and range
 */
gboolean
us_simulator_check (const UsSimulator  *self,
                    const double       *theta,
                    GError            **error)
{
  char value[G_ASCII_DTOSTR_BUF_SIZE];
  char lower[G_ASCII_DTOSTR_BUF_SIZE];
  char upper[G_ASCII_DTOSTR_BUF_SIZE];

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (theta != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  for (gsize i = 0; i < self->n_parameters; i++)
    {
      const UsParameter *parameter = &self->parameters[i];

      if (!isfinite (theta[i]))
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                       _("%s: parameter “%s” is not a finite number"),
                       self->id, parameter->name);
          return FALSE;
        }
      if (theta[i] < parameter->lower || theta[i] > parameter->upper)
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                       _("%s: parameter “%s” = %s is outside its bounds %s to %s"),
                       self->id, parameter->name,
                       us_dtoa (value, theta[i]),
                       us_dtoa (lower, parameter->lower),
                       us_dtoa (upper, parameter->upper));
          return FALSE;
        }
    }

  if (self->accepts != NULL && !self->accepts (self, theta))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                   _("%s: the parameters break the constraint: %s"),
                   self->id, self->constraint);
      return FALSE;
    }

  return TRUE;
}

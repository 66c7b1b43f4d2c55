/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compiled into the library of the simulators, beside the list that its
 * meson.build makes: the room itself does not know which simulators exist. */
#include "config.h"

#include "us-registry-private.h"

#include "us-dataset.h"
#include "us-error.h"
#include "us-noise.h"
#include "us-timed.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/**
 * us_registry_list:
 * @n: (out): how many
 *
 * All simulators, in the order of the gallery.  Any thread.
 *
 * Returns: (n) const tables
 */
const UsSimulator *const *
us_registry_list (gsize *n)
{
  g_return_val_if_fail (n != NULL, NULL);

  *n = us_registry_n_tables;
  return us_registry_tables;
}

/**
 * us_registry_find:
 * @id: a simulator's id, one with times (us-timed.h) or noise (us-noise.h), or "dataset:" and the path of a set of pictures
 * @error: return location
 *
 * A set that was not open before is opened, which may take a minute: not on a main thread.
 *
 * Returns: the table, or %NULL with US_FORMAT_ERROR_MISSING, which names the known ones, or
 *   another of the same domain about what follows the name
 */
const UsSimulator *
us_registry_find (const char  *id,
                  GError     **error)
{
  g_autoptr(GString) known = NULL;
  g_autofree char *name = NULL;
  gsize length;

  g_return_val_if_fail (id != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (us_dataset_is_id (id))
    return us_dataset_find (id, 0, NULL, error);

  length = us_noise_base_length (id);
  if (id[length] == '+')
    {
      g_autofree char *base = g_strndup (id, length);
      const UsSimulator *simulator = us_registry_find (base, error);

      return simulator != NULL ? us_noise_new (simulator, id + length + 1, error) : NULL;
    }

  length = us_timed_base_length (id);
  for (gsize i = 0; i < us_registry_n_tables; i++)
    if (strncmp (us_registry_tables[i]->id, id, length) == 0 && us_registry_tables[i]->id[length] == '\0')
      return us_timed_parse (us_registry_tables[i], id + length, error);

  name = g_strndup (id, length);
  known = g_string_new (NULL);
  for (gsize i = 0; i < us_registry_n_tables; i++)
    g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", us_registry_tables[i]->id);
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
               _("There is no simulator “%s”; known are: %s, and “dataset:” with the path of an NPZ"), name, known->str);
  return NULL;
}

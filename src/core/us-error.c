/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-error.h"

G_DEFINE_QUARK (us-format-error-quark, us_format_error)

void
us_error_keep_first (GMutex  *lock,
                     GError **kept,
                     GError  *error)
{
  g_mutex_lock (lock);
  if (*kept == NULL)
    *kept = g_steal_pointer (&error);
  g_mutex_unlock (lock);
  g_clear_error (&error);
}

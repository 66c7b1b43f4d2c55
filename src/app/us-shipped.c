/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-shipped.h"

char *
us_shipped_model_path (const char *simulator)
{
  const char *const folders[] = { US_PKGDATADIR, US_SOURCE_DATADIR };
  g_autofree char *name = g_strconcat (simulator, ".safetensors", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *path = g_build_filename (folders[i], "models", name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer (&path);
    }
  return NULL;
}

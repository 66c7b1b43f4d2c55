/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-settings.h"

/* BUILD/src/app/understudy and BUILD/tests/test-window → BUILD/data, where meson compiles the schema. */
static GSettingsSchemaSource *
build_folder_source (GSettingsSchemaSource *parent)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = program != NULL ? g_path_get_dirname (program) : NULL;
  const char *const ups[] = { "..", "../.." };

  for (gsize i = 0; folder != NULL && i < G_N_ELEMENTS (ups); i++)
    {
      g_autofree char *data = g_build_filename (folder, ups[i], "data", NULL);
      g_autofree char *compiled = g_build_filename (data, "gschemas.compiled", NULL);

      if (g_file_test (compiled, G_FILE_TEST_EXISTS))
        return g_settings_schema_source_new_from_directory (data, parent, TRUE, NULL);
    }
  return NULL;
}

GSettings *
us_settings_new (void)
{
  GSettingsSchemaSource *installed = g_settings_schema_source_get_default ();
  g_autoptr(GSettingsSchemaSource) built = NULL;
  g_autoptr(GSettingsSchema) schema = NULL;

  built = build_folder_source (installed);
  if (built != NULL)
    schema = g_settings_schema_source_lookup (built, US_APP_ID, TRUE);
  if (schema == NULL && installed != NULL)
    schema = g_settings_schema_source_lookup (installed, US_APP_ID, TRUE);
  return schema != NULL ? g_settings_new_full (schema, NULL, NULL) : NULL;
}

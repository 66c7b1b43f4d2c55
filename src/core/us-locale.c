/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-locale.h"

#include <libintl.h>
#include <locale.h>

/* Whether there is a catalogue of any of the user's languages. */
static gboolean
has_catalogue (const char *folder)
{
  const char *const *languages = g_get_language_names ();

  for (gsize i = 0; languages[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (folder, languages[i], "LC_MESSAGES", GETTEXT_PACKAGE ".mo", NULL);

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        return TRUE;
    }
  return FALSE;
}

void
us_locale_init (void)
{
  const char *folder = US_LOCALEDIR;

  setlocale (LC_ALL, "");
  if (!has_catalogue (US_LOCALEDIR) && has_catalogue (US_BUILD_LOCALEDIR))
    folder = US_BUILD_LOCALEDIR;
  bindtextdomain (GETTEXT_PACKAGE, folder);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}

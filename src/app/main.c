/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-application.h"
#include "us-locale.h"

int
main (int   argc,
      char *argv[])
{
  g_autoptr(UsApplication) application = NULL;

  us_locale_init ();
  g_set_prgname ("understudy");
  application = us_application_new ();
  return g_application_run (G_APPLICATION (application), argc, argv);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * UsSimulatorPage:
 *
 * What is to be learnt: gallery, priors, a sheet of draws that follows
 * them.  Property "session" (UsSession), set once by the window.
 */
#define US_TYPE_SIMULATOR_PAGE (us_simulator_page_get_type ())
G_DECLARE_FINAL_TYPE (UsSimulatorPage, us_simulator_page, US, SIMULATOR_PAGE, AdwBin)

/* For tests: the sheet shows what the table says. */
gboolean us_simulator_page_is_settled   (UsSimulatorPage *self);
/* Opens a set of pictures (us-dataset.h) on a worker; it is then what is to be learnt. */
void     us_simulator_page_open_dataset (UsSimulatorPage *self,
                                         const char      *path);

G_END_DECLS

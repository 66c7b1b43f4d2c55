/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * UsTrainPage:
 *
 * A page of the window.  Property "session" (UsSession), set once by the window.
 */
#define US_TYPE_TRAIN_PAGE (us_train_page_get_type ())
G_DECLARE_FINAL_TYPE (UsTrainPage, us_train_page, US, TRAIN_PAGE, AdwBin)

G_END_DECLS

/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * UsExplorePage:
 *
 * A page of the window.  Property "session" (UsSession), set once by the window.
 */
#define US_TYPE_EXPLORE_PAGE (us_explore_page_get_type ())
G_DECLARE_FINAL_TYPE (UsExplorePage, us_explore_page, US, EXPLORE_PAGE, AdwBin)

G_END_DECLS

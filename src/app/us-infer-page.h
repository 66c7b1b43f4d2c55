/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * UsInferPage:
 *
 * A page of the window.  Property "session" (UsSession), set once by the window.
 */
#define US_TYPE_INFER_PAGE (us_infer_page_get_type ())
G_DECLARE_FINAL_TYPE (UsInferPage, us_infer_page, US, INFER_PAGE, AdwBin)

/* Reads its data on the worker; says why not where it cannot. */
void us_infer_page_open_file (UsInferPage *self,
                              GFile       *file);

G_END_DECLS

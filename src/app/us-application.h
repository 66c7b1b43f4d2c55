/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define US_TYPE_APPLICATION (us_application_get_type ())
G_DECLARE_FINAL_TYPE (UsApplication, us_application, US, APPLICATION, AdwApplication)

/* `understudy [--new] [MODEL.safetensors]`.  Without a file the shipped model is opened. */
UsApplication *us_application_new (void);

G_END_DECLS

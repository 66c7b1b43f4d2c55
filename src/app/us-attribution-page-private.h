/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-attribution-page.h"
#include "us-attribution-worker.h"
#include "us-read-out.h"
#include "us-session.h"
#include "us-table.h"

G_BEGIN_DECLS

/* Between us-attribution-page.c (what is shown, and asked for), us-attribution-files.c (files that are chosen) and
 * us-attribution-pointer.c (the pointer over the data). */

#define US_ATTRIBUTION_DRAWN 60         /* matches over the data, and in the table */

struct _UsAttributionPage
{
  AdwBin               parent_instance;

  /* template children */
  GtkWidget           *bar;
  GtkLabel            *model_label;
  GtkLabel            *bank_label;
  GtkWidget           *anew_button;
  GtkCheckButton      *adjust_check;
  GtkStack            *stack;
  AdwStatusPage       *empty_page;
  AdwStatusPage       *data_page;
  GtkWidget           *reread_button;
  GtkProgressBar      *progress;
  UsReadOut           *waiting_label;
  GtkLabel            *sentence;
  GtkLabel            *measured;
  GtkBox              *series_box;
  UsReadOut           *hovered;
  GtkSpinButton       *pin_spin;
  GtkBox              *marginals_box;
  UsTable             *estimates;
  UsTable             *matches;
  GtkDropDown         *sort_drop;
  GtkToggleButton     *falling_button;
  GtkWidget           *series_section;
  GtkWidget           *parameters_section;
  GtkWidget           *matches_section;

  /* owned */
  UsSession           *session;
  UsMailbox           *mailbox;
  UsAttributionWorker *worker;
  UsPosterior         *posterior;       /* the session's */
  UsAttributor        *attributor;
  UsAttributed        *answer;
  char                *note;            /* on its data, or NULL */
  GPtrArray           *plots;           /* that are shown, or about to be */
  GPtrArray           *paintings;       /* of them */
  GPtrArray           *charts;          /* of UsChart, borrowed: the series', then the parameters' */
  char                *bank;
  char                *refused;         /* why the data cannot be read, or NULL */
  GtkFileChooserNative *chooser;

  gsize                n_series;
  gsize                rows;
  guint                serial;          /* of the newest request */
  gssize               pinned;
  guint                step;            /* the next thing to fill */
  guint                tick_id;
  guint                opening;         /* models that are being read for this page */
  gboolean             working;         /* letters are to come */
  gboolean             stale;           /* something changed while it was not to be seen */
  gboolean             tell;            /* the data are new: what is wrong with them is said aloud */
  gboolean             setting;         /* controls change by our own hand */
};

/* Callbacks of the template, before instances; the drop of a file. */
void us_attribution_files_bind (GtkWidgetClass    *widget_class);
void us_attribution_files_init (UsAttributionPage *self);
/* Tells and pins the lines of a chart of the data. */
void us_attribution_pointer_watch (UsAttributionPage *self,
                                   GtkWidget         *chart);

G_END_DECLS

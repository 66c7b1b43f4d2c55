/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-number-row.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

GtkLabel *
us_number_row_append (GtkListBox *list,
                      const char *title)
{
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *name = gtk_label_new (title);
  GtkWidget *value = gtk_label_new ("–");

  gtk_label_set_xalign (GTK_LABEL (name), 0);
  gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (name, TRUE);
  gtk_widget_add_css_class (value, "numeric");
  gtk_widget_set_margin_start (box, 12);
  gtk_widget_set_margin_end (box, 12);
  gtk_widget_set_margin_top (box, 6);
  gtk_widget_set_margin_bottom (box, 6);
  gtk_box_append (GTK_BOX (box), name);
  gtk_box_append (GTK_BOX (box), value);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  gtk_list_box_append (list, row);
  return GTK_LABEL (value);
}

char *
us_format_loss (double loss)
{
  return isfinite (loss) ? g_strdup_printf ("%.4g", loss) : g_strdup ("–");
}

char *
us_format_count (double count)
{
  g_autofree char *digits = NULL;
  g_autoptr(GString) text = g_string_new (NULL);
  gsize n;

  if (!isfinite (count))
    return g_strdup ("–");
  digits = g_strdup_printf ("%.0f", count);
  n = strlen (digits);
  for (gsize i = 0; i < n; i++)
    {
      /* Four digits stand together. */
      if (i > 0 && (n - i) % 3 == 0 && n > 4 && g_ascii_isdigit (digits[i - 1]))
        g_string_append (text, "\u202f");
      g_string_append_c (text, digits[i]);
    }
  return g_strdup (text->str);
}

char *
us_format_duration (double seconds)
{
  int total;

  if (!isfinite (seconds))
    return g_strdup ("–");
  total = (int) ceil (CLAMP (seconds, 0, 1e8));
  if (total < 90)
    return g_strdup_printf (ngettext ("%d second", "%d seconds", total), total);
  if (total < 90 * 60)
    return g_strdup_printf (_("%d min %d s"), total / 60, total % 60);
  return g_strdup_printf (_("%d h %d min"), total / 3600, total / 60 % 60);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-chart-private.h"

#include <glib/gi18n.h>
#include <string.h>

/* What the chart's menu does: save, copy, show all. */

static GMenuModel *
build_menu (void)
{
  GMenu *menu = g_menu_new ();
  g_autoptr(GMenu) save = g_menu_new ();
  g_autoptr(GMenu) copy = g_menu_new ();
  g_autoptr(GMenu) view = g_menu_new ();

  g_menu_append (save, _("Save as _SVG…"), "chart.save::.svg");
  g_menu_append (save, _("Save as _PDF…"), "chart.save::.pdf");
  g_menu_append (save, _("Save as P_NG…"), "chart.save::.png");
  g_menu_append (save, _("Save Numbers as _CSV…"), "chart.save::.csv");
  g_menu_append (copy, _("Copy P_icture"), "chart.copy-picture");
  g_menu_append (copy, _("Copy N_umbers"), "chart.copy-numbers");
  g_menu_append (view, _("_Reset Zoom"), "chart.reset-zoom");
  g_menu_append_section (menu, NULL, G_MENU_MODEL (save));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (copy));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (view));
  return G_MENU_MODEL (menu);
}

/* As on the screen, but on white paper. */
static void
file_options (UsChart       *self,
              const char    *path,
              UsPlotOptions *options)
{
  GtkWidget *widget = GTK_WIDGET (self);
  gboolean pixels = g_str_has_suffix (path, ".png");

  *options = (UsPlotOptions) {
    .width = MAX (gtk_widget_get_width (widget), 200),
    .height = MAX (gtk_widget_get_height (widget), 140),
    .theme = pixels ? US_THEME_LIGHT : US_THEME_PRINT,
    .view = self->view,
    .font = pango_context_get_font_description (gtk_widget_get_pango_context (widget)),
  };
}

/* ---- save ---------------------------------------------------------------- */

/* "Loss while learning" -> "loss-while-learning". */
static char *
suggested_name (UsChart *self)
{
  const char *title = self->file_name != NULL ? self->file_name : us_plot_get_title (self->plot);
  g_autofree char *ascii = g_str_to_ascii (title, NULL);
  g_autoptr(GString) name = g_string_new (NULL);

  for (const char *p = ascii; *p != '\0'; p++)
    {
      if (g_ascii_isalnum (*p))
        g_string_append_c (name, g_ascii_tolower (*p));
      else if (name->len > 0 && name->str[name->len - 1] != '-')
        g_string_append_c (name, '-');
    }
  if (name->len > 0 && name->str[name->len - 1] == '-')
    g_string_truncate (name, name->len - 1);
  if (name->len == 0)
    g_string_append (name, "chart");
  g_string_append (name, self->save_ending);
  return g_string_free (g_steal_pointer (&name), FALSE);
}

static void
report (UsChart      *self,
        const GError *error)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *dialog = adw_message_dialog_new (GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL, _("The Chart Was Not Saved"),
                                              error->message);

  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "close", _("_Close"));
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
on_chooser_response_cb (GtkNativeDialog *dialog,
                        int              response,
                        UsChart         *self)
{
  g_autoptr(GFile) file = NULL;
  g_autofree char *path = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GtkFileChooserNative) chooser = g_steal_pointer (&self->chooser);

  if (response != GTK_RESPONSE_ACCEPT)
    return;
  file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  path = file != NULL ? g_file_get_path (file) : NULL;
  if (path == NULL)
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, _("Only folders of this machine can be written to."));
  else
    {
      UsPlotOptions options;

      /* The menu has said which kind it is to be. */
      if (!g_str_has_suffix (path, self->save_ending))
        {
          g_autofree char *bare = g_steal_pointer (&path);

          path = g_strconcat (bare, self->save_ending, NULL);
        }
      file_options (self, path, &options);
      us_plot_export_full (self->plot, path, &options, &error);
    }
  if (error != NULL)
    report (self, error);
}

static void
save_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  UsChart *self = US_CHART (widget);
  GtkRoot *root = gtk_widget_get_root (widget);
  const char *ending = g_variant_get_string (parameter, NULL);
  gboolean numbers = g_str_equal (ending, ".csv");
  g_autoptr(GtkFileFilter) filter = gtk_file_filter_new ();
  g_autofree char *suggestion = NULL;

  g_clear_object (&self->chooser);
  g_free (self->save_ending);
  self->save_ending = g_strdup (ending);
  suggestion = suggested_name (self);

  self->chooser = gtk_file_chooser_native_new (numbers ? _("Save the Numbers") : _("Save the Chart"),
                                               GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL,
                                               GTK_FILE_CHOOSER_ACTION_SAVE, _("_Save"), _("_Cancel"));
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (self->chooser), TRUE);
  gtk_file_filter_add_suffix (filter, ending + 1);
  gtk_file_filter_set_name (filter, ending + 1);
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (self->chooser), filter);
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (self->chooser), suggestion);
  g_signal_connect_object (self->chooser, "response", G_CALLBACK (on_chooser_response_cb), self, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

/* ---- copy ---------------------------------------------------------------- */

static void
copy_picture_action (GtkWidget  *widget,
                     const char *name,
                     GVariant   *parameter)
{
  UsChart *self = US_CHART (widget);
  UsPlotOptions options;
  cairo_surface_t *surface;
  cairo_t *cr;
  int width, height;
  gsize stride;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GdkTexture) texture = NULL;

  file_options (self, ".png", &options);
  options.ground = TRUE;
  options.scale = 2.0;
  width = (int) (options.width * options.scale);
  height = (int) (options.height * options.scale);
  surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);
  cairo_surface_set_device_scale (surface, options.scale, options.scale);
  cr = cairo_create (surface);
  us_plot_render (self->plot, cr, &options, NULL);
  cairo_destroy (cr);
  cairo_surface_flush (surface);

  stride = (gsize) cairo_image_surface_get_stride (surface);
  bytes = g_bytes_new_with_free_func (cairo_image_surface_get_data (surface), stride * (gsize) height,
                                      (GDestroyNotify) cairo_surface_destroy, surface);
  texture = gdk_memory_texture_new (width, height, GDK_MEMORY_DEFAULT, bytes, stride);
  gdk_clipboard_set_texture (gtk_widget_get_clipboard (widget), texture);
}

static void
copy_numbers_action (GtkWidget  *widget,
                     const char *name,
                     GVariant   *parameter)
{
  g_autofree char *text = us_plot_to_csv (US_CHART (widget)->plot);

  gdk_clipboard_set_text (gtk_widget_get_clipboard (widget), text);
}

static void
reset_zoom_action (GtkWidget  *widget,
                   const char *name,
                   GVariant   *parameter)
{
  us_chart_reset_zoom (US_CHART (widget));
}

void
us_chart_install_actions (GtkWidgetClass *widget_class)
{
  gtk_widget_class_install_action (widget_class, "chart.save", "s", save_action);
  gtk_widget_class_install_action (widget_class, "chart.copy-picture", NULL, copy_picture_action);
  gtk_widget_class_install_action (widget_class, "chart.copy-numbers", NULL, copy_numbers_action);
  gtk_widget_class_install_action (widget_class, "chart.reset-zoom", NULL, reset_zoom_action);
}

/* ---- menu ---------------------------------------------------------------- */

void
us_chart_show_menu (UsChart *self,
                    double   x,
                    double   y)
{
  /* Made when first wanted: most charts are only looked at. */
  if (self->context_menu == NULL)
    {
      g_autoptr(GMenuModel) menu = build_menu ();

      self->context_menu = gtk_popover_menu_new_from_model (menu);
      gtk_popover_set_has_arrow (GTK_POPOVER (self->context_menu), FALSE);
      gtk_widget_set_halign (self->context_menu, GTK_ALIGN_START);
      gtk_widget_set_parent (self->context_menu, GTK_WIDGET (self));
    }
  gtk_popover_set_pointing_to (GTK_POPOVER (self->context_menu), &(GdkRectangle) { (int) x, (int) y, 1, 1 });
  gtk_popover_popup (GTK_POPOVER (self->context_menu));
}

void
us_chart_init_menu (UsChart *self)
{
  g_autoptr(GMenuModel) menu = build_menu ();

  self->menu_button = gtk_menu_button_new ();
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (self->menu_button), "view-more-symbolic");
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (self->menu_button), menu);
  gtk_widget_add_css_class (self->menu_button, "flat");
  gtk_widget_add_css_class (self->menu_button, "circular");
  gtk_widget_add_css_class (self->menu_button, "chart-menu");
  gtk_widget_set_tooltip_text (self->menu_button, _("Chart Menu"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->menu_button), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Chart Menu"), -1);
  gtk_widget_set_parent (self->menu_button, GTK_WIDGET (self));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-application.h"
#include "us-window.h"

#include <glib/gi18n.h>

struct _UsApplication
{
  AdwApplication parent_instance;

  gboolean       empty;         /* --new: no shipped model */
};

G_DEFINE_FINAL_TYPE (UsApplication, us_application, ADW_TYPE_APPLICATION)

UsApplication *
us_application_new (void)
{
  return g_object_new (US_TYPE_APPLICATION,
                       "application-id", US_APP_ID,
                       "flags", G_APPLICATION_HANDLES_OPEN,
                       "resource-base-path", "/org/understudy/Understudy",
                       NULL);
}

static void
us_application_activate (GApplication *application)
{
  UsApplication *self = US_APPLICATION (application);
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (application));

  if (window == NULL)
    {
      window = GTK_WINDOW (us_window_new (GTK_APPLICATION (application)));
      if (!self->empty)
        us_window_open_shipped_model (US_WINDOW (window));
    }
  gtk_window_present (window);
}

static void
us_application_open (GApplication  *application,
                     GFile        **files,
                     int            n_files,
                     const char    *hint)
{
  for (int i = 0; i < n_files; i++)
    {
      GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (application));

      /* A second model of the same command, or one that came while another is being worked
       * on, gets a window of its own; data go with the model before them. */
      if (window == NULL || (!us_window_is_data (files[i]) && (i > 0 || us_window_is_busy (US_WINDOW (window)))))
        window = GTK_WINDOW (us_window_new (GTK_APPLICATION (application)));
      us_window_open (US_WINDOW (window), files[i]);
      gtk_window_present (window);
    }
}

static void
on_about (GSimpleAction *action,
          GVariant      *parameter,
          gpointer       data)
{
  const char *developers[] = { "The Understudy developers", NULL };
  const char *methods[] = {
    "SimVAE: A. Srivastava, J. Rosenberg, D. Gutfreund, D. Cox (2019)",
    "CoordConv: R. Liu et al. (2018) https://arxiv.org/abs/1807.03247",
    "Mutual information gap: R. Chen et al. (2018) https://arxiv.org/abs/1802.04942",
    "DCGAN: A. Radford, L. Metz, S. Chintala (2015) https://arxiv.org/abs/1511.06434",
    "Adam: D. Kingma, J. Ba (2014) https://arxiv.org/abs/1412.6980",
    "Random streams, Philox: J. Salmon et al. (2011)",
    NULL };
  GtkApplication *application = data;
  AdwAboutWindow *about = ADW_ABOUT_WINDOW (adw_about_window_new ());

  g_object_set (about,
                "transient-for", gtk_application_get_active_window (application),
                "modal", TRUE,
                "application-name", "Understudy",
                "application-icon", US_APP_ID,
                "version", US_VERSION,
                "developer-name", _("The Understudy developers"),
                "developers", developers,
                "license-type", GTK_LICENSE_GPL_3_0,
                "comments", _("A neural network learns the part of a simulator. Its latents are the "
                              "simulator’s own parameters, so that each is a named slider, and every "
                              "answer can be handed back to the simulator to be checked."),
                /* Translators: put your name here, one a line. */
                "translator-credits", _("translator-credits"),
                NULL);
  adw_about_window_add_credit_section (about, _("Methods from"), methods);
  adw_about_window_add_legal_section (about, "GTK, libadwaita, GLib, Cairo, Pango", NULL,
                                      GTK_LICENSE_LGPL_2_1, NULL);
  adw_about_window_add_legal_section (about, "GNU Scientific Library", NULL,
                                      GTK_LICENSE_GPL_3_0, NULL);
  adw_about_window_add_legal_section (about, "OpenBLAS, libzip", NULL, GTK_LICENSE_BSD_3, NULL);
  gtk_window_present (GTK_WINDOW (about));
}

/* Closes each window in its turn, so that each may ask about what is not saved. */
static void
on_quit (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       data)
{
  g_autoptr(GList) windows = g_list_copy (gtk_application_get_windows (data));

  for (GList *l = windows; l != NULL; l = l->next)
    gtk_window_close (l->data);
}

static const GActionEntry actions[] = {
  { .name = "about", .activate = on_about },
  { .name = "quit", .activate = on_quit },
};

static const struct
{
  const char *action;
  const char *accels[3];
} accelerators[] = {
  { "app.quit",            { "<Control>q" } },
  { "window.close",        { "<Control>w" } },
  { "win.new",             { "<Control>n" } },
  { "win.open",            { "<Control>o" } },
  { "win.save",            { "<Control>s" } },
  { "win.save-as",         { "<Control><Shift>s" } },
  { "win.page('simulator')", { "<Alt>1" } },
  { "win.page('train')",   { "<Alt>2" } },
  { "win.page('explore')", { "<Alt>3" } },
  { "win.page('infer')",   { "<Alt>4" } },
  { "win.page('attribution')", { "<Alt>5" } },
  { "win.page('evidence')", { "<Alt>6" } },
  { "explore.play",        { "<Control>p" } },
  { "explore.randomise",   { "<Control>r" } },
  { "explore.reset",       { "<Control>0" } },
};

static void
us_application_startup (GApplication *application)
{
  G_APPLICATION_CLASS (us_application_parent_class)->startup (application);

  g_action_map_add_action_entries (G_ACTION_MAP (application), actions, G_N_ELEMENTS (actions),
                                   application);
  for (gsize i = 0; i < G_N_ELEMENTS (accelerators); i++)
    gtk_application_set_accels_for_action (GTK_APPLICATION (application), accelerators[i].action,
                                           accelerators[i].accels);
  gtk_window_set_default_icon_name (US_APP_ID);
  /* Words that can be copied are not marked all over when a page is opened by keyboard or by its tab. */
  g_object_set (gtk_settings_get_default (), "gtk-label-select-on-focus", FALSE, NULL);
}

static int
us_application_handle_local_options (GApplication *application,
                                     GVariantDict *options)
{
  UsApplication *self = US_APPLICATION (application);

  if (g_variant_dict_contains (options, "version"))
    {
      g_print ("understudy %s\n", US_VERSION);
      return 0;
    }
  self->empty = g_variant_dict_contains (options, "new");
  return -1;
}

static void
us_application_class_init (UsApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  application_class->activate = us_application_activate;
  application_class->open = us_application_open;
  application_class->startup = us_application_startup;
  application_class->handle_local_options = us_application_handle_local_options;
}

static void
us_application_init (UsApplication *self)
{
  const GOptionEntry options[] = {
    { "new", 'n', 0, G_OPTION_ARG_NONE, NULL, N_("Start without a model"), NULL },
    { "version", 'v', 0, G_OPTION_ARG_NONE, NULL, N_("Print the version and exit"), NULL },
    { NULL },
  };

  g_application_add_main_option_entries (G_APPLICATION (self), options);
  g_application_set_option_context_parameter_string (G_APPLICATION (self), _("[MODEL.safetensors]"));
}

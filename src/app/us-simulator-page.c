/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-simulator-page.h"
#include "us-session.h"

struct _UsSimulatorPage
{
  AdwBin     parent_instance;

  UsSession *session;           /* owned */
};

enum
{
  PROP_0,
  PROP_SESSION,
};

G_DEFINE_FINAL_TYPE (UsSimulatorPage, us_simulator_page, ADW_TYPE_BIN)

static void
us_simulator_page_set_property (GObject      *object,
                        guint         id,
                        const GValue *value,
                        GParamSpec   *pspec)
{
  UsSimulatorPage *self = US_SIMULATOR_PAGE (object);

  if (id == PROP_SESSION)
    g_set_object (&self->session, g_value_get_object (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
us_simulator_page_dispose (GObject *object)
{
  UsSimulatorPage *self = US_SIMULATOR_PAGE (object);

  g_clear_object (&self->session);

  G_OBJECT_CLASS (us_simulator_page_parent_class)->dispose (object);
}

static void
us_simulator_page_class_init (UsSimulatorPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = us_simulator_page_set_property;
  object_class->dispose = us_simulator_page_dispose;
  g_object_class_install_property (object_class, PROP_SESSION,
    g_param_spec_object ("session", NULL, NULL, US_TYPE_SESSION,
                         G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));
  gtk_widget_class_set_template_from_resource (GTK_WIDGET_CLASS (klass),
                                               "/org/understudy/Understudy/us-simulator-page.ui");
}

static void
us_simulator_page_init (UsSimulatorPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

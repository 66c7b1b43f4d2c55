/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-model-switch.h"

#include "us-session.h"

#include <glib/gi18n.h>

#define NAME_CHARS 28

struct _UsModelSwitch
{
  AdwBin           parent_instance;

  /* children */
  GtkWidget       *bar;
  GtkToggleButton *simvae_button;
  GtkToggleButton *mechanism_button;
  GtkLabel        *simvae_label;
  GtkLabel        *mechanism_label;
  GtkStack        *stack;

  /* owned */
  UsSession       *session;

  gboolean         followed;            /* the training that is at work was shown when it began */
};

enum
{
  PROP_0,
  PROP_SESSION,
  PROP_SIMVAE,
  PROP_MECHANISM,
};

G_DEFINE_FINAL_TYPE (UsModelSwitch, us_model_switch, ADW_TYPE_BIN)

static gboolean
has_network (UsModelSwitch *self)
{
  UsLearnt *learnt = us_session_get_learnt (self->session);

  return us_learnt_get_posterior (learnt) != NULL || us_learnt_get_predictor (learnt) != NULL;
}

gboolean
us_model_switch_get_mechanism (UsModelSwitch *self)
{
  g_return_val_if_fail (US_IS_MODEL_SWITCH (self), FALSE);

  return gtk_toggle_button_get_active (self->mechanism_button);
}

void
us_model_switch_set_mechanism (UsModelSwitch *self,
                               gboolean       mechanism)
{
  g_return_if_fail (US_IS_MODEL_SWITCH (self));

  gtk_toggle_button_set_active (mechanism ? self->mechanism_button : self->simvae_button, TRUE);
}

static void
on_toggled_cb (UsModelSwitch *self)
{
  gtk_stack_set_visible_child_name (self->stack, us_model_switch_get_mechanism (self) ? "mechanism" : "simvae");
}

/* Only where there are two to choose from. */
static void
update_bar (UsModelSwitch *self)
{
  g_autofree char *name = us_learnt_dup_name (us_session_get_learnt (self->session));
  gboolean simvae = us_session_get_model (self->session) != NULL;

  gtk_label_set_text (self->simvae_label, simvae ? us_session_get_title (self->session) : _("SimVAE"));
  gtk_label_set_text (self->mechanism_label, name != NULL ? name : "");
  gtk_widget_set_visible (self->bar, simvae && has_network (self));
}

static void
on_network_cb (UsModelSwitch *self)
{
  us_model_switch_set_mechanism (self, has_network (self));
  update_bar (self);
}

/* While training runs the model changes each second: only the first of them is news. */
static void
on_model_cb (UsModelSwitch *self)
{
  gboolean following = us_session_get_training (self->session) && us_session_get_follows_training (self->session);

  if (us_session_get_model (self->session) == NULL)
    us_model_switch_set_mechanism (self, has_network (self));
  else if (!following || !self->followed)
    us_model_switch_set_mechanism (self, FALSE);
  self->followed = following;
  update_bar (self);
}

/* --- object -------------------------------------------------------------------------- */

static void
take_session (UsModelSwitch *self)
{
  UsLearnt *learnt = us_session_get_learnt (self->session);

  g_signal_connect_object (self->session, "notify::model", G_CALLBACK (on_model_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->session, "notify::title", G_CALLBACK (update_bar), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (learnt, "network-changed", G_CALLBACK (on_network_cb), self, G_CONNECT_SWAPPED);
  on_network_cb (self);
}

static void
us_model_switch_set_property (GObject      *object,
                              guint         id,
                              const GValue *value,
                              GParamSpec   *pspec)
{
  UsModelSwitch *self = US_MODEL_SWITCH (object);

  switch (id)
    {
    case PROP_SESSION:
      g_return_if_fail (self->session == NULL);
      self->session = g_value_dup_object (value);
      if (self->session != NULL)
        take_session (self);
      break;
    case PROP_SIMVAE:
      if (g_value_get_object (value) != NULL)
        gtk_stack_add_named (self->stack, g_value_get_object (value), "simvae");
      break;
    case PROP_MECHANISM:
      if (g_value_get_object (value) != NULL)
        gtk_stack_add_named (self->stack, g_value_get_object (value), "mechanism");
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
us_model_switch_dispose (GObject *object)
{
  UsModelSwitch *self = US_MODEL_SWITCH (object);

  g_clear_object (&self->session);
  G_OBJECT_CLASS (us_model_switch_parent_class)->dispose (object);
}

static void
us_model_switch_class_init (UsModelSwitchClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = us_model_switch_set_property;
  object_class->dispose = us_model_switch_dispose;
  g_object_class_install_property (object_class, PROP_SESSION,
    g_param_spec_object ("session", NULL, NULL, US_TYPE_SESSION, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_SIMVAE,
    g_param_spec_object ("simvae", NULL, NULL, GTK_TYPE_WIDGET, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_MECHANISM,
    g_param_spec_object ("mechanism", NULL, NULL, GTK_TYPE_WIDGET, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));
}

static GtkToggleButton *
new_button (GtkWidget   *box,
            const char  *tooltip,
            GtkLabel   **label)
{
  GtkWidget *button = gtk_toggle_button_new ();

  *label = GTK_LABEL (g_object_new (GTK_TYPE_LABEL, "ellipsize", PANGO_ELLIPSIZE_MIDDLE, "max-width-chars", NAME_CHARS, NULL));
  gtk_button_set_child (GTK_BUTTON (button), GTK_WIDGET (*label));
  gtk_widget_set_tooltip_text (button, tooltip);
  gtk_box_append (GTK_BOX (box), button);
  return GTK_TOGGLE_BUTTON (button);
}

static void
us_model_switch_init (UsModelSwitch *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  self->bar = g_object_new (GTK_TYPE_BOX, "halign", GTK_ALIGN_CENTER, "margin-top", 6, "margin-bottom", 6, "visible", FALSE,
                            "css-classes", (const char *[]) { "linked", NULL }, NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->bar), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Which model answers"), -1);
  self->simvae_button = new_button (self->bar, _("The SimVAE model"), &self->simvae_label);
  self->mechanism_button = new_button (self->bar, _("What was learnt from mechanisms"), &self->mechanism_label);
  gtk_toggle_button_set_group (self->mechanism_button, self->simvae_button);
  gtk_toggle_button_set_active (self->simvae_button, TRUE);
  g_signal_connect_swapped (self->mechanism_button, "toggled", G_CALLBACK (on_toggled_cb), self);
  self->stack = GTK_STACK (g_object_new (GTK_TYPE_STACK, "vexpand", TRUE, NULL));
  gtk_box_append (GTK_BOX (box), self->bar);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->stack));
  adw_bin_set_child (ADW_BIN (self), box);
}

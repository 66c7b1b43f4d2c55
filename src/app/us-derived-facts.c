/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-derived-facts.h"

#include "us-quantity.h"
#include "us-read-out.h"

#include <glib/gi18n.h>
#include <math.h>

struct _UsDerivedFacts
{
  GtkWidget          parent_instance;

  GPtrArray         *numbers;           /* (n_derived) of UsReadOut, borrowed */
  const UsSimulator *simulator;         /* borrowed; or NULL */
};

G_DEFINE_FINAL_TYPE (UsDerivedFacts, us_derived_facts, GTK_TYPE_WIDGET)

static void
remove_children (UsDerivedFacts *self)
{
  GtkWidget *child;

  g_ptr_array_set_size (self->numbers, 0);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))) != NULL)
    gtk_widget_unparent (child);
}

/* The number over its name. */
static void
add_fact (UsDerivedFacts  *self,
          const UsDerived *derived)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *number = g_object_new (US_TYPE_READ_OUT, "text", "–", NULL);
  g_autofree char *text = g_str_equal (derived->symbol, _(derived->label))
                          ? g_strdup (derived->symbol)
                          : g_strdup_printf ("%s %s", _(derived->label), derived->symbol);
  GtkWidget *name = gtk_label_new (text);

  gtk_widget_add_css_class (number, "title-4");
  gtk_label_set_wrap (GTK_LABEL (name), TRUE);
  gtk_label_set_justify (GTK_LABEL (name), GTK_JUSTIFY_CENTER);
  gtk_widget_add_css_class (name, "caption");
  gtk_widget_add_css_class (name, "dim-label");
  gtk_box_append (GTK_BOX (box), number);
  gtk_box_append (GTK_BOX (box), name);
  gtk_widget_set_hexpand (box, TRUE);
  gtk_widget_set_parent (box, GTK_WIDGET (self));
  g_ptr_array_add (self->numbers, number);
}

void
us_derived_facts_set_simulator (UsDerivedFacts    *self,
                                const UsSimulator *simulator)
{
  gsize n = simulator != NULL ? simulator->n_derived : 0;

  g_return_if_fail (US_IS_DERIVED_FACTS (self));

  if (simulator == self->simulator)
    return;
  self->simulator = simulator;
  remove_children (self);
  for (gsize i = 0; i < n; i++)
    add_fact (self, &simulator->derived[i]);
  gtk_widget_set_visible (GTK_WIDGET (self), n > 0);
}

static void
set_fact (UsDerivedFacts *self,
          guint           which,
          const char     *text)
{
  g_autofree char *described = g_strdup_printf ("%s %s", _(self->simulator->derived[which].label), text);

  us_read_out_set_text (self->numbers->pdata[which], text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->numbers->pdata[which]), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  described, -1);
}

void
us_derived_facts_set_theta (UsDerivedFacts *self,
                            const double   *theta)
{
  g_return_if_fail (US_IS_DERIVED_FACTS (self));

  for (guint i = 0; i < self->numbers->len; i++)
    {
      const UsDerived *derived = &self->simulator->derived[i];
      g_autofree char *text = us_quantity_format (theta != NULL ? derived->value (self->simulator, theta) : NAN,
                                                  derived->unit);

      set_fact (self, i, text);
    }
}

void
us_derived_facts_set_readings (UsDerivedFacts         *self,
                               const UsDerivedReading *readings)
{
  g_return_if_fail (US_IS_DERIVED_FACTS (self));

  for (guint i = 0; i < self->numbers->len; i++)
    {
      const UsDerivedReading none = { NAN, NAN, NAN, NAN };
      const UsDerivedReading *reading = readings != NULL ? &readings[i] : &none;
      g_autofree char *text = us_quantity_format_interval (reading->value, reading->lower, reading->upper,
                                                           self->simulator->derived[i].unit);

      set_fact (self, i, text);
    }
}

static void
us_derived_facts_dispose (GObject *object)
{
  UsDerivedFacts *self = US_DERIVED_FACTS (object);

  if (self->numbers != NULL)
    remove_children (self);
  g_clear_pointer (&self->numbers, g_ptr_array_unref);

  G_OBJECT_CLASS (us_derived_facts_parent_class)->dispose (object);
}

static void
us_derived_facts_class_init (UsDerivedFactsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = us_derived_facts_dispose;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BOX_LAYOUT);
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
us_derived_facts_init (UsDerivedFacts *self)
{
  GtkBoxLayout *layout = GTK_BOX_LAYOUT (gtk_widget_get_layout_manager (GTK_WIDGET (self)));

  self->numbers = g_ptr_array_new ();
  gtk_box_layout_set_homogeneous (layout, TRUE);
  gtk_box_layout_set_spacing (layout, 12);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

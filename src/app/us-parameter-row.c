/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-parameter-row.h"

#include "us-adaptive-box.h"
#include "us-density-view.h"

#include <glib/gi18n.h>
#include <math.h>

#define N_NUMBERS 3             /* a, b, c of a distribution */
#define SHOWN "%.6g"           /* how a number is shown */
#define N_KINDS (US_DISTRIBUTION_FIXED + 1)

struct _UsParameterRow
{
  GtkListBoxRow      parent_instance;

  const UsParameter *parameter;
  GtkWidget         *kind;                      /* a drop-down; children are borrowed */
  GtkWidget         *captions[N_NUMBERS];
  GtkWidget         *entries[N_NUMBERS];
  GtkWidget         *density;
  GtkWidget         *message;
  UsDistribution     valid;                     /* the last that passed the check */
  gboolean           ok;
  gboolean           filling;                   /* by program, not by the user */
};

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UsParameterRow, us_parameter_row, GTK_TYPE_LIST_BOX_ROW)

/* What the numbers of each kind are called, in the order in which they are shown; index
 * into a, b, c. */
static const struct
{
  const char *name;
  const char *tooltip;
  const char *captions[N_NUMBERS];
} kinds[N_KINDS] = {
  [US_DISTRIBUTION_UNIFORM] =
    { N_("Uniform"), N_("Every value between the two is equally likely"), { N_("from"), N_("to") } },
  [US_DISTRIBUTION_LOG_UNIFORM] =
    { N_("Log-uniform"), N_("Every order of magnitude between the two is equally likely"),
      { N_("from"), N_("to") } },
  [US_DISTRIBUTION_NORMAL] =
    { N_("Normal"), N_("Bell-shaped about the mean, cut to the parameter’s bounds"),
      { N_("mean"), N_("sd") } },
  [US_DISTRIBUTION_LOG_NORMAL] =
    { N_("Log-normal"), N_("The logarithm is normal; mean and standard deviation are those of the "
                           "natural logarithm"), { N_("mean ln"), N_("sd ln") } },
  [US_DISTRIBUTION_TRIANGULAR] =
    { N_("Triangular"), N_("Most likely at the mode, falling to nothing at both ends"),
      { N_("from"), N_("to"), N_("mode") } },
  [US_DISTRIBUTION_DISCRETE] =
    { N_("Whole numbers"), N_("Every whole number between the two is equally likely"),
      { N_("from"), N_("to") } },
  [US_DISTRIBUTION_FIXED] =
    { N_("Fixed"), N_("Always this value: it is not learnt"), { N_("at") } },
};

static const double *
number_of (const UsDistribution *distribution,
           int                   i)
{
  const double *numbers[] = { &distribution->a, &distribution->b, &distribution->c };

  return numbers[i];
}

static UsDistributionKind
selected_kind (UsParameterRow *self)
{
  return gtk_drop_down_get_selected (GTK_DROP_DOWN (self->kind));
}

/* Reads one number, with a point or a comma; the whole text must be one. */
static gboolean
parse_number (const char *text,
              double     *value)
{
  g_autofree char *plain = g_strdelimit (g_strstrip (g_strdup (text)), ",", '.');
  char *end;

  /* The minus sign that typographers use. */
  if (g_str_has_prefix (plain, "−"))
    {
      char *ascii = g_strconcat ("-", plain + strlen ("−"), NULL);

      g_free (plain);
      plain = ascii;
    }
  *value = g_ascii_strtod (plain, &end);
  return end != plain && *end == '\0' && isfinite (*value);
}

/* An entry shows six digits.  One that stands for a bound, or for a number of the default or of the last valid
 * distribution, means that number and not what is left of it: 6.28319 is 2π where that is the bound. */
static double
meant (UsParameterRow *self,
       double          value)
{
  const UsDistribution *own = &self->parameter->prior, *last = &self->valid;
  const double known[] = { self->parameter->lower, self->parameter->upper, own->a, own->b, own->c, last->a, last->b, last->c };

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    {
      char text[G_ASCII_DTOSTR_BUF_SIZE];

      if (g_ascii_strtod (g_ascii_formatd (text, sizeof text, SHOWN, known[i]), NULL) == value)
        return known[i];
    }
  return value;
}

static void
show_message (UsParameterRow *self,
              const char     *text)
{
  gtk_label_set_label (GTK_LABEL (self->message), text != NULL ? text : "");
  gtk_widget_set_visible (self->message, text != NULL);
}

static void
mark (GtkWidget *entry,
      gboolean   wrong)
{
  if (wrong)
    gtk_widget_add_css_class (entry, "error");
  else
    gtk_widget_remove_css_class (entry, "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_STATE_INVALID,
                               wrong ? GTK_ACCESSIBLE_INVALID_TRUE : GTK_ACCESSIBLE_INVALID_FALSE,
                               -1);
}

/* Entries → distribution; FALSE with the message shown and the entry marked. */
static gboolean
read_entries (UsParameterRow *self,
              UsDistribution *distribution)
{
  guint n = us_distribution_n_numbers (selected_kind (self));
  g_autoptr(GError) error = NULL;
  double values[N_NUMBERS] = { 0 };

  for (guint i = 0; i < n; i++)
    {
      const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entries[i]));
      gboolean good = parse_number (text, &values[i]);

      mark (self->entries[i], !good);
      if (!good)
        {
          g_autofree char *words = *text == '\0'
            ? g_strdup (_("A number is missing."))
            : g_strdup_printf (_("“%s” is not a number."), text);

          show_message (self, words);
          return FALSE;
        }
      values[i] = meant (self, values[i]);
    }
  *distribution = (UsDistribution) { selected_kind (self), values[0], values[1], values[2] };
  if (!us_distribution_check (distribution, self->parameter, &error))
    {
      for (guint i = 0; i < n; i++)
        mark (self->entries[i], TRUE);
      show_message (self, error->message);
      return FALSE;
    }
  show_message (self, NULL);
  return TRUE;
}

/* Takes what the entries say; the drawing and the message follow. */
static void
update (UsParameterRow *self)
{
  UsDistribution distribution;

  self->ok = read_entries (self, &distribution);
  if (self->ok)
    self->valid = distribution;
  us_density_view_set (US_DENSITY_VIEW (self->density), self->parameter,
                       self->ok ? &self->valid : NULL);
}

/* Shows the entries that this kind has, under its names for them. */
static void
arrange (UsParameterRow *self)
{
  UsDistributionKind kind = selected_kind (self);

  for (int i = 0; i < N_NUMBERS; i++)
    {
      const char *caption = kinds[kind].captions[i];
      g_autofree char *accessible = NULL;

      gtk_widget_set_visible (self->captions[i], caption != NULL);
      gtk_widget_set_visible (self->entries[i], caption != NULL);
      if (caption == NULL)
        continue;
      gtk_label_set_label (GTK_LABEL (self->captions[i]), _(caption));
      accessible = g_strdup_printf ("%s, %s", _(self->parameter->label), _(caption));
      gtk_accessible_update_property (GTK_ACCESSIBLE (self->entries[i]),
                                      GTK_ACCESSIBLE_PROPERTY_LABEL, accessible, -1);
    }
  gtk_widget_set_tooltip_text (self->kind, _(kinds[kind].tooltip));
}

static void
fill_entries (UsParameterRow       *self,
              const UsDistribution *distribution)
{
  self->filling = TRUE;
  for (guint i = 0; i < us_distribution_n_numbers (distribution->kind); i++)
    {
      g_autofree char *text = g_strdup_printf (SHOWN, *number_of (distribution, i));

      gtk_editable_set_text (GTK_EDITABLE (self->entries[i]), text);
    }
  self->filling = FALSE;
}

/* A distribution of the kind over about the same values as the last valid one. */
static UsDistribution
converted (UsParameterRow     *self,
           UsDistributionKind  kind)
{
  double lower, upper, middle, positive;

  us_distribution_support (&self->valid, self->parameter, &lower, &upper);
  /* A bell is cut only at the hard bounds: take what it mostly covers. */
  if (self->valid.kind == US_DISTRIBUTION_NORMAL)
    {
      lower = MAX (lower, self->valid.a - 3 * self->valid.b);
      upper = MIN (upper, self->valid.a + 3 * self->valid.b);
    }
  else if (self->valid.kind == US_DISTRIBUTION_LOG_NORMAL)
    {
      lower = MAX (lower, exp (self->valid.a - 3 * self->valid.b));
      upper = MIN (upper, exp (self->valid.a + 3 * self->valid.b));
    }
  else if (self->valid.kind == US_DISTRIBUTION_FIXED)
    us_distribution_support (&self->parameter->prior, self->parameter, &lower, &upper);

  middle = (lower + upper) / 2;
  positive = lower > 0 ? lower : upper / 1000;
  switch (kind)
    {
    case US_DISTRIBUTION_LOG_UNIFORM:
      return (UsDistribution) { kind, positive, upper, 0 };
    case US_DISTRIBUTION_NORMAL:
      return (UsDistribution) { kind, middle, (upper - lower) / 6, 0 };
    case US_DISTRIBUTION_LOG_NORMAL:
      return (UsDistribution) { kind, (log (positive) + log (upper)) / 2,
                                log (upper / positive) / 6, 0 };
    case US_DISTRIBUTION_TRIANGULAR:
      return (UsDistribution) { kind, lower, upper, middle };
    case US_DISTRIBUTION_DISCRETE:
      return (UsDistribution) { kind, ceil (lower), floor (upper), 0 };
    case US_DISTRIBUTION_FIXED:
      return (UsDistribution) { kind, middle, 0, 0 };
    case US_DISTRIBUTION_UNIFORM:
    default:
      return (UsDistribution) { kind, lower, upper, 0 };
    }
}

static void
on_kind (UsParameterRow *self)
{
  UsDistribution distribution;

  if (self->filling)
    return;
  arrange (self);
  distribution = converted (self, selected_kind (self));
  /* A parameter that is never positive has no logarithm: the entries then say what is wrong. */
  for (int i = 0; i < N_NUMBERS; i++)
    if (!isfinite (*number_of (&distribution, i)))
      distribution = (UsDistribution) { distribution.kind, 0, 0, 0 };
  fill_entries (self, &distribution);
  update (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
on_entry (UsParameterRow *self)
{
  if (self->filling)
    return;
  update (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

gboolean
us_parameter_row_get (UsParameterRow *self,
                      UsDistribution *distribution)
{
  g_return_val_if_fail (US_IS_PARAMETER_ROW (self), FALSE);

  *distribution = self->valid;
  return self->ok;
}

void
us_parameter_row_set (UsParameterRow       *self,
                      const UsDistribution *distribution)
{
  g_return_if_fail (US_IS_PARAMETER_ROW (self));

  self->filling = TRUE;
  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->kind), distribution->kind);
  self->filling = FALSE;
  arrange (self);
  fill_entries (self, distribution);
  update (self);
}

static GtkWidget *
make_name (const UsParameter *parameter)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *label = gtk_label_new (_(parameter->label));
  gboolean has_unit = parameter->unit != NULL && *parameter->unit != '\0';
  g_autofree char *below = has_unit ? g_strdup_printf ("%s · %s", parameter->symbol, parameter->unit)
                                    : g_strdup (parameter->symbol);
  g_autofree char *tooltip = NULL;
  GtkWidget *symbol = gtk_label_new (below);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign (GTK_LABEL (symbol), 0);
  gtk_widget_add_css_class (symbol, "caption");
  gtk_widget_add_css_class (symbol, "dim-label");
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), symbol);
  gtk_widget_set_valign (box, GTK_ALIGN_CENTER);
  /* Translators: lower bound, upper bound, where the default prior comes from */
  tooltip = g_strdup_printf (_("Defined from %g to %g.\nDefault prior: %s"), parameter->lower,
                             parameter->upper,
                             parameter->source != NULL ? parameter->source : _("not documented"));
  gtk_widget_set_tooltip_text (box, tooltip);
  return box;
}

static GtkWidget *
make_numbers (UsParameterRow *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  for (int i = 0; i < N_NUMBERS; i++)
    {
      self->captions[i] = gtk_label_new (NULL);
      gtk_widget_add_css_class (self->captions[i], "dim-label");
      gtk_box_append (GTK_BOX (box), self->captions[i]);

      self->entries[i] = gtk_entry_new ();
      gtk_editable_set_width_chars (GTK_EDITABLE (self->entries[i]), 6);
      gtk_editable_set_max_width_chars (GTK_EDITABLE (self->entries[i]), 8);
      gtk_entry_set_input_purpose (GTK_ENTRY (self->entries[i]), GTK_INPUT_PURPOSE_NUMBER);
      gtk_widget_add_css_class (self->entries[i], "numeric");
      gtk_widget_set_valign (self->entries[i], GTK_ALIGN_CENTER);
      g_signal_connect_object (self->entries[i], "changed", G_CALLBACK (on_entry), self,
                               G_CONNECT_SWAPPED);
      gtk_box_append (GTK_BOX (box), self->entries[i]);
    }
  self->density = g_object_new (US_TYPE_DENSITY_VIEW, "valign", GTK_ALIGN_CENTER,
                                "hexpand", TRUE, "halign", GTK_ALIGN_END, NULL);
  gtk_box_append (GTK_BOX (box), self->density);
  return box;
}

GtkWidget *
us_parameter_row_new (const UsParameter *parameter,
                      GtkSizeGroup      *names,
                      GtkSizeGroup      *kind_group)
{
  UsParameterRow *self = g_object_new (US_TYPE_PARAMETER_ROW, NULL);
  g_autoptr(GtkStringList) list = gtk_string_list_new (NULL);
  GtkWidget *outer = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *head = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 9);
  GtkWidget *name = make_name (parameter);
  g_autofree char *accessible = NULL;

  self->parameter = parameter;
  for (int i = 0; i < N_KINDS; i++)
    gtk_string_list_append (list, _(kinds[i].name));
  self->kind = gtk_drop_down_new (G_LIST_MODEL (g_steal_pointer (&list)), NULL);
  gtk_widget_set_valign (self->kind, GTK_ALIGN_CENTER);
  accessible = g_strdup_printf (_("Prior of %s"), _(parameter->label));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->kind),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, accessible, -1);
  g_signal_connect_object (self->kind, "notify::selected", G_CALLBACK (on_kind), self,
                           G_CONNECT_SWAPPED);
  gtk_size_group_add_widget (names, name);
  gtk_size_group_add_widget (kind_group, self->kind);
  gtk_widget_set_hexpand (name, TRUE);
  gtk_box_append (GTK_BOX (head), name);
  gtk_box_append (GTK_BOX (head), self->kind);

  gtk_box_append (GTK_BOX (outer),
                  g_object_new (US_TYPE_ADAPTIVE_BOX, "start", head, "end", make_numbers (self),
                                "threshold", 520, "start-width", 260, "spacing", 9, NULL));
  self->message = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (self->message), 0);
  gtk_label_set_wrap (GTK_LABEL (self->message), TRUE);
  gtk_widget_add_css_class (self->message, "error");
  gtk_widget_add_css_class (self->message, "caption");
  gtk_widget_set_visible (self->message, FALSE);
  gtk_box_append (GTK_BOX (outer), self->message);

  gtk_widget_set_margin_start (outer, 12);
  gtk_widget_set_margin_end (outer, 12);
  gtk_widget_set_margin_top (outer, 6);
  gtk_widget_set_margin_bottom (outer, 6);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (self), outer);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, _(parameter->label), -1);
  us_parameter_row_set (self, &parameter->prior);
  return GTK_WIDGET (self);
}

static void
us_parameter_row_class_init (UsParameterRowClass *klass)
{
  signals[CHANGED] = g_signal_new ("changed", US_TYPE_PARAMETER_ROW, G_SIGNAL_RUN_LAST, 0,
                                   NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
us_parameter_row_init (UsParameterRow *self)
{
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (self), FALSE);
  gtk_widget_set_focusable (GTK_WIDGET (self), FALSE);
}

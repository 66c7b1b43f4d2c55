/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-table.h"

struct _UsTable
{
  GtkWidget  parent_instance;

  GtkWidget *scroller;
  GtkGrid   *grid;
  gsize      n_rows, n_columns;         /* the header counted */
};

enum
{
  PROP_0,
  PROP_LABEL,
};

G_DEFINE_FINAL_TYPE (UsTable, us_table, GTK_TYPE_WIDGET)

/* Rows of the grid: header, line, then the others. */
static int
grid_row (gsize row)
{
  return row == 0 ? 0 : (int) row + 1;
}

static GtkLabel *
cell_at (UsTable *self,
         gsize    row,
         gsize    column)
{
  return GTK_LABEL (gtk_grid_get_child_at (self->grid, (int) column, grid_row (row)));
}

static void
build (UsTable *self,
       gsize    n_rows,
       gsize    n_columns)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->grid))) != NULL)
    gtk_grid_remove (self->grid, child);
  for (gsize r = 0; r < n_rows; r++)
    for (gsize c = 0; c < n_columns; c++)
      {
        GtkWidget *label = gtk_label_new (NULL);

        gtk_label_set_xalign (GTK_LABEL (label), c == 0 ? 0 : 1);
        gtk_widget_set_hexpand (label, c == 0);
        gtk_widget_add_css_class (label, r == 0 ? "caption-heading" : "numeric");
        if (r == 0)
          gtk_widget_add_css_class (label, "dim-label");
        gtk_grid_attach (self->grid, label, (int) c, grid_row (r), 1, 1);
      }
  gtk_grid_attach (self->grid, gtk_separator_new (GTK_ORIENTATION_HORIZONTAL), 0, 1, (int) n_columns, 1);
  self->n_rows = n_rows;
  self->n_columns = n_columns;
}

void
us_table_set_cells (UsTable           *self,
                    gsize              n_rows,
                    gsize              n_columns,
                    const char *const *cells)
{
  g_return_if_fail (US_IS_TABLE (self) && n_columns > 0);

  if (n_rows + 1 != self->n_rows || n_columns != self->n_columns)
    build (self, n_rows + 1, n_columns);
  for (gsize r = 0; r <= n_rows; r++)
    for (gsize c = 0; c < n_columns; c++)
      {
        GtkLabel *label = cell_at (self, r, c);

        if (g_strcmp0 (gtk_label_get_text (label), cells[r * n_columns + c]) == 0)
          continue;
        gtk_label_set_text (label, cells[r * n_columns + c]);
        if (r > 0 && c > 0)
          {
            g_autofree char *place = g_strdup_printf ("%s, %s", cells[r * n_columns], cells[c]);

            gtk_accessible_update_property (GTK_ACCESSIBLE (label), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, place, -1);
          }
      }
}

const char *
us_table_get_cell (UsTable *self,
                   gsize    row,
                   gsize    column)
{
  g_return_val_if_fail (US_IS_TABLE (self), NULL);

  return row < self->n_rows && column < self->n_columns ? gtk_label_get_text (cell_at (self, row, column)) : NULL;
}

static void
us_table_set_property (GObject      *object,
                       guint         id,
                       const GValue *value,
                       GParamSpec   *pspec)
{
  if (id == PROP_LABEL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (object), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                    g_value_get_string (value), -1);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
us_table_dispose (GObject *object)
{
  g_clear_pointer (&US_TABLE (object)->scroller, gtk_widget_unparent);

  G_OBJECT_CLASS (us_table_parent_class)->dispose (object);
}

static void
us_table_class_init (UsTableClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->set_property = us_table_set_property;
  object_class->dispose = us_table_dispose;
  g_object_class_install_property (object_class, PROP_LABEL,
    g_param_spec_string ("label", NULL, NULL, NULL, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
  gtk_widget_class_set_css_name (widget_class, "table");
}

/* A table is as high as it needs: of the wheel it wants what goes sideways, the rest is the page's, which GTK's
 * scrolled window would keep. */
static void
leave_wheel_to_page (GtkWidget *scroller)
{
  g_autoptr(GListModel) controllers = gtk_widget_observe_controllers (scroller);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr(GObject) controller = g_list_model_get_item (controllers, i);

      if (GTK_IS_EVENT_CONTROLLER_SCROLL (controller))
        gtk_event_controller_scroll_set_flags (GTK_EVENT_CONTROLLER_SCROLL (controller), GTK_EVENT_CONTROLLER_SCROLL_HORIZONTAL);
    }
}

static void
us_table_init (UsTable *self)
{
  self->grid = GTK_GRID (gtk_grid_new ());
  gtk_grid_set_column_spacing (self->grid, 24);
  gtk_grid_set_row_spacing (self->grid, 6);
  g_object_set (self->grid, "margin-top", 12, "margin-bottom", 12, "margin-start", 12, "margin-end", 12, NULL);
  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller), GTK_POLICY_AUTOMATIC, GTK_POLICY_NEVER);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), GTK_WIDGET (self->grid));
  gtk_widget_set_parent (self->scroller, GTK_WIDGET (self));
  leave_wheel_to_page (self->scroller);
  gtk_widget_add_css_class (GTK_WIDGET (self), "card");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-adaptive-box.h"

struct _UsAdaptiveBox
{
  GtkWidget  parent_instance;

  GtkWidget *start;             /* or NULL */
  GtkWidget *end;               /* or NULL */
  int        threshold;
  int        start_width;
  int        spacing;
  gboolean   end_first;
  gboolean   stacked;           /* as allocated */
  guint      notify_id;
};

enum
{
  PROP_0,
  PROP_START,
  PROP_END,
  PROP_THRESHOLD,
  PROP_START_WIDTH,
  PROP_SPACING,
  PROP_END_FIRST,
  PROP_STACKED,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UsAdaptiveBox, us_adaptive_box, GTK_TYPE_WIDGET)

gboolean
us_adaptive_box_get_stacked (UsAdaptiveBox *self)
{
  g_return_val_if_fail (US_IS_ADAPTIVE_BOX (self), FALSE);

  return self->stacked;
}

static gboolean
is_shown (GtkWidget *child)
{
  return child != NULL && gtk_widget_should_layout (child);
}

/* Width of the start child when both share `width` side by side. */
static int
start_share (UsAdaptiveBox *self,
             int            width)
{
  int minimum_start, minimum_end, share;

  if (!is_shown (self->start))
    return 0;
  if (!is_shown (self->end))
    return width;
  gtk_widget_measure (self->start, GTK_ORIENTATION_HORIZONTAL, -1, &minimum_start, NULL, NULL, NULL);
  gtk_widget_measure (self->end, GTK_ORIENTATION_HORIZONTAL, -1, &minimum_end, NULL, NULL, NULL);
  share = self->start_width > 0 ? self->start_width : (width - self->spacing) / 2;
  share = MIN (share, width - self->spacing - minimum_end);
  return MAX (share, minimum_start);
}

static gboolean
is_wide (UsAdaptiveBox *self,
         int            width)
{
  int minimum_start = 0, minimum_end = 0;

  if (width < self->threshold)
    return FALSE;
  if (is_shown (self->start))
    gtk_widget_measure (self->start, GTK_ORIENTATION_HORIZONTAL, -1, &minimum_start, NULL, NULL, NULL);
  if (is_shown (self->end))
    gtk_widget_measure (self->end, GTK_ORIENTATION_HORIZONTAL, -1, &minimum_end, NULL, NULL, NULL);
  return minimum_start + self->spacing + minimum_end <= width;
}

static void
us_adaptive_box_measure (GtkWidget      *widget,
                         GtkOrientation  orientation,
                         int             for_size,
                         int            *minimum,
                         int            *natural,
                         int            *minimum_baseline,
                         int            *natural_baseline)
{
  UsAdaptiveBox *self = US_ADAPTIVE_BOX (widget);
  GtkWidget *children[] = { self->start, self->end };
  gboolean wide = orientation == GTK_ORIENTATION_VERTICAL && for_size >= 0 && is_wide (self, for_size);
  int share = wide ? start_share (self, for_size) : 0;
  int widths[] = { for_size, for_size };
  int n = 0;

  if (wide && is_shown (self->start) && is_shown (self->end))
    {
      widths[0] = share;
      widths[1] = for_size - share - self->spacing;
    }
  *minimum = *natural = 0;
  for (int i = 0; i < 2; i++)
    {
      int child_minimum, child_natural;

      if (!is_shown (children[i]))
        continue;
      n++;
      gtk_widget_measure (children[i], orientation,
                          orientation == GTK_ORIENTATION_VERTICAL ? widths[i] : -1,
                          &child_minimum, &child_natural, NULL, NULL);
      if (orientation == GTK_ORIENTATION_HORIZONTAL)
        {
          /* It can always be stacked, and would rather not be. */
          *minimum = MAX (*minimum, child_minimum);
          *natural += child_natural;
        }
      else if (wide)
        {
          *minimum = MAX (*minimum, child_minimum);
          *natural = MAX (*natural, child_natural);
        }
      else
        {
          *minimum += child_minimum;
          *natural += child_natural;
        }
    }
  if (n == 2)
    {
      if (orientation == GTK_ORIENTATION_HORIZONTAL)
        *natural += self->spacing;
      else if (!wide)
        {
          *minimum += self->spacing;
          *natural += self->spacing;
        }
    }
}

static gboolean
notify_stacked (gpointer data)
{
  UsAdaptiveBox *self = data;

  self->notify_id = 0;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STACKED]);
  return G_SOURCE_REMOVE;
}

static void
allocate_child (GtkWidget *child,
                int        x,
                int        y,
                int        width,
                int        height)
{
  gtk_widget_size_allocate (child, &(GtkAllocation) { x, y, MAX (width, 0), MAX (height, 0) }, -1);
}

/* A scrolled window does not ask its child how high it is at this width: we do. */
static void
measure_height (GtkWidget *child,
                int        width,
                int       *minimum,
                int       *natural)
{
  GtkWidget *inner = GTK_IS_SCROLLED_WINDOW (child)
                       ? gtk_scrolled_window_get_child (GTK_SCROLLED_WINDOW (child)) : NULL;

  gtk_widget_measure (child, GTK_ORIENTATION_VERTICAL, width, minimum, natural, NULL, NULL);
  if (inner != NULL)
    gtk_widget_measure (inner, GTK_ORIENTATION_VERTICAL, width, NULL, natural, NULL, NULL);
  *natural = MAX (*natural, *minimum);
}

static void
allocate_stacked (UsAdaptiveBox *self,
                  int            width,
                  int            height)
{
  GtkWidget *first = self->end_first ? self->end : self->start;
  GtkWidget *second = self->end_first ? self->start : self->end;
  int minimum, natural, rest, top;

  if (!is_shown (first) || !is_shown (second))
    {
      if (is_shown (first))
        allocate_child (first, 0, 0, width, height);
      if (is_shown (second))
        allocate_child (second, 0, 0, width, height);
      return;
    }
  gtk_widget_measure (second, GTK_ORIENTATION_VERTICAL, width, &rest, NULL, NULL, NULL);
  measure_height (first, width, &minimum, &natural);
  top = MAX (minimum, MIN (natural, height - self->spacing - rest));
  allocate_child (first, 0, 0, width, top);
  allocate_child (second, 0, top + self->spacing, width, height - top - self->spacing);
}

static void
us_adaptive_box_size_allocate (GtkWidget *widget,
                               int        width,
                               int        height,
                               int        baseline)
{
  UsAdaptiveBox *self = US_ADAPTIVE_BOX (widget);
  gboolean stacked = !is_wide (self, width);

  if (stacked)
    allocate_stacked (self, width, height);
  else
    {
      int share = start_share (self, width);
      int x = is_shown (self->start) && is_shown (self->end) ? share + self->spacing : 0;

      if (is_shown (self->start))
        allocate_child (self->start, 0, 0, share, height);
      if (is_shown (self->end))
        allocate_child (self->end, x, 0, width - x, height);
    }
  if (stacked != self->stacked)
    {
      self->stacked = stacked;
      if (self->notify_id == 0)
        self->notify_id = g_idle_add_full (G_PRIORITY_HIGH_IDLE, notify_stacked, self, NULL);
    }
}

static GtkSizeRequestMode
us_adaptive_box_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
us_adaptive_box_compute_expand (GtkWidget *widget,
                                gboolean  *hexpand,
                                gboolean  *vexpand)
{
  UsAdaptiveBox *self = US_ADAPTIVE_BOX (widget);
  GtkWidget *children[] = { self->start, self->end };

  *hexpand = *vexpand = FALSE;
  for (int i = 0; i < 2; i++)
    if (children[i] != NULL)
      {
        *hexpand |= gtk_widget_compute_expand (children[i], GTK_ORIENTATION_HORIZONTAL);
        *vexpand |= gtk_widget_compute_expand (children[i], GTK_ORIENTATION_VERTICAL);
      }
}

/* The order of the children is the order of Tab. */
static void
set_child (UsAdaptiveBox  *self,
           GtkWidget     **place,
           GtkWidget      *child)
{
  if (*place == child)
    return;
  g_clear_pointer (place, gtk_widget_unparent);
  *place = child;
  if (child == NULL)
    return;
  if (child == self->start)
    gtk_widget_insert_before (child, GTK_WIDGET (self), self->end);
  else
    gtk_widget_insert_after (child, GTK_WIDGET (self), self->start);
}

static void
us_adaptive_box_get_property (GObject    *object,
                              guint       id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  UsAdaptiveBox *self = US_ADAPTIVE_BOX (object);

  switch (id)
    {
    case PROP_START:
      g_value_set_object (value, self->start);
      break;
    case PROP_END:
      g_value_set_object (value, self->end);
      break;
    case PROP_THRESHOLD:
      g_value_set_int (value, self->threshold);
      break;
    case PROP_START_WIDTH:
      g_value_set_int (value, self->start_width);
      break;
    case PROP_SPACING:
      g_value_set_int (value, self->spacing);
      break;
    case PROP_END_FIRST:
      g_value_set_boolean (value, self->end_first);
      break;
    case PROP_STACKED:
      g_value_set_boolean (value, self->stacked);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
us_adaptive_box_set_property (GObject      *object,
                              guint         id,
                              const GValue *value,
                              GParamSpec   *pspec)
{
  UsAdaptiveBox *self = US_ADAPTIVE_BOX (object);

  switch (id)
    {
    case PROP_START:
      set_child (self, &self->start, g_value_get_object (value));
      break;
    case PROP_END:
      set_child (self, &self->end, g_value_get_object (value));
      break;
    case PROP_THRESHOLD:
      self->threshold = g_value_get_int (value);
      break;
    case PROP_START_WIDTH:
      self->start_width = g_value_get_int (value);
      break;
    case PROP_SPACING:
      self->spacing = g_value_get_int (value);
      break;
    case PROP_END_FIRST:
      self->end_first = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

static void
us_adaptive_box_dispose (GObject *object)
{
  UsAdaptiveBox *self = US_ADAPTIVE_BOX (object);

  g_clear_handle_id (&self->notify_id, g_source_remove);
  g_clear_pointer (&self->start, gtk_widget_unparent);
  g_clear_pointer (&self->end, gtk_widget_unparent);

  G_OBJECT_CLASS (us_adaptive_box_parent_class)->dispose (object);
}

static void
us_adaptive_box_class_init (UsAdaptiveBoxClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = us_adaptive_box_get_property;
  object_class->set_property = us_adaptive_box_set_property;
  object_class->dispose = us_adaptive_box_dispose;
  widget_class->measure = us_adaptive_box_measure;
  widget_class->size_allocate = us_adaptive_box_size_allocate;
  widget_class->get_request_mode = us_adaptive_box_get_request_mode;
  widget_class->compute_expand = us_adaptive_box_compute_expand;

  properties[PROP_START] = g_param_spec_object ("start", NULL, NULL, GTK_TYPE_WIDGET, flags);
  properties[PROP_END] = g_param_spec_object ("end", NULL, NULL, GTK_TYPE_WIDGET, flags);
  properties[PROP_THRESHOLD] = g_param_spec_int ("threshold", NULL, NULL, 0, G_MAXINT, 800, flags);
  properties[PROP_START_WIDTH] = g_param_spec_int ("start-width", NULL, NULL, 0, G_MAXINT, 0, flags);
  properties[PROP_SPACING] = g_param_spec_int ("spacing", NULL, NULL, 0, G_MAXINT, 0, flags);
  properties[PROP_END_FIRST] = g_param_spec_boolean ("end-first", NULL, NULL, FALSE, flags);
  properties[PROP_STACKED] = g_param_spec_boolean ("stacked", NULL, NULL, FALSE,
                                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
us_adaptive_box_init (UsAdaptiveBox *self)
{
  self->threshold = 800;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-gallery.h"

#include "us-image-view.h"
#include "us-mailbox.h"
#include "us-preview.h"
#include "us-prior.h"
#include "us-thumbnail.h"

#include <glib/gi18n.h>

#define REFRESH_SECONDS 2
#define GALLERY_SEED 2019
#define PICTURE_SIZE 56
#define COLUMNS 3

struct _UsGallery
{
  AdwBin      parent_instance;

  gsize       n_cards;
  GtkWidget **buttons;          /* (n) borrowed, owned array */
  GtkWidget **views;            /* (n) likewise */
  UsPreview  *slot;
  UsMailbox  *mailbox;
  guint64     row;              /* of the stream of draws */
  guint       timeout_id;
  gboolean    selecting;        /* by program */
};

enum
{
  CHOSEN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UsGallery, us_gallery, ADW_TYPE_BIN)

/* Small pictures of one draw of each simulator. */
typedef struct
{
  gsize   n;
  float **pixels;               /* (n); NULL: none this time */
} Letter;

static void
letter_free (gpointer data)
{
  Letter *letter = data;

  for (gsize i = 0; i < letter->n; i++)
    g_free (letter->pixels[i]);
  g_free (letter->pixels);
  g_free (letter);
}

typedef struct
{
  UsMailbox *mailbox;
  guint64    row;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  us_mailbox_unref (job->mailbox);
  g_free (job);
}

static float *
draw_one (const UsSimulator *simulator,
          guint64            row)
{
  const UsOutput *output = &simulator->outputs[0];
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  g_autofree double *theta = g_new (double, simulator->n_parameters);
  g_autofree float *x = g_new (float, us_output_n_values (output));
  gsize height, width, channels;
  float *pixels;

  if (!us_simulate_rows (prior, 0, GALLERY_SEED, row, 1, theta, x, NULL))
    return NULL;
  us_thumbnail_size (output, &height, &width, &channels);
  pixels = g_new (float, height * width * channels);
  us_thumbnail_render (output, x, pixels);
  return pixels;
}

/* The slot's thread. */
static void
run (gpointer    data,
     const gint *cancelled)
{
  Job *job = data;
  Letter *letter = g_new0 (Letter, 1);
  const UsSimulator *const *list = us_registry_list (&letter->n);

  letter->pixels = g_new0 (float *, letter->n);
  for (gsize i = 0; i < letter->n; i++)
    letter->pixels[i] = draw_one (list[i], job->row);
  us_mailbox_post (job->mailbox, letter);
}

static void
on_drawn (gpointer owner,
          gpointer data)
{
  UsGallery *self = owner;
  Letter *letter = data;
  gsize n;
  const UsSimulator *const *list = us_registry_list (&n);

  for (gsize i = 0; i < MIN (letter->n, self->n_cards); i++)
    {
      const UsOutput *output = &list[i]->outputs[0];
      gsize height, width, channels;

      us_thumbnail_size (output, &height, &width, &channels);
      if (letter->pixels[i] != NULL)
        us_image_view_set_pixels (US_IMAGE_VIEW (self->views[i]), letter->pixels[i], height, width,
                                  channels, output->lower, output->upper);
    }
  letter_free (letter);
}

static gboolean
refresh (gpointer data)
{
  UsGallery *self = data;
  Job *job = g_new0 (Job, 1);

  job->mailbox = us_mailbox_ref (self->mailbox);
  job->row = self->row++;
  us_preview_submit (self->slot, run, job, job_free);
  return G_SOURCE_CONTINUE;
}

static void
us_gallery_map (GtkWidget *widget)
{
  UsGallery *self = US_GALLERY (widget);
  gboolean animate = TRUE;

  GTK_WIDGET_CLASS (us_gallery_parent_class)->map (widget);
  refresh (self);
  /* Who wants no animations gets pictures that stand still. */
  g_object_get (gtk_widget_get_settings (widget), "gtk-enable-animations", &animate, NULL);
  if (animate)
    self->timeout_id = g_timeout_add_seconds (REFRESH_SECONDS, refresh, self);
}

static void
us_gallery_unmap (GtkWidget *widget)
{
  g_clear_handle_id (&US_GALLERY (widget)->timeout_id, g_source_remove);
  GTK_WIDGET_CLASS (us_gallery_parent_class)->unmap (widget);
}

void
us_gallery_select (UsGallery         *self,
                   const UsSimulator *simulator)
{
  gsize n;
  const UsSimulator *const *list = us_registry_list (&n);

  g_return_if_fail (US_IS_GALLERY (self));

  self->selecting = TRUE;
  for (gsize i = 0; i < self->n_cards; i++)
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->buttons[i]), list[i] == simulator);
  self->selecting = FALSE;
}

static void
on_toggled (GtkToggleButton *button,
            UsGallery       *self)
{
  gpointer simulator = g_object_get_data (G_OBJECT (button), "simulator");

  if (!self->selecting && gtk_toggle_button_get_active (button))
    g_signal_emit (self, signals[CHOSEN], 0, simulator);
}

static GtkWidget *
make_card (UsGallery         *self,
           const UsSimulator *simulator,
           gsize              index)
{
  GtkWidget *button = gtk_toggle_button_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *words = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *title = gtk_label_new (_(simulator->title));
  g_autofree char *count = NULL;
  GtkWidget *detail;

  self->views[index] = us_image_view_new ();
  us_image_view_set_label (US_IMAGE_VIEW (self->views[index]), _("A draw"));
  gtk_widget_set_size_request (self->views[index], PICTURE_SIZE, PICTURE_SIZE);
  gtk_box_append (GTK_BOX (box), g_object_new (ADW_TYPE_CLAMP, "maximum-size", PICTURE_SIZE,
                                               "tightening-threshold", PICTURE_SIZE,
                                               "child", self->views[index], NULL));

  gtk_widget_add_css_class (title, "heading");
  gtk_label_set_xalign (GTK_LABEL (title), 0);
  count = g_strdup_printf (ngettext ("%u parameter", "%u parameters", simulator->n_parameters),
                           (guint) simulator->n_parameters);
  detail = gtk_label_new (count);
  gtk_widget_add_css_class (detail, "caption");
  gtk_widget_add_css_class (detail, "dim-label");
  gtk_label_set_xalign (GTK_LABEL (detail), 0);
  gtk_box_append (GTK_BOX (words), title);
  gtk_box_append (GTK_BOX (words), detail);
  gtk_widget_set_valign (words, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (box), words);

  gtk_button_set_child (GTK_BUTTON (button), box);
  gtk_widget_add_css_class (button, "gallery-card");
  gtk_widget_set_tooltip_text (button, _(simulator->summary));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, _(simulator->title), -1);
  g_object_set_data (G_OBJECT (button), "simulator", (gpointer) simulator);
  g_signal_connect_object (button, "toggled", G_CALLBACK (on_toggled), self, 0);
  return button;
}

static void
us_gallery_dispose (GObject *object)
{
  UsGallery *self = US_GALLERY (object);

  g_clear_handle_id (&self->timeout_id, g_source_remove);
  g_clear_pointer (&self->slot, us_preview_free);
  g_clear_pointer (&self->mailbox, us_mailbox_close);
  g_clear_pointer (&self->buttons, g_free);
  g_clear_pointer (&self->views, g_free);
  self->n_cards = 0;

  G_OBJECT_CLASS (us_gallery_parent_class)->dispose (object);
}

static void
us_gallery_class_init (UsGalleryClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = us_gallery_dispose;
  widget_class->map = us_gallery_map;
  widget_class->unmap = us_gallery_unmap;
  signals[CHOSEN] = g_signal_new ("chosen", US_TYPE_GALLERY, G_SIGNAL_RUN_LAST, 0,
                                  NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
}

static void
us_gallery_init (UsGallery *self)
{
  const UsSimulator *const *list = us_registry_list (&self->n_cards);
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkWidget *grid = gtk_grid_new ();

  self->buttons = g_new0 (GtkWidget *, self->n_cards);
  self->views = g_new0 (GtkWidget *, self->n_cards);
  self->mailbox = us_mailbox_new (self, on_drawn, letter_free);
  self->slot = us_preview_new ("gallery");
  for (gsize i = 0; i < self->n_cards; i++)
    {
      self->buttons[i] = make_card (self, list[i], i);
      if (i > 0)
        gtk_toggle_button_set_group (GTK_TOGGLE_BUTTON (self->buttons[i]),
                                     GTK_TOGGLE_BUTTON (self->buttons[0]));
      gtk_grid_attach (GTK_GRID (grid), self->buttons[i], (int) i % COLUMNS, (int) i / COLUMNS, 1, 1);
    }
  gtk_grid_set_column_homogeneous (GTK_GRID (grid), TRUE);
  gtk_grid_set_column_spacing (GTK_GRID (grid), 9);
  gtk_grid_set_row_spacing (GTK_GRID (grid), 9);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_AUTOMATIC,
                                  GTK_POLICY_NEVER);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), grid);
  adw_bin_set_child (ADW_BIN (self), scroller);
}

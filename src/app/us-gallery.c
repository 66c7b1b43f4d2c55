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
#define TITLE_CHARS 10          /* of a file's name, in two lines; ours are shorter */
#define HEIGHT 290              /* pixels: three rows and the beginning of a fourth, which says that there are more */

struct _UsGallery
{
  AdwBin      parent_instance;

  GtkScrolledWindow *scroller;
  GtkGrid    *grid;
  GArray     *cards;            /* of Card */
  GtkWidget  *chosen;           /* its card, borrowed */
  UsPreview  *slot;
  UsMailbox  *mailbox;
  guint64     row;              /* of the stream of draws */
  guint       timeout_id;
  gboolean    selecting;        /* by program */
};

/* Borrowed all: tables live as long as the program, widgets as long as the grid. */
typedef struct
{
  const UsSimulator *simulator;
  GtkWidget         *button;
  GtkWidget         *view;
} Card;

enum
{
  CHOSEN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UsGallery, us_gallery, ADW_TYPE_BIN)

/* Small pictures of one draw of each of the first n cards. */
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
  gsize               n;
  const UsSimulator **simulators;       /* (n) */
  UsMailbox          *mailbox;
  guint64             row;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  us_mailbox_unref (job->mailbox);
  g_free (job->simulators);
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
  us_thumbnail_render_alone (output, x, pixels);
  return pixels;
}

/* The slot's thread. */
static void
run (gpointer    data,
     const gint *cancelled)
{
  Job *job = data;
  Letter *letter = g_new0 (Letter, 1);

  letter->n = job->n;
  letter->pixels = g_new0 (float *, letter->n);
  for (gsize i = 0; i < letter->n; i++)
    letter->pixels[i] = draw_one (job->simulators[i], job->row);
  us_mailbox_post (job->mailbox, letter);
}

static void
on_drawn (gpointer owner,
          gpointer data)
{
  UsGallery *self = owner;
  Letter *letter = data;

  for (gsize i = 0; i < letter->n; i++)
    {
      const Card *card = &g_array_index (self->cards, Card, i);
      const UsOutput *output = &card->simulator->outputs[0];
      gsize height, width, channels;

      us_thumbnail_size (output, &height, &width, &channels);
      if (letter->pixels[i] != NULL)
        us_image_view_set_pixels (US_IMAGE_VIEW (card->view), letter->pixels[i], height, width,
                                  channels, output->lower, output->upper);
    }
  letter_free (letter);
}

static gboolean
refresh (gpointer data)
{
  UsGallery *self = data;
  Job *job = g_new0 (Job, 1);

  job->n = self->cards->len;
  job->simulators = g_new (const UsSimulator *, job->n);
  for (gsize i = 0; i < job->n; i++)
    job->simulators[i] = g_array_index (self->cards, Card, i).simulator;
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

static void
on_toggled (GtkToggleButton *button,
            UsGallery       *self)
{
  gpointer simulator = g_object_get_data (G_OBJECT (button), "simulator");

  if (!self->selecting && gtk_toggle_button_get_active (button))
    g_signal_emit (self, signals[CHOSEN], 0, simulator);
}

static Card
make_card (UsGallery         *self,
           const UsSimulator *simulator)
{
  Card card = { simulator, gtk_toggle_button_new (), us_image_view_new () };
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *words = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *title = gtk_label_new (_(simulator->title));
  g_autofree char *count = NULL;
  GtkWidget *detail;

  us_image_view_set_label (US_IMAGE_VIEW (card.view), _("A draw"));
  gtk_widget_set_size_request (card.view, PICTURE_SIZE, PICTURE_SIZE);
  gtk_box_append (GTK_BOX (box), g_object_new (ADW_TYPE_CLAMP, "maximum-size", PICTURE_SIZE,
                                               "tightening-threshold", PICTURE_SIZE,
                                               "child", card.view, NULL));

  gtk_widget_add_css_class (title, "heading");
  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_ellipsize (GTK_LABEL (title), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_wrap (GTK_LABEL (title), TRUE);
  gtk_label_set_lines (GTK_LABEL (title), 2);
  gtk_label_set_width_chars (GTK_LABEL (title), MIN (g_utf8_strlen (_(simulator->title), -1), TITLE_CHARS));
  count = g_strdup_printf (ngettext ("%u parameter", "%u parameters", simulator->n_parameters),
                           (guint) simulator->n_parameters);
  detail = gtk_label_new (count);
  gtk_widget_add_css_class (detail, "caption");
  gtk_widget_add_css_class (detail, "dim-label");
  gtk_label_set_xalign (GTK_LABEL (detail), 0);
  gtk_box_append (GTK_BOX (words), title);
  gtk_box_append (GTK_BOX (words), detail);
  gtk_widget_set_valign (words, GTK_ALIGN_CENTER);
  gtk_widget_set_hexpand (words, TRUE);
  gtk_box_append (GTK_BOX (box), words);

  gtk_button_set_child (GTK_BUTTON (card.button), box);
  gtk_widget_add_css_class (card.button, "gallery-card");
  gtk_widget_set_tooltip_text (card.button, _(simulator->summary));
  gtk_accessible_update_property (GTK_ACCESSIBLE (card.button),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, _(simulator->title), -1);
  g_object_set_data (G_OBJECT (card.button), "simulator", (gpointer) simulator);
  g_signal_connect_object (card.button, "toggled", G_CALLBACK (on_toggled), self, 0);
  return card;
}

static void
add_card (UsGallery         *self,
          const UsSimulator *simulator)
{
  Card card = make_card (self, simulator);
  int index = (int) self->cards->len;

  if (index > 0)
    gtk_toggle_button_set_group (GTK_TOGGLE_BUTTON (card.button),
                                 GTK_TOGGLE_BUTTON (g_array_index (self->cards, Card, 0).button));
  gtk_grid_attach (self->grid, card.button, index % COLUMNS, index / COLUMNS, 1, 1);
  g_array_append_val (self->cards, card);
}

static gboolean
has_card (UsGallery         *self,
          const UsSimulator *simulator)
{
  for (guint i = 0; i < self->cards->len; i++)
    if (g_array_index (self->cards, Card, i).simulator == simulator)
      return TRUE;
  return FALSE;
}

/* As soon as the cards have places: the chosen one is among those that are seen. */
static gboolean
show_chosen (GtkWidget     *widget,
             GdkFrameClock *clock,
             gpointer       data)
{
  UsGallery *self = US_GALLERY (widget);
  graphene_rect_t place;

  if (self->chosen == NULL || !gtk_widget_compute_bounds (self->chosen, GTK_WIDGET (self->grid), &place))
    return G_SOURCE_REMOVE;
  if (place.size.height == 0)
    return G_SOURCE_CONTINUE;
  gtk_adjustment_clamp_page (gtk_scrolled_window_get_vadjustment (self->scroller), place.origin.y,
                             place.origin.y + place.size.height);
  return G_SOURCE_REMOVE;
}

void
us_gallery_select (UsGallery         *self,
                   const UsSimulator *simulator)
{
  g_return_if_fail (US_IS_GALLERY (self));
  g_return_if_fail (simulator != NULL);

  if (!has_card (self, simulator))
    {
      add_card (self, simulator);
      if (gtk_widget_get_mapped (GTK_WIDGET (self)))
        refresh (self);
    }
  self->selecting = TRUE;
  for (guint i = 0; i < self->cards->len; i++)
    {
      const Card *card = &g_array_index (self->cards, Card, i);

      gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (card->button), card->simulator == simulator);
      if (card->simulator == simulator)
        self->chosen = card->button;
    }
  self->selecting = FALSE;
  gtk_widget_add_tick_callback (GTK_WIDGET (self), show_chosen, NULL, NULL);
}

static void
us_gallery_dispose (GObject *object)
{
  UsGallery *self = US_GALLERY (object);

  g_clear_handle_id (&self->timeout_id, g_source_remove);
  g_clear_pointer (&self->slot, us_preview_free);
  g_clear_pointer (&self->mailbox, us_mailbox_close);
  g_clear_pointer (&self->cards, g_array_unref);

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
  gsize n;
  const UsSimulator *const *list = us_registry_list (&n);

  self->scroller = GTK_SCROLLED_WINDOW (gtk_scrolled_window_new ());
  self->grid = GTK_GRID (gtk_grid_new ());
  self->cards = g_array_new (FALSE, FALSE, sizeof (Card));
  self->mailbox = us_mailbox_new (self, on_drawn, letter_free);
  self->slot = us_preview_new ("gallery");
  for (gsize i = 0; i < n; i++)
    add_card (self, list[i]);
  gtk_grid_set_column_homogeneous (self->grid, TRUE);
  gtk_grid_set_column_spacing (self->grid, 9);
  gtk_grid_set_row_spacing (self->grid, 9);
  gtk_scrolled_window_set_min_content_height (self->scroller, HEIGHT);
  gtk_scrolled_window_set_child (self->scroller, GTK_WIDGET (self->grid));
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->scroller));
}

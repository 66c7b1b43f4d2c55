/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Main thread; pictures come from the session's preview slot, strips from one of the page's own. */
#include "config.h"

#include "us-explore-page.h"

#include "us-adaptive-box.h"
#include "us-aspect-bin.h"
#include "us-chart.h"
#include "us-colour-bar.h"
#include "us-derived-facts.h"
#include "us-explore-charts.h"
#include "us-explore-job.h"
#include "us-explore-play.h"
#include "us-image-view.h"
#include "us-latent-row.h"
#include "us-quantity.h"
#include "us-read-out.h"
#include "us-session.h"

#include <glib/gi18n.h>
#include <math.h>

#define N_COLUMNS 9                     /* of a traversal strip */
#define STRIPS_DELAY_MS 160             /* after a change, before strips are computed */
#define FIRST_DRAW 3                    /* seed of the place where a new model is shown first */
#define READ_OUT_MS 250                 /* numbers change no faster than can be read */

struct _UsExplorePage
{
  AdwBin              parent_instance;

  /* Template children. */
  GtkStack           *stack;
  UsAdaptiveBox      *panes;
  GtkLabel           *model_title;
  GtkLabel           *model_detail;
  GtkToggleButton    *play_button;
  GtkDropDown        *play_mode;
  GtkListBox         *latents;
  GtkWidget          *outside;
  GtkLabel           *outside_text;
  UsDerivedFacts     *derived;
  GtkBox             *controls;
  GtkBox             *views;
  GtkStack           *kinds;
  UsImageView        *decoded_view;
  UsImageView        *simulated_view;
  UsImageView        *difference_view;
  GtkWidget          *spread_box;
  UsImageView        *spread_view;
  GtkLabel           *scale_lower;
  GtkLabel           *scale_upper;
  UsExploreCharts    *charts;
  UsReadOut          *agreement;
  UsReadOut          *timing;
  GtkWidget          *strips_section;
  GtkSwitch          *with_simulator;
  GtkLabel           *strips_note;
  UsAspectBin        *strips_shape;
  UsChart            *strips;

  /* Owned. */
  UsSession          *session;
  UsSimvae           *model;            /* what the sliders show; or NULL */
  GPtrArray          *rows;             /* (P) of UsLatentRow, borrowed from the list */
  GtkSizeGroup       *names, *numbers;
  GSimpleActionGroup *actions;
  UsExploreLab       *lab;              /* of the session's preview thread */
  UsMailbox          *pictures;
  UsPreview          *strips_slot;
  UsExploreLab       *strips_lab;       /* of the slot's thread */
  UsMailbox          *strips_box;
  UsExplorePicture   *picture;          /* the newest that came; or NULL */
  UsExplorePlay      *play;

  /* State. */
  gboolean            batching;         /* several rows change at once */
  gboolean            stale;            /* changed while it was not to be seen */
  guint64             serial;           /* of the newest request */
  guint64             shown;            /* of the newest picture */
  guint               strips_id;
  guint               read_out_id;
  gint64              read_out_us;      /* when the numbers last changed */
  guint               tick_id;          /* of play */
  UsLatency          *latency;
};

enum
{
  PROP_0,
  PROP_SESSION,
};

G_DEFINE_FINAL_TYPE (UsExplorePage, us_explore_page, ADW_TYPE_BIN)

GActionGroup *
us_explore_page_get_actions (UsExplorePage *self)
{
  g_return_val_if_fail (US_IS_EXPLORE_PAGE (self), NULL);

  return G_ACTION_GROUP (self->actions);
}

void
us_explore_page_get_latency_stats (UsExplorePage  *self,
                                   UsLatencyStats *stats)
{
  g_return_if_fail (US_IS_EXPLORE_PAGE (self));

  us_latency_measure (self->latency, stats);
}

void
us_explore_page_reset_latency_stats (UsExplorePage *self)
{
  g_return_if_fail (US_IS_EXPLORE_PAGE (self));

  us_latency_clear (self->latency);
}

void
us_explore_page_set_value (UsExplorePage *self,
                           gsize          parameter,
                           double         value)
{
  g_return_if_fail (US_IS_EXPLORE_PAGE (self));
  g_return_if_fail (parameter < self->rows->len);

  us_latent_row_set_value (self->rows->pdata[parameter], value);
}

double
us_explore_page_get_value (UsExplorePage *self,
                           gsize          parameter)
{
  g_return_val_if_fail (US_IS_EXPLORE_PAGE (self), 0);
  g_return_val_if_fail (parameter < self->rows->len, 0);

  return us_latent_row_get_value (self->rows->pdata[parameter]);
}

gboolean
us_explore_page_is_settled (UsExplorePage *self)
{
  g_return_val_if_fail (US_IS_EXPLORE_PAGE (self), FALSE);

  return self->shown == self->serial && self->strips_id == 0 && self->read_out_id == 0;
}

/* (P), free with g_free */
static double *
dup_theta (UsExplorePage *self)
{
  double *theta = g_new (double, self->rows->len);

  for (guint i = 0; i < self->rows->len; i++)
    theta[i] = us_latent_row_get_value (self->rows->pdata[i]);
  return theta;
}

/* ---- what is asked of the two slots ---- */

static UsExploreJob *
job_new (UsExplorePage *self,
         UsExploreLab  *lab,
         UsMailbox     *mailbox)
{
  g_autofree double *theta = dup_theta (self);

  return us_explore_job_new (lab, self->model, mailbox, theta);
}

static gboolean
ask_strips (gpointer data)
{
  UsExplorePage *self = data;
  UsExploreJob *job;

  self->strips_id = 0;
  if (self->model == NULL)
    return G_SOURCE_REMOVE;
  job = job_new (self, self->strips_lab, self->strips_box);
  us_explore_job_paint (job, 0, us_chart_begin_painting (self->strips));
  us_explore_job_ask_strips (job, self->strips_slot, N_COLUMNS, gtk_switch_get_active (self->with_simulator));
  return G_SOURCE_REMOVE;
}

static const UsOutput *
shown_output (UsExplorePage *self)
{
  return &us_simvae_simulator (self->model)->outputs[us_simvae_output (self->model)];
}

/* What needs no network, at once. */
static void
say_place (UsExplorePage *self)
{
  const UsSimulator *simulator = us_simvae_simulator (self->model);
  g_autofree double *theta = dup_theta (self);

  us_derived_facts_set_theta (self->derived, theta);
  gtk_widget_set_visible (self->outside, simulator->accepts != NULL && !simulator->accepts (simulator, theta));
}

/* What the simulator's domain is, once for each model. */
static void
say_domain (UsExplorePage     *self,
            const UsSimulator *simulator)
{
  const char *constraint = simulator->constraint != NULL ? _(simulator->constraint) : "";
  /* Translators: %s is a condition, "the box lies inside the field" */
  g_autofree char *text = g_strdup_printf (_("Outside the simulator’s domain, in which %s. The decoder was never shown such "
                                             "a place; do not believe its picture."), constraint);
  g_autofree char *note = g_strdup_printf (_("Empty: outside the simulator’s domain (%s)."), constraint);

  gtk_label_set_label (self->outside_text, text);
  gtk_label_set_label (self->strips_note, note);
  gtk_widget_set_visible (GTK_WIDGET (self->strips_note), FALSE);
}

static void
ask (UsExplorePage *self)
{
  UsPreview *preview = self->session != NULL ? us_session_get_preview (self->session) : NULL;
  UsExploreJob *job;

  if (self->model == NULL || preview == NULL || self->batching)
    return;
  if (!gtk_widget_get_mapped (GTK_WIDGET (self)))
    {
      self->stale = TRUE;
      return;
    }
  self->stale = FALSE;
  say_place (self);
  job = job_new (self, self->lab, self->pictures);
  if (shown_output (self)->kind != US_OUTPUT_IMAGE)
    us_explore_charts_paint (self->charts, job);
  us_latency_ask (self->latency, ++self->serial, g_get_monotonic_time ());
  us_explore_job_ask_view (job, preview, self->serial);
  /* While the hand moves, strips follow at most every STRIPS_DELAY_MS. */
  if (self->strips_id == 0)
    self->strips_id = g_timeout_add (STRIPS_DELAY_MS, ask_strips, self);
}

/* ---- what comes back ---- */

/* "0.052 dB, 0.0021 rad" */
static char *
list_errors (const UsOutput *output,
             const double   *errors)    /* (C) */
{
  g_autoptr(GString) list = g_string_new (NULL);

  for (gsize c = 0; c < output->channels; c++)
    {
      g_autofree char *text = us_quantity_format_error (errors[c], us_output_channel (output, c).unit);

      g_string_append_printf (list, "%s%s", c > 0 ? ", " : "", text);
    }
  return g_strdup (list->str);
}

/* Of the decoder. */
static double
rms_spread (const UsExplorePicture *picture)
{
  double square = 0;

  for (gsize i = 0; i < picture->n_values; i++)
    square += (double) picture->spread[i] * picture->spread[i];
  return sqrt (square / picture->n_values);
}

static char *
describe_agreement (const UsExplorePicture *picture)
{
  double range = picture->output->upper - picture->output->lower;
  g_autofree char *rms = NULL, *largest = NULL;

  if (picture->simulated == NULL)
    return g_strdup (picture->refusal);
  if (picture->spread != NULL && picture->channel_rms == NULL)
    return g_strdup_printf (_("RMS difference of the means %.4f, %.1f %% of the range; spread %.3f"), picture->rms,
                            range > 0 ? 100 * picture->rms / range : 0, rms_spread (picture));
  if (picture->channel_rms == NULL)
    return g_strdup_printf (_("RMS difference %.4f, %.1f %% of the range; largest %.3f"), picture->rms,
                            range > 0 ? 100 * picture->rms / range : 0, picture->largest);
  rms = list_errors (picture->output, picture->channel_rms);
  largest = list_errors (picture->output, picture->channel_largest);
  return g_strdup_printf (picture->run != NULL ? _("RMS difference of the means %s; largest %s")
                                               : _("RMS difference %s; largest %s"), rms, largest);
}

static gboolean
say_agreement (gpointer data)
{
  UsExplorePage *self = data;
  const UsExplorePicture *picture = self->picture;
  g_autofree char *text = NULL, *timing = NULL;

  self->read_out_id = 0;
  self->read_out_us = g_get_monotonic_time ();
  if (picture == NULL)
    return G_SOURCE_REMOVE;
  text = describe_agreement (picture);
  us_read_out_set_text (self->agreement, text);
  timing = g_strdup_printf (_("decoded in %.2f ms · simulated in %.3f ms"),
                            picture->decode_ms, picture->simulate_ms);
  us_read_out_set_text (self->timing, timing);
  return G_SOURCE_REMOVE;
}

static void
show_images (UsExplorePage          *self,
             const UsExplorePicture *picture)
{
  const UsOutput *output = picture->output;
  gsize H = output->height, W = output->width, C = output->channels;
  double half = (output->upper - output->lower) / 2;

  us_image_view_set_pixels (self->decoded_view, picture->decoded, H, W, C,
                            output->lower, output->upper);
  us_image_view_set_pixels (self->simulated_view, picture->simulated, H, W, C,
                            output->lower, output->upper);
  us_image_view_set_pixels (self->difference_view, picture->difference, H, W, 1, -half, half);
  if (picture->spread != NULL)
    us_image_view_set_pixels (self->spread_view, picture->spread, H, W, C, 0, half);
  gtk_widget_set_opacity (GTK_WIDGET (self->decoded_view), picture->simulated != NULL ? 1 : US_EXPLORE_FADED);
}

static void
on_view (gpointer owner,
         gpointer letter)
{
  UsExplorePage *self = owner;
  g_autoptr(UsExploreView) view = letter;

  /* Of a model of another kind, asked before it was replaced. */
  if (self->model == NULL || view->picture->serial <= self->shown || view->picture->output != shown_output (self))
    return;

  if (view->picture->output->kind == US_OUTPUT_IMAGE)
    show_images (self, view->picture);
  else
    us_explore_charts_show (self->charts, view);
  self->shown = view->picture->serial;
  us_latency_answer (self->latency, self->shown, g_get_monotonic_time ());

  g_clear_pointer (&self->picture, us_explore_picture_free);
  self->picture = g_steal_pointer (&view->picture);
  if (self->read_out_id == 0 && g_get_monotonic_time () - self->read_out_us > READ_OUT_MS * 1000)
    say_agreement (self);
  else if (self->read_out_id == 0)
    self->read_out_id = g_timeout_add (READ_OUT_MS, say_agreement, self);
}

static void
on_strips (gpointer owner,
           gpointer letter)
{
  UsExplorePage *self = owner;
  g_autoptr(UsExploreSheet) sheet = letter;

  us_aspect_bin_set_ratio (self->strips_shape, sheet->strips->ratio);
  us_chart_set_painted (self->strips, sheet->strips->plot, sheet->painting);
  gtk_widget_set_visible (GTK_WIDGET (self->strips_note), sheet->strips->n_outside > 0);
}

/* ---- sliders ---- */

static void
move_all (UsExplorePage *self,
          const double  *theta)         /* (P) */
{
  self->batching = TRUE;
  for (guint i = 0; i < self->rows->len; i++)
    us_latent_row_set_value (self->rows->pdata[i], theta[i]);
  self->batching = FALSE;
  ask (self);
}

static void
on_reset (GSimpleAction *action,
          GVariant      *parameter,
          gpointer       data)
{
  UsExplorePage *self = data;

  if (self->model == NULL)
    return;
  self->batching = TRUE;
  for (guint i = 0; i < self->rows->len; i++)
    us_latent_row_set_position (self->rows->pdata[i], 0.5);
  self->batching = FALSE;
  ask (self);
}

static void
move_to_draw (UsExplorePage *self,
              guint64        seed)
{
  g_autofree double *theta = g_new (double, self->rows->len);
  UsRng rng;

  us_rng_init (&rng, seed, US_RNG_PRIOR, 0);
  if (us_prior_sample (us_simvae_prior (self->model), &rng, theta))
    move_all (self, theta);
}

static void
on_randomise (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       data)
{
  UsExplorePage *self = data;

  if (self->model != NULL)
    move_to_draw (self, g_random_int ());
}

static void
build_rows (UsExplorePage *self)
{
  UsPrior *prior = us_simvae_prior (self->model);
  const UsSimulator *simulator = us_simvae_simulator (self->model);
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->latents))) != NULL)
    gtk_list_box_remove (self->latents, child);
  g_ptr_array_set_size (self->rows, 0);
  for (gsize i = 0; i < simulator->n_parameters; i++)
    {
      GtkWidget *row = us_latent_row_new (prior, i, self->names, self->numbers);

      g_signal_connect_object (row, "changed", G_CALLBACK (ask), self, G_CONNECT_SWAPPED);
      gtk_list_box_append (self->latents, row);
      g_ptr_array_add (self->rows, row);
    }
}

/* ---- play ---- */

static double
get_place (gpointer data,
           gsize    latent)
{
  UsExplorePage *self = data;

  return us_latent_row_get_position (self->rows->pdata[latent]);
}

static void
set_place (gpointer data,
           gsize    latent,
           double   place)
{
  UsExplorePage *self = data;

  us_latent_row_set_position (self->rows->pdata[latent], place);
}

static gboolean
on_tick (GtkWidget     *widget,
         GdkFrameClock *clock,
         gpointer       data)
{
  UsExplorePage *self = US_EXPLORE_PAGE (widget);

  self->batching = TRUE;
  us_explore_play_step (self->play, gtk_drop_down_get_selected (self->play_mode),
                        gdk_frame_clock_get_frame_time (clock));
  self->batching = FALSE;
  ask (self);
  return G_SOURCE_CONTINUE;
}

static void
set_playing (UsExplorePage *self,
             gboolean       playing)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self->actions), "play");

  playing = playing && self->model != NULL;
  if (playing && self->tick_id == 0)
    {
      us_explore_play_start (self->play, self->rows->len);
      self->tick_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), on_tick, NULL, NULL);
    }
  else if (!playing && self->tick_id != 0)
    {
      gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->tick_id);
      self->tick_id = 0;
    }
  g_simple_action_set_state (G_SIMPLE_ACTION (action), g_variant_new_boolean (playing));
  gtk_button_set_icon_name (GTK_BUTTON (self->play_button),
                            playing ? "media-playback-pause-symbolic"
                                    : "media-playback-start-symbolic");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->play_button),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, playing ? _("Pause") : _("Play"),
                                  -1);
}

static void
on_play (GSimpleAction *action,
         GVariant      *value,
         gpointer       data)
{
  set_playing (data, g_variant_get_boolean (value));
}

static void
on_play_mode_changed (UsExplorePage *self)
{
  if (self->tick_id != 0)
    us_explore_play_start (self->play, self->rows->len);
}

static const GActionEntry actions[] = {
  { .name = "play", .state = "false", .change_state = on_play },
  { .name = "randomise", .activate = on_randomise },
  { .name = "reset", .activate = on_reset },
};

/* ---- the model ---- */

static void
say_model (UsExplorePage *self)
{
  const UsSimvaeRecord *record = us_simvae_record (self->model);
  const UsSimulator *simulator = us_simvae_simulator (self->model);
  const UsOutput *output = &simulator->outputs[us_simvae_output (self->model)];
  double minutes = (record->seconds[0] + record->seconds[1]) / 60;
  g_autofree char *detail = NULL;

  gtk_label_set_label (self->model_title, us_session_get_title (self->session));
  /* Translators: simulator, output, preset, minutes */
  detail = g_strdup_printf (minutes < 1 ? _("%s · %s · preset %s, trained for less than a minute")
                                        : _("%s · %s · preset %s, trained for %.0f min"),
                            _(simulator->title), _(output->label),
                            record->preset != NULL ? record->preset : "–", minutes);
  gtk_label_set_label (self->model_detail, detail);
}

static void
set_scale_labels (UsExplorePage  *self,
                  const UsOutput *output)
{
  double half = (output->upper - output->lower) / 2;
  g_autofree char *lower = g_strdup_printf ("−%g", half);
  g_autofree char *upper = g_strdup_printf ("+%g", half);

  gtk_label_set_label (self->scale_lower, lower);
  gtk_label_set_label (self->scale_upper, upper);
}

static void
on_model (UsExplorePage *self)
{
  UsSimvae *model = us_session_get_model (self->session);
  /* Newer weights of a training run keep the place. */
  gboolean keep = us_explore_same_latents (self->model, model);

  if (model == NULL)
    set_playing (self, FALSE);
  g_clear_pointer (&self->model, us_simvae_unref);
  self->model = model != NULL ? us_simvae_ref (model) : NULL;
  gtk_stack_set_visible_child_name (self->stack, model != NULL ? "model" : "empty");
  if (model == NULL)
    return;

  if (!keep)
    {
      const UsOutput *output = shown_output (self);

      set_playing (self, FALSE);
      build_rows (self);
      gtk_stack_set_visible_child_name (self->kinds,
                                        output->kind == US_OUTPUT_IMAGE ? "image" : "series");
      set_scale_labels (self, output);
      us_derived_facts_set_simulator (self->derived, us_simvae_simulator (model));
      say_domain (self, us_simvae_simulator (model));
      if (output->kind == US_OUTPUT_SERIES)
        us_explore_charts_set_output (self->charts, output);
      /* The middle is often the dullest place: start at a draw, each time the same. */
      move_to_draw (self, FIRST_DRAW);
    }
  gtk_widget_set_visible (self->spread_box, us_simvae_is_noisy (model));
  say_model (self);
  ask (self);
}

static void
on_title (UsExplorePage *self)
{
  if (self->model != NULL)
    say_model (self);
}

/* Narrow: pictures on top, then sliders, then strips in one scroll. */
static void
on_stacked (UsExplorePage *self)
{
  GtkBox *home = us_adaptive_box_get_stacked (self->panes) ? self->controls : self->views;

  if (gtk_widget_get_parent (self->strips_section) == GTK_WIDGET (home))
    return;
  g_object_ref (self->strips_section);
  gtk_box_remove (GTK_BOX (gtk_widget_get_parent (self->strips_section)), self->strips_section);
  gtk_box_append (home, self->strips_section);
  g_object_unref (self->strips_section);
}

static void
us_explore_page_map (GtkWidget *widget)
{
  UsExplorePage *self = US_EXPLORE_PAGE (widget);

  GTK_WIDGET_CLASS (us_explore_page_parent_class)->map (widget);
  if (self->stale)
    ask (self);
}

static void
us_explore_page_unmap (GtkWidget *widget)
{
  set_playing (US_EXPLORE_PAGE (widget), FALSE);
  GTK_WIDGET_CLASS (us_explore_page_parent_class)->unmap (widget);
}

static void
us_explore_page_set_property (GObject      *object,
                              guint         id,
                              const GValue *value,
                              GParamSpec   *pspec)
{
  UsExplorePage *self = US_EXPLORE_PAGE (object);

  if (id != PROP_SESSION)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  if (!g_set_object (&self->session, g_value_get_object (value)) || self->session == NULL)
    return;
  g_signal_connect_object (self->session, "notify::model", G_CALLBACK (on_model), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->session, "notify::title", G_CALLBACK (on_title), self,
                           G_CONNECT_SWAPPED);
  on_model (self);
}

static void
us_explore_page_dispose (GObject *object)
{
  UsExplorePage *self = US_EXPLORE_PAGE (object);

  g_clear_handle_id (&self->strips_id, g_source_remove);
  g_clear_handle_id (&self->read_out_id, g_source_remove);
  g_clear_pointer (&self->pictures, us_mailbox_close);
  g_clear_pointer (&self->strips_slot, us_preview_free);
  g_clear_pointer (&self->strips_box, us_mailbox_close);
  g_clear_pointer (&self->lab, us_explore_lab_unref);
  g_clear_pointer (&self->strips_lab, us_explore_lab_unref);
  g_clear_pointer (&self->model, us_simvae_unref);
  g_clear_pointer (&self->picture, us_explore_picture_free);
  g_clear_pointer (&self->play, us_explore_play_free);
  g_clear_pointer (&self->rows, g_ptr_array_unref);
  g_clear_object (&self->names);
  g_clear_object (&self->numbers);
  g_clear_object (&self->session);
  /* GTK unparents a bound child behind the back of AdwBin, which would do it again. */
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), US_TYPE_EXPLORE_PAGE);

  G_OBJECT_CLASS (us_explore_page_parent_class)->dispose (object);
}

static void
us_explore_page_finalize (GObject *object)
{
  UsExplorePage *self = US_EXPLORE_PAGE (object);

  g_clear_object (&self->actions);
  g_free (self->latency);

  G_OBJECT_CLASS (us_explore_page_parent_class)->finalize (object);
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, stack);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, panes);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, model_title);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, model_detail);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, play_button);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, play_mode);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, latents);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, controls);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, views);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, kinds);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, decoded_view);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, simulated_view);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, difference_view);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, spread_box);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, spread_view);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, scale_lower);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, scale_upper);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, charts);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, derived);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, outside);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, outside_text);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, strips_note);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, agreement);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, timing);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, strips_section);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, with_simulator);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, strips_shape);
  gtk_widget_class_bind_template_child (widget_class, UsExplorePage, strips);
  gtk_widget_class_bind_template_callback (widget_class, on_play_mode_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_stacked);
  gtk_widget_class_bind_template_callback (widget_class, ask);
}

static void
us_explore_page_class_init (UsExplorePageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->set_property = us_explore_page_set_property;
  object_class->dispose = us_explore_page_dispose;
  object_class->finalize = us_explore_page_finalize;
  widget_class->map = us_explore_page_map;
  widget_class->unmap = us_explore_page_unmap;
  g_object_class_install_property (object_class, PROP_SESSION,
    g_param_spec_object ("session", NULL, NULL, US_TYPE_SESSION,
                         G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));

  g_type_ensure (US_TYPE_ADAPTIVE_BOX);
  g_type_ensure (US_TYPE_ASPECT_BIN);
  g_type_ensure (US_TYPE_CHART);
  g_type_ensure (US_TYPE_COLOUR_BAR);
  g_type_ensure (US_TYPE_DERIVED_FACTS);
  g_type_ensure (US_TYPE_EXPLORE_CHARTS);
  g_type_ensure (US_TYPE_IMAGE_VIEW);
  g_type_ensure (US_TYPE_READ_OUT);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/understudy/Understudy/us-explore-page.ui");
  bind_children (widget_class);
}

static void
us_explore_page_init (UsExplorePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));

  /* Not inside the instance: GObject keeps its size in 16 bits. */
  self->latency = g_new0 (UsLatency, 1);
  self->rows = g_ptr_array_new ();
  self->names = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  self->numbers = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  self->lab = us_explore_lab_new ();
  self->pictures = us_mailbox_new (self, on_view, (GDestroyNotify) us_explore_view_free);
  self->strips_lab = us_explore_lab_new ();
  self->strips_box = us_mailbox_new (self, on_strips, (GDestroyNotify) us_explore_sheet_free);
  self->strips_slot = us_preview_new ("strips");
  self->play = us_explore_play_new (get_place, set_place, self);
  us_image_view_set_map (self->difference_view, US_COLOUR_MAP_DIVERGING);

  self->actions = g_simple_action_group_new ();
  g_action_map_add_action_entries (G_ACTION_MAP (self->actions), actions, G_N_ELEMENTS (actions),
                                   self);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "explore", G_ACTION_GROUP (self->actions));
}

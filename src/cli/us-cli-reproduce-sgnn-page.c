/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report of `reproduce sgnn` as a page, and numbers.json. */
#include "config.h"

#include "us-cli-reproduce-sgnn-private.h"
#include "us-file.h"
#include "us-json.h"

#include <math.h>
#include <string.h>

/* ---- the head ------------------------------------------------------------------ */

static void
add_summary (const UsSgnn *self,
             UsReport     *report)
{
  guint reached = 0, wanted = 0;

  us_report_section (report, "summary", "In short");
  if (self->quick || self->rows > 0)
    us_report_notice (report, "This is a coarse run (%s): networks were trained on few simulations and measured on few. It shows "
                      "that everything works and what the report looks like; its numbers say little about the method.",
                      self->rows > 0 ? "--rows" : "--quick");
  for (guint i = 0; i < self->results->len; i++)
    {
      const UsSgnnResult *result = self->results->pdata[i];

      if (result->failure != NULL)
        us_report_notice (report, "%s could not be carried out to its end: %s", result->part->title, result->failure);
      for (guint k = 0; k < result->short_words->len; k++)
        us_report_paragraph (report, "%s", (const char *) result->short_words->pdata[k]);
      wanted += result->checks->len;
      for (guint c = 0; c < result->checks->len; c++)
        reached += g_array_index (result->checks, UsReproduceCheck, c).reached;
    }
  if (wanted > 0)
    us_report_paragraph (report, "Of %u wanted figures %u are reached; the table below names each that is missed, and by how much. "
                         "Every network has seen simulations only, and is measured on others than it was trained on.", wanted,
                         reached);
}

static void
add_checks (const UsSgnn *self,
            UsReport     *report)
{
  static const UsReportColumn columns[] = {
    { "part", FALSE }, { "what", FALSE }, { "wanted", TRUE }, { "measured", TRUE }, { "reached", FALSE },
  };
  guint n = 0;

  for (guint i = 0; i < self->results->len; i++)
    n += ((UsSgnnResult *) self->results->pdata[i])->checks->len;
  if (n == 0)
    return;
  us_report_section (report, "wanted", "Wanted figures");
  us_report_table_begin (report, "Each figure that was set as a goal, and whether it is reached; if not, by how much it is missed.",
                         G_N_ELEMENTS (columns), columns);
  for (guint i = 0; i < self->results->len; i++)
    {
      const UsSgnnResult *result = self->results->pdata[i];

      for (guint c = 0; c < result->checks->len; c++)
        {
          const UsReproduceCheck *check = &g_array_index (result->checks, UsReproduceCheck, c);
          g_autofree char *wanted = us_report_format (check->target, check->decimals);

          us_report_cell (report, US_REPORT_PLAIN, "%s", result->part->title);
          us_report_cell (report, US_REPORT_PLAIN, "%s", check->what);
          us_report_cell (report, US_REPORT_PLAIN, "%s %s", check->want == US_WANT_AT_LEAST ? "≥" : "≤", wanted);
          us_report_number (report, US_REPORT_PLAIN, check->value, check->decimals);
          if (check->reached)
            us_report_cell (report, US_REPORT_GOOD, "reached");
          else if (isnan (check->missing))
            us_report_cell (report, US_REPORT_BAD, "not measurable");
          else
            us_report_cell (report, US_REPORT_BAD, "missed by %.2g", check->missing);
        }
    }
  us_report_table_end (report);
}

/* ---- the end ------------------------------------------------------------------- */

static void
add_models (const UsSgnn *self,
            UsReport     *report)
{
  static const UsReportColumn columns[] = {
    { "model", FALSE }, { "simulations", TRUE }, { "its training", TRUE }, { "", FALSE },
  };
  g_autoptr(GString) commands = g_string_new (NULL);

  if (self->trained->len == 0)
    return;
  us_report_table_begin (report, "The networks of this report. They stay in models/ beside it; one whose command is the same is taken "
                         "again by the next run.", G_N_ELEMENTS (columns), columns);
  for (guint i = 0; i < self->trained->len; i++)
    {
      const UsSgnnModel *model = self->trained->pdata[i];
      g_autofree char *seconds = us_reproduce_seconds (model->seconds);

      us_report_cell (report, US_REPORT_PLAIN, "%s", model->file);
      us_report_cell (report, US_REPORT_PLAIN, "%" G_GSIZE_FORMAT, model->n_rows);
      us_report_cell (report, US_REPORT_PLAIN, "%s", seconds);
      us_report_cell (report, US_REPORT_PLAIN, "%s", model->now ? "trained now" : "from an earlier run");
      g_string_append_printf (commands, "%s%s", i > 0 ? "\n" : "", model->command);
    }
  us_report_table_end (report);
  us_report_paragraph (report, "Each is made again, to the same bits, by its own command:");
  us_report_verbatim (report, commands->str);
}

static void
add_making (const UsSgnn *self,
            UsReport     *report)
{
  static const UsReportColumn columns[] = { { "part", FALSE }, { "took", TRUE }, { "", FALSE } };
  g_autofree char *where = us_reproduce_machine (), *total = us_cli_duration ((g_get_monotonic_time () - self->began) / 1e6);
  g_autoptr(GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *date = g_date_time_format (now, "%Y-%m-%d %H:%M UTC");

  us_report_section (report, "making", "How this was made");
  us_report_paragraph (report, "Understudy %s, %s, on %s. In all %s.", US_VERSION, date, where, total);
  us_report_verbatim (report, self->command);
  us_report_table_begin (report, "What each part of this run took, by the clock, whatever else the machine did.",
                         G_N_ELEMENTS (columns), columns);
  for (guint i = 0; i < self->results->len; i++)
    {
      const UsSgnnResult *result = self->results->pdata[i];
      g_autofree char *seconds = us_reproduce_seconds (result->seconds);

      us_report_cell (report, US_REPORT_PLAIN, "%s", result->part->title);
      us_report_cell (report, US_REPORT_PLAIN, "%s", seconds);
      us_report_cell (report, result->failure != NULL ? US_REPORT_BAD : US_REPORT_PLAIN, "%s", result->failure != NULL ? "failed" : "");
    }
  us_report_table_end (report);
  add_models (self, report);
}

gboolean
us_sgnn_write_page (UsSgnn  *self,
                    GError **error)
{
  g_autoptr(UsReport) report = us_report_new (self->quick || self->rows > 0 ? "Learning from simulators (coarse run)" : "Learning from simulators",
                                              "What Dudley and Eisenberg (2025, arXiv 2509.18990) claim of predictors that learn from "
                                              "simulations alone, measured");
  g_autofree char *page = NULL, *path = g_build_filename (self->out, "index.html", NULL);

  add_summary (self, report);
  add_checks (self, report);
  for (guint i = 0; i < self->results->len; i++)
    {
      const UsSgnnResult *result = self->results->pdata[i];

      us_report_section (report, result->part->id, result->part->title);
      us_sgnn_replay (result, report);
      if (result->failure != NULL)
        us_report_notice (report, "Here this part failed: %s", result->failure);
    }
  add_making (self, report);
  page = us_report_finish (report);
  return us_file_replace (path, page, strlen (page), error);
}

/* ---- numbers.json ---------------------------------------------------------------- */

static void
add_part (JsonBuilder        *builder,
          const UsSgnnResult *result)
{
  json_builder_set_member_name (builder, result->part->id);
  json_builder_begin_object (builder);
  us_json_number (builder, "seconds", result->seconds);
  us_json_text (builder, "failure", result->failure);
  json_builder_set_member_name (builder, "wanted");
  json_builder_begin_array (builder);
  for (guint c = 0; c < result->checks->len; c++)
    {
      const UsReproduceCheck *check = &g_array_index (result->checks, UsReproduceCheck, c);

      json_builder_begin_object (builder);
      us_json_text (builder, "what", check->what);
      us_json_text (builder, "want", check->want == US_WANT_AT_LEAST ? "at least" : "at most");
      us_json_number (builder, "target", check->target);
      us_json_number (builder, "measured", check->value);
      json_builder_set_member_name (builder, "reached");
      json_builder_add_boolean_value (builder, check->reached);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "numbers");
  json_builder_begin_object (builder);
  for (guint i = 0; i < result->names->len; i++)
    us_json_number (builder, result->names->pdata[i], g_array_index (result->values, double, i));
  json_builder_end_object (builder);
  json_builder_end_object (builder);
}

gboolean
us_sgnn_write_numbers (UsSgnn  *self,
                       GError **error)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonNode) root = NULL;
  g_autofree char *json = NULL, *path = g_build_filename (self->out, "numbers.json", NULL);

  json_builder_begin_object (builder);
  us_json_text (builder, "command", self->command);
  us_json_text (builder, "version", US_VERSION);
  json_builder_set_member_name (builder, "quick");
  json_builder_add_boolean_value (builder, self->quick || self->rows > 0);
  json_builder_set_member_name (builder, "parts");
  json_builder_begin_object (builder);
  for (guint i = 0; i < self->results->len; i++)
    add_part (builder, self->results->pdata[i]);
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  json = json_to_string (root, TRUE);
  return us_file_replace (path, json, strlen (json), error);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drawings as Quick, Draw! publishes them (one JSON object a line, "drawing": strokes [[x…],[y…]],
 * y downwards) and as one JSON object with "drawings", each of "strokes" {"x": […], "y": […]} and "y_axis". */
#include "config.h"

#include "us-ingest-private.h"

#include "us-error.h"

#include <math.h>
#include <string.h>

#define MAX_POINTS 1000000
#define MAX_DEPTH  16

typedef struct
{
  const char *path;
  gsize       index;           /* of the drawing, for messages */
} Place;

static gboolean
refuse (const Place *place,
        const char  *what,
        GError     **error)
{
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE, "%s, drawing %" G_GSIZE_FORMAT ": %s",
               place->path, place->index, what);
  return FALSE;
}

static JsonArray *
array_member (JsonObject *object,
              const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

static JsonArray *
array_element (JsonArray *array,
               guint      index)
{
  JsonNode *node = index < json_array_get_length (array) ? json_array_get_element (array, index) : NULL;

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

static double
number_element (JsonArray *array,
                guint      index)
{
  JsonNode *node = json_array_get_element (array, index);

  return JSON_NODE_HOLDS_VALUE (node) ? json_node_get_double (node) : NAN;
}

/* Appends one stroke; a NaN pair lifts the pen before it. */
static gboolean
take_stroke (GArray      *points,
             JsonArray   *xs,
             JsonArray   *ys,
             double       up,              /* 1: y grows upwards */
             const Place *place,
             GError     **error)
{
  guint n = xs != NULL ? json_array_get_length (xs) : 0;

  if (xs == NULL || ys == NULL || n != json_array_get_length (ys))
    return refuse (place, "a stroke is not two lists of the same length, x and y", error);
  if (points->len + 2 * ((gsize) n + 1) > 2 * MAX_POINTS)
    return refuse (place, "more than a million points", error);
  if (points->len > 0)
    {
      const double lift[2] = { NAN, NAN };

      g_array_append_vals (points, lift, 2);
    }
  for (guint i = 0; i < n; i++)
    {
      double p[2] = { number_element (xs, i), up * number_element (ys, i) };

      if (!isfinite (p[0]) || !isfinite (p[1]) || fabs (p[0]) > 1e9 || fabs (p[1]) > 1e9)
        return refuse (place, "a coordinate is not a number", error);
      g_array_append_vals (points, p, 2);
    }
  return TRUE;
}

/* {"drawing": [[[x…],[y…]], …]} or {"strokes": [{"x": […], "y": […]}, …]}. */
static GArray *
take_drawing (JsonObject  *drawing,
              double       up,
              const Place *place,
              GError     **error)
{
  g_autoptr(GArray) points = g_array_new (FALSE, FALSE, sizeof (double));
  JsonArray *published = array_member (drawing, "drawing"), *strokes = array_member (drawing, "strokes");
  JsonArray *list = published != NULL ? published : strokes;

  if (list == NULL)
    {
      refuse (place, "neither “drawing” nor “strokes”", error);
      return NULL;
    }
  for (guint i = 0; i < json_array_get_length (list); i++)
    {
      JsonArray *xs = NULL, *ys = NULL;

      if (published != NULL)
        {
          JsonArray *pair = array_element (list, i);

          xs = pair != NULL ? array_element (pair, 0) : NULL;
          ys = pair != NULL ? array_element (pair, 1) : NULL;
        }
      else if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (list, i)))
        {
          xs = array_member (json_array_get_object_element (list, i), "x");
          ys = array_member (json_array_get_object_element (list, i), "y");
        }
      if (!take_stroke (points, xs, ys, up, place, error))
        return NULL;
    }
  return g_steal_pointer (&points);
}

/* The parser follows brackets down by recursion: how deep they go is counted first. */
static gboolean
is_shallow (const char *text,
            gsize       length)
{
  gsize depth = 0;
  gboolean quoted = FALSE;

  for (gsize i = 0; i < length; i++)
    if (quoted)
      {
        if (text[i] == '\\')
          i++;
        else
          quoted = text[i] != '"';
      }
    else if (text[i] == '"')
      quoted = TRUE;
    else if (text[i] == '[' || text[i] == '{')
      {
        if (++depth > MAX_DEPTH)
          return FALSE;
      }
    else if ((text[i] == ']' || text[i] == '}') && depth > 0)
      depth--;
  return TRUE;
}

/* UTF-8, and no deeper than the parser can follow. */
static gboolean
check_text (const char  *text,
            gsize        length,
            const char  *path,
            GError     **error)
{
  if (!g_utf8_validate_len (text, length, NULL))
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX, "%s: not text in UTF-8", path);
  else if (!is_shallow (text, length))
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX, "%s: lists nested deeper than a drawing's", path);
  else
    return TRUE;
  return FALSE;
}

static JsonNode *
parse (const char   *text,
       gssize        length,
       const char   *path,
       gsize         line,
       GError      **error)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  g_autoptr(GError) why = NULL;
  JsonNode *root;

  if (!json_parser_load_from_data (parser, text, length, &why))
    {
      if (line > 0)
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX, "%s, line %" G_GSIZE_FORMAT ": not JSON: %s",
                     path, line, why->message);
      else
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX, "%s: not JSON: %s", path, why->message);
      return NULL;
    }
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX, "%s: not a JSON object", path);
      return NULL;
    }
  return json_node_ref (root);
}

/* Line `index` of those that are not empty; NULL without error: there are fewer, n is how many. */
static const char *
find_line (const char *text,
           gsize       length,
           gsize       index,
           gsize      *line_length,
           gsize      *line_number,
           gsize      *n)
{
  const char *end = text + length;

  *line_number = 0;
  for (*n = 0; text < end; )
    {
      const char *stop = memchr (text, '\n', end - text);
      gsize this_length = (stop != NULL ? stop : end) - text;
      gsize blank = 0;

      (*line_number)++;
      while (blank < this_length && g_ascii_isspace (text[blank]))
        blank++;
      if (blank < this_length && (*n)++ == index)
        {
          *line_length = this_length;
          return text;
        }
      text += this_length + 1;
    }
  return NULL;
}

static gboolean
refuse_index (const Place *place,
              gsize        n,
              GError     **error)
{
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
               "%s: no drawing %" G_GSIZE_FORMAT ", it holds %" G_GSIZE_FORMAT " (counted from 0)",
               place->path, place->index, n);
  return FALSE;
}

static GArray *
read_points (GBytes       *bytes,
             const Place  *place,
             GError      **error)
{
  gsize length, line_length = 0, line = 0, n = 0;
  const char *text = g_bytes_get_data (bytes, &length), *row;
  g_autoptr(JsonNode) root = NULL;
  g_autoptr(JsonNode) whole = NULL;
  JsonArray *drawings;
  JsonObject *object;
  const char *axis = "down";

  /* One object a line, or one over several lines.  json-glib is never given two objects at
   * once: it forgets the first when it meets the second. */
  row = find_line (text, length, 0, &line_length, &line, &n);
  whole = row != NULL ? parse (row, line_length, place->path, 0, NULL) : NULL;
  if (whole == NULL)
    whole = parse (text, length, place->path, 0, NULL);
  else if (find_line (text, length, 1, &line_length, &line, &n) != NULL)
    g_clear_pointer (&whole, json_node_unref);
  if (whole != NULL && (drawings = array_member (json_node_get_object (whole), "drawings")) != NULL)
    {
      object = json_node_get_object (whole);
      if (json_object_has_member (object, "y_axis") && JSON_NODE_HOLDS_VALUE (json_object_get_member (object, "y_axis")))
        axis = json_object_get_string_member (object, "y_axis");
      if (place->index >= json_array_get_length (drawings))
        {
          refuse_index (place, json_array_get_length (drawings), error);
          return NULL;
        }
      if (!JSON_NODE_HOLDS_OBJECT (json_array_get_element (drawings, place->index)))
        {
          refuse (place, "not an object", error);
          return NULL;
        }
      return take_drawing (json_array_get_object_element (drawings, place->index),
                           g_strcmp0 (axis, "up") == 0 ? 1 : -1, place, error);
    }
  if (whole != NULL && place->index == 0)
    return take_drawing (json_node_get_object (whole), -1, place, error);

  row = find_line (text, length, place->index, &line_length, &line, &n);
  if (row == NULL)
    {
      refuse_index (place, n, error);
      return NULL;
    }
  root = parse (row, line_length, place->path, line, error);
  return root != NULL ? take_drawing (json_node_get_object (root), -1, place, error) : NULL;
}

JsonNode *
us_ingest_parse_json (GBytes      *bytes,
                      const char  *path,
                      GError     **error)
{
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);

  if (length == 0)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TRUNCATED, "%s: the file is empty", path);
      return NULL;
    }
  return check_text (text, length, path, error) ? parse (text, length, path, 0, error) : NULL;
}

/* Points, y upwards, brought into the field and drawn. */
static UsObservation *
observe (const UsIngestTarget *target,
         GArray               *points,
         GError              **error)
{
  gsize n = points->len / 2;
  g_autofree char *note = us_ingest_fit_into_field (target, n, (double *) points->data);
  UsObservation *self = us_ingest_draw (target, n, (const double *) points->data, error);

  if (self != NULL)
    us_observation_add_note (self, "%s", note);
  return self;
}

UsObservation *
us_observation_from_drawing (const UsIngestTarget *target,
                             JsonObject           *drawing,
                             gboolean              y_up,
                             gsize                 index,
                             GError              **error)
{
  const Place place = { target->path, index };
  g_autoptr(GArray) points = take_drawing (drawing, y_up ? 1 : -1, &place, error);

  return points != NULL ? observe (target, points, error) : NULL;
}

UsObservation *
us_observation_from_json (const UsIngestTarget *target,
                          GBytes               *bytes,
                          gsize                 index,
                          GError              **error)
{
  Place place = { target->path, index };
  g_autoptr(GArray) points = NULL;

  if (!check_text (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), target->path, error))
    return NULL;
  points = read_points (bytes, &place, error);
  return points != NULL ? observe (target, points, error) : NULL;
}

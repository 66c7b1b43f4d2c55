/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A simulator at times of the caller's choice, as a const table.  T times, P parameters. */
#include "config.h"

#include "us-timed.h"

#include "us-error.h"
#include "us-file.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

typedef struct
{
  UsSimulator        table;     /* first: run gets a pointer to it */
  const UsSimulator *base;      /* a const table that lives as long */
  gsize             *outputs;   /* (table.n_outputs) of the base */
  double            *times;     /* (T), or NULL: each output's own grid */
} Timed;

/* As the tables that are compiled in, none is ever freed. */
static GMutex interned_lock;
static GHashTable *interned;    /* id → Timed; guarded by interned_lock */

/* ---- the simulator ---- */

static UsSimStatus
timed_run_at (const UsSimulator *simulator,
              const double      *theta,
              guint              output,
              gsize              n_times,
              const double      *times,
              UsRng             *rng,
              float             *out)
{
  const Timed *self = (const Timed *) simulator;

  if (output >= simulator->n_outputs)
    return US_SIM_FAILED;
  return self->base->run_at (self->base, theta, (guint) self->outputs[output], n_times, times, rng, out);
}

static UsSimStatus
timed_run (const UsSimulator *simulator,
           const double      *theta,
           guint              output,
           UsRng             *rng,
           float             *out)
{
  const Timed *self = (const Timed *) simulator;

  if (output >= simulator->n_outputs)
    return US_SIM_FAILED;
  if (self->times == NULL)
    return self->base->run (self->base, theta, (guint) self->outputs[output], rng, out);
  return timed_run_at (simulator, theta, output, simulator->outputs[output].height, self->times, rng, out);
}

/* ---- making one ---- */

/* Whether an output may stand beside the chosen one: values over the same axis. */
static gboolean
shares_axis (const UsOutput *chosen,
             const UsOutput *other)
{
  return other->kind == US_OUTPUT_SERIES && strcmp (other->x_unit, chosen->x_unit) == 0
         && strcmp (other->x_label, chosen->x_label) == 0;
}

static void
place (UsOutput     *output,
       const double *times,             /* (n) */
       gsize         n)
{
  output->height = n;
  output->x_values = times;
  if (n > 1)
    {
      output->x_lower = times[0];
      output->x_upper = times[n - 1];
    }
  else
    {
      /* An axis needs some length. */
      output->x_lower = MIN (output->x_lower, times[0]);
      output->x_upper = MAX (output->x_upper, times[0]);
    }
  output->x_logarithmic = output->x_logarithmic && output->x_lower > 0;
}

/* Takes id. */
static Timed *
timed_make (const UsSimulator *base,
            gsize              chosen,
            const double      *times,   /* (n), or NULL */
            gsize              n,
            char              *id)
{
  Timed *self = g_new0 (Timed, 1);
  UsOutput *outputs = g_new (UsOutput, base->n_outputs);
  gsize n_outputs = 0;

  self->base = base;
  self->times = times != NULL ? g_memdup2 (times, n * sizeof *times) : NULL;
  self->outputs = g_new (gsize, base->n_outputs);
  self->outputs[n_outputs++] = chosen;
  for (gsize o = 0; o < base->n_outputs; o++)
    if (o != chosen && shares_axis (&base->outputs[chosen], &base->outputs[o]))
      self->outputs[n_outputs++] = o;
  for (gsize o = 0; o < n_outputs; o++)
    {
      outputs[o] = base->outputs[self->outputs[o]];
      if (times != NULL)
        place (&outputs[o], self->times, n);
    }

  /* What depends on theta alone stays; what was written for the base's own pictures and grids does not. */
  self->table = *base;
  self->table.id = id;
  self->table.outputs = outputs;
  self->table.n_outputs = n_outputs;
  self->table.run = timed_run;
  self->table.run_at = base->run_at != NULL ? timed_run_at : NULL;
  self->table.run_augmented = NULL;
  self->table.draw_polyline = NULL;
  self->table.fit = NULL;
  return self;
}

/* The shortest text that reads back; "1e16", as "+" is what noise begins with. */
static void
append_time (GString *text,
             double   time)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  for (const char *c = us_dtoa (buffer, time == 0 ? 0.0 : time); *c != '\0'; c++)
    if (*c != '+')
      g_string_append_c (text, *c);
}

static char *
make_id (const UsSimulator *base,
         gsize              output,
         const double      *times,
         gsize              n)
{
  GString *id = g_string_new (base->id);

  if (output > 0)
    g_string_append_printf (id, ":%s", base->outputs[output].id);
  for (gsize t = 0; times != NULL && t < n; t++)
    {
      g_string_append_c (id, t == 0 ? '@' : ',');
      append_time (id, times[t]);
    }
  return g_string_free (id, FALSE);
}

/* A number of a message. */
static const char *
text_of (char   *buffer,
         double  value)
{
  return us_dtoa (buffer, value);
}

static gboolean
check_times (const UsSimulator *base,
             const UsOutput    *output,
             const double      *times,
             gsize              n,
             GError           **error)
{
  char one[G_ASCII_DTOSTR_BUF_SIZE], two[G_ASCII_DTOSTR_BUF_SIZE], three[G_ASCII_DTOSTR_BUF_SIZE];

  if (n > US_TIMED_MAX_TIMES)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE,
                   _("%s: %zu times are more than the %d that a series may have"), base->id, n, US_TIMED_MAX_TIMES);
      return FALSE;
    }
  for (gsize t = 0; t < n; t++)
    {
      if (!isfinite (times[t]))
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                     _("%s: time %zu is not a finite number"), base->id, t + 1);
      else if (t > 0 && !(times[t] > times[t - 1]))
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                     _("%s: times must increase: time %zu, %s, does not come after time %zu, %s"), base->id,
                     t + 1, text_of (one, times[t]), t, text_of (two, times[t - 1]));
      else if (output->at_upper > output->at_lower && (times[t] < output->at_lower || times[t] > output->at_upper))
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                     _("%s: time %zu, %s, is outside what the model allows: %s to %s %s"), base->id,
                     t + 1, text_of (one, times[t]), text_of (two, output->at_lower), text_of (three, output->at_upper),
                     output->x_unit);
      else
        continue;
      return FALSE;
    }
  return TRUE;
}

const UsSimulator *
us_timed_new (const UsSimulator  *base,
              gsize               output,
              const double       *times,
              gsize               n,
              GError            **error)
{
  const UsSimulator *root;
  const gsize *outputs = NULL;
  g_autofree char *id = NULL;
  Timed *self;

  g_return_val_if_fail (base != NULL && output < base->n_outputs, NULL);
  g_return_val_if_fail ((times == NULL) == (n == 0), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  root = us_timed_base (base, &outputs);
  if (root != NULL)
    {
      /* Times that nobody changes are those that it has. */
      if (times == NULL && ((const Timed *) base)->times != NULL)
        {
          times = ((const Timed *) base)->times;
          n = base->outputs[0].height;
        }
      output = outputs[output];
      base = root;
    }
  if (times == NULL && output == 0)
    return base;
  if (strpbrk (base->id, ":@+") != NULL)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                   _("%s: output and times are said before noise is: “NAME:OUTPUT@TIMES+NOISE”"), base->id);
      return NULL;
    }
  if (base->outputs[output].kind != US_OUTPUT_SERIES || (times != NULL && base->run_at == NULL))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                   times != NULL ? _("%s: output “%s” cannot be had at other times than its own")
                                 : _("%s: output “%s” cannot be taken for the first one: it is not a series"),
                   base->id, base->outputs[output].id);
      return NULL;
    }
  if (times != NULL && !check_times (base, &base->outputs[output], times, n, error))
    return NULL;

  id = make_id (base, output, times, n);
  g_mutex_lock (&interned_lock);
  if (interned == NULL)
    interned = g_hash_table_new (g_str_hash, g_str_equal);
  self = g_hash_table_lookup (interned, id);
  if (self == NULL)
    {
      self = timed_make (base, output, times, n, g_steal_pointer (&id));
      g_hash_table_insert (interned, (gpointer) self->table.id, self);
    }
  g_mutex_unlock (&interned_lock);
  return &self->table;
}

const UsSimulator *
us_timed_base (const UsSimulator  *self,
               const gsize       **outputs)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (self->run != timed_run)
    return NULL;
  if (outputs != NULL)
    *outputs = ((const Timed *) self)->outputs;
  return ((const Timed *) self)->base;
}

/* ---- reading an id ---- */

gsize
us_timed_base_length (const char *id)
{
  g_return_val_if_fail (id != NULL, 0);

  return strcspn (id, ":@");
}

/* "0,1,2.5" → (n); as plain numbers only: strtod would also take "0x1p3", "inf" and leading blanks. */
static GArray *
parse_times (const UsSimulator  *base,
             const char         *text,
             GError            **error)
{
  g_autoptr(GArray) times = g_array_new (FALSE, FALSE, sizeof (double));

  for (const char *at = text; ; at++)
    {
      const gsize length = strcspn (at, ",");
      g_autofree char *field = g_strndup (at, length);
      char *end = NULL;
      double time = 0;

      if (times->len >= US_TIMED_MAX_TIMES)
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE,
                       _("%s: more than the %d times that a series may have"), base->id, US_TIMED_MAX_TIMES);
          return NULL;
        }
      if (length > 0 && strspn (field, "0123456789.eE+-") == length)
        time = g_ascii_strtod (field, &end);
      if (end == NULL || *end != '\0')
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX,
                       _("%s: time %u, “%.40s”, is not a number; expected times as in “%s@0,1,2.5”"), base->id,
                       times->len + 1, field, base->id);
          return NULL;
        }
      g_array_append_val (times, time);
      at += length;
      if (*at == '\0')
        return g_steal_pointer (&times);
    }
}

static gssize
parse_output (const UsSimulator  *base,
              const char         *name,
              GError            **error)
{
  const gssize output = us_simulator_output_index (base, name);
  g_autoptr(GString) known = NULL;

  if (output >= 0)
    return output;
  known = g_string_new (NULL);
  for (gsize o = 0; o < base->n_outputs; o++)
    g_string_append_printf (known, "%s%s", o > 0 ? ", " : "", base->outputs[o].id);
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
               _("%s: there is no output “%.40s”; known are: %s"), base->id, name, known->str);
  return -1;
}

const UsSimulator *
us_timed_parse (const UsSimulator  *base,
                const char         *suffix,
                GError            **error)
{
  g_autoptr(GArray) times = NULL;
  gssize output = 0;

  g_return_val_if_fail (base != NULL && suffix != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (*suffix == ':')
    {
      const gsize length = strcspn (suffix + 1, "@");
      g_autofree char *name = g_strndup (suffix + 1, length);

      output = parse_output (base, name, error);
      if (output < 0)
        return NULL;
      suffix += 1 + length;
    }
  if (*suffix == '\0')
    return us_timed_new (base, (gsize) output, NULL, 0, error);
  if (*suffix != '@')
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX,
                   _("%s: “%.40s” is neither “:” and an output nor “@” and times"), base->id, suffix);
      return NULL;
    }
  times = parse_times (base, suffix + 1, error);
  if (times == NULL)
    return NULL;
  return us_timed_new (base, (gsize) output, (const double *) times->data, times->len, error);
}

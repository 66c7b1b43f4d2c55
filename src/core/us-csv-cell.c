/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-csv-cell.h"

#include <math.h>
#include <string.h>

gboolean
us_csv_cell_is_missing (const char *text)
{
  return *text == '\0' || g_ascii_strcasecmp (text, "na") == 0 || g_ascii_strcasecmp (text, "nan") == 0;
}

/* "1,234", "-12,345": as likely 1234 as 1.234. */
static gboolean
looks_grouped (const char *text)
{
  gsize digits;

  text += *text == '+' || *text == '-';
  digits = strspn (text, "0123456789");
  return *text != '0' && digits >= 1 && digits <= 3 && text[digits] == ','
         && strlen (text + digits + 1) == 3 && strspn (text + digits + 1, "0123456789") == 3;
}

static void
note_mark (UsCsvDecimal *decimal,
           char          mark,
           const char   *text,
           gsize         line)
{
  if (decimal->mark == '\0')
    {
      decimal->mark = mark;
      decimal->line = line;
      g_strlcpy (decimal->first, text, sizeof decimal->first);
    }
  if (mark == ',' && !looks_grouped (text))
    decimal->proven = TRUE;
  else if (mark == ',' && decimal->grouped_line == 0)
    {
      decimal->grouped_line = line;
      g_strlcpy (decimal->grouped, text, sizeof decimal->grouped);
    }
}

UsCsvCell
us_csv_cell_parse_number (char         *text,
                          gsize         line,
                          UsCsvDecimal *decimal,
                          double       *value)
{
  char *mark, *end;
  char found;

  *value = NAN;
  if (us_csv_cell_is_missing (text))
    return US_CSV_CELL_READ;

  /* strtod also takes hexadecimal, "inf" and "nan(…)": not here. */
  if (text[strspn (text, "+-0123456789.,eE")] != '\0')
    return US_CSV_CELL_NONE;
  mark = strpbrk (text, ".,");
  found = mark != NULL ? *mark : '\0';
  if (mark != NULL)
    *mark = '.';
  *value = g_ascii_strtod (text, &end);
  if (mark != NULL)
    *mark = found;
  if (*end != '\0' || end == text || !isfinite (*value))
    {
      *value = NAN;
      return US_CSV_CELL_NONE;
    }
  if (mark == NULL)
    return US_CSV_CELL_READ;
  if (decimal->mark != '\0' && decimal->mark != found)
    {
      *value = NAN;
      return US_CSV_CELL_MIXED;
    }
  note_mark (decimal, found, text, line);
  return US_CSV_CELL_READ;
}

/* Exactly `digits` digits. */
static gboolean
take_digits (const char **text,
             guint        digits,
             guint       *value)
{
  *value = 0;
  for (guint i = 0; i < digits; i++, (*text)++)
    {
      if (!g_ascii_isdigit (**text))
        return FALSE;
      *value = 10 * *value + (guint) (**text - '0');
    }
  return TRUE;
}

static gboolean
take_mark (const char **text,
           char         mark)
{
  if (**text != mark)
    return FALSE;
  (*text)++;
  return TRUE;
}

/* hh:mm, then :ss and a fraction if they are there. */
static gboolean
take_time (const char **text,
           double      *seconds)
{
  guint hours, minutes, whole = 0;
  double fraction = 0, unit = 0.1;

  if (!take_digits (text, 2, &hours) || !take_mark (text, ':') || !take_digits (text, 2, &minutes))
    return FALSE;
  if (take_mark (text, ':'))
    {
      if (!take_digits (text, 2, &whole))
        return FALSE;
      if (take_mark (text, '.'))
        for (; g_ascii_isdigit (**text); (*text)++, unit /= 10)
          fraction += unit * (**text - '0');
    }
  *seconds = hours * 3600.0 + minutes * 60.0 + whole + fraction;
  /* 60: a leap second */
  return hours <= 24 && minutes <= 59 && whole <= 60 && *seconds <= 86400;
}

/* Z, +01:00, -0330 or nothing: how far ahead of universal time. */
static gboolean
take_zone (const char **text,
           double      *seconds)
{
  double sign;
  guint hours, minutes;

  *seconds = 0;
  if (take_mark (text, 'Z') || **text == '\0')
    return TRUE;
  sign = **text == '-' ? -1 : 1;
  if (!take_mark (text, '+') && !take_mark (text, '-'))
    return FALSE;
  if (!take_digits (text, 2, &hours))
    return FALSE;
  take_mark (text, ':');
  if (!take_digits (text, 2, &minutes))
    return FALSE;
  *seconds = sign * (hours * 3600.0 + minutes * 60.0);
  return hours <= 14 && minutes <= 59;
}

gboolean
us_csv_cell_parse_date (const char *text,
                        double     *days)
{
  guint year, month, day;
  double seconds = 0, ahead = 0;
  GDate date;

  if (!take_digits (&text, 4, &year) || !take_mark (&text, '-') || !take_digits (&text, 2, &month)
      || !take_mark (&text, '-') || !take_digits (&text, 2, &day)
      || !g_date_valid_dmy ((GDateDay) day, (GDateMonth) month, (GDateYear) year))
    return FALSE;
  if ((take_mark (&text, 'T') || take_mark (&text, ' '))
      && (!take_time (&text, &seconds) || !take_zone (&text, &ahead)))
    return FALSE;
  if (*text != '\0')
    return FALSE;
  g_date_clear (&date, 1);
  g_date_set_dmy (&date, (GDateDay) day, (GDateMonth) month, (GDateYear) year);
  *days = g_date_get_julian (&date) + (seconds - ahead) / 86400;
  return TRUE;
}

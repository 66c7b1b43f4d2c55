/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-file.h"

#include "us-error.h"

#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_TRIES 100
#define MAX_CHUNK ((gsize) 1 << 30)    /* read and write move at most 2 GiB at once */

struct _UsFileWriter
{
  char     *path;        /* where the file shall stand; a link is followed */
  char     *aside;       /* NULL: path is written directly */
  int       fd;          /* -1 after a close */
  gboolean  by_name;     /* a library has written aside by its name */
};

struct _UsFileReader
{
  char    *path;
  int      fd;
  guint64  left;
};

void
us_file_set_error (GError     **error,
                   int          saved_errno,
                   const char  *format,
                   const char  *path)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_autofree char *what = NULL;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  what = g_strdup_printf (format, shown);
#pragma GCC diagnostic pop
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
               "%s: %s", what, g_strerror (saved_errno));
}

static int
close_retaining_errno (int fd)
{
  int saved_errno = errno;
  int result = fd >= 0 ? close (fd) : 0;

  if (result == 0)
    errno = saved_errno;
  return result;
}

/* A new file beside path; its name is short, so that it fits where path fits. */
static int
open_aside (const char  *path,
            char       **aside)
{
  g_autofree char *folder = g_path_get_dirname (path);

  for (int i = 0; i < MAX_TRIES; i++)
    {
      g_autofree char *name = g_strdup_printf (".us-%08x%08x", g_random_int (), g_random_int ());
      g_autofree char *candidate = g_build_filename (folder, name, NULL);
      int fd = open (candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);

      if (fd >= 0)
        {
          *aside = g_steal_pointer (&candidate);
          return fd;
        }
      if (errno != EEXIST)
        return -1;
    }

  return -1;
}

UsFileWriter *
us_file_writer_new (const char  *path,
                    GError     **error)
{
  g_autoptr(UsFileWriter) self = g_new0 (UsFileWriter, 1);
  struct stat old;
  gboolean exists;

  g_return_val_if_fail (path != NULL, NULL);

  self->fd = -1;
  exists = stat (path, &old) == 0;
  if (exists && S_ISDIR (old.st_mode))
    {
      us_file_set_error (error, EISDIR, _("Cannot write “%s”"), path);
      return NULL;
    }

  if (exists && !S_ISREG (old.st_mode))
    {
      self->path = g_strdup (path);
      self->fd = open (path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    }
  else
    {
      char *target = exists ? realpath (path, NULL) : NULL;

      self->path = g_strdup (target != NULL ? target : path);
      free (target);
      self->fd = open_aside (self->path, &self->aside);
    }

  if (self->fd < 0 || (exists && self->aside != NULL && fchmod (self->fd, old.st_mode & 0777) != 0))
    {
      us_file_set_error (error, errno, _("Cannot write “%s”"), path);
      return NULL;
    }

  return g_steal_pointer (&self);
}

gboolean
us_file_writer_write (UsFileWriter  *self,
                      const void    *data,
                      gsize          length,
                      GError       **error)
{
  const char *bytes = data;

  g_return_val_if_fail (self != NULL && self->fd >= 0, FALSE);

  while (length > 0)
    {
      ssize_t n = write (self->fd, bytes, MIN (length, MAX_CHUNK));

      if (n < 0)
        {
          if (errno == EINTR)
            continue;
          us_file_set_error (error, errno, _("Cannot write “%s”"), self->path);
          return FALSE;
        }
      bytes += n;
      length -= (gsize) n;
    }

  return TRUE;
}

const char *
us_file_writer_path (UsFileWriter *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  self->by_name = TRUE;
  return self->aside;
}

/* The new name must be on the disk as well.  Not every file system can flush
 * a folder; the file itself is safe by then, so that is no failure. */
static void
flush_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd >= 0)
    {
      fsync (fd);
      close (fd);
    }
}

gboolean
us_file_writer_commit (UsFileWriter  *self,
                       GError       **error)
{
  int fd;

  g_return_val_if_fail (self != NULL && self->fd >= 0, FALSE);

  if (self->aside != NULL && self->by_name)
    {
      /* What was opened at first may no longer be the file of that name. */
      close (self->fd);
      self->fd = open (self->aside, O_RDONLY | O_CLOEXEC);
    }

  if (self->fd < 0 || (self->aside != NULL && fsync (self->fd) != 0))
    {
      us_file_set_error (error, errno, _("Cannot write “%s”"), self->path);
      return FALSE;
    }

  fd = self->fd;
  self->fd = -1;
  if (close_retaining_errno (fd) != 0
      || (self->aside != NULL && rename (self->aside, self->path) != 0))
    {
      us_file_set_error (error, errno, _("Cannot write “%s”"), self->path);
      return FALSE;
    }

  if (self->aside != NULL)
    flush_folder (self->path);
  g_clear_pointer (&self->aside, g_free);
  return TRUE;
}

void
us_file_writer_free (UsFileWriter *self)
{
  g_return_if_fail (self != NULL);

  close_retaining_errno (self->fd);
  if (self->aside != NULL)
    unlink (self->aside);
  g_free (self->aside);
  g_free (self->path);
  g_free (self);
}

gboolean
us_file_replace (const char  *path,
                 const void  *data,
                 gsize        length,
                 GError     **error)
{
  g_autoptr(UsFileWriter) writer = us_file_writer_new (path, error);

  return writer != NULL
         && us_file_writer_write (writer, data, length, error)
         && us_file_writer_commit (writer, error);
}

/* Opening does not wait for a pipe that nobody writes to; reading waits as usual. */
static int
open_to_read (const char   *path,
              struct stat  *info,
              GError      **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

  if (fd < 0 || fstat (fd, info) != 0 || S_ISDIR (info->st_mode))
    {
      us_file_set_error (error, fd >= 0 && S_ISDIR (info->st_mode) ? EISDIR : errno,
                         _("Cannot read “%s”"), path);
      close_retaining_errno (fd);
      return -1;
    }
  fcntl (fd, F_SETFL, fcntl (fd, F_GETFL) & ~O_NONBLOCK);

  return fd;
}

static void
set_too_large (GError     **error,
               const char  *path,
               gsize        max_bytes)
{
  g_autofree char *limit = g_format_size_full (max_bytes, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *shown = g_filename_display_name (path);

  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TOO_LARGE,
               _("“%s” is larger than the %s allowed here"), shown, limit);
}

GBytes *
us_file_read (const char  *path,
              gsize        max_bytes,
              GError     **error)
{
  g_autofree char *data = NULL;
  struct stat info;
  gsize capacity, length = 0;
  int fd;

  g_return_val_if_fail (path != NULL, NULL);

  fd = open_to_read (path, &info, error);
  if (fd < 0)
    return NULL;

  /* The size is a first guess: what is no regular file says 0. */
  max_bytes = MIN (max_bytes, G_MAXSSIZE - 1);
  capacity = MIN ((gsize) info.st_size, max_bytes) + 1;
  if ((guint64) info.st_size > max_bytes || (data = g_try_malloc (capacity)) == NULL)
    {
      set_too_large (error, path, max_bytes);
      close (fd);
      return NULL;
    }

  for (;;)
    {
      ssize_t n = read (fd, data + length, MIN (capacity - length, MAX_CHUNK));

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        us_file_set_error (error, errno, _("Cannot read “%s”"), path);
      if (n <= 0)
        {
          close (fd);
          return n == 0 ? g_bytes_new_take (g_steal_pointer (&data), length) : NULL;
        }

      length += (gsize) n;
      if (length == capacity)
        {
          gsize larger = MIN (MAX (2 * (capacity - 1), 65536), max_bytes) + 1;
          char *grown = length <= max_bytes ? g_try_realloc (data, larger) : NULL;

          if (grown == NULL)
            {
              set_too_large (error, path, max_bytes);
              close (fd);
              return NULL;
            }
          g_steal_pointer (&data);
          data = grown;
          capacity = larger;
        }
    }
}

UsFileReader *
us_file_reader_new (const char  *path,
                    GError     **error)
{
  UsFileReader *self;
  struct stat info;
  int fd;

  g_return_val_if_fail (path != NULL, NULL);

  fd = open_to_read (path, &info, error);
  if (fd < 0)
    return NULL;
  if (!S_ISREG (info.st_mode))
    {
      g_autofree char *shown = g_filename_display_name (path);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                   _("Cannot read “%s”: it is not a regular file"), shown);
      close (fd);
      return NULL;
    }

  self = g_new (UsFileReader, 1);
  *self = (UsFileReader) { g_strdup (path), fd, (guint64) info.st_size };

  return self;
}

guint64
us_file_reader_left (UsFileReader *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->left;
}

gboolean
us_file_reader_read (UsFileReader  *self,
                     void          *data,
                     gsize          length,
                     GError       **error)
{
  char *bytes = data;

  g_return_val_if_fail (self != NULL, FALSE);

  while (length > 0)
    {
      ssize_t n = read (self->fd, bytes, MIN (length, MAX_CHUNK));

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          us_file_set_error (error, errno, _("Cannot read “%s”"), self->path);
          return FALSE;
        }
      if (n == 0)
        {
          g_autofree char *shown = g_filename_display_name (self->path);

          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_TRUNCATED,
                       _("“%s” ends %zu bytes too early"), shown, length);
          return FALSE;
        }
      bytes += n;
      length -= (gsize) n;
      self->left -= MIN (self->left, (guint64) n);
    }

  return TRUE;
}

void
us_file_reader_free (UsFileReader *self)
{
  g_return_if_fail (self != NULL);

  close (self->fd);
  g_free (self->path);
  g_free (self);
}

char *
us_dtoa (char   *buffer,
         double  value)
{
  /* 15 digits survive the way through a normal double, so the shortest text
   * of at most 15 is what 15 digits give; a subnormal has fewer. */
  int first = fabs (value) < DBL_MIN ? 1 : 15;

  if (!isfinite (value))
    {
      g_strlcpy (buffer, isnan (value) ? "nan" : value > 0 ? "inf" : "-inf", G_ASCII_DTOSTR_BUF_SIZE);
      return buffer;
    }

  for (int digits = first; digits <= 17; digits++)
    {
      char format[8];

      g_snprintf (format, sizeof format, "%%.%dg", digits);
      g_ascii_formatd (buffer, G_ASCII_DTOSTR_BUF_SIZE, format, value);
      if (g_ascii_strtod (buffer, NULL) == value)
        break;
    }

  return buffer;
}

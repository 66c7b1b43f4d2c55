/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Writes aside (same folder), flushes to the disk, renames over path: a crash
 * or a full disk leaves the old file whole and no litter.  The new file keeps
 * the old one's permissions; a link stays a link to it.  What is no regular
 * file (a pipe, /dev/stdout) is written to directly.  Errors: G_IO_ERROR with
 * the path and the system's reason. */
gboolean us_file_replace (const char    *path,
                          const void    *data,
                          gsize          length,
                          GError       **error);

/* Reads a whole file of at most max_bytes; longer: US_FORMAT_ERROR_TOO_LARGE. */
GBytes  *us_file_read    (const char    *path,
                          gsize          max_bytes,
                          GError       **error);

/* 0.1 -> "0.1": the shortest decimal text that reads back as the same double,
 * with a point where one is needed, never the locale's comma ("nan", "inf" and
 * "-inf" for what is not finite).  buffer: G_ASCII_DTOSTR_BUF_SIZE. */
char    *us_dtoa         (char   *buffer,
                          double  value);

/**
 * UsFileWriter:
 *
 * us_file_replace in pieces, for what is too long to be put together in memory.
 * Nothing is seen at the path before commit succeeds; free without commit (or
 * after an error) leaves everything as it was.
 */
typedef struct _UsFileWriter UsFileWriter;

UsFileWriter *us_file_writer_new    (const char    *path,
                                     GError       **error);
gboolean      us_file_writer_write  (UsFileWriter  *self,
                                     const void    *data,
                                     gsize          length,
                                     GError       **error);
/* The file aside, for a library that writes or replaces a file by its name.
 * NULL when the path is a device or pipe, which can only be written to. */
const char   *us_file_writer_path   (UsFileWriter  *self);
gboolean      us_file_writer_commit (UsFileWriter  *self,
                                     GError       **error);
void          us_file_writer_free   (UsFileWriter  *self);

/**
 * UsFileReader:
 *
 * A regular file read from front to back, whose size is known.
 */
typedef struct _UsFileReader UsFileReader;

UsFileReader *us_file_reader_new  (const char    *path,
                                   GError       **error);
guint64       us_file_reader_left (UsFileReader  *self);      /* bytes, by the size at opening */
/* Exactly length bytes; fewer are there: US_FORMAT_ERROR_TRUNCATED. */
gboolean      us_file_reader_read (UsFileReader  *self,
                                   void          *data,
                                   gsize          length,
                                   GError       **error);
void          us_file_reader_free (UsFileReader  *self);

/* Sets G_IO_ERROR: "Cannot WHAT “PATH”: the system's reason". */
void          us_file_set_error   (GError     **error,
                                   int          saved_errno,
                                   const char  *format,
                                   const char  *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsFileWriter, us_file_writer_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsFileReader, us_file_reader_free)

G_END_DECLS

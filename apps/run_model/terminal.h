// The one place where text leaves run_model: lines on stdout and stderr.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "runtime/core/status.h"

namespace octet::app {

// To be called before any file is opened: where a standard stream was closed by the caller, its
// number is taken, so that no file gets it and then what is written to the stream. Writing to such
// a stream fails.
void take_closed_streams();

// Writes printable(line) and a newline to stdout, or message_text(line) to stderr. Nothing is
// thrown: what could not be written to stdout is flush_stdout()'s error, and for stderr there is
// nobody to tell.
void put_line(std::FILE* stream, std::string_view line);

template <class... Args>
void print_line(std::FILE* stream, fmt::format_string<Args...> format, Args&&... args) {
  put_line(stream, fmt::format(format, std::forward<Args>(args)...));
}

// Error: kIoError when something written to stdout so far did not arrive.
Status flush_stdout();

}  // namespace octet::app

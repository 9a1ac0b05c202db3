// Output of the program. If output cannot be written (full device, closed terminal), the work continues, and the error
// is reported once, at the end.

#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "data/dataset.hpp"

namespace chandelier {

/// Call this first. It makes sure that a file opened later does not get the number of a closed stdout or stderr, or
/// messages would be written into it, and that a limit on the size of files is an error instead of a signal.
void prepare_output();

/// From now on, printing to a pipe without a reader does not end the program.
void outlive_readers();

/// Prints to stderr what a user may not know about a data set.
void print_notes(const Dataset& dataset);

void print_text(const std::string& text);
void print_error_text(const std::string& text);

/// To stdout.
template <class... Values>
void print(fmt::format_string<Values...> format, Values&&... values) {
  print_text(fmt::format(format, std::forward<Values>(values)...));
}

/// To stderr.
template <class... Values>
void print_error(fmt::format_string<Values...> format, Values&&... values) {
  print_error_text(fmt::format(format, std::forward<Values>(values)...));
}

void flush_output();

/// @throws DataError unless everything printed to stdout was written.
void check_output();

}  // namespace chandelier

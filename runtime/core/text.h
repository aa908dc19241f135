// Texts that leave Octet: made printable, and cut to a length that people read.
#pragma once

#include <string>
#include <string_view>

namespace octet {

// Whether `text` is UTF-8 without NUL bytes (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

// The text as a terminal, a log or a one-line message may show it: valid UTF-8, in which control
// characters (newlines too), characters that turn or hide the text around them (bidirectional
// marks, zero-width and tag characters, line separators) and bytes that are no UTF-8 stand as
// escapes: "\x1b", "\u202e", "\xff". What is printable stays; a backslash is no exception.
std::string printable(std::string_view text);

// At most `most` bytes: of a longer text the middle is left out, between characters, and what
// stands there says how many bytes. Precondition: `text` is UTF-8; most >= 64.
std::string shortened(std::string_view text, size_t most);

// What a message may be: with "run_model: " before it and a newline still below 4 KB.
inline constexpr size_t kLongestMessage = 4000;
// A printable text of at most kLongestMessage bytes.
std::string message_text(std::string_view text);

}  // namespace octet

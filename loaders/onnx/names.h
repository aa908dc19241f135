// Names from a model file in messages: checked, quoted, and cut to a readable length.
#pragma once

#include <string>
#include <string_view>

namespace octet {

// "\"name\"": control characters and what is not UTF-8 become '?', and the middle of a long name
// "...".
std::string quoted(std::string_view name);

// Whether `text` is UTF-8 without NUL bytes (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

}  // namespace octet

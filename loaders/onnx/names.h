// Names from a model file in messages: quoted, and cut to a readable length.
#pragma once

#include <string>
#include <string_view>

namespace octet {

// "\"name\"": control characters and what is not UTF-8 become '?', and the middle of a long name
// "...".
std::string quoted(std::string_view name);

}  // namespace octet

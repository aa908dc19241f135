// JSON as it leaves Octet.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace octet {

// One line of ASCII, safe on a terminal and valid whatever bytes are in the strings: what is no
// UTF-8 becomes U+FFFD, other characters than printable ASCII are escaped.
inline std::string json_text(const nlohmann::json& json) {
  return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace octet

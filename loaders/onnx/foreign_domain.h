// Who writes nodes of domains that are not ONNX's own.
#pragma once

#include <string_view>

namespace octet {

// One sentence on the tool that writes nodes of `domain`, and what to export instead; "" for ONNX's
// own domain and for one that nobody is known to write.
std::string_view about_domain(std::string_view domain);

}  // namespace octet

// Quoting and checking of names.
#include "loaders/onnx/names.h"

#include <cstdint>

namespace octet {

std::string quoted(std::string_view name) {
  constexpr size_t kKeep = 80;  // at either end
  std::string text(name);
  if (text.size() > 2 * kKeep + 3) {
    // Cut between characters: a UTF-8 continuation byte is 10xxxxxx.
    size_t head = kKeep, tail = text.size() - kKeep;
    while (head > 0 && (text[head] & 0xc0) == 0x80) --head;
    while (tail < text.size() && (text[tail] & 0xc0) == 0x80) ++tail;
    text = text.substr(0, head) + "..." + text.substr(tail);
  }
  const bool valid = is_utf8(text);
  for (char& c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || c == 0x7f || (!valid && code >= 0x80)) c = '?';
  }
  return '"' + text + '"';
}

bool is_utf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead == 0) return false;
    const size_t length = lead < 0x80       ? 1
                          : lead >> 5 == 6  ? 2
                          : lead >> 4 == 14 ? 3
                          : lead >> 3 == 30 ? 4
                                            : 0;
    if (length == 0 || length > text.size() - i) return false;
    uint32_t code = length == 1 ? lead : lead & (0x7fu >> length);
    for (size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      code = code << 6 | (next & 0x3fu);
    }
    constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kSmallest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
      return false;
    i += length;
  }
  return true;
}

}  // namespace octet

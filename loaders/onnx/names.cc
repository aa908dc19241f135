// Quoting of names.
#include "loaders/onnx/names.h"

#include "runtime/core/text.h"

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

}  // namespace octet

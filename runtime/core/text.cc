// UTF-8, and what of it a terminal takes for an order.
#include "runtime/core/text.h"

#include <cstdint>
#include <cstdio>

namespace octet {
namespace {

struct Character {
  uint32_t code = 0;
  size_t length = 0;  // 0: no UTF-8
};

// The character at the start of `text`, which is not empty.
Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = lead < 0x80       ? 1
                        : lead >> 5 == 6  ? 2
                        : lead >> 4 == 14 ? 3
                        : lead >> 3 == 30 ? 4
                                          : 0;
  if (length == 0 || length > text.size()) return {};
  uint32_t code = length == 1 ? lead : lead & (0x7fu >> length);
  for (size_t k = 1; k < length; ++k) {
    const auto next = static_cast<unsigned char>(text[k]);
    if ((next & 0xc0) != 0x80) return {};
    code = code << 6 | (next & 0x3fu);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {code, length};
}

struct Span {
  uint32_t first, last;
};
// Unicode 15: categories Cc, Zl, Zp, and of Cf what reorders or hides text. The joiners U+200C and
// U+200D are not among them: words of some languages are spelled with them.
constexpr Span kUnprintable[] = {{0x00, 0x1f},     {0x7f, 0x9f},      {0x61c, 0x61c},
                                 {0x180e, 0x180e}, {0x200b, 0x200b},  {0x200e, 0x200f},
                                 {0x2028, 0x202e}, {0x2060, 0x206f},  {0xfeff, 0xfeff},
                                 {0xfff9, 0xfffb}, {0xe0000, 0xe0fff}};

bool is_printable(uint32_t code) {
  for (const Span& span : kUnprintable)
    if (code >= span.first && code <= span.last) return false;
  return true;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Character character = first_character(text);
    if (character.length == 0 || character.code == 0) return false;
    text.remove_prefix(character.length);
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    const size_t length = character.length == 0 ? 1 : character.length;
    if (character.length > 0 && is_printable(character.code)) {
      result += text.substr(0, length);
    } else {
      const bool byte = character.length <= 1;
      const uint32_t code = byte ? static_cast<unsigned char>(text[0]) : character.code;
      char escape[16];
      std::snprintf(escape, sizeof escape,
                    byte             ? "\\x%02x"
                    : code <= 0xffff ? "\\u%04x"
                                     : "\\U%08x",
                    static_cast<unsigned>(code));
      result += escape;
    }
    text.remove_prefix(length);
  }
  return result;
}

std::string shortened(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  constexpr size_t kGapSize = 48;  // more than the words in the gap need
  // What is wrong stands in front, what to do about it at the end.
  size_t head = (most - kGapSize) / 3 * 2, tail = text.size() - (most - kGapSize) / 3;
  while (head > 0 && is_continuation(text[head])) --head;
  while (tail < text.size() && is_continuation(text[tail])) ++tail;
  return std::string(text.substr(0, head)) + " [" + std::to_string(tail - head) +
         " bytes left out] " + std::string(text.substr(tail));
}

std::string message_text(std::string_view text) {
  return shortened(printable(text), kLongestMessage);
}

}  // namespace octet

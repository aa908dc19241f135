// Printable texts: what stays, what becomes an escape, and where long ones are cut.
#include "runtime/core/text.h"

#include <gtest/gtest.h>

namespace octet {
namespace {

using namespace std::string_literals;

TEST(Printable, KeepsWhatPeopleWrite) {
  for (const std::string text :
       {"", "fc1.weight", "größe/重み", "می\u200cخواهم", "👩\u200d🔬", "a\\b"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, EscapesWhatATerminalObeys) {
  EXPECT_EQ(printable("a\x1b]0;title\x07\r\n\tb\x7f"), "a\\x1b]0;title\\x07\\x0d\\x0a\\x09b\\x7f");
  EXPECT_EQ(printable("a\0b"s), "a\\x00b");
  EXPECT_EQ(printable("\u0080\u009b31m\u00a0"), "\\u0080\\u009b31m\u00a0");
  EXPECT_EQ(printable("\u202egnp.exe\u202c \u2066x\u2069 \u200f\u061c"),
            "\\u202egnp.exe\\u202c \\u2066x\\u2069 \\u200f\\u061c");
  EXPECT_EQ(printable("\u2028\u2029\u200b\ufeff\U000e0041"),
            "\\u2028\\u2029\\u200b\\ufeff\\U000e0041");
}

TEST(Printable, EscapesWhatIsNoUtf8) {
  EXPECT_EQ(printable("\xff\x9b"), "\\xff\\x9b");
  EXPECT_EQ(printable("\xe2\x80"), "\\xe2\\x80");           // cut short
  EXPECT_EQ(printable("\xc0\x9b"), "\\xc0\\x9b");           // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // half of a surrogate pair
  EXPECT_EQ(printable("é\xc3"), "é\\xc3");
}

TEST(Printable, IsUtf8WithoutControlsWhateverComes) {
  uint32_t state = 1;
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i)
      text += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    const std::string result = printable(text);
    EXPECT_TRUE(is_utf8(result));
    for (const char c : result) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    EXPECT_EQ(printable(result), result);
  }
}

TEST(Shortened, KeepsBothEndsBetweenCharacters) {
  EXPECT_EQ(shortened("whole", 64), "whole");
  EXPECT_EQ(shortened(std::string(64, 'x'), 64), std::string(64, 'x'));
  for (size_t most = 64; most < 90; ++most) {
    std::string text = "start ";
    for (int i = 0; i < 300; ++i) text += "重";
    const std::string cut = shortened(text + " end", most);
    EXPECT_LE(cut.size(), most);
    EXPECT_TRUE(is_utf8(cut)) << cut;
    EXPECT_TRUE(cut.starts_with("start 重") && cut.ends_with(" end")) << cut;
    EXPECT_NE(cut.find(" bytes left out]"), std::string::npos) << cut;
  }
}

TEST(Message, IsBelow4Kb) {
  EXPECT_EQ(message_text("fine"), "fine");
  const std::string message =
      message_text("model: " + std::string(1 << 20, '\x1b') + "; give another");
  EXPECT_LE(message.size(), kLongestMessage);
  EXPECT_GT(message.size(), kLongestMessage - 100);
  EXPECT_TRUE(message.starts_with("model: \\x1b"));
  EXPECT_TRUE(message.ends_with("; give another"));
}

}  // namespace
}  // namespace octet

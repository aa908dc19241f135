// Counting of members against fields, and visits that read or change them.
#include "runtime/core/fields.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace octet {
namespace {

enum class Mode { kFirst, kSecond };
const char* mode_name(Mode mode) { return mode == Mode::kFirst ? "first" : "second"; }

struct Inner {
  std::vector<int> numbers;
  bool flag = false;
};
auto fields(Is<Inner> auto& inner, auto&& visit) {
  return visit(identity("numbers", inner.numbers), identity("flag", inner.flag));
}

struct Outer {
  static constexpr int kNotAMember = 1;
  Mode mode;
  Inner inner;
  std::string name;
};
auto fields(Is<Outer> auto& outer, auto&& visit) {
  return visit(identity("mode", outer.mode, mode_name), identity("inner", outer.inner),
               label("name", outer.name));
}

struct Single {
  std::vector<int> numbers;
};
auto fields(Is<Single> auto& single, auto&& visit) {
  return visit(identity("numbers", single.numbers));
}

struct Forgetful {
  int remembered = 0;
  int forgotten = 0;
};
auto fields(Is<Forgetful> auto& forgetful, auto&& visit) {
  return visit(identity("remembered", forgetful.remembered));
}

struct Empty {};

static_assert(kHasAllFields<Inner>);
static_assert(kHasAllFields<Outer> && Outer::kNotAMember == 1);
static_assert(kHasAllFields<Single>);
static_assert(kHasAllFields<Empty>);
static_assert(!kHasAllFields<Forgetful>);

TEST(Fields, AreVisitedInOrderWithTheirRoles) {
  const Outer outer{Mode::kSecond, {}, "n"};
  std::string names;
  int labels = 0;
  for_each_field(outer, [&](const auto& field) {
    names += std::string(field.name) + " ";
    labels += field.kRole == Role::kLabel;
    if constexpr (std::is_same_v<decltype(field.value), const Mode&>) {
      EXPECT_STREQ(field.name_of(field.value), "second");
    }
  });
  EXPECT_EQ(names, "mode inner name ");
  EXPECT_EQ(labels, 1);
}

TEST(Fields, OfAVariableMayBeChanged) {
  Outer outer{Mode::kFirst, {}, "n"};
  for_each_field(outer, [](const auto& field) {
    if constexpr (std::is_same_v<decltype(field.value), std::string&>) field.value = "changed";
  });
  EXPECT_EQ(outer.name, "changed");
}

}  // namespace
}  // namespace octet

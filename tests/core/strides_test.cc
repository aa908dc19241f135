// What strides reach, and whether they keep elements apart.
#include "runtime/core/strides.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace octet {
namespace {

using ::testing::ElementsAre;

TEST(Strides, ReachIsFromTheFirstPlaceToTheLast) {
  const auto reach = [](const Shape& shape, const Strides& strides) {
    const auto found = reach_of(shape, strides);
    return found ? std::vector<int64_t>{found->first, found->last} : std::vector<int64_t>{};
  };
  EXPECT_THAT(reach({}, {}), ElementsAre(0, 0));
  EXPECT_THAT(reach({2, 3}, {3, 1}), ElementsAre(0, 5));
  EXPECT_THAT(reach({2, 3}, {-10, 2}), ElementsAre(-10, 4));
  EXPECT_THAT(reach({2, 3}, {0, 0}), ElementsAre(0, 0));
  EXPECT_THAT(reach({1, 3}, {INT64_MIN, -1}), ElementsAre(-2, 0));
  EXPECT_THAT(reach({5, 0}, {INT64_MAX, 1}), ElementsAre(0, -1));
  EXPECT_THAT(reach({2, 2}, {INT64_MAX, INT64_MIN}), ElementsAre(INT64_MIN, INT64_MAX));
  EXPECT_FALSE(reach_of({3}, {INT64_MAX}));
  EXPECT_FALSE(reach_of({3}, {INT64_MIN}));
  EXPECT_FALSE(reach_of({2, 2}, {INT64_MAX, 1}));
  EXPECT_FALSE(reach_of({2, 2}, {INT64_MIN, -1}));
}

TEST(Strides, ElementsAreApartWhereStridesStepOverEachOther) {
  EXPECT_TRUE(elements_are_apart({}, {}));
  EXPECT_TRUE(elements_are_apart({2, 3, 4}, {12, 4, 1}));
  EXPECT_TRUE(elements_are_apart({4, 3, 2}, {1, 4, 12}));
  EXPECT_TRUE(elements_are_apart({3, 4}, {-9, -2}));
  EXPECT_TRUE(elements_are_apart({3, 1}, {1, 0}));
  EXPECT_TRUE(elements_are_apart({3, 0}, {0, 0}));
  EXPECT_TRUE(elements_are_apart({2, 2}, {INT64_MIN, INT64_MAX}));
  EXPECT_FALSE(elements_are_apart({3}, {0}));
  EXPECT_FALSE(elements_are_apart({2, 2}, {1, 1}));
  EXPECT_FALSE(elements_are_apart({2, 2}, {1, -1}));
  EXPECT_FALSE(elements_are_apart({2, 4}, {3, 1}));
  EXPECT_FALSE(elements_are_apart({3, 2}, {2, 3})) << "they are, but that takes more to see";
}

}  // namespace
}  // namespace octet

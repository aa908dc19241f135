// Values that are no tensors: who may change them, and what they take.
#include "runtime/core/held_value.h"

#include <gtest/gtest.h>

namespace octet {
namespace {

HeldValue scalar() { return HeldValue::of_tensor(Tensor(DType::kF32, {})); }

TEST(HeldValue, IsChangedByItsOnlyOwnerAlone) {
  HeldValue sequence = HeldValue::of_sequence({scalar()});
  ASSERT_NE(sequence.own_elements(), nullptr);
  const HeldValue other = sequence;
  EXPECT_EQ(sequence.own_elements(), nullptr);
  HeldValue longer = HeldValue::of_sequence({sequence.elements()[0], scalar()});
  ASSERT_NE(longer.own_elements(), nullptr);  // its elements may be shared
  longer.own_elements()->push_back(scalar());
  EXPECT_EQ(longer.elements().size(), 3u);
  EXPECT_EQ(other.elements().size(), 1u);
}

TEST(HeldValue, KnowsItsKindAndDepth) {
  EXPECT_FALSE(HeldValue());
  EXPECT_EQ(scalar().depth(), 1);
  const HeldValue sequence = HeldValue::of_sequence({});
  EXPECT_EQ(sequence.depth(), 2);  // tensors may come
  EXPECT_TRUE(HeldValue::of_optional({}).elements().empty());
  EXPECT_EQ(HeldValue::of_optional(sequence).depth(), 3);
  EXPECT_EQ(tensor_bytes(HeldValue::of_sequence({scalar(), scalar()})), 8);
}

TEST(HeldCharge, EndsWithItsValue) {
  const auto budget = std::make_shared<HeldBudget>(1000);
  auto first = HeldCharge::take(budget, 500, 100);
  ASSERT_TRUE(first.is_ok());
  EXPECT_EQ(budget->bytes, 600);
  EXPECT_EQ(HeldCharge::take(budget, 401, 0).status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(HeldCharge::take(budget, INT64_MAX, 1).status().code(), StatusCode::kResourceExhausted);
  {
    const HeldValue value = HeldValue::of_tensor(Tensor(DType::kF32, {}), std::move(*first));
    EXPECT_EQ(budget->bytes, 600);
    const HeldValue same = value;
    auto second = HeldCharge::take(budget, 400, 0);
    ASSERT_TRUE(second.is_ok());
    EXPECT_EQ(budget->bytes, 1000);
  }
  EXPECT_EQ(budget->bytes, 0);
}

}  // namespace
}  // namespace octet

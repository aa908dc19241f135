// Keys and texts of attributes: every identity field of every op counts, and no label does.
#include "runtime/ops/attribute_key.h"

#include <cmath>

#include "runtime/core/quantized_constant.h"
#include "runtime/ops/deform_columns.h"
#include "runtime/ops/grid_sample.h"
#include "runtime/ops/max_roi_pool.h"
#include "runtime/ops/non_max_suppression.h"
#include "runtime/ops/non_zero.h"
#include "runtime/ops/recurrence.h"
#include "runtime/ops/roi_align.h"
#include "runtime/ops/scatter.h"
#include "runtime/ops/top_k.h"
#include "runtime/ops/unique.h"
#include "tests/ops/types.h"

namespace octet::test {
namespace {

std::shared_ptr<const QuantizedConstant> weights(const char* made_from) {
  QuantizedTensor tensor;
  tensor.int_data = Tensor(DType::kI8, {2, 4});
  tensor.scale = Tensor(DType::kF32, {2});
  return std::make_shared<QuantizedConstant>(
      tensor, made_from == nullptr ? SharedKey() : SharedKey::of_name(made_from));
}

// Another value of any type that a member may have.
void change(bool& value) { value = !value; }
void change(int& value) { ++value; }
void change(int64_t& value) { ++value; }
void change(float& value) { value += 1; }
void change(std::string& value) { value += "x"; }
void change(Dim& value) { value = value + Dim::symbol("more"); }
void change(std::shared_ptr<const QuantizedConstant>& value) { value = weights("others"); }
template <class T>
concept Enum = std::is_enum_v<T>;
template <Enum T>
void change(T& value) {
  const int number = static_cast<int>(value);
  value = static_cast<T>(number == 0 ? 1 : number - 1);
}
template <class T>
void change(std::vector<T>& values) {
  values.emplace_back();
}

// Changes the `index`-th member of all, counted through the structs inside, and gives its role;
// nullopt where there are not so many.
template <class T>
std::optional<Role> change_member(T& object, int& index) {
  std::optional<Role> changed;
  for_each_field(object, [&](const auto& field) {
    if (changed) return;
    if constexpr (HasFields<std::remove_reference_t<decltype(field.value)>>) {
      changed = change_member(field.value, index);
      if (changed) changed = field.kRole;
    } else if (index-- == 0) {
      change(field.value);
      changed = field.kRole;
    }
  });
  return changed;
}

// Attributes as they come, with weights that have a key.
template <class Attrs>
Attrs plain() {
  Attrs attrs{};
  if constexpr (std::is_same_v<Attrs, QuantizedLinearAttrs>) attrs.weights = weights("these");
  return attrs;
}

template <class Attrs>
Attributes as_attributes(const Attrs& attrs) {
  return attrs;
}
template <LongTail Attrs>
Attributes as_attributes(const Attrs& attrs) {
  return LongTailAttrs(attrs);
}

template <class Attrs>
void expect_every_field_counts() {
  const SharedKey key = attribute_key(as_attributes(plain<Attrs>()));
  EXPECT_TRUE(key == attribute_key(as_attributes(plain<Attrs>())));
  for (int member = 0;; ++member) {
    Attrs other = plain<Attrs>();
    int index = member;
    const std::optional<Role> role = change_member(other, index);
    if (!role) return;
    const Attributes attributes = as_attributes(other);
    EXPECT_EQ(key == attribute_key(attributes), *role == Role::kLabel)
        << "member " << member << " of " << op_label(attributes) << " {"
        << to_string(describe(attributes)) << "}";
  }
}

template <size_t... kIndex>
void expect_every_op_counts(std::index_sequence<kIndex...>) {
  const auto expect = [&]<class Attrs>(std::type_identity<Attrs>) {
    if constexpr (!std::is_same_v<Attrs, LongTailAttrs>) expect_every_field_counts<Attrs>();
  };
  (expect(std::type_identity<std::variant_alternative_t<kIndex, Attributes>>()), ...);
}

TEST(AttributeKey, EveryIdentityFieldOfEveryOpCountsAndNoLabel) {
  expect_every_op_counts(std::make_index_sequence<std::variant_size_v<Attributes>>());
}

TEST(AttributeKey, FieldsOfTheLongTailCountToo) {
  expect_every_field_counts<NonMaxSuppressionAttrs>();
  expect_every_field_counts<NonZeroAttrs>();
  expect_every_field_counts<TopKAttrs>();
  expect_every_field_counts<UniqueAttrs>();
  expect_every_field_counts<RecurrenceAttrs>();
  expect_every_field_counts<ScatterElementsAttrs>();
  expect_every_field_counts<ScatterNDAttrs>();
  expect_every_field_counts<TensorScatterAttrs>();
  expect_every_field_counts<GridSampleAttrs>();
  expect_every_field_counts<RoiAlignAttrs>();
  expect_every_field_counts<MaxRoiPoolAttrs>();
  expect_every_field_counts<DeformColumnsAttrs>();
}

TEST(AttributeKey, TellsOpsApart) {
  EXPECT_FALSE(attribute_key(MatMulAttrs{}) == attribute_key(WhereAttrs{}));
  EXPECT_FALSE(attribute_key(GatherAttrs{1}) == attribute_key(GatherElementsAttrs{1}));
}

TEST(AttributeKey, WeightsAreWhatTheyWereMadeFrom) {
  QuantizedLinearAttrs attrs, same, other, unknown;
  attrs.weights = weights("these");
  same.weights = weights("these");
  other.weights = weights("others");
  unknown.weights = weights(nullptr);
  EXPECT_TRUE(attribute_key(attrs) == attribute_key(same));
  EXPECT_FALSE(attribute_key(attrs) == attribute_key(other));
  EXPECT_FALSE(attribute_key(unknown).is_known());
}

TEST(AttributeKey, FloatsKeepEveryDigit) {
  const float half = 0.5f;
  EXPECT_FALSE(attribute_key(LayerNormAttrs{half}) ==
               attribute_key(LayerNormAttrs{std::nextafter(half, 1.0f)}));
  EXPECT_FALSE(attribute_key(LayerNormAttrs{0.0f}) == attribute_key(LayerNormAttrs{-0.0f}));
}

TEST(Describe, WritesEveryField) {
  EXPECT_EQ(to_string(describe(MatMulAttrs{})), "");
  EXPECT_EQ(to_string(describe(SliceAttrs{{0}, {seq}, {1}})),
            "starts: [0], counts: [seq], steps: [1]");
  LinearAttrs linear{.epilogue = {.activation = Activation::kRelu}, .layer = {"fc1", {"w"}, 0, 8}};
  EXPECT_EQ(
      to_string(describe(linear)),
      "weights_transposed: false, epilogue: {activation: relu, output_type: float32, "
      "output_scale: 1, output_zero_point: 0}, layer: "
      "{name: \"fc1\", aliases: [\"w\"], first_row: 0, rows: 8, per_tensor: false}, scheme: {weights: {type: f32, "
      "granularity: per_channel, block: 0, zero_point: none}, activations: {range: float, "
      "type: f32}, products: f32}, why_float: \"\"");
  QuantizedLinearAttrs quantized;
  quantized.weights = weights("w");
  EXPECT_THAT(to_string(describe(quantized)),
              ::testing::HasSubstr("weights: int8[2x4] per_channel"));
}

TEST(Describe, KnowsWhatDependsOnTheInputShapes) {
  const auto depends = [](const Attributes& attributes) {
    bool any = false;
    for (const FieldText& field : describe(attributes)) any = any || field.has_symbols();
    return any;
  };
  EXPECT_FALSE(depends(SliceAttrs{{0}, {4}, {1}}));
  EXPECT_TRUE(depends(SliceAttrs{{seq}, {4}, {1}}));
  RangeAttrs range;
  range.start = seq;
  EXPECT_TRUE(depends(range));
  EXPECT_FALSE(depends(ReduceAttrs{ReduceFunction::kSum, {0}}));
}

}  // namespace
}  // namespace octet::test

// Making values, and what they take.
#include "runtime/core/held_value.h"

#include <algorithm>
#include <cassert>

namespace octet {

const char* held_kind_name(HeldKind kind) {
  switch (kind) {
    case HeldKind::kTensor:
      return "tensor";
    case HeldKind::kSequence:
      return "sequence";
    case HeldKind::kOptional:
      return "optional";
  }
  return "unknown";
}

Result<HeldCharge> HeldCharge::take(std::shared_ptr<HeldBudget> budget, int64_t buffer,
                                    int64_t object) {
  HeldCharge charge;
  charge.memory_ = MemoryCharge(static_cast<size_t>(object));
  if (budget == nullptr) return charge;
  const int64_t bytes = buffer > INT64_MAX - object ? INT64_MAX : buffer + object;
  const int64_t limit = budget->limit;
  int64_t before = budget->bytes.load(std::memory_order_relaxed);
  do {
    if (bytes > limit - before)
      return resource_exhausted(
          "sequences and optionals would take more than the memory limit of " +
          std::to_string(limit) + " bytes; use smaller inputs or raise memory_limit");
  } while (!budget->bytes.compare_exchange_weak(before, before + bytes, std::memory_order_relaxed));
  charge.budget_ = std::move(budget);
  charge.bytes_ = bytes;
  return charge;
}

HeldCharge::~HeldCharge() {
  if (budget_ != nullptr) budget_->bytes.fetch_sub(bytes_, std::memory_order_relaxed);
}

HeldCharge::HeldCharge(HeldCharge&& other) noexcept
    : budget_(std::move(other.budget_)),
      bytes_(std::exchange(other.bytes_, 0)),
      memory_(std::move(other.memory_)) {}

HeldCharge& HeldCharge::operator=(HeldCharge&& other) noexcept {
  if (this == &other) return *this;
  if (budget_ != nullptr) budget_->bytes.fetch_sub(bytes_, std::memory_order_relaxed);
  budget_ = std::move(other.budget_);
  bytes_ = std::exchange(other.bytes_, 0);
  memory_ = std::move(other.memory_);
  return *this;
}

HeldValue HeldValue::of_tensor(Tensor tensor, HeldCharge charge) {
  HeldValue value;
  value.data_ = std::make_shared<Data>();
  value.data_->tensor = std::move(tensor);
  value.data_->charge = std::move(charge);
  return value;
}

HeldValue HeldValue::of_sequence(std::vector<HeldValue> elements, HeldCharge charge) {
  HeldValue value;
  value.data_ = std::make_shared<Data>();
  value.data_->kind = HeldKind::kSequence;
  value.data_->depth = 2;  // also of none: tensors may be added
  for (const HeldValue& element : elements)
    value.data_->depth = std::max(value.data_->depth, element.depth() + 1);
  assert(value.depth() <= kMaxDepth);
  value.data_->elements = std::move(elements);
  value.data_->charge = std::move(charge);
  return value;
}

HeldValue HeldValue::of_optional(HeldValue element) {
  HeldValue value;
  value.data_ = std::make_shared<Data>();
  value.data_->kind = HeldKind::kOptional;
  if (element) {
    value.data_->depth = element.depth() + 1;
    value.data_->elements.push_back(std::move(element));
  }
  return value;
}

const Tensor& HeldValue::tensor() const {
  assert(is(HeldKind::kTensor));
  return data_->tensor;
}

int64_t tensor_bytes(const HeldValue& value) {
  if (!value) return 0;
  if (value.is(HeldKind::kTensor)) return static_cast<int64_t>(value.tensor().byte_count());
  int64_t bytes = 0;
  for (const HeldValue& element : value.elements())
    if (__builtin_add_overflow(bytes, tensor_bytes(element), &bytes)) return INT64_MAX;
  return bytes;
}

}  // namespace octet

// HeldValue: a tensor, a sequence of values, or an optional one; immutable and counted.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "runtime/core/memory.h"
#include "runtime/core/status.h"
#include "runtime/core/tensor.h"

namespace octet {

// In the order of octet_value_kind.
enum class HeldKind { kTensor, kSequence, kOptional };
const char* held_kind_name(HeldKind kind);  // "tensor", "sequence", "optional"

// The bytes that the values of one run take together, and may take. Threading: any thread.
struct HeldBudget {
  explicit HeldBudget(int64_t limit) : limit(limit) {}
  const int64_t limit;
  std::atomic<int64_t> bytes{0};
};

// What one value takes of its run's budget and of the current memory, until it ends.
class HeldCharge {
 public:
  HeldCharge() = default;  // of nobody's
  // `buffer`: bytes that the memory counts by itself; `object`: others. Error: kResourceExhausted
  // beyond the budget's limit. Throws OutOfMemory.
  static Result<HeldCharge> take(std::shared_ptr<HeldBudget> budget, int64_t buffer,
                                 int64_t object);
  ~HeldCharge();
  HeldCharge(HeldCharge&& other) noexcept;
  HeldCharge& operator=(HeldCharge&& other) noexcept;

 private:
  std::shared_ptr<HeldBudget> budget_;  // nullptr: counts nothing
  int64_t bytes_ = 0;
  MemoryCharge memory_;
};

// A handle; copies share. Threading: immutable, any thread, but for own_elements().
class HeldValue {
 public:
  // About what a value takes beside the elements of a tensor and the handles of a sequence.
  static constexpr int64_t kObjectBytes = 384;
  static constexpr int kMaxDepth = 8;  // of values within values

  HeldValue() = default;  // nothing
  static HeldValue of_tensor(Tensor tensor, HeldCharge charge = {});
  // Precondition: all elements are something, and none is as deep as kMaxDepth.
  static HeldValue of_sequence(std::vector<HeldValue> elements, HeldCharge charge = {});
  // Of nothing an optional that is empty.
  static HeldValue of_optional(HeldValue element);

  explicit operator bool() const { return data_ != nullptr; }
  // Precondition of the rest: it is something, and of the kind that is asked for.
  HeldKind kind() const { return data_->kind; }
  bool is(HeldKind kind) const { return data_ != nullptr && data_->kind == kind; }
  const Tensor& tensor() const;
  // Those of a sequence; of an optional none or one.
  std::span<const HeldValue> elements() const { return data_->elements; }
  int depth() const { return data_->depth; }  // 1 of a tensor

  // The elements of a sequence that nobody else holds, to be changed; nullptr where it is shared.
  // Only for a sequence that no other thread has ever held.
  std::vector<HeldValue>* own_elements() {
    return data_.use_count() == 1 ? &data_->elements : nullptr;
  }
  // Replaces what the value takes. Precondition: as own_elements().
  void set_charge(HeldCharge charge) { data_->charge = std::move(charge); }

 private:
  struct Data {
    HeldKind kind = HeldKind::kTensor;
    int depth = 1;
    Tensor tensor;
    std::vector<HeldValue> elements;
    HeldCharge charge;
  };
  std::shared_ptr<Data> data_;
};

// Bytes of all tensors in it, each as often as it is there.
int64_t tensor_bytes(const HeldValue& value);

}  // namespace octet

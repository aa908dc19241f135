// The long-tail lane: ops that no pass looks into. All of them are one kind of node, whose
// attributes point to an immutable description of the op, so that one costs neither an enumerator
// nor a case in any other file. "Adding an op" in kernels/README.md lists what it does cost.
#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <utility>

#include "runtime/core/shape.h"
#include "runtime/ops/describe.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/type_info.h"

namespace octet {

// What can be asked of an op of the lane. `attrs` are its own, whatever their type. How the op is
// computed is its row in kernels/reference/long_tail.cc, because nothing here computes.
struct LongTailOp {
  const char* name;  // "top_k"; that of no other op
  Result<OutputTypes> (*infer)(const void* attrs, InputTypes inputs);
  std::vector<FieldText> (*fields)(const void* attrs);
  // What work_of() adds to the elements read and written.
  double (*extra_work)(const void* attrs, std::span<const Shape> inputs,
                       std::span<const Shape> outputs);
};

// An attribute struct of the lane: a name, a type rule, and fields() unless it is empty. Where the
// op is more work than a few steps an element, extra_work(attrs, inputs, outputs) says how much.
template <class Attrs>
concept LongTail = requires(const Attrs& attrs) {
  { Attrs::kName } -> std::convertible_to<const char*>;
};

// The description of an op, made of what stands beside its attributes; one object in a program.
template <LongTail Attrs>
inline constexpr LongTailOp kLongTailOp = {
    .name = Attrs::kName,
    .infer = [](const void* attrs, InputTypes inputs) -> Result<OutputTypes> {
      return infer(*static_cast<const Attrs*>(attrs), inputs);
    },
    .fields = [](const void* attrs) { return describe_fields(*static_cast<const Attrs*>(attrs)); },
    .extra_work = []([[maybe_unused]] const void* attrs,
                     [[maybe_unused]] std::span<const Shape> inputs,
                     [[maybe_unused]] std::span<const Shape> outputs) -> double {
      if constexpr (requires(const Attrs& own) { extra_work(own, inputs, outputs); })
        return extra_work(*static_cast<const Attrs*>(attrs), inputs, outputs);
      else
        return 0;
    },
};

// An op of the lane with its attributes. Copies share them. Threading: immutable, any thread.
class LongTailAttrs {
 public:
  static constexpr OpKind kKind = OpKind::kLongTail;

  template <LongTail Attrs>
  explicit LongTailAttrs(Attrs attrs)
      : op_(&kLongTailOp<Attrs>), attrs_(std::make_shared<const Attrs>(std::move(attrs))) {}

  const LongTailOp& op() const { return *op_; }
  const void* attrs() const { return attrs_.get(); }  // what the functions of op() take

 private:
  const LongTailOp* op_;
  std::shared_ptr<const void> attrs_;
};

inline Result<OutputTypes> infer(const LongTailAttrs& attrs, InputTypes inputs) {
  return attrs.op().infer(attrs.attrs(), inputs);
}
inline std::vector<FieldText> describe_fields(const LongTailAttrs& attrs) {
  return attrs.op().fields(attrs.attrs());
}

}  // namespace octet

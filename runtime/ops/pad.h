// Pad: elements around a tensor.
#pragma once

#include "runtime/core/fields.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/type_info.h"

namespace octet {

enum class PadMode {
  kConstant,  // the value of input 1, or 0
  kReflect,   // mirrored at the edge element, which is not repeated: c b | a b c | b a
  kEdge,      // a a | a b c | c c
  kWrap,      // b c | a b c | a b
};
const char* pad_mode_name(PadMode mode);  // "constant", ...

// dst axis i has begins[i] elements before those of src axis i and ends[i] behind them. Inputs: src
// of any type, value (one element of that type; optional, kConstant only). begins >= 0; ends may
// depend on the input shapes. kReflect repeats the mirroring where there are more elements to add
// than to mirror. An empty axis cannot be padded but by constants.
struct PadAttrs {
  static constexpr OpKind kKind = OpKind::kPad;
  PadMode mode = PadMode::kConstant;
  std::vector<int64_t> begins;
  std::vector<Dim> ends;
};
auto fields(Is<PadAttrs> auto& attrs, auto&& visit) {
  return visit(identity("mode", attrs.mode, pad_mode_name), identity("begins", attrs.begins),
               identity("ends", attrs.ends));
}
Result<OutputTypes> infer(const PadAttrs& attrs, InputTypes inputs);

}  // namespace octet

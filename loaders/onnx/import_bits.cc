// Ops on the bits of elements: BitShift, BitCast.
#include <algorithm>

#include "loaders/onnx/element_type.h"
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/importers.h"
#include "loaders/onnx/names.h"
#include "runtime/ops/bit_cast.h"

namespace octet {
namespace {

using B = BinaryFunction;

// Elements of less than 8 bits lie one to a byte, whose other bits the type fills with the sign or
// with 0. Gives output 0.
Status finish_packed(NodeImport& node, DType to) {
  const DType byte = byte_type(to);
  OCTET_ASSIGN_OR_RETURN(const ValueId bytes,
                         node.emit("bytes", LongTailAttrs(BitCastAttrs{byte}), {node.input(0)}));
  OCTET_ASSIGN_OR_RETURN(const ValueId free,
                         node.add_scalar("free_bits", byte, 8 - dtype_bits(to)));
  OCTET_ASSIGN_OR_RETURN(const ValueId raised,
                         emit_binary(node, "raised", B::kShiftLeft, bytes, free));
  OCTET_ASSIGN_OR_RETURN(const ValueId extended,
                         emit_binary(node, "extended", B::kShiftRight, raised, free));
  return node.finish(LongTailAttrs(BitCastAttrs{to}), {extended});
}

}  // namespace

Status import_bit_shift(NodeImport& node) {
  const std::string direction = node.string_attribute("direction", "");
  if (direction != "LEFT" && direction != "RIGHT")
    return invalid_model("attribute \"direction\" is " + quoted(direction) +
                         ", expected \"LEFT\" or \"RIGHT\"");
  return node.finish(BinaryAttrs{direction == "LEFT" ? B::kShiftLeft : B::kShiftRight},
                     {node.input(0), node.input(1)});
}

Status import_bit_cast(NodeImport& node) {
  if (!node.has_attribute("to")) return invalid_model("attribute \"to\" is missing");
  const auto given = static_cast<int>(std::clamp<int64_t>(node.int_attribute("to", 0), -1, 1000));
  const std::optional<DType> to = dtype_of_onnx(given);
  if (!to) return unsupported("a cast of bits to " + onnx_type_name(given));
  const DType from = node.type(0).dtype;
  if (dtype_bits(*to) != dtype_bits(from))
    return invalid_model("input 0 is " + to_string(node.type(0)) + " of " +
                         std::to_string(dtype_bits(from)) + " bits, but attribute \"to\" is " +
                         onnx_type_name(given) + " of " + std::to_string(dtype_bits(*to)) +
                         "; expected a type as wide");
  if (from == *to) return node.alias(node.input(0)), Status::ok();
  // A bool is 0 or 1 whatever byte it is made of.
  if (*to == DType::kBool) return node.finish(CastAttrs{DType::kBool}, {node.input(0)});
  if (is_packed(*to)) return finish_packed(node, *to);
  return node.finish(LongTailAttrs(BitCastAttrs{*to}), {node.input(0)});
}

}  // namespace octet

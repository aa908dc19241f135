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

// Elements of less than 8 bits lie one to a byte, which the sign bit, or 0, fills: of the same
// `bits`, `bytes` with those above as the type of `bytes` wants them. Gives output 0.
Status finish_extended(NodeImport& node, ValueId bytes, int bits) {
  const DType dtype = node.type_of(bytes).dtype;
  OCTET_ASSIGN_OR_RETURN(const ValueId free, node.add_scalar("free_bits", dtype, 8 - bits));
  OCTET_ASSIGN_OR_RETURN(const ValueId raised,
                         emit_binary(node, "raised", B::kShiftLeft, bytes, free));
  OCTET_RETURN_IF_ERROR(node.finish(BinaryAttrs{B::kShiftRight}, {raised, free}));
  node.note_bits(bits);
  return Status::ok();
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
  const auto to = stored_type_of_onnx(given);
  if (!to) return unsupported("a cast of bits to " + onnx_type_name(given));
  const DType from = node.type(0).dtype;
  const int bits = node.bits(0);
  if (to->bits != bits)
    return invalid_model("input 0 is " + to_string(node.type(0)) + " of " + std::to_string(bits) +
                         " bits, but attribute \"to\" is " + onnx_type_name(given) + " of " +
                         std::to_string(to->bits) + "; expected a type as wide");
  if (from == to->dtype) return node.alias(node.input(0)), Status::ok();
  // A bool is 0 or 1 whatever byte it is made of.
  if (to->dtype == DType::kBool) return node.finish(CastAttrs{DType::kBool}, {node.input(0)});
  const LongTailAttrs cast(BitCastAttrs{to->dtype});
  if (bits == 8 * static_cast<int>(dtype_size(from))) return node.finish(cast, {node.input(0)});
  OCTET_ASSIGN_OR_RETURN(const ValueId bytes, node.emit("bytes", cast, {node.input(0)}));
  return finish_extended(node, bytes, bits);
}

}  // namespace octet

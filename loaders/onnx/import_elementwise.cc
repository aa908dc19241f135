// Elementwise ops whose ONNX form is more than one function of the IR.
#include "loaders/onnx/constant_values.h"
#include "loaders/onnx/importers.h"
#include "loaders/onnx/names.h"

namespace octet {

Status import_variadic(NodeImport& node, BinaryFunction function) {
  ValueId result = node.input(0);
  for (int i = 1; i < node.input_count(); ++i) {
    if (!node.has_input(i)) return invalid_model("input " + std::to_string(i) + " is missing");
    if (i + 1 == node.input_count())
      return node.finish(BinaryAttrs{function}, {result, node.input(i)});
    OCTET_ASSIGN_OR_RETURN(
        result, node.emit(std::to_string(i), BinaryAttrs{function}, {result, node.input(i)}));
  }
  node.alias(result);
  return Status::ok();
}

Status import_mean(NodeImport& node) {
  if (node.input_count() == 1) return import_variadic(node, BinaryFunction::kAdd);
  const DType dtype = node.type(0).dtype;
  ValueId sum = node.input(0);
  for (int i = 1; i < node.input_count(); ++i) {
    if (!node.has_input(i)) return invalid_model("input " + std::to_string(i) + " is missing");
    OCTET_ASSIGN_OR_RETURN(sum, node.emit("sum" + std::to_string(i),
                                          BinaryAttrs{BinaryFunction::kAdd}, {sum, node.input(i)}));
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId count, node.add_scalar("count", dtype, node.input_count()));
  return node.finish(BinaryAttrs{BinaryFunction::kDiv}, {sum, count});
}

// The result has the base's type; the exponent may have another one.
Status import_pow(NodeImport& node) {
  const DType base = node.type(0).dtype, exponent = node.type(1).dtype;
  const BinaryAttrs pow{BinaryFunction::kPow};
  if (base == exponent) return node.finish(pow, {node.input(0), node.input(1)});
  if (is_floating(base) || !is_floating(exponent)) {
    OCTET_ASSIGN_OR_RETURN(const ValueId cast,
                           node.emit("exponent", CastAttrs{base}, {node.input(1)}));
    return node.finish(pow, {node.input(0), cast});
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId cast,
                         node.emit("base", CastAttrs{exponent}, {node.input(0)}));
  OCTET_ASSIGN_OR_RETURN(const ValueId power, node.emit("power", pow, {cast, node.input(1)}));
  return node.finish(CastAttrs{base}, {power});
}

// fmod=0 has the sign of the divisor, as the IR's. fmod=1 is C's fmod, with the sign of the
// dividend: sign(a) * (|a| mod |b|).
Status import_mod(NodeImport& node) {
  const bool fmod = node.flag_attribute("fmod", false);
  const DType dtype = node.type(0).dtype;
  const BinaryAttrs mod{BinaryFunction::kMod};
  const bool is_unsigned =
      dtype == DType::kU8 || dtype == DType::kU16 || dtype == DType::kU32 || dtype == DType::kU64;
  if (!fmod || is_unsigned) return node.finish(mod, {node.input(0), node.input(1)});
  OCTET_ASSIGN_OR_RETURN(const ValueId sign,
                         node.emit("sign", UnaryAttrs{UnaryFunction::kSign}, {node.input(0)}));
  OCTET_ASSIGN_OR_RETURN(const ValueId lhs,
                         node.emit("lhs", UnaryAttrs{UnaryFunction::kAbs}, {node.input(0)}));
  OCTET_ASSIGN_OR_RETURN(const ValueId rhs,
                         node.emit("rhs", UnaryAttrs{UnaryFunction::kAbs}, {node.input(1)}));
  OCTET_ASSIGN_OR_RETURN(const ValueId rest, node.emit("rest", mod, {lhs, rhs}));
  return node.finish(BinaryAttrs{BinaryFunction::kMul}, {sign, rest});
}

Status import_is_inf(NodeImport& node) {
  const bool negative = node.flag_attribute("detect_negative", true);
  const bool positive = node.flag_attribute("detect_positive", true);
  const UnaryAttrs is_inf{UnaryFunction::kIsInf};
  if (negative && positive) return node.finish(is_inf, {node.input(0)});
  OCTET_ASSIGN_OR_RETURN(const ValueId infinite, node.emit("both", is_inf, {node.input(0)}));
  OCTET_ASSIGN_OR_RETURN(const ValueId zero, node.add_scalar("zero", node.type(0).dtype, 0));
  // With neither flag nothing is an infinity: x < 0 and x > 0 never hold together.
  std::vector<ValueId> order = {node.input(0), zero};
  if (negative) std::swap(order[0], order[1]);
  OCTET_ASSIGN_OR_RETURN(ValueId side,
                         node.emit("side", BinaryAttrs{BinaryFunction::kGreater}, order));
  if (!negative && !positive) {
    OCTET_ASSIGN_OR_RETURN(const ValueId other,
                           node.emit("other", UnaryAttrs{UnaryFunction::kNot}, {side}));
    OCTET_ASSIGN_OR_RETURN(side,
                           node.emit("neither", BinaryAttrs{BinaryFunction::kAnd}, {side, other}));
  }
  return node.finish(BinaryAttrs{BinaryFunction::kAnd}, {infinite, side});
}

Status import_gelu(NodeImport& node) {
  const std::string approximate = node.string_attribute("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    return invalid_model("attribute \"approximate\" is " + quoted(approximate) +
                         ", expected \"none\" or \"tanh\"");
  return node.finish(
      UnaryAttrs{approximate == "tanh" ? UnaryFunction::kGeluTanh : UnaryFunction::kGelu},
      {node.input(0)});
}

Status import_swish(NodeImport& node) {
  return finish_swish(node, node.float_attribute("alpha", 1.0f));
}

Status finish_swish(NodeImport& node, float alpha) {
  if (alpha == 1.0f) return node.finish(UnaryAttrs{UnaryFunction::kSilu}, {node.input(0)});
  const BinaryAttrs mul{BinaryFunction::kMul};
  OCTET_ASSIGN_OR_RETURN(const ValueId factor, node.add_scalar("alpha", node.type(0).dtype, alpha));
  OCTET_ASSIGN_OR_RETURN(const ValueId scaled, node.emit("scaled", mul, {node.input(0), factor}));
  OCTET_ASSIGN_OR_RETURN(const ValueId gate,
                         node.emit("gate", UnaryAttrs{UnaryFunction::kSigmoid}, {scaled}));
  return node.finish(mul, {node.input(0), gate});
}

}  // namespace octet

// Elementwise ops whose ONNX form is more than one function of the IR.
#include "loaders/onnx/constant_values.h"
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/importers.h"
#include "loaders/onnx/names.h"
#include "runtime/ops/infer.h"

namespace octet {
namespace {

// Below opset 7 operands are of one shape unless attribute broadcast is 1.
Result<ValueId> expect_equal_shapes(NodeImport& node) {
  const TypeInfo lhs = node.type(0), rhs = node.type(1);
  const auto refuse = [&] {
    return invalid_model(
        "input 1 is " + to_string(rhs) + " and input 0 " + to_string(lhs) +
        "; below opset 7 their shapes must be equal, or attribute \"broadcast\" 1");
  };
  if (lhs.rank() != rhs.rank()) return refuse();
  std::vector<Check> checks;
  for (int axis = 0; axis < lhs.rank(); ++axis) {
    const Check equal{.found = rhs.shape[static_cast<size_t>(axis)],
                      .expected = lhs.shape[static_cast<size_t>(axis)],
                      .at = {1, axis},
                      .beside = {0, axis}};
    if (!equal.known().value_or(true)) return refuse();
    OCTET_RETURN_IF_ERROR(require(equal, checks));
  }
  node.add_checks(checks);
  return node.input(1);
}

// Input 1 as it is broadcast to input 0. Below opset 7 its axes are those of input 0 from attribute
// axis on, or the last ones; from it on the two are broadcast to each other.
Result<ValueId> right_operand(NodeImport& node) {
  if (node.opset() >= 7) return node.input(1);
  if (!node.flag_attribute("broadcast", false)) return expect_equal_shapes(node);
  const SymbolicShape lhs = node.type(0).shape;
  SymbolicShape rhs = node.type(1).shape;
  const bool is_scalar = element_count(rhs) == Dim(1);
  ValueId value = node.input(1);
  if (is_scalar) {
    if (rhs.size() <= lhs.size()) return value;
    return node.emit("scalar", ReshapeAttrs{{}}, {value});
  }
  if (node.has_attribute("axis")) {
    OCTET_ASSIGN_OR_RETURN(const int axis,
                           normalize_axis(node.int_attribute("axis", 0), node.rank(0)));
    const size_t end = static_cast<size_t>(axis) + rhs.size();
    if (end > lhs.size())
      return invalid_model("input 1 is " + to_string(node.type(1)) + ", which from axis " +
                           std::to_string(axis) + " on does not fit " + to_string(node.type(0)));
    if (end < lhs.size()) {
      rhs.insert(rhs.end(), lhs.size() - end, Dim(1));
      OCTET_ASSIGN_OR_RETURN(value, node.emit("aligned", ReshapeAttrs{std::move(rhs)}, {value}));
    }
  }
  return emit_fitting(node, "fitting", value, lhs, "input 1");
}

}  // namespace

Status import_binary(NodeImport& node, BinaryFunction function) {
  OCTET_ASSIGN_OR_RETURN(const ValueId rhs, right_operand(node));
  return node.finish(BinaryAttrs{function}, {node.input(0), rhs});
}

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
  OCTET_ASSIGN_OR_RETURN(ValueId power, right_operand(node));
  if (is_floating(base) || !is_floating(exponent)) {
    OCTET_ASSIGN_OR_RETURN(power, emit_cast(node, "exponent", power, base));
    return node.finish(pow, {node.input(0), power});
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId cast,
                         node.emit("base", CastAttrs{exponent}, {node.input(0)}));
  OCTET_ASSIGN_OR_RETURN(power, node.emit("power", pow, {cast, power}));
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

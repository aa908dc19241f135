// Random numbers, and ops that draw: RandomUniform, RandomNormal and their likes, Bernoulli,
// Multinomial, Dropout.
#include <bit>

#include "loaders/onnx/formula.h"
#include "loaders/onnx/importers.h"
#include "runtime/ops/random.h"

namespace octet {
namespace {

using B = BinaryFunction;
using U = UnaryFunction;

// Where the node has none, its name is what its numbers follow from (FNV-1a), so that nodes differ
// and runs don't.
int64_t seed_of(NodeImport& node) {
  if (node.has_attribute("seed")) return std::bit_cast<int32_t>(node.float_attribute("seed", 0));
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : node.name()) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  return std::bit_cast<int64_t>(hash);
}

Result<SymbolicShape> given_shape(NodeImport& node) {
  if (node.input_count() > 0) return node.type(0).shape;
  const auto given = node.ints_attribute("shape");
  if (!given) return invalid_model("attribute \"shape\" is missing");
  return SymbolicShape(given->begin(), given->end());
}

// The type that draws are compared in with numbers of type `dtype`.
DType type_of_draws(DType dtype) { return dtype == DType::kF64 ? dtype : DType::kF32; }

// Of [0, 1).
Operand draw(Formula& f, DType dtype, const SymbolicShape& shape, int64_t seed) {
  return f.emit(LongTailAttrs(RandomUniformAttrs{dtype, shape, seed}), {});
}

}  // namespace

Status import_random(NodeImport& node, bool normal) {
  const DType like = node.input_count() > 0 ? node.type(0).dtype : DType::kF32;
  OCTET_ASSIGN_OR_RETURN(const DType dtype, node.type_attribute("dtype", like));
  OCTET_ASSIGN_OR_RETURN(const SymbolicShape shape, given_shape(node));
  OCTET_RETURN_IF_ERROR(check_shape(shape, node.limits()));
  const int64_t seed = seed_of(node);
  if (normal)
    return node.finish(
        LongTailAttrs(RandomNormalAttrs{dtype, shape, seed, node.float_attribute("mean", 0),
                                        node.float_attribute("scale", 1)}),
        {});
  return node.finish(
      LongTailAttrs(RandomUniformAttrs{dtype, shape, seed, node.float_attribute("low", 0),
                                       node.float_attribute("high", 1)}),
      {});
}

// 1 with the probability that the input has there. (ONNX's function body gives it that of 0.)
Status import_bernoulli(NodeImport& node) {
  const TypeInfo src = node.type(0);
  OCTET_ASSIGN_OR_RETURN(const DType dtype, node.type_attribute("dtype", src.dtype));
  const DType draws = type_of_draws(src.dtype);
  Formula f(node);
  const Operand random = draw(f, draws, src.shape, seed_of(node));
  return f.finish(f.binary(B::kLess, random, f.cast(f.input(0), draws)), dtype);
}

// Classes of each row [classes] of logarithms of weights. A class is drawn with the probability of
// its weight by adding a number of the Gumbel distribution to each logarithm: the largest is it.
Status import_multinomial(NodeImport& node) {
  const TypeInfo src = node.type(0);
  if (src.rank() != 2)
    return invalid_model("input 0 is " + to_string(src) + ", expected rank 2: batch, classes");
  OCTET_ASSIGN_OR_RETURN(const DType dtype, node.type_attribute("dtype", DType::kI32));
  if (dtype != DType::kI32 && dtype != DType::kI64)
    return invalid_model(std::string("attribute \"dtype\" is ") + dtype_name(dtype) +
                         ", expected int32 or int64");
  const Dim samples = node.int_attribute("sample_size", 1);
  const SymbolicShape shape = {src.shape[0], samples, src.shape[1]};
  OCTET_RETURN_IF_ERROR(check_shape(shape, node.limits()));
  Formula f(node);
  const Operand random = draw(f, DType::kF64, shape, seed_of(node));
  const auto minus_log = [&](Operand x) { return f.unary(U::kNeg, f.unary(U::kLog, x)); };
  const Operand gumbel = minus_log(minus_log(random));
  const Operand logarithms =
      f.reshape(f.cast(f.input(0), DType::kF64), {src.shape[0], 1, src.shape[1]});
  const ArgReduceAttrs largest{.largest = true, .axis = 2, .keep_dims = false};
  return f.finish(f.emit(largest, {(logarithms + gumbel).id}), dtype);
}

namespace {

// Whether a run may train; a mode that is computed is looked at by the run.
Result<bool> may_train(NodeImport& node) {
  if (node.opset() < 7) return !node.flag_attribute("is_test", false);
  if (node.opset() < 12 || !node.has_input(2)) return false;
  if (!node.constant(2)) return true;
  OCTET_ASSIGN_OR_RETURN(const std::vector<double> mode, node.numbers(2));
  return mode.empty() || mode[0] != 0;
}

// Gives both outputs: x / (1 - ratio) where a draw is not below the ratio, 0 elsewhere.
Status import_training_dropout(NodeImport& node, DType mask) {
  if (node.opset() < 12 || node.constant(2))
    node.warn("it trains: it drops elements at random; export the model for inference");
  const TypeInfo src = node.type(0);
  const DType draws = type_of_draws(src.dtype);
  const int64_t seed = node.has_attribute("seed") ? node.int_attribute("seed", 0) : seed_of(node);
  Formula f(node);
  Operand ratio = node.has_input(1) && node.opset() >= 12
                      ? f.as_scalar(f.cast(f.input(1), draws))
                      : f.scalar(draws, static_cast<double>(node.float_attribute("ratio", 0.5f)));
  if (node.opset() >= 12 && !node.constant(2))
    ratio = f.where(f.as_scalar(f.input(2)), ratio, f.scalar(draws, 0.0));
  const Operand kept = f.binary(B::kGreaterOrEqual, draw(f, draws, src.shape, seed), ratio);
  const Operand scaled = f.cast(f.input(0), draws) / (1.0 - ratio);
  OCTET_RETURN_IF_ERROR(f.finish(f.where(kept, scaled, f.scalar(draws, 0.0)), src.dtype));
  return node.wants_output(1) ? f.finish(kept, mask, 1) : Status::ok();
}

}  // namespace

// Without training the output is the input, the mask all true.
Status import_dropout(NodeImport& node) {
  const DType mask = node.opset() < 10 ? node.type(0).dtype : DType::kBool;
  OCTET_ASSIGN_OR_RETURN(const bool trains, may_train(node));
  if (trains) return import_training_dropout(node, mask);
  node.alias(node.input(0));
  if (!node.wants_output(1)) return Status::ok();
  OCTET_ASSIGN_OR_RETURN(const ValueId keep, node.add_scalar("keep", mask, 1));
  return node.finish(ExpandAttrs{node.type(0).shape}, {keep}, 1);
}

}  // namespace octet

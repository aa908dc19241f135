// RotaryEmbedding: ONNX's (opset 23) and com.microsoft's, which differ in the order of their inputs
// and in how positions are given.
#include "loaders/onnx/attention_parts.h"
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/importers.h"

namespace octet {

using B = BinaryFunction;

namespace {

// The two halves of the pairs, each [.., R].
struct Pairs {
  ValueId first, second;
};

Result<Pairs> split_pairs(NodeImport& node, const std::string& step, ValueId value, const Dim& half,
                          bool interleaved) {
  const size_t last = node.type_of(value).shape.size() - 1;
  const Dim second = interleaved ? Dim(1) : half;
  const int64_t stride = interleaved ? 2 : 1;
  Pairs pairs{};
  OCTET_ASSIGN_OR_RETURN(pairs.first,
                         emit_slice(node, step + "_first", value, last, 0, half, stride));
  OCTET_ASSIGN_OR_RETURN(pairs.second,
                         emit_slice(node, step + "_second", value, last, second, half, stride));
  return pairs;
}

// x cos + y sin
Result<ValueId> turn(NodeImport& node, const std::string& step, B function, ValueId x, ValueId cos,
                     ValueId y, ValueId sin) {
  OCTET_ASSIGN_OR_RETURN(const ValueId lhs, emit_binary(node, step + "_lhs", B::kMul, x, cos));
  OCTET_ASSIGN_OR_RETURN(const ValueId rhs, emit_binary(node, step + "_rhs", B::kMul, y, sin));
  return emit_binary(node, step, function, lhs, rhs);
}

}  // namespace

Result<ValueId> emit_rotation(NodeImport& node, const std::string& step, ValueId value, ValueId cos,
                              ValueId sin, bool interleaved) {
  const SymbolicShape shape = node.type_of(value).shape;
  const int last = static_cast<int>(shape.size()) - 1;
  const Dim size = shape.back(), half = node.type_of(cos).shape.back();
  const Dim rotated = half * Dim(2);
  OCTET_ASSIGN_OR_RETURN(const Pairs pairs, split_pairs(node, step, value, half, interleaved));
  OCTET_ASSIGN_OR_RETURN(ValueId real,
                         turn(node, step + "_real", B::kSub, pairs.first, cos, pairs.second, sin));
  OCTET_ASSIGN_OR_RETURN(ValueId imaginary, turn(node, step + "_imaginary", B::kAdd, pairs.first,
                                                 sin, pairs.second, cos));
  std::vector<ValueId> parts = {real, imaginary};
  if (interleaved) {
    SymbolicShape column = node.type_of(real).shape;
    column.push_back(1);
    for (ValueId& part : parts) {
      OCTET_ASSIGN_OR_RETURN(part,
                             node.emit(step + (part == real ? "_real_column" : "_imaginary_column"),
                                       ReshapeAttrs{column}, {part}));
    }
    OCTET_ASSIGN_OR_RETURN(const ValueId beside,
                           node.emit(step + "_pairs", ConcatAttrs{last + 1}, std::move(parts)));
    SymbolicShape joined = shape;
    joined.back() = rotated;
    OCTET_ASSIGN_OR_RETURN(const ValueId turned,
                           node.emit(step + "_turned", ReshapeAttrs{joined}, {beside}));
    parts = {turned};
  }
  if (!(rotated == size)) {
    OCTET_ASSIGN_OR_RETURN(const ValueId rest,
                           emit_slice(node, step + "_rest", value, static_cast<size_t>(last),
                                      rotated, size - rotated));
    parts.push_back(rest);
  }
  if (parts.size() == 1) return parts[0];
  return node.emit(step, ConcatAttrs{last}, std::move(parts));
}

namespace {

struct Rotary {
  int cos, sin, positions;  // the inputs
};

// The rows of a cache [positions, R] or [B, S, R] for the tokens of input 0, as [1 or B, S, 1, R].
Result<ValueId> rows_of_cache(NodeImport& node, const std::string& step, int cache,
                              const Rotary& rotary, const Dim& tokens) {
  ValueId rows = node.input(cache);
  if (node.rank(cache) == 2 && node.has_input(rotary.positions)) {
    ValueId positions = node.input(rotary.positions);
    if (node.rank(rotary.positions) == 1) {  // that of the first token
      const DType dtype = node.type(rotary.positions).dtype;
      OCTET_ASSIGN_OR_RETURN(const ValueId offsets,
                             emit_positions(node, step + "_offsets", dtype, 0, tokens, false));
      OCTET_ASSIGN_OR_RETURN(positions,
                             emit_binary(node, step + "_positions", B::kAdd, offsets, positions));
    }
    OCTET_ASSIGN_OR_RETURN(rows, node.emit(step + "_rows", GatherAttrs{0}, {rows, positions}));
  }
  const SymbolicShape shape = node.type_of(rows).shape;
  const Dim batch = shape.size() == 3 ? shape[0] : Dim(1);
  return node.emit(step, ReshapeAttrs{{batch, tokens, 1, shape.back()}}, {rows});
}

Status check_inputs(NodeImport& node, const Rotary& rotary) {
  if (node.rank(0) != 3 && node.rank(0) != 4)
    return invalid_model("input 0 is " + to_string(node.type(0)) + ", expected rank 3 or 4");
  const bool has_positions = node.has_input(rotary.positions);
  for (int i : {rotary.cos, rotary.sin})
    if (node.rank(i) != (has_positions ? 2 : 3))
      return invalid_model("input " + std::to_string(i) + ", a cache, is " +
                           to_string(node.type(i)) + ", expected rank " +
                           (has_positions ? "2: with positions" : "3: without positions"));
  if (has_positions && (node.rank(rotary.positions) < 1 || node.rank(rotary.positions) > 2))
    return invalid_model("the positions are " + to_string(node.type(rotary.positions)) +
                         ", expected rank 1 or 2");
  return Status::ok();
}

// How many heads [B, S, hidden] has: an attribute, or as many as the cache is wide for.
Result<int64_t> heads_of(NodeImport& node, const Dim& hidden, const Dim& head_size) {
  if (const int64_t given = node.int_attribute("num_heads", 0); given != 0)
    return head_count(node, "num_heads");
  if (node.opset() < 23 && hidden.is_constant() && head_size.is_constant() &&
      head_size.value() > 0 && hidden.value() % head_size.value() == 0)
    return hidden.value() / head_size.value();
  return invalid_model("attribute \"num_heads\" is missing, and input 0 is " +
                       to_string(node.type(0)));
}

Status import_rotary(NodeImport& node, const Rotary& rotary) {
  OCTET_RETURN_IF_ERROR(check_inputs(node, rotary));
  const SymbolicShape shape = node.type(0).shape;
  const bool heads_first = shape.size() == 4;
  const Dim tokens = shape[heads_first ? 2 : 1];
  const Dim rotated = node.type(rotary.cos).shape.back() * Dim(2);
  const int64_t wanted = node.int_attribute("rotary_embedding_dim", 0);
  if (wanted != 0 && !(rotated == Dim(wanted)))
    return invalid_model("attribute \"rotary_embedding_dim\" is " + std::to_string(wanted) +
                         ", but the cache is " + to_string(node.type(rotary.cos)));
  ValueId value = node.input(0);
  if (heads_first) {
    OCTET_ASSIGN_OR_RETURN(value, swap_heads_and_tokens(node, "tokens_first", value));
  } else {
    OCTET_ASSIGN_OR_RETURN(const int64_t heads, heads_of(node, shape[2], rotated));
    OCTET_ASSIGN_OR_RETURN(value, split_heads(node, "split", value, heads, "input 0"));
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId cos, rows_of_cache(node, "cos", rotary.cos, rotary, tokens));
  OCTET_ASSIGN_OR_RETURN(const ValueId sin, rows_of_cache(node, "sin", rotary.sin, rotary, tokens));
  OCTET_ASSIGN_OR_RETURN(
      const ValueId turned,
      emit_rotation(node, "rotated", value, cos, sin, node.flag_attribute("interleaved", false)));
  if (heads_first) return node.finish(TransposeAttrs{{0, 2, 1, 3}}, {turned});
  return node.finish(ReshapeAttrs{shape}, {turned});
}

}  // namespace

Status import_rotary_embedding(NodeImport& node) { return import_rotary(node, {1, 2, 3}); }

// "is_packed_batching" only lifts a limit on the sequence length.
Status import_contrib_rotary_embedding(NodeImport& node) {
  if (node.float_attribute("scale", 1) != 1)
    return unsupported("attribute \"scale\" is not 1; scale the cos and sin caches instead");
  return import_rotary(node, {2, 3, 1});
}

}  // namespace octet

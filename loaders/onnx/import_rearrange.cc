// Ops that are views and comparisons of indices: Tile, DepthToSpace, SpaceToDepth, Trilu, OneHot.
#include "loaders/onnx/importers.h"
#include "loaders/onnx/names.h"

namespace octet {
namespace {

using B = BinaryFunction;

// first, first + 1, .. as [count, 1..] with `trailing` extents of 1.
Result<ValueId> indices(NodeImport& node, const char* step, const Dim& first, const Dim& count,
                        size_t trailing) {
  OCTET_ASSIGN_OR_RETURN(const ValueId range,
                         node.emit(step, RangeAttrs{DType::kI64, first, 1, count}, {}));
  SymbolicShape shape(trailing + 1, Dim(1));
  shape[0] = count;
  if (trailing == 0) return range;
  return node.emit(std::string(step) + "_column", ReshapeAttrs{shape}, {range});
}

}  // namespace

namespace {

// One number per axis, or below opset 6 one number and the axis that it is for.
Result<std::vector<Dim>> repeats_of(NodeImport& node) {
  if (node.opset() >= 6) return node.dims(1);
  if (!node.has_input(2)) return invalid_model("input 2, the axis, is missing");
  std::vector<Dim> repeats(node.type(0).shape.size(), 1);
  OCTET_ASSIGN_OR_RETURN(const Dim given, node.dim(2));
  if (!given.is_constant()) return node.missing_value(2);
  OCTET_ASSIGN_OR_RETURN(const int axis, normalize_axis(given.value(), node.rank(0)));
  OCTET_ASSIGN_OR_RETURN(repeats[static_cast<size_t>(axis)], node.dim(1));
  return repeats;
}

}  // namespace

// An axis that is repeated becomes two, [repeats, extent], broadcast along the first: as many axes
// at once as the rank allows.
Status import_tile(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<Dim> repeats, repeats_of(node));
  const SymbolicShape shape = node.type(0).shape;
  if (repeats.size() != shape.size())
    return invalid_model("there are " + std::to_string(repeats.size()) +
                         " repeats, but the input is " + to_string(node.type(0)));
  ValueId value = node.input(0);
  SymbolicShape done = shape;
  size_t first = 0;
  const auto max_rank = static_cast<size_t>(node.limits().max_rank);
  while (first < shape.size()) {
    SymbolicShape split(done.begin(), done.begin() + static_cast<std::ptrdiff_t>(first));
    SymbolicShape repeated = split;
    size_t axis = first, added = 0;
    for (; axis < shape.size() && shape.size() + added < max_rank; ++axis) {
      if (!(repeats[axis] == Dim(1))) {
        split.push_back(1);
        repeated.push_back(repeats[axis]);
        ++added;
      }
      split.push_back(shape[axis]);
      repeated.push_back(shape[axis]);
      done[axis] = shape[axis] * repeats[axis];
    }
    if (axis == first)
      return unsupported("an input of " + std::to_string(max_rank) + " dimensions");
    for (size_t rest = axis; rest < shape.size(); ++rest) {
      split.push_back(shape[rest]);
      repeated.push_back(shape[rest]);
    }
    if (added > 0) {
      const std::string step = std::to_string(first);
      OCTET_ASSIGN_OR_RETURN(value, node.emit("split" + step, ReshapeAttrs{split}, {value}));
      OCTET_ASSIGN_OR_RETURN(value, node.emit("repeated" + step, ExpandAttrs{repeated}, {value}));
      OCTET_RETURN_IF_ERROR(check_shape(done, node.limits()));
      OCTET_ASSIGN_OR_RETURN(value, node.emit("joined" + step, ReshapeAttrs{done}, {value}));
    }
    first = axis;
  }
  node.alias(value);
  return Status::ok();
}

namespace {

// input 0 [N, C, H, W] and its attribute "blocksize".
Result<int64_t> block_size(NodeImport& node) {
  if (node.rank(0) != 4)
    return invalid_model("input 0 is " + to_string(node.type(0)) + ", expected rank 4");
  const int64_t block = node.int_attribute("blocksize", 0);
  if (block < 1 || block > (int64_t{1} << 20))
    return invalid_model("attribute \"blocksize\" is " + std::to_string(block) +
                         ", expected 1 or more");
  return block;
}

Status unknown_mode(const std::string& mode) {
  return invalid_model("attribute \"mode\" is " + quoted(mode) + ", expected \"DCR\" or \"CRD\"");
}

Status finish_blocks(NodeImport& node, SymbolicShape split, std::vector<int> permutation,
                     SymbolicShape joined) {
  OCTET_ASSIGN_OR_RETURN(const ValueId blocks,
                         node.emit("blocks", ReshapeAttrs{std::move(split)}, {node.input(0)}));
  OCTET_ASSIGN_OR_RETURN(const ValueId moved,
                         node.emit("moved", TransposeAttrs{std::move(permutation)}, {blocks}));
  return node.finish(ReshapeAttrs{std::move(joined)}, {moved});
}

}  // namespace

Status import_depth_to_space(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const int64_t block, block_size(node));
  const SymbolicShape s = node.type(0).shape;
  const std::string mode = node.string_attribute("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") return unknown_mode(mode);
  const Dim channels = Dim::floor_div(s[1], block * block);
  const SymbolicShape joined = {s[0], channels, s[2] * Dim(block), s[3] * Dim(block)};
  if (mode == "DCR")
    return finish_blocks(node, {s[0], block, block, channels, s[2], s[3]}, {0, 3, 4, 1, 5, 2},
                         joined);
  return finish_blocks(node, {s[0], channels, block, block, s[2], s[3]}, {0, 1, 4, 2, 5, 3},
                       joined);
}

Status import_space_to_depth(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const int64_t block, block_size(node));
  const SymbolicShape s = node.type(0).shape;
  const Dim height = Dim::floor_div(s[2], block), width = Dim::floor_div(s[3], block);
  const std::string mode = node.string_attribute("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") return unknown_mode(mode);
  const std::vector<int> permutation =
      mode == "DCR" ? std::vector<int>{0, 3, 5, 1, 2, 4} : std::vector<int>{0, 1, 3, 5, 2, 4};
  return finish_blocks(node, {s[0], s[1], height, block, width, block}, permutation,
                       {s[0], s[1] * Dim(block * block), height, width});
}

// Element [.., i, j] stays where j - i >= k (upper) or j - i <= k; the rest becomes 0.
Status import_trilu(NodeImport& node) {
  const TypeInfo type = node.type(0);
  if (type.rank() < 2)
    return invalid_model("input 0 is " + to_string(type) + ", expected matrices");
  Dim k = 0;
  if (node.has_input(1)) {
    OCTET_ASSIGN_OR_RETURN(k, node.dim(1));
  }
  const size_t rank = type.shape.size();
  OCTET_ASSIGN_OR_RETURN(const ValueId rows, indices(node, "rows", k, type.shape[rank - 2], 1));
  OCTET_ASSIGN_OR_RETURN(const ValueId columns,
                         indices(node, "columns", 0, type.shape[rank - 1], 0));
  const B stays = node.flag_attribute("upper", true) ? B::kGreaterOrEqual : B::kLessOrEqual;
  OCTET_ASSIGN_OR_RETURN(const ValueId mask,
                         node.emit("mask", BinaryAttrs{stays}, {columns, rows}));
  OCTET_ASSIGN_OR_RETURN(const ValueId zero, node.add_scalar("zero", type.dtype, 0));
  return node.finish(WhereAttrs{}, {mask, node.input(0), zero});
}

namespace {

// Any number is allowed.
Result<Dim> one_hot_depth(NodeImport& node) {
  if (!is_floating(node.type(1).dtype)) return node.dim(1);
  if (!node.constant(1)) {
    OCTET_ASSIGN_OR_RETURN(const ValueId depth,
                           node.emit("depth", CastAttrs{DType::kI64}, {node.input(1)}));
    return node.count(depth, std::nullopt);
  }
  OCTET_ASSIGN_OR_RETURN(const std::vector<double> values, node.numbers(1));
  if (values.size() != 1 ||
      !(values[0] >= 0 && values[0] <= static_cast<double>(node.limits().max_dim)))
    return invalid_model("the depth is no number of 0 or more");
  return Dim(static_cast<int64_t>(values[0]));
}

}  // namespace

// on where the index along the new axis is that of the input (negative ones count from the end),
// off elsewhere and for indices out of range. `values` are [off, on].
Status import_one_hot(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const Dim depth, one_hot_depth(node));
  const SymbolicShape shape = node.type(0).shape;
  OCTET_ASSIGN_OR_RETURN(const int axis,
                         normalize_axis(node.int_attribute("axis", -1), node.rank(0) + 1));
  ValueId src = node.input(0);
  if (node.type(0).dtype != DType::kI64) {
    OCTET_ASSIGN_OR_RETURN(src, node.emit("integers", CastAttrs{DType::kI64}, {src}));
  }
  SymbolicShape extended = shape;
  extended.insert(extended.begin() + axis, Dim(1));
  OCTET_ASSIGN_OR_RETURN(src, node.emit("extended", ReshapeAttrs{extended}, {src}));
  const size_t trailing = shape.size() - static_cast<size_t>(axis);
  OCTET_ASSIGN_OR_RETURN(const ValueId up, indices(node, "up", 0, depth, trailing));
  OCTET_ASSIGN_OR_RETURN(const ValueId down,
                         indices(node, "down", Dim(0) - depth, depth, trailing));
  OCTET_ASSIGN_OR_RETURN(const ValueId hit, node.emit("hit", BinaryAttrs{B::kEqual}, {src, up}));
  OCTET_ASSIGN_OR_RETURN(const ValueId negative_hit,
                         node.emit("negative_hit", BinaryAttrs{B::kEqual}, {src, down}));
  OCTET_ASSIGN_OR_RETURN(const ValueId hits,
                         node.emit("hits", BinaryAttrs{B::kOr}, {hit, negative_hit}));
  std::vector<ValueId> values;
  for (int i : {0, 1}) {
    OCTET_ASSIGN_OR_RETURN(
        const ValueId element,
        node.emit(i == 0 ? "off_slice" : "on_slice", SliceAttrs{{i}, {1}, {1}}, {node.input(2)}));
    OCTET_ASSIGN_OR_RETURN(const ValueId scalar,
                           node.emit(i == 0 ? "off" : "on", ReshapeAttrs{{}}, {element}));
    values.push_back(scalar);
  }
  return node.finish(WhereAttrs{}, {hits, values[1], values[0]});
}

}  // namespace octet

// ArgMax, ArgMin and Hardmax.
#include "loaders/onnx/importers.h"

namespace octet {

Status import_arg_reduce(NodeImport& node, bool largest) {
  ArgReduceAttrs arg{.largest = largest};
  OCTET_ASSIGN_OR_RETURN(arg.axis, normalize_axis(node.int_attribute("axis", 0), node.rank(0)));
  arg.keep_dims = node.flag_attribute("keepdims", true);
  arg.last_index = node.flag_attribute("select_last_index", false);
  return node.finish(arg, {node.input(0)});
}

// 1 at the first largest element along the axis, 0 elsewhere; below opset 13 all axes from it on
// are one.
Status import_hardmax(NodeImport& node) {
  const bool flattens = node.opset() < 13;
  OCTET_ASSIGN_OR_RETURN(
      int axis, normalize_axis(node.int_attribute("axis", flattens ? 1 : -1), node.rank(0)));
  const TypeInfo type = node.type(0);
  SymbolicShape shape = type.shape;
  ValueId src = node.input(0);
  if (flattens && axis + 1 != node.rank(0)) {
    shape = {element_count({shape.begin(), shape.begin() + axis}),
             element_count({shape.begin() + axis, shape.end()})};
    axis = 1;
    OCTET_ASSIGN_OR_RETURN(src, node.emit("rows", ReshapeAttrs{shape}, {src}));
  }
  OCTET_ASSIGN_OR_RETURN(
      const ValueId best,
      node.emit(
          "best",
          ArgReduceAttrs{.largest = true, .axis = axis, .keep_dims = true, .empty_gives_0 = true},
          {src}));
  const Dim extent = shape[static_cast<size_t>(axis)];
  OCTET_ASSIGN_OR_RETURN(ValueId indices,
                         node.emit("indices", RangeAttrs{DType::kI64, 0, 1, extent}, {}));
  SymbolicShape column(shape.size() - static_cast<size_t>(axis), Dim(1));
  column[0] = extent;
  OCTET_ASSIGN_OR_RETURN(indices, node.emit("column", ReshapeAttrs{column}, {indices}));
  OCTET_ASSIGN_OR_RETURN(
      const ValueId is_best,
      node.emit("is_best", BinaryAttrs{BinaryFunction::kEqual}, {best, indices}));
  if (shape.size() == type.shape.size()) return node.finish(CastAttrs{type.dtype}, {is_best});
  OCTET_ASSIGN_OR_RETURN(const ValueId ones, node.emit("ones", CastAttrs{type.dtype}, {is_best}));
  return node.finish(ReshapeAttrs{type.shape}, {ones});
}

}  // namespace octet

// Ops that put pictures together again: Col2Im, MaxUnpool.
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/import_window.h"
#include "loaders/onnx/importers.h"
#include "runtime/ops/col2im.h"
#include "runtime/ops/max_unpool.h"

namespace octet {
namespace {

// Neither op has the attributes that settle the number of windows otherwise.
Result<Window> plain_window(NodeImport& node, const TypeInfo& picture,
                            std::optional<std::vector<int64_t>> kernel) {
  for (const char* attribute : {"auto_pad", "ceil_mode"})
    if (node.has_attribute(attribute))
      return invalid_model("has an attribute \"" + std::string(attribute) +
                           "\", which the op has not");
  return import_window(node, picture, std::move(kernel));
}

}  // namespace

// The extents of the image may be computed, those of a block have to be known.
Status import_col2im(NodeImport& node) {
  Col2ImAttrs fold;
  OCTET_ASSIGN_OR_RETURN(fold.image, node.dims(1));
  OCTET_ASSIGN_OR_RETURN(std::vector<int64_t> block, node.integers(2));
  if (fold.image.size() != block.size() || block.empty())
    return invalid_model("image_shape has " + std::to_string(fold.image.size()) +
                         " extents, block_shape " + std::to_string(block.size()) +
                         "; expected as many, and at least 1");
  TypeInfo image = node.type(0);
  image.shape = {1, 1};
  image.shape.insert(image.shape.end(), fold.image.begin(), fold.image.end());
  OCTET_RETURN_IF_ERROR(check_shape(image.shape, node.limits()));
  OCTET_ASSIGN_OR_RETURN(fold.window, plain_window(node, image, std::move(block)));
  if (node.type(0).dtype != DType::kBool)
    return node.finish(LongTailAttrs(std::move(fold)), {node.input(0)});
  // A sum of bools is whether one of them holds.
  OCTET_ASSIGN_OR_RETURN(const ValueId src,
                         emit_cast(node, "integers", node.input(0), DType::kI64));
  OCTET_ASSIGN_OR_RETURN(const ValueId sums,
                         node.emit("sums", LongTailAttrs(std::move(fold)), {src}));
  return node.finish(CastAttrs{DType::kBool}, {sums});
}

Status import_max_unpool(NodeImport& node) {
  MaxUnpoolAttrs unpool;
  OCTET_ASSIGN_OR_RETURN(unpool.window, plain_window(node, node.type(0), std::nullopt));
  const SymbolicShape src = node.type(0).shape;
  if (node.has_input(2)) {
    OCTET_ASSIGN_OR_RETURN(unpool.shape, node.dims(2));
    return node.finish(LongTailAttrs(std::move(unpool)), {node.input(0), node.input(1)});
  }
  const Window& window = unpool.window;
  unpool.shape = {src[0], src[1]};
  for (size_t axis = 0; axis < window.rank(); ++axis)
    unpool.shape.push_back((src[axis + 2] - Dim(1)) * Dim(window.strides[axis]) +
                           Dim(window.kernel[axis] - window.begins[axis] - window.ends[axis]));
  return node.finish(LongTailAttrs(std::move(unpool)), {node.input(0), node.input(1)});
}

}  // namespace octet

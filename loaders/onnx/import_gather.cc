// The gathers.
#include "loaders/onnx/importers.h"

namespace octet {

Status import_gather(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const int axis,
                         normalize_axis(node.int_attribute("axis", 0), node.rank(0)));
  return node.finish(GatherAttrs{axis}, {node.input(0), node.input(1)});
}

Status import_gather_elements(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const int axis,
                         normalize_axis(node.int_attribute("axis", 0), node.rank(0)));
  return node.finish(GatherElementsAttrs{axis}, {node.input(0), node.input(1)});
}

// batch_dims came with opset 12; it is 0 before.
Status import_gather_nd(NodeImport& node) {
  const int64_t batch_dims = node.int_attribute("batch_dims", 0);
  if (batch_dims < 0 || batch_dims >= node.rank(0) || batch_dims >= node.rank(1))
    return invalid_model("attribute \"batch_dims\" is " + std::to_string(batch_dims) + " for " +
                         to_string(node.type(0)) + " and " + to_string(node.type(1)));
  return node.finish(GatherNDAttrs{static_cast<int>(batch_dims)}, {node.input(0), node.input(1)});
}

}  // namespace octet

// Importers of the long-tail lane, with their rows.
#include "loaders/onnx/node_import.h"
#include "loaders/onnx/op_table.h"
#include "runtime/ops/top_k.h"

namespace octet {
namespace {

// K is an attribute below opset 10, an input from it on; below 11 the largest are taken.
Status import_top_k(NodeImport& node) {
  TopKAttrs top;
  OCTET_ASSIGN_OR_RETURN(top.axis, normalize_axis(node.int_attribute("axis", -1), node.rank(0)));
  if (node.opset() >= 10) {
    if (!node.has_input(1)) return invalid_model("input 1, K, is missing");
    OCTET_ASSIGN_OR_RETURN(top.k, node.dim(1));
  } else {
    if (!node.has_attribute("k")) return invalid_model("attribute \"k\" is missing");
    top.k = node.int_attribute("k", 0);
  }
  top.largest = node.flag_attribute("largest", true);
  top.sorted = node.flag_attribute("sorted", true);
  return node.finish_all(LongTailAttrs(top), {node.input(0)});
}

// Sorted by domain and op type.
constexpr OpRow kRows[] = {
    {"", "TopK", import_top_k, 1, 2, 2},
};

}  // namespace

std::span<const OpRow> long_tail_op_table() { return kRows; }

}  // namespace octet

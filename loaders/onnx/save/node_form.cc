// The table of nodes.
#include "loaders/onnx/save/node_form.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "loaders/onnx/save/attributes.h"

namespace octet {
namespace {

struct FormRow {
  std::string_view domain, op;
  NodeForm form;
};

constexpr FormRow kRows[] = {
    {"", "Conv", {NodeKind::kWeight, 1, -1, -1, true}},
    {"", "GRU", {NodeKind::kWeight, 1, -1, -1, true}},
    {"", "Gemm", {NodeKind::kProduct}},
    {"", "LSTM", {NodeKind::kWeight, 1, -1, -1, true}},
    {"", "MatMul", {NodeKind::kProduct}},
    {"", "MatMulInteger", {NodeKind::kSums, 1, -1, 3}},
    {"", "QLinearMatMul", {NodeKind::kCodes, 3, 4, 5}},
    {"", "RNN", {NodeKind::kWeight, 1, -1, -1, true}},
    {"com.microsoft", "Attention", {NodeKind::kWeight}},
    {"com.microsoft", "DynamicQuantizeMatMul", {NodeKind::kCodes, 1, 2, 3}},
    {"com.microsoft", "FusedConv", {NodeKind::kWeight, 1, -1, -1, true}},
    {"com.microsoft", "FusedGemm", {NodeKind::kWeight}},
    {"com.microsoft", "FusedMatMul", {NodeKind::kProduct}},
    {"com.microsoft", "MatMulIntegerToFloat", {NodeKind::kCodes, 1, 3, 5}},
    {"com.microsoft", "MatMulNBits", {NodeKind::kBlocks}},
    {"com.microsoft", "QAttention", {NodeKind::kCodes, 1, 4, 7}},
    {"com.microsoft", "QGemm", {NodeKind::kCodes, 3, 4, 5}},
};

float float_attribute(const pb::NodeProto& node, std::string_view name, float otherwise) {
  const pb::AttributeProto* attribute = find_attribute(node, name);
  return attribute == nullptr ? otherwise : attribute->f();
}

}  // namespace

NodeForm form_of(const pb::NodeProto& node) {
  const std::string_view domain = node.domain() == "ai.onnx" ? "" : std::string_view(node.domain());
  const std::string_view op = node.op_type();
  if (domain == kOwnDomain) return {NodeKind::kOwn, 1, 2, -1, true};
  const auto row = std::find_if(std::begin(kRows), std::end(kRows), [&](const FormRow& each) {
    return each.domain == domain && each.op == op;
  });
  if (row == std::end(kRows) || node.input_size() <= row->form.weight) return {};
  NodeForm form = row->form;
  if (op == "MatMul" || op == "Conv") return form;
  form.by_row |= int_attribute(node, "transB", 0) != 0;
  if (form.kind != NodeKind::kProduct) return form;
  form.turned_src = int_attribute(node, "transA", 0) != 0;
  form.alpha = float_attribute(node, "alpha", 1);
  if (op == "FusedMatMul") {
    // Other axes than the last two take part.
    const bool batch =
        int_attribute(node, "transBatchA", 0) != 0 || int_attribute(node, "transBatchB", 0) != 0;
    if (batch || form.turned_src) form.kind = NodeKind::kWeight;
    return form;
  }
  form.beta = float_attribute(node, "beta", 1);
  form.has_addend = node.input_size() > 2 && !node.input(2).empty() && form.beta != 0;
  return form;
}

WeightDims weight_dims(const pb::NodeProto& node, const NodeForm& form, const SavedLayer& layer,
                       const std::vector<int64_t>& given) {
  WeightDims dims;
  dims.by_row = form.by_row;
  dims.dims =
      form.by_row ? std::vector<int64_t>{layer.n, layer.k} : std::vector<int64_t>{layer.k, layer.n};
  dims.axis_n = form.by_row ? 0 : 1;
  dims.axis_k = form.by_row ? 1 : 0;
  const int64_t elements =
      std::accumulate(given.begin(), given.end(), int64_t{1}, std::multiplies<>());
  if (given.size() <= 2 || elements != layer.n * layer.k) return dims;
  const bool is_recurrent =
      node.op_type() == "LSTM" || node.op_type() == "GRU" || node.op_type() == "RNN";
  dims.dims = given;
  if (form.by_row && !is_recurrent) {  // a convolution
    dims.axis_n = 0;
    dims.axis_k = -1;
  } else {
    dims.axis_n += static_cast<int>(given.size()) - 2;
    dims.axis_k += static_cast<int>(given.size()) - 2;
  }
  return dims;
}

}  // namespace octet

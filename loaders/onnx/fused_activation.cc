// The activations that ONNX Runtime fuses into a convolution or a Gemm.
#include <algorithm>

#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/names.h"

namespace octet {
namespace {

using U = UnaryFunction;

struct ActivationRow {
  std::string_view name;
  U function;
  float alpha = 0, beta = 0;  // where the node gives none
};

// The defaults are those of ONNX's ops.
constexpr ActivationRow kRows[] = {
    {"Elu", U::kElu, 1, 1},
    {"HardSigmoid", U::kHardSigmoid, 0.2f, 0.5f},
    {"HardSwish", U::kHardSwish},
    {"LeakyRelu", U::kLeakyRelu, 0.01f},
    {"Relu", U::kRelu},
    {"Selu", U::kElu, 1.67326319217681884765625f, 1.05070102214813232421875f},
    {"Sigmoid", U::kSigmoid},
    {"Softplus", U::kSoftplus},
    {"Softsign", U::kSoftsign},
    {"Tanh", U::kTanh},
    {"ThresholdedRelu", U::kThresholdedRelu, 1},
};

Result<ValueId> emit_clip(NodeImport& node, ValueId src, const std::vector<float>& params) {
  if (params.size() != 2)
    return invalid_model("the activation Clip has " + std::to_string(params.size()) +
                         " numbers, expected its 2 bounds");
  std::vector<ValueId> inputs = {src};
  for (const float bound : params) {
    OCTET_ASSIGN_OR_RETURN(const ValueId value,
                           node.add_scalar(inputs.size() == 1 ? "low" : "high",
                                           node.type_of(src).dtype, static_cast<double>(bound)));
    inputs.push_back(value);
  }
  return node.emit("activated", ClipAttrs{}, std::move(inputs));
}

}  // namespace

Result<ValueId> emit_activation(NodeImport& node, ValueId src, const std::vector<float>& params) {
  const std::string name = node.string_attribute("activation", "");
  if (name.empty() || name == "Identity") return src;
  if (name == "Clip") return emit_clip(node, src, params);
  const auto row =
      std::find_if(std::begin(kRows), std::end(kRows),
                   [&](const ActivationRow& candidate) { return candidate.name == name; });
  if (row == std::end(kRows))
    return unsupported("attribute \"activation\" is " + quoted(name) +
                       ", which is not known; save the optimized model at level ORT_ENABLE_BASIC");
  UnaryAttrs attrs{row->function, row->alpha, row->beta};
  if (!params.empty() && unary_row(row->function).parameters > 0) attrs.alpha = params[0];
  if (params.size() > 1 && unary_row(row->function).parameters > 1) attrs.beta = params[1];
  return node.emit("activated", attrs, {src});
}

}  // namespace octet

// Names and defaults of the activations: ONNX's Operators.md, RNN, and those of the operators of
// the same name.
#include "loaders/onnx/recurrent_activations.h"

#include <algorithm>
#include <array>

#include "loaders/onnx/names.h"

namespace octet {
namespace {

using F = RecurrentFunction;

struct Known {
  std::string_view name;
  RecurrentActivation activation;  // with the defaults of its parameters
  bool has_alpha = false;
  bool has_beta = false;
  bool has_defaults = true;
};
constexpr Known kKnown[] = {
    {"Affine", {F::kAffine, 1.0f, 0.0f}, true, true},
    {"Elu", {F::kElu, 1.0f, 0.0f}, true},
    {"HardSigmoid", {F::kHardSigmoid, 0.2f, 0.5f}, true, true},
    {"LeakyRelu", {F::kLeakyRelu, 0.01f, 0.0f}, true},
    {"Relu", {F::kRelu}},
    {"ScaledTanh", {F::kScaledTanh}, true, true, false},
    {"Sigmoid", {F::kSigmoid}},
    {"Softplus", {F::kSoftplus}},
    {"Softsign", {F::kSoftsign}},
    {"Tanh", {F::kTanh}},
    {"ThresholdedRelu", {F::kThresholdedRelu, 1.0f, 0.0f}, true},
};

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(a, b, {}, lower, lower);
}

const Known* find(std::string_view name) {
  for (const Known& known : kKnown)
    if (same_name(known.name, name)) return &known;
  return nullptr;
}

std::string all_names() {
  std::string text;
  for (const Known& known : kKnown) text += (text.empty() ? "" : ", ") + std::string(known.name);
  return text;
}

std::vector<std::string> default_names(RecurrentCell cell, size_t directions) {
  constexpr std::array<const char*, 3> kGated = {"Sigmoid", "Tanh", "Tanh"};
  std::vector<std::string> names;
  for (size_t i = 0; i < directions * activation_count(cell); ++i)
    names.push_back(cell == RecurrentCell::kRnn ? "Tanh" : kGated[i % activation_count(cell)]);
  return names;
}

// The values of a list, one after another.
class Parameters {
 public:
  explicit Parameters(std::vector<float> values) : values_(std::move(values)) {}
  // False where there are none left.
  bool take(float& parameter) {
    if (next_ == values_.size()) return false;
    parameter = values_[next_++];
    return true;
  }

 private:
  std::vector<float> values_;
  size_t next_ = 0;
};

}  // namespace

Result<std::vector<std::vector<RecurrentActivation>>> recurrent_activations(NodeImport& node,
                                                                            RecurrentCell cell,
                                                                            size_t directions) {
  const size_t each = activation_count(cell);
  const std::vector<std::string> names =
      node.strings_attribute("activations").value_or(default_names(cell, directions));
  if (names.size() != each * directions)
    return invalid_model("attribute \"activations\" has " + std::to_string(names.size()) +
                         " names, expected " + std::to_string(each * directions) + ", " +
                         std::to_string(each) + " for each direction");
  Parameters alphas(node.floats_attribute("activation_alpha").value_or(std::vector<float>()));
  Parameters betas(node.floats_attribute("activation_beta").value_or(std::vector<float>()));
  std::vector<std::vector<RecurrentActivation>> activations(directions);
  for (size_t i = 0; i < names.size(); ++i) {
    const Known* known = find(names[i]);
    if (known == nullptr)
      return invalid_model("activation " + quoted(names[i]) + " is unknown, expected one of " +
                           all_names());
    RecurrentActivation activation = known->activation;
    const bool given_alpha = !known->has_alpha || alphas.take(activation.alpha);
    const bool given_beta = !known->has_beta || betas.take(activation.beta);
    if (!known->has_defaults && !(given_alpha && given_beta))
      return invalid_model("activation " + quoted(names[i]) +
                           " has no value in activation_alpha or activation_beta left, and ONNX "
                           "gives it no defaults");
    activations[i / each].push_back(activation);
  }
  return activations;
}

}  // namespace octet

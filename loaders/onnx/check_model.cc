// Version ranges and names.
#include "loaders/onnx/check_model.h"

#include "loaders/onnx/names.h"
#include "runtime/core/text.h"

namespace octet {
namespace {

// IR 3 came with ONNX 1.0 and its opset 1; models before it have no opset. Far above the newest of
// this ONNX a number is garbage, not a version.
constexpr int64_t kOldestIr = 3, kImpossibleIr = 100;
constexpr int64_t kImpossibleOpset = 500;

Status check_name(const std::string& name, const char* what, const Limits& limits) {
  if (name.size() > limits.max_string)
    return resource_exhausted(std::string("the name of ") + what + " has " +
                              std::to_string(name.size()) + " bytes, at most " +
                              std::to_string(limits.max_string) + " are allowed: " + quoted(name) +
                              "; raise max_string");
  if (!is_utf8(name))
    return invalid_model(std::string("the name of ") + what + " is not UTF-8: " + quoted(name));
  return Status::ok();
}

Status check_count(int found, const char* what, uint64_t limit, const char* name) {
  if (static_cast<uint64_t>(found) <= limit) return Status::ok();
  return resource_exhausted("the graph has " + std::to_string(found) + " " + what + ", at most " +
                            std::to_string(limit) + " are allowed; raise " + name);
}

template <class Values>
Status check_value_names(const Values& values, const char* what, const Limits& limits) {
  int index = 0;
  for (const auto& value : values) {
    if (value.name().empty())
      return invalid_model(std::string(what) + " has no name: number " + std::to_string(index));
    ++index;
    OCTET_RETURN_IF_ERROR(check_name(value.name(), what, limits));
  }
  return Status::ok();
}

}  // namespace

Result<std::map<std::string, int64_t>> check_versions(const pb::ModelProto& model) {
  const int64_t ir = model.ir_version();
  if (!model.has_ir_version() || ir < kOldestIr || ir >= kImpossibleIr)
    return invalid_model("ir_version is " +
                         (model.has_ir_version() ? std::to_string(ir) : "missing") +
                         ", expected 3 to " + std::to_string(kImpossibleIr - 1) +
                         "; the file is damaged, not an ONNX model, or too old");
  if (!model.has_graph())
    return invalid_model("it has no graph; the file is damaged or not an ONNX model");
  std::map<std::string, int64_t> opsets;
  for (const auto& import : model.opset_import()) {
    const std::string domain = import.domain() == "ai.onnx" ? "" : import.domain();
    if (import.version() < 1 || import.version() >= kImpossibleOpset)
      return invalid_model("opset " + std::to_string(import.version()) + " of domain " +
                           quoted(domain.empty() ? "ai.onnx" : domain) +
                           " does not exist, expected 1 to " +
                           std::to_string(kImpossibleOpset - 1));
    const auto [place, inserted] = opsets.emplace(domain, import.version());
    if (!inserted && place->second != import.version())
      return invalid_model("domain " + quoted(domain.empty() ? "ai.onnx" : domain) +
                           " is imported with opsets " + std::to_string(place->second) + " and " +
                           std::to_string(import.version()));
  }
  return opsets;
}

Status check_names(const pb::GraphProto& graph, const Limits& limits) {
  OCTET_RETURN_IF_ERROR(check_count(graph.input_size(), "inputs", limits.max_inputs, "max_inputs"));
  OCTET_RETURN_IF_ERROR(
      check_count(graph.output_size(), "outputs", limits.max_inputs, "max_inputs"));
  OCTET_RETURN_IF_ERROR(check_count(graph.initializer_size(), "initializers",
                                    limits.max_initializers, "max_initializers"));
  OCTET_RETURN_IF_ERROR(check_value_names(graph.input(), "a graph input", limits));
  OCTET_RETURN_IF_ERROR(check_value_names(graph.output(), "a graph output", limits));
  OCTET_RETURN_IF_ERROR(check_value_names(graph.initializer(), "an initializer", limits));
  for (const auto& node : graph.node()) {
    OCTET_RETURN_IF_ERROR(check_name(node.name(), "a node", limits));
    OCTET_RETURN_IF_ERROR(check_name(node.op_type(), "an op type", limits));
    OCTET_RETURN_IF_ERROR(check_name(node.domain(), "a domain", limits));
    for (const auto& name : node.input())
      OCTET_RETURN_IF_ERROR(check_name(name, "a node's input", limits));
    for (const auto& name : node.output())
      OCTET_RETURN_IF_ERROR(check_name(name, "a node's output", limits));
    for (const auto& attribute : node.attribute())
      if (attribute.has_g()) OCTET_RETURN_IF_ERROR(check_names(attribute.g(), limits));
  }
  return Status::ok();
}

}  // namespace octet

// The list of ops that cannot be imported.
#include <set>

#include "loaders/onnx/check_model.h"
#include "loaders/onnx/foreign_domain.h"
#include "loaders/onnx/function_body.h"
#include "loaders/onnx/names.h"
#include "loaders/onnx/op_table.h"

namespace octet {
namespace {

struct Refusal {
  int count = 0;
  std::string first;   // the first such node
  std::string reason;  // empty: there is no such op
};
struct Refusals {
  std::map<std::string, Refusal> ops;  // by "domain.OpType"
  std::set<std::string> domains;       // of ops that there are not
};

std::string node_label(const pb::NodeProto& node) {
  if (!node.name().empty()) return quoted(node.name());
  return node.output_size() > 0 ? "the one that makes " + quoted(node.output(0)) : "without a name";
}

// "Conv", "com.microsoft.MatMulNBits"; quotes only where they are needed to see it.
std::string op_label(const std::string& domain, const std::string& op_type) {
  const std::string label = quoted(domain.empty() ? op_type : domain + "." + op_type);
  return op_type.empty() ? label : label.substr(1, label.size() - 2);
}

void collect(const pb::GraphProto& graph, const std::map<std::string, int64_t>& opsets,
             Refusals& refusals) {
  for (const auto& node : graph.node()) {
    const std::string domain = node.domain() == "ai.onnx" ? "" : node.domain();
    const OpRow* row = find_op(domain, node.op_type());
    const auto opset = opsets.find(domain);
    std::string reason;
    if (row != nullptr && opset == opsets.end())
      reason = "the model does not import its domain";
    else if (row != nullptr && opset->second < row->since)
      reason = "opset " + std::to_string(row->since) + " brought it, the model has " +
               std::to_string(opset->second);
    const bool has_body = row == nullptr && opset != opsets.end() &&
                          has_function_body(domain, node.op_type(), opset->second);
    if (!has_body && (row == nullptr || !reason.empty())) {
      Refusal& refusal = refusals.ops[op_label(domain, node.op_type())];
      if (refusal.count++ == 0) refusal.first = node_label(node);
      refusal.reason = reason;
      if (row == nullptr) refusals.domains.insert(domain);
    }
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g()) collect(attribute.g(), opsets, refusals);
      for (const auto& inner : attribute.graphs()) collect(inner, opsets, refusals);
    }
  }
}

}  // namespace

Status check_ops(const pb::GraphProto& graph, const std::map<std::string, int64_t>& opsets) {
  Refusals refusals;
  collect(graph, opsets, refusals);
  if (refusals.ops.empty()) return Status::ok();
  std::string text;
  for (const auto& [op, refusal] : refusals.ops) {
    text += (text.empty() ? "" : ", ") + op + " (" + std::to_string(refusal.count) +
            (refusal.count == 1 ? " node: " : " nodes, first ") + refusal.first;
    text += (refusal.reason.empty() ? "" : "; " + refusal.reason) + ")";
  }
  for (const std::string& domain : refusals.domains)
    if (const std::string_view about = about_domain(domain); !about.empty())
      text += ". " + std::string(about);
  return unsupported(std::to_string(refusals.ops.size()) +
                     (refusals.ops.size() == 1 ? " op type is" : " op types are") +
                     " not supported: " + text);
}

}  // namespace octet

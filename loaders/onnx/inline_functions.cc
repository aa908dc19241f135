// The size of the expansion, then the call of ONNX's inliner behind a fence.
#include "loaders/onnx/inline_functions.h"

#include <algorithm>
#include <map>
#include <string>

#include "loaders/onnx/names.h"
#include "loaders/onnx/onnx_fence.h"
#include "loaders/onnx/own_functions.h"
#include "onnx/inliner/inliner.h"

namespace octet {
namespace {

class ExpansionSize {
 public:
  ExpansionSize(const pb::ModelProto& model, const Limits& limits) : limits_(limits) {
    for (const auto& function : model.functions())
      functions_[key(function.domain(), function.name(), function.overload())] = {&function};
  }

  // What `nodes` come to with all calls expanded. `bytes` is an upper bound.
  struct Size {
    uint64_t nodes = 0;
    uint64_t bytes = 0;
    uint64_t references = 0;  // attributes that a call fills in with its own
    int depth = 0;            // functions within functions
  };
  Result<Size> count(const google::protobuf::RepeatedPtrField<pb::NodeProto>& nodes) {
    Size sum;
    for (const auto& node : nodes) {
      OCTET_ASSIGN_OR_RETURN(const Size size, count(node));
      sum.nodes = add(sum.nodes, size.nodes);
      sum.bytes = add(sum.bytes, size.bytes);
      sum.references = add(sum.references, size.references);
      sum.depth = std::max(sum.depth, size.depth);
      const char* exceeded = sum.nodes > limits_.max_nodes             ? "max_nodes"
                             : sum.bytes > limits_.max_structure_bytes ? "max_structure_bytes"
                                                                       : nullptr;
      if (exceeded != nullptr)
        return resource_exhausted(
            "node " +
            quoted(!node.name().empty() || node.output().empty() ? node.name() : node.output(0)) +
            " (" + node.op_type() + "): the model's functions expand to more than " +
            std::to_string(limits_.max_nodes) + " nodes or " +
            std::to_string(limits_.max_structure_bytes) + " bytes; raise " + exceeded);
    }
    return sum;
  }

 private:
  struct Function {
    const pb::FunctionProto* proto = nullptr;
    enum class State { kNew, kOpen, kDone } state = State::kNew;
    Size size = {};
  };

  static std::string key(const std::string& domain, const std::string& name,
                         const std::string& overload) {
    return domain + '\n' + name + '\n' + overload;
  }
  static uint64_t add(uint64_t a, uint64_t b) {
    uint64_t sum = 0;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
  }
  static uint64_t multiply(uint64_t a, uint64_t b) {
    uint64_t product = 0;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
  }

  Result<Size> count(const pb::NodeProto& node) {
    constexpr uint64_t kNodeBytes = 256;  // the objects of a node besides its texts
    Size sum{1, kNodeBytes, 0, 0};
    for (const auto* names : {&node.input(), &node.output()})
      for (const auto& name : *names) sum.bytes += name.size() + 64;
    uint64_t attribute_bytes = 0, own_references = 0;
    for (const auto& attribute : node.attribute()) {
      if (!attribute.ref_attr_name().empty()) ++own_references;
      const uint64_t bytes = attribute.ByteSizeLong();
      attribute_bytes = add(attribute_bytes, bytes);
      if (attribute.has_g()) OCTET_RETURN_IF_ERROR(add_graph(attribute.g(), sum));
      for (const auto& graph : attribute.graphs()) OCTET_RETURN_IF_ERROR(add_graph(graph, sum));
    }
    sum.bytes = add(sum.bytes, attribute_bytes);
    sum.references = add(sum.references, own_references);
    const auto found = functions_.find(key(node.domain(), node.op_type(), node.overload()));
    if (found == functions_.end()) return sum;
    Function& function = found->second;
    if (function.state == Function::State::kOpen)
      return invalid_model("function " + quoted(node.op_type()) + " calls itself");
    if (++depth_ > limits_.max_nesting) return too_deep(node);
    if (function.state == Function::State::kNew) {
      function.state = Function::State::kOpen;
      OCTET_ASSIGN_OR_RETURN(function.size, count(function.proto->node()));
      function.state = Function::State::kDone;
    }
    --depth_;
    const Size& body = function.size;
    sum.depth = std::max(sum.depth, body.depth + 1);
    if (sum.depth > limits_.max_nesting) return too_deep(node);
    sum.nodes = add(sum.nodes, body.nodes);
    sum.bytes = add(sum.bytes, add(body.bytes, multiply(body.references, attribute_bytes)));
    sum.references = add(sum.references, multiply(body.references, own_references));
    return sum;
  }

  Status too_deep(const pb::NodeProto& node) const {
    return resource_exhausted("function " + quoted(node.op_type()) +
                              ": functions are nested more than " +
                              std::to_string(limits_.max_nesting) + " deep; raise max_nesting");
  }

  Status add_graph(const pb::GraphProto& graph, Size& sum) {
    OCTET_ASSIGN_OR_RETURN(const Size size, count(graph.node()));
    sum.nodes = add(sum.nodes, size.nodes);
    sum.bytes = add(sum.bytes, size.bytes);
    sum.references = add(sum.references, size.references);
    sum.depth = std::max(sum.depth, size.depth);
    return Status::ok();
  }

  const Limits& limits_;
  std::map<std::string, Function> functions_;
  int depth_ = 0;
};

}  // namespace

Status inline_functions(pb::ModelProto& model, const Limits& limits) {
  take_own_functions(model);
  if (model.functions_size() == 0) return Status::ok();
  OCTET_RETURN_IF_ERROR(ExpansionSize(model, limits).count(model.graph().node()).status());
  OCTET_RETURN_IF_ERROR(fenced("its functions cannot be expanded",
                               [&] { pb::inliner::InlineLocalFunctions(model, false); }));
  for (const auto& function : model.functions())
    if (function.domain() == kOwnDomain)
      return invalid_model("function " + quoted(function.name()) + " of domain " + kOwnDomain +
                           " is not as Octet writes it and has other opsets than the model; save "
                           "the model with Octet again, or expand it with onnx.inliner");
  return Status::ok();
}

}  // namespace octet

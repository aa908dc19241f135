// The size of the expansion, then the call of ONNX's inliner behind a fence.
#include "loaders/onnx/inline_functions.h"

#include <exception>
#include <map>
#include <string>

#include "loaders/onnx/names.h"
#include "onnx/inliner/inliner.h"

namespace octet {
namespace {

class ExpansionSize {
 public:
  ExpansionSize(const pb::ModelProto& model, const Limits& limits) : limits_(limits) {
    for (const auto& function : model.functions())
      functions_[key(function.domain(), function.name(), function.overload())] = {&function};
  }

  // The number of nodes of `nodes` with all calls expanded.
  Result<uint64_t> count(const google::protobuf::RepeatedPtrField<pb::NodeProto>& nodes) {
    uint64_t sum = 0;
    for (const auto& node : nodes) {
      OCTET_ASSIGN_OR_RETURN(const uint64_t size, count(node));
      sum += size;
      if (sum > limits_.max_nodes)
        return resource_exhausted("its functions expand to more than " +
                                  std::to_string(limits_.max_nodes) + " nodes");
    }
    return sum;
  }

 private:
  struct Function {
    const pb::FunctionProto* proto = nullptr;
    enum class State { kNew, kOpen, kDone } state = State::kNew;
    uint64_t size = 0;
  };

  static std::string key(const std::string& domain, const std::string& name,
                         const std::string& overload) {
    return domain + '\n' + name + '\n' + overload;
  }

  Result<uint64_t> count(const pb::NodeProto& node) {
    uint64_t sum = 1;
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g()) {
        OCTET_ASSIGN_OR_RETURN(const uint64_t size, count(attribute.g().node()));
        sum += size;
      }
      for (const auto& graph : attribute.graphs()) {
        OCTET_ASSIGN_OR_RETURN(const uint64_t size, count(graph.node()));
        sum += size;
      }
    }
    const auto found = functions_.find(key(node.domain(), node.op_type(), node.overload()));
    if (found == functions_.end()) return sum;
    Function& function = found->second;
    if (function.state == Function::State::kOpen || ++depth_ > kMaxDepth)
      return invalid_model("function " + quoted(node.op_type()) +
                           " calls itself or is nested too deep");
    if (function.state == Function::State::kNew) {
      function.state = Function::State::kOpen;
      OCTET_ASSIGN_OR_RETURN(function.size, count(function.proto->node()));
      function.state = Function::State::kDone;
    }
    --depth_;
    return sum + function.size;
  }

  static constexpr int kMaxDepth = 100;
  const Limits& limits_;
  std::map<std::string, Function> functions_;
  int depth_ = 0;
};

}  // namespace

Status inline_functions(pb::ModelProto& model, const Limits& limits) {
  if (model.functions_size() == 0) return Status::ok();
  OCTET_RETURN_IF_ERROR(ExpansionSize(model, limits).count(model.graph().node()).status());
  try {
    pb::inliner::InlineLocalFunctions(model, false);
  } catch (const std::exception& error) {
    return invalid_model(std::string("its functions cannot be expanded: ") + error.what());
  }
  return Status::ok();
}

}  // namespace octet

// ModelEdit: adding tensors and nodes to a model under names that nothing has.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "loaders/onnx/own_functions.h"
#include "loaders/onnx/save/edited_model.h"

namespace octet {

// Threading: one owner.
class ModelEdit {
 public:
  // The model must outlive it.
  explicit ModelEdit(EditedModel& model);

  EditedModel& model() { return model_; }
  // `wanted`, or it with a number behind it where a value, tensor or node has that name.
  std::string new_name(const std::string& wanted);
  // A new initializer; gives its name.
  std::string add_tensor(pb::GraphProto& graph, const std::string& wanted, int data_type,
                         const std::vector<int64_t>& dims, TensorData data);
  std::string add_scalar(pb::GraphProto& graph, const std::string& wanted, float value);
  // A node without attributes, for the caller to place.
  std::unique_ptr<pb::NodeProto> make_node(const std::string& op_type, const std::string& name,
                                           const std::vector<std::string>& inputs,
                                           const std::string& output);

  // What the finished model needs.
  void need_opset(int64_t opset) { opset_ = std::max(opset_, opset); }
  void need_ir_version(int64_t version) { ir_version_ = std::max(ir_version_, version); }
  void need_function(const DynamicLinearForm& form);
  // That a value lost a reader; what nobody reads then is taken out by finish(), with what made it.
  void lost_reader(const std::string& value) { lost_.push_back(value); }
  // That `value`, a new one, would rather be called `name`, which finish() sees to where that name
  // has become free.
  void prefer_name(const std::string& value, const std::string& name) {
    preferred_.emplace_back(value, name);
  }
  // Raises versions, adds functions, removes what is not read any more. Error: kUnsupported where
  // another node stands in the way of the opset.
  Status finish();

 private:
  void remove_unread();
  void rename();
  Status raise_versions();

  EditedModel& model_;
  std::unordered_set<std::string> names_;
  std::vector<std::string> lost_;
  std::vector<std::pair<std::string, std::string>> preferred_;
  std::vector<DynamicLinearForm> functions_;
  int64_t opset_ = 0, ir_version_ = 0;
};

}  // namespace octet

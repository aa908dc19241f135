// The inputs and outputs of a run of a model with values that are no tensors: lists stand for
// sequences, None for an optional that is empty.
#pragma once

#include <nanobind/nanobind.h>

#include <deque>
#include <memory>
#include <vector>

#include "apps/python/native/handles.h"
#include "apps/python/native/tensor_argument.h"

namespace octet::python {

using ValueHandle = std::unique_ptr<octet_value, Free<octet_value_free>>;

class ValueArguments {
 public:
  // By name, all inputs. Throws where names or objects are not what the model takes, and where
  // there are arrays for outputs, which such a run does not write to.
  ValueArguments(const ModelState& model, const nanobind::dict& inputs, nanobind::handle outputs);
  ValueArguments(const ValueArguments&) = delete;
  ValueArguments& operator=(const ValueArguments&) = delete;
  ~ValueArguments() { drop_outputs(); }

  octet_value* const* inputs() const { return inputs_.data(); }
  octet_value** outputs() { return outputs_.data(); }
  int32_t input_count() const { return static_cast<int32_t>(inputs_.size()); }
  int32_t output_count() const { return static_cast<int32_t>(outputs_.size()); }
  // Before a run is made again.
  void drop_outputs();
  // After a run: name -> array, list or None. Copies: a value may share the memory of an input.
  nanobind::dict results() const;

 private:
  ValueHandle make(nanobind::handle object, const Value& value, octet_value_kind kind);
  ValueHandle make_sequence(nanobind::handle object, const Value& value);

  const ModelState& model_;
  std::deque<TensorArgument> tensors_;  // what the inputs refer to
  std::vector<ValueHandle> held_;
  std::vector<octet_value*> inputs_, outputs_;
};

}  // namespace octet::python

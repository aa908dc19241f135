// The inputs and outputs of one run, between dictionaries and the C API.
#pragma once

#include <nanobind/nanobind.h>

#include <vector>

#include "apps/python/native/handles.h"
#include "apps/python/native/tensor_argument.h"

namespace octet::python {

// Throws where the inputs have other names than the model's.
void check_input_names(const ModelState& model, const nanobind::dict& inputs);
// Name, dtype, shape and kind of each, as Python describes them: ("ids", "int64", ("n",),
// "tensor").
nanobind::list describe(const std::vector<Value>& values);

class RunArguments {
 public:
  // By name: all inputs, and those outputs that have an array to be written to (None: none has).
  // Throws where names or objects are not what the model takes.
  RunArguments(const ModelState& model, const nanobind::dict& inputs, nanobind::handle outputs);
  RunArguments(const RunArguments&) = delete;
  RunArguments& operator=(const RunArguments&) = delete;
  ~RunArguments();

  const octet_tensor* inputs() const { return inputs_.data(); }
  octet_tensor* outputs() { return outputs_.data(); }
  int32_t input_count() const { return static_cast<int32_t>(inputs_.size()); }
  int32_t output_count() const { return static_cast<int32_t>(outputs_.size()); }

  // New arrays for the outputs that have none and whose extents in `shapes` are known.
  void make_outputs(const std::vector<octet_tensor>& shapes);
  // After a run: name -> array, in the model's order. An output that was given comes back itself,
  // or the part of it that the run has filled. Memory of the library goes over to its arrays where
  // it is `lent` by octet_model_run, and is copied where it is the session's.
  nanobind::dict results(bool lent);
  // Outputs without an array are octet_model_run's, freed with this unless results() took them.
  void expect_lent() { lent_ = true; }

 private:
  nanobind::object result(size_t index, bool lent);

  const ModelState& model_;
  std::vector<TensorArgument> input_arguments_, output_arguments_;
  std::vector<octet_tensor> inputs_, outputs_;
  std::vector<nanobind::object> given_;  // the outputs' arrays; invalid where there is none
  std::vector<bool> made_;               // whether that is a carrier of make_outputs()
  bool lent_ = false;
};

}  // namespace octet::python

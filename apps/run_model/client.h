// The C API as run_model uses it: owning handles and Status.
#pragma once

#include <octet/octet.h>

#include <memory>
#include <string>
#include <vector>

#include "apps/run_model/array.h"
#include "apps/run_model/options.h"
#include "apps/run_model/values.h"
#include "runtime/core/status.h"

namespace octet::app {

struct FreeEngine {
  void operator()(octet_engine* engine) const { octet_engine_free(engine); }
};
struct FreeModel {
  void operator()(octet_model* model) const { octet_model_free(model); }
};
struct FreeSession {
  void operator()(octet_session* session) const { octet_session_free(session); }
};

// Turns a status and the error that came with it into a Status; frees the error. A reference, so
// that in take_error(octet_f(.., &error), error) the call may be evaluated after the second
// argument.
Status take_error(octet_status status, octet_error*& error);

class LoadedModel {
 public:
  static Result<LoadedModel> load(const Options& options);

  octet_model* get() const { return model_.get(); }
  // That work on one run.
  int threads() const { return octet_engine_threads(engine_.get()); }
  // On all runs that go on at a time.
  int all_threads() const { return threads() + workers_ - 1; }
  // Runs at a time: options.workers, but not more than there are threads.
  int workers() const { return workers_; }
  double timeout_ms() const { return timeout_ms_; }  // of a run; 0: none
  double load_ms() const { return load_ms_; }
  const std::vector<octet_value_info>& inputs() const { return inputs_; }
  const std::vector<octet_value_info>& outputs() const { return outputs_; }
  // Whether an input or output is no tensor, so that it is run by values.
  bool needs_values() const;
  // Error: it does, and `what` takes tensors alone.
  Status expect_tensors(const char* what) const;

 private:
  std::unique_ptr<octet_engine, FreeEngine> engine_;
  std::unique_ptr<octet_model, FreeModel> model_;
  std::vector<octet_value_info> inputs_, outputs_;
  int workers_ = 1;
  double timeout_ms_ = 0;
  double load_ms_ = 0;
};

class Runner {
 public:
  static Result<Runner> create(const LoadedModel& model);
  // The outputs lie in the session's memory until the next run.
  Status run(const std::vector<Array>& inputs);
  const std::vector<octet_tensor>& outputs() const { return outputs_; }
  // The same by values: all outputs, which live until the next run.
  Status run_values(const std::vector<ArrayValue>& inputs);
  const std::vector<ArrayValue>& output_values() const { return output_arrays_; }
  octet_session* get() const { return session_.get(); }

 private:
  std::unique_ptr<octet_session, FreeSession> session_;
  std::vector<octet_tensor> inputs_, outputs_;
  std::vector<ValueHandle> output_values_;
  std::vector<ArrayValue> output_arrays_;
  std::vector<std::vector<std::byte>> packed_inputs_, unpacked_outputs_;  // where there are such
  double timeout_ms_ = 0;
};

double now_ms();

}  // namespace octet::app

// Loop and Scan: a body that runs again and again, on what it gave before.
#pragma once

#include "runtime/session/subprogram.h"

namespace octet {

// One run of a loop, from the values that it is given to those that it gives: work.inputs and
// work.outputs. A body's shapes are bound anew where they change, from the model's cache.
class Session::LoopRun {
 public:
  LoopRun(Session& session, const SubprogramStep& call, const BoundStep& bound, Subprogram& work);
  ~LoopRun();  // the values of its body with it
  // Errors: those of the body; slices that differ; kResourceExhausted beyond the session's memory
  // limit.
  Status run();

 private:
  // The iterations that there are at most; -1: the condition alone ends it.
  Result<int64_t> find_count() const;
  bool starts() const;
  void set_up_body();
  void take_slices();
  // Memory for what the body gives, where its extents are known.
  Status place_outputs();
  // What the body gives becomes what it reads, and slices go where they belong.
  Status take_outputs();
  // Beside the body's tensors: what is no tensor, or keeps the memory of one.
  HeldValues body_values();
  bool is_carried_tensor(size_t i) const { return control_.results[i].form == ValueForm::kTensor; }
  // Where slice `scan` of this iteration belongs.
  Result<TensorView> slice_place(size_t scan, const Shape& slice);
  Status give();
  Status give_carried(size_t i);
  void give_scanned(size_t scan, size_t first_extent);

  Status located(Status status) const;
  Status too_large(const std::string& what) const;
  // Whether what the loop keeps may grow by so many bytes.
  bool has_room(int64_t more) const;
  size_t output_of_carried(size_t i) const { return (is_scan_ ? 0 : 1) + i; }
  size_t output_of_scan(size_t i) const { return output_of_carried(carried_) + i; }

  Session& session_;
  const SubprogramStep& call_;
  const ControlAttrs& control_;
  const BoundStep& bound_;
  Subprogram& work_;
  Session& body_;
  bool is_scan_;
  size_t carried_, scans_;  // carried values, scan outputs
  size_t first_;            // carried value among the inputs of the node and of its body
  bool has_values_;         // sequences or optionals
  int64_t count_ = -1;
  int64_t limit_ = 0;                // bytes
  int64_t done_ = 0;                 // iterations
  std::vector<TensorView> results_;  // of the scan outputs: all slices, as far as they are there
};

}  // namespace octet

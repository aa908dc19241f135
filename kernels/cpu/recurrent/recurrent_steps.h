// The steps of a recurrence over some of its rows and units.
#pragma once

#include "kernels/api/kernel.h"
#include "kernels/cpu/recurrent/recurrent_layout.h"

namespace octet::cpu {

// Of units, or of rows: [first, last).
struct Range {
  int64_t first;
  int64_t last;
};

// What a call computes with; `args` are those of a Recurrence whose weights are packed. Threading:
// calls for other rows or units may run at once; the group before, and before the first one the
// step before, must be done for all units of the rows.
class RecurrentSteps {
 public:
  // Floats that `shared` has, and that `scratch` has, aligned to 64.
  static int64_t shared_floats(const RecurrenceAttrs& attrs, int64_t batch);
  static int64_t scratch_floats();

  RecurrentSteps(const RecurrenceAttrs& attrs, const float* weights, const TaskArgs& args,
                 float* scratch, Heartbeat& beat);

  // Makes the state before the first step. Error: a length that is none.
  Status begin(Range rows);
  // One gate group of one step, in the order of time of each row. `units` are whole blocks, but for
  // the last.
  void step(int64_t step, size_t group, Range rows, Range units);

  int64_t steps() const { return steps_; }
  int64_t batch() const { return batch_; }

 private:
  int64_t length(int64_t row) const { return lengths_ == nullptr ? steps_ : lengths_[row]; }
  // What rows of length 0 leave behind.
  void write_empty(Range rows);
  void compute(int64_t step, size_t group, Range rows, Range units);
  void compute_row(int64_t step, size_t group, int64_t row, Range units, float* gates);
  void end_rows(int64_t step, Range rows, Range units);

  float* state(int64_t step, int64_t row) const {  // before `step`
    return states_ + ((step & 1) * batch_ + row) * padded_;
  }

  const RecurrenceAttrs& attrs_;
  const float* weights_;
  const TaskArgs& args_;
  float* scratch_;
  Heartbeat& beat_;
  int64_t steps_, batch_, hidden_, padded_;
  const int32_t* lengths_;
  // [2][batch][padded], then [batch][padded] each.
  float *states_, *cells_, *resets_;
};

}  // namespace octet::cpu

// What a cell makes of its gates' sums: the elementwise part of a step.
#pragma once

#include "kernels/cpu/recurrent/recurrent_layout.h"

namespace octet::cpu {

// Some units of one row in one step. `padded` is `units`, at most kPassUnits, up to whole blocks:
// that far `gates`, states and cells may be read and written.
struct CellRow {
  int64_t units;
  int64_t padded;
  float* gates;        // [the group's gates][kPassUnits]: sums, overwritten
  const float* input;  // of unit 0 of these for the group's first gate; the next `hidden` further
  int64_t hidden;
  const float* peepholes;       // of an LSTM, as `input`; nullptr: none
  const float* candidate_bias;  // of these units; nullptr: none
  float* cell;                  // of an LSTM: before and after the step
  float* update;                // of a GRU in two groups: the first makes it for the second
  float* reset;                 // the same: reset * before
  const float* before;          // the state before the step
  float* after;                 // the state after it
  float* dst;                   // the same, the model's output
};

// Of gate group `group`; the last one makes the state. Formulas: runtime/ops/recurrence.h.
void compute_cell(const RecurrenceAttrs& attrs, size_t group, const CellRow& row);

}  // namespace octet::cpu

// The steps of a recurrence: products, then cells, pass by pass.
#include "kernels/cpu/recurrent/recurrent_steps.h"

#include <algorithm>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/recurrent/recurrent_cell.h"
#include "kernels/cpu/recurrent/recurrent_products.h"

namespace octet::cpu {
namespace {

using namespace recurrence;

constexpr int64_t kMostGates = 4;

}  // namespace

int64_t RecurrentSteps::shared_floats(const RecurrenceAttrs& attrs, int64_t batch) {
  return 4 * batch * padded_units(attrs.hidden);
}
int64_t RecurrentSteps::scratch_floats() { return kPassRows * kMostGates * kPassUnits; }

RecurrentSteps::RecurrentSteps(const RecurrenceAttrs& attrs, const float* weights,
                               const TaskArgs& args, float* scratch, Heartbeat& beat)
    : attrs_(attrs),
      weights_(weights),
      args_(args),
      scratch_(scratch),
      beat_(beat),
      steps_(args.outputs[kStates].shape[0]),
      batch_(args.outputs[kStates].shape[1]),
      hidden_(attrs.hidden),
      padded_(padded_units(attrs.hidden)),
      lengths_(nullptr),
      states_(reinterpret_cast<float*>(args.shared)),
      cells_(states_ + 2 * batch_ * padded_),
      resets_(cells_ + batch_ * padded_) {
  if (const TensorView* lengths = optional_input(args, kLengths)) lengths_ = lengths->as<int32_t>();
}

Status RecurrentSteps::begin(Range rows) {
  const TensorView *hidden = optional_input(args_, kHidden), *cell = optional_input(args_, kCell);
  const auto fill = [&](const TensorView* from, int64_t row, float* to) {
    std::fill(std::copy_n(from == nullptr ? to : from->as<float>() + row * hidden_,
                          from == nullptr ? 0 : hidden_, to),
              to + padded_, 0.0f);
  };
  for (int64_t row = rows.first; row < rows.last && !beat_.stop(2 * padded_); ++row) {
    OCTET_RETURN_IF_ERROR(check_sequence_length(row, length(row), steps_));
    fill(hidden, row, state(0, row));
    fill(cell, row, cells_ + row * padded_);
  }
  write_empty(rows);
  return Status::ok();
}

void RecurrentSteps::write_empty(Range rows) {
  for (int64_t row = rows.first; row < rows.last && !beat_.stop(); ++row) {
    if (length(row) > 0) continue;
    for (size_t output = kLastState; output < args_.outputs.size(); ++output)
      std::fill_n(args_.outputs[output].as<float>() + row * hidden_, hidden_, 0.0f);
    beat_.stop(hidden_);
  }
}

// Rows that have ended are left out: neighbours among the others are computed together.
void RecurrentSteps::step(int64_t step, size_t group, Range rows, Range units) {
  for (int64_t row = rows.first; row < rows.last && !beat_.stop();) {
    int64_t end = row;
    while (end < rows.last && step < length(end)) ++end;
    if (end > row) compute(step, group, {row, end}, units);
    for (row = end; row < rows.last && step >= length(row); ++row) {
    }
  }
  if (group + 1 == gate_groups(attrs_).size()) end_rows(step, rows, units);
}

void RecurrentSteps::compute(int64_t step, size_t group, Range rows, Range units) {
  const GateGroup gates = gate_groups(attrs_)[group];
  const int64_t row_floats = gates.count * kPassUnits;
  for (int64_t unit = units.first; unit < units.last; unit += kPassUnits) {
    const Range some{unit, std::min(unit + kPassUnits, units.last)};
    const int64_t blocks = unit_blocks(some.last - some.first) * gates.count;
    for (int64_t row = rows.first; row < rows.last; row += kPassRows) {
      const int64_t count = std::min(kPassRows, rows.last - row);
      const int64_t elements = count * blocks * kUnitBlock;
      if (beat_.stop(elements * (hidden_ / 16 + kElementUnits))) return;
      const bool after_reset = group > 0;
      multiply_states({.src = after_reset ? resets_ + row * padded_ : state(step, row),
                       .src_stride = padded_,
                       .rows = count,
                       .weights = weights_ + packed_block(gates, hidden_, unit / kUnitBlock) *
                                                 hidden_ * kUnitBlock,
                       .blocks = blocks,
                       .gates = gates.count,
                       .k = hidden_,
                       .dst = scratch_});
      for (int64_t i = 0; i < count; ++i)
        compute_row(step, group, row + i, some, scratch_ + i * row_floats);
    }
  }
}

void RecurrentSteps::compute_row(int64_t step, size_t group, int64_t row, Range units,
                                 float* gates) {
  const int64_t time = attrs_.reverse ? length(row) - 1 - step : step;
  const int64_t first = units.first, place = time * batch_ + row;
  const TensorView *peepholes = optional_input(args_, kPeepholes),
                   *bias = optional_input(args_, kCandidateBias);
  const int64_t columns = gate_count(attrs_.cell) * hidden_;
  compute_cell(attrs_, group,
               {.units = units.last - first,
                .padded = padded_units(units.last - first),
                .gates = gates,
                .input = args_.inputs[kGates].as<float>() + place * columns +
                         gate_groups(attrs_)[group].first * hidden_ + first,
                .hidden = hidden_,
                .peepholes = peepholes == nullptr ? nullptr : peepholes->as<float>() + first,
                .candidate_bias = bias == nullptr ? nullptr : bias->as<float>() + first,
                .cell = cells_ + row * padded_ + first,
                .update = cells_ + row * padded_ + first,
                .reset = resets_ + row * padded_ + first,
                .before = state(step, row) + first,
                .after = state(step + 1, row) + first,
                .dst = args_.outputs[kStates].as<float>() + place * hidden_ + first});
}

// Keeps what a row leaves after its last step; writes 0 where it has ended before.
void RecurrentSteps::end_rows(int64_t step, Range rows, Range units) {
  const int64_t first = units.first, count = units.last - first;
  for (int64_t row = rows.first; row < rows.last && !beat_.stop(); ++row) {
    const int64_t left = length(row) - 1 - step;
    if (left > 0) continue;
    beat_.stop(count / 4);
    if (left < 0) {
      std::fill_n(args_.outputs[kStates].as<float>() + (step * batch_ + row) * hidden_ + first,
                  count, 0.0f);
      continue;
    }
    const auto keep = [&](size_t output, const float* from) {
      std::copy_n(from + first, count, args_.outputs[output].as<float>() + row * hidden_ + first);
    };
    keep(kLastState, state(step + 1, row));
    if (attrs_.cell == RecurrentCell::kLstm) keep(kLastCell, cells_ + row * padded_);
  }
}

}  // namespace octet::cpu

// Reference of Recurrence.
#include "runtime/ops/recurrence.h"

#include <string>

#include "kernels/numerics/recurrent_activations.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

using namespace recurrence;

// The element of a vector or matrix.
double at(const TensorView& view, int64_t i) { return load_number(view, i * view.strides[0]); }
double at(const TensorView& view, int64_t i, int64_t j) {
  return load_number(view, i * view.strides[0] + j * view.strides[1]);
}

// One sequence of the batch, step by step. The state is as it was rounded to its type; the cell of
// an LSTM is rounded once, at the end.
class Sequence {
 public:
  Sequence(const RecurrenceAttrs& attrs, const TaskArgs& args, Share& share, double* scratch)
      : attrs_(attrs),
        args_(args),
        share_(share),
        size_(attrs.hidden),
        state_(scratch),
        cell_(scratch + size_),
        input_(scratch + 2 * size_),
        gates_(scratch + 3 * size_) {}

  void run(int64_t row, int64_t length) {
    row_ = row;
    const int64_t steps = args_.outputs[kStates].shape[0];
    begin(length);
    for (int64_t step = 0; step < length && !share_.stop(); ++step) {
      step_ = attrs_.reverse ? length - 1 - step : step;
      advance();
    }
    for (int64_t step = length; step < steps && !share_.stop(); ++step)
      for (int64_t j = 0; j < size_ && !share_.stop(); ++j)
        store_number(args_.outputs[kStates], place(step, j), 0);
    for (int64_t j = 0; j < size_ && !share_.stop(); ++j) {
      store_number(args_.outputs[kLastState], last(kLastState, j), state_[j]);
      if (attrs_.cell == RecurrentCell::kLstm)
        store_number(args_.outputs[kLastCell], last(kLastCell, j), cell_[j]);
    }
  }

 private:
  const TensorView* optional(size_t index) const { return optional_view(args_.inputs, index); }
  int64_t place(int64_t step, int64_t j) const {
    const Strides& strides = args_.outputs[kStates].strides;
    return step * strides[0] + row_ * strides[1] + j * strides[2];
  }
  int64_t last(size_t output, int64_t j) const {
    const Strides& strides = args_.outputs[output].strides;
    return row_ * strides[0] + j * strides[1];
  }

  void begin(int64_t length) {
    const TensorView *hidden = optional(kHidden), *cell = optional(kCell);
    for (int64_t j = 0; j < size_ && !share_.stop(); ++j) {
      state_[j] = length > 0 && hidden != nullptr ? at(*hidden, row_, j) : 0;
      cell_[j] = length > 0 && cell != nullptr ? at(*cell, row_, j) : 0;
    }
  }

  // x + R h of the gates [first, last).
  void make_gates(int64_t first, int64_t last, const double* state) {
    const TensorView &src = args_.inputs[kGates], &weights = args_.inputs[kWeights];
    for (int64_t n = first * size_; n < last * size_ && !share_.stop(size_); ++n)
      gates_[n] =
          load_number(src, step_ * src.strides[0] + row_ * src.strides[1] + n * src.strides[2]) +
          product(weights, n, state);
  }
  double product(const TensorView& weights, int64_t n, const double* state) const {
    double sum = 0;
    for (int64_t k = 0; k < size_; ++k) sum += at(weights, n, k) * state[k];
    return sum;
  }

  double clip(double x) const {
    const double bound = attrs_.clip;
    return bound == 0 ? x : x > bound ? bound : x < -bound ? -bound : x;
  }
  double activate(size_t which, double x) const {
    return numerics::recurrent_activation(attrs_.activations[which], clip(x));
  }
  double squash(double cell) const {
    return numerics::recurrent_activation(attrs_.activations[2], cell);
  }

  void set_state(int64_t j, double value) {
    store_number(args_.outputs[kStates], place(step_, j), value);
    state_[j] = load_number(args_.outputs[kStates], place(step_, j));
  }

  void advance() {
    switch (attrs_.cell) {
      case RecurrentCell::kRnn:
        make_gates(0, 1, state_);
        for (int64_t j = 0; j < size_ && !share_.stop(); ++j) set_state(j, activate(0, gates_[j]));
        return;
      case RecurrentCell::kLstm:
        return advance_lstm();
      case RecurrentCell::kGru:
        return advance_gru();
    }
  }

  void advance_lstm() {
    make_gates(0, 4, state_);
    const TensorView* peepholes = optional(kPeepholes);
    const auto gate = [&](int64_t which, int64_t j) {
      const double peephole = peepholes == nullptr ? 0 : at(*peepholes, which * size_ + j);
      return gates_[which * size_ + j] + peephole * cell_[j];
    };
    for (int64_t j = 0; j < size_ && !share_.stop(); ++j) {
      const double input = activate(0, gate(kLstmInput, j));
      const double forget = attrs_.input_forget ? 1 - input : activate(0, gate(kLstmForget, j));
      cell_[j] = forget * cell_[j] + input * activate(1, gates_[kLstmCell * size_ + j]);
      set_state(j, activate(0, gate(kLstmOutput, j)) * squash(cell_[j]));
    }
  }

  void advance_gru() {
    make_gates(0, 2, state_);
    const double* update = gates_ + kGruUpdate * size_;
    double* candidate = gates_ + kGruCandidate * size_;
    for (int64_t j = 0; j < 2 * size_ && !share_.stop(); ++j) gates_[j] = activate(0, gates_[j]);
    const double* reset = gates_ + kGruReset * size_;
    if (attrs_.linear_before_reset) {
      const TensorView &src = args_.inputs[kGates], &weights = args_.inputs[kWeights];
      const TensorView* bias = optional(kCandidateBias);
      for (int64_t j = 0; j < size_ && !share_.stop(size_); ++j) {
        const int64_t n = kGruCandidate * size_ + j;
        const double linear = product(weights, n, state_) + (bias == nullptr ? 0 : at(*bias, j));
        candidate[j] =
            reset[j] * linear +
            load_number(src, step_ * src.strides[0] + row_ * src.strides[1] + n * src.strides[2]);
      }
    } else {
      for (int64_t j = 0; j < size_ && !share_.stop(); ++j) input_[j] = reset[j] * state_[j];
      make_gates(kGruCandidate, 3, input_);
    }
    for (int64_t j = 0; j < size_ && !share_.stop(); ++j)
      set_state(j, (1 - update[j]) * activate(1, candidate[j]) + update[j] * state_[j]);
  }

  const RecurrenceAttrs& attrs_;
  const TaskArgs& args_;
  Share& share_;
  int64_t size_;
  double *state_, *cell_, *input_, *gates_;
  int64_t row_ = 0, step_ = 0;
};

}  // namespace

size_t recurrence_scratch(const RecurrenceAttrs& attrs, const TaskShapes&) {
  return static_cast<size_t>((3 + gate_count(attrs.cell)) * attrs.hidden) * sizeof(double);
}

Status recurrence_steps(const RecurrenceAttrs& attrs, const TaskArgs& args, Share& share,
                        std::byte* scratch) {
  const TensorView& states = args.outputs[kStates];
  const int64_t steps = states.shape[0], batch = states.shape[1];
  const TensorView* lengths = optional_view(args.inputs, kLengths);
  Sequence sequence(attrs, args, share, reinterpret_cast<double*>(scratch));
  const Share::Range rows = share.of(batch);
  for (int64_t row = rows.first; row < rows.last && !share.stop(); ++row) {
    const int64_t length =
        lengths == nullptr ? steps : load_integer(*lengths, row * lengths->strides[0]);
    OCTET_RETURN_IF_ERROR(check_sequence_length(row, length, steps));
    sequence.run(row, length);
  }
  return Status::ok();
}

}  // namespace octet::reference

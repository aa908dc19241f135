// The elementwise part of recurrent cells, in Highway.
#include "kernels/cpu/recurrent/recurrent_cell.h"

#include "kernels/numerics/recurrent_activations.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/recurrent/recurrent_cell.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/cpu/simd/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {

using cpu::CellRow;
using cpu::kPassUnits;
using cpu::kUnitBlock;
using namespace recurrence;

using DF32 = hn::CappedTag<float, kUnitBlock>;
using Vec = hn::Vec<DF32>;
constexpr auto kLanes = static_cast<int64_t>(hn::MaxLanes(DF32()));

// body(d, i) for each vector of `padded` units.
template <class Body>
HWY_INLINE void for_units(int64_t padded, Body body) {
  for (int64_t i = 0; i < padded; i += kLanes) body(DF32(), i);
}

// values = function(values).
template <class Function>
HWY_INLINE void apply(float* values, int64_t padded, Function function) {
  for_units(padded, [&](auto d, int64_t i) HWY_ATTR {
    hn::Store(function(d, hn::Load(d, values + i)), d, values + i);
  });
}

// Compared so that NaN stays.
void clip(float* values, int64_t padded, float bound) {
  apply(values, padded, [bound](auto d, auto x) HWY_ATTR {
    const auto high = hn::Set(d, bound), low = hn::Set(d, -bound);
    const auto lowered = hn::IfThenElse(hn::Gt(x, high), high, x);
    return hn::IfThenElse(hn::Lt(lowered, low), low, lowered);
  });
}

// Of what is clipped to `bound`, unless that is 0. The functions that models use are written for
// vectors, the others as they are defined.
void activate(const RecurrentActivation& activation, float bound, float* values, int64_t padded) {
  if (bound != 0) clip(values, padded, bound);
  switch (activation.function) {
    case RecurrentFunction::kSigmoid:
      return apply(values, padded, [](auto d, auto x) HWY_ATTR { return vector_sigmoid(d, x); });
    case RecurrentFunction::kTanh:
      return apply(values, padded, [](auto d, auto x) HWY_ATTR { return vector_tanh(d, x); });
    case RecurrentFunction::kRelu:
      return apply(values, padded, [](auto d, auto x) HWY_ATTR {
        return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x);
      });
    case RecurrentFunction::kHardSigmoid:
      return apply(values, padded, [&](auto d, auto x) HWY_ATTR {
        const auto one = hn::Set(d, 1.0f);
        const auto line = hn::MulAdd(hn::Set(d, activation.alpha), x, hn::Set(d, activation.beta));
        const auto raised = hn::IfThenZeroElse(hn::Lt(line, hn::Zero(d)), line);
        return hn::IfThenElse(hn::Gt(raised, one), one, raised);
      });
    default:
      for (int64_t i = 0; i < padded; ++i)
        values[i] = static_cast<float>(numerics::recurrent_activation(activation, values[i]));
  }
}

HWY_INLINE float* gate_of(const CellRow& row, int64_t gate) {
  return row.gates + gate * kPassUnits;
}

// Vector `i` of an array that ends with the last unit.
HWY_INLINE Vec load_units(const CellRow& row, const float* values, int64_t i) {
  const DF32 d;
  if (i + kLanes <= row.units) return hn::LoadU(d, values + i);
  return i < row.units ? hn::LoadN(d, values + i, static_cast<size_t>(row.units - i)) : hn::Zero(d);
}

// gate += the input's part.
HWY_INLINE void add_input(const CellRow& row, int64_t gate) {
  float* values = gate_of(row, gate);
  for_units(row.padded, [&](auto d, int64_t i) HWY_ATTR {
    const Vec input = load_units(row, row.input + gate * row.hidden, i);
    hn::Store(hn::Add(hn::Load(d, values + i), input), d, values + i);
  });
}

// gate += peephole * cell, where there are peepholes; they stand in the order of the gates.
HWY_INLINE void add_peephole(const CellRow& row, int64_t gate) {
  if (row.peepholes == nullptr) return;
  float* values = gate_of(row, gate);
  for_units(row.padded, [&](auto d, int64_t i) HWY_ATTR {
    const Vec peephole = load_units(row, row.peepholes + gate * row.hidden, i);
    const Vec cell = hn::LoadU(d, row.cell + i);
    hn::Store(hn::MulAdd(peephole, cell, hn::Load(d, values + i)), d, values + i);
  });
}

HWY_INLINE void put_state(const CellRow& row, int64_t i, Vec state) {
  const DF32 d;
  hn::StoreU(state, d, row.after + i);
  if (i + kLanes <= row.units)
    hn::StoreU(state, d, row.dst + i);
  else if (i < row.units)
    hn::StoreN(state, d, row.dst + i, static_cast<size_t>(row.units - i));
}

void rnn(const RecurrenceAttrs& attrs, const CellRow& row) {
  add_input(row, 0);
  activate(attrs.activations[0], attrs.clip, row.gates, row.padded);
  for_units(row.padded,
            [&](auto d, int64_t i) HWY_ATTR { put_state(row, i, hn::Load(d, row.gates + i)); });
}

void lstm(const RecurrenceAttrs& attrs, const CellRow& row) {
  const int64_t count = row.padded;
  float *input = gate_of(row, kLstmInput), *output = gate_of(row, kLstmOutput),
        *forget = gate_of(row, kLstmForget), *cell = gate_of(row, kLstmCell);
  for (int64_t gate = 0; gate < 4; ++gate) add_input(row, gate);
  add_peephole(row, kLstmInput);
  activate(attrs.activations[0], attrs.clip, input, count);
  if (attrs.input_forget) {
    for_units(count, [&](auto d, int64_t i) HWY_ATTR {
      hn::Store(hn::Sub(hn::Set(d, 1.0f), hn::Load(d, input + i)), d, forget + i);
    });
  } else {
    add_peephole(row, kLstmForget);
    activate(attrs.activations[0], attrs.clip, forget, count);
  }
  activate(attrs.activations[1], attrs.clip, cell, count);
  for_units(count, [&](auto d, int64_t i) HWY_ATTR {
    const Vec kept = hn::Mul(hn::Load(d, forget + i), hn::LoadU(d, row.cell + i));
    const Vec next = hn::MulAdd(hn::Load(d, input + i), hn::Load(d, cell + i), kept);
    hn::StoreU(next, d, row.cell + i);
    hn::Store(next, d, cell + i);
  });
  add_peephole(row, kLstmOutput);
  activate(attrs.activations[0], attrs.clip, output, count);
  activate(attrs.activations[2], 0, cell, count);
  for_units(count, [&](auto d, int64_t i) HWY_ATTR {
    put_state(row, i, hn::Mul(hn::Load(d, output + i), hn::Load(d, cell + i)));
  });
}

// (1 - update) candidate + update before
HWY_INLINE void mix_gru(const CellRow& row, const float* update, const float* candidate) {
  for_units(row.padded, [&](auto d, int64_t i) HWY_ATTR {
    const Vec z = hn::LoadU(d, update + i);
    const Vec fresh = hn::Mul(hn::Sub(hn::Set(d, 1.0f), z), hn::Load(d, candidate + i));
    put_state(row, i, hn::MulAdd(z, hn::LoadU(d, row.before + i), fresh));
  });
}

void gru_gates(const RecurrenceAttrs& attrs, const CellRow& row) {
  for (const int64_t gate : {int64_t{kGruUpdate}, int64_t{kGruReset}}) {
    add_input(row, gate);
    activate(attrs.activations[0], attrs.clip, gate_of(row, gate), row.padded);
  }
}

// The first of two groups.
void gru_reset(const RecurrenceAttrs& attrs, const CellRow& row) {
  gru_gates(attrs, row);
  for_units(row.padded, [&](auto d, int64_t i) HWY_ATTR {
    hn::StoreU(hn::Load(d, gate_of(row, kGruUpdate) + i), d, row.update + i);
    const Vec reset = hn::Load(d, gate_of(row, kGruReset) + i);
    hn::StoreU(hn::Mul(reset, hn::LoadU(d, row.before + i)), d, row.reset + i);
  });
}

// The second one, which has one gate.
void gru_candidate(const RecurrenceAttrs& attrs, const CellRow& row) {
  add_input(row, 0);
  activate(attrs.activations[1], attrs.clip, row.gates, row.padded);
  mix_gru(row, row.update, row.gates);
}

void gru_linear(const RecurrenceAttrs& attrs, const CellRow& row) {
  gru_gates(attrs, row);
  float* candidate = gate_of(row, kGruCandidate);
  for_units(row.padded, [&](auto d, int64_t i) HWY_ATTR {
    Vec linear = hn::Load(d, candidate + i);
    if (row.candidate_bias != nullptr)
      linear = hn::Add(linear, load_units(row, row.candidate_bias, i));
    const Vec input = load_units(row, row.input + kGruCandidate * row.hidden, i);
    hn::Store(hn::MulAdd(hn::Load(d, gate_of(row, kGruReset) + i), linear, input), d,
              candidate + i);
  });
  activate(attrs.activations[1], attrs.clip, candidate, row.padded);
  mix_gru(row, gate_of(row, kGruUpdate), candidate);
}

void compute(const RecurrenceAttrs& attrs, size_t group, const CellRow& row) {
  switch (attrs.cell) {
    case RecurrentCell::kRnn:
      return rnn(attrs, row);
    case RecurrentCell::kLstm:
      return lstm(attrs, row);
    case RecurrentCell::kGru:
      if (attrs.linear_before_reset) return gru_linear(attrs, row);
      return group == 0 ? gru_reset(attrs, row) : gru_candidate(attrs, row);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {

HWY_EXPORT(compute);

void compute_cell(const RecurrenceAttrs& attrs, size_t group, const CellRow& row) {
  HWY_DYNAMIC_DISPATCH(compute)(attrs, group, row);
}

}  // namespace octet::cpu
#endif  // HWY_ONCE

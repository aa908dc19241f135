// How the parts of a recurrence lie: packed weights, and the products that are made together.
#pragma once

#include <span>

#include "runtime/ops/recurrence.h"

namespace octet::cpu {

// Hidden units come in blocks of a vector of AVX-512 or two of AVX2.
inline constexpr int64_t kUnitBlock = 16;
// Units and rows that one pass computes: its sums stay in L1.
inline constexpr int64_t kPassUnits = 64;
inline constexpr int64_t kPassRows = 24;

inline int64_t unit_blocks(int64_t hidden) { return (hidden + kUnitBlock - 1) / kUnitBlock; }
inline int64_t padded_units(int64_t hidden) { return unit_blocks(hidden) * kUnitBlock; }

// Gates whose products read the same state.
struct GateGroup {
  int64_t first;
  int64_t count;
};

// One group, but for a GRU whose candidate reads the state after the reset.
inline std::span<const GateGroup> gate_groups(const RecurrenceAttrs& attrs) {
  static constexpr GateGroup kRnn[] = {{0, 1}}, kLstm[] = {{0, 4}}, kGru[] = {{0, 2}, {2, 1}},
                             kGruLinear[] = {{0, 3}};
  switch (attrs.cell) {
    case RecurrentCell::kRnn:
      return kRnn;
    case RecurrentCell::kLstm:
      return kLstm;
    case RecurrentCell::kGru:
      break;
  }
  return attrs.linear_before_reset ? std::span<const GateGroup>(kGruLinear) : kGru;
}

// Packed weights are blocks of [H][kUnitBlock] floats, 0 beyond the last unit: for each group its
// blocks of units, for each of these the group's gates. A block holds the weights of 16 units for
// one gate.
inline int64_t packed_block(const GateGroup& group, int64_t hidden, int64_t unit_block) {
  return group.first * unit_blocks(hidden) + unit_block * group.count;
}

}  // namespace octet::cpu

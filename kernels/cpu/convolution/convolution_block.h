// The two inner loops of a convolution: patches of src copied into a panel, and the panel
// multiplied with packed weights.
//
// A convolution of one image and group is the matrix product dst[m, q] = sum over k of weights[m,
// k] * patches[k, q] with k = (channel, kernel row, kernel column) and q = the flattened output
// pixel. Tiles are kTileRows channels high and at most kTileColumns pixels wide, and k advances by
// kTileDepth.
#pragma once

#include "kernels/cpu/convolution/convolution_shape.h"

namespace octet::cpu {

inline constexpr int64_t kTileRows = 8;      // output channels
inline constexpr int64_t kTileVector = 16;   // panels are whole multiples of so many columns
inline constexpr int64_t kTileColumns = 48;  // 8 x 3 vectors of AVX-512 are 24 sums
inline constexpr int64_t kTileDepth = 128;   // a panel of 24 KB stays in L1

// Floats of a panel, with what copying may write beyond its end.
inline constexpr int64_t kPanelFloats = kTileColumns * kTileDepth + kTileVector;

// How the vectors of a panel's rows are put together where the stride along the width is 1: each is
// the sum of runs of src, one per output row that it touches. Made once per panel and used for
// every channel; a kernel of more taps or a dst of fewer columns does without.
struct PatchPlan {
  static constexpr int64_t kMaxTaps = 64, kMinWidth = 4, kMaxVectors = kTileColumns / 8;
  static constexpr int64_t kMaxPieces = kMaxTaps * (kMaxVectors + kTileColumns / kMinWidth + 1);
  struct Piece {
    int64_t offset;    // in floats, from the channel's first element to lane 0
    uint8_t lanes[8];  // bit mask, of 8 or 16 lanes
  };
  Piece pieces[kMaxPieces];
  uint32_t first[kMaxTaps * kMaxVectors + 1];  // by tap and vector: its first piece
};

struct PatchPanel {
  const float* src;  // the first channel of the image and group
  int64_t column;    // the first output pixel
  int64_t columns;   // 1 .. kTileColumns
  int64_t k;         // the first k
  int64_t depth;     // 1 .. kTileDepth
  // Row-major [depth, columns rounded up to kTileVector], zeros beyond `columns` and in padding.
  float* panel;
  PatchPlan* plan;  // memory for plan_patches()
  bool planned;     // what plan_patches() said

  int64_t pitch() const { return (columns + kTileVector - 1) / kTileVector * kTileVector; }
};

// Fills the plan for all k of these columns; false where there is none.
bool plan_patches(const ConvShape& shape, const PatchPanel& patches);

// Threading: any thread. Reads nothing outside of the group's channels.
void copy_patches(const ConvShape& shape, const PatchPanel& patches);

struct ConvTile {
  const float* weights;  // [depth][kTileRows]
  const float* panel;    // a PatchPanel's
  int64_t depth;
  int64_t rows;           // 1 .. kTileRows
  int64_t columns;        // 1 .. kTileColumns
  float* dst;             // [rows, columns]
  int64_t row_stride;     // of dst and residual, in floats
  bool first;             // sums begin with the bias; otherwise with what dst holds
  bool last;              // residual and ReLU follow
  const float* bias;      // [rows]; nullptr: 0
  const float* residual;  // [rows, columns]; nullptr: none
  bool relu;
};

// Every sum is bias[r], then one fused multiply-add per k in ascending order, then + residual, then
// max(0, x) that leaves NaN alone: the same bits however the columns and rows are cut into tiles.
void multiply_tile(const ConvTile& tile);

// weights [rows, k_count] (rows `row_stride` apart) as [k_count][kTileRows], zero beyond `rows`.
void pack_tile(const float* weights, int64_t row_stride, int64_t rows, int64_t k_count, float* to);

}  // namespace octet::cpu

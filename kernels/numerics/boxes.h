// The definition of what NonMaxSuppression does with boxes, in float.
#pragma once

#include <algorithm>
#include <limits>
#include <span>

#include "runtime/core/status.h"
#include "runtime/core/tensor.h"

namespace octet::numerics {

struct Box {
  float low[2], high[2];  // corners

  float area() const { return (high[0] - low[0]) * (high[1] - low[1]); }
};

// Of any two opposite corners y1, x1, y2, x2, or with `center` of x and y of the center, width and
// height.
inline Box make_box(const float (&v)[4], bool center) {
  if (center) {
    const float half_width = v[2] / 2, half_height = v[3] / 2;
    return {{v[0] - half_width, v[1] - half_height}, {v[0] + half_width, v[1] + half_height}};
  }
  return {{std::min(v[0], v[2]), std::min(v[1], v[3])},
          {std::max(v[0], v[2]), std::max(v[1], v[3])}};
}

// Whether what they share is more than `most` of what they cover together.
inline bool overlaps(const Box& a, const Box& b, float most) {
  float sides[2];
  for (int i = 0; i < 2; ++i) {
    sides[i] = std::min(a.high[i], b.high[i]) - std::max(a.low[i], b.low[i]);
    if (!(sides[i] > 0)) return false;
  }
  if (!(a.area() > 0) || !(b.area() > 0)) return false;
  const float common = sides[0] * sides[1];
  return common / (a.area() + b.area() - common) > most;
}

// The scalars of a run.
struct SuppressionLimits {
  int64_t most = 0;  // boxes of a class
  float overlap = 0;
  float score = -std::numeric_limits<float>::infinity();
};
// `inputs` are those of the op. Error: an overlap that is no part of 1.
inline Result<SuppressionLimits> suppression_limits(std::span<const TensorView> inputs) {
  SuppressionLimits limits;
  const auto is_there = [&](size_t i) { return i < inputs.size() && inputs[i].data != nullptr; };
  if (is_there(2)) limits.most = *inputs[2].as<const int64_t>();
  if (is_there(3)) limits.overlap = *inputs[3].as<const float>();
  if (is_there(4)) limits.score = *inputs[4].as<const float>();
  if (limits.overlap >= 0 && limits.overlap <= 1) return limits;
  return invalid_argument("iou_threshold is " + std::to_string(limits.overlap) +
                          ", expected 0 to 1");
}

}  // namespace octet::numerics

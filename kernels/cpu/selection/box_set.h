// Boxes that were selected, as a list of each coordinate, so that many are compared at once.
#pragma once

#include "kernels/numerics/boxes.h"

namespace octet::cpu {

class BoxSet {
 public:
  static constexpr int64_t kLists = 5;
  // `floats` has room for kLists * `room` of them.
  BoxSet(float* floats, int64_t room) : floats_(floats), room_(room) {}

  // Precondition: fewer than `room` are there.
  void add(const numerics::Box& box) {
    const float parts[kLists] = {box.low[0], box.low[1], box.high[0], box.high[1], box.area()};
    for (int64_t i = 0; i < kLists; ++i) floats_[i * room_ + count_] = parts[i];
    ++count_;
  }
  void clear() { count_ = 0; }

  int64_t count() const { return count_; }
  const float* low(int axis) const { return floats_ + axis * room_; }
  const float* high(int axis) const { return floats_ + (2 + axis) * room_; }
  const float* areas() const { return floats_ + 4 * room_; }

 private:
  float* floats_;
  int64_t room_;
  int64_t count_ = 0;
};

// Whether numerics::overlaps() holds for the box and one of the set.
bool overlaps_any(const BoxSet& set, const numerics::Box& box, float most);

}  // namespace octet::cpu

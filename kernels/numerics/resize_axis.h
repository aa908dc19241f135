// The definition of Resize along one axis.
#pragma once

#include "runtime/core/heartbeat.h"
#include "runtime/ops/resize.h"

namespace octet::numerics {

class ResizeAxis {
 public:
  // Precondition: src has elements along the axis, unless dst has none.
  ResizeAxis(const ResizeAttrs& attrs, int axis, const Shape& src, const Shape& dst);

  // Whether element x of dst is element x of src.
  bool is_unchanged() const;

  // The elements of src that make up an element of dst: `count` from `first` on. What stands for
  // elements outside is counted in the edges. kNearest has one.
  struct Taps {
    int64_t first = 0, count = 1;
    bool is_outside = false;  // of the region: the element is the extrapolation
  };
  // Of element x, with `weights` of them, which has room for most_taps(). Undefined once `beat`
  // says stop.
  Taps find(int64_t x, double* weights, Heartbeat& beat) const;
  int64_t most_taps() const;

 private:
  double position(double x) const;
  int64_t inside(double at) const;
  double weight(double distance) const;
  Taps weigh(double at, double* weights, Heartbeat& beat) const;

  const ResizeAttrs& attrs_;
  double src_, dst_, scale_;
  double length_;                   // dst before it was rounded down to an extent
  double start_ = 0, end_ = 1;      // of the region
  double stretch_ = 1, reach_ = 1;  // of the filter, in elements of src
};

}  // namespace octet::numerics

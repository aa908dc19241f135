// The definition of GridSample along one axis.
#pragma once

#include <algorithm>

#include "kernels/numerics/axis_taps.h"
#include "runtime/ops/grid_sample.h"

namespace octet::numerics {

// Where the coordinate of a grid points in an axis of `extent` elements, moved inside as the
// padding says. T is the type of the grid, float for narrower ones: positions are computed in it,
// as everywhere, because a rounding decides which element is the nearest.
template <class T>
T grid_position(const GridSampleAttrs& attrs, T coordinate, int64_t extent);

// The taps of such a position, taps_per_axis() of them. Precondition: extent >= 1.
AxisTaps grid_taps(const GridSampleAttrs& attrs, double position, int64_t extent);

extern template float grid_position(const GridSampleAttrs&, float, int64_t);
extern template double grid_position(const GridSampleAttrs&, double, int64_t);

}  // namespace octet::numerics

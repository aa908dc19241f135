// Reference of Resize.
#include <array>
#include <cmath>
#include <optional>

#include "kernels/numerics/resize_axis.h"
#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"
#include "runtime/ops/sampling.h"

namespace octet::reference {
namespace {

using numerics::ResizeAxis;

class Sampler {
 public:
  Sampler(const ResizeAttrs& attrs, const TaskArgs& args, Share& share, double* weights)
      : attrs_(attrs), src_(args.inputs[0]), dst_(args.outputs[0]), share_(share) {
    for (int i = 0; i < src_.shape.rank(); ++i) {
      Axis& axis = axes_[static_cast<size_t>(i)];
      axis.definition.emplace(attrs, i, src_.shape, dst_.shape);
      axis.weights = weights;
      weights += axis.definition->most_taps();
    }
  }

  void compute(int64_t index, const Position& at) {
    bool is_outside = false;
    for (int i = src_.shape.rank() - 1; i >= 0; --i) {
      Axis& axis = axes_[static_cast<size_t>(i)];
      const int64_t x = at[static_cast<size_t>(i)];
      if (axis.known != x) axis.taps = axis.definition->find(x, axis.weights, share_);
      axis.known = x;
      is_outside = is_outside || axis.taps.is_outside;
    }
    if (is_outside) return store_number(dst_, index, static_cast<double>(attrs_.extrapolation));
    if (attrs_.mode == ResizeMode::kNearest) {
      int64_t offset = 0;
      for (int i = 0; i < src_.shape.rank(); ++i)
        offset += axes_[static_cast<size_t>(i)].taps.first * src_.strides[i];
      std::memcpy(element(dst_, index), element(src_, offset), dtype_size(src_.dtype));
      return;
    }
    const double value = sample(0, 0);
    store_number(dst_, index,
                 attrs_.antialias && is_integer(dst_.dtype) ? std::nearbyint(value) : value);
  }

 private:
  struct Axis {
    std::optional<ResizeAxis> definition;
    int64_t known = -1;  // what `taps` and `weights` are for
    ResizeAxis::Taps taps;
    double* weights = nullptr;
  };

  // The weighted sum over the axes from `axis` on.
  double sample(int axis, int64_t offset) {
    if (axis == src_.shape.rank() || share_.stop()) return load_number(src_, offset);
    const Axis& own = axes_[static_cast<size_t>(axis)];
    double sum = 0;
    for (int64_t i = 0; i < own.taps.count; ++i)
      sum += own.weights[i] * sample(axis + 1, offset + (own.taps.first + i) * src_.strides[axis]);
    return sum;
  }

  const ResizeAttrs& attrs_;
  const TensorView& src_;
  const TensorView& dst_;
  Share& share_;
  std::array<Axis, kMaxRank> axes_;
};

}  // namespace

Status resize(const ResizeAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch) {
  OCTET_RETURN_IF_ERROR(check_has_elements(args.inputs[0].shape, args.outputs[0].shape));
  Sampler sampler(attrs, args, share, reinterpret_cast<double*>(scratch));
  walk<0>(share, args.outputs[0].shape, {},
          [&](int64_t index, const auto&, const Position& at) { sampler.compute(index, at); });
  return Status::ok();
}

size_t resize_scratch(const ResizeAttrs& attrs, const TaskShapes& shapes) {
  const Shape &src = shapes.inputs[0].shape, &dst = shapes.outputs[0].shape;
  int64_t count = 0;
  for (int axis = 0; axis < dst.rank(); ++axis)
    count += ResizeAxis(attrs, axis, src, dst).most_taps();
  return sizeof(double) * static_cast<size_t>(count);
}

}  // namespace octet::reference

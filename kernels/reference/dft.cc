// Reference of DFT.
#include "runtime/ops/dft.h"

#include "kernels/reference/fourier.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

int64_t length_of(const DftAttrs& attrs, const Shape& src, const Shape& dst) {
  return attrs.inverse ? dst[attrs.axis] : src[attrs.axis];
}

// Reads the elements of a line of src.
class Line {
 public:
  Line(const TensorView& src, int axis, int64_t base)
      : src_(src),
        base_(base),
        step_(src.strides[axis]),
        imaginary_(src.shape.back() == 2 ? src.strides[src.strides.rank() - 1] : 0) {}

  Complex operator[](int64_t i) const {
    const int64_t at = base_ + i * step_;
    return {load_number(src_, at), src_.shape.back() == 2 ? load_number(src_, at + imaginary_) : 0};
  }

 private:
  const TensorView& src_;
  int64_t base_, step_, imaginary_;
};

// All of a spectrum of which src has the first half.
Complex mirrored(const Line& src, int64_t k, int64_t length) {
  const Complex value = src[std::min(k, length - k)];
  if (k == 0 || 2 * k == length) return value.real();
  return 2 * k < length ? value : std::conj(value);
}

}  // namespace

Status dft(const DftAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  const int64_t length = length_of(attrs, src.shape, dst.shape), count = dst.shape[attrs.axis];
  Shape lines = dst.shape;
  lines[attrs.axis] = lines[lines.rank() - 1] = 1;
  if (count == 0) lines[attrs.axis] = 0;
  const Share::Range own = share.of(lines.element_count());
  if (own.first == own.last) return Status::ok();
  auto* line = reinterpret_cast<Complex*>(scratch);
  const FourierPlan plan(share, length, scratch + sizeof(Complex) * static_cast<size_t>(length));
  const int64_t dst_step = dst.strides[attrs.axis], last_step = dst.strides[dst.shape.rank() - 1];
  const bool gives_reals = dst.shape.back() == 1;
  const double scale = attrs.inverse ? 1 / static_cast<double>(length) : 1;
  walk<2>(share, lines, {src.strides, dst.strides}, [&](int64_t, const auto& offsets, const auto&) {
    const Line from(src, attrs.axis, offsets[0]);
    for (int64_t i = 0; i < length && !share.stop(); ++i)
      line[i] = gives_reals ? mirrored(from, i, length) : from[i];
    const Complex* result = plan.transform(share, line);
    for (int64_t k = 0; k < count && !share.stop(); ++k) {
      const Complex value = result[attrs.inverse ? (length - k) % length : k] * scale;
      const int64_t to = offsets[1] + k * dst_step;
      store_number(dst, to, value.real());
      if (!gives_reals) store_number(dst, to + last_step, value.imag());
    }
  });
  return Status::ok();
}

size_t dft_scratch(const DftAttrs& attrs, const TaskShapes& shapes) {
  const int64_t length = length_of(attrs, shapes.inputs[0].shape, shapes.outputs[0].shape);
  return sizeof(Complex) * static_cast<size_t>(length) + FourierPlan::scratch_bytes(length);
}

}  // namespace octet::reference

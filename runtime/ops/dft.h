// DFT: discrete Fourier transforms along one axis. An op of the long-tail lane.
// https://onnx.ai/onnx/operators/onnx__DFT.html
#pragma once

#include <algorithm>
#include <cmath>

#include "runtime/ops/infer.h"
#include "runtime/ops/long_tail.h"

namespace octet {

// Along `axis`, not the last one, of src [.., real and imaginary part] of floats; the last extent
// is 1 where all imaginary parts are 0:
//   forward  X[k] = sum over n of x[n] exp(-2 pi i k n / N) for k < N, or, `onesided`, k <= N / 2,
//            where N is src's extent; dst [.., 2]
//   inverse  x[n] = 1 / N * sum over k of X[k] exp(2 pi i k n / N); dst [.., 2]. `onesided`: src
//            has X[k] for k <= N / 2, and X[N - k] is the conjugate of X[k]; dst [.., 1] of extent
//            N = `length`, which kernels read from it
// What does not lie on that symmetry in X[0] and X[N / 2], their imaginary parts, is ignored.
struct DftAttrs {
  static constexpr const char* kName = "dft";
  int axis = 0;
  bool inverse = false;
  bool onesided = false;
  Dim length = 0;  // of a onesided inverse alone
};
auto fields(Is<DftAttrs> auto& attrs, auto&& visit) {
  return visit(identity("axis", attrs.axis), identity("inverse", attrs.inverse),
               identity("onesided", attrs.onesided), identity("length", attrs.length));
}

inline Result<OutputTypes> infer(const DftAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  OCTET_RETURN_IF_ERROR(expect_floating(inputs, 0));
  const TypeInfo& src = *inputs[0];
  if (attrs.axis < 0 || attrs.axis >= src.rank() - 1)
    return input_error(inputs, 0,
                       "a rank above that of the axis, " + std::to_string(attrs.axis) +
                           ", and one more axis for real and imaginary parts");
  const bool gives_reals = attrs.inverse && attrs.onesided;
  const Dim& parts = src.shape.back();
  if (!(parts == Dim(2)) && (gives_reals || !(parts == Dim(1))))
    return input_error(inputs, 0,
                       gives_reals ? "a last axis of 2: real and imaginary parts"
                                   : "a last axis of 1 or 2: real, or real and imaginary parts");
  OutputTypes outputs = one_output(src.dtype, src.shape);
  outputs[0].shape.back() = gives_reals ? 1 : 2;
  Dim& extent = outputs[0].shape[static_cast<size_t>(attrs.axis)];
  if (attrs.onesided && !attrs.inverse) {
    OCTET_RETURN_IF_ERROR(require(
        {.kind = Check::Kind::kAtLeast, .found = extent, .expected = 1, .at = {0, attrs.axis}},
        outputs[0].checks));
    extent = Dim::floor_div(extent, 2) + Dim(1);
  }
  if (gives_reals) {
    extent = attrs.length;
    OCTET_RETURN_IF_ERROR(require({.kind = Check::Kind::kAtLeast,
                                   .found = attrs.length,
                                   .expected = 1,
                                   .what = "the length of the result of an inverse transform"},
                                  outputs[0].checks));
    OCTET_RETURN_IF_ERROR(require_extent(inputs, {0, attrs.axis},
                                         Dim::floor_div(attrs.length, 2) + Dim(1), outputs[0]));
  }
  return outputs;
}

// A few steps for each power of 2 in the length.
inline double extra_work(const DftAttrs& attrs, std::span<const Shape> inputs,
                         std::span<const Shape> outputs) {
  const int64_t length = std::max(inputs[0][attrs.axis], outputs[0][attrs.axis]);
  return 4 * static_cast<double>(std::max(inputs[0].element_count(), outputs[0].element_count())) *
         std::log2(static_cast<double>(length) + 1);
}

}  // namespace octet

// Discrete Fourier transforms of one line, of any length, in double.
#pragma once

#include <complex>

#include "runtime/core/heartbeat.h"

namespace octet::reference {

using Complex = std::complex<double>;

// Transforms of one length. A length of small prime factors is taken apart into them, which costs
// their sum per element. Any other becomes a convolution with a chirp (Bluestein), made of
// transforms of a power of 2, so that no length costs more than its logarithm per element.
class FourierPlan {
 public:
  static size_t scratch_bytes(int64_t length);
  // `scratch` has scratch_bytes(length), aligned to Complex, and outlives the plan. Its tables take
  // as long as a transform or two; where `beat` says stop they mean nothing.
  FourierPlan(Heartbeat& beat, int64_t length, std::byte* scratch);

  // Of src[length], into memory of the plan that the next call overwrites: sum over n of src[n]
  // exp(-2 pi i k n / length).
  const Complex* transform(Heartbeat& beat, const Complex* src) const;

 private:
  // dst[n] = the transform of n elements of src that are `step` apart; n * step = size_.
  void by_factors(Heartbeat& beat, const Complex* src, int64_t step, Complex* dst, int64_t n) const;
  const Complex* convolve_with_chirp(Heartbeat& beat, const Complex* src) const;

  int64_t length_;
  int64_t size_;     // of the transforms that it is made of: length_, or a power of 2
  Complex* parts_;   // what a factor joins
  Complex* roots_;   // [size_]: exp(-2 pi i k / size_)
  Complex* result_;  // [size_]
  // Of a chirp alone: [size_], [size_], [length_].
  Complex *filter_ = nullptr, *line_ = nullptr, *chirp_ = nullptr;
};

}  // namespace octet::reference

// Transforms by prime factors, and by Bluestein's chirp.
#include "kernels/reference/fourier.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

namespace octet::reference {
namespace {

// Up to here a prime as a factor costs less than twice the chirp.
constexpr int64_t kLargestFactor = 127;

int64_t smallest_factor(int64_t n) {
  for (int64_t factor = 2; factor <= kLargestFactor; ++factor)
    if (n % factor == 0) return factor;
  return n;
}

bool has_small_factors(int64_t n) {
  while (n > 1) {
    const int64_t factor = smallest_factor(n);
    if (factor > kLargestFactor) return false;
    n /= factor;
  }
  return true;
}

int64_t transform_size(int64_t length) {
  if (has_small_factors(length)) return length;
  return static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(2 * length - 1)));
}

// The operator of std::complex looks for infinities first.
Complex times(Complex a, Complex b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

// exp(-2 pi i k / n) for 0 <= k < n; exact on the axes.
Complex root(int64_t k, int64_t n) {
  if (4 * k == n) return {0, -1};
  if (2 * k == n) return {-1, 0};
  if (4 * k == 3 * n) return {0, 1};
  const double angle = -2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n);
  return {std::cos(angle), std::sin(angle)};
}

}  // namespace

size_t FourierPlan::scratch_bytes(int64_t length) {
  const int64_t size = transform_size(length);
  const int64_t count = size == length ? 2 * size : 4 * size + length;
  return sizeof(Complex) * static_cast<size_t>(kLargestFactor + count);
}

FourierPlan::FourierPlan(Heartbeat& beat, int64_t length, std::byte* scratch)
    : length_(length),
      size_(transform_size(length)),
      parts_(reinterpret_cast<Complex*>(scratch)),
      roots_(parts_ + kLargestFactor),
      result_(roots_ + size_) {
  constexpr int64_t kRootWork = 8;
  for (int64_t k = 0; k < size_ && !beat.stop(kRootWork); ++k) roots_[k] = root(k, size_);
  if (size_ == length_) return;
  filter_ = result_ + size_;
  line_ = filter_ + size_;
  chirp_ = line_ + size_;
  // chirp[k] = exp(-pi i k^2 / length): k^2 modulo 2 * length, by the differences of squares.
  int64_t square = 0;
  for (int64_t k = 0; k < length_ && !beat.stop(kRootWork); ++k) {
    chirp_[k] = root(square, 2 * length_);
    square = (square + 2 * k + 1) % (2 * length_);
  }
  for (int64_t k = 0; k < size_ && !beat.stop(); ++k) {
    const int64_t distance = std::min(k, size_ - k);
    line_[k] = distance < length_ ? std::conj(chirp_[distance]) : 0;
  }
  by_factors(beat, line_, 1, filter_, size_);
}

const Complex* FourierPlan::transform(Heartbeat& beat, const Complex* src) const {
  if (chirp_ != nullptr) return convolve_with_chirp(beat, src);
  by_factors(beat, src, 1, result_, size_);
  return result_;
}

// Element k + q * part of dst, for each q < factor, is made of elements k + r * part, r < factor,
// which are element k of the transforms of every factor-th element of src.
void FourierPlan::by_factors(Heartbeat& beat, const Complex* src, int64_t step, Complex* dst,
                             int64_t n) const {
  if (beat.stop()) return;
  if (n == 1) {
    dst[0] = src[0];
    return;
  }
  const int64_t factor = smallest_factor(n), part = n / factor;
  for (int64_t r = 0; r < factor; ++r)
    by_factors(beat, src + r * step, step * factor, dst + r * part, part);
  for (int64_t k = 0; k < part && !beat.stop(factor * factor); ++k) {
    if (factor == 2) {
      const Complex first = dst[k], second = times(dst[k + part], roots_[k * step]);
      dst[k] = first + second;
      dst[k + part] = first - second;
      continue;
    }
    for (int64_t r = 0; r < factor; ++r) parts_[r] = times(dst[k + r * part], roots_[r * k * step]);
    for (int64_t q = 0; q < factor; ++q) {
      Complex sum = parts_[0];
      for (int64_t r = 1; r < factor; ++r)
        sum += times(parts_[r], roots_[r * q % factor * part * step]);
      dst[k + q * part] = sum;
    }
  }
}

// With k n = (k^2 + n^2 - (k - n)^2) / 2 the sum over n is chirp[k] times the convolution of src *
// chirp with the chirp's conjugate, of which filter_ is the transform.
const Complex* FourierPlan::convolve_with_chirp(Heartbeat& beat, const Complex* src) const {
  for (int64_t k = 0; k < size_ && !beat.stop(); ++k)
    line_[k] = k < length_ ? times(src[k], chirp_[k]) : 0;
  by_factors(beat, line_, 1, result_, size_);
  for (int64_t k = 0; k < size_ && !beat.stop(); ++k) line_[k] = times(result_[k], filter_[k]);
  by_factors(beat, line_, 1, result_, size_);
  // The inverse of a transform is the transform in the other direction, over its size.
  const double scale = 1 / static_cast<double>(size_);
  for (int64_t k = 0; k < length_ && !beat.stop(); ++k)
    line_[k] = times(result_[(size_ - k) % size_], chirp_[k]) * scale;
  return line_;
}

}  // namespace octet::reference

// How much work a node is: what loading may spend on constants, and into how many tasks a plain
// kernel is cut.
#pragma once

#include <span>

#include "runtime/core/shape.h"
#include "runtime/ops/op.h"

namespace octet {

// Elements read and written, and for products and windows the multiply-adds or taps beyond them:
// what a kernel that does nothing in vain has to do, within a small factor. At least 1. A double,
// since hostile shapes overflow integers. `inputs`: an absent one has any shape.
double work_of(const Attributes& attributes, std::span<const Shape> inputs,
               std::span<const Shape> outputs);

// How many taps of all windows along spatial axis `axis` lie in a src of `extent`, at most; for
// `windows` windows. What multiplies padding does windows * kernel of them.
double useful_taps(const Window& window, size_t axis, int64_t extent, int64_t windows);

}  // namespace octet

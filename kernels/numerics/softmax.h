// Softmax of one row, the truth for vector code.
#pragma once

#include <span>

#include "runtime/core/heartbeat.h"

namespace octet::numerics {

// row[i] = exp(row[i] - max) / sum over j of exp(row[j] - max), in place (ONNX Softmax). With `log`
// its logarithm, row[i] - max - log(sum). A row of only -inf is NaN, and so is one with a NaN or
// +inf in it. Empty rows are allowed. `beat` may end it early: the row then means nothing.
void softmax(std::span<double> row, bool log = false, Heartbeat* beat = nullptr);

}  // namespace octet::numerics

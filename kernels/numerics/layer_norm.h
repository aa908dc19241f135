// LayerNorm of one row, the truth for vector code.
#pragma once

#include <span>

#include "runtime/core/heartbeat.h"

namespace octet::numerics {

// row[i] = (row[i] - mean) / sqrt(variance + epsilon), in place, with the biased variance taken
// around the mean in a second pass (Ba, Kiros and Hinton, arXiv:1607.06450; ONNX
// LayerNormalization, stages 1 and before gamma). `beat` may end it early: the row then means
// nothing.
void normalize(std::span<double> row, double epsilon, Heartbeat* beat = nullptr);

}  // namespace octet::numerics

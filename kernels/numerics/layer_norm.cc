// LayerNorm in double.
#include "kernels/numerics/layer_norm.h"

#include <cmath>

namespace octet::numerics {

void normalize(std::span<double> row, double epsilon, Heartbeat* beat) {
  Heartbeat endless(nullptr);
  Heartbeat& own = beat == nullptr ? endless : *beat;
  const auto count = static_cast<double>(row.size());
  double mean = 0;
  for (double value : row) {
    if (own.stop()) return;
    mean += value / count;
  }
  double variance = 0;
  for (double value : row) {
    if (own.stop()) return;
    variance += (value - mean) * (value - mean) / count;
  }
  const double factor = 1 / std::sqrt(variance + epsilon);
  for (double& value : row) {
    if (own.stop()) return;
    value = (value - mean) * factor;
  }
}

}  // namespace octet::numerics

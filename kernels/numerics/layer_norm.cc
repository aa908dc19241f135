// LayerNorm in double.
#include "kernels/numerics/layer_norm.h"

#include <cmath>

namespace octet::numerics {

void normalize(std::span<double> row, double epsilon) {
  const auto count = static_cast<double>(row.size());
  double mean = 0;
  for (double value : row) mean += value / count;
  double variance = 0;
  for (double value : row) variance += (value - mean) * (value - mean) / count;
  const double factor = 1 / std::sqrt(variance + epsilon);
  for (double& value : row) value = (value - mean) * factor;
}

}  // namespace octet::numerics

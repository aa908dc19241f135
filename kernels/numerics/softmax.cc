// Softmax in double.
#include "kernels/numerics/softmax.h"

#include <cmath>
#include <limits>

namespace octet::numerics {

void softmax(std::span<double> row, bool log, Heartbeat* beat) {
  Heartbeat endless(nullptr);
  Heartbeat& own = beat == nullptr ? endless : *beat;
  double largest = -std::numeric_limits<double>::infinity();
  for (double value : row) {
    if (own.stop()) return;
    largest = value > largest ? value : largest;
  }
  double sum = 0;
  for (double value : row) {
    if (own.stop()) return;
    sum += std::exp(value - largest);
  }
  const double log_sum = std::log(sum);
  for (double& value : row) {
    if (own.stop()) return;
    value = log ? value - largest - log_sum : std::exp(value - largest) / sum;
  }
}

}  // namespace octet::numerics

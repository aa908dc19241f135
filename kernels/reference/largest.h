// The largest of several numbers, one by one.
#pragma once

namespace octet::reference {

// A NaN is taken, and stays.
inline void take_larger(double value, double& largest) {
  if (largest == largest && !(value <= largest)) largest = value;
}

}  // namespace octet::reference

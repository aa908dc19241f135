// SavedLayer: a layer of a loaded model as it is to be saved.
#pragma once

#include <functional>
#include <string>

#include "runtime/core/quantized_tensor.h"

namespace octet {

struct SavedLayer {
  std::string name;           // as the loader calls it
  QuantizationScheme scheme;  // other than none
  int64_t n = 0, k = 0;
  bool replaced = false;  // its weight is not the one that it was loaded with
  // Equal for layers with equal weights; "": unknown.
  std::string key = {};
  // The plain parts, each time anew; empty where the weight is bf16.
  std::function<Result<QuantizedTensor>()> weights = {};
};

}  // namespace octet

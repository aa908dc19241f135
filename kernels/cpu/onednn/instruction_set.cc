// Reads oneDNN's instruction set.
#include "kernels/cpu/onednn/instruction_set.h"

#include "oneapi/dnnl/dnnl.hpp"

namespace octet::cpu::onednn {

// Its values are sets of bits, in which a greater instruction set has those of the smaller ones.
bool uses_amx() {
  const auto found = static_cast<unsigned int>(dnnl_get_effective_cpu_isa());
  const auto wanted = static_cast<unsigned int>(dnnl_cpu_isa_avx512_core_amx);
  return (found & wanted) == wanted;
}

}  // namespace octet::cpu::onednn

// The size of a Program beside its buffers.
#pragma once

#include <cstddef>

#include "runtime/program/program.h"

namespace octet {

// An estimate of what the tables of `program` take: steps, kernel objects, reports, layer records,
// with their texts; what describes them to users is about as long as the reports and counts too.
// Weights, constants and what kernels count themselves are not in it.
size_t structure_bytes(const Program& program);

}  // namespace octet

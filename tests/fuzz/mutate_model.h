// Mutations of ONNX models that keep them parsable: what random bytes would need ages to find.
#pragma once

#include <cstdint>
#include <string>

namespace octet::fuzz {

// Changes one thing of the model in `bytes` (a node, an attribute, a name, an extent, a tensor, a
// function) as `seed` says; the result has at most `max_size` bytes. Bytes that are no model come
// back empty.
std::string mutate_model(const std::string& bytes, uint64_t seed, size_t max_size);

}  // namespace octet::fuzz

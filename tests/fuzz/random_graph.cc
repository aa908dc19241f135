// Inputs, constants, and a walk that adds one node or one pattern at a time.
#include "tests/fuzz/random_graph.h"

#include <limits>

#include "tests/fuzz/graph_builder.h"
#include "tests/fuzz/model_maker.h"

namespace octet::fuzz {
namespace {

float special_float(ByteStream& bytes) {
  return bytes.one_of<float>(
      {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
       -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::lowest(), 1e-40f, 3e38f,
       -0.0f, 1e4f, 0.125f});
}

}  // namespace

Tensor random_elements(ByteStream& bytes, DType dtype, const Shape& shape, bool special_values) {
  Tensor tensor(dtype, shape);
  const auto count = static_cast<size_t>(tensor.element_count());
  // A few bytes decide for all elements: the stream is short.
  uint32_t state = static_cast<uint32_t>(bytes.byte()) * 2654435761u + 12345u;
  const auto next = [&] { return (state = state * 1664525u + 1013904223u) >> 16; };
  const float special = special_values ? special_float(bytes) : 0;
  const uint32_t rarity = 1 + bytes.byte() % 32u;
  for (size_t i = 0; i < count; ++i) {
    const auto number = static_cast<int64_t>(next() % 9) - 4;
    switch (dtype) {
      case DType::kF32:
        tensor.elements<float>()[i] =
            special_values && next() % rarity == 0 ? special : static_cast<float>(number);
        break;
      case DType::kI64:
        tensor.elements<int64_t>()[i] = number;
        break;
      case DType::kI32:
        tensor.elements<int32_t>()[i] = static_cast<int32_t>(number);
        break;
      case DType::kBool:
        tensor.elements<bool>()[i] = number > 0;
        break;
      default:
        break;
    }
  }
  return tensor;
}

std::optional<RandomGraph> random_graph(ByteStream& bytes) {
  RandomGraph made;
  made.special_values = bytes.chance(20);
  made.extents = {{"n", bytes.in(0, 3)}, {"m", bytes.in(1, 5)}};
  if (bytes.chance(85)) made.extents["n"] = std::max<int64_t>(made.extents["n"], 1);
  int64_t steps = bytes.in(1, 14);
  const bool from_model = bytes.chance(65);
  if (from_model) {
    std::optional<Graph> graph = ModelMaker(bytes, made.special_values).make();
    if (!graph) return std::nullopt;
    made.graph = std::move(*graph);
    steps = bytes.chance(60) ? 0 : steps / 3;
  }
  GraphBuilder builder(made.graph, bytes, made.special_values);
  if (from_model)
    builder.add_outputs_as_values();
  else
    builder.add_inputs();
  for (int64_t step = 0; step < steps && !bytes.empty(); ++step) builder.add_something();
  if (steps > 0) builder.add_outputs();
  return made;
}

}  // namespace octet::fuzz

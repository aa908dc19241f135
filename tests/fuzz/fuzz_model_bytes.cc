// Fuzz target: any bytes as a model file, loaded, compiled, and run where they are accepted.
//
// Nothing is compared: no crash, no hang, no sanitizer report, and an error with a text.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "loaders/onnx/load_model.h"
#include "runtime/api/model.h"
#include "tests/fuzz/mutate_model.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace octet::fuzz {
namespace {

constexpr int64_t kRunBytes = int64_t{32} << 20;

// Small ones: a model that is large for its bytes is no find but costs time.
Limits small_limits() {
  Limits limits;
  limits.max_nodes = 2'000;
  limits.max_elements = int64_t{1} << 22;
  return limits;
}

void require_text(const Status& status) {
  if (status.is_ok() || !status.message().empty()) return;
  std::fprintf(stderr, "an error without a text\n");
  std::abort();
}

// An input of small extents, one number per name; nullopt when it would be large.
std::optional<Tensor> made_up_input(const ModelTensor& input, int round) {
  Shape shape;
  int64_t count = 1;
  for (const Dim& dim : input.shape) {
    const auto unknown = static_cast<int64_t>(1 + (dim.str().size() + size_t(round)) % 3);
    const int64_t extent = dim.is_constant() ? dim.value() : unknown;
    if (extent > (1 << 16) || (count *= std::max<int64_t>(extent, 1)) > (1 << 16)) return {};
    shape.push_back(extent);
  }
  Tensor tensor(input.dtype, shape);
  for (size_t i = 0; i < tensor.byte_count(); ++i)
    tensor.bytes()[i] = input.dtype == DType::kBool ? std::byte(i % 2)
                        : round == 0                ? std::byte(i % dtype_size(input.dtype) == 0)
                                                    : std::byte(i * 37 + size_t(round));
  return tensor;
}

void run(const Model& model) {
  const std::unique_ptr<Session> session = model.make_session();
  const auto& program = *model.program();
  for (int round = 0; round < 2; ++round) {
    std::vector<Tensor> tensors;
    for (const ModelTensor& input : program.inputs) {
      std::optional<Tensor> tensor = made_up_input(input, round);
      if (!tensor) return;
      tensors.push_back(std::move(*tensor));
    }
    std::vector<TensorView> inputs, outputs(program.outputs.size());
    for (const Tensor& tensor : tensors) inputs.push_back(tensor.view());
    require_text(session->run(inputs, outputs));
  }
}

void load_and_run(std::span<const std::byte> bytes) {
  static const std::shared_ptr<Engine> engine = [] {
    auto made = Engine::create({.threads = 1, .memory_limit = kRunBytes});
    if (!made.is_ok()) std::abort();
    return std::move(made).value();
  }();
  auto loaded = load_onnx_memory(bytes, nullptr, "", small_limits());
  require_text(loaded.status());
  if (!loaded.is_ok()) return;
  LoadOptions options;
  if (!bytes.empty() && std::to_integer<int>(bytes.back()) % 4 == 0)
    options.quantization.standard = QuantizationScheme::w8a8();
  const auto model = Model::from_graph(engine, std::move(loaded->graph), options);
  require_text(model.status());
  if (model.is_ok()) run(**model);
}

}  // namespace
}  // namespace octet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  octet::fuzz::load_and_run(std::as_bytes(std::span(data, size)));
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed) {
  if (seed % 8 == 0) return LLVMFuzzerMutate(data, size, max_size);
  std::string bytes(reinterpret_cast<const char*>(data), size);
  for (unsigned i = 0; i <= seed % 3; ++i) {
    const std::string mutated = octet::fuzz::mutate_model(bytes, seed + i, max_size);
    if (!mutated.empty()) bytes = mutated;
  }
  if (bytes.size() == size && std::memcmp(bytes.data(), data, size) == 0)
    return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}

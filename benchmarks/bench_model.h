// BenchModel: a model file with made-up inputs, as benchmarks of whole models run it.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "runtime/api/model.h"

namespace octet {

// Where `make demo` leaves MiniLM, seen from the project's root.
inline constexpr const char* kDemoModel = "build/demo/minilm.onnx";

// The arguments of a benchmark of one model: [MODEL.onnx [BATCH [LENGTH ..]]].
struct ModelArguments {
  std::string path = kDemoModel;
  int64_t batch = 1, length = 1;

  ModelArguments(int argc, char** argv, int64_t default_length) : length(default_length) {
    if (argc > 1) path = argv[1];
    if (argc > 2) batch = std::atoll(argv[2]);
    if (argc > 3) length = std::atoll(argv[3]);
  }
  // Says so where there is none.
  bool has_model() const {
    if (std::ifstream(path)) return true;
    std::printf("no model at %s: give one, or run `make demo` once\n", path.c_str());
    return false;
  }
};

// Symbols called batch are `batch`, others `length`. All values are 1: a valid id, mask and
// position, and a float like any other.
inline Tensor make_input(const ModelTensor& input, int64_t batch, int64_t length) {
  Shape shape;
  for (const Dim& dim : input.shape)
    shape.push_back(dim.is_constant()                  ? dim.value()
                    : dim.str().rfind("batch", 0) == 0 ? batch
                                                       : length);
  Tensor tensor(input.dtype, shape);
  const auto count = static_cast<size_t>(tensor.element_count());
  if (input.dtype == DType::kI64) std::fill_n(tensor.view().as<int64_t>(), count, 1);
  if (input.dtype == DType::kI32) std::fill_n(tensor.view().as<int32_t>(), count, 1);
  if (input.dtype == DType::kF32) std::fill_n(tensor.view().as<float>(), count, 1.f);
  return tensor;
}

class BenchModel {
 public:
  static Result<BenchModel> load(const std::string& path, QuantizationScheme quantize, int threads,
                                 int64_t batch, int64_t length) {
    BenchModel made;
    LoadOptions options;
    options.quantization.standard = quantize;
    OCTET_ASSIGN_OR_RETURN(const auto engine, Engine::create({.threads = threads}));
    OCTET_ASSIGN_OR_RETURN(made.model_, Model::load(engine, path, options));
    made.make_inputs(batch, length);
    return made;
  }

  void make_inputs(int64_t batch, int64_t length) {
    inputs_.clear();
    for (const ModelTensor& input : model_->program()->inputs)
      inputs_.push_back(make_input(input, batch, length));
  }

  std::unique_ptr<Session> make_session() const { return model_->make_session(); }
  Status run(Session& session) const {
    std::vector<TensorView> outputs(model_->program()->outputs.size());
    return session.run(views(), outputs);
  }
  Status prepare(Session& session) const { return session.prepare(views()); }

 private:
  BenchModel() = default;
  std::vector<TensorView> views() const {
    std::vector<TensorView> views;
    for (const Tensor& input : inputs_) views.push_back(input.view());
    return views;
  }

  std::shared_ptr<const Model> model_;
  std::vector<Tensor> inputs_;
};

}  // namespace octet

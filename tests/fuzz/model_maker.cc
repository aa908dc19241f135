// Values, constants, and the steps of a model that grows.
#include "tests/fuzz/model_maker.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "loaders/onnx/load_model.h"
#include "tests/fuzz/random_graph.h"

namespace octet::fuzz {
namespace {

constexpr int64_t kMostElements = 4096;

bool is_small(const SymbolicShape& shape) {
  int64_t count = 1;
  for (const Dim& dim : shape) {
    const int64_t extent = dim.is_constant() ? dim.value() : 5;
    if (extent > kMostElements || (count *= std::max<int64_t>(extent, 1)) > kMostElements)
      return false;
  }
  return true;
}

// Whether an input may have such an extent, which the run gives it.
bool is_plain(const Dim& dim) {
  return dim.is_constant() || dim == Dim::symbol("n") || dim == Dim::symbol("m");
}

Result<LoadedModel> load(const pb::ModelProto& model) {
  const auto bytes = std::make_shared<const std::string>(model.SerializeAsString());
  auto loaded = load_onnx_memory(std::as_bytes(std::span(*bytes)), bytes, "");
  if (!loaded.is_ok() && loaded.status().message().empty()) {
    std::fprintf(stderr, "an error without a text\n");
    std::abort();
  }
  return loaded;
}

void declare_output(pb::GraphProto& graph, const ModelValue& value) {
  pb::ValueInfoProto& output = *graph.add_output();
  output.set_name(value.name);
  if (value.declared_rank < 0) return;
  pb::TypeProto::Tensor& tensor = *output.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(value.type);
  for (int axis = 0; axis < value.declared_rank; ++axis) tensor.mutable_shape()->add_dim();
}

}  // namespace

int64_t ModelValue::extent(int from_end) const {
  if (from_end > rank()) return 0;
  const Dim& dim = shape[shape.size() - static_cast<size_t>(from_end)];
  return dim.is_constant() ? dim.value() : 0;
}

ModelMaker::ModelMaker(ByteStream& bytes, bool special_values)
    : bytes_(bytes),
      special_values_(special_values),
      odd_scales_(bytes.chance(8)),
      opset_(bytes.one_of<int64_t>({21, 21, 23, 17})),
      writer_(opset_) {}

std::optional<Graph> ModelMaker::make() {
  for (int64_t steps = bytes_.in(1, 8); steps > 0 && !bytes_.empty(); --steps) {
    const pb::ModelProto before = writer_.model();
    made_.clear();
    add_something();
    if (!made_.empty() && accept()) continue;
    writer_.model() = before;
  }
  // The newest values and another one.
  pb::GraphProto& graph = *writer_.model().mutable_graph();
  graph.clear_output();
  const auto made = static_cast<int64_t>(values_.size());
  for (int64_t i = std::min(bytes_.in(1, 3), made); i > 0; --i)
    declare_output(graph, values_[static_cast<size_t>(made - i)]);
  if (made > 3 && bytes_.chance(30))
    declare_output(graph, values_[static_cast<size_t>(bytes_.in(0, made - 4))]);
  if (values_.empty()) return std::nullopt;
  auto loaded = load(writer_.model());
  if (!loaded.is_ok()) return std::nullopt;
  return std::move(loaded->graph);
}

bool ModelMaker::accept() {
  pb::GraphProto& graph = *writer_.model().mutable_graph();
  graph.clear_output();
  for (const ModelValue& value : made_) declare_output(graph, value);
  const auto loaded = load(writer_.model());
  if (!loaded.is_ok()) return false;
  const std::vector<ValueId>& outputs = loaded->graph.outputs();
  for (size_t i = 0; i < made_.size(); ++i) {
    made_[i].shape = loaded->graph.value(outputs[i]).type.shape;
    if (!is_small(made_[i].shape)) return false;
  }
  values_.insert(values_.end(), made_.begin(), made_.end());
  return true;
}

void ModelMaker::keep(std::string name, OnnxType type, std::string scale, std::string zero_point) {
  made_.push_back({std::move(name), type, {}, std::move(scale), std::move(zero_point)});
}

// An input that no step is left of stays: models have such inputs.
ModelValue ModelMaker::new_input(OnnxType type, SymbolicShape shape) {
  for (Dim& dim : shape)
    if (!is_plain(dim)) dim = Dim::symbol("n");
  const std::string name = writer_.input(type, shape);
  return {name, type, std::move(shape)};
}

ModelValue ModelMaker::some_value(OnnxType type, int least_rank) {
  std::vector<const ModelValue*> found;
  for (size_t i = values_.size(); i > 0 && found.size() < 4; --i) {
    const ModelValue& value = values_[i - 1];
    if (value.type == type && value.rank() >= least_rank && value.extent(1) > 0)
      found.push_back(&value);
  }
  const auto index = static_cast<size_t>(bytes_.in(0, 4));
  if (index < found.size()) return *found[index];
  SymbolicShape shape = {width()};
  for (int64_t rank = std::max<int64_t>(least_rank, bytes_.in(1, 3)); shape.size() < size_t(rank);)
    shape.insert(shape.begin(), bytes_.one_of<Dim>({Dim::symbol("n"), Dim::symbol("m"), 2, 3, 1}));
  return new_input(type, std::move(shape));
}

ModelValue ModelMaker::image() {
  for (size_t i = values_.size(); i > 0; --i) {
    const ModelValue& value = values_[i - 1];
    if (value.type == pb::TensorProto::FLOAT && value.rank() == 4 && value.extent(3) > 0 &&
        value.extent(2) > 0 && value.extent(1) > 0 && bytes_.chance(70))
      return value;
  }
  return new_input(pb::TensorProto::FLOAT,
                   {bytes_.chance(50) ? Dim::symbol("n") : Dim(2),
                    bytes_.one_of<int64_t>({1, 2, 3, 4, 8}), bytes_.in(3, 7), bytes_.in(3, 7)});
}

ModelValue ModelMaker::sequence() {
  const ModelValue value = some_float(3);
  const bool plain = std::all_of(value.shape.begin(), value.shape.end(), is_plain);
  if (value.rank() == 3 && plain && value.extent(1) % 2 == 0) return value;
  return new_input(pb::TensorProto::FLOAT,
                   {bytes_.chance(60) ? Dim::symbol("n") : Dim(2),
                    bytes_.chance(60) ? Dim::symbol("m") : Dim(3), 2 * bytes_.in(1, 8)});
}

ModelValue ModelMaker::codes() {
  for (size_t i = values_.size(); i > 0; --i) {
    const ModelValue& value = values_[i - 1];
    const bool small = value.type == pb::TensorProto::UINT8 || value.type == pb::TensorProto::INT8;
    if (small && !value.scale.empty() && value.extent(1) > 0 && bytes_.chance(60)) return value;
  }
  const OnnxType type = bytes_.chance(70) ? pb::TensorProto::UINT8 : pb::TensorProto::INT8;
  const ModelValue src = some_float();
  const std::vector<std::string> parameters = result_codes(type);
  const ModelValue made{quantize(src.name, type, {parameters[0], parameters[1]}), type, src.shape,
                        parameters[0], parameters[1]};
  keep(made.name, type, made.scale, made.zero_point);
  return made;
}

std::string ModelMaker::same_shape(const ModelValue& value) {
  for (size_t i = values_.size(); i > 0; --i) {
    const ModelValue& other = values_[i - 1];
    if (other.type == value.type && other.shape == value.shape && other.name != value.name)
      return other.name;
  }
  return value.name;
}

std::string ModelMaker::floats(const Extents& dims, float factor) {
  Shape shape;
  for (const int64_t dim : dims) shape.push_back(dim);
  const Tensor tensor = random_elements(bytes_, DType::kF32, shape, special_values_);
  std::vector<float> values;
  for (const float value : tensor.elements<const float>()) values.push_back(value * factor);
  return writer_.floats(dims, values);
}

std::string ModelMaker::some_floats(const Extents& dims) {
  return floats(dims, bytes_.one_of({1.0f, 0.5f, 0.1f}));
}

std::string ModelMaker::random_codes(OnnxType type, const Extents& dims) {
  int64_t count = 1;
  for (const int64_t dim : dims) count *= dim;
  std::string bytes(static_cast<size_t>((count * bits_of(type) + 7) / 8), '\0');
  uint32_t state = static_cast<uint32_t>(bytes_.byte()) * 2654435761u + 99u;
  for (char& byte : bytes) byte = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  const bool is_float8 =
      type == pb::TensorProto::FLOAT8E4M3FN || type == pb::TensorProto::FLOAT8E5M2;
  for (char& byte : bytes)  // below 2, and no NaN
    if (is_float8 && !special_values_) byte = static_cast<char>(byte & 0xBF);
  if (mistaken()) bytes.resize(bytes.size() / 2);
  return writer_.constant(type, dims, std::move(bytes));
}

std::string ModelMaker::biases(const Extents& dims) {
  Shape shape;
  for (const int64_t dim : dims) shape.push_back(dim);
  Tensor tensor = random_elements(bytes_, DType::kI32, shape, false);
  const int32_t factor = bytes_.one_of({1, 100, 30'000, 500'000'000});
  for (int32_t& value : tensor.elements<int32_t>()) value *= factor;
  const auto* const data = reinterpret_cast<const char*>(tensor.bytes());
  return writer_.constant(pb::TensorProto::INT32, dims, std::string(data, tensor.byte_count()));
}

void ModelMaker::add_something() {
  using Step = void (ModelMaker::*)();
  static constexpr Step kSteps[] = {&ModelMaker::quantize_and_move,
                                    &ModelMaker::quantize_and_move,
                                    &ModelMaker::coded_layer,
                                    &ModelMaker::coded_layer,
                                    &ModelMaker::coded_layer,
                                    &ModelMaker::coded_convolution,
                                    &ModelMaker::coded_arithmetic,
                                    &ModelMaker::coded_arithmetic,
                                    &ModelMaker::codes_of_nothing,
                                    &ModelMaker::move,
                                    &ModelMaker::pool,
                                    &ModelMaker::top_k,
                                    &ModelMaker::qlinear_matmul,
                                    &ModelMaker::qlinear_convolution,
                                    &ModelMaker::qlinear_elementwise,
                                    &ModelMaker::qlinear_elementwise,
                                    &ModelMaker::qlinear_gemm,
                                    &ModelMaker::integer_matmul,
                                    &ModelMaker::integer_matmul,
                                    &ModelMaker::integer_convolution,
                                    &ModelMaker::dynamic_matmul,
                                    &ModelMaker::dynamic_matmul,
                                    &ModelMaker::matmul_nbits,
                                    &ModelMaker::matmul_nbits,
                                    &ModelMaker::gather_block_quantized,
                                    &ModelMaker::skip_norm,
                                    &ModelMaker::contrib_gelu,
                                    &ModelMaker::fused_matmul,
                                    &ModelMaker::rotary,
                                    &ModelMaker::attention,
                                    &ModelMaker::multi_head_attention,
                                    &ModelMaker::recurrent,
                                    &ModelMaker::recurrent,
                                    &ModelMaker::chosen_rows,
                                    &ModelMaker::chosen_rows,
                                    &ModelMaker::counted_rows,
                                    &ModelMaker::counted_rows,
                                    &ModelMaker::late_axes,
                                    &ModelMaker::conditional,
                                    &ModelMaker::conditional,
                                    &ModelMaker::loop,
                                    &ModelMaker::loop,
                                    &ModelMaker::scan,
                                    &ModelMaker::pieces,
                                    &ModelMaker::pieces,
                                    &ModelMaker::gathered};
  (this->*kSteps[bytes_.in(0, std::ssize(kSteps) - 1)])();
}

}  // namespace octet::fuzz

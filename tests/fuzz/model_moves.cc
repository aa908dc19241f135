// Movement, pools, activations and TopK.
#include <algorithm>
#include <numeric>

#include "tests/fuzz/model_maker.h"

namespace octet::fuzz {
namespace {

using T = pb::TensorProto;

}  // namespace

std::string ModelMaker::moved(const ModelValue& value) {
  const auto rank = static_cast<size_t>(value.rank());
  switch (bytes_.in(0, 5)) {
    case 0:
    case 1: {
      Extents axes(rank);
      std::iota(axes.begin(), axes.end(), 0);
      for (size_t i = rank; i > 1; --i)
        std::swap(axes[i - 1],
                  axes[static_cast<size_t>(bytes_.in(0, static_cast<int64_t>(i) - 1))]);
      return writer_.node("Transpose", {value.name}).set("perm", axes).result();
    }
    case 2: {
      Extents to(rank, 0);
      if (value.extent(1) % 2 == 0 && bytes_.chance(50)) {
        to.back() = 2;
        to.push_back(-1);
      } else {
        to = bytes_.chance(50) ? Extents{-1} : Extents{-1, value.extent(1)};
      }
      return writer_.node("Reshape", {value.name, writer_.integers(to)}).result();
    }
    case 3: {
      const int64_t axis = bytes_.in(0, value.rank() - 1),
                    step = bytes_.one_of<int64_t>({1, 1, 2, -1});
      const Extents from = {step < 0 ? -1 : bytes_.in(0, 1)},
                    till = {step < 0 ? INT64_MIN : bytes_.one_of<int64_t>({2, -1, INT64_MAX})};
      return writer_
          .node("Slice", {value.name, writer_.integers(from), writer_.integers(till),
                          writer_.integers({axis}), writer_.integers({step})})
          .result();
    }
    case 4: {
      const std::string other = bytes_.chance(50) ? same_shape(value) : value.name;
      return writer_.node("Concat", {value.name, other})
          .set("axis", bytes_.in(0, value.rank() - 1))
          .result();
    }
    default:
      return writer_.node("Gather", {value.name, writer_.integers({0, bytes_.in(-1, 1)})})
          .set("axis", bytes_.in(0, value.rank() - 1))
          .result();
  }
}

void ModelMaker::move() {
  const ModelValue value = bytes_.chance(60) ? some_float() : codes();
  keep(moved(value), value.type, value.scale, value.zero_point);
}

// MaxPool of codes stays codes; the others are of floats.
void ModelMaker::pool() {
  const ModelValue value = image();
  const int64_t pad = bytes_.in(0, 1), stride = bytes_.in(1, 2);
  const OnnxType type = bytes_.chance(50) ? T::UINT8 : T::INT8;
  const std::vector<std::string> own = result_codes(type);
  const ModelCodes parameters{own[0], own[1]};
  const std::string made = quantize(value.name, type, parameters);
  const auto set_window = [&](NodeWriter node) {
    node.set("kernel_shape", Extents{2, 2}).set("strides", Extents{stride, stride});
    node.set("pads", Extents{pad, pad, pad, pad});
    return node.result();
  };
  switch (bytes_.in(0, 4)) {
    case 0:
      return keep(set_window(writer_.node("MaxPool", {made})), type, parameters.scale,
                  parameters.zero_point);
    case 1: {
      NodeWriter node = writer_.node("MaxPool", {dequantize(made, parameters)}, 2);
      const std::string indices = node.result(1);
      keep(set_window(node));
      return keep(indices, T::INT64);
    }
    case 2:
      return keep(writer_.node("GlobalAveragePool", {dequantize(made, parameters)}).result());
    case 3: {
      std::vector<std::string> inputs = {made, parameters.scale, parameters.zero_point};
      const auto result = result_codes(type);
      inputs.insert(inputs.end(), result.begin(), result.end());
      const bool global = bytes_.chance(50);
      NodeWriter node =
          writer_.node(global ? "QLinearGlobalAveragePool" : "QLinearAveragePool", inputs);
      node.microsoft();
      if (!global) set_window(node);
      return keep_codes(node, type, result);
    }
    default: {
      const std::string mean =
          set_window(writer_.node("AveragePool", {dequantize(made, parameters)}));
      return keep(dequantize(quantize(mean, type, parameters), parameters));
    }
  }
}

std::string ModelMaker::activated(const std::string& src) {
  if (bytes_.chance(15)) {
    const std::string low = writer_.floats({}, {0.0f}), high = writer_.floats({}, {6.0f});
    return writer_.node("Clip", {src, low, high}).result();
  }
  return writer_
      .node(bytes_.one_of({"Relu", "Relu", "Tanh", "Sigmoid", "LeakyRelu", "HardSwish"}), {src})
      .result();
}

void ModelMaker::top_k() {
  const ModelValue value = bytes_.chance(80) ? some_float() : codes();
  NodeWriter node = writer_.node("TopK", {value.name, writer_.integers({bytes_.in(0, 4)})}, 2);
  node.set("axis", bytes_.chance(60) ? int64_t{-1} : bytes_.in(0, value.rank() - 1));
  node.set("largest", bytes_.in(0, 1)).set("sorted", bytes_.in(0, 1));
  const std::string indices = node.result(1);
  keep(node.result(), value.type, value.scale, value.zero_point);
  keep(indices, T::INT64);
}

}  // namespace octet::fuzz

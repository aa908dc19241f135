// The forms of a layer.
#include "loaders/onnx/save/layer_writer.h"

#include <cstring>

#include "loaders/onnx/save/attributes.h"
#include "loaders/onnx/save/layer_codes.h"
#include "loaders/onnx/wire_scan.h"

namespace octet {
namespace {

// Of DequantizeLinear.
constexpr int64_t kDequantizeOpset = 10, kPerChannelOpset = 13, kBlocksOpset = 21;
constexpr int64_t kDynamicOpset = 11;   // of DynamicQuantizeLinear
constexpr int64_t kBFloat16Opset = 13;  // of Cast
constexpr int64_t kNarrowCodesIr = 10;  // INT4 and the like

bool is_narrow(ElementType type) {
  return type == ElementType::kS4 || type == ElementType::kU4 || type == ElementType::kS2 ||
         type == ElementType::kU2;
}

std::string text_of(const Tensor& tensor) {
  return std::string(reinterpret_cast<const char*>(tensor.bytes()), tensor.byte_count());
}

std::string layout_key(const SavedLayer& layer, const WeightDims& dims, bool as_op) {
  if (layer.key.empty()) return "";
  std::string key = layer.key + (dims.by_row ? " by row" : " by column") + (as_op ? " op" : "");
  for (const int64_t dim : dims.dims) key += " " + std::to_string(dim);
  return key;
}

Status check_parts(const SavedLayer& layer, const QuantizedTensor& parts) {
  const std::string where = "layer \"" + layer.name + "\": ";
  if (parts.group_index)
    return unsupported(where +
                       "its columns are in groups of any order (g_idx), which "
                       "DequantizeLinear does not have");
  if (parts.has_float_zero_points())
    return unsupported(where + "its zero points are float, which DequantizeLinear does not have");
  return Status::ok();
}

// The same elements.
Tensor in_shape(const Tensor& tensor, const Shape& shape) {
  return Tensor(tensor.owner(), contiguous_view(tensor.bytes(), tensor.dtype(), shape));
}

// A scale or zero point, [N] or [1] or [N, blocks], as ONNX's ops have it beside codes of this
// layout: that of blocks has as many axes as the codes.
Tensor as_op_part(const Tensor& part, const QuantizedTensor& parts, const WeightDims& dims) {
  if (parts.granularity == Granularity::kPerTensor) return in_shape(part, Shape{});
  if (parts.granularity == Granularity::kPerChannel) return part;
  const Tensor matrix = dims.by_row ? part : turned(part);
  Shape shape;
  for (size_t i = 2; i < dims.dims.size(); ++i) shape.push_back(1);
  for (const int64_t extent : matrix.shape().dims()) shape.push_back(extent);
  return in_shape(matrix, shape);
}

std::vector<int64_t> dims_of(const Tensor& tensor) {
  const std::span<const int64_t> dims = tensor.shape().dims();
  return {dims.begin(), dims.end()};
}

}  // namespace

pb::NodeProto& LayerWriter::add_node(const std::string& op_type, const std::string& name,
                                     const std::vector<std::string>& inputs,
                                     const std::string& output) {
  nodes_.push_back(edit_.make_node(op_type, name, inputs, output));
  return *nodes_.back();
}

std::string LayerWriter::add_value(const std::string& op_type, const std::string& name,
                                   const std::vector<std::string>& inputs) {
  const std::string unique = edit_.new_name(name);
  add_node(op_type, unique, inputs, unique);
  return unique;
}

std::string LayerWriter::add_cast(const std::string& value, int data_type,
                                  const std::string& name) {
  const std::string cast = add_value("Cast", name, {value});
  add_int(*nodes_.back(), "to", data_type);
  return cast;
}

std::string LayerWriter::widened(const std::string& value) {
  std::string& cast = shared_["f32 of " + value];
  if (cast.empty()) cast = add_cast(value, pb::TensorProto::FLOAT, value + "_float");
  return cast;
}

std::string LayerWriter::add_reshape(const std::string& value, const std::vector<int64_t>& dims,
                                     const std::string& name) {
  const Tensor shape = Tensor::from<int64_t>(dims, Shape{static_cast<int64_t>(dims.size())});
  return add_value("Reshape", name,
                   {value, add_tensor(name + "_shape", pb::TensorProto::INT64, shape)});
}

std::string LayerWriter::add_tensor(const std::string& wanted, int data_type,
                                    const Tensor& tensor) {
  if (tensor.dtype() == DType::kF32 && data_type != pb::TensorProto::FLOAT) {
    const bool is_half = data_type == pb::TensorProto::FLOAT16;
    Tensor narrow(is_half ? DType::kF16 : DType::kBF16, tensor.shape());
    const auto from = tensor.elements<const float>();
    for (size_t i = 0; i < from.size(); ++i)
      if (is_half)
        narrow.elements<Float16>()[i] = to_float16(from[i]);
      else
        narrow.elements<BFloat16>()[i] = to_bfloat16(from[i]);
    return edit_.add_tensor(graph_, wanted, data_type, dims_of(narrow), data_of_tensor(narrow));
  }
  return edit_.add_tensor(graph_, wanted, data_type, dims_of(tensor), data_of_tensor(tensor));
}

Result<std::string> LayerWriter::zero_point_of(const SavedLayer& layer, const Parts& parts,
                                               const WeightDims& dims, const std::string& base) {
  if (!parts.zero_point.empty()) return parts.zero_point;
  OCTET_ASSIGN_OR_RETURN(const QuantizedTensor loaded, layer.weights());
  const Tensor zeros(loaded.int_data.dtype(), as_op_part(loaded.scale, loaded, dims).shape());
  std::memset(zeros.bytes(), 0, zeros.byte_count());
  return add_tensor(base + "_zero_point", onnx_type_of(layer.scheme.weights.type), zeros);
}

Result<LayerWriter::Parts*> LayerWriter::parts(const SavedLayer& layer, const WeightDims& dims,
                                               const std::string& base, bool as_op) {
  const std::string key = layout_key(layer, dims, as_op);
  const auto known = key.empty() ? parts_.end() : parts_.find(key);
  if (known != parts_.end()) return &known->second;
  OCTET_ASSIGN_OR_RETURN(const QuantizedTensor loaded, layer.weights());
  OCTET_RETURN_IF_ERROR(check_parts(layer, loaded));
  const ElementType type = layer.scheme.weights.type;
  const auto part = [&](const Tensor& tensor) {
    return as_op ? as_op_part(tensor, loaded, dims) : tensor;
  };
  Parts made;
  made.granularity = loaded.granularity;
  made.block = loaded.block_size;
  made.codes = edit_.add_tensor(graph_, base + "_quantized", onnx_type_of(type), dims.dims,
                                codes_data(layer, dims.by_row));
  edit_.prefer_name(made.codes, base);
  const Tensor scale = part(loaded.scale);
  made.scale = edit_.add_tensor(graph_, base + "_scale", pb::TensorProto::FLOAT, dims_of(scale),
                                data_of_tensor(scale));
  if (loaded.zero_point) {
    const Tensor zero_point = part(*loaded.zero_point);
    made.zero_point =
        edit_.add_tensor(graph_, base + "_zero_point", onnx_type_of(type), dims_of(zero_point),
                         data_of_tensor(packed(zero_point, loaded.bits)));
  }
  if (is_narrow(type)) edit_.need_ir_version(kNarrowCodesIr);
  const std::string name = key.empty() ? made.codes : key;
  return &(parts_[name] = std::move(made));
}

Result<std::string> LayerWriter::dequantized(const SavedLayer& layer, const WeightDims& dims,
                                             const std::string& base) {
  OCTET_ASSIGN_OR_RETURN(Parts * made, parts(layer, dims, base, true));
  if (!made->floats.empty()) return made->floats;
  std::vector<std::string> inputs = {made->codes, made->scale};
  if (!made->zero_point.empty()) inputs.push_back(made->zero_point);
  made->floats = add_value("DequantizeLinear", base + "_dequantized", inputs);
  pb::NodeProto& node = *nodes_.back();
  if (is_narrow(layer.scheme.weights.type)) edit_.need_opset(kBlocksOpset);
  edit_.need_opset(kDequantizeOpset);
  if (made->granularity == Granularity::kPerChannel) {
    edit_.need_opset(kPerChannelOpset);
    add_int(node, "axis", dims.axis_n);
  }
  if (made->granularity == Granularity::kBlocked) {
    edit_.need_opset(kBlocksOpset);
    add_int(node, "axis", dims.axis_k);
    add_int(node, "block_size", made->block);
  }
  return made->floats;
}

std::string LayerWriter::rounded(const pb::TensorProto& weight, const std::string& base) {
  std::string& value = shared_["bfloat16 of " + base];
  if (!value.empty()) return value;
  TensorData floats;
  if (weight.has_raw_data()) {
    floats = edit_.model().data[static_cast<size_t>(raw_index(weight.raw_data()))];
  } else {
    const std::span<const float> typed(weight.float_data().data(),
                                       static_cast<size_t>(weight.float_data_size()));
    floats = data_of_tensor(Tensor::from<float>(typed, Shape{weight.float_data_size()}));
  }
  const std::string narrow =
      edit_.add_tensor(graph_, base + "_bfloat16", pb::TensorProto::BFLOAT16,
                       {weight.dims().begin(), weight.dims().end()}, bfloat16_data(floats));
  edit_.prefer_name(narrow, base);
  edit_.need_opset(kBFloat16Opset);
  value = add_cast(narrow, pb::TensorProto::FLOAT, base + "_float");
  return value;
}

Result<std::string> LayerWriter::vector_of(const Tensor& tensor, const std::string& wanted) {
  std::string& name = shared_["vector " + text_of(tensor)];
  if (name.empty())
    name = edit_.add_tensor(graph_, wanted, pb::TensorProto::FLOAT, dims_of(tensor),
                            data_of_tensor(tensor));
  return name;
}

Status LayerWriter::per_token(const SavedLayer& layer, const std::string& src,
                              const std::string& base, const std::string& name,
                              const std::string& output) {
  OCTET_ASSIGN_OR_RETURN(const Parts* made,
                         parts(layer, {{layer.n, layer.k}, true, 0, 1}, base, false));
  OCTET_ASSIGN_OR_RETURN(const QuantizedTensor loaded, layer.weights());
  const DynamicLinearForm form{loaded.smoothing.has_value(), loaded.zero_point.has_value()};
  edit_.need_function(form);
  std::vector<std::string> inputs = {src, made->codes, made->scale};
  if (loaded.smoothing) {
    OCTET_ASSIGN_OR_RETURN(inputs.emplace_back(),
                           vector_of(*loaded.smoothing, base + "_smoothing"));
  }
  if (loaded.zero_point) inputs.push_back(made->zero_point);
  add_node(form.name(), name, inputs, output).set_domain(kOwnDomain);
  return Status::ok();
}

Result<std::string> LayerWriter::smoothed(const SavedLayer& layer, const std::string& src) {
  OCTET_ASSIGN_OR_RETURN(const QuantizedTensor loaded, layer.weights());
  if (!loaded.smoothing) return src;
  std::string& value = shared_["smoothed " + src + " by " + text_of(*loaded.smoothing)];
  if (!value.empty()) return value;
  Tensor reciprocal(DType::kF32, loaded.smoothing->shape());
  const auto factors = loaded.smoothing->elements<const float>();
  for (size_t i = 0; i < factors.size(); ++i) reciprocal.elements<float>()[i] = 1 / factors[i];
  OCTET_ASSIGN_OR_RETURN(const std::string vector,
                         vector_of(reciprocal, src + "_reciprocal_smoothing"));
  value = add_value("Mul", src + "_smoothed", {src, vector});
  return value;
}

Status LayerWriter::per_tensor(const SavedLayer& layer, const std::string& src,
                               const std::string& base, const std::string& name,
                               const std::string& output) {
  OCTET_ASSIGN_OR_RETURN(const Parts* made,
                         parts(layer, {{layer.k, layer.n}, false, 1, 0}, base, true));
  OCTET_ASSIGN_OR_RETURN(const std::string x, smoothed(layer, src));
  edit_.need_opset(kDynamicOpset);
  std::string& codes = shared_["codes of " + x];
  if (codes.empty()) {
    codes = edit_.new_name(x + "_quantized");
    pb::NodeProto& quantize = add_node("DynamicQuantizeLinear", codes, {x}, codes);
    quantize.add_output(edit_.new_name(codes + "_scale"));
    quantize.add_output(edit_.new_name(codes + "_zero_point"));
    shared_["scale of " + x] = quantize.output(1);
    shared_["zero point of " + x] = quantize.output(2);
  }
  std::vector<std::string> inputs = {codes, made->codes, shared_["zero point of " + x]};
  if (!made->zero_point.empty()) inputs.push_back(made->zero_point);
  const std::string sums = edit_.new_name(name + "_sums");
  add_node("MatMulInteger", name, inputs, sums);
  const std::string numbers = add_cast(sums, pb::TensorProto::FLOAT, name + "_numbers");
  const std::string scale =
      add_value("Mul", name + "_both_scales", {shared_["scale of " + x], made->scale});
  add_node("Mul", edit_.new_name(name + "_scaled"), {numbers, scale}, output);
  return Status::ok();
}

}  // namespace octet

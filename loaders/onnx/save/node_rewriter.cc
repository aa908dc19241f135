// Decides on the form, node by node.
#include "loaders/onnx/save/node_rewriter.h"

#include "loaders/onnx/save/attributes.h"
#include "loaders/onnx/save/layer_codes.h"
#include "loaders/onnx/save/replace_codes.h"

namespace octet {
namespace {

bool is_recurrent(const pb::NodeProto& node) {
  return node.op_type() == "LSTM" || node.op_type() == "GRU" || node.op_type() == "RNN";
}

}  // namespace

void NodeRewriter::note(int& count, std::string& first, const pb::NodeProto& node,
                        const Layer& layer) {
  if (count++ == 0) first = "\"" + layer.layer.name + "\" (" + node.op_type() + ")";
}

Status NodeRewriter::rewrite(Node node, const SavedLayer& saved, const std::string& name) {
  Layer layer{saved, name, form_of(*node), {}, {}};
  switch (layer.form.kind) {
    case NodeKind::kOther:
      if (saved.replaced)
        return unsupported("layer \"" + saved.name + "\" was replaced, and no form of " +
                           node->op_type() + " with other weights can be written");
      note(notes_.unwritten, notes_.first_unwritten, *node, layer);
      return keep(std::move(node)), Status::ok();
    case NodeKind::kProduct:
    case NodeKind::kWeight: {
      const std::string& weight = node->input(layer.form.weight);
      layer.path = trace_weight(scope_, weight);
      layer.base = layer.path.tensor != nullptr && !layer.path.tensor->name().empty()
                       ? layer.path.tensor->name()
                       : weight;
      return rewrite_float(std::move(node), layer);
    }
    default:
      if (!saved.replaced) return keep(std::move(node)), Status::ok();
      layer.base = node->input(layer.form.weight);
      if (layer.form.kind == NodeKind::kOwn) {
        for (int i = 1; i < node->input_size(); ++i) writer_.edit().lost_reader(node->input(i));
        return writer_.per_token(saved, node->input(0), layer.base, name, node->output(0));
      }
      OCTET_RETURN_IF_ERROR(replace_codes(*node, layer.form, saved, layer.base, scope_, writer_));
      return keep(std::move(node)), Status::ok();
  }
}

bool NodeRewriter::is_coded(const Layer& layer) const {
  const pb::NodeProto* dequantize = layer.path.dequantize;
  if (dequantize == nullptr || layer.path.tensor == nullptr || dequantize->input_size() < 2 ||
      layer.path.tensor->data_type() != onnx_type_of(layer.layer.scheme.weights.type))
    return false;
  const pb::TensorProto* scale = scope_.tensor(dequantize->input(1));
  if (scale == nullptr) return false;
  const int rank = layer.path.tensor->dims_size();
  const int64_t block = int_attribute(*dequantize, "block_size", 0);
  if (block == 0 && (scale->dims_size() == 0 || (scale->dims_size() == 1 && scale->dims(0) == 1)))
    return true;
  int64_t axis = int_attribute(*dequantize, "axis", 1);
  if (axis < 0) axis += rank;
  const bool n_is_last = layer.form.by_row == layer.path.is_turned;
  int64_t axis_n = rank - (n_is_last ? 1 : 2);
  if (layer.form.by_row && rank > 2 && layer.form.kind == NodeKind::kWeight && rank != 3)
    axis_n = 0;  // a convolution
  return (axis == axis_n) == (block == 0);
}

std::vector<int64_t> NodeRewriter::given_dims(const pb::NodeProto& node, const Layer& layer) const {
  if (is_recurrent(node)) return {1, layer.layer.n, layer.layer.k};
  if (layer.path.tensor == nullptr) return {};
  return {layer.path.tensor->dims().begin(), layer.path.tensor->dims().end()};
}

Status NodeRewriter::rewrite_float(Node node, const Layer& layer) {
  const QuantizationScheme& scheme = layer.layer.scheme;
  if (!scheme.weights.is_quantized()) return round_weight(std::move(node), layer);
  const bool coded = is_coded(layer);
  if (coded && !layer.layer.replaced) return keep(std::move(node)), Status::ok();
  const bool quantizes_rows =
      !coded && scheme.activations.range == ActivationRange::kDynamicPerToken;
  const bool is_product = layer.form.kind == NodeKind::kProduct;
  const bool is_matrix = given_dims(*node, layer).size() <= 2;
  const bool is_f32 = layer.path.element_type == pb::TensorProto::FLOAT;
  if (is_product && is_matrix && (quantizes_rows || !is_f32))
    return take_apart(std::move(node), layer, quantizes_rows);
  return replace_weight(std::move(node), layer, quantizes_rows);
}

Status NodeRewriter::replace_weight(Node node, const Layer& layer, bool quantizes_rows) {
  if (quantizes_rows) {
    note(notes_.float_activations, notes_.first_float, *node, layer);
    OCTET_ASSIGN_OR_RETURN(const std::string x, writer_.smoothed(layer.layer, node->input(0)));
    if (x != node->input(0)) node->set_input(0, x);
  }
  const std::vector<int64_t> given = given_dims(*node, layer);
  WeightDims dims = weight_dims(*node, layer.form, layer.layer, given);
  const bool blocked = layer.layer.scheme.weights.granularity == Granularity::kBlocked;
  const bool reshapes = blocked && dims.axis_k < 0;
  if (reshapes) dims = {{layer.layer.n, layer.layer.k}, true, 0, 1};
  OCTET_ASSIGN_OR_RETURN(std::string value, writer_.dequantized(layer.layer, dims, layer.base));
  if (reshapes) value = writer_.add_reshape(value, given, layer.base + "_in_place");
  if (layer.path.element_type != pb::TensorProto::FLOAT)
    value = writer_.add_cast(value, layer.path.element_type, layer.base + "_narrow");
  set_input(writer_.edit(), *node, layer.form.weight, value);
  return keep(std::move(node)), Status::ok();
}

// dst = alpha * layer(src) + beta * addend, in f32 between casts where the model is narrow.
Status NodeRewriter::take_apart(Node node, const Layer& layer, bool quantizes_rows) {
  ModelEdit& edit = writer_.edit();
  const NodeForm& form = layer.form;
  const std::string& name = layer.name;
  const bool narrow = layer.path.element_type != pb::TensorProto::FLOAT;
  edit.lost_reader(node->input(form.weight));
  std::string x = node->input(0);
  if (form.turned_src) {
    x = writer_.add_value("Transpose", name + "_src", {x});
    add_ints(*nodes_.back(), "perm", {1, 0});
  }
  if (narrow) x = writer_.widened(x);
  int steps_left = (form.alpha != 1) + form.has_addend + narrow;
  const auto next = [&](const char* suffix) {
    return steps_left-- == 0 ? node->output(0) : edit.new_name(name + suffix);
  };
  std::string value = next("_product");
  if (!quantizes_rows) {
    OCTET_ASSIGN_OR_RETURN(
        const std::string weight,
        writer_.dequantized(layer.layer, {{layer.layer.k, layer.layer.n}, false, 1, 0},
                            layer.base));
    writer_.add_node("MatMul", name, {x, weight}, value);
  } else if (format_ == SaveFormat::kOrt) {
    OCTET_RETURN_IF_ERROR(writer_.per_tensor(layer.layer, x, layer.base, name, value));
  } else {
    OCTET_RETURN_IF_ERROR(writer_.per_token(layer.layer, x, layer.base, name, value));
  }
  if (form.alpha != 1) {
    const std::string product = std::move(value);
    value = next("_scaled");
    writer_.add_node("Mul", edit.new_name(name + "_scale"),
                     {product, writer_.scalar(name + "_alpha", form.alpha)}, value);
  }
  if (form.has_addend) {
    std::string addend = narrow ? writer_.widened(node->input(2)) : node->input(2);
    if (form.beta != 1)
      addend = writer_.add_value("Mul", name + "_addend",
                                 {addend, writer_.scalar(name + "_beta", form.beta)});
    const std::string product = std::move(value);
    value = next("_biased");
    writer_.add_node("Add", edit.new_name(name + "_bias"), {product, addend}, value);
  }
  if (narrow)
    add_int(writer_.add_node("Cast", edit.new_name(name + "_narrow"), {value}, node->output(0)),
            "to", layer.path.element_type);
  return Status::ok();
}

Status NodeRewriter::round_weight(Node node, const Layer& layer) {
  const std::string weight = node->input(layer.form.weight);
  const pb::NodeProto* maker = scope_.maker(weight);
  const bool is_direct = scope_.tensor(weight) != nullptr,
             is_turned = maker != nullptr && maker->op_type() == "Transpose" &&
                         layer.path.tensor != nullptr && layer.path.tensor->dims_size() == 2 &&
                         scope_.tensor(maker->input(0)) == layer.path.tensor;
  if ((!is_direct && !is_turned) || layer.path.element_type != pb::TensorProto::FLOAT) {
    note(notes_.unwritten, notes_.first_unwritten, *node, layer);
    return keep(std::move(node)), Status::ok();
  }
  std::string value = writer_.rounded(*layer.path.tensor, layer.base);
  if (is_turned) {
    value = writer_.add_value("Transpose", layer.base + "_turned", {value});
    add_ints(*nodes_.back(), "perm", {1, 0});
  }
  set_input(writer_.edit(), *node, layer.form.weight, value);
  return keep(std::move(node)), Status::ok();
}

}  // namespace octet

// Pad.
#include "loaders/onnx/constant_values.h"
#include "loaders/onnx/importers.h"
#include "loaders/onnx/names.h"

namespace octet {
namespace {

Result<PadMode> pad_mode(const std::string& name) {
  for (PadMode mode : {PadMode::kConstant, PadMode::kReflect, PadMode::kEdge, PadMode::kWrap})
    if (name == pad_mode_name(mode)) return mode;
  return invalid_model("attribute \"mode\" is " + quoted(name) +
                       ", expected \"constant\", \"reflect\", \"edge\" or \"wrap\"");
}

// Begins and ends of every axis of input 0.
struct Pads {
  std::vector<Dim> begins, ends;
};

// Pads are an attribute below opset 11 ("paddings" in opset 1), an input from it on; axes are an
// input from opset 18 on, all of them where absent.
Result<Pads> read_pads(NodeImport& node) {
  std::vector<Dim> given;
  if (node.opset() >= 11) {
    if (!node.has_input(1)) return invalid_model("input 1, the pads, is missing");
    OCTET_ASSIGN_OR_RETURN(given, node.dims(1));
  } else {
    const auto numbers = node.ints_attribute(node.opset() < 2 ? "paddings" : "pads");
    if (!numbers) return invalid_model("attribute \"pads\" is missing");
    given.assign(numbers->begin(), numbers->end());
  }
  const auto rank = static_cast<size_t>(node.rank(0));
  std::vector<int> axes;
  if (node.has_input(3)) {
    OCTET_ASSIGN_OR_RETURN(const std::vector<int64_t> named, node.integers(3));
    for (int64_t axis : named) {
      OCTET_ASSIGN_OR_RETURN(const int index, normalize_axis(axis, node.rank(0)));
      axes.push_back(index);
    }
  } else {
    for (size_t axis = 0; axis < rank; ++axis) axes.push_back(static_cast<int>(axis));
  }
  if (given.size() != 2 * axes.size())
    return invalid_model("there are " + std::to_string(given.size()) + " pads, expected " +
                         std::to_string(2 * axes.size()) + ", two per axis");
  Pads pads{std::vector<Dim>(rank, 0), std::vector<Dim>(rank, 0)};
  for (size_t i = 0; i < axes.size(); ++i) {
    pads.begins[static_cast<size_t>(axes[i])] = given[i];
    pads.ends[static_cast<size_t>(axes[i])] = given[axes.size() + i];
  }
  for (const Dim& pad : given)
    if (pad.is_constant() &&
        (pad.value() > node.limits().max_dim || pad.value() < -node.limits().max_dim))
      return resource_exhausted("a pad of " + pad.text() + " elements is too large");
  return pads;
}

// Negative pads cut elements off: a Slice before the Pad, which gets 0 there.
Result<ValueId> cut(NodeImport& node, Pads& pads) {
  SliceAttrs slice;
  bool cuts = false;
  const SymbolicShape shape = node.type(0).shape;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    Dim removed[2] = {0, 0};
    for (int side : {0, 1}) {
      Dim& pad = side == 0 ? pads.begins[axis] : pads.ends[axis];
      if (!pad.is_constant() || pad.value() >= 0) continue;
      removed[side] = Dim(0) - pad;
      pad = 0;
      cuts = true;
    }
    Dim count = shape[axis] - removed[0] - removed[1];
    if (count.is_constant() && count.value() < 0 && removed[0].value() * removed[1].value() == 0) {
      // What one side cuts off beyond the axis it takes from what the other side adds.
      Dim& added = removed[0] == Dim(0) ? pads.begins[axis] : pads.ends[axis];
      added = added + count;
      if (added.is_constant() && added.value() < 0)
        return invalid_model("the pads cut more off axis " + std::to_string(axis) +
                             " than it has, " + shape[axis].text() + ", and they add");
      removed[0] = count = 0;
    }
    slice.starts.push_back(removed[0]);
    slice.counts.push_back(count);
    slice.steps.push_back(1);
  }
  if (!cuts) return node.input(0);
  return node.emit("cut", std::move(slice), {node.input(0)});
}

}  // namespace

Status import_pad(NodeImport& node) {
  PadAttrs pad;
  OCTET_ASSIGN_OR_RETURN(pad.mode, pad_mode(node.string_attribute("mode", "constant")));
  OCTET_ASSIGN_OR_RETURN(Pads pads, read_pads(node));
  OCTET_ASSIGN_OR_RETURN(const ValueId src, cut(node, pads));
  bool pads_nothing = true;
  for (size_t axis = 0; axis < pads.begins.size(); ++axis) {
    const Dim& begin = pads.begins[axis];
    if (!begin.is_constant())
      return unsupported("the elements before axis " + std::to_string(axis) + " are " +
                         begin.text() + ", expected a constant");
    pads_nothing &= begin == Dim(0) && pads.ends[axis] == Dim(0);
    pad.begins.push_back(begin.value());
    pad.ends.push_back(pads.ends[axis]);
  }
  if (pads_nothing) return node.alias(src), Status::ok();
  std::vector<ValueId> inputs = {src};
  const float value = node.opset() < 11 ? node.float_attribute("value", 0) : 0;
  if (value != 0) {
    OCTET_ASSIGN_OR_RETURN(const ValueId constant, node.add_scalar("value", node.type(0).dtype,
                                                                   static_cast<double>(value)));
    inputs.push_back(constant);
  } else if (node.opset() >= 11 && node.has_input(2) && pad.mode == PadMode::kConstant) {
    inputs.push_back(node.input(2));
  }
  return node.finish(std::move(pad), std::move(inputs));
}

}  // namespace octet

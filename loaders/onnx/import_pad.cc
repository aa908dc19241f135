// Pad.
#include "loaders/onnx/constant_values.h"
#include "loaders/onnx/importers.h"
#include "loaders/onnx/names.h"
#include "runtime/ops/infer.h"

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

int64_t cut_by(const Dim& pad) { return pad.is_constant() && pad.value() < 0 ? -pad.value() : 0; }

// What of an axis is there once negative pads have cut elements off; such a pad becomes 0. What one
// side cuts off beyond the axis it takes from what the other side adds.
struct Kept {
  Dim start, count;
};
Kept cut_axis(const Dim& extent, Dim& begin, Dim& end) {
  const int64_t before = cut_by(begin), behind = cut_by(end);
  if (before > 0) begin = 0;
  if (behind > 0) end = 0;
  Kept kept{before, extent - before - behind};
  const auto take_beyond = [&](int64_t removed, Dim& added) {
    added = added - Dim::max(Dim(removed) - extent, 0);
    kept.count = Dim::max(kept.count, 0);
  };
  if (before > 0 && behind == 0 && !(end == Dim(0))) {
    take_beyond(before, end);
    kept.start = Dim::min(before, extent);
  }
  // The elements before an axis must be known: where the extent is not, nothing is taken from them.
  if (behind > 0 && before == 0 && !(begin == Dim(0)) && extent.is_constant())
    take_beyond(behind, begin);
  return kept;
}

// Negative pads cut elements off: a Slice before the Pad, which gets 0 there.
Result<ValueId> cut(NodeImport& node, Pads& pads) {
  SliceAttrs slice;
  bool cuts = false;
  std::vector<Check> checks;
  const SymbolicShape shape = node.type(0).shape;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    Dim &begin = pads.begins[axis], &end = pads.ends[axis];
    const Dim left = shape[axis] + begin + end;
    const bool cuts_axis = cut_by(begin) > 0 || cut_by(end) > 0;
    const Kept kept = cuts_axis ? cut_axis(shape[axis], begin, end) : Kept{0, shape[axis]};
    if (cuts_axis)
      OCTET_RETURN_IF_ERROR(
          require({.kind = Check::Kind::kAtLeast,
                   .found = left,
                   .expected = 0,
                   .what = "the number of elements that the pads leave along axis " +
                           std::to_string(axis) + " of input 0"},
                  checks));
    cuts |= cuts_axis;
    slice.starts.push_back(kept.start);
    slice.counts.push_back(kept.count);
    slice.steps.push_back(1);
  }
  node.add_checks(checks);
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
    if (!begin.is_constant()) return node.missing_value(1);
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

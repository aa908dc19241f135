// DFT and STFT.
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/importers.h"
#include "runtime/ops/dft.h"
#include "runtime/ops/infer.h"

namespace octet {
namespace {

// `value` with `extent` elements along `axis`: cut, or filled up with zeros behind.
Result<ValueId> emit_of_extent(NodeImport& node, ValueId value, int axis, const Dim& extent) {
  const auto place = static_cast<size_t>(axis);
  const SymbolicShape shape = node.type_of(value).shape;
  const Dim kept = Dim::min(shape[place], extent);
  OCTET_ASSIGN_OR_RETURN(value, emit_slice(node, "cut", value, place, 0, kept));
  if (kept == extent) return value;
  PadAttrs pad{PadMode::kConstant, std::vector<int64_t>(shape.size(), 0),
               std::vector<Dim>(shape.size(), 0)};
  pad.ends[place] = extent - kept;
  return node.emit("filled", std::move(pad), {value});
}

// The integer that input `index` holds, which has to be `least` or more.
Result<Dim> count_of(NodeImport& node, int index, const char* what, int64_t least) {
  OCTET_ASSIGN_OR_RETURN(const Dim count, node.dim(index));
  std::vector<Check> checks;
  OCTET_RETURN_IF_ERROR(
      require({.kind = Check::Kind::kAtLeast,
               .found = count,
               .expected = least,
               .what = std::string(what) + ", input " + std::to_string(index) + ","},
              checks));
  node.add_checks(checks);
  return count;
}

// Below opset 20 an attribute, 1 where it is absent, from it on an input, the last axis but one.
Result<int> dft_axis(NodeImport& node) {
  int64_t axis = node.opset() < 20 ? node.int_attribute("axis", 1) : -2;
  if (node.opset() >= 20 && node.has_input(2)) {
    OCTET_ASSIGN_OR_RETURN(const std::vector<int64_t> given, node.integers(2));
    if (given.size() != 1)
      return invalid_model("input 2, the axis, has " + std::to_string(given.size()) +
                           " elements, expected 1");
    axis = given[0];
  }
  return normalize_axis(axis, node.rank(0));
}

}  // namespace

Status import_dft(NodeImport& node) {
  DftAttrs dft;
  OCTET_ASSIGN_OR_RETURN(dft.axis, dft_axis(node));
  if (dft.axis == node.rank(0) - 1)
    return invalid_model("axis is " + std::to_string(dft.axis) + " of " + to_string(node.type(0)) +
                         ", where the real and imaginary parts are; expected another axis");
  dft.inverse = node.flag_attribute("inverse", false);
  dft.onesided = node.flag_attribute("onesided", false);
  const bool gives_reals = dft.inverse && dft.onesided;
  const Dim given = node.type(0).shape[static_cast<size_t>(dft.axis)];
  Dim length = gives_reals ? Dim(2) * (given - Dim(1)) : given;
  if (node.has_input(1)) {
    OCTET_ASSIGN_OR_RETURN(length, count_of(node, 1, "dft_length", 1));
  }
  if (gives_reals) dft.length = length;
  const Dim wanted = gives_reals ? Dim::floor_div(length, 2) + Dim(1) : length;
  OCTET_ASSIGN_OR_RETURN(const ValueId src, emit_of_extent(node, node.input(0), dft.axis, wanted));
  return node.finish(LongTailAttrs(dft), {src});
}

namespace {

// int64[frames, length]: i * step + j, the elements of frame i.
Result<ValueId> emit_frame_indices(NodeImport& node, const Dim& frames, const Dim& step,
                                   const Dim& length) {
  OCTET_ASSIGN_OR_RETURN(const ValueId starts,
                         node.emit("starts", RangeAttrs{DType::kI64, 0, step, frames}, {}));
  OCTET_ASSIGN_OR_RETURN(const ValueId column,
                         node.emit("start_column", ReshapeAttrs{{frames, 1}}, {starts}));
  OCTET_ASSIGN_OR_RETURN(const ValueId places,
                         node.emit("places", RangeAttrs{DType::kI64, 0, 1, length}, {}));
  return emit_binary(node, "indices", BinaryFunction::kAdd, column, places);
}

}  // namespace

// Frames of the signal [batch, elements, parts] one beside the other, times the window, transformed
// along each frame.
Status import_stft(NodeImport& node) {
  const TypeInfo signal = node.type(0);
  if (signal.rank() != 3)
    return invalid_model("input 0, the signal, is " + to_string(signal) +
                         ", expected rank 3: batch, elements, real and imaginary part");
  OCTET_ASSIGN_OR_RETURN(const Dim step, count_of(node, 1, "frame_step", 1));
  if (node.has_input(2) && node.rank(2) != 1)
    return invalid_model("input 2, the window, is " + to_string(node.type(2)) +
                         ", expected rank 1");
  Dim length = node.has_input(2) ? node.type(2).shape[0] : signal.shape[1];
  std::vector<Check> checks;
  if (node.has_input(3)) {
    OCTET_ASSIGN_OR_RETURN(length, count_of(node, 3, "frame_length", 1));
    if (node.has_input(2))
      OCTET_RETURN_IF_ERROR(
          require({.found = node.type(2).shape[0], .expected = length, .at = {2, 0}}, checks));
  }
  OCTET_RETURN_IF_ERROR(require(
      {.kind = Check::Kind::kAtLeast, .found = signal.shape[1], .expected = length, .at = {0, 1}},
      checks));
  node.add_checks(checks);
  const Dim frames = Dim::floor_div(signal.shape[1] - length, step) + Dim(1);
  OCTET_ASSIGN_OR_RETURN(const ValueId indices, emit_frame_indices(node, frames, step, length));
  OCTET_ASSIGN_OR_RETURN(ValueId value,
                         node.emit("frames", GatherAttrs{1}, {node.input(0), indices}));
  if (node.has_input(2)) {
    OCTET_ASSIGN_OR_RETURN(const ValueId window,
                           node.emit("window", ReshapeAttrs{{length, 1}}, {node.input(2)}));
    OCTET_ASSIGN_OR_RETURN(value,
                           emit_binary(node, "windowed", BinaryFunction::kMul, value, window));
  }
  DftAttrs dft;
  dft.axis = 2;
  dft.onesided = node.flag_attribute("onesided", true);
  return node.finish(LongTailAttrs(dft), {value});
}

}  // namespace octet

// Ops that make tables out of a few numbers: EyeLike, the windows of signal processing,
// MelWeightMatrix.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "loaders/onnx/formula.h"
#include "loaders/onnx/importers.h"
#include "runtime/ops/infer.h"

namespace octet {
namespace {

using B = BinaryFunction;
using U = UnaryFunction;

// Input `index`, the number of elements that `what` has.
Result<Dim> count_input(NodeImport& node, int index, const char* what) {
  OCTET_ASSIGN_OR_RETURN(const Dim count, node.dim(index));
  std::vector<Check> checks;
  OCTET_RETURN_IF_ERROR(require(
      {.kind = Check::Kind::kAtLeast, .found = count, .expected = 0, .what = what}, checks));
  node.add_checks(checks);
  OCTET_RETURN_IF_ERROR(check_shape({count}, node.limits()));
  return count;
}

}  // namespace

// 1 where column - row is k, 0 elsewhere.
Status import_eye_like(NodeImport& node) {
  const TypeInfo src = node.type(0);
  if (src.rank() != 2) return invalid_model("input 0 is " + to_string(src) + ", expected rank 2");
  OCTET_ASSIGN_OR_RETURN(const DType dtype, node.type_attribute("dtype", src.dtype));
  // Beyond any extent a diagonal is outside, however far.
  constexpr int64_t kFar = int64_t{1} << 40;
  const int64_t k = std::clamp(node.int_attribute("k", 0), -kFar, kFar);
  Formula f(node);
  const Operand row = f.positions(DType::kI64, k, src.shape[0], 1);
  const Operand column = f.positions(DType::kI64, 0, src.shape[1]);
  return f.finish(f.binary(B::kEqual, row, column), dtype);
}

namespace {

// Element i of a window is constant - first cos(a) + second cos(2 a), a = 2 pi i / period.
Status import_cosine_window(NodeImport& node, double constant, double first, double second) {
  OCTET_ASSIGN_OR_RETURN(const DType dtype, node.type_attribute("output_datatype", DType::kF32));
  OCTET_ASSIGN_OR_RETURN(const Dim size, count_input(node, 0, "the size of the window"));
  const bool periodic = node.flag_attribute("periodic", true);
  Formula f(node);
  const Operand period = f.scalar(DType::kF64, periodic ? size : size - Dim(1));
  const Operand angle = f.positions(DType::kF64, 0, size) * (2 * std::numbers::pi) / period;
  Operand window = constant - f.unary(U::kCos, angle) * first;
  if (second != 0) window = window + f.unary(U::kCos, angle * 2) * second;
  return f.finish(window, dtype);
}

}  // namespace

Status import_blackman_window(NodeImport& node) {
  return import_cosine_window(node, 0.42, 0.5, 0.08);
}
Status import_hamming_window(NodeImport& node) {
  return import_cosine_window(node, 25.0 / 46, 21.0 / 46, 0);
}
Status import_hann_window(NodeImport& node) { return import_cosine_window(node, 0.5, 0.5, 0); }

// Triangles over the bins of a spectrum, [dft_length / 2 + 1, num_mel_bins]: each rises from the
// edge before its own to its own and falls to the next one. Edges lie evenly on the mel scale,
// 2595 log10(1 + hertz / 700).
Status import_mel_weight_matrix(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const DType dtype, node.type_attribute("output_datatype", DType::kF32));
  OCTET_ASSIGN_OR_RETURN(const Dim mel_bins, count_input(node, 0, "num_mel_bins"));
  OCTET_ASSIGN_OR_RETURN(const Dim dft_length, count_input(node, 1, "dft_length"));
  constexpr DType kType = DType::kF64;
  const double scale = 2595 / std::numbers::ln10;
  Formula f(node);
  const auto number = [&](int index) { return f.as_scalar(f.cast(f.input(index), kType)); };
  const auto mel = [&](int index) { return f.unary(U::kLog, number(index) / 700 + 1) * scale; };
  const Operand lowest = mel(3);
  const Operand step = (mel(4) - lowest) / f.scalar(kType, mel_bins + Dim(2));
  const auto edge = [&](int64_t first) {
    const Operand mels = f.positions(kType, first, mel_bins) * step + lowest;
    const Operand hertz = (f.unary(U::kExp, mels / scale) - 1) * 700;
    return f.unary(U::kFloor, hertz * (number(1) + 1) / number(2));
  };
  const Operand before = edge(0), own = edge(1), next = edge(2);
  const Operand bin = f.positions(kType, 0, Dim::floor_div(dft_length, 2) + Dim(1), 1);
  const Operand zero = f.scalar(kType, 0.0), one = f.scalar(kType, 1.0);
  const Operand rise =
      f.where(f.binary(B::kEqual, before, own), one, (bin - before) / (own - before));
  const Operand left = f.where(f.binary(B::kGreaterOrEqual, bin, before), rise, zero);
  const Operand right = f.where(f.binary(B::kLess, bin, next), (next - bin) / (next - own), zero);
  return f.finish(f.where(f.binary(B::kLessOrEqual, bin, own), left, right), dtype);
}

}  // namespace octet

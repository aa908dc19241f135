// AffineGrid: where each place of an output lies in an input that an affine map turns.
#include "loaders/onnx/formula.h"
#include "loaders/onnx/importers.h"
#include "runtime/ops/infer.h"

namespace octet {
namespace {

// The places of an axis in [-1, 1]: centers of its elements where the corners are those of the
// first and last element (2 i / (n - 1) - 1), else where they are their outer edges
// ((2 i + 1) / n - 1). `behind`: axes that follow.
Operand places(Formula& f, const Dim& extent, size_t behind, bool align_corners) {
  const Operand doubled = f.positions(DType::kF64, 0, extent, behind) * 2;
  // One element has no distance to the next.
  if (align_corners) return doubled / f.scalar(DType::kF64, Dim::max(extent - Dim(1), 1)) - 1;
  return (doubled + 1) / f.scalar(DType::kF64, extent) - 1;
}

}  // namespace

// theta [N, S, S + 1] for S spatial axes, size (N, C, spatial..): [N, spatial.., S], whose last
// axis is theta x + theta y + .. + the last column, the last spatial axis first.
Status import_affine_grid(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<Dim> size, node.dims(1));
  if (size.size() != 4 && size.size() != 5)
    return invalid_model("input 1, the size, has " + std::to_string(size.size()) +
                         " elements, expected 4 or 5: batch, channels, spatial..");
  const size_t spatial = size.size() - 2;
  const TypeInfo theta = node.type(0);
  const auto axes = static_cast<int64_t>(spatial);
  if (theta.rank() != 3 || !(theta.shape[1] == Dim(axes)) || !(theta.shape[2] == Dim(axes + 1)))
    return invalid_model("input 0 is " + to_string(theta) + ", expected [N, " +
                         std::to_string(axes) + ", " + std::to_string(axes + 1) + "]");
  std::vector<Check> checks;
  OCTET_RETURN_IF_ERROR(require({.found = theta.shape[0],
                                 .expected = size[0],
                                 .at = {0, 0},
                                 .what = "the batch of input 0, as input 1 says it,"},
                                checks));
  for (size_t i = 2; i < size.size(); ++i)
    OCTET_RETURN_IF_ERROR(require({.kind = Check::Kind::kAtLeast,
                                   .found = size[i],
                                   .expected = 0,
                                   .what = "element " + std::to_string(i) + " of the size"},
                                  checks));
  node.add_checks(checks);
  OCTET_RETURN_IF_ERROR(
      check_shape({theta.shape[0], size[2], size[3], size.back(), axes}, node.limits()));

  const bool align_corners = node.flag_attribute("align_corners", false);
  Formula f(node);
  const Operand maps = f.cast(f.input(0), DType::kF64);
  SymbolicShape column_shape(spatial + 2, Dim(1));
  column_shape.front() = theta.shape[0];
  column_shape.back() = axes;
  const auto column = [&](size_t index) {
    const SliceAttrs slice{
        {0, 0, static_cast<int64_t>(index)}, {theta.shape[0], axes, 1}, {1, 1, 1}};
    return f.reshape(f.emit(slice, {maps.id}), column_shape);
  };
  Operand grid = column(spatial);
  for (size_t i = 0; i < spatial; ++i)
    grid = places(f, size[size.size() - 1 - i], i + 1, align_corners) * column(i) + grid;
  return f.finish(grid, theta.dtype);
}

}  // namespace octet

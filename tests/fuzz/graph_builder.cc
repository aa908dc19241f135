// Single nodes.
#include "tests/fuzz/graph_builder.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "tests/fuzz/random_graph.h"

namespace octet::fuzz {
namespace {

constexpr BinaryFunction kBinaryFunctions[] = {BinaryFunction::kAdd,
                                               BinaryFunction::kSub,
                                               BinaryFunction::kMul,
                                               BinaryFunction::kDiv,
                                               BinaryFunction::kPow,
                                               BinaryFunction::kMax,
                                               BinaryFunction::kMin,
                                               BinaryFunction::kMod,
                                               BinaryFunction::kEqual,
                                               BinaryFunction::kLess,
                                               BinaryFunction::kLessOrEqual,
                                               BinaryFunction::kGreater,
                                               BinaryFunction::kGreaterOrEqual,
                                               BinaryFunction::kAnd,
                                               BinaryFunction::kOr,
                                               BinaryFunction::kXor};
constexpr ReduceFunction kReduceFunctions[] = {ReduceFunction::kSum,    ReduceFunction::kMean,
                                               ReduceFunction::kMax,    ReduceFunction::kMin,
                                               ReduceFunction::kProd,   ReduceFunction::kL1,
                                               ReduceFunction::kL2,     ReduceFunction::kSumSquare,
                                               ReduceFunction::kLogSum, ReduceFunction::kLogSumExp};

// One row of a table.
template <class Row, size_t kRows>
const Row& some_row(ByteStream& bytes, const Row (&table)[kRows]) {
  return table[static_cast<size_t>(bytes.in(0, int64_t{kRows} - 1))];
}

constexpr int64_t kMostElements = 4096;  // with every symbol 5, the most it gets

// Whether a tensor stays small whatever the symbols are.
bool is_small(const SymbolicShape& shape) {
  int64_t count = 1;
  for (const Dim& dim : shape) {
    if (dim.str().size() > 200) return false;
    const int64_t extent = dim.is_constant() ? dim.value() : 16;
    if (extent > kMostElements || (count *= std::max<int64_t>(extent, 1)) > kMostElements)
      return false;
  }
  return true;
}

}  // namespace

void GraphBuilder::add_inputs() {
  const int64_t count = bytes_.in(1, 3);
  for (int64_t i = 0; i < count; ++i) {
    TypeInfo type;
    type.dtype = bytes_.one_of({DType::kF32, DType::kF32, DType::kF32, DType::kI64, DType::kBool});
    const int64_t rank = bytes_.in(0, 4);
    for (int64_t axis = 0; axis < rank; ++axis) switch (bytes_.in(0, 3)) {
        case 0:
          type.shape.push_back(Dim::symbol("n"));
          break;
        case 1:
          type.shape.push_back(Dim::symbol("m"));
          break;
        default:
          type.shape.push_back(bytes_.one_of<int64_t>({1, 2, 3, 4, 8, 16, 5}));
      }
    if (!is_small(type.shape)) type.shape = {Dim::symbol("n"), 8};
    values_.push_back(graph_.add_input("x" + std::to_string(i), std::move(type)));
  }
}

void GraphBuilder::add_outputs() {
  const int64_t count = std::min<int64_t>(bytes_.in(1, 3), static_cast<int64_t>(values_.size()));
  for (int64_t i = 0; i < count; ++i)
    graph_.add_output(values_[values_.size() - 1 - static_cast<size_t>(i)],
                      "y" + std::to_string(i));
  if (bytes_.chance(30)) graph_.add_output(some_value(), "other");
}

ValueId GraphBuilder::add(Attributes attributes, std::vector<ValueId> inputs) {
  std::vector<const TypeInfo*> types;
  for (ValueId id : inputs) types.push_back(id == kNoValue ? nullptr : &graph_.value(id).type);
  const auto outputs = infer_types(attributes, types);
  if (!outputs.is_ok()) return kNoValue;
  if (!is_small(outputs.value()[0].shape)) return kNoValue;
  auto value = graph_.add("n" + std::to_string(names_++), std::move(attributes), std::move(inputs));
  if (!value.is_ok()) return kNoValue;
  values_.push_back(*value);
  return *value;
}

ValueId GraphBuilder::some_value() {
  const auto back = static_cast<size_t>(bytes_.in(0, 7));
  return back < values_.size() ? values_[values_.size() - 1 - back] : values_.back();
}

ValueId GraphBuilder::some_float() {
  for (int i = 0; i < 4; ++i)
    if (const ValueId id = some_value(); graph_.value(id).type.dtype == DType::kF32) return id;
  return constant(DType::kF32, {2, 8});
}

ValueId GraphBuilder::constant(DType dtype, const Shape& shape) {
  auto value =
      graph_.add_constant("c" + std::to_string(names_++),
                          Constant(random_elements(bytes_, dtype, shape, special_values_)));
  return value.is_ok() ? *value : kNoValue;
}

ValueId GraphBuilder::scalar(float value) {
  auto id = graph_.add_constant("c" + std::to_string(names_++),
                                Constant(Tensor::from(std::span<const float>(&value, 1),
                                                      bytes_.chance(70) ? Shape{} : Shape{1})));
  return id.is_ok() ? *id : kNoValue;
}

ValueId GraphBuilder::integers(const std::vector<int64_t>& values) {
  auto id = graph_.add_constant("c" + std::to_string(names_++),
                                Constant(Tensor::from(std::span<const int64_t>(values),
                                                      Shape{static_cast<int64_t>(values.size())})));
  return id.is_ok() ? *id : kNoValue;
}

int GraphBuilder::some_axis(ValueId value) {
  return rank(value) == 0 ? 0 : static_cast<int>(bytes_.in(0, rank(value) - 1));
}

int64_t GraphBuilder::columns(ValueId value) const {
  const SymbolicShape& dims = shape(value);
  return dims.empty() || !dims.back().is_constant() ? 0 : dims.back().value();
}

ValueId GraphBuilder::partner(ValueId other) {
  const DType dtype = graph_.value(other).type.dtype;
  switch (bytes_.in(0, 5)) {
    case 0:
      return constant(dtype, {});
    case 1:
      return columns(other) > 0 ? constant(dtype, {columns(other)}) : other;
    case 2: {
      Shape extents;
      for (const Dim& dim : shape(other))
        extents.push_back(dim.is_constant() && bytes_.chance(60) ? dim.value() : 1);
      return constant(dtype, extents);
    }
    default:
      return some_value();
  }
}

void GraphBuilder::add_something() {
  switch (bytes_.in(0, 15)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return elementwise();
    case 4:
    case 5:
    case 6:
      return movement();
    case 7:
      return indexing();
    case 8:
    case 9:
      return reduction();
    case 10:
      return product();
    case 11:
      return layer_norm_pattern();
    case 12:
      return gelu_pattern();
    case 13:
      return linear_pattern();
    case 14:
      return attention_pattern();
    default:
      return feed_forward_pattern();
  }
}

void GraphBuilder::elementwise() {
  const ValueId src = some_value();
  switch (bytes_.in(0, 6)) {
    case 0:
    case 1: {
      add(UnaryAttrs{some_row(bytes_, kUnaryTable).function}, {src});
      break;
    }
    case 2:
      add(WhereAttrs{}, {some_value(), src, partner(src)});
      break;
    case 3:
      add(ClipAttrs{}, {src, bytes_.chance(80) ? scalar(-2) : kNoValue,
                        bytes_.chance(80) ? scalar(3) : kNoValue});
      break;
    case 4:
      add(CastAttrs{bytes_.one_of({DType::kF32, DType::kI64, DType::kI32, DType::kBool,
                                   DType::kF8E4M3FN, DType::kI4, DType::kF8E8M0FNU})},
          {src});
      break;
    default: {
      const auto function = some_row(bytes_, kBinaryFunctions);
      const ValueId other = partner(src);
      add(BinaryAttrs{function},
          bytes_.chance(50) ? std::vector{src, other} : std::vector{other, src});
    }
  }
}

void GraphBuilder::movement() {
  const ValueId src = some_value();
  const SymbolicShape dims = shape(src);
  switch (bytes_.in(0, 5)) {
    case 0: {  // one extent split, or two joined
      SymbolicShape to = dims;
      const auto axis = static_cast<size_t>(some_axis(src));
      if (axis + 1 < dims.size() && bytes_.chance(50)) {
        to[axis] = to[axis] * to[axis + 1];
        to.erase(to.begin() + static_cast<ptrdiff_t>(axis) + 1);
      } else if (!dims.empty() && dims.size() < 6) {
        const int64_t part = bytes_.one_of<int64_t>({1, 2, 4});
        to[axis] = Dim::floor_div(dims[axis], part);
        to.insert(to.begin() + static_cast<ptrdiff_t>(axis) + 1, Dim(part));
      }
      add(ReshapeAttrs{to}, {src});
      break;
    }
    case 1:
    case 2: {
      std::vector<int> permutation(dims.size());
      std::iota(permutation.begin(), permutation.end(), 0);
      for (size_t i = dims.size(); i > 1; --i)
        std::swap(permutation[i - 1],
                  permutation[static_cast<size_t>(bytes_.in(0, static_cast<int64_t>(i) - 1))]);
      add(TransposeAttrs{permutation}, {src});
      break;
    }
    case 3: {
      SliceAttrs slice{std::vector<Dim>(dims.size(), 0), dims,
                       std::vector<int64_t>(dims.size(), 1)};
      const auto axis = static_cast<size_t>(some_axis(src));
      if (!dims.empty() && dims[axis].is_constant() && dims[axis].value() > 0) {
        const int64_t extent = dims[axis].value(),
                      start = bytes_.in(0, std::min<int64_t>(extent - 1, 200));
        slice.starts[axis] = start;
        slice.counts[axis] = bytes_.in(0, std::min<int64_t>(extent - start, 200));
        if (bytes_.chance(20)) {
          slice.starts[axis] = extent - 1;
          slice.counts[axis] = extent;
          slice.steps[axis] = -1;
        }
      }
      add(std::move(slice), {src});
      break;
    }
    case 4: {
      SymbolicShape to = dims;
      for (Dim& dim : to)
        if (dim == Dim(1)) dim = bytes_.chance(50) ? Dim(3) : Dim::symbol("m");
      if (bytes_.chance(30) && to.size() < 5) to.insert(to.begin(), Dim(2));
      // A symbol that no input has could not be bound.
      bool known = false;
      for (const ValueId input : graph_.inputs())
        for (const Dim& dim : shape(input)) known |= dim == Dim::symbol("m");
      if (!known)
        for (Dim& dim : to)
          if (dim == Dim::symbol("m")) dim = 2;
      add(ExpandAttrs{to}, {src});
      break;
    }
    default:
      add(ConcatAttrs{some_axis(src)}, {src, bytes_.chance(50) ? src : some_value()});
  }
}

void GraphBuilder::indexing() {
  const ValueId src = some_value();
  const SymbolicShape dims = shape(src);
  const int axis = some_axis(src);
  switch (bytes_.in(0, 3)) {
    case 0: {  // shapes as data
      std::vector<Dim> values;
      for (const Dim& dim : dims) values.push_back(dim);
      add(ShapeValuesAttrs{.scalar = false, .values = values}, {});
      break;
    }
    case 1: {  // indices that may be out of range for small extents
      std::vector<int64_t> indices;
      for (int64_t i = bytes_.in(1, 4); i > 0; --i) indices.push_back(bytes_.in(-1, 1));
      add(GatherAttrs{axis}, {src, integers(indices)});
      break;
    }
    case 2:
      add(GatherAttrs{axis}, {src, some_value()});
      break;
    default:
      add(CumSumAttrs{axis, bytes_.chance(50), bytes_.chance(50)}, {src});
  }
}

void GraphBuilder::reduction() {
  const ValueId src = some_value();
  switch (bytes_.in(0, 3)) {
    case 0:
      add(SoftmaxAttrs{some_axis(src), bytes_.chance(20)}, {src});
      break;
    case 1:
      if (columns(src) > 0)
        add(LayerNormAttrs{},
            {src, constant(DType::kF32, {columns(src)}),
             bytes_.chance(50) ? constant(DType::kF32, {columns(src)}) : kNoValue});
      break;
    default: {
      ReduceAttrs reduce{some_row(bytes_, kReduceFunctions), {}, bytes_.chance(60)};
      for (int axis = 0; axis < rank(src); ++axis)
        if (bytes_.chance(50)) reduce.axes.push_back(axis);
      add(std::move(reduce), {src});
    }
  }
}

void GraphBuilder::product() {
  const ValueId lhs = some_float();
  if (columns(lhs) > 0 && bytes_.chance(60)) {
    add(MatMulAttrs{},
        {lhs, constant(DType::kF32, {columns(lhs), bytes_.one_of<int64_t>({1, 3, 8, 16})})});
    return;
  }
  const ValueId rhs = some_float();
  std::vector<int> permutation(shape(rhs).size());
  std::iota(permutation.begin(), permutation.end(), 0);
  if (permutation.size() >= 2) std::swap(permutation.end()[-1], permutation.end()[-2]);
  const ValueId transposed = add(TransposeAttrs{permutation}, {rhs});
  if (add(MatMulAttrs{}, {lhs, rhs}) == kNoValue && transposed != kNoValue)
    add(MatMulAttrs{}, {lhs, transposed});
}

}  // namespace octet::fuzz

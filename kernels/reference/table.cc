// The rows of the reference kernels, and the run of a single node.
#include "kernels/reference/table.h"

#include <algorithm>
#include <type_traits>

#include "kernels/api/run_kernel.h"
#include "kernels/reference/evaluate.h"
#include "runtime/ops/work.h"

namespace octet {
namespace {

template <class Attrs>
size_t no_scratch(const Attrs&, const TaskShapes&) {
  return 0;
}

// Ops whose tasks each prepare all of src before they compute their columns: worth it for some of
// them alone.
template <class Attrs>
constexpr bool kPreparesSrc =
    std::is_same_v<Attrs, LinearAttrs> || std::is_same_v<Attrs, QuantizedLinearAttrs>;
constexpr int64_t kColumnsWorthPreparing = 16;

std::vector<Shape> extents_of(std::span<const OperandShape> operands) {
  std::vector<Shape> extents;
  for (const OperandShape& operand : operands) extents.push_back(operand.shape);
  return extents;
}

// The op's function, in as many tasks as its shapes are worth, whatever the number of threads.
template <class Attrs, auto Evaluate, auto Scratch>
class ReferenceKernel : public TaskKernel {
 public:
  explicit ReferenceKernel(Attrs attrs) : attrs_(std::move(attrs)) {}
  int64_t task_count(const TaskShapes& shapes, int) const override {
    constexpr double kTaskWork = 1 << 17;  // about a millisecond
    constexpr int64_t kMostTasks = 256;
    const double work = work_of(attrs_, extents_of(shapes.inputs), extents_of(shapes.outputs));
    int64_t most = std::clamp<int64_t>(shapes.outputs[0].element_count(), 1, kMostTasks);
    if (kPreparesSrc<Attrs>)
      most = std::clamp<int64_t>(shapes.outputs[0].shape.back() / kColumnsWorthPreparing, 1, most);
    return work < kTaskWork * static_cast<double>(most)
               ? std::max<int64_t>(static_cast<int64_t>(work / kTaskWork), 1)
               : most;
  }
  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte* scratch,
             KernelState*) const override {
    reference::Share share(args.control, task, tasks);
    OCTET_RETURN_IF_ERROR(Evaluate(attrs_, args, share, scratch));
    return share.status();
  }
  size_t scratch_bytes(const TaskShapes& shapes) const override { return Scratch(attrs_, shapes); }
  bool accepts_strides(int) const override { return true; }

 private:
  Attrs attrs_;
};

template <class Attrs, auto Evaluate, auto Scratch = no_scratch<Attrs>>
Result<Kernel> make(const KernelRequest& request) {
  return Kernel(std::make_unique<ReferenceKernel<Attrs, Evaluate, Scratch>>(
      std::get<Attrs>(request.attributes)));
}

Result<Kernel> make_quantized_linear(const KernelRequest& request) {
  OCTET_ASSIGN_OR_RETURN(
      QuantizedLinearAttrs attrs,
      reference::with_loaded_weights(std::get<QuantizedLinearAttrs>(request.attributes)));
  return Kernel(
      std::make_unique<ReferenceKernel<QuantizedLinearAttrs, reference::quantized_linear,
                                       reference::quantized_linear_scratch>>(std::move(attrs)));
}

Support accept(const KernelRequest&) { return Support::yes(); }

// Kernels see no symbols; where a number depends on them, the binding has to make the value itself.
Support accept_constants(std::span<const Dim> dims, const char* what) {
  for (const Dim& dim : dims)
    if (!dim.is_constant())
      return Support::no(std::string(what) + " depends on the input shapes: " + dim.text());
  return Support::yes();
}

Support accept_range(const KernelRequest& request) {
  const auto& attrs = std::get<RangeAttrs>(request.attributes);
  const Dim dims[] = {attrs.start, attrs.delta};
  return accept_constants(dims, "start or delta");
}

Support accept_shape_values(const KernelRequest& request) {
  return accept_constants(std::get<ShapeValuesAttrs>(request.attributes).values, "a value");
}

Support accept_slice(const KernelRequest& request) {
  return accept_constants(std::get<SliceAttrs>(request.attributes).starts, "a start");
}

namespace r = reference;
constexpr KernelRow kRows[] = {
    {"arg_reduce/reference", OpKind::kArgReduce, accept, make<ArgReduceAttrs, r::arg_reduce>},
    {"attention/reference", OpKind::kAttention, accept,
     make<AttentionAttrs, r::attention, r::attention_scratch>},
    {"binary/reference", OpKind::kBinary, accept, make<BinaryAttrs, r::binary>},
    {"cast/reference", OpKind::kCast, accept, make<CastAttrs, r::cast>},
    {"clip/reference", OpKind::kClip, accept, make<ClipAttrs, r::clip>},
    {"concat/reference", OpKind::kConcat, accept, make<ConcatAttrs, r::concat>},
    {"conv/reference", OpKind::kConv, accept, make<ConvAttrs, r::conv>},
    {"conv_transpose/reference", OpKind::kConvTranspose, accept,
     make<ConvTransposeAttrs, r::conv_transpose>},
    {"cumsum/reference", OpKind::kCumSum, accept, make<CumSumAttrs, r::cumsum>},
    {"dequantize/reference", OpKind::kDequantize, accept, make<DequantizeAttrs, r::dequantize>},
    {"expand/reference", OpKind::kExpand, accept, make<ExpandAttrs, r::expand>},
    {"gather/reference", OpKind::kGather, accept, make<GatherAttrs, r::gather>},
    {"gather_elements/reference", OpKind::kGatherElements, accept,
     make<GatherElementsAttrs, r::gather_elements>},
    {"gather_nd/reference", OpKind::kGatherND, accept, make<GatherNDAttrs, r::gather_nd>},
    {"layer_norm/reference", OpKind::kLayerNorm, accept,
     make<LayerNormAttrs, r::layer_norm, r::layer_norm_scratch>},
    {"linear/reference", OpKind::kLinear, accept, make<LinearAttrs, r::linear, r::linear_scratch>},
    {"long_tail/reference", OpKind::kLongTail, accept,
     make<LongTailAttrs, r::long_tail, r::long_tail_scratch>},
    {"matmul/reference", OpKind::kMatMul, accept, make<MatMulAttrs, r::matmul>},
    {"pad/reference", OpKind::kPad, accept, make<PadAttrs, r::pad>},
    {"pool/reference", OpKind::kPool, accept, make<PoolAttrs, r::pool>},
    {"quantize/reference", OpKind::kQuantize, accept, make<QuantizeAttrs, r::quantize>},
    {"quantize_rows/reference", OpKind::kQuantizeRows, accept,
     make<QuantizeRowsAttrs, r::quantize_rows, r::quantize_rows_scratch>},
    {"quantized_linear/reference", OpKind::kQuantizedLinear, accept, make_quantized_linear},
    {"range/reference", OpKind::kRange, accept_range, make<RangeAttrs, r::range>},
    {"reduce/reference", OpKind::kReduce, accept, make<ReduceAttrs, r::reduce>},
    {"reshape/reference", OpKind::kReshape, accept, make<ReshapeAttrs, r::reshape>},
    {"resize/reference", OpKind::kResize, accept, make<ResizeAttrs, r::resize, r::resize_scratch>},
    {"shape_values/reference", OpKind::kShapeValues, accept_shape_values,
     make<ShapeValuesAttrs, r::shape_values>},
    {"slice/reference", OpKind::kSlice, accept_slice, make<SliceAttrs, r::slice>},
    {"softmax/reference", OpKind::kSoftmax, accept,
     make<SoftmaxAttrs, r::softmax, r::softmax_scratch>},
    {"transpose/reference", OpKind::kTranspose, accept, make<TransposeAttrs, r::transpose>},
    {"unary/reference", OpKind::kUnary, accept, make<UnaryAttrs, r::unary>},
    {"where/reference", OpKind::kWhere, accept, make<WhereAttrs, r::where>},
};

Result<std::vector<Tensor>> run(const TaskKernel& kernel, std::span<const Tensor> inputs,
                                const OutputTypes& types) {
  std::vector<Tensor> outputs;
  std::vector<TensorView> input_views, output_views;
  for (const Tensor& input : inputs) input_views.push_back(input.view());
  for (const TypeInfo& type : types) {
    const auto shape = to_constant(type.shape);
    if (!shape)
      return unsupported("the output " + to_string(type) +
                         " depends on the input shapes; expected constants");
    output_views.push_back(outputs.emplace_back(type.dtype, *shape).view());
  }
  const Status status = run_all_tasks(kernel, input_views, output_views, current_control());
  if (is_stop(status)) return stop_error(status.code());
  OCTET_RETURN_IF_ERROR(status);
  return outputs;
}

}  // namespace

std::span<const KernelRow> reference_kernels() { return kRows; }

Backend reference_backend() { return {.name = "reference", .kernels = kRows}; }

Result<std::vector<Tensor>> evaluate_reference(const Attributes& attributes,
                                               std::span<const Tensor> inputs) {
  std::vector<TypeInfo> types;
  for (const Tensor& input : inputs) {
    types.emplace_back();
    types.back().dtype = input.dtype();
    types.back().shape = to_symbolic(input.shape());
  }
  std::vector<const TypeInfo*> type_pointers;
  for (size_t i = 0; i < inputs.size(); ++i)
    type_pointers.push_back(inputs[i].view().data == nullptr ? nullptr : &types[i]);
  OCTET_ASSIGN_OR_RETURN(const OutputTypes outputs, infer_types(attributes, type_pointers));

  const std::vector<const Constant*> constants(inputs.size(), nullptr);
  const KernelRequest request{attributes, type_pointers, outputs, constants};
  for (const KernelRow& row : kRows) {
    if (row.op != op_kind(attributes)) continue;
    const Support support = row.accept(request);
    if (!support.is_yes()) return unsupported(std::string(row.name) + ": " + support.reason());
    OCTET_ASSIGN_OR_RETURN(const Kernel kernel, row.make(request));
    return run(*std::get<std::unique_ptr<TaskKernel>>(kernel), inputs, outputs);
  }
  assert(false && "every op has a reference kernel");
  return internal_error(std::string("no reference kernel for ") +
                        op_kind_name(op_kind(attributes)));
}

}  // namespace octet

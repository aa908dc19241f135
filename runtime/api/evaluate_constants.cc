// One node on tensors, by a kernel of the CPU where that pays.
#include "runtime/api/evaluate_constants.h"

#include <algorithm>

#include "kernels/api/run_kernel.h"
#include "kernels/cpu/table.h"
#include "kernels/reference/table.h"
#include "runtime/core/memory.h"
#include "runtime/ops/work.h"

namespace octet {
namespace {

constexpr double kWorthwhile =
    1 << 20;                         // multiply-adds; smaller ones keep the reference's rounding
constexpr double kTimesFaster = 32;  // than the reference, at least

// A product's operands with their types.
struct Product {
  std::span<const Tensor> inputs;
  std::vector<TypeInfo> types;
  std::vector<const TypeInfo*> type_pointers;
  std::vector<Constant> weights;
  std::vector<const Constant*> constants;
  OutputTypes outputs;
};

bool is_product(const Attributes& attributes) {
  const OpKind kind = op_kind(attributes);
  return kind == OpKind::kMatMul || kind == OpKind::kLinear || kind == OpKind::kConv;
}

double work_of_types(const Attributes& attributes, InputTypes inputs, const OutputTypes& outputs) {
  std::vector<Shape> input_shapes, output_shapes;
  for (const TypeInfo* input : inputs)
    input_shapes.push_back(input == nullptr ? Shape() : *to_constant(input->shape));
  for (const TypeInfo& output : outputs) output_shapes.push_back(*to_constant(output.shape));
  return work_of(attributes, input_shapes, output_shapes);
}

// The CPU's kernel for a large product; nullptr: the reference evaluates it.
const KernelRow* fast_row(const KernelRequest& request) {
  if (!is_product(request.attributes) ||
      work_of_types(request.attributes, request.inputs, request.outputs) < kWorthwhile)
    return nullptr;
  for (const KernelRow& row : cpu_kernels())
    if (row.op == op_kind(request.attributes) && row.accept(request).is_yes()) return &row;
  return nullptr;
}

TensorView view_at(std::span<const Tensor> tensors, size_t index) {
  return index < tensors.size() ? tensors[index].view() : TensorView();
}

// A linear layer, whose weights the kernel has packed: inputs src, weights, bias, residual.
Status run_rows(const RowKernel& kernel, std::span<const Tensor> inputs, const Tensor& output) {
  const int64_t columns = output.shape().back(), k = inputs[0].shape().back();
  const int64_t rows = output.element_count() / columns;
  const auto operand = [](const TensorView& view, int64_t row_elements) {
    return RowOperand{view.data, row_elements * int64_t{sizeof(float)}, row_elements};
  };
  RowOperand bias = operand(view_at(inputs, 2), columns);
  bias.row_bytes = 0;
  const RowOperand in[] = {
      operand(inputs[0].view(), k), {}, bias, operand(view_at(inputs, 3), columns)};
  const RowOperand out[] = {operand(output.view(), columns)};
  const auto scratch = allocate_buffer(kernel.scratch_bytes(rows, k));
  const auto state = kernel.make_state();
  return kernel.run({.rows = rows,
                     .inputs = in,
                     .outputs = out,
                     .scratch = scratch.get(),
                     .state = state.get(),
                     .control = current_control()});
}

}  // namespace

Result<std::vector<Tensor>> evaluate_constants(const Attributes& attributes,
                                               std::span<const Tensor> inputs) {
  if (!is_product(attributes)) return evaluate_reference(attributes, inputs);
  Product product;
  product.types.resize(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    product.types[i].dtype = inputs[i].dtype();
    product.types[i].shape = to_symbolic(inputs[i].shape());
    product.type_pointers.push_back(&product.types[i]);
  }
  OCTET_ASSIGN_OR_RETURN(product.outputs, infer_types(attributes, product.type_pointers));
  product.weights.emplace_back(inputs[1]);
  product.constants.assign(inputs.size(), nullptr);
  if (op_kind(attributes) == OpKind::kLinear) product.constants[1] = &product.weights[0];
  const KernelRequest request{attributes, product.type_pointers, product.outputs,
                              product.constants};
  const KernelRow* row = fast_row(request);
  if (row == nullptr) return evaluate_reference(attributes, inputs);

  std::vector<Tensor> outputs;
  outputs.emplace_back(product.outputs[0].dtype, *to_constant(product.outputs[0].shape));
  OCTET_ASSIGN_OR_RETURN(const Kernel kernel, row->make(request));
  Status status;
  if (const auto* task = std::get_if<std::unique_ptr<TaskKernel>>(&kernel)) {
    std::vector<TensorView> input_views;
    for (const Tensor& input : inputs) input_views.push_back(input.view());
    const TensorView output_view = outputs[0].view();
    status = run_all_tasks(**task, input_views, {&output_view, 1}, current_control());
  } else {
    status = run_rows(*std::get<std::unique_ptr<RowKernel>>(kernel), inputs, outputs[0]);
  }
  if (is_stop(status)) return stop_error(status.code());
  OCTET_RETURN_IF_ERROR(status);
  return outputs;
}

double evaluation_cost(const Attributes& attributes, InputTypes inputs,
                       const OutputTypes& outputs) {
  const double work = work_of_types(attributes, inputs, outputs);
  std::vector<Constant> weights;
  std::vector<const Constant*> constants(inputs.size(), nullptr);
  if (op_kind(attributes) == OpKind::kLinear) {  // only their shape is asked for
    TensorView shape_only;
    shape_only.dtype = inputs[1]->dtype;
    shape_only.shape = *to_constant(inputs[1]->shape);
    shape_only.strides = contiguous_strides(shape_only.shape);
    weights.emplace_back(Tensor(nullptr, shape_only));
    constants[1] = &weights[0];
  }
  return fast_row({attributes, inputs, outputs, constants}) != nullptr ? work / kTimesFaster : work;
}

}  // namespace octet

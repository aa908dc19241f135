// The attention kernels: takes the heads of a task out of the tensors and runs them.
#include "kernels/cpu/attention/attention.h"

#include <algorithm>

#include "kernels/cpu/attention/attention_head.h"
#include "kernels/cpu/attention/attention_tasks.h"
#include "kernels/cpu/cpu_features.h"

namespace octet::cpu {
namespace {

// The matrix of batch b for head h of `heads` in a view of [B, G, rows, columns].
HeadOperand head_operand(const TensorView& view, int64_t b, int64_t h, int64_t heads) {
  const int64_t shared = h * view.shape[1] / heads;
  const int64_t offset = b * view.strides[0] + shared * view.strides[1];
  return {view.data + offset * static_cast<int64_t>(dtype_size(view.dtype)), view.strides[2],
          view.strides[3]};
}

// The stride with which the mask is read along one of the four axes of the scores.
template <class Operand>
int64_t mask_stride(const Operand& mask, int axis) {
  const int own = axis - (4 - mask.shape.rank());
  return own < 0 || mask.shape[own] == 1 ? 0 : mask.strides[own];
}

template <class Args>
AttentionSizes sizes_of(const Args& args) {
  const Shape &q = args.inputs[0].shape, &k = args.inputs[1].shape;
  return {q[0] * q[1], q[2], k[2], q[3] + args.inputs[2].shape[3]};
}

using HeadFunction = void (*)(const AttentionHead&, std::byte*);

class AttentionKernel final : public TaskKernel {
 public:
  AttentionKernel(const AttentionAttrs& attrs, HeadFunction run_head, int64_t element_bytes)
      : attrs_(attrs), run_head_(run_head), element_bytes_(element_bytes) {}

  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    return shapes.outputs[0].element_count() == 0
               ? 0
               : choose_attention_tasks(sizes_of(shapes), threads);
  }
  size_t scratch_bytes(const TaskShapes& shapes) const override {
    return shapes.outputs[0].element_count() == 0
               ? 0
               : plan_attention_scratch(head_sizes(shapes), element_bytes_).total;
  }
  bool accepts_strides(int) const override { return true; }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte* scratch,
             KernelState*) const override {
    const AttentionTask part = attention_task(sizes_of(args), task, tasks);
    if (part.first_query == part.end_query) return Status::ok();
    Heartbeat beat(args.control);
    for (int64_t i = part.first_head; i < part.end_head && !beat.stop(); ++i) {
      AttentionHead one = head(args, i);
      one.beat = &beat;
      one.rows = part.end_query - part.first_query;
      one.q.data +=
          part.first_query * one.q.row_stride * static_cast<int64_t>(dtype_size(one.dtype));
      one.dst += part.first_query * one.dst_row_stride;
      if (one.mask) one.mask += part.first_query * one.mask_row_stride;
      run_head_(one, scratch);
    }
    return beat.status();
  }

 private:
  static bool has_mask(const TaskShapes& shapes) {
    return shapes.inputs.size() > 3 && shapes.inputs[3].is_present;
  }
  // What planning wants of a head.
  static AttentionHead head_sizes(const TaskShapes& shapes) {
    AttentionHead head;
    head.rows = shapes.inputs[0].shape[2];
    head.keys = shapes.inputs[1].shape[2];
    head.depth = shapes.inputs[0].shape[3];
    head.value_depth = shapes.inputs[2].shape[3];
    if (has_mask(shapes)) head.mask_row_stride = mask_stride(shapes.inputs[3], 2);
    return head;
  }
  // All queries of head `index` of batch times heads.
  AttentionHead head(const TaskArgs& args, int64_t index) const {
    const TensorView &q = args.inputs[0], &k = args.inputs[1], &v = args.inputs[2],
                     &dst = args.outputs[0];
    const int64_t heads = q.shape[1], b = index / heads, h = index % heads;
    AttentionHead head{.dtype = q.dtype,
                       .q = head_operand(q, b, h, heads),
                       .k = head_operand(k, b, h, heads),
                       .v = head_operand(v, b, h, heads),
                       .rows = q.shape[2],
                       .keys = k.shape[2],
                       .depth = q.shape[3],
                       .value_depth = v.shape[3],
                       .dst = dst.as<float>() + b * dst.strides[0] + h * dst.strides[2],
                       .dst_row_stride = dst.strides[1],
                       .scale = attrs_.scale,
                       .empty_rows_are_zero = attrs_.empty_rows_are_zero};
    if (args.inputs.size() > 3 && args.inputs[3].data != nullptr) {
      const TensorView& mask = args.inputs[3];
      head.mask = mask.as<float>() + b * mask_stride(mask, 0) + h * mask_stride(mask, 1);
      head.mask_row_stride = mask_stride(mask, 2);
      head.mask_key_stride = mask_stride(mask, 3);
    }
    return head;
  }

  AttentionAttrs attrs_;
  HeadFunction run_head_;
  int64_t element_bytes_;
};

Kernel make_kernel(const KernelRequest& request, HeadFunction run_head, int64_t element_bytes) {
  return std::unique_ptr<TaskKernel>(
      new AttentionKernel(std::get<AttentionAttrs>(request.attributes), run_head, element_bytes));
}

}  // namespace

Support accept_attention_bf16(const KernelRequest& request) {
  if (request.inputs[0]->dtype != DType::kBF16) {
    const Support fast = fast_bf16_attention();
    return Support::no(fast.is_yes() ? "q, k and v must be bfloat16"
                                     : "q, k and v stay float32, since " + fast.reason());
  }
  if (!has_bf16()) return Support::no("the CPU has no AVX512-BF16, or it is forbidden");
  return Support::yes();
}
Result<Kernel> make_attention_bf16(const KernelRequest& request) {
  return make_kernel(request, attention_head_bf16, 2);
}

Support accept_attention_f32(const KernelRequest&) { return Support::yes(); }
Result<Kernel> make_attention_f32(const KernelRequest& request) {
  return make_kernel(request, attention_head_f32, 4);
}

}  // namespace octet::cpu

// Depthwise convolution: a task kernel over images, channels and bands of output rows.
#include <algorithm>

#include "kernels/cpu/convolution/convolution.h"
#include "kernels/cpu/convolution/convolution_depthwise_block.h"
#include "kernels/cpu/kernels.h"
#include "kernels/cpu/movement/loop_nest.h"

namespace octet::cpu {
namespace {

class DepthwiseConv final : public TaskKernel {
 public:
  explicit DepthwiseConv(const ConvAttrs& attrs) : attrs_(attrs) {}

  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    const ConvShape shape = shape_of(shapes);
    // Two multiply-adds count as a byte.
    const int64_t work = shapes.outputs[0].element_count() * shape.depth() / 2;
    return std::min(choose_task_count(work, threads), std::max<int64_t>(unit_count(shape), 1));
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte* scratch,
             KernelState*) const override {
    const ConvShape shape = shape_of(args);
    const TensorView* residual = optional_input(args, 3);
    const TensorView* bias = optional_input(args, 2);
    const int64_t rows = band_rows(shape), bands = band_count(shape);
    const TaskShare share = share_of_task(unit_count(shape), task, tasks);
    Heartbeat beat(args.control);
    for (int64_t i = share.first; i < share.last && !beat.stop(); ++i) {
      const int64_t plane = i / bands, channel = plane % shape.channels;
      const int64_t first = i % bands * rows, last = std::min(first + rows, shape.dst_height);
      float* dst = args.outputs[0].as<float>() + plane * shape.dst_plane();
      const PlaneBand band{.src = args.inputs[0].as<float>() + plane * shape.src_plane(),
                           .first_row = first,
                           .last_row = last,
                           .padding = 0,
                           .copy = reinterpret_cast<float*>(scratch + offsets_bytes(shape)),
                           .offsets = reinterpret_cast<int64_t*>(scratch),
                           .beat = &beat};
      copy_band(shape, band);
      convolve_band(shape, {.band = band,
                            .weights = args.inputs[1].as<float>() + channel * shape.depth(),
                            .bias = bias ? bias->as<float>()[channel] : 0.0f,
                            .residual = residual ? residual->as<float>() + plane * shape.dst_plane()
                                                 : nullptr,
                            .dst = dst,
                            .relu = attrs_.activation == Activation::kRelu});
      if (attrs_.activation != Activation::kNone && attrs_.activation != Activation::kRelu)
        apply_activation(attrs_.activation, dst + first * shape.dst_width,
                         (last - first) * shape.dst_width);
    }
    return beat.status();
  }

  size_t scratch_bytes(const TaskShapes& shapes) const override {
    const ConvShape shape = shape_of(shapes);
    return offsets_bytes(shape) + static_cast<size_t>(copy_floats(shape)) * sizeof(float);
  }

 private:
  template <class Args>
  ConvShape shape_of(const Args& args) const {
    return conv_shape(attrs_.window, attrs_.groups, args.inputs[0].shape, args.outputs[0].shape);
  }
  static int64_t unit_count(const ConvShape& shape) {
    return shape.images * shape.channels * band_count(shape);
  }

  ConvAttrs attrs_;
};

}  // namespace

Support accept_depthwise_conv(const KernelRequest& request) {
  if (Support conv = require_conv(request); !conv.is_yes()) return conv;
  const auto& attrs = attributes_of<ConvAttrs>(request);
  const SymbolicShape& weights = request.inputs[1]->shape;
  if (attrs.groups == 1) return Support::no("there is only one group");
  if (!weights[0].is_constant() || weights[0].value() != attrs.groups ||
      !weights[1].is_constant() || weights[1].value() != 1)
    return Support::no("a group has more than one channel");
  if (std::string refusal = band_refusal(attrs.window); !refusal.empty())
    return Support::no(std::move(refusal));
  return Support::yes();
}

Result<Kernel> make_depthwise_conv(const KernelRequest& request) {
  return Kernel(std::make_unique<DepthwiseConv>(attributes_of<ConvAttrs>(request)));
}

}  // namespace octet::cpu

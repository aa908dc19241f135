// Pooling: a task kernel over images, channels and bands of output rows.
#include "kernels/cpu/convolution/pooling.h"

#include <limits>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/movement/loop_nest.h"

namespace octet::cpu {
namespace {

class Pool final : public TaskKernel {
 public:
  explicit Pool(const PoolAttrs& attrs) : attrs_(attrs) {}

  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    const ConvShape shape = shape_of(shapes);
    // A tap counts as a byte.
    const int64_t work =
        shapes.outputs[0].element_count() * shape.kernel_height * shape.kernel_width;
    return std::min(choose_task_count(work, threads), std::max<int64_t>(unit_count(shape), 1));
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte* scratch,
             KernelState*) const override {
    OCTET_RETURN_IF_ERROR(check_has_pixels(args.inputs[0].shape, args.outputs[0].shape));
    const ConvShape shape = shape_of(args);
    const int64_t rows = band_rows(shape), bands = band_count(shape);
    auto* copy = reinterpret_cast<float*>(scratch + offsets_bytes(shape));
    float* column_counts = copy + copy_floats(shape);
    float* row_counts = column_counts + padded_width(shape);
    const bool max = attrs_.function == PoolFunction::kMax;
    if (!max) {
      std::fill_n(column_counts, padded_width(shape), 1.0f);
      count_taps(attrs_.window.rank() - 1, shape.width, shape.dst_width, column_counts);
      if (attrs_.window.rank() == 2)
        count_taps(0, shape.height, shape.dst_height, row_counts);
      else
        row_counts[0] = 1;
    }
    const TaskShare share = share_of_task(unit_count(shape), task, tasks);
    Heartbeat beat(args.control);
    for (int64_t i = share.first; i < share.last && !beat.stop(); ++i) {
      const int64_t plane = i / bands, first = i % bands * rows;
      const PoolBand band{.band = {.src = args.inputs[0].as<float>() + plane * shape.src_plane(),
                                   .first_row = first,
                                   .last_row = std::min(first + rows, shape.dst_height),
                                   .padding = max ? -std::numeric_limits<float>::infinity() : 0.0f,
                                   .copy = copy,
                                   .offsets = reinterpret_cast<int64_t*>(scratch),
                                   .beat = &beat},
                          .column_counts = column_counts,
                          .row_counts = row_counts,
                          .dst = args.outputs[0].as<float>() + plane * shape.dst_plane()};
      copy_band(shape, band.band);
      (max ? pool_max : pool_mean)(shape, band);
    }
    return beat.status();
  }

  size_t scratch_bytes(const TaskShapes& shapes) const override {
    const ConvShape shape = shape_of(shapes);
    return offsets_bytes(shape) +
           sizeof(float) *
               static_cast<size_t>(copy_floats(shape) + padded_width(shape) + shape.dst_height);
  }

 private:
  template <class Args>
  ConvShape shape_of(const Args& args) const {
    return conv_shape(attrs_.window, args.inputs[0].shape[1], args.inputs[0].shape,
                      args.outputs[0].shape);
  }
  static int64_t unit_count(const ConvShape& shape) {
    return shape.images * shape.channels * band_count(shape);
  }
  static int64_t padded_width(const ConvShape& shape) {
    return (shape.dst_width + kBandColumns - 1) / kBandColumns * kBandColumns;
  }

  // How many taps of each window along `axis` the mean divides by.
  void count_taps(size_t axis, int64_t extent, int64_t windows, float* counts) const {
    const Window& window = attrs_.window;
    const PadPair pads = pads_of(window, axis, extent);
    const int64_t first = attrs_.count_include_pad ? -pads.begin : 0;
    const int64_t last = attrs_.count_include_pad ? extent + pads.end : extent;
    for (int64_t i = 0; i < windows; ++i) {
      // Taps t with first <= at + t * dilation < last.
      const int64_t at = i * window.strides[axis] - pads.begin, step = window.dilations[axis];
      const int64_t begin = at >= first ? 0 : (first - at + step - 1) / step;
      const int64_t end =
          at >= last ? 0 : std::min(window.kernel[axis], (last - at + step - 1) / step);
      counts[i] = static_cast<float>(std::max<int64_t>(end - begin, 0));
    }
  }

  PoolAttrs attrs_;
};

}  // namespace

Support accept_pool(const KernelRequest& request) {
  if (Support type = require_type(request, DType::kF32); !type.is_yes()) return type;
  const auto& attrs = attributes_of<PoolAttrs>(request);
  if (attrs.function == PoolFunction::kNorm) return Support::no("there is no loop for norms");
  if (attrs.indices) return Support::no("the positions of the largest elements are wanted");
  if (attrs.window.rank() > 2)
    return Support::no("at most two spatial axes", static_cast<int64_t>(attrs.window.rank()));
  if (std::string refusal = band_refusal(attrs.window); !refusal.empty())
    return Support::no(std::move(refusal));
  return require_useful_taps(attrs.window, request);
}

Result<Kernel> make_pool(const KernelRequest& request) {
  return Kernel(std::make_unique<Pool>(attributes_of<PoolAttrs>(request)));
}

}  // namespace octet::cpu

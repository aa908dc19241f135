// Convolution as a product of packed weights and patches: a task kernel over images, groups, blocks
// of output pixels and, where those are few, blocks of output channels.
//
// Patches go straight from [C, H, W] into panels in L1 and sums straight to [M, H, W]: no blocked
// layout, no library object per input shape. On one Zen 4 core the layers of ResNets take 0.85 (1 x
// 1 kernels) to 1.25 times as long as oneDNN's convolutions with the reorders from and to NCHW, and
// 1.8 times at 7 x 7 pixels, where padding is multiplied and 49 pixels fill four vectors.
#include "kernels/cpu/convolution/convolution.h"

#include <algorithm>
#include <array>

#include "kernels/cpu/convolution/convolution_block.h"
#include "kernels/cpu/convolution/plane_band.h"
#include "kernels/cpu/elementwise/unary_f32.h"
#include "kernels/cpu/kernels.h"
#include "kernels/cpu/movement/loop_nest.h"
#include "runtime/core/memory.h"

namespace octet::cpu {
namespace {

constexpr int64_t kPanelTiles = 2;  // panels side by side, so that weights are read half as often

int64_t ceil_div(int64_t count, int64_t unit) { return (count + unit - 1) / unit; }

// Where the tiles of packed weights stand: [group][block of kTileDepth][tile][k][kTileRows].
struct WeightsLayout {
  int64_t group_rows, depth;
  int64_t tiles() const { return ceil_div(group_rows, kTileRows); }
  int64_t group_floats() const { return tiles() * kTileRows * depth; }
  int64_t offset(int64_t group, int64_t k, int64_t block_depth, int64_t tile) const {
    return group * group_floats() + (tiles() * k + tile * block_depth) * kTileRows;
  }
};

// A block of output pixels of one image and group, for some tiles of output channels.
struct Unit {
  int64_t image, group;
  int64_t first_vector, last_vector;  // of kTileVector pixels each
  int64_t first_tile, last_tile;
};

struct Scratch {
  struct alignas(64) Panel {
    float panel[kPanelFloats];
    PatchPlan plan;
  };
  Panel panels[kPanelTiles];
  alignas(64) float weights[kTileRows * kTileDepth];  // of a tile that is not packed
};

class Conv final : public TaskKernel {
 public:
  Conv(const ConvAttrs& attrs, std::shared_ptr<const std::byte> packed)
      : attrs_(attrs), packed_(std::move(packed)) {}

  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    if (shapes.outputs[0].element_count() == 0) return 1;
    const ConvShape shape = shape_of(shapes);
    // A multiply-add counts as a byte.
    const int64_t work = shapes.outputs[0].element_count() * std::max<int64_t>(shape.depth(), 1);
    const int64_t tasks = tasks_for_threads(work / kWorkPerByte, threads);
    const int64_t blocks = block_count(shape);
    if (tasks <= blocks) return tasks;
    return blocks * std::min(ceil_div(tasks, blocks), ceil_div(shape.group_rows(), kTileRows));
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte* scratch,
             KernelState*) const override {
    if (args.outputs[0].element_count() == 0) return Status::ok();
    const ConvShape shape = shape_of(args);
    const int64_t blocks = block_count(shape);
    const int64_t parts = tasks <= blocks ? 1 : tasks / blocks;  // of the output channels
    const TaskShare share = share_of_task(blocks * parts, task, tasks);
    Heartbeat beat(args.control);
    for (int64_t i = share.first; i < share.last && !beat.stop(); ++i)
      run_unit(args, shape, unit(shape, i / parts, i % parts, parts),
               *reinterpret_cast<Scratch*>(scratch), beat);
    return beat.status();
  }

  size_t scratch_bytes(const TaskShapes&) const override { return sizeof(Scratch); }
  bool reads_input(int index) const override { return index != 1 || packed_ == nullptr; }

 private:
  static constexpr int64_t kWorkPerByte = 4;
  // A tile's multiply-adds as a Heartbeat counts them.
  static constexpr int64_t kTileUnits = kTileRows * kTileDepth * kPanelTiles * kTileColumns / 16;

  template <class Args>
  ConvShape shape_of(const Args& args) const {
    return conv_shape(attrs_.window, attrs_.groups, args.inputs[0].shape, args.outputs[0].shape);
  }
  static int64_t pixel_vectors(const ConvShape& shape) {
    return ceil_div(shape.dst_plane(), kTileVector);
  }
  static int64_t pixel_blocks(const ConvShape& shape) {
    return ceil_div(pixel_vectors(shape), kPanelTiles * kTileColumns / kTileVector);
  }

  static int64_t block_count(const ConvShape& shape) {
    return shape.images * shape.groups * pixel_blocks(shape);
  }

  static Unit unit(const ConvShape& shape, int64_t block, int64_t part, int64_t parts) {
    const int64_t blocks = pixel_blocks(shape);
    const TaskShare vectors = share_of_task(pixel_vectors(shape), block % blocks, blocks);
    const TaskShare tiles = share_of_task(ceil_div(shape.group_rows(), kTileRows), part, parts);
    block /= blocks;
    return {block / shape.groups, block % shape.groups, vectors.first,
            vectors.last,         tiles.first,          tiles.last};
  }

  void run_unit(const TaskArgs& args, const ConvShape& shape, const Unit& unit, Scratch& scratch,
                Heartbeat& beat) const {
    const WeightsLayout layout{shape.group_rows(), shape.depth()};
    const int64_t channel = unit.group * shape.group_rows();  // the group's first of dst
    const int64_t plane = unit.image * shape.dst_channels + channel;
    const TensorView* residual = optional_input(args, 3);
    const TensorView* bias = optional_input(args, 2);
    float* dst = args.outputs[0].as<float>() + plane * shape.dst_plane();

    // Tiles of nearly the same width: three vectors at most, two rather than three and one.
    const int64_t vectors = unit.last_vector - unit.first_vector;
    const int64_t panels = ceil_div(vectors, kTileColumns / kTileVector);
    std::array<PatchPanel, static_cast<size_t>(kPanelTiles)> panel;
    for (int64_t p = 0; p < panels; ++p) {
      const TaskShare share = share_of_task(vectors, p, panels);
      const int64_t first = (unit.first_vector + share.first) * kTileVector;
      const int64_t last =
          std::min((unit.first_vector + share.last) * kTileVector, shape.dst_plane());
      PatchPanel& patches = panel[static_cast<size_t>(p)];
      patches = {.src = args.inputs[0].as<float>() +
                        (unit.image * shape.channels + unit.group * shape.group_channels()) *
                            shape.src_plane(),
                 .column = first,
                 .columns = last - first,
                 .k = 0,
                 .depth = 0,
                 .panel = scratch.panels[p].panel,
                 .plan = &scratch.panels[p].plan,
                 .planned = false};
      patches.planned = plan_patches(shape, patches);
    }

    // Patches cost about as much as a tile of weights.
    for (int64_t k = 0; k < layout.depth && !beat.stop(kTileUnits); k += kTileDepth) {
      const int64_t depth = std::min(kTileDepth, layout.depth - k);
      for (int64_t p = 0; p < panels; ++p) {
        PatchPanel& patches = panel[static_cast<size_t>(p)];
        patches.k = k;
        patches.depth = depth;
        copy_patches(shape, patches);
      }
      for (int64_t t = unit.first_tile; t < unit.last_tile && !beat.stop(kTileUnits); ++t) {
        const int64_t row = t * kTileRows;
        ConvTile tile{.weights = scratch.weights,
                      .panel = nullptr,
                      .depth = depth,
                      .rows = std::min(kTileRows, shape.group_rows() - row),
                      .columns = 0,
                      .dst = nullptr,
                      .row_stride = shape.dst_plane(),
                      .first = k == 0,
                      .last = k + depth == layout.depth,
                      .bias = bias ? bias->as<float>() + channel + row : nullptr,
                      .residual = nullptr,
                      .relu = attrs_.activation == Activation::kRelu};
        if (packed_)
          tile.weights = reinterpret_cast<const float*>(packed_.get()) +
                         layout.offset(unit.group, k, depth, t);
        else
          pack_tile(args.inputs[1].as<float>() + (channel + row) * layout.depth + k, layout.depth,
                    tile.rows, depth, scratch.weights);
        for (int64_t p = 0; p < panels; ++p) {
          const PatchPanel& patches = panel[static_cast<size_t>(p)];
          const int64_t at = row * shape.dst_plane() + patches.column;
          tile.panel = patches.panel;
          tile.columns = patches.columns;
          tile.dst = dst + at;
          if (residual) tile.residual = residual->as<float>() + plane * shape.dst_plane() + at;
          multiply_tile(tile);
          if (tile.last) activate(tile);
        }
      }
    }
  }

  void activate(const ConvTile& tile) const {
    if (attrs_.activation == Activation::kNone || attrs_.activation == Activation::kRelu) return;
    for (int64_t r = 0; r < tile.rows; ++r)
      apply_activation(attrs_.activation, tile.dst + r * tile.row_stride, tile.columns);
  }

  ConvAttrs attrs_;
  std::shared_ptr<const std::byte> packed_;  // nullptr: the weights are computed
};

Result<std::shared_ptr<const std::byte>> pack(const Constant& constant, int64_t groups) {
  OCTET_ASSIGN_OR_RETURN(const Tensor weights, constant.load());
  const int64_t rows = weights.shape()[0];
  const WeightsLayout layout{rows / groups, weights.element_count() / rows};
  std::shared_ptr<std::byte> packed =
      allocate_weights(static_cast<size_t>(groups * layout.group_floats()) * sizeof(float));
  const auto* from = weights.view().as<float>();
  auto* to = reinterpret_cast<float*>(packed.get());
  for (int64_t group = 0; group < groups; ++group)
    for (int64_t k = 0; k < layout.depth; k += kTileDepth)
      for (int64_t t = 0; t < layout.tiles(); ++t) {
        const int64_t depth = std::min(kTileDepth, layout.depth - k), row = t * kTileRows;
        pack_tile(from + (group * layout.group_rows + row) * layout.depth + k, layout.depth,
                  std::min(kTileRows, layout.group_rows - row), depth,
                  to + layout.offset(group, k, depth, t));
      }
  return std::shared_ptr<const std::byte>(std::move(packed));
}

UnaryFunction unary_of(Activation activation) {
  switch (activation) {
    case Activation::kNone:
    case Activation::kRelu:
      break;
    case Activation::kGelu:
      return UnaryFunction::kGelu;
    case Activation::kGeluTanh:
      return UnaryFunction::kGeluTanh;
    case Activation::kTanh:
      return UnaryFunction::kTanh;
    case Activation::kSigmoid:
      return UnaryFunction::kSigmoid;
    case Activation::kSilu:
      return UnaryFunction::kSilu;
  }
  return UnaryFunction::kRelu;
}

}  // namespace

void apply_activation(Activation activation, float* data, int64_t count) {
  if (activation != Activation::kNone) unary_f32(unary_of(activation))(data, data, count);
}

Support require_conv(const KernelRequest& request) {
  if (Support type = require_type(request, DType::kF32); !type.is_yes()) return type;
  const size_t axes = attributes_of<ConvAttrs>(request).window.rank();
  if (axes > 2) return Support::no("at most two spatial axes", static_cast<int64_t>(axes));
  return require_useful_taps(attributes_of<ConvAttrs>(request).window, request);
}

Support accept_conv(const KernelRequest& request) {
  Support conv = require_conv(request);
  if (!conv.is_yes() || request.constants[1] == nullptr) return conv;
  if (request.constants[1]->shape().element_count() == 0)
    return Support::no("the weights are empty");
  return conv;
}

Result<Kernel> make_conv(const KernelRequest& request) {
  const auto& attrs = attributes_of<ConvAttrs>(request);
  std::shared_ptr<const std::byte> packed;
  if (request.constants[1] != nullptr) {
    const Constant& weights = *request.constants[1];
    const SharedKey key = weights.key()
                              .with("packed as float32")
                              .with("conv:tiles of 8", std::as_bytes(std::span(&attrs.groups, 1)));
    OCTET_ASSIGN_OR_RETURN(packed, get_shared<std::byte>(request.store, key, [&] {
                             return pack(weights, attrs.groups);
                           }));
  }
  return Kernel(std::make_unique<Conv>(attrs, std::move(packed)));
}

}  // namespace octet::cpu

// The attributes of ONNX's convolutions and pools as a Window of the IR.
#include "loaders/onnx/import_window.h"

#include <algorithm>

#include "loaders/onnx/names.h"

namespace octet {
namespace {

std::string list(const std::vector<int64_t>& numbers) {
  return to_string(SymbolicShape(numbers.begin(), numbers.end()));
}

Status import_padding(NodeImport& node, Window& window) {
  const size_t rank = window.rank();
  window.begins.assign(rank, 0);
  window.ends.assign(rank, 0);
  const std::string mode = node.string_attribute("auto_pad", "NOTSET");
  if (mode == "VALID") return Status::ok();
  if (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
    window.padding = mode == "SAME_UPPER" ? Padding::kSameUpper : Padding::kSameLower;
    return Status::ok();
  }
  if (mode != "NOTSET")
    return invalid_model("attribute \"auto_pad\" is " + quoted(mode) +
                         ", expected \"NOTSET\", \"SAME_UPPER\", \"SAME_LOWER\" or \"VALID\"");
  const auto pads = node.ints_attribute("pads");
  if (!pads) return Status::ok();
  if (pads->size() != 2 * rank)
    return invalid_model("attribute \"pads\" is " + list(*pads) + ", expected " +
                         std::to_string(2 * rank) + " numbers, two per spatial axis");
  std::copy_n(pads->begin(), rank, window.begins.begin());
  std::copy_n(pads->begin() + static_cast<std::ptrdiff_t>(rank), rank, window.ends.begin());
  return Status::ok();
}

// Padding that depends on extents is settled where they are constant.
void settle_padding(const SymbolicShape& src, Window& window) {
  if (window.padding == Padding::kExplicit) return;
  for (size_t axis = 0; axis < window.rank(); ++axis)
    if (!src[axis + 2].is_constant()) return;
  for (size_t axis = 0; axis < window.rank(); ++axis) {
    const PadPair pads = pads_of(window, axis, src[axis + 2].value());
    window.begins[axis] = pads.begin;
    window.ends[axis] = pads.end;
  }
  window.padding = Padding::kExplicit;
  window.ceil_mode = false;
}

}  // namespace

Result<std::vector<int64_t>> kernel_extents(const TypeInfo& weights) {
  std::vector<int64_t> kernel;
  for (size_t axis = 2; axis < weights.shape.size(); ++axis) {
    if (!weights.shape[axis].is_constant())
      return unsupported("the kernel extents of the weights, " + to_string(weights) +
                         ", depend on the input shapes; expected constants");
    kernel.push_back(weights.shape[axis].value());
  }
  return kernel;
}

Result<std::vector<int64_t>> kernel_of_weights(const NodeImport& node, int weights) {
  return kernel_extents(node.type(weights));
}

Result<Window> import_window(NodeImport& node, std::optional<std::vector<int64_t>> kernel) {
  return import_window(node, node.type(0), std::move(kernel));
}

Result<Window> import_window(NodeImport& node, const TypeInfo& src,
                             std::optional<std::vector<int64_t>> kernel) {
  if (src.rank() < 3)
    return invalid_model("input 0 is " + to_string(src) +
                         ", expected rank 3 or more: batch, channels, spatial");
  const auto rank = static_cast<size_t>(src.rank()) - 2;
  Window window;
  const auto given = node.ints_attribute("kernel_shape");
  if (!given && !kernel) return invalid_model("attribute \"kernel_shape\" is missing");
  window.kernel = kernel ? *kernel : *given;
  if (given && *given != window.kernel)
    return invalid_model("attribute \"kernel_shape\" is " + list(*given) +
                         ", but the weights are " + to_string(node.type(1)));
  const std::vector<int64_t> ones(rank, 1);
  window.strides = node.ints_attribute("strides").value_or(ones);
  window.dilations = node.ints_attribute("dilations").value_or(ones);
  window.ceil_mode = node.flag_attribute("ceil_mode", false);
  if (window.kernel.size() != rank)
    return invalid_model("the kernel has " + std::to_string(window.kernel.size()) +
                         " extents, but input 0 is " + to_string(src));
  OCTET_RETURN_IF_ERROR(import_padding(node, window));
  OCTET_RETURN_IF_ERROR(node.status());
  OCTET_RETURN_IF_ERROR(check_window(window, rank));
  settle_padding(src.shape, window);
  return window;
}

}  // namespace octet

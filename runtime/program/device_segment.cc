// Forms the steps of devices: as many of a device's nodes in a row as can run.
#include "runtime/program/scheduler.h"

namespace octet {

Result<bool> Scheduler::run_segment() {
  const auto devices = static_cast<Place>(builder_.program().devices.size());
  for (Place place = 0; place < devices; ++place) {
    NodeQueue& ready = ready_.device_nodes(place);
    if (ready.empty()) continue;
    builder_.open_segment(place);
    while (!ready.empty()) {
      const auto index = static_cast<size_t>(ready.top());
      ready.pop();
      if (done_[index]) continue;
      OCTET_RETURN_IF_ERROR(emit_device_node(index));
      done_[index] = true;
      for (ValueId output : node(index).outputs) settle(output);
    }
    builder_.close_segment();
    return true;
  }
  return false;
}

Status Scheduler::emit_device_node(size_t index) {
  const Node& member = node(index);
  const ChosenKernel& chosen = kernels_[index];
  const auto needs_copy = [&](size_t input) {
    return !chosen.device->accepts_strides(static_cast<int>(input)) &&
           !builder_.is_contiguous(member.inputs[input]);
  };
  DeviceNode made{0, chosen.device, {}, {}};
  std::vector<size_t> read;  // the inputs that are
  bool in_pieces = false;
  for (size_t i = 0; i < member.inputs.size(); ++i)
    if (member.inputs[i] != kNoValue && chosen.device->reads_input(static_cast<int>(i))) {
      read.push_back(i);
      in_pieces |= needs_copy(i) && !builder_.has_contiguous_copy(member.inputs[i]);
    }
  // The host makes what lies irregularly contiguous, between two segments.
  if (in_pieces) {
    builder_.close_segment();
    for (const size_t i : read)
      if (needs_copy(i))
        OCTET_RETURN_IF_ERROR(builder_.contiguous_tensor(member.inputs[i]).status());
    builder_.open_segment(chosen.place);
  }
  made.inputs.assign(member.inputs.size(), kNoTensor);
  for (const size_t i : read) {
    OCTET_ASSIGN_OR_RETURN(
        made.inputs[i], needs_copy(i) ? builder_.contiguous_tensor(member.inputs[i], chosen.place)
                                      : builder_.tensor(member.inputs[i], chosen.place));
  }
  for (ValueId output : member.outputs) {
    builder_.define(output, chosen.place, chosen.device->output_row_alignment());
    OCTET_ASSIGN_OR_RETURN(const TensorIndex tensor, builder_.tensor(output, chosen.place));
    made.outputs.push_back(tensor);
  }
  made.report = add_report(index);
  record_layer(index, static_cast<int>(builder_.program().steps.size()),
               static_cast<int>(builder_.segment().commands.size()));
  builder_.segment().commands.push_back(std::move(made));
  return Status::ok();
}

}  // namespace octet

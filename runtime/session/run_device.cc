// Drives a device: its memory and queue, and the commands of one step, eagerly.
#include <algorithm>

#include "runtime/session/session.h"

namespace octet {

Status Session::lay_out_device(Place place, const DeviceMemory& memory) {
  DeviceWork& work = devices_[static_cast<size_t>(place)];
  Device& device = *program_->devices[static_cast<size_t>(place)];
  if (memory.bytes == 0) return Status::ok();  // nothing runs there
  if (work.queue == nullptr) {
    OCTET_ASSIGN_OR_RETURN(work.queue, device.make_queue());
  }
  if (memory.bytes > work.capacity) {
    work.arena.reset();  // before the new one is there: the peak stays one arena
    work.capacity = 0;
    OCTET_ASSIGN_OR_RETURN(work.arena, device.allocate(static_cast<size_t>(memory.bytes)));
    work.capacity = memory.bytes;
  }
  work.workspace = work.arena.get() + memory.workspace;
  return Status::ok();
}

Status Session::drive_device(const DeviceStep& device, const BoundStep& bound) {
  DeviceQueue& queue = *devices_[static_cast<size_t>(device.place)].queue;
  // After an error or an exception, too: nothing may work on the memory of a run that is over.
  Status status;
  try {
    status = enqueue_commands(device, bound, queue);
  } catch (...) {
    [[maybe_unused]] const Status drained = queue.synchronize();
    throw;
  }
  const Status drained = queue.synchronize();
  if (!status.is_ok() || drained.is_ok()) return status;
  return drained.with_prefix("device " +
                             program_->devices[static_cast<size_t>(device.place)]->name());
}

Status Session::enqueue_commands(const DeviceStep& device, const BoundStep& bound,
                                 DeviceQueue& queue) {
  const std::span<const TensorView> views(views_);
  size_t view = bound.first_view, copied = bound.first_copy;
  for (const DeviceCommand& command : device.commands) {
    if (stopped()) return Status::ok();
    const int64_t start = profile_ ? Profile::now() : 0;
    int report = 0;
    if (const auto* copy = std::get_if<DeviceCopy>(&command)) {
      report = copy->report;
      const auto bytes = static_cast<size_t>(binding_->copy_bytes[copied++]);
      std::byte* from = bases_[static_cast<size_t>(copy->from)];
      std::byte* to = bases_[static_cast<size_t>(copy->to)];
      const bool up = program_->storages[static_cast<size_t>(copy->from)].place == kHost;
      if (bytes > 0)
        OCTET_RETURN_IF_ERROR(kernel_status(
            up ? queue.upload(to, from, bytes) : queue.download(to, from, bytes), report));
    } else {
      const auto& node = std::get<DeviceNode>(command);
      report = node.report;
      const DeviceArgs args{views.subspan(view, node.inputs.size()),
                            views.subspan(view + node.inputs.size(), node.outputs.size()),
                            devices_[static_cast<size_t>(device.place)].workspace};
      view += node.inputs.size() + node.outputs.size();
      const bool empty =
          std::all_of(args.outputs.begin(), args.outputs.end(),
                      [](const TensorView& output) { return output.element_count() == 0; });
      if (!empty) OCTET_RETURN_IF_ERROR(kernel_status(node.kernel->enqueue(args, queue), report));
    }
    if (profile_ == nullptr) continue;
    OCTET_RETURN_IF_ERROR(kernel_status(queue.synchronize(), report));
    profile_->add({profiled_as_, report, 0, start, Profile::now(), 0});
  }
  return Status::ok();
}

}  // namespace octet

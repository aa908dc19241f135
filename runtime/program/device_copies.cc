// Where a value is used at another place than it lies: storages, tensors and constants there, and
// the commands that copy.
#include "runtime/program/builder.h"

namespace octet {

void ProgramBuilder::close_segment() {
  if (segment_->commands.empty()) return segment_.reset();
  const int step = static_cast<int>(program_.steps.size());
  for (const DeviceCommand& command : segment_->commands)
    if (const auto* node = std::get_if<DeviceNode>(&command))
      for (const TensorIndex output : node->outputs)
        made_in_[program_.tensors[static_cast<size_t>(output)].storage] = step;
  program_.steps.emplace_back(std::move(*segment_));
  segment_.reset();
}

Result<TensorIndex> ProgramBuilder::tensor_at(TensorIndex tensor, Place place) {
  const StorageIndex home = program_.tensors[static_cast<size_t>(tensor)].storage;
  if (program_.storages[static_cast<size_t>(home)].place == place) return tensor;
  const auto [found, is_new] = other_tensors_.try_emplace({tensor, place}, kNoTensor);
  if (is_new) {
    ProgramTensor other = program_.tensors[static_cast<size_t>(tensor)];
    OCTET_ASSIGN_OR_RETURN(other.storage, storage_at(home, place));
    found->second = static_cast<TensorIndex>(program_.tensors.size());
    program_.tensors.push_back(std::move(other));
  }
  return found->second;
}

Result<StorageIndex> ProgramBuilder::storage_at(StorageIndex home, Place place) {
  const Storage storage = program_.storages[static_cast<size_t>(home)];
  if (storage.place == place) return home;
  if (const auto found = other_storages_.find({home, place}); found != other_storages_.end())
    return found->second;
  const ValueId value = owners_[static_cast<size_t>(home)];
  // Between two devices by way of the host.
  StorageIndex from = home;
  if (storage.place != kHost && place != kHost) {
    OCTET_ASSIGN_OR_RETURN(from, storage_at(home, kHost));
  }
  Storage other{.kind = Storage::Kind::kArena, .dtype = storage.dtype, .place = place};
  other.elements = storage.elements;
  other.first_step = -1;
  if (storage.kind == Storage::Kind::kConstant) {
    other.kind = Storage::Kind::kConstant;
    OCTET_ASSIGN_OR_RETURN(other.index, upload_constant(value, place));
  }
  const auto to = static_cast<StorageIndex>(program_.storages.size());
  program_.storages.push_back(other);
  owners_.push_back(value);
  other_storages_[{home, place}] = to;
  if (other.kind == Storage::Kind::kConstant) return to;
  if (place != kHost) {
    assert(segment_ && segment_->place == place);
    segment_->commands.push_back(DeviceCopy{report_copy(value, "upload", place), from, to});
  } else {
    auto& made = std::get<DeviceStep>(program_.steps[static_cast<size_t>(made_in_.at(home))]);
    const int report = report_copy(value, "download", storage.place);
    program_.reports[static_cast<size_t>(report)].step = made_in_.at(home);
    made.commands.push_back(DeviceCopy{report, from, to});
  }
  return to;
}

Result<int> ProgramBuilder::upload_constant(ValueId value, Place place) {
  const Constant& constant = *graph_.value(value).constant;
  const SharedKey key = constant.key();
  const auto index = static_cast<int>(program_.device_constants.size());
  if (key.is_known()) {
    const auto [found, is_new] = uploaded_.try_emplace({key, place}, index);
    if (!is_new) return found->second;
  }
  OCTET_ASSIGN_OR_RETURN(const Tensor tensor, constant.load());
  Device& device = *program_.devices[static_cast<size_t>(place)];
  OCTET_ASSIGN_OR_RETURN(auto memory, device.allocate(tensor.byte_count()));
  if (tensor.byte_count() > 0) {
    std::unique_ptr<DeviceQueue>& queue = queues_[place];
    if (queue == nullptr) {
      OCTET_ASSIGN_OR_RETURN(queue, device.make_queue());
    }
    OCTET_RETURN_IF_ERROR(queue->upload(memory.get(), tensor.bytes(), tensor.byte_count()));
    OCTET_RETURN_IF_ERROR(queue->synchronize());
  }
  program_.device_constants.push_back(std::move(memory));
  return index;
}

}  // namespace octet

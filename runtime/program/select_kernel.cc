// Walks the kernel tables in order.
#include "runtime/program/select_kernel.h"

namespace octet {

Result<ChosenKernel> select_kernel(const KernelRequest& request,
                                   std::span<const Backend> backends) {
  ChosenKernel chosen;
  const OpKind op = op_kind(request.attributes);
  const bool row_local =
      row_access(request.attributes, request.inputs, request.outputs).has_value();
  Place devices = 0;
  for (const Backend& backend : backends) {
    const Place place = backend.device == nullptr ? kHost : devices++;
    for (const KernelRow& row : backend.kernels) {
      if (row.op != op) continue;
      const Support support = row.accept(request);
      if (!support.is_yes()) {
        chosen.declined.push_back(std::string(row.name) + ": " + support.reason());
        continue;
      }
      OCTET_ASSIGN_OR_RETURN(Kernel kernel, row.make(request));
      if (auto* task = std::get_if<std::unique_ptr<TaskKernel>>(&kernel)) {
        chosen.task = std::move(*task);
      } else if (auto* device = std::get_if<std::unique_ptr<DeviceKernel>>(&kernel)) {
        assert(place != kHost);
        chosen.device = std::move(*device);
        chosen.place = place;
      } else if (row_local) {
        chosen.row = std::move(std::get<std::unique_ptr<RowKernel>>(kernel));
      } else {
        chosen.declined.push_back(std::string(row.name) +
                                  ": the node is not row-local for these shapes");
        continue;
      }
      chosen.name = row.name;
      return chosen;
    }
  }
  std::string text = "no kernel takes this node";
  for (const std::string& reason : chosen.declined) text += "; " + reason;
  return unsupported(text);
}

bool packs_weights(const ChosenKernel& chosen) {
  if (chosen.device != nullptr) return chosen.device->packed_weights() != nullptr;
  return chosen.row != nullptr && chosen.row->packed_weights() != nullptr;
}

}  // namespace octet

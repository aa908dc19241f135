// Reference of the ops without inputs.
#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"

namespace octet::reference {

Status shape_values(const ShapeValuesAttrs& attrs, const TaskArgs& args, std::byte*) {
  for (size_t i = 0; i < attrs.values.size(); ++i)
    store_integer(args.outputs[0], static_cast<int64_t>(i), attrs.values[i].value());
  return Status::ok();
}

Status range(const RangeAttrs& attrs, const TaskArgs& args, std::byte*) {
  const auto start = static_cast<uint64_t>(attrs.start.value()),
             delta = static_cast<uint64_t>(attrs.delta.value());
  for (int64_t i = 0; i < args.outputs[0].element_count(); ++i)
    store_integer(args.outputs[0], i,
                  static_cast<int64_t>(start + static_cast<uint64_t>(i) * delta));
  return Status::ok();
}

}  // namespace octet::reference

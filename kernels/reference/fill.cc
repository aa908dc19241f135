// Reference of the ops without inputs.
#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"

namespace octet::reference {

Status shape_values(const ShapeValuesAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const Share::Range range = share.of(static_cast<int64_t>(attrs.values.size()));
  for (int64_t i = range.first; i < range.last && !share.stop(); ++i)
    store_integer(args.outputs[0], i, attrs.values[static_cast<size_t>(i)].value());
  return Status::ok();
}

Status range(const RangeAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const auto start = static_cast<uint64_t>(attrs.start.value()),
             delta = static_cast<uint64_t>(attrs.delta.value());
  const Share::Range part = share.of(args.outputs[0].element_count());
  for (int64_t i = part.first; i < part.last && !share.stop(); ++i)
    store_integer(args.outputs[0], i,
                  static_cast<int64_t>(start + static_cast<uint64_t>(i) * delta));
  return Status::ok();
}

}  // namespace octet::reference

// Iterations of a loop, and where their values lie.
#include <algorithm>
#include <cstring>

#include "runtime/session/loop_run.h"

namespace octet {
namespace {

// Slice `index` of `view` along an axis, without that axis.
TensorView slice_of(const TensorView& view, int axis, int64_t index) {
  TensorView slice{view.data, view.dtype, {}, {}};
  slice.data += index * view.strides[axis] * static_cast<int64_t>(dtype_size(view.dtype));
  for (int i = 0; i < view.shape.rank(); ++i) {
    if (i == axis) continue;
    slice.shape.push_back(view.shape[i]);
    slice.strides.push_back(view.strides[i]);
  }
  return slice;
}

Shape with_axis(const Shape& shape, int axis, int64_t extent) {
  Shape wider;
  for (int i = 0; i <= shape.rank(); ++i) {
    if (i == axis) wider.push_back(extent);
    if (i < shape.rank()) wider.push_back(shape[i]);
  }
  return wider;
}

bool is_known(const Shape& shape) {
  return std::all_of(shape.begin(), shape.end(), [](int64_t extent) { return extent >= 0; });
}

void copy_bytes(std::byte* to, const TensorView& from) {
  if (byte_count(from) > 0) std::memcpy(to, from.data, static_cast<size_t>(byte_count(from)));
}

// Room for `bytes`, and `more` than there is, with the first `used` as they are.
void grow_with_contents(KeptBuffer& buffer, int64_t bytes, int64_t more, int64_t used) {
  if (bytes <= buffer.capacity) return;
  KeptBuffer larger;
  larger.grow(std::max(bytes, buffer.held() + more));
  if (used > 0) std::memcpy(larger.memory.get(), buffer.memory.get(), static_cast<size_t>(used));
  buffer = std::move(larger);
}

}  // namespace

Session::LoopRun::LoopRun(Session& session, const SubprogramStep& call, const BoundStep& bound,
                          Subprogram& work)
    : session_(session),
      call_(call),
      control_(call.control),
      bound_(bound),
      work_(work),
      body_(session.inner_session(work, call.programs[0])),
      is_scan_(control_.kind == ControlKind::kScan),
      carried_(static_cast<size_t>(control_.carried)),
      scans_(control_.scan_outputs.size()),
      first_(is_scan_ ? 0 : 2),
      has_values_(session.program_->holds_values),
      results_(scans_) {
  int64_t given = 0;
  for (const TensorView& input : work.inputs)
    if (input.data != nullptr) given += byte_count(input);
  limit_ = session.options_.memory_limit > 0 ? session.options_.memory_limit
                                             : default_memory_limit(given);
}

Session::LoopRun::~LoopRun() {
  for (auto* values : {&work_.carried_values, &work_.body_values, &work_.body_results})
    values->clear();
}

Status Session::LoopRun::located(Status status) const {
  return session_.kernel_status(std::move(status), call_.report);
}

Status Session::LoopRun::too_large(const std::string& what) const {
  return located(resource_exhausted(what + " needs more than the memory limit of " +
                                    std::to_string(limit_) +
                                    " bytes; use fewer iterations or raise memory_limit"));
}

bool Session::LoopRun::has_room(int64_t more) const {
  int64_t held = 0;
  for (const auto* buffers : {&work_.carried[0], &work_.carried[1], &work_.scanned})
    for (const KeptBuffer& buffer : *buffers) held += buffer.held();
  return more <= limit_ - held;
}

Result<int64_t> Session::LoopRun::find_count() const {
  if (!is_scan_) {
    const TensorView& most = work_.inputs[0];
    return most.data == nullptr ? -1 : std::max<int64_t>(*most.as<int64_t>(), 0);
  }
  int64_t count = -1;
  for (size_t i = 0; i < control_.scan_inputs.size(); ++i) {
    const size_t input = carried_ + i;
    const int64_t extent = work_.inputs[input].shape[control_.scan_inputs[i].axis];
    if (count >= 0 && extent != count)
      return located(invalid_argument("scan input " + std::to_string(i) + " has " +
                                      std::to_string(extent) + " slices, and an earlier one " +
                                      std::to_string(count) + "; they must have equally many"));
    count = extent;
  }
  return count;
}

bool Session::LoopRun::starts() const {
  return is_scan_ || work_.inputs[1].data == nullptr || *work_.inputs[1].as<bool>();
}

Status Session::LoopRun::run() {
  const MemoryScope scope(session_.options_.memory.get());
  OCTET_ASSIGN_OR_RETURN(count_, find_count());
  set_up_body();
  work_.condition = starts();
  for (; (count_ < 0 || done_ < count_) && work_.condition; ++done_) {
    if (session_.stopped()) return session_.failure_;
    work_.iteration = done_;
    take_slices();
    OCTET_RETURN_IF_ERROR(body_.prepare(work_.body_inputs));
    OCTET_RETURN_IF_ERROR(place_outputs());
    OCTET_RETURN_IF_ERROR(
        body_.run(work_.body_inputs, work_.body_outputs, session_.control_, body_values()));
    OCTET_RETURN_IF_ERROR(take_outputs());
    if (!is_scan_) work_.condition = *work_.body_outputs[0].as<bool>();
  }
  return give();
}

void Session::LoopRun::set_up_body() {
  work_.body_inputs.assign(work_.inputs.begin(), work_.inputs.end());
  if (!is_scan_) {
    work_.body_inputs[0] = contiguous_view(&work_.iteration, DType::kI64, {});
    work_.body_inputs[1] = contiguous_view(&work_.condition, DType::kBool, {});
  }
  work_.body_outputs.resize(output_of_scan(scans_));
  for (auto& buffers : work_.carried) buffers.resize(carried_);
  work_.scanned.resize(scans_);
  work_.carried_values.assign(has_values_ ? carried_ : 0, {});
  work_.body_values.assign(work_.values.size(), {});
  for (size_t i = 0; i < work_.carried_values.size(); ++i)
    work_.carried_values[i] = std::move(work_.values[first_ + i]);
}

// A sequence that is carried is handed over, so that the body may change it in place.
HeldValues Session::LoopRun::body_values() {
  if (!has_values_) return {};
  for (size_t i = 0; i < work_.values.size(); ++i) {
    const bool is_carried = i >= first_ && i < first_ + carried_;
    if (is_carried)
      work_.body_values[i] = std::move(work_.carried_values[i - first_]);
    else
      work_.body_values[i] = work_.values[i];
  }
  work_.body_results.assign(work_.body_outputs.size(), {});
  return {work_.body_values, work_.body_results, session_.budget_};
}

void Session::LoopRun::take_slices() {
  for (size_t i = 0; i < control_.scan_inputs.size(); ++i) {
    const ScanAxis& scan = control_.scan_inputs[i];
    const size_t input = first_ + carried_ + i;
    work_.body_inputs[input] =
        slice_of(work_.inputs[input], scan.axis, scan.reversed ? count_ - 1 - done_ : done_);
  }
}

Status Session::LoopRun::place_outputs() {
  const auto shapes = body_.output_shapes();
  std::fill(work_.body_outputs.begin(), work_.body_outputs.end(), TensorView{});
  std::vector<KeptBuffer>& next = work_.carried[done_ % 2];
  for (size_t i = 0; i < carried_; ++i) {
    const size_t output = output_of_carried(i);
    if (!is_known(shapes[output]) || !is_carried_tensor(i)) continue;
    TensorView& view = work_.body_outputs[output];
    view = contiguous_view(nullptr, body_.program().outputs[output].dtype, shapes[output]);
    if (!has_room(byte_count(view) - next[i].held()))
      return too_large("carried value " + std::to_string(i));
    next[i].grow(byte_count(view));
    view.data = next[i].memory.get();
  }
  for (size_t i = 0; i < scans_; ++i) {
    const size_t output = output_of_scan(i);
    if (!is_known(shapes[output])) continue;
    OCTET_ASSIGN_OR_RETURN(work_.body_outputs[output], slice_place(i, shapes[output]));
  }
  return Status::ok();
}

Status Session::LoopRun::take_outputs() {
  const auto shapes = body_.output_shapes();
  std::vector<KeptBuffer>& next = work_.carried[done_ % 2];
  for (size_t i = 0; i < carried_; ++i) {
    const size_t output = output_of_carried(i);
    TensorView& view = work_.body_outputs[output];
    if (has_values_) work_.carried_values[i] = std::move(work_.body_results[output]);
    if (!is_carried_tensor(i)) continue;
    const bool keeps_itself = has_values_ && work_.carried_values[i];
    if (!is_known(shapes[output]) &&
        !keeps_itself) {  // the body's own memory, which its next run needs
      if (!has_room(byte_count(view) - next[i].held()))
        return too_large("carried value " + std::to_string(i));
      next[i].grow(byte_count(view));
      copy_bytes(next[i].memory.get(), view);
      view.data = next[i].memory.get();
    }
    work_.body_inputs[first_ + i] = view;
  }
  for (size_t i = 0; i < scans_; ++i) {
    const size_t output = output_of_scan(i);
    if (is_known(shapes[output])) continue;
    const TensorView& slice = work_.body_outputs[output];
    OCTET_ASSIGN_OR_RETURN(const TensorView place, slice_place(i, slice.shape));
    OCTET_RETURN_IF_ERROR(session_.copy_elements(slice, place, "scan outputs"));
  }
  return Status::ok();
}

Result<TensorView> Session::LoopRun::slice_place(size_t scan, const Shape& slice) {
  const ScanAxis& along = control_.scan_outputs[scan];
  const size_t output = carried_ + scan;
  const TensorView& bound = work_.outputs[output];
  TensorView& result = results_[scan];
  if (done_ == 0)
    result = bound.data != nullptr
                 ? bound
                 : contiguous_view(nullptr, control_.results[output].dtype,
                                   with_axis(slice, along.axis, is_scan_ ? count_ : -1));
  if (!(slice_of(result, along.axis, 0).shape == slice))
    return located(invalid_argument(
        "scan output " + std::to_string(scan) + " is [" + to_string(slice) + "] in iteration " +
        std::to_string(done_) + " and was [" + to_string(slice_of(result, along.axis, 0).shape) +
        "] before; all slices must be equal"));
  if (bound.data == nullptr) {
    const int64_t bytes = slice.element_count() * static_cast<int64_t>(dtype_size(result.dtype));
    int64_t all = 0;
    KeptBuffer& buffer = work_.scanned[scan];
    if (__builtin_mul_overflow(bytes, is_scan_ ? count_ : done_ + 1, &all) || all > limit_ ||
        !has_room(all - buffer.held()))
      return too_large("scan output " + std::to_string(scan));
    // By half as much again, as far as there is room: not every slice moves all others.
    const int64_t more = has_room(buffer.held() / 2) ? buffer.held() / 2 : 0;
    grow_with_contents(buffer, all, more, bytes * done_);
    result.data = work_.scanned[scan].memory.get();
  }
  return slice_of(result, along.axis, along.reversed ? count_ - 1 - done_ : done_);
}

Status Session::LoopRun::give() {
  size_t extent = bound_.first_extent;
  for (size_t i = 0; i < work_.outputs.size(); ++i) {
    if (i < carried_)
      OCTET_RETURN_IF_ERROR(give_carried(i));
    else if (call_.operands.late_outputs[i] >= 0)
      give_scanned(i - carried_, extent);
    if (call_.operands.late_outputs[i] >= 0) extent += control_.results[i].shape.size();
  }
  return Status::ok();
}

Status Session::LoopRun::give_carried(size_t i) {
  TensorView& output = work_.outputs[i];
  const TensorView& last = work_.body_inputs[first_ + i];
  if (has_values_) work_.results[i] = std::move(work_.carried_values[i]);
  if (!is_carried_tensor(i)) return Status::ok();
  if (call_.operands.late_outputs[i] >= 0) {
    output = last;
    if (done_ > 0 || (has_values_ && work_.results[i])) return Status::ok();
    // The node's own input, whose memory others may take before the output is read.
    work_.carried[0][i].grow(byte_count(last));
    output.data = work_.carried[0][i].memory.get();
    copy_bytes(output.data, last);
    return Status::ok();
  }
  if (!(output.shape == last.shape))
    return located(internal_error("carried value " + std::to_string(i) + " became [" +
                                  to_string(last.shape) + "], expected [" +
                                  to_string(output.shape) + "]; this is a bug in Octet"));
  copy_bytes(output.data, last);
  return Status::ok();
}

// Without an iteration nobody has seen a slice: what is known of its extents, and 0 for others.
void Session::LoopRun::give_scanned(size_t scan, size_t first_extent) {
  const ResultType& type = control_.results[carried_ + scan];
  const int axis = control_.scan_outputs[scan].axis;
  TensorView& output = work_.outputs[carried_ + scan];
  if (done_ > 0) {
    output = results_[scan];
    output.shape[axis] = done_;  // a loop's axis 0, which no stride depends on
    return;
  }
  Shape shape;
  for (size_t i = 0; i < type.shape.size(); ++i)
    shape.push_back(std::max<int64_t>(session_.binding_->late_extents[first_extent + i], 0));
  shape[axis] = 0;
  work_.scanned[scan].grow(0);
  output = contiguous_view(work_.scanned[scan].memory.get(), type.dtype, shape);
}

}  // namespace octet

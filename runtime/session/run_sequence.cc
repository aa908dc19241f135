// Steps that make sequences and optionals, and take tensors out of them.
#include <algorithm>
#include <cstring>

#include "runtime/session/subprogram.h"

namespace octet {
namespace {

constexpr int64_t kHandleBytes = sizeof(HeldValue);

int64_t integer(const TensorView& view, int64_t index = 0) {
  return view.dtype == DType::kI32 ? view.as<const int32_t>()[index]
                                   : view.as<const int64_t>()[index];
}

// `count` indices along `axis`, from `first` on; without that axis where !keeps_axis.
TensorView part_of(const TensorView& src, int axis, int64_t first, int64_t count, bool keeps_axis) {
  TensorView part{src.data, src.dtype, {}, {}};
  part.data += first * src.strides[axis] * static_cast<int64_t>(dtype_size(src.dtype));
  for (int i = 0; i < src.shape.rank(); ++i) {
    if (i == axis && !keeps_axis) continue;
    part.shape.push_back(i == axis ? count : src.shape[i]);
    part.strides.push_back(src.strides[i]);
  }
  return part;
}

// With an axis of one index more.
TensorView with_axis(const TensorView& src, int axis) {
  TensorView wider{src.data, src.dtype, {}, {}};
  for (int i = 0; i <= src.shape.rank(); ++i) {
    if (i == axis) {
      wider.shape.push_back(1);
      wider.strides.push_back(1);
    }
    if (i == src.shape.rank()) break;
    wider.shape.push_back(src.shape[i]);
    wider.strides.push_back(src.strides[i]);
  }
  return wider;
}

}  // namespace

Result<HeldValue> Session::hold(const TensorView& view) {
  const MemoryScope scope(options_.memory.get());
  OCTET_ASSIGN_OR_RETURN(HeldCharge charge,
                         HeldCharge::take(budget_, byte_count(view), HeldValue::kObjectBytes));
  Tensor tensor(view.dtype, view.shape);
  constexpr int64_t kWorthThreads = 64 << 10;
  if (view.contiguous() && byte_count(view) <= kWorthThreads) {
    if (byte_count(view) > 0)
      std::memcpy(tensor.bytes(), view.data, static_cast<size_t>(byte_count(view)));
  } else {
    OCTET_RETURN_IF_ERROR(copy_elements(view, tensor.view(), "tensors of a sequence"));
  }
  return HeldValue::of_tensor(std::move(tensor), std::move(charge));
}

// One run of a step, from what it reads to its result.
class Session::SequenceRun {
 public:
  SequenceRun(Session& session, const SequenceStep& step, StepOperands& operands)
      : session_(session), step_(step), attrs_(step.attrs), operands_(operands) {}

  Status run() {
    const MemoryScope scope(session_.options_.memory.get());
    switch (attrs_.function) {
      case SequenceFunction::kConstruct:
        return construct();
      case SequenceFunction::kInsert:
        return insert();
      case SequenceFunction::kErase:
        return erase();
      case SequenceFunction::kAt: {
        OCTET_ASSIGN_OR_RETURN(const size_t at, position(1, count(), count() - 1));
        return give_tensor(elements()[at]);
      }
      case SequenceFunction::kLength:
        *operands_.outputs[0].as<int64_t>() = count();
        return Status::ok();
      case SequenceFunction::kSplit:
        return split();
      case SequenceFunction::kConcat:
        return concatenate();
      case SequenceFunction::kOptional:
        return make_optional();
      case SequenceFunction::kHasElement:
        *operands_.outputs[0].as<bool>() = static_cast<bool>(operands_.values[0]);
        return Status::ok();
      case SequenceFunction::kElement:
        return take_element();
    }
    return Status::ok();
  }

 private:
  std::span<const HeldValue> elements() const { return operands_.values[0].elements(); }
  int64_t count() const { return static_cast<int64_t>(elements().size()); }

  // The tensor of an input as a value: shared where it is one, else a copy.
  Result<HeldValue> held(size_t input) {
    if (operands_.values[input]) return std::move(operands_.values[input]);
    return session_.hold(operands_.inputs[input]);
  }

  Result<HeldCharge> charge_for(size_t handles) const {
    return HeldCharge::take(session_.budget_, 0,
                            HeldValue::kObjectBytes + static_cast<int64_t>(handles) * kHandleBytes);
  }

  // What an input says, from the front: 0 to `most`.
  Result<size_t> position(size_t input, int64_t count, int64_t most) const {
    const int64_t given = integer(operands_.inputs[input]);
    const int64_t at = given < 0 ? given + count : given;
    if (at >= 0 && at <= most) return static_cast<size_t>(at);
    return invalid_argument(
        "position " + std::to_string(given) + " is outside of a sequence of " +
        std::to_string(count) + " tensors" +
        (most < 0 ? "" : ", expected " + std::to_string(-count) + " to " + std::to_string(most)));
  }

  bool has_input(size_t input) const {
    const SessionOperands& given = step_.operands;
    return input < given.inputs.size() &&
           (given.inputs[input] != kNoTensor || given.late_inputs[input] >= 0);
  }

  Status give(std::vector<HeldValue> elements, HeldCharge charge) {
    operands_.results[0] = HeldValue::of_sequence(std::move(elements), std::move(charge));
    return Status::ok();
  }

  // A copy where the program has a place for it, else the value's own memory.
  Status give_tensor(const HeldValue& value) {
    const TensorView& view = value.tensor().view();
    const ResultType& type = attrs_.result;
    if (view.shape.rank() != static_cast<int>(type.shape.size()))
      return invalid_argument("the tensor is " + std::string(dtype_name(view.dtype)) + "[" +
                              to_string(view.shape) + "], expected rank " +
                              std::to_string(type.shape.size()) +
                              ", as the model declares it or others of the sequence have it");
    TensorView& output = operands_.outputs[0];
    if (output.data != nullptr) {
      if (!(output.shape == view.shape))
        return invalid_argument("the tensor is [" + to_string(view.shape) + "], expected [" +
                                to_string(output.shape) + "]");
      if (byte_count(view) > 0)
        std::memcpy(output.data, view.data, static_cast<size_t>(byte_count(view)));
      return Status::ok();
    }
    output = view;
    operands_.results[0] = value;
    return Status::ok();
  }

  Status construct() {
    const size_t size = operands_.inputs.size();
    OCTET_ASSIGN_OR_RETURN(HeldCharge charge, charge_for(size));
    std::vector<HeldValue> made;
    made.reserve(size);
    for (size_t i = 0; i < size; ++i) {
      OCTET_ASSIGN_OR_RETURN(HeldValue element, held(i));
      made.push_back(std::move(element));
    }
    return give(std::move(made), std::move(charge));
  }

  // In place where nobody else has the sequence: so a loop that builds one costs what it adds.
  Status insert() {
    size_t at = elements().size();
    if (has_input(2)) {
      OCTET_ASSIGN_OR_RETURN(at, position(2, count(), count()));
    }
    OCTET_ASSIGN_OR_RETURN(HeldValue element, held(1));
    HeldValue sequence = std::move(operands_.values[0]);
    if (std::vector<HeldValue>* own = sequence.own_elements()) {
      if (own->size() == own->capacity()) {
        const size_t room = std::max<size_t>(8, 2 * own->size());
        OCTET_ASSIGN_OR_RETURN(HeldCharge charge, charge_for(room));
        own->reserve(room);
        sequence.set_charge(std::move(charge));
      }
      own->insert(own->begin() + static_cast<std::ptrdiff_t>(at), std::move(element));
      operands_.results[0] = std::move(sequence);
      return Status::ok();
    }
    const auto all = sequence.elements();
    OCTET_ASSIGN_OR_RETURN(HeldCharge charge, charge_for(all.size() + 1));
    std::vector<HeldValue> made;
    made.reserve(all.size() + 1);
    made.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(at));
    made.push_back(std::move(element));
    made.insert(made.end(), all.begin() + static_cast<std::ptrdiff_t>(at), all.end());
    return give(std::move(made), std::move(charge));
  }

  Status erase() {
    if (count() == 0)
      return invalid_argument("the sequence is empty, so that there is nothing to erase");
    size_t at = elements().size() - 1;
    if (has_input(1)) {
      OCTET_ASSIGN_OR_RETURN(at, position(1, count(), count() - 1));
    }
    HeldValue sequence = std::move(operands_.values[0]);
    if (std::vector<HeldValue>* own = sequence.own_elements()) {
      own->erase(own->begin() + static_cast<std::ptrdiff_t>(at));
      operands_.results[0] = std::move(sequence);
      return Status::ok();
    }
    const auto all = sequence.elements();
    OCTET_ASSIGN_OR_RETURN(HeldCharge charge, charge_for(all.size() - 1));
    std::vector<HeldValue> made(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(at));
    made.insert(made.end(), all.begin() + static_cast<std::ptrdiff_t>(at) + 1, all.end());
    return give(std::move(made), std::move(charge));
  }

  // The parts along an axis of `extent`.
  Result<std::vector<int64_t>> part_sizes(int64_t extent) const {
    if (has_input(1) && operands_.inputs[1].shape.rank() == 1) {
      const TensorView& given = operands_.inputs[1];
      std::vector<int64_t> sizes;
      int64_t sum = 0;
      for (int64_t i = 0; i < given.element_count(); ++i) {
        sizes.push_back(integer(given, i));
        if (sizes.back() < 0 || __builtin_add_overflow(sum, sizes.back(), &sum))
          return invalid_argument("split " + std::to_string(i) + " is " +
                                  std::to_string(sizes.back()) + ", expected 0 to " +
                                  std::to_string(extent));
      }
      if (sum != extent)
        return invalid_argument("the splits come to " + std::to_string(sum) +
                                ", expected the extent " + std::to_string(extent) + " of axis " +
                                std::to_string(attrs_.axis));
      return sizes;
    }
    const int64_t size = has_input(1) ? integer(operands_.inputs[1]) : 1;
    if (size <= 0)
      return invalid_argument("split is " + std::to_string(size) + ", expected 1 or more");
    const int64_t parts = extent / size + (extent % size != 0 ? 1 : 0);
    // Before a list of that length is made.
    constexpr int64_t kPart = HeldValue::kObjectBytes + kHandleBytes;
    const int64_t bytes = std::min(parts, INT64_MAX / kPart) * kPart;
    OCTET_RETURN_IF_ERROR(HeldCharge::take(session_.budget_, bytes, 0).status());
    std::vector<int64_t> sizes(static_cast<size_t>(parts), size);
    if (extent % size != 0) sizes.back() = extent % size;
    return sizes;
  }

  Status split() {
    const TensorView src = operands_.inputs[0];
    OCTET_ASSIGN_OR_RETURN(const std::vector<int64_t> sizes, part_sizes(src.shape[attrs_.axis]));
    OCTET_ASSIGN_OR_RETURN(HeldCharge charge, charge_for(sizes.size()));
    std::vector<HeldValue> made;
    made.reserve(sizes.size());
    int64_t first = 0;
    for (const int64_t size : sizes) {
      if (session_.stopped()) return session_.failure_;
      OCTET_ASSIGN_OR_RETURN(
          HeldValue part, session_.hold(part_of(src, attrs_.axis, first, size, attrs_.keeps_axis)));
      made.push_back(std::move(part));
      first += size;
    }
    return give(std::move(made), std::move(charge));
  }

  // The shape of what concatenate() gives.
  Result<Shape> concatenated_shape() const {
    const Shape& first = elements()[0].tensor().shape();
    const int axis = attrs_.axis;
    if (first.rank() + (attrs_.new_axis ? 1 : 0) != static_cast<int>(attrs_.result.shape.size()))
      return invalid_argument("tensor 0 of the sequence has rank " + std::to_string(first.rank()) +
                              ", expected " +
                              std::to_string(attrs_.result.shape.size() - attrs_.new_axis));
    int64_t extent = 0;
    for (int64_t i = 0; i < count(); ++i) {
      const Shape& shape = elements()[static_cast<size_t>(i)].tensor().shape();
      bool fits = shape.rank() == first.rank();
      for (int other = 0; fits && other < shape.rank(); ++other)
        fits = shape[other] == first[other] || (other == axis && !attrs_.new_axis);
      if (!fits)
        return invalid_argument("tensor " + std::to_string(i) + " of the sequence is [" +
                                to_string(shape) + "] and tensor 0 is [" + to_string(first) +
                                "]; they must be equal" +
                                (attrs_.new_axis ? "" : " but for axis " + std::to_string(axis)));
      if (__builtin_add_overflow(extent, attrs_.new_axis ? 1 : shape[axis], &extent))
        return invalid_argument("the tensors of the sequence come to more elements than there are");
    }
    if (!attrs_.new_axis) {
      Shape shape = first;
      shape[axis] = extent;
      return shape;
    }
    Shape shape;
    for (int i = 0; i <= first.rank(); ++i) {
      if (i == axis) shape.push_back(extent);
      if (i < first.rank()) shape.push_back(first[i]);
    }
    return shape;
  }

  Status concatenate() {
    if (count() == 0)
      return invalid_argument(
          "the sequence is empty, so that nobody knows what it comes to; "
          "expected at least one tensor");
    OCTET_ASSIGN_OR_RETURN(const Shape shape, concatenated_shape());
    int64_t bytes = 0;  // of what there is: the tensors are in memory
    for (const HeldValue& element : elements())
      bytes += static_cast<int64_t>(element.tensor().byte_count());
    OCTET_ASSIGN_OR_RETURN(HeldCharge charge,
                           HeldCharge::take(session_.budget_, bytes, HeldValue::kObjectBytes));
    Tensor made(attrs_.result.dtype, shape);
    int64_t first = 0;
    for (const HeldValue& element : elements()) {
      if (session_.stopped()) return session_.failure_;
      TensorView from = element.tensor().view();
      if (attrs_.new_axis) from = with_axis(from, attrs_.axis);
      const int64_t extent = from.shape[attrs_.axis];
      OCTET_RETURN_IF_ERROR(session_.copy_elements(
          from, part_of(made.view(), attrs_.axis, first, extent, true), "tensors of a sequence"));
      first += extent;
    }
    return give_tensor(HeldValue::of_tensor(std::move(made), std::move(charge)));
  }

  Status make_optional() {
    if (operands_.inputs.empty()) return Status::ok();
    if (attrs_.result.form == ValueForm::kOptionalSequence) {
      operands_.results[0] = std::move(operands_.values[0]);
      return Status::ok();
    }
    OCTET_ASSIGN_OR_RETURN(operands_.results[0], held(0));
    return Status::ok();
  }

  Status take_element() {
    if (!operands_.values[0])
      return invalid_argument(
          "the optional is empty, so that nothing can be taken out of it; ask OptionalHasElement "
          "before");
    if (attrs_.result.form == ValueForm::kTensor) return give_tensor(operands_.values[0]);
    operands_.results[0] = std::move(operands_.values[0]);
    return Status::ok();
  }

  Session& session_;
  const SequenceStep& step_;
  const SequenceAttrs& attrs_;
  StepOperands& operands_;
};

Status Session::run_sequence(const SequenceStep& step, const BoundStep& bound) {
  StepOperands& operands = sequence_operands_;
  const LetGo<StepOperands> let_go{operands};
  read_operands(step.operands, bound, operands);
  const int64_t start = profile_ ? Profile::now() : 0;
  const Status status = SequenceRun(*this, step, operands).run();
  if (profile_) profile_->add({profiled_as_, step.report, 0, start, Profile::now(), 0});
  if (status.is_ok()) keep_results(step.operands, operands);
  return kernel_status(status, step.report);
}

}  // namespace octet

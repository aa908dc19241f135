// Sequences and optionals: nodes that make values which hold tensors, and take tensors out of them.
#pragma once

#include "runtime/core/fields.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/result_type.h"

namespace octet {

// The inputs of a node and what it gives; a position is an int32 or int64, a negative one counts
// from the end.
//   kConstruct   any number of tensors            the sequence of them
//   kInsert      sequence, tensor, position?      the sequence with the tensor before that
//                                                 position, or at the end
//   kErase       sequence, position?              the sequence without that tensor, or the last
//   kAt          sequence, position               the tensor
//   kLength      sequence                         int64[]
//   kSplit       tensor, sizes?                   the sequence of its parts along `axis`: of that
//                                                 size each, the last may have less; of those
//                                                 sizes where they are a vector; without sizes of
//                                                 1, and then without the axis unless keeps_axis
//   kConcat      sequence                         its tensors one after another along `axis`, or
//                                                 with new_axis along one more
//   kOptional    value?                           the optional of it, or an empty one
//   kHasElement  value                            bool[]: false for an empty optional alone
//   kElement     optional                         what is in it
// Extents that the run alone shows are late symbols. Sessions run these nodes themselves
// (session/run_sequence): there are no kernels.
enum class SequenceFunction {
  kConstruct,
  kInsert,
  kErase,
  kAt,
  kLength,
  kSplit,
  kConcat,
  kOptional,
  kHasElement,
  kElement
};
const char* sequence_name(SequenceFunction function);  // "sequence_insert", "optional_element", ..

struct SequenceAttrs {
  static constexpr OpKind kKind = OpKind::kSequence;
  SequenceFunction function = SequenceFunction::kConstruct;
  ResultType result = {};
  std::vector<Dim> made = {};  // the late symbols among its extents, which are this node's
  int axis = 0;                // of kSplit and kConcat
  bool new_axis = false;       // of kConcat
  bool keeps_axis = true;      // of kSplit
};
auto fields(Is<SequenceAttrs> auto& attrs, auto&& visit) {
  return visit(identity("function", attrs.function, sequence_name),
               identity("result", attrs.result), identity("made", attrs.made),
               identity("axis", attrs.axis), identity("new_axis", attrs.new_axis),
               identity("keeps_axis", attrs.keeps_axis));
}
// The result as it stands: who makes the node knows what is in its inputs.
Result<OutputTypes> infer(const SequenceAttrs& attrs, InputTypes inputs);

}  // namespace octet

// ValueForm: whether a value of a graph is a tensor, or holds tensors.
#pragma once

namespace octet {

// What is no tensor is a handle of the run (core/held_value.h): a sequence of tensors, or a tensor
// or sequence that need not be there.
enum class ValueForm { kTensor, kSequence, kOptional, kOptionalSequence };
const char* form_name(ValueForm form);  // "tensor", "sequence", "optional", "optional sequence"
inline bool is_optional(ValueForm form) {
  return form == ValueForm::kOptional || form == ValueForm::kOptionalSequence;
}
// The form of what an optional holds; of others themselves.
ValueForm without_optional(ValueForm form);
// The optional of such values; of optionals themselves.
ValueForm with_optional(ValueForm form);

// The rank of the tensors that a value holds, where it is none of these.
inline constexpr int kUnknownRank = -1;
inline constexpr int kAnyRank = -2;       // it holds none yet, so that each rank fits
inline constexpr int kSeveralRanks = -3;  // a run has shown that there is not one
// Of tensors of both ranks.
int common_rank(int a, int b);

}  // namespace octet

// What the importers of sequences and optionals share.
#pragma once

#include "loaders/onnx/node_import.h"

namespace octet {

// A sequence of more tensors than that is one of the run, even where all of them are known.
inline constexpr size_t kMostListed = 1024;

// The number in an input of one element, where it is known when the model is loaded.
std::optional<int64_t> known_integer(NodeImport& node, int index);
// Called before a list is made of another one, or nodes are made for its tensors: files are short,
// and what they come to so is not. Error: that of NodeImport::reserve_constant().
Status reserve_list(NodeImport& node, size_t tensors, bool own_nodes = false);
// Output 0 is a sequence of these tensors, which SequenceAt and others see.
Status finish_list(NodeImport& node, DType dtype, std::vector<ValueId> tensors);
// Output 0 is a tensor of `rank` that `attrs` take out of a value; its extents the run shows.
Status finish_taken(NodeImport& node, SequenceAttrs attrs, DType dtype, int rank,
                    std::vector<ValueId> inputs);
// Adds to `attrs` the type of such a tensor.
void give_tensor(NodeImport& node, DType dtype, int rank, SequenceAttrs& attrs);
// That an input is a sequence.
Status expect_sequence(NodeImport& node, int index);

Status import_split_to_sequence(NodeImport& node);
Status import_concat_from_sequence(NodeImport& node);
Status import_sequence_map(NodeImport& node);
Status import_optional(NodeImport& node);
Status import_optional_get_element(NodeImport& node);
Status import_optional_has_element(NodeImport& node);

}  // namespace octet

// What the importers of nodes that hold graphs share.
#pragma once

#include "loaders/onnx/node_import.h"

namespace octet {

// Whether the value of a type could be a condition or a count.
Status expect_one_element(NodeImport& node, int index, DType dtype, const char* what);

// Sequences and optionals hold elements of whole bytes.
Status expect_holdable(NodeImport& node, int index);

TypeInfo scalar_type(DType dtype);
// What a value of one iteration is for the next: nothing is known of its elements.
TypeInfo without_contents(TypeInfo type);
const TypeInfo& output_type(const Graph& graph, size_t index);
// Whether all symbols of the extent are known without the body: none is of its own inputs, whose
// names begin with `own`, and none is one that its nodes make known.
bool is_known_outside(const Graph& body, const std::string& own, const Dim& extent);
// Output `index` of a graph becomes a value of `type`, an optional, where it is what that holds.
Status make_optional(Graph& graph, size_t index, const TypeInfo& type);

// The body of a loop, with the types of its own inputs.
struct LoopBody {
  ImportedBody body;
  std::vector<TypeInfo> inputs;
};
// An extent of a carried value that differs from one iteration to the next is a symbol of the body;
// a value that becomes an optional, or holds tensors of another rank, has the type of both. To find
// out the body is imported several times. `first`: of the `carried` values among its inputs;
// `first_output` among its outputs. `captured` and `frame`: see BodyImporter.
Result<LoopBody> import_loop_body(NodeImport& node, std::vector<TypeInfo> inputs, size_t first,
                                  size_t carried, size_t first_output,
                                  std::vector<ValueId> captured = {},
                                  const BodyFrame* frame = nullptr);
// Adds the types of what the node gives: carried values, then scan outputs with their axis.
Status add_results(NodeImport& node, const LoopBody& loop, size_t first, size_t first_output,
                   const std::optional<Dim>& count, ControlAttrs& attrs);
// The node itself, with its outputs.
Status finish_control(NodeImport& node, ControlAttrs attrs, std::vector<ValueId> inputs,
                      std::vector<std::shared_ptr<Graph>> graphs);

}  // namespace octet

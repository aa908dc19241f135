// Control: nodes that run graphs. If, Loop and Scan of a model, and what is left of a graph behind
// a point where only the run shows how it goes on.
#pragma once

#include <string>

#include "runtime/core/fields.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/result_type.h"

namespace octet {

// The inputs of a node, and those of its graphs, are in order
//   kIf     condition (bool, one element), captured values; two graphs, "then" first: captured
//   kLoop   most iterations (int64, one element, or absent), condition (bool, one element, or
//           absent), carried values, captured; one graph: the iteration (int64[]), the condition
//           (bool[]), carried, captured; it gives the next condition, carried values, scan outputs
//   kScan   carried values, what is scanned, captured; one graph: carried, a slice of each that is
//           scanned, captured; it gives carried values and scan outputs
//   kRest   values; one graph: the same
//   kLater  values; the graph is made when the first `known` of them are seen, or the ranks of what
//           these hold
// The node gives what its graph gives: of a loop the last carried values and the scan outputs, each
// with an axis more than a graph gives it.
enum class ControlKind { kIf, kLoop, kScan, kRest, kLater };
const char* control_name(ControlKind kind);  // "if", "loop", "scan", "rest", "later"

// The axis along which a value is taken apart, or put together, iteration by iteration.
struct ScanAxis {
  int axis = 0;
  bool reversed = false;  // from the last slice to the first
};
auto fields(Is<ScanAxis> auto& scan, auto&& visit) {
  return visit(identity("axis", scan.axis), identity("reversed", scan.reversed));
}

struct ControlAttrs {
  static constexpr OpKind kKind = OpKind::kControl;
  ControlKind kind = ControlKind::kIf;
  std::vector<ResultType> results;
  std::vector<Dim> made = {};  // the late symbols among their extents that are this node's
  int carried = 0;             // of kLoop and kScan
  std::vector<ScanAxis> scan_inputs = {};  // of kScan
  std::vector<ScanAxis> scan_outputs = {};
  int known = 0;          // of kLater
  std::string name = {};  // of the node; with it no two are the same
};
auto fields(Is<ControlAttrs> auto& attrs, auto&& visit) {
  return visit(identity("kind", attrs.kind, control_name), identity("results", attrs.results),
               identity("made", attrs.made), identity("carried", attrs.carried),
               identity("scan_inputs", attrs.scan_inputs),
               identity("scan_outputs", attrs.scan_outputs), identity("known", attrs.known),
               label("name", attrs.name));
}
// The results as they stand: who makes the node knows the types of its graphs.
Result<OutputTypes> infer(const ControlAttrs& attrs, InputTypes inputs);

}  // namespace octet

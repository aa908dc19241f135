// The passes in their order, and the runner that checks the graph after each.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "runtime/core/backend_features.h"
#include "runtime/core/limits.h"
#include "runtime/graph/graph.h"
#include "runtime/passes/quantize/quantization_plan.h"

namespace octet {

struct PassOptions {
  QuantizationPlan quantization;  // of linear layers
  bool smooth_from_norm = true;   // smoothing of activations from the norm that feeds a layer
  BackendFeatures features = {};  // of the kernels that will run
  // Evaluates a node whose inputs are all present and constant; one tensor per output. Passes see
  // no kernels. Empty: nothing that needs arithmetic is folded.
  std::function<Result<std::vector<Tensor>>(const Attributes&, std::span<const Tensor>)> evaluate;
  // What evaluate() costs for a node with inputs and outputs of constant shapes, in operations of a
  // plain kernel, about 10 ns each. Empty: work_of() its shapes.
  std::function<double(const Attributes&, InputTypes, const OutputTypes&)> evaluation_cost;
  // Operations that folding may spend, beyond 8 for each element of the constants that the graph
  // has. A node that would exceed them is computed by each run.
  double max_folded_work = 1 << 28;
  // Quantizes weights [N, K] f32 as the scheme says; `smoothing` [K] or nullptr. kInvalidArgument:
  // they can't be quantized. Wanted where `quantization` quantizes.
  std::function<Result<QuantizedTensor>(const Tensor& weights, const WeightScheme& scheme,
                                        const float* smoothing)>
      quantize_weights;
  // Activations that a file quantizes by the range of a whole tensor are quantized per token.
  bool requantize = false;
  // Bytes of constants that folding may add, beyond twice those that the graph has. What exceeds
  // them is computed by each run.
  uint64_t max_folded_bytes = Limits{}.max_folded_bytes;
  // Whether the graph is all that there is of the model.
  bool is_whole_model = true;
  SharedStore* store = nullptr;  // of the model: weights that were quantized before; nullptr: none
  // Tells the user what became of the model otherwise than asked for. Empty: nobody listens.
  std::function<void(const std::string&)> warn;
  std::vector<std::string> disabled;  // names of passes to skip
};

// Rewrites the graph in place and leaves it valid up to Graph::normalize(): nodes may stand in any
// order and dead ones may remain. Values keep their meaning; a node's outputs keep their dtype and
// shape. Error: what the pass could not read or evaluate (kIoError, ...); a pattern that does not
// match is no error.
using PassFunction = Status (*)(Graph& graph, const PassOptions& options);

struct PassRow {
  const char* name;
  PassFunction run;
};
std::span<const PassRow> all_passes();  // in order

struct PassTiming {
  std::string name;
  double milliseconds;
};

// Runs `passes` in order, then the same on the graphs of its nodes. After each that changed the
// graph normalizes it and refreshes its types, and verifies it at the end (with asserts: after
// each).
// Errors: those of a pass, with "pass NAME" in front; kCancelled or kDeadlineExceeded as
// check_stop() says between passes; kInternal when a pass broke the graph; kInvalidArgument when
// `disabled` names no pass.
Status run_passes(Graph& graph, const PassOptions& options,
                  std::vector<PassTiming>* timings = nullptr);
Status run_passes(std::span<const PassRow> passes, Graph& graph, const PassOptions& options,
                  std::vector<PassTiming>* timings = nullptr);

}  // namespace octet

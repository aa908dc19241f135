// Fuzz target: a random valid graph gives on the optimized path what it gives on the reference
// kernels without any pass.
//
// Every value of the graph is an output of the reference run, so that the difference allowed is
// derived from what was computed (error_bounds.h).
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "runtime/api/model.h"
#include "runtime/passes/pipeline.h"
#include "tests/fuzz/error_bounds.h"
#include "tests/fuzz/random_graph.h"
#include "tests/support/float_bounds.h"
#include "tests/support/tensors.h"

namespace octet::fuzz {
namespace {

[[noreturn]] void stop(const Graph& graph, const std::string& what) {
  std::fprintf(stderr, "%s\n%s\n", what.c_str(), to_string(graph).c_str());
  std::abort();
}

std::shared_ptr<Engine> engine() {
  static const std::shared_ptr<Engine> engine = [] {
    auto made = Engine::create({.threads = 2});
    if (!made.is_ok()) std::abort();
    return std::move(made).value();
  }();
  return engine;
}

LoadOptions reference_options() {
  LoadOptions options;
  options.reference_only = true;
  for (const PassRow& pass : all_passes()) options.disabled_passes.emplace_back(pass.name);
  return options;
}

// What the optimized path is asked for. No pass is needed for the results of another.
LoadOptions some_options(ByteStream& bytes) {
  LoadOptions options;
  if (bytes.chance(15)) options.quantization.standard = QuantizationScheme::w8a8();
  if (bytes.chance(25)) {
    const auto last = static_cast<int64_t>(all_passes().size()) - 1;
    options.disabled_passes = {all_passes()[static_cast<size_t>(bytes.in(0, last))].name};
  }
  return options;
}

// A model and what its runs gave. Outputs are copied: the session's memory is reused.
Result<std::vector<Tensor>> run(const Graph& graph, const LoadOptions& options,
                                const std::vector<Tensor>& tensors) {
  Graph copy = graph;
  OCTET_ASSIGN_OR_RETURN(const auto model, Model::from_graph(engine(), std::move(copy), options));
  const auto session = model->make_session();
  std::vector<TensorView> inputs, outputs(graph.outputs().size());
  for (const Tensor& tensor : tensors) inputs.push_back(tensor.view());
  OCTET_RETURN_IF_ERROR(session->run(inputs, outputs));
  std::vector<Tensor> copies;
  for (const TensorView& output : outputs)
    copies.push_back(test::contiguous_copy(Tensor(nullptr, output)));
  return copies;
}

void compare(const Graph& graph, size_t output, const Tensor& found, const Tensor& expected,
             double bound) {
  const std::string where = "output " + graph.output_names()[output];
  if (found.dtype() != expected.dtype() || !(found.shape() == expected.shape()))
    stop(graph, where + " has another type: " + to_string(found.shape()) + " for " +
                    to_string(expected.shape()));
  if (std::isinf(bound)) return;
  const std::vector<double> a = test::to_doubles(found), b = test::to_doubles(expected);
  for (size_t i = 0; i < a.size(); ++i)
    if (!test::within(a[i], b[i], bound))
      stop(graph, where + " element " + std::to_string(i) + ": found " + std::to_string(a[i]) +
                      ", expected " + std::to_string(b[i]) + " within " + std::to_string(bound) +
                      " of " + to_string(expected.shape()));
}

std::vector<Tensor> make_inputs(const RandomGraph& made, ByteStream& bytes) {
  std::vector<Tensor> inputs;
  for (const ValueId id : made.graph.inputs()) {
    const TypeInfo& type = made.graph.value(id).type;
    Shape shape;
    for (const Dim& dim : type.shape)
      shape.push_back(dim.is_constant() ? dim.value() : made.extents.at(dim.str()));
    inputs.push_back(random_elements(bytes, type.dtype, shape, made.special_values));
  }
  return inputs;
}

// Whether a Gather has an index out of range. Where its result has no elements nothing is read, and
// whether that is an error is open: a view that it becomes refuses it.
bool has_stray_index(const Graph& graph, const std::vector<Tensor>& values) {
  for (const Node& node : graph.nodes()) {
    const auto* gather = node.as<GatherAttrs>();
    if (gather == nullptr) continue;
    const Tensor &src = values[static_cast<size_t>(node.inputs[0])],
                 &indices = values[static_cast<size_t>(node.inputs[1])];
    const auto extent = static_cast<double>(src.shape()[gather->axis]);
    for (const double index : test::to_doubles(indices))
      if (index < -extent || index >= extent) return true;
  }
  return false;
}

void check_runs(const Graph& graph, const std::vector<Tensor>& inputs, const LoadOptions& options) {
  Graph everything = graph;
  std::vector<ValueId> ids;
  for (const Node& node : graph.nodes())
    for (const ValueId id : node.outputs) {
      if (!graph.value(id).type.is_tensor()) continue;
      everything.add_output(id, "all" + std::to_string(ids.size()));
      ids.push_back(id);
    }
  const auto expected = run(everything, reference_options(), inputs);
  const auto found = run(graph, options, inputs);
  if (!expected.is_ok()) {
    if (expected.status().code() == StatusCode::kInternal) stop(graph, expected.status().message());
    return;  // the reference computes nodes that nothing else needs
  }
  std::vector<Tensor> values(graph.value_count());
  for (size_t id = 0; id < graph.value_count(); ++id)
    if (const auto& constant = graph.value(static_cast<ValueId>(id)).constant)
      values[id] = constant->load().value();
  for (size_t i = 0; i < inputs.size(); ++i)
    values[static_cast<size_t>(graph.inputs()[i])] = inputs[i];
  const auto& tensors = expected.value();
  for (size_t i = 0; i < ids.size(); ++i)
    values[static_cast<size_t>(ids[i])] = tensors[graph.outputs().size() + i];
  if (!found.is_ok()) {
    if (has_stray_index(graph, values)) return;
    stop(graph, "only the optimized run fails: " + found.status().message());
  }
  std::vector<double> bounds = error_bounds(graph, values);
  if (options.quantization.quantizes())
    bounds.assign(bounds.size(), std::numeric_limits<double>::infinity());
  const auto& results = found.value();
  for (size_t i = 0; i < graph.outputs().size(); ++i)
    compare(graph, i, results[i], tensors[i], bounds[static_cast<size_t>(graph.outputs()[i])]);
}

void check(std::span<const uint8_t> data) {
  ByteStream bytes(data);
  std::optional<RandomGraph> random = random_graph(bytes);
  if (!random) return;
  RandomGraph& made = *random;
  const std::vector<Tensor> inputs = make_inputs(made, bytes);
  const LoadOptions options = some_options(bytes);
  check_runs(made.graph, inputs, options);
  // Requests without a row, a token or both.
  const auto extents = made.extents;
  for (const char* const emptied : {"n", "m"}) {
    made.extents = extents;
    made.extents[emptied] = 0;
    check_runs(made.graph, make_inputs(made, bytes), options);
  }
  made.extents = {{"n", 0}, {"m", 0}};
  check_runs(made.graph, make_inputs(made, bytes), options);
}

}  // namespace
}  // namespace octet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  octet::fuzz::check(std::span(data, size));
  return 0;
}

// The passes in their order, and the runner that checks the graph after each.
#include "runtime/passes/pipeline.h"

#include <algorithm>

#include "runtime/core/clock.h"
#include "runtime/core/run_control.h"
#include "runtime/passes/attention/fuse_attention.h"
#include "runtime/passes/attention/narrow_attention.h"
#include "runtime/passes/convolution/fold_batch_norm.h"
#include "runtime/passes/convolution/fuse_conv.h"
#include "runtime/passes/convolution/patch_embedding.h"
#include "runtime/passes/fuse_gelu.h"
#include "runtime/passes/fuse_layer_norm.h"
#include "runtime/passes/linear/fuse_activation.h"
#include "runtime/passes/linear/fuse_linear.h"
#include "runtime/passes/linear/fuse_residual.h"
#include "runtime/passes/linear/merge_linears.h"
#include "runtime/passes/quantize/compute_weights.h"
#include "runtime/passes/quantize/file_layers.h"
#include "runtime/passes/quantize/integer_products.h"
#include "runtime/passes/quantize/move_codes.h"
#include "runtime/passes/quantize/quantize_linear.h"
#include "runtime/passes/quantize/read_codes.h"
#include "runtime/passes/simplify/fold_constants.h"
#include "runtime/passes/simplify/materialize_shapes.h"
#include "runtime/passes/simplify/pass_constants.h"
#include "runtime/passes/simplify/remove_identities.h"
#include "runtime/passes/simplify/share_common_nodes.h"
#include "runtime/passes/simplify/simplify_gather.h"
#include "runtime/passes/simplify/widen_floats.h"

namespace octet {
namespace {

constexpr PassRow kPasses[] = {
    {"widen_floats", widen_floats},
    // What folding would dissolve is recognised before it.
    {"integer_products", integer_products},
    {"read_codes", read_codes},
    {"compute_weights", compute_weights},
    {"fold_constants", fold_constants},
    {"materialize_shapes", materialize_shapes},
    {"remove_identities", remove_identities},
    {"share_common_nodes", share_common_nodes},
    {"move_codes", move_codes},
    {"simplify_gather", simplify_gather},
    {"fuse_layer_norm", fuse_layer_norm},
    {"fuse_gelu", fuse_gelu},
    {"fuse_linear", fuse_linear},
    {"fold_batch_norm", fold_batch_norm},
    {"patch_embedding", patch_embedding},
    {"fuse_conv", fuse_conv},
    {"fuse_attention", fuse_attention},
    {"fuse_activation", fuse_activation},
    {"fuse_residual", fuse_residual},
    {"file_layers", file_layers},
    {"quantize_linear", quantize_linear},
    {"merge_linears", merge_linears},
    {"narrow_attention", narrow_attention},
    // The passes above make equal masks, views and quantized rows for every layer.
    {"remove_identities", remove_identities},
    {"share_common_nodes", share_common_nodes},
};

Status check_names(std::span<const PassRow> passes, const std::vector<std::string>& disabled) {
  for (const std::string& name : disabled) {
    if (std::any_of(passes.begin(), passes.end(),
                    [&](const PassRow& pass) { return name == pass.name; }))
      continue;
    std::string known;
    for (const PassRow& pass : passes)
      known += (known.empty() ? "" : ", ") + std::string(pass.name);
    return invalid_argument("disabled pass \"" + name + "\" does not exist; the passes are " +
                            known);
  }
  return Status::ok();
}

// What a pass may not change of an output.
struct OutputForm {
  DType dtype;
  int rank;
  bool operator==(const OutputForm&) const = default;
};

std::vector<OutputForm> output_forms(const Graph& graph) {
  std::vector<OutputForm> forms;
  for (ValueId id : graph.outputs())
    forms.push_back({graph.value(id).type.dtype, graph.value(id).type.rank()});
  return forms;
}

#ifdef NDEBUG
constexpr bool kVerifyEach = false;  // infers every node a second time: once, at the end
#else
constexpr bool kVerifyEach = true;
#endif

// Brings the graph into order; an error tells what the pass has broken.
Status tidy(Graph& graph, const std::vector<OutputForm>& outputs_before) {
  if (!graph.changed()) return Status::ok();
  OCTET_RETURN_IF_ERROR(graph.normalize());
  OCTET_RETURN_IF_ERROR(graph.refresh_types());
  if (kVerifyEach) OCTET_RETURN_IF_ERROR(verify(graph));
  const std::vector<OutputForm> outputs = output_forms(graph);
  for (size_t i = 0; i < outputs.size(); ++i)
    if (!(outputs[i] == outputs_before[i]))
      return invalid_model("output \"" + graph.output_names()[i] + "\" was " +
                           dtype_name(outputs_before[i].dtype) + " of rank " +
                           std::to_string(outputs_before[i].rank) + " and is " +
                           to_string(graph.value(graph.outputs()[i]).type));
  return Status::ok();
}

}  // namespace

std::span<const PassRow> all_passes() { return kPasses; }

Status run_passes(Graph& graph, const PassOptions& options, std::vector<PassTiming>* timings) {
  return run_passes(all_passes(), graph, options, timings);
}

Status run_passes(std::span<const PassRow> passes, Graph& graph, const PassOptions& options,
                  std::vector<PassTiming>* timings) {
  OCTET_RETURN_IF_ERROR(check_names(passes, options.disabled));
  OCTET_RETURN_IF_ERROR(graph.normalize());
  OCTET_RETURN_IF_ERROR(graph.refresh_types());
  for (const PassRow& pass : passes) {
    if (std::find(options.disabled.begin(), options.disabled.end(), pass.name) !=
        options.disabled.end())
      continue;
    OCTET_RETURN_IF_ERROR(check_stop());
    const std::string where = std::string("pass ") + pass.name;
    const std::vector<OutputForm> outputs = output_forms(graph);
    const double start = now_seconds();
    if (Status status = pass.run(graph, options); !status.is_ok()) return status.with_prefix(where);
    const Status valid = tidy(graph, outputs);
    if (!valid.is_ok()) return internal_error(where + " broke the graph: " + valid.message());
    if (timings != nullptr) timings->push_back({pass.name, (now_seconds() - start) * 1e3});
  }
  OCTET_RETURN_IF_ERROR(pass_constants(graph));
  PassOptions of_part = options;
  of_part.is_whole_model = false;
  for (const Node& node : graph.nodes())
    for (const auto& inner : node.graphs)
      OCTET_RETURN_IF_ERROR(run_passes(passes, *inner, of_part, timings));
  if (const Status valid = verify(graph); !valid.is_ok())
    return internal_error("the passes broke the graph: " + valid.message());
  return Status::ok();
}

}  // namespace octet

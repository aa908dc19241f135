// The passes in their order, and the runner that verifies the graph after each.
#include "runtime/passes/pipeline.h"

#include <algorithm>
#include <chrono>

#include "runtime/passes/fold_constants.h"
#include "runtime/passes/fuse_attention.h"
#include "runtime/passes/match.h"
#include "runtime/passes/materialize_shapes.h"
#include "runtime/passes/merge_linears.h"
#include "runtime/passes/narrow_attention.h"
#include "runtime/passes/quantize_linear.h"

namespace octet {
namespace {

constexpr PassRow kPasses[] = {
    {"fold_constants", fold_constants},
    {"materialize_shapes", materialize_shapes},
    {"remove_identities", remove_identities},
    {"share_common_nodes", share_common_nodes},
    {"fuse_layer_norm", fuse_layer_norm},
    {"fuse_gelu", fuse_gelu},
    {"fuse_linear", fuse_linear},
    {"fuse_activation", fuse_activation},
    {"fuse_residual", fuse_residual},
    {"fuse_attention", fuse_attention},
    {"quantize_linear", quantize_linear},
    {"merge_linears", merge_linears},
    {"narrow_attention", narrow_attention},
};

Status check_names(std::span<const PassRow> passes, const std::vector<std::string>& disabled) {
  for (const std::string& name : disabled) {
    if (std::any_of(passes.begin(), passes.end(), [&](const PassRow& pass) { return name == pass.name; })) continue;
    std::string known;
    for (const PassRow& pass : passes) known += (known.empty() ? "" : ", ") + std::string(pass.name);
    return invalid_argument("disabled pass \"" + name + "\" does not exist; the passes are " + known);
  }
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
  for (const PassRow& pass : passes) {
    if (std::find(options.disabled.begin(), options.disabled.end(), pass.name) != options.disabled.end()) continue;
    const std::string where = std::string("pass ") + pass.name;
    const auto start = std::chrono::steady_clock::now();
    if (Status status = pass.run(graph, options); !status.is_ok()) return status.with_prefix(where);
    Status valid = graph.normalize();
    if (valid.is_ok()) valid = refresh_types(graph);
    if (valid.is_ok()) valid = verify(graph);
    if (!valid.is_ok()) return internal_error(where + " broke the graph: " + valid.message());
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
    if (timings != nullptr) timings->push_back({pass.name, elapsed.count()});
  }
  return Status::ok();
}

}  // namespace octet

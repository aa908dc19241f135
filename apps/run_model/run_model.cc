// run_model from its arguments to its exit status.
#include "apps/run_model/run_model.h"

#include <cstdio>
#include <exception>
#include <new>

#include "apps/run_model/batch/batch.h"
#include "apps/run_model/modes/bench.h"
#include "apps/run_model/modes/explain.h"
#include "apps/run_model/modes/profile.h"
#include "apps/run_model/modes/save.h"
#include "apps/run_model/modes/verify.h"
#include "apps/run_model/modes/weights.h"
#include "apps/run_model/stop_signal.h"
#include "apps/run_model/terminal.h"

namespace octet::app {
namespace {

enum Exit { kDone = 0, kDiffer = 1, kRefused = 2, kBug = 3, kSignal = 128 };

// Value: whether the outputs match; true where nothing is compared.
Result<bool> run(const Options& options) {
  OCTET_ASSIGN_OR_RETURN(const LoadedModel model, LoadedModel::load(options));
  if (!options.verify.empty()) return run_verify(model, options);
  if (options.explain) {
    OCTET_RETURN_IF_ERROR(print_explanation(model, options));
  } else if (options.list_weights) {
    OCTET_RETURN_IF_ERROR(list_weights(model, options));
  } else if (!options.dump_weight.empty()) {
    OCTET_RETURN_IF_ERROR(dump_weight(model, options));
  } else if (!options.save.empty()) {
    OCTET_RETURN_IF_ERROR(save_model(model, options));
  } else if (options.bench) {
    OCTET_RETURN_IF_ERROR(run_bench(model, options));
  } else if (options.has_outputs()) {
    OCTET_RETURN_IF_ERROR(run_batches(model, options));
  }
  if (!options.profile.empty()) OCTET_RETURN_IF_ERROR(run_profile(model, options));
  return true;
}

int fail(const Status& status) {
  std::fflush(stdout);
  put_line(stderr, "run_model: " + status.message());
  if (status.code() == StatusCode::kCancelled) return kSignal + stop_signal();
  return status.code() == StatusCode::kInternal ? kBug : kRefused;
}

int main_or_throw(int argc, char** argv) {
  auto parsed = parse_options(argc, argv);
  if (!parsed.is_ok()) return fail(parsed.status());
  if (!parsed->options) {
    const Status written = flush_stdout();
    return written.is_ok() ? parsed->exit_status : fail(written);
  }
  const Result<bool> match = run(*parsed->options);
  if (!match.is_ok()) return fail(match.status());
  const Status written = flush_stdout();
  if (!written.is_ok()) return fail(written);
  return match.value() ? kDone : kDiffer;
}

}  // namespace

int run_model(int argc, char** argv) {
  take_closed_streams();
  try {
    return main_or_throw(argc, argv);
  } catch (const std::bad_alloc&) {
    return fail(resource_exhausted("out of memory; give smaller inputs or a smaller --batch-size"));
  } catch (const std::exception& error) {
    return fail(internal_error(std::string("unexpected error: ") + error.what()));
  }
}

}  // namespace octet::app

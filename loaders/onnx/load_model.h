// Loads ONNX models into the IR.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "loaders/onnx/model_source.h"
#include "runtime/core/limits.h"
#include "runtime/graph/graph.h"

namespace octet {

struct LoadedModel {
  Graph graph;           // verified; constants are ranges of the files they came from
  std::string producer;  // "pytorch 2.5.0", may be empty
  int64_t ir_version = 0;
  std::map<std::string, int64_t> opsets;  // by domain; "" is ONNX's own
  std::vector<std::string> warnings;      // what its user should know, without the path
  ModelSource source;                     // for who reads it again
};

// Loads the model at `path`; opsets 7 and newer. Weights are not read: they stay byte ranges of the
// file, and of external data files, which must lie in the folder of `path` (or of the file it links
// to). Errors: kNotFound, kIoError; kInvalidModel; kUnsupported (all unsupported op types in one
// message); kResourceExhausted; kCancelled or kDeadlineExceeded as check_stop() says. Every message
// starts with `path`. Threading: any thread.
Result<LoadedModel> load_onnx_file(const std::string& path, const Limits& limits = {});

// The same for a model in memory. `owner` keeps `bytes` alive and unchanged, and constants share
// them; without an owner they are copied. `external_data_folder` is where external data may lie;
// empty: external data is refused.
Result<LoadedModel> load_onnx_memory(std::span<const std::byte> bytes,
                                     std::shared_ptr<const void> owner,
                                     const std::string& external_data_folder,
                                     const Limits& limits = {});

}  // namespace octet

// Saves a loaded model, with the weights that it has now, as a standard ONNX file.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "loaders/onnx/model_source.h"
#include "loaders/onnx/save/save_choices.h"
#include "loaders/onnx/save/saved_layer.h"
#include "runtime/core/limits.h"

namespace octet {

struct SaveRequest {
  SaveFormat format = SaveFormat::kStandard;
  DataPlacement placement = DataPlacement::kAsSource;
  std::span<const std::byte> memory = {};  // what a model that came from memory was loaded from
  std::string version;                     // of Octet
};

// The source's graph with `layers` written as what they are and all else as it was; functions are
// expanded. The file tells in metadata_props: octet.version, octet.scheme, octet.source_sha256.
// `warnings`: gets what is saved otherwise than it runs. Errors: those of read_source(),
// rewrite_layers() and write_model(); kCancelled or kDeadlineExceeded as check_stop() says. On
// failure no file is made or changed.
Status save_onnx_file(const ModelSource& source, std::span<const SavedLayer> layers,
                      const std::string& path, const SaveRequest& request, const Limits& limits,
                      std::vector<std::string>& warnings);

}  // namespace octet

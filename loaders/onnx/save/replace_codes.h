// Puts replaced weights into nodes that read codes already.
#pragma once

#include "loaders/onnx/save/graph_scope.h"
#include "loaders/onnx/save/layer_writer.h"
#include "loaders/onnx/save/node_form.h"

namespace octet {

// `node`, which `form` describes, reads the parts of `layer` from now on; `base`: what its weight
// is called. `scope`: of its graph. Error: kUnsupported for a node that has no such parts.
Status replace_codes(pb::NodeProto& node, const NodeForm& form, const SavedLayer& layer,
                     const std::string& base, const GraphScope& scope, LayerWriter& writer);

// Makes the node read `value`; what it read may go.
void set_input(ModelEdit& edit, pb::NodeProto& node, int index, const std::string& value);

}  // namespace octet

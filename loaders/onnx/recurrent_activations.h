// The activations of RNN, LSTM and GRU: names and parameters in lists over all directions.
#pragma once

#include <vector>

#include "loaders/onnx/node_import.h"
#include "runtime/ops/recurrence.h"

namespace octet {

// Those of each direction, from the attributes "activations", "activation_alpha" and
// "activation_beta": a function that has parameters takes the next ones of the lists, in the order
// of the functions, or its defaults where a list has ended. Names are read in any case. Error: an
// unknown name, another number of them than all cells need, or a ScaledTanh without parameters.
Result<std::vector<std::vector<RecurrentActivation>>> recurrent_activations(NodeImport& node,
                                                                            RecurrentCell cell,
                                                                            size_t directions);

}  // namespace octet

// Placement: which nodes stay on a device that a kernel was found on.
#pragma once

#include <functional>
#include <vector>

#include "runtime/graph/graph.h"
#include "runtime/program/select_kernel.h"

namespace octet {

// Every node has got the first kernel that takes it. Of those on a device two kinds go back to the
// host, where `on_host` chooses again:
//  - QuantizeRows none of whose readers is on a device: codes are made where they are multiplied;
//  - an island, which is nodes of one device connected through values and views, that has no linear
//    layer, product, convolution or attention, but a neighbour elsewhere: its copies would cost
//    more than it computes.
// `kernels` by node index; movement ops have one of the host, for where they are no views.
Status place_devices(const Graph& graph, std::vector<ChosenKernel>& kernels,
                     const std::function<Result<ChosenKernel>(const Node&)>& on_host);

}  // namespace octet

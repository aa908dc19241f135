// LinearProducts that keep s8 codes, and widen a panel of them for each tile of rows.
#pragma once

#include "kernels/cpu/onednn/matmul_plan.h"

namespace octet::cpu::onednn {

// The codes stand in the order of the plan's packed weights, so that widening them is one pass over
// memory, element by element. Sums are of src (rounded to bf16 where the plan's types are) times
// codes. Precondition: keeps_codes(plan's type), plain s8 weights of its shape. Throws dnnl::error.
std::unique_ptr<LinearProducts> make_code_products(std::shared_ptr<const MatmulPlan> plan,
                                                   const PlainWeights& weights);

}  // namespace octet::cpu::onednn

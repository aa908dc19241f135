// Matrix products by oneDNN over packed weights, at a fixed set of row counts.
//
// Nothing here names a type of oneDNN: this header is the way through the fence.
#pragma once

#include "kernels/api/kernel_table.h"
#include "kernels/cpu/linear/linear_products.h"

namespace octet::cpu::onednn {

enum class ProductType {
  kU8S8S32,  // u8 rows, s8 weights, s32 sums
  kF32,
  kBF16,       // f32 rows and weights, which are rounded to bf16, f32 sums
  kCodesF32,   // f32 rows, s8 weights that become f32 panel by panel, f32 sums
  kCodesBF16,  // the same in bf16
};

// Whether oneDNN computes src[rows, k] . weights[k, n] here fast and right; makes no weights, and
// asks oneDNN only where `store` (nullptr: none) has no plan of the shape. It declines
//  - kU8S8S32 without VNNI, where oneDNN's sums saturate in 16 bits without a word. What counts is
//  the instruction set
//    that oneDNN uses, so ONEDNN_MAX_CPU_ISA is respected;
//  - kBF16 and kCodesBF16 without an instruction set that multiplies bf16;
//  - shapes for which oneDNN falls to its `ref` or `gemm` implementation, by that name.
Support supports_products(ProductType type, int64_t n, int64_t k, SharedStore* store = nullptr);

// What oneDNN needs for products of one shape: primitives for every height, and the layout of
// packed weights. It takes about a MB, so that the layers of a model share one by its shape, and
// threads keep one KernelState for it. Its memory and that of its states is counted as an estimate.
class MatmulPlan;

// The plan of `store`, or a new one that it gets. Precondition: supports_products(). Error:
// kInternal.
Result<std::shared_ptr<const MatmulPlan>> plan_products(ProductType type, int64_t n, int64_t k,
                                                        SharedStore* store = nullptr);
// "onednn:BA16a64b4a": where the weights of a plan stand in packed memory; "onednn-codes:.." where
// they are codes in the place of what becomes of them.
std::string layout_name(const MatmulPlan& plan);

// Packs `weights` (f32 of kF32 and kBF16, else s8) once; the plan has prepared everything else that
// runs need: every row count up to kMaxTileRows is made of at most two of a few fixed heights, so
// no run creates a primitive. Rows of any distance are taken; of kU8S8S32, kF32 and kCodesF32 dense
// ones (row_bytes == k elements) are fast. Runs are on the calling thread alone, whatever OpenMP
// settings the host has. Precondition: the plan is of the weights' shape. Error: kInternal.
Result<std::unique_ptr<LinearProducts>> make_products(std::shared_ptr<const MatmulPlan> plan,
                                                      const PlainWeights& weights);

// The implementation that oneDNN picks, for tests: "brg:avx512_core_vnni". Empty when there is
// none.
std::string implementation_name(ProductType type, int64_t n, int64_t k);

}  // namespace octet::cpu::onednn

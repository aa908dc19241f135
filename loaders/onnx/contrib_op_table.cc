// One row per op of com.microsoft, which ONNX Runtime's optimizer and quantizer write.
#include "loaders/onnx/importers.h"
#include "loaders/onnx/op_table.h"

namespace octet {
namespace {

using U = UnaryFunction;
using B = BinaryFunction;

// Sorted by op type.
constexpr OpRow kRows[] = {
    {"com.microsoft", "Attention", import_contrib_attention, 2, 7, 2},
    {"com.microsoft", "BiasAdd", import_bias_add, 3, 3},
    {"com.microsoft", "BiasGelu", import_bias_gelu, 2, 2},
    {"com.microsoft", "BiasSplitGelu", import_bias_split_gelu, 2, 2},
    {"com.microsoft", "DequantizeLinear", import_dequantize_linear, 2, 3},
    {"com.microsoft", "DynamicQuantizeLSTM", import_dynamic_quantize_lstm, 3, 12, 3},
    {"com.microsoft", "DynamicQuantizeMatMul", import_dynamic_quantize_matmul, 3, 5},
    {"com.microsoft", "EmbedLayerNormalization", import_embed_layer_normalization, 1, 9, 3},
    {"com.microsoft", "FastGelu", import_fast_gelu, 1, 2},
    {"com.microsoft", "FusedConv", import_fused_conv, 2, 4},
    {"com.microsoft", "FusedGemm", import_fused_gemm, 2, 3},
    {"com.microsoft", "FusedMatMul", import_fused_matmul, 2, 2},
    {"com.microsoft", "GatherBlockQuantized", import_gather_block_quantized, 3, 4},
    {"com.microsoft", "Gelu", import_unary<U::kGelu>, 1, 1},
    {"com.microsoft", "GroupQueryAttention", import_group_query_attention, 1, 17, 4},
    {"com.microsoft", "MatMulIntegerToFloat", import_matmul_integer_to_float, 4, 7},
    {"com.microsoft", "MatMulNBits", import_matmul_nbits, 3, 6},
    {"com.microsoft", "MultiHeadAttention", import_multi_head_attention, 1, 10, 4},
    {"com.microsoft", "NhwcConv", import_nhwc_conv, 2, 3},
    {"com.microsoft", "NhwcMaxPool", import_nhwc_max_pool, 1, 1},
    {"com.microsoft", "QAttention", import_quantized_attention, 5, 9, 2},
    {"com.microsoft", "QGemm", import_qgemm, 6, 9},
    {"com.microsoft", "QLinearAdd", import_qlinear_binary<B::kAdd>, 2, 8},
    {"com.microsoft", "QLinearAveragePool", import_qlinear_average_pool, 2, 5},
    {"com.microsoft", "QLinearConcat", import_qlinear_concat, 1, kAnyNumber},
    {"com.microsoft", "QLinearConv", import_qlinear_conv, 8, 9},
    {"com.microsoft", "QLinearGlobalAveragePool", import_qlinear_global_average_pool, 2, 5},
    {"com.microsoft", "QLinearLeakyRelu", import_qlinear_unary<U::kLeakyRelu>, 2, 5},
    {"com.microsoft", "QLinearMul", import_qlinear_binary<B::kMul>, 2, 8},
    {"com.microsoft", "QLinearReduceMean", import_qlinear_reduce_mean, 2, 5},
    {"com.microsoft", "QLinearSigmoid", import_qlinear_unary<U::kSigmoid>, 2, 5},
    {"com.microsoft", "QLinearSoftmax", import_qlinear_softmax, 2, 5},
    {"com.microsoft", "QLinearWhere", import_qlinear_where, 9, 9},
    {"com.microsoft", "QuantizeLinear", import_quantize_linear, 2, 3},
    {"com.microsoft", "QuickGelu", import_quick_gelu, 1, 1},
    {"com.microsoft", "RotaryEmbedding", import_contrib_rotary_embedding, 4, 4},
    {"com.microsoft", "SimplifiedLayerNormalization", import_rms_normalization, 2, 2, 2},
    {"com.microsoft", "SkipLayerNormalization", import_skip_layer_normalization, 3, 5, 4},
    {"com.microsoft", "SkipSimplifiedLayerNormalization",
     import_skip_simplified_layer_normalization, 3, 4, 4},
};

}  // namespace

std::span<const OpRow> contrib_op_table() { return kRows; }

}  // namespace octet

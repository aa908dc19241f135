// Importers, one per ONNX op or per family of ops that differ in a function alone. For each: ONNX's
// Operators.md.
#pragma once

#include "loaders/onnx/node_import.h"

namespace octet {

// import_control.cc
Status import_if(NodeImport& node);
Status import_loop(NodeImport& node);
Status import_scan(NodeImport& node);

// import_elementwise.cc
template <UnaryFunction function>
Status import_unary(NodeImport& node) {
  static_assert(has_unary_row(function), "a unary function needs a row in kUnaryTable");
  return node.finish(UnaryAttrs{function}, {node.input(0)});
}
Status import_binary(NodeImport& node, BinaryFunction function);
template <BinaryFunction function>
Status import_binary(NodeImport& node) {
  return import_binary(node, function);
}
Status import_variadic(NodeImport& node, BinaryFunction function);
template <BinaryFunction function>
Status import_variadic(NodeImport& node) {
  return import_variadic(node, function);
}
Status import_mean(NodeImport& node);
Status import_pow(NodeImport& node);
Status import_mod(NodeImport& node);
Status import_is_inf(NodeImport& node);
Status import_gelu(NodeImport& node);
Status import_swish(NodeImport& node);
Status finish_swish(NodeImport& node, float alpha);  // output 0: x * sigmoid(alpha * x), input 0 x

// import_activation.cc
Status import_celu(NodeImport& node);
Status import_elu(NodeImport& node);
Status import_selu(NodeImport& node);
Status import_hard_sigmoid(NodeImport& node);
Status import_leaky_relu(NodeImport& node);
Status import_thresholded_relu(NodeImport& node);
Status import_prelu(NodeImport& node);
Status import_shrink(NodeImport& node);

// import_select.cc
Status import_where(NodeImport& node);
Status import_clip(NodeImport& node);
Status import_cast(NodeImport& node);
Status import_cast_like(NodeImport& node);

// import_shape_values.cc
Status import_constant(NodeImport& node);
Status import_constant_of_shape(NodeImport& node);
Status import_shape(NodeImport& node);
Status import_size(NodeImport& node);
Status import_range(NodeImport& node);

// import_reshape.cc
Status import_reshape(NodeImport& node);
Status import_flatten(NodeImport& node);
Status import_squeeze(NodeImport& node);
Status import_unsqueeze(NodeImport& node);

// import_movement.cc
Status import_identity(NodeImport& node);
Status import_transpose(NodeImport& node);
Status import_expand(NodeImport& node);
Status import_concat(NodeImport& node);

// import_random.cc
Status import_random(NodeImport& node, bool normal);
template <bool normal>
Status import_random(NodeImport& node) {
  return import_random(node, normal);
}
Status import_bernoulli(NodeImport& node);
Status import_multinomial(NodeImport& node);
Status import_dropout(NodeImport& node);

// import_generate.cc
Status import_eye_like(NodeImport& node);
Status import_blackman_window(NodeImport& node);
Status import_hamming_window(NodeImport& node);
Status import_hann_window(NodeImport& node);
Status import_mel_weight_matrix(NodeImport& node);

// import_loss.cc
Status import_negative_log_likelihood_loss(NodeImport& node);

// import_affine_grid.cc
Status import_affine_grid(NodeImport& node);

// import_center_crop_pad.cc
Status import_center_crop_pad(NodeImport& node);

// import_bits.cc; the row of the second stands in import_long_tail.cc
Status import_bit_shift(NodeImport& node);
Status import_bit_cast(NodeImport& node);

// import_slice.cc
Status import_slice(NodeImport& node);
Status import_split(NodeImport& node);

// import_data_dependent.cc
Status import_non_zero(NodeImport& node);
Status import_compress(NodeImport& node);
Status import_unique(NodeImport& node);
Status import_non_max_suppression(NodeImport& node);

// import_gather.cc
Status import_gather(NodeImport& node);
Status import_gather_elements(NodeImport& node);
Status import_gather_nd(NodeImport& node);

// import_einsum.cc
Status import_einsum(NodeImport& node);

// import_fold.cc; their rows stand in import_long_tail.cc
Status import_col2im(NodeImport& node);
Status import_max_unpool(NodeImport& node);

// import_fourier.cc; their rows stand in import_long_tail.cc
Status import_dft(NodeImport& node);
Status import_stft(NodeImport& node);

// import_tf_idf.cc; its row stands in import_long_tail.cc
Status import_tf_idf_vectorizer(NodeImport& node);

// import_scatter.cc
Status import_scatter_elements(NodeImport& node);
Status import_scatter_nd(NodeImport& node);
Status import_tensor_scatter(NodeImport& node);

// import_sampling.cc
Status import_grid_sample(NodeImport& node);
Status import_roi_align(NodeImport& node);
Status import_max_roi_pool(NodeImport& node);
Status import_deform_conv(NodeImport& node);

// import_linear.cc
Status import_matmul(NodeImport& node);
Status import_gemm(NodeImport& node);

// import_normalize.cc
Status import_layer_normalization(NodeImport& node);
Status import_softmax(NodeImport& node, bool log);
template <bool log>
Status import_softmax(NodeImport& node) {
  return import_softmax(node, log);
}

// import_channel_norm.cc
Status import_batch_normalization(NodeImport& node);
Status import_instance_normalization(NodeImport& node);
Status import_group_normalization(NodeImport& node);
Status import_lp_normalization(NodeImport& node);
Status import_mean_variance_normalization(NodeImport& node);
Status import_lrn(NodeImport& node);

// import_conv.cc
Status import_conv(NodeImport& node);
Status import_conv_transpose(NodeImport& node);

// import_pool.cc
Status import_max_pool(NodeImport& node);
Status import_nhwc_max_pool(NodeImport& node);
Status import_average_pool(NodeImport& node);
Status import_lp_pool(NodeImport& node);
Status import_global_lp_pool(NodeImport& node);
Status import_global_pool(NodeImport& node, ReduceFunction function);
template <ReduceFunction function>
Status import_global_pool(NodeImport& node) {
  return import_global_pool(node, function);
}

// import_pad.cc
Status import_pad(NodeImport& node);

// import_arg_reduce.cc
Status import_arg_reduce(NodeImport& node, bool largest);
template <bool largest>
Status import_arg_reduce(NodeImport& node) {
  return import_arg_reduce(node, largest);
}
Status import_hardmax(NodeImport& node);

// import_resize.cc
Status import_resize(NodeImport& node);
Status import_upsample(NodeImport& node);

// import_rearrange.cc
Status import_tile(NodeImport& node);
Status import_depth_to_space(NodeImport& node);
Status import_space_to_depth(NodeImport& node);
Status import_trilu(NodeImport& node);
Status import_one_hot(NodeImport& node);

// import_reduce.cc
Status import_reduce(NodeImport& node, ReduceFunction function);
template <ReduceFunction function>
Status import_reduce(NodeImport& node) {
  return import_reduce(node, function);
}
Status import_qlinear_reduce_mean(NodeImport& node);
Status import_running(NodeImport& node, bool product);
template <bool product>
Status import_running(NodeImport& node) {
  return import_running(node, product);
}

// import_quantize.cc
Status import_quantize_linear(NodeImport& node);
Status import_dequantize_linear(NodeImport& node);
Status import_dynamic_quantize_linear(NodeImport& node);
Status import_matmul_integer(NodeImport& node);
Status import_conv_integer(NodeImport& node);

// import_qlinear.cc
Status import_qlinear_matmul(NodeImport& node);
Status import_qgemm(NodeImport& node);
Status import_qlinear_binary(NodeImport& node, BinaryFunction function);
template <BinaryFunction function>
Status import_qlinear_binary(NodeImport& node) {
  return import_qlinear_binary(node, function);
}
Status import_qlinear_unary(NodeImport& node, UnaryFunction function);
template <UnaryFunction function>
Status import_qlinear_unary(NodeImport& node) {
  return import_qlinear_unary(node, function);
}
Status import_qlinear_softmax(NodeImport& node);
Status import_qlinear_concat(NodeImport& node);
Status import_qlinear_where(NodeImport& node);

// import_qlinear_window.cc
Status import_qlinear_conv(NodeImport& node);
Status import_qlinear_average_pool(NodeImport& node);
Status import_qlinear_global_average_pool(NodeImport& node);

// import_dynamic_matmul.cc
Status import_dynamic_quantize_matmul(NodeImport& node);
Status import_matmul_integer_to_float(NodeImport& node);

// import_dynamic_lstm.cc
Status import_dynamic_quantize_lstm(NodeImport& node);

// import_gather_block_quantized.cc
Status import_gather_block_quantized(NodeImport& node);

// import_dynamic_linear.cc
Status import_dynamic_linear(NodeImport& node);

// import_matmul_nbits.cc
Status import_matmul_nbits(NodeImport& node);

// import_recurrent.cc; their rows stand in import_long_tail.cc
enum class RecurrentCell;
Status import_recurrent(NodeImport& node, RecurrentCell cell);

// import_attention.cc
Status import_attention(NodeImport& node);

// import_flex_attention.cc
Status import_flex_attention(NodeImport& node);

// import_rms_norm.cc
Status import_rms_normalization(NodeImport& node);

// import_rotary.cc
Status import_rotary_embedding(NodeImport& node);
Status import_contrib_rotary_embedding(NodeImport& node);

// import_skip_norm.cc
Status import_skip_layer_normalization(NodeImport& node);
Status import_skip_simplified_layer_normalization(NodeImport& node);

// import_embed_norm.cc
Status import_embed_layer_normalization(NodeImport& node);

// import_contrib_gelu.cc
Status import_bias_gelu(NodeImport& node);
Status import_fast_gelu(NodeImport& node);
Status import_quick_gelu(NodeImport& node);
Status import_bias_add(NodeImport& node);
Status import_bias_split_gelu(NodeImport& node);

// import_fused_matmul.cc
Status import_fused_matmul(NodeImport& node);
Status import_fused_gemm(NodeImport& node);

// import_fused_conv.cc
Status import_fused_conv(NodeImport& node);
Status import_nhwc_conv(NodeImport& node);

// import_contrib_attention.cc
Status import_contrib_attention(NodeImport& node);
Status import_quantized_attention(NodeImport& node);

// import_multi_head_attention.cc
Status import_multi_head_attention(NodeImport& node);

// import_group_query_attention.cc
Status import_group_query_attention(NodeImport& node);

}  // namespace octet

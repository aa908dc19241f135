// Rows of the long-tail lane, with the importers that need no file of their own.
#include "loaders/onnx/importers.h"
#include "loaders/onnx/op_table.h"
#include "runtime/ops/det.h"
#include "runtime/ops/recurrence.h"
#include "runtime/ops/reverse_sequence.h"
#include "runtime/ops/top_k.h"

namespace octet {
namespace {

// K is an attribute below opset 10, an input from it on; below 11 the largest are taken.
Status import_top_k(NodeImport& node) {
  TopKAttrs top;
  OCTET_ASSIGN_OR_RETURN(top.axis, normalize_axis(node.int_attribute("axis", -1), node.rank(0)));
  if (node.opset() >= 10) {
    if (!node.has_input(1)) return invalid_model("input 1, K, is missing");
    OCTET_ASSIGN_OR_RETURN(top.k, node.dim(1));
  } else {
    if (!node.has_attribute("k")) return invalid_model("attribute \"k\" is missing");
    top.k = node.int_attribute("k", 0);
  }
  top.largest = node.flag_attribute("largest", true);
  top.sorted = node.flag_attribute("sorted", true);
  return node.finish_all(LongTailAttrs(top), {node.input(0)});
}

Status import_det(NodeImport& node) {
  return node.finish(LongTailAttrs(DetAttrs{}), {node.input(0)});
}

Status import_reverse_sequence(NodeImport& node) {
  const int64_t batch = node.int_attribute("batch_axis", 1),
                time = node.int_attribute("time_axis", 0);
  if (batch < 0 || batch > 1 || time != 1 - batch)
    return invalid_model("attributes \"batch_axis\" and \"time_axis\" are " +
                         std::to_string(batch) + " and " + std::to_string(time) +
                         "; expected 0 and 1, or 1 and 0");
  const ReverseSequenceAttrs reverse{static_cast<int>(batch), static_cast<int>(time)};
  return node.finish(LongTailAttrs(reverse), {node.input(0), node.input(1)});
}

template <RecurrentCell kCell>
Status import_recurrent(NodeImport& node) {
  return import_recurrent(node, kCell);
}

// Sorted by domain and op type.
constexpr OpRow kRows[] = {
    {"", "BitCast", import_bit_cast, 1, 1, 1, 26},
    {"", "Col2Im", import_col2im, 3, 3, 1, 18},
    {"", "Compress", import_compress, 2, 2, 1, 9},
    {"", "DFT", import_dft, 1, 3, 1, 17},
    {"", "DeformConv", import_deform_conv, 3, 5, 1, 19},
    {"", "Det", import_det, 1, 1, 1, 11},
    {"", "GRU", import_recurrent<RecurrentCell::kGru>, 3, 6, 2},
    {"", "GridSample", import_grid_sample, 2, 2, 1, 16},
    {"", "LSTM", import_recurrent<RecurrentCell::kLstm>, 3, 8, 3},
    {"", "MaxRoiPool", import_max_roi_pool, 2, 2},
    {"", "MaxUnpool", import_max_unpool, 2, 3, 1, 9},
    {"", "NonMaxSuppression", import_non_max_suppression, 2, 5, 1, 10},
    {"", "NonZero", import_non_zero, 1, 1, 1, 9},
    {"", "RNN", import_recurrent<RecurrentCell::kRnn>, 3, 6, 2},
    {"", "RandomNormal", import_random<true>, 0, 0},
    {"", "RandomNormalLike", import_random<true>, 1, 1},
    {"", "RandomUniform", import_random<false>, 0, 0},
    {"", "RandomUniformLike", import_random<false>, 1, 1},
    {"", "ReverseSequence", import_reverse_sequence, 2, 2, 1, 10},
    {"", "RoiAlign", import_roi_align, 3, 3, 1, 10},
    {"", "STFT", import_stft, 2, 4, 1, 17},
    {"", "Scatter", import_scatter_elements, 3, 3, 1, 9},
    {"", "ScatterElements", import_scatter_elements, 3, 3, 1, 11},
    {"", "ScatterND", import_scatter_nd, 3, 3, 1, 11},
    {"", "TensorScatter", import_tensor_scatter, 2, 3, 1, 24},
    {"", "TfIdfVectorizer", import_tf_idf_vectorizer, 1, 1, 1, 9},
    {"", "TopK", import_top_k, 1, 2, 2},
    {"", "Unique", import_unique, 1, 1, 4, 11},
};

}  // namespace

std::span<const OpRow> long_tail_op_table() { return kRows; }

}  // namespace octet

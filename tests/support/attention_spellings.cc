// Builds spelled-out attentions.
#include "tests/support/attention_spellings.h"

#include <cmath>

namespace octet::test {
namespace {

class Builder {
 public:
  explicit Builder(const AttentionSpelling& spelling) : spelling_(spelling) {}

  Graph build() {
    const ValueId query =
        add_input(graph_, "query", DType::kF32, {e_.batch, e_.queries, e_.heads * e_.depth});
    const ValueId key =
        add_input(graph_, "key", DType::kF32, {e_.batch, e_.keys, e_.heads * e_.depth});
    const ValueId value =
        add_input(graph_, "value", DType::kF32, {e_.batch, e_.keys, e_.heads * e_.value_depth});
    ValueId q = heads_major("q", scaled_below_views(query), e_.queries, e_.depth);
    ValueId k_transposed = transposed_key(key);
    ValueId v = heads_major("v", value, e_.keys, e_.value_depth);
    if (spelling_.scale == ScaleSpelling::kMulQuery) q = times("q_scaled", q, kTestScale);
    if (spelling_.scale == ScaleSpelling::kRootOnBoth) {
      q = times("q_scaled", q, std::sqrt(kTestScale));
      k_transposed = times("k_scaled", k_transposed, std::sqrt(kTestScale));
    }
    if (spelling_.rank3) {
      q = flattened("q_flat", q);
      k_transposed = flattened("k_flat", k_transposed);
      v = flattened("v_flat", v);
    }
    ValueId scores = add_node(graph_, "scores", MatMulAttrs{}, {q, k_transposed});
    if (spelling_.scale == ScaleSpelling::kMulScores) scores = times("scaled", scores, kTestScale);
    if (spelling_.scale == ScaleSpelling::kDivScores)
      scores = add_node(graph_, "scaled", BinaryAttrs{BinaryFunction::kDiv},
                        {scores, scalar(1 / kTestScale)});
    scores = masked(scores);
    ValueId weights =
        add_node(graph_, "softmax", SoftmaxAttrs{.axis = spelling_.rank3 ? 2 : 3}, {scores});
    if (spelling_.guard) {
      const ValueId is_nan =
          add_node(graph_, "is_nan", UnaryAttrs{UnaryFunction::kIsNaN}, {weights});
      weights = add_node(graph_, "guard", WhereAttrs{}, {is_nan, scalar(0), weights});
    }
    finish(add_node(graph_, "context", MatMulAttrs{}, {weights, v}));
    return std::move(graph_);
  }

 private:
  ValueId scalar(float value) {
    return add_floats(graph_, "scalar" + std::to_string(scalars_++),
                      make_tensor<float>({}, {value}));
  }
  ValueId times(const std::string& name, ValueId value, float factor) {
    return add_node(graph_, name, BinaryAttrs{BinaryFunction::kMul}, {value, scalar(factor)});
  }
  ValueId reshape(const std::string& name, ValueId value, SymbolicShape shape) {
    return add_node(graph_, name, ReshapeAttrs{std::move(shape)}, {value});
  }
  ValueId transpose(const std::string& name, ValueId value, std::vector<int> permutation) {
    return add_node(graph_, name, TransposeAttrs{std::move(permutation)}, {value});
  }
  ValueId flattened(const std::string& name, ValueId value) {
    const SymbolicShape shape = graph_.value(value).type.shape;
    return reshape(name, value, {shape[0] * shape[1], shape[2], shape[3]});
  }

  ValueId scaled_below_views(ValueId query) {
    return spelling_.scale == ScaleSpelling::kBelowViews ? times("query_scaled", query, kTestScale)
                                                         : query;
  }

  ValueId heads_major(const std::string& name, ValueId value, int64_t tokens, int64_t depth) {
    return transpose(name, reshape(name + "_heads", value, {e_.batch, tokens, e_.heads, depth}),
                     {0, 2, 1, 3});
  }

  ValueId transposed_key(ValueId key) {
    if (spelling_.key == KeySpelling::kMergedTranspose)
      return transpose("k_transposed",
                       reshape("k_heads", key, {e_.batch, e_.keys, e_.heads, e_.depth}),
                       {0, 2, 3, 1});
    const ValueId k = heads_major("k", key, e_.keys, e_.depth);
    switch (spelling_.key) {
      case KeySpelling::kSwap:
        return transpose("k_transposed", k, {0, 1, 3, 2});
      case KeySpelling::kByWayOfRank3:
        return reshape("k_transposed", transpose("k_swapped", flattened("k_flat3", k), {0, 2, 1}),
                       {e_.batch, e_.heads, e_.depth, e_.keys});
      default:  // made by something that is no view
        return add_node(graph_, "k_transposed", UnaryAttrs{UnaryFunction::kNeg},
                        {transpose("k_swapped", k, {0, 1, 3, 2})});
    }
  }

  ValueId masked(ValueId scores) {
    if (spelling_.mask == MaskSpelling::kNone) return scores;
    const SymbolicShape wide = {e_.batch, e_.heads, e_.queries, e_.keys};
    const SymbolicShape flat = graph_.value(scores).type.shape;
    if (spelling_.rank3) scores = reshape("scores_wide", scores, wide);
    if (spelling_.mask == MaskSpelling::kAdd) {
      const ValueId mask = add_input(graph_, "mask", DType::kF32, {e_.batch, 1, 1, e_.keys});
      scores = add_node(graph_, "masked", BinaryAttrs{BinaryFunction::kAdd}, {scores, mask});
    } else {
      const ValueId keep =
          add_input(graph_, "mask", DType::kBool, {e_.batch, 1, e_.queries, e_.keys});
      scores = masked_where(scores, keep, wide);
    }
    return spelling_.rank3 ? reshape("masked_flat", scores, flat) : scores;
  }

  ValueId masked_where(ValueId scores, ValueId keep, const SymbolicShape& wide) {
    switch (spelling_.mask) {
      case MaskSpelling::kAddWhere: {
        const ValueId expanded = add_node(graph_, "keep_expanded", ExpandAttrs{wide}, {keep});
        const ValueId mask = add_node(graph_, "additive", WhereAttrs{},
                                      {expanded, scalar(0), scalar(spelling_.fill)});
        return add_node(graph_, "masked", BinaryAttrs{BinaryFunction::kAdd}, {scores, mask});
      }
      case MaskSpelling::kFill:
        return add_node(graph_, "masked", WhereAttrs{}, {keep, scores, scalar(spelling_.fill)});
      default: {
        const ValueId drop = add_node(graph_, "drop", UnaryAttrs{UnaryFunction::kNot}, {keep});
        return add_node(graph_, "masked", WhereAttrs{}, {drop, scalar(spelling_.fill), scores});
      }
    }
  }

  void finish(ValueId context) {
    const SymbolicShape heads_major = {e_.batch, e_.heads, e_.queries, e_.value_depth};
    if (spelling_.rank3 || spelling_.output == OutputSpelling::kReshapeAndTranspose)
      context = reshape("context_heads", context, heads_major);
    if (spelling_.output != OutputSpelling::kHeadsMajor) {
      context = transpose("context_tokens", context, {0, 2, 1, 3});
      context =
          reshape("context_merged", context, {e_.batch, e_.queries, e_.heads * e_.value_depth});
    }
    graph_.add_output(context, "output");
  }

  const AttentionSpelling& spelling_;
  const AttentionExtents e_;
  Graph graph_;
  int scalars_ = 0;
};

}  // namespace

Graph spelled_attention(const AttentionSpelling& spelling) { return Builder(spelling).build(); }

}  // namespace octet::test

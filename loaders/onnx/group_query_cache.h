// The cache, the positions and the mask of com.microsoft.GroupQueryAttention.
#pragma once

#include "loaders/onnx/node_import.h"

namespace octet {

// The inputs of the op, by their places.
enum class Gqa : int {
  kQuery,
  kKey,
  kValue,
  kPastKey,
  kPastValue,
  kTokensInCache,  // seqlens_k: per sequence, tokens in the cache after this step, minus 1
  kTotal,          // total_sequence_length: the largest number of tokens of a sequence
  kCos,
  kSin,
  kPositions,
  kAttentionBias,
  kHeadSink,
  kKeyScale,
  kValueScale,
  kQueryNorm,
  kKeyNorm,
  kQueryTokens  // query_seqlens: per sequence, those of the new tokens that are no padding
};

// Sequence b has T[b] = seqlens_k[b] + 1 tokens in its cache after this step, of which
// P[b] = max(T[b] - S, 0), or T[b] - query_seqlens[b], were there before. Its new tokens are at
// positions P[b], P[b] + 1, ..; sequences are padded at the end.
struct TokenCounts {
  Dim batch, tokens;        // of the query: B, S
  Dim total;                // keys to look at: total_sequence_length
  ValueId all = kNoValue;   // T as int64[B, 1]
  ValueId past = kNoValue;  // P as int64[B, 1]; kNoValue: there is no past, all are 0
};
// Error: a past whose total_sequence_length depends on data.
Result<TokenCounts> count_tokens(NodeImport& node);

// Positions of the new tokens, int64[B, S]. Precondition: there is a past.
Result<ValueId> query_positions(NodeImport& node, const TokenCounts& counts);

// The cache [B, H, max(total, past extent), D]: `tokens` [B, S, H, D] of this step behind the past
// ones of input `past`, at their positions. What lies behind a sequence's tokens is unspecified.
// Without a past, the tokens alone.
Result<ValueId> append_to_cache(NodeImport& node, const std::string& step, Gqa past, ValueId tokens,
                                const TokenCounts& counts);

// Additive mask that broadcasts to [B, H, S, total]: keys of the sequence up to the query's own
// position (attribute causal, 1), of which the last local_window_size where that is not -1; plus
// attention_bias.
Result<ValueId> import_gqa_mask(NodeImport& node, const TokenCounts& counts);

}  // namespace octet

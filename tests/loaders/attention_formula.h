// Attention from its formula, for tests of the importers that make it.
#pragma once

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace octet::test {

struct AttentionProblem {
  int batch, heads, queries, keys, size;  // of a head, values alike
  // [batch, heads, tokens, size]
  std::vector<float> q, k, v;
  float scale = 1;
  // What is done to the product of query i and key j, in this order.
  std::function<double(double)> shape_score = [](double score) { return score; };
  std::function<double(int b, int h, int i, int j)> mask = [](int, int, int, int) { return 0.0; };
  double sink = -std::numeric_limits<double>::infinity();  // one more logit, without a value
};

// [batch, queries, heads * size] in double.
inline std::vector<float> attend(const AttentionProblem& p) {
  std::vector<float> out;
  const auto at = [&](const std::vector<float>& x, int tokens, int b, int h, int t, int d) {
    return static_cast<double>(
        x[static_cast<size_t>(((b * p.heads + h) * tokens + t) * p.size + d)]);
  };
  for (int b = 0; b < p.batch; ++b)
    for (int i = 0; i < p.queries; ++i)
      for (int h = 0; h < p.heads; ++h) {
        std::vector<double> weights;
        double most = p.sink;
        for (int j = 0; j < p.keys; ++j) {
          double score = 0;
          for (int d = 0; d < p.size; ++d)
            score += at(p.q, p.queries, b, h, i, d) * at(p.k, p.keys, b, h, j, d);
          score = p.shape_score(score * static_cast<double>(p.scale)) + p.mask(b, h, i, j);
          weights.push_back(score);
          most = std::max(most, score);
        }
        double sum = std::exp(p.sink - most);
        for (double& weight : weights) sum += weight = std::exp(weight - most);
        for (int d = 0; d < p.size; ++d) {
          double value = 0;
          for (int j = 0; j < p.keys; ++j)
            value += weights[static_cast<size_t>(j)] / sum * at(p.v, p.keys, b, h, j, d);
          out.push_back(static_cast<float>(value));
        }
      }
  return out;
}

// [batch, heads, tokens, size] of [batch, tokens, heads * size].
inline std::vector<float> heads_of(const std::vector<float>& rows, int batch, int tokens, int heads,
                                   int size) {
  std::vector<float> out;
  for (int b = 0; b < batch; ++b)
    for (int h = 0; h < heads; ++h)
      for (int t = 0; t < tokens; ++t)
        for (int d = 0; d < size; ++d)
          out.push_back(rows[static_cast<size_t>(((b * tokens + t) * heads + h) * size + d)]);
  return out;
}

}  // namespace octet::test

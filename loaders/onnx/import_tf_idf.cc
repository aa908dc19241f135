// TfIdfVectorizer over integers.
#include <algorithm>
#include <numeric>

#include "loaders/onnx/importers.h"
#include "loaders/onnx/names.h"
#include "runtime/ops/tf_idf.h"

namespace octet {
namespace {

std::string counted(size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

struct NGram {
  std::span<const int64_t> items;
  int64_t column;
};

// Those that the attributes hold: "pool_int64s" has all 1-grams, then all 2-grams and so on, of
// which "ngram_counts" says where each kind begins.
class NGramReader {
 public:
  explicit NGramReader(NodeImport& node)
      : node_(node),
        pool_(node.ints_attribute("pool_int64s").value_or(std::vector<int64_t>())),
        begins_(node.ints_attribute("ngram_counts").value_or(std::vector<int64_t>())),
        columns_(node.ints_attribute("ngram_indexes").value_or(std::vector<int64_t>())) {}

  // Sorted; of equal ones only the last. Valid as long as this.
  Result<std::vector<NGram>> read(int64_t shortest, int64_t longest) const {
    if (columns_.empty()) return invalid_model("attribute \"ngram_indexes\" is missing or empty");
    std::vector<NGram> grams;
    size_t number = 0;  // of the n-gram in the pool
    for (size_t kind = 0; kind < begins_.size(); ++kind) {
      const auto size = kind + 1;
      OCTET_ASSIGN_OR_RETURN(const std::span<const int64_t> items, items_of(kind));
      for (size_t i = 0; i < items.size(); i += size, ++number) {
        if (number >= columns_.size())
          return invalid_model("attribute \"ngram_indexes\" has " +
                               counted(columns_.size(), "element") +
                               ", fewer than the pool has n-grams");
        const auto length = static_cast<int64_t>(size);
        if (length >= shortest && length <= longest)
          grams.push_back({items.subspan(i, size), columns_[number]});
      }
    }
    return without_repetition(std::move(grams));
  }

  // One more than the largest index.
  Result<int64_t> column_count() const {
    for (const int64_t column : columns_)
      if (column < 0 || column >= node_.limits().max_dim)
        return invalid_model("attribute \"ngram_indexes\" has " + std::to_string(column) +
                             ", expected 0 or more, and less than max_dim");
    return *std::max_element(columns_.begin(), columns_.end()) + 1;
  }

 private:
  Result<std::span<const int64_t>> items_of(size_t kind) const {
    const auto total = static_cast<int64_t>(pool_.size());
    const int64_t first = begins_[kind],
                  last = kind + 1 < begins_.size() ? begins_[kind + 1] : total;
    if (first < 0 || first > last || last > total)
      return invalid_model("attribute \"ngram_counts\" puts the n-grams of " +
                           counted(kind + 1, "element") + " at " + std::to_string(first) + " to " +
                           std::to_string(last) + " of a pool of " +
                           counted(pool_.size(), "element"));
    if (static_cast<size_t>(last - first) % (kind + 1) != 0)
      return invalid_model("attribute \"pool_int64s\" has " +
                           counted(static_cast<size_t>(last - first), "element") +
                           " for n-grams of " + std::to_string(kind + 1));
    return std::span(pool_).subspan(static_cast<size_t>(first), static_cast<size_t>(last - first));
  }

  static std::vector<NGram> without_repetition(std::vector<NGram> grams) {
    const auto before = [](const NGram& a, const NGram& b) {
      return std::ranges::lexicographical_compare(a.items, b.items);
    };
    std::stable_sort(grams.begin(), grams.end(), before);
    std::vector<NGram> unique;
    for (const NGram& gram : grams) {
      if (!unique.empty() && !before(unique.back(), gram)) unique.pop_back();
      unique.push_back(gram);
    }
    return unique;
  }

  const NodeImport& node_;
  std::vector<int64_t> pool_, begins_, columns_;
};

Result<TfIdfMode> mode_of(NodeImport& node) {
  const std::string mode = node.string_attribute("mode", "");
  if (mode == "TF") return TfIdfMode::kCount;
  if (mode == "IDF") return TfIdfMode::kPresence;
  if (mode == "TFIDF") return TfIdfMode::kWeightedCount;
  return invalid_model("attribute \"mode\" is " + quoted(mode) +
                       ", expected \"TF\", \"IDF\" or \"TFIDF\"");
}

Result<ValueId> add_integers(NodeImport& node, const char* step,
                             const std::vector<int64_t>& values) {
  return node.add_constant(
      step, Constant(Tensor::from(std::span(values), Shape{static_cast<int64_t>(values.size())})));
}

// The pool as the inputs of the op that come behind src.
Status add_pool(NodeImport& node, const std::vector<NGram>& grams, std::vector<ValueId>& inputs) {
  std::vector<int64_t> items, starts = {0}, columns;
  for (const NGram& gram : grams) {
    items.insert(items.end(), gram.items.begin(), gram.items.end());
    starts.push_back(static_cast<int64_t>(items.size()));
    columns.push_back(gram.column);
  }
  for (const auto& [step, values] :
       {std::pair("items", &items), std::pair("starts", &starts), std::pair("columns", &columns)}) {
    OCTET_ASSIGN_OR_RETURN(const ValueId value, add_integers(node, step, *values));
    inputs.push_back(value);
  }
  return Status::ok();
}

}  // namespace

// Weights are those of the columns, as in ONNX's reference and in ONNX Runtime, though the standard
// speaks of n-grams; the two are the same where "ngram_indexes" counts from 0.
Status import_tf_idf_vectorizer(NodeImport& node) {
  if (node.has_attribute("pool_strings"))
    return unsupported("its pool is one of strings; expected \"pool_int64s\" and integers");
  const int64_t shortest = node.int_attribute("min_gram_length", 0),
                longest = node.int_attribute("max_gram_length", 0);
  TfIdfAttrs attrs;
  attrs.skips = node.int_attribute("max_skip_count", 0);
  OCTET_ASSIGN_OR_RETURN(attrs.mode, mode_of(node));
  const NGramReader reader(node);
  OCTET_RETURN_IF_ERROR(node.status());
  if (shortest < 1 || longest < shortest || attrs.skips < 0)
    return invalid_model("takes n-grams of " + std::to_string(shortest) + " to " +
                         std::to_string(longest) + " elements and skips " +
                         std::to_string(attrs.skips) +
                         "; expected 1 or more, not fewer than that, and 0 or more");
  OCTET_ASSIGN_OR_RETURN(const std::vector<NGram> grams, reader.read(shortest, longest));
  OCTET_ASSIGN_OR_RETURN(attrs.columns, reader.column_count());
  std::vector<ValueId> inputs = {node.input(0)};
  OCTET_RETURN_IF_ERROR(add_pool(node, grams, inputs));
  if (const auto weights = node.floats_attribute("weights"); weights && !weights->empty()) {
    if (static_cast<int64_t>(weights->size()) != attrs.columns)
      return unsupported("attribute \"weights\" has " + counted(weights->size(), "element") +
                         ", expected one for each of the " + std::to_string(attrs.columns) +
                         " columns that \"ngram_indexes\" names");
    OCTET_ASSIGN_OR_RETURN(
        const ValueId value,
        node.add_constant("weights",
                          Constant(Tensor::from(std::span(*weights), Shape{attrs.columns}))));
    inputs.push_back(value);
  }
  return node.finish(LongTailAttrs(attrs), std::move(inputs));
}

}  // namespace octet

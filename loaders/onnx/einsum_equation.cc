// Parser of equations.
#include "loaders/onnx/einsum_equation.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "loaders/onnx/names.h"

namespace octet {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The labels of one operand: letters with at most one ellipsis between them.
struct Term {
  std::vector<EinsumLabel> before, behind;
  bool has_ellipsis = false;

  int letters() const { return static_cast<int>(before.size() + behind.size()); }
  // With an ellipsis of `axes` axes.
  std::vector<EinsumLabel> labels(int axes) const {
    std::vector<EinsumLabel> all = before;
    for (int i = has_ellipsis ? axes : 0; i > 0; --i) all.push_back(-i);
    all.insert(all.end(), behind.begin(), behind.end());
    return all;
  }
};

Result<Term> parse_term(std::string_view text) {
  Term term;
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_letter(text[i])) {
      (term.has_ellipsis ? term.behind : term.before).push_back(text[i]);
    } else if (text.substr(i, 3) == "..." && !term.has_ellipsis) {
      term.has_ellipsis = true;
      i += 2;
    } else {
      return invalid_model("expected letters and at most one \"...\" in the term " + quoted(text));
    }
  }
  return term;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t comma = text.find(','); comma != text.npos; comma = text.find(',')) {
    parts.push_back(text.substr(0, comma));
    text.remove_prefix(comma + 1);
  }
  parts.push_back(text);
  return parts;
}

Result<std::vector<EinsumLabel>> parse_output(std::string_view text, int ellipsis_axes,
                                              const std::map<EinsumLabel, int>& uses) {
  OCTET_ASSIGN_OR_RETURN(const Term term, parse_term(text));
  const std::vector<EinsumLabel> labels = term.labels(ellipsis_axes);
  for (const EinsumLabel label : labels) {
    if (uses.count(label) == 0)
      return invalid_model("the output has " + label_text(label) + ", which is in no input");
    if (std::count(labels.begin(), labels.end(), label) > 1)
      return invalid_model("the output has " + label_text(label) + " twice");
  }
  return labels;
}

// How many axes the ellipsis of an input of `rank` stands for.
Result<int> ellipsis_axes(const Term& term, size_t input, int rank) {
  const int rest = rank - term.letters();
  if (rest == 0 || (rest > 0 && term.has_ellipsis)) return rest;
  return invalid_model("input " + std::to_string(input) + " has rank " + std::to_string(rank) +
                       ", but its term has " + std::to_string(term.letters()) +
                       (term.has_ellipsis ? " letters beside the ellipsis" : " letters"));
}

Result<EinsumEquation> parse(std::string_view text, const std::vector<int>& ranks) {
  const size_t arrow = text.find("->");
  const std::vector<std::string_view> terms = split(text.substr(0, arrow));
  if (terms.size() != ranks.size())
    return invalid_model("it has " + std::to_string(terms.size()) + " terms for " +
                         std::to_string(ranks.size()) + " inputs");
  EinsumEquation equation;
  std::map<EinsumLabel, int> uses;
  int most_axes = 0;
  for (size_t i = 0; i < terms.size(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const Term term, parse_term(terms[i]));
    OCTET_ASSIGN_OR_RETURN(const int axes, ellipsis_axes(term, i, ranks[i]));
    most_axes = std::max(most_axes, axes);
    equation.inputs.push_back(term.labels(axes));
    for (const EinsumLabel label : equation.inputs.back()) ++uses[label];
  }
  if (arrow != text.npos) {
    OCTET_ASSIGN_OR_RETURN(equation.output, parse_output(text.substr(arrow + 2), most_axes, uses));
    return equation;
  }
  for (const auto& [label, count] : uses)  // in order, those of the ellipsis first
    if (label < 0 || count == 1) equation.output.push_back(label);
  return equation;
}

}  // namespace

Result<EinsumEquation> parse_einsum(const std::string& equation, const std::vector<int>& ranks) {
  std::string text = equation;
  std::erase(text, ' ');
  Result<EinsumEquation> parsed = parse(text, ranks);
  if (parsed.is_ok()) return parsed;
  return parsed.status().with_prefix("attribute \"equation\" is " + quoted(equation));
}

std::string label_text(EinsumLabel label) {
  return label < 0 ? "an axis of the ellipsis" : std::string("'") + static_cast<char>(label) + "'";
}

}  // namespace octet

// Dims of a model's inputs as symbols with names that cannot be mistaken for expressions.
#pragma once

#include <map>
#include <set>
#include <string>

#include "runtime/ops/dim.h"

namespace octet {

// Threading: none; one owner.
class SymbolNames {
 public:
  // The symbol of a dim_param; the same one for the same text.
  Dim named(const std::string& dim_param);
  // The symbol of an extent that the model leaves open: "input.axis".
  Dim unnamed(const std::string& input, int axis);

 private:
  std::map<std::string, std::string> names_;  // dim_param to symbol
  std::set<std::string> taken_;
};

}  // namespace octet

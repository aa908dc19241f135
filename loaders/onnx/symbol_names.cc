// Cleaning and uniqueness of symbol names.
#include "loaders/onnx/symbol_names.h"

namespace octet {
namespace {

// Names go into messages and expressions.
std::string cleaned(std::string name) {
  constexpr size_t kLongest = 200;  // symbols are written out again and again
  if (name.size() > kLongest) name.resize(kLongest);
  for (char& c : name)
    if (static_cast<unsigned char>(c) < 0x20) c = '_';
  return name;
}

}  // namespace

Dim SymbolNames::named(const std::string& dim_param) {
  auto [place, inserted] = names_.try_emplace(dim_param);
  if (inserted) {
    place->second = cleaned(dim_param);
    while (!taken_.insert(place->second).second) place->second += '_';
  }
  return Dim::symbol(place->second);
}

Dim SymbolNames::unnamed(const std::string& input, int axis) {
  return named(input + "." + std::to_string(axis));
}

}  // namespace octet

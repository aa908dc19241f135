// Attributes that name one of several things.
#pragma once

#include "loaders/onnx/names.h"
#include "loaders/onnx/node_import.h"

namespace octet {

template <class T>
struct Choice {
  const char* name;
  T value;
};

// The choice that the attribute names. Error: kInvalidModel with all names, where it is none.
template <class T, size_t n>
Result<T> choose(NodeImport& node, const Choice<T> (&choices)[n], const char* attribute,
                 const char* otherwise) {
  const std::string found = node.string_attribute(attribute, otherwise);
  std::string names;
  for (const Choice<T>& choice : choices) {
    if (found == choice.name) return choice.value;
    names += (names.empty() ? "" : ", ") + quoted(choice.name);
  }
  return invalid_model(std::string("attribute \"") + attribute + "\" is " + quoted(found) +
                       ", expected one of " + names);
}

}  // namespace octet

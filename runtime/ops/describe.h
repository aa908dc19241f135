// Fields of attributes as texts: what tells attributes from others, and what is printed of them,
// are made of these alone.
#pragma once

#include <cassert>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/core/fields.h"
#include "runtime/core/shared_store.h"
#include "runtime/ops/dim.h"

namespace octet {

struct QuantizedConstant;

struct FieldText {
  const char* name;
  Role role;
  std::string text;  // equal for equal values, and for no others unless they are weights
  // Of weights: what they were made from, which tells them from others without a look at them. An
  // unknown key is equal to nothing.
  std::optional<SharedKey> made_from = {};
  std::vector<Symbol> symbols = {};  // of the extents in it

  bool has_symbols() const { return !symbols.empty(); }
};

// All fields, in their order. Precondition, which the compiler checks: fields() of T and of the
// structs in it leave nothing out.
template <class T>
std::vector<FieldText> describe_fields(const T& attrs);

// What it is for people: `axis: 1, keep_dims: true`.
std::string to_string(const std::vector<FieldText>& fields);

template <class T>
concept Struct = std::is_class_v<T>;

// One value. Floats and dims are written so that no digit is lost.
std::string text_of(bool value);
std::string text_of(int64_t value);
std::string text_of(float value);
std::string text_of(const std::string& value);  // in quotes
std::string text_of(const Dim& value);
std::string text_of(const std::shared_ptr<const QuantizedConstant>& weights);
inline std::string text_of(int value) { return text_of(int64_t{value}); }
template <class T>
std::string text_of(const std::vector<T>& values);  // [1, 2, 3]
template <Struct T>
std::string text_of(const T& object);  // {kernel: [3, 3], strides: [1, 1]}

std::optional<SharedKey> made_from(const std::shared_ptr<const QuantizedConstant>& weights);
template <class T>
std::optional<SharedKey> made_from(const T&) {
  return std::nullopt;
}

// One template for all types, because a Dim is made of any number.
template <class T>
void collect_symbols(const T& value, std::vector<Symbol>& symbols) {
  if constexpr (std::same_as<T, Dim>) {
    if (value.is_constant()) return;
    for (Symbol& symbol : value.symbols()) symbols.push_back(std::move(symbol));
  } else if constexpr (HasFields<T>) {
    for_each_field(value, [&](const auto& field) { collect_symbols(field.value, symbols); });
  } else if constexpr (requires { value.front(); }) {
    for (const auto& item : value) collect_symbols(item, symbols);
  }
}

template <Role kRole, class T>
std::string field_text(const Field<kRole, T>& field) {
  if constexpr (std::is_enum_v<std::remove_const_t<T>>)
    return field.name_of(field.value);
  else
    return text_of(field.value);
}

template <class T>
std::string text_of(const std::vector<T>& values) {
  std::string text;
  for (const T& value : values) text += (text.empty() ? "" : ", ") + text_of(value);
  return "[" + text + "]";
}

template <Struct T>
std::string text_of(const T& object) {
  const std::vector<FieldText> fields = describe_fields(object);
  for ([[maybe_unused]] const FieldText& field : fields)
    assert(field.role == Role::kIdentity && !field.made_from);  // both only stand at the top
  return "{" + to_string(fields) + "}";
}

template <class T>
std::vector<FieldText> describe_fields(const T& attrs) {
  std::vector<FieldText> all;
  for_each_field(attrs, [&](const auto& field) {
    all.push_back({field.name, field.kRole, field_text(field), made_from(field.value)});
    collect_symbols(field.value, all.back().symbols);
  });
  return all;
}

}  // namespace octet

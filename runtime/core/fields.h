// fields(): what a struct is made of, said once, so that whatever compares, hashes, prints or
// changes it follows from that, and no list kept by hand beside it can fall behind.
//
//   struct Epilogue {
//     Activation activation = Activation::kNone;
//     DType output_type = DType::kF32;
//   };
//   auto fields(Is<Epilogue> auto& epilogue, auto&& visit) {
//     return visit(identity("activation", epilogue.activation, activation_name),
//                  identity("output_type", epilogue.output_type, dtype_name));
//   }
//
// `visit` is called once, with all fields; those of a const struct are const. A member that
// fields() leaves out is an error of the compiler wherever the struct is visited. A struct without
// members needs no fields().
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace octet {

// What a member is to its struct.
enum class Role {
  kIdentity,  // what tells it from others: compared, hashed and printed
  kLabel,     // a name or a remark: printed
};

// What an enumerator is called.
template <class T>
using NameOf = const char* (*)(std::remove_const_t<T> enumerator);

template <Role kOf, class T>
struct Field {
  static constexpr Role kRole = kOf;
  const char* name;
  T& value;
  NameOf<T> name_of = nullptr;  // of an enum; nullptr for all other types
};

template <class T>
constexpr Field<Role::kIdentity, T> identity(const char* name, T& value) {
  static_assert(!std::is_enum_v<T>, "a field that is an enum needs the names of its enumerators");
  return {name, value};
}
template <class T>
constexpr Field<Role::kIdentity, T> identity(const char* name, T& value, NameOf<T> name_of) {
  return {name, value, name_of};
}
template <class T>
constexpr Field<Role::kLabel, T> label(const char* name, T& value) {
  static_assert(!std::is_enum_v<T>, "an enum is no label");
  return {name, value};
}

// Struct or const Struct.
template <class T, class Struct>
concept Is = std::same_as<std::remove_const_t<T>, Struct>;

namespace fields_detail {

struct AnyValue {
  template <class T>
  operator T() const;
};

// How many values an aggregate can be made of: its members.
template <class T, class... Values>
constexpr size_t member_count() {
  if constexpr (requires { T{std::declval<Values>()..., AnyValue()}; })
    return member_count<T, Values..., AnyValue>();
  else
    return sizeof...(Values);
}

struct Counter {
  template <class... Fields>
  constexpr std::integral_constant<size_t, sizeof...(Fields)> operator()(const Fields&...) const {
    return {};
  }
};

template <class T>
constexpr size_t field_count() {
  if constexpr (std::is_empty_v<T>)
    return 0;
  else
    return decltype(fields(std::declval<const T&>(), Counter()))::value;
}

}  // namespace fields_detail

template <class T>
concept HasFields = requires(const T& object) {
  fields(object, fields_detail::Counter());
};

// Whether fields() of an aggregate has as many fields as that has members.
template <class T>
inline constexpr bool kHasAllFields =
    fields_detail::field_count<T>() == fields_detail::member_count<T>();

// Calls visit(field) for each field of `object`, in their order.
template <class T, class Visit>
void for_each_field(T& object, Visit&& visit) {
  static_assert(kHasAllFields<std::remove_const_t<T>>,
                "fields() of this struct has not as many fields as the struct has members");
  if constexpr (!std::is_empty_v<T>)
    fields(object, [&](const auto&... field) { (visit(field), ...); });
}

}  // namespace octet

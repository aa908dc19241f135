// Structs with struct_size, from callers that know fewer or more fields than this library.
#pragma once

#include <octet/octet.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

#include "runtime/core/status.h"

namespace octet {

inline constexpr size_t kGreatestStruct = 4096;  // beyond it struct_size was never set

// The least struct_size that is taken: that of the first version of the API that had the struct as
// it is. One that has grown since says so here.
template <class T>
inline constexpr size_t kOldestSize = sizeof(T);
template <>
inline constexpr size_t kOldestSize<octet_engine_options> = offsetof(octet_engine_options,
                                                                     max_structure_bytes);
template <>
inline constexpr size_t kOldestSize<octet_load_options> = offsetof(octet_load_options, cancel);
template <>
inline constexpr size_t kOldestSize<octet_layer_info> = offsetof(octet_layer_info, reason);

template <class T>
Status check_struct_size(const T& given, const char* name) {
  constexpr size_t least = kOldestSize<T>;
  if (given.struct_size >= least && given.struct_size <= kGreatestStruct) return Status::ok();
  return invalid_argument(std::string(name) + ".struct_size is " +
                          std::to_string(given.struct_size) + ", expected " +
                          std::to_string(sizeof(T)) + "; make it with OCTET_INIT(" + name + ")");
}

// What the caller set, and defaults for what it does not know; NULL: all defaults. Error: fields
// that this library does not know are set.
template <class T>
Result<T> take_struct(const T* given, const char* name) {
  T own{};
  own.struct_size = sizeof(T);
  if (given == nullptr) return own;
  OCTET_RETURN_IF_ERROR(check_struct_size(*given, name));
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  for (size_t i = sizeof(T); i < given->struct_size; ++i)
    if (bytes[i] != 0)
      return invalid_argument(std::string(name) +
                              " has a field set that this version of the library does not know; "
                              "compare octet_api_version() with OCTET_API_VERSION");
  std::memcpy(&own, given, std::min(given->struct_size, sizeof(T)));
  own.struct_size = sizeof(T);
  return own;
}

// Writes the fields that the caller knows.
template <class T>
Status give_struct(const T& filled, T* destination, const char* name) {
  if (destination == nullptr) return invalid_argument(std::string(name) + "* is NULL");
  OCTET_RETURN_IF_ERROR(check_struct_size(*destination, name));
  const size_t size = destination->struct_size;
  std::memcpy(destination, &filled, std::min(size, sizeof(T)));
  destination->struct_size = size;
  return Status::ok();
}

}  // namespace octet

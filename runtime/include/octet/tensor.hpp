// Errors and tensors of octet.hpp, which includes this file.
#ifndef OCTET_TENSOR_HPP
#define OCTET_TENSOR_HPP

#include <octet/octet.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace octet {
// A namespace of its own name, so that programs of several interface versions can be linked
// together.
inline namespace v6 {

// What a failed call throws: the C API's status and message.
class Error : public std::runtime_error {
 public:
  // Of a call that ended with `status`.
  Error(octet_status status, const std::string& message)
      : std::runtime_error(message), status_(status) {}
  // Which kind of failure it is.
  octet_status status() const noexcept { return status_; }

 private:
  octet_status status_;
};

// The interface version of the loaded library; it must be at least OCTET_API_VERSION.
inline int32_t api_version() { return octet_api_version(); }
// The library's version, "0.1.0".
inline std::string version() { return octet_version(); }
// "ok", "invalid argument", ..
inline std::string status_name(octet_status status) { return octet_status_name(status); }
// The type's name in NumPy and its ml_dtypes, "float32".
inline std::string dtype_name(octet_dtype dtype) { return octet_dtype_name(dtype); }
// Bytes of one element; 0 for an unknown type and for those of which several share a byte.
inline size_t dtype_size(octet_dtype dtype) { return octet_dtype_size(dtype); }
// An option struct with its defaults.
template <class Options>
Options defaults() {
  return octet_init_struct<Options>();
}

namespace detail {

inline void check(octet_status status, octet_error* error) {
  if (status == OCTET_OK) return;
  const std::unique_ptr<octet_error, void (*)(octet_error*)> owner(error, octet_error_free);
  throw Error(error ? octet_error_status(error) : status,
              error ? octet_error_message(error) : octet_status_name(status));
}

// call(function, arguments..): with the error argument added, its failure thrown.
template <class Function, class... Arguments>
void call(Function function, Arguments... arguments) {
  octet_error* error = nullptr;
  const octet_status status = function(arguments..., &error);
  check(status, error);
}

// The handle of an object that the C API frees.
template <class Object, void (*Free)(Object*)>
struct Deleter {
  void operator()(Object* object) const noexcept { Free(object); }
};
template <class Object, void (*Free)(Object*)>
using Handle = std::unique_ptr<Object, Deleter<Object, Free>>;

template <class T>
constexpr octet_dtype dtype_of() {
  if constexpr (std::is_same_v<T, float>)
    return OCTET_FLOAT32;
  else if constexpr (std::is_same_v<T, double>)
    return OCTET_FLOAT64;
  else if constexpr (std::is_same_v<T, bool>)
    return OCTET_BOOL;
  else if constexpr (std::is_integral_v<T> && sizeof(T) == 1)
    return std::is_signed_v<T> ? OCTET_INT8 : OCTET_UINT8;
  else if constexpr (std::is_integral_v<T> && sizeof(T) == 2)
    return std::is_signed_v<T> ? OCTET_INT16 : OCTET_UINT16;
  else if constexpr (std::is_integral_v<T> && sizeof(T) == 4)
    return std::is_signed_v<T> ? OCTET_INT32 : OCTET_UINT32;
  else {
    static_assert(std::is_integral_v<T> && sizeof(T) == 8,
                  "no tensor has elements of this type; pass the octet_dtype");
    return std::is_signed_v<T> ? OCTET_INT64 : OCTET_UINT64;
  }
}

}  // namespace detail

// Memory and its description; owns nothing. An octet_tensor and nothing else, so arrays of it can
// be passed to C.
class TensorView : public octet_tensor {
 public:
  // No memory and no shape: as an output, the library's memory.
  TensorView() : octet_tensor{} {}
  // A view of what the C API describes.
  TensorView(const octet_tensor& tensor) : octet_tensor(tensor) {}
  // Elements of type T, row by row. Inputs may be const: they are only read.
  template <class T>
  TensorView(T* data, const std::vector<int64_t>& dims)
      : TensorView(const_cast<void*>(static_cast<const void*>(data)),
                   detail::dtype_of<std::remove_const_t<T>>(), dims) {}
  // For types that C++ has no name for, as OCTET_FLOAT16.
  TensorView(void* data, octet_dtype dtype, const std::vector<int64_t>& dims) : octet_tensor{} {
    if (dims.size() > OCTET_MAX_RANK) {
      throw Error(OCTET_INVALID_ARGUMENT, "TensorView: rank " + std::to_string(dims.size()) +
                                              "; expected at most " +
                                              std::to_string(OCTET_MAX_RANK));
    }
    this->data = data;
    this->dtype = dtype;
    this->rank = static_cast<int32_t>(dims.size());
    for (size_t i = 0; i < dims.size(); ++i) this->dims[i] = dims[i];
  }

  // The same memory with strides, in elements, one for each axis; they must live as long as the
  // view is used.
  TensorView with_strides(const int64_t* elements) const {
    TensorView view(*this);
    view.strides = elements;
    return view;
  }

  // The extents.
  std::vector<int64_t> shape() const { return {dims, dims + rank}; }
  // Elements.
  int64_t size() const {
    int64_t product = 1;
    for (int32_t i = 0; i < rank; ++i) product *= dims[i];
    return product;
  }
  // The element at index 0 of all axes, and behind it the others as the strides say; throws where
  // they are of another type.
  template <class T>
  T* as() const {
    if (dtype != detail::dtype_of<std::remove_const_t<T>>()) {
      throw Error(OCTET_INVALID_ARGUMENT,
                  "TensorView::as: the elements are " + dtype_name(dtype) + ", asked for as " +
                      dtype_name(detail::dtype_of<std::remove_const_t<T>>()));
    }
    return static_cast<T*>(data);
  }
};
static_assert(sizeof(TensorView) == sizeof(octet_tensor), "passed to C as an array");

// An output that Model::run allocated, with its memory.
class Tensor {
 public:
  Tensor() = default;
  // Takes over what octet_model_run allocated.
  explicit Tensor(const octet_tensor& tensor) : view_(tensor) {}
  // Takes over the other's memory.
  Tensor(Tensor&& other) noexcept : view_(std::exchange(other.view_, TensorView())) {}
  // Frees its memory, then takes over the other's.
  Tensor& operator=(Tensor&& other) noexcept {
    if (this != &other) {
      octet_tensor_free(&view_);
      view_ = std::exchange(other.view_, TensorView());
    }
    return *this;
  }
  ~Tensor() { octet_tensor_free(&view_); }

  // Good as long as this object.
  const TensorView& view() const noexcept { return view_; }
  // The extents.
  std::vector<int64_t> shape() const { return view_.shape(); }
  // Elements.
  int64_t size() const { return view_.size(); }
  // The elements; throws where they are of another type.
  template <class T>
  T* as() const {
    return view_.as<T>();
  }

 private:
  TensorView view_;
};

}  // namespace v6
}  // namespace octet

#endif  // OCTET_TENSOR_HPP

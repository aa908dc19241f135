// Python's arrays as tensors of the C API.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <octet/octet.h>

#include <string>

#include "apps/python/native/dtypes.h"

namespace octet::python {

enum class Access { kRead, kWrite };

// A tensor over the memory of a Python object: a NumPy array or other buffer with any strides, or
// something with __dlpack__. What is read may also be an array that only Python can turn into one
// (another byte order, a misaligned view, a list, a number): that costs a copy.
class TensorArgument {
 public:
  TensorArgument() = default;
  TensorArgument(const TensorArgument&) = delete;
  TensorArgument& operator=(const TensorArgument&) = delete;
  ~TensorArgument() { release(); }

  // `wanted` is the type that lists and numbers get; arrays keep theirs, right or wrong. `what`
  // names the object in errors. Throws where it is no such object.
  void take(nanobind::handle object, Access access, octet_dtype wanted, const std::string& what);
  // Good as long as this is, and this does not move: it holds the strides. They are NULL for packed
  // elements alone.
  const octet_tensor& get() const { return tensor_; }
  bool is_taken() const { return owner_.is_valid(); }
  // The array whose memory it is: the object, or what was made of it.
  const nanobind::object& owner() const { return owner_; }
  bool is_read_only() const { return buffer_.readonly != 0; }

 private:
  bool take_buffer(nanobind::handle object, Access access, const std::string& what);
  bool take_dlpack(nanobind::handle object, Access access, const std::string& what);
  void set_shape(int64_t rank, const std::string& what);
  void release();

  octet_tensor tensor_ = {};
  int64_t strides_[OCTET_MAX_RANK] = {};
  nanobind::object owner_;
  // What keeps the memory in its place: one of these.
  Py_buffer buffer_ = {};
  nanobind::ndarray<> writable_;
  nanobind::ndarray<nanobind::ro> readable_;
};

}  // namespace octet::python

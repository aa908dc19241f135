// Buffers and DLPack tensors, looked at in place.
#include "apps/python/native/tensor_argument.h"

#include "apps/python/native/errors.h"
#include "apps/python/native/text.h"

namespace nb = nanobind;

namespace octet::python {
namespace {

constexpr int32_t kDlpackCpu = 1;
// Of an output without elements: NULL would ask for memory.
char nothing;

bool is_aligned(const void* data, Py_ssize_t size) {
  return size <= 0 || reinterpret_cast<uintptr_t>(data) % static_cast<size_t>(size) == 0;
}

}  // namespace

void TensorArgument::release() {
  if (buffer_.obj != nullptr) PyBuffer_Release(&buffer_);
}

void TensorArgument::set_shape(int64_t rank, const std::string& what) {
  if (rank > OCTET_MAX_RANK)
    refuse(what + " has " + std::to_string(rank) + " axes, expected at most " +
           std::to_string(OCTET_MAX_RANK));
  tensor_.rank = static_cast<int32_t>(rank);
  tensor_.strides = strides_;
}

bool TensorArgument::take_buffer(nb::handle object, Access access, const std::string& what) {
  if (!PyObject_CheckBuffer(object.ptr())) return false;
  const int flags = access == Access::kWrite ? PyBUF_RECORDS : PyBUF_RECORDS_RO;
  if (PyObject_GetBuffer(object.ptr(), &buffer_, flags) != 0) {
    PyErr_Clear();
    buffer_ = {};
    return false;
  }
  const DTypeRow* row = find_dtype(buffer_.format, buffer_.itemsize);
  bool fits = row != nullptr && is_aligned(buffer_.buf, buffer_.itemsize);
  for (int axis = 0; fits && axis < buffer_.ndim; ++axis)
    fits = buffer_.strides[axis] % buffer_.itemsize == 0;
  if (!fits) {
    PyBuffer_Release(&buffer_);
    return false;
  }
  set_shape(buffer_.ndim, what);
  for (int axis = 0; axis < buffer_.ndim; ++axis) {
    tensor_.dims[axis] = buffer_.shape[axis];
    strides_[axis] = buffer_.strides[axis] / buffer_.itemsize;
  }
  tensor_.dtype = row->dtype;
  tensor_.data = buffer_.buf != nullptr ? buffer_.buf : &nothing;
  return true;
}

bool TensorArgument::take_dlpack(nb::handle object, Access access, const std::string& what) {
  if (!PyObject_HasAttrString(object.ptr(), "__dlpack__")) return false;
  const auto take = [&](const auto& array) {
    const DTypeRow* row = find_dtype(array.dtype());
    if (row == nullptr) return false;
    auto* data =
        const_cast<char*>(static_cast<const char*>(array.data_handle())) + array.byte_offset();
    if (!is_aligned(data, row->bits / 8)) return false;
    set_shape(static_cast<int64_t>(array.ndim()), what);
    for (size_t axis = 0; axis < array.ndim(); ++axis) {
      tensor_.dims[axis] = static_cast<int64_t>(array.shape(axis));
      strides_[axis] = array.stride(axis);
    }
    tensor_.dtype = row->dtype;
    tensor_.data = array.data_handle() != nullptr ? data : &nothing;
    const int kind = array.device_type();
    tensor_.device = {kind == kDlpackCpu ? OCTET_DEVICE_CPU : kind, array.device_id()};
    return true;
  };
  if (access == Access::kWrite)
    return nb::try_cast(object, writable_, false) && writable_.is_valid() && take(writable_);
  return nb::try_cast(object, readable_, false) && readable_.is_valid() && take(readable_);
}

void TensorArgument::take(nb::handle object, Access access, octet_dtype wanted,
                          const std::string& what) {
  if (take_buffer(object, access, what) || take_dlpack(object, access, what)) {
    owner_ = nb::borrow(object);
    return;
  }
  // The array that Python makes of it; where its buffer says another, the name of its type; and its
  // shape where several elements share a byte.
  const nb::tuple prepared =
      nb::cast<nb::tuple>(nb::module_::import_("octet._arrays")
                              .attr("prepare")(object, octet_dtype_name(wanted),
                                               to_str(what.c_str()), access == Access::kWrite));
  if (!take_buffer(prepared[0], access, what)) refuse(what + " cannot be read as an array");
  if (!prepared[1].is_none()) {
    const nb::str name = nb::cast<nb::str>(prepared[1]);
    if (const DTypeRow* row = find_dtype(name.c_str())) tensor_.dtype = row->dtype;
  }
  if (!prepared[2].is_none()) {
    const nb::tuple shape = nb::cast<nb::tuple>(prepared[2]);
    set_shape(static_cast<int64_t>(shape.size()), what);
    for (size_t axis = 0; axis < shape.size(); ++axis)
      tensor_.dims[axis] = nb::cast<int64_t>(shape[axis]);
    tensor_.strides = nullptr;
  }
  owner_ = prepared[0];
}

}  // namespace octet::python

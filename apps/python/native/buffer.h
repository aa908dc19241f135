// The bytes of a Python object, while it is looked at.
#pragma once

#include <nanobind/nanobind.h>

namespace octet::python {

class Buffer {
 public:
  // Throws where the object has no plain bytes.
  explicit Buffer(nanobind::handle object) {
    if (PyObject_GetBuffer(object.ptr(), &buffer_, PyBUF_SIMPLE) != 0)
      throw nanobind::python_error();
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { PyBuffer_Release(&buffer_); }

  const char* data() const { return static_cast<const char*>(buffer_.buf); }
  size_t size() const { return static_cast<size_t>(buffer_.len); }

 private:
  Py_buffer buffer_ = {};
};

}  // namespace octet::python

// Tensors of the C API as Python's arrays.
#pragma once

#include <nanobind/nanobind.h>
#include <octet/octet.h>

namespace octet::python {

// A row-major array over the tensor's memory, which `owner` keeps. Elements that NumPy does not
// know come as ml_dtypes has them, and where that is not installed as an object for from_dlpack().
nanobind::object to_array(const octet_tensor& tensor, nanobind::handle owner, bool writable);
// The same with memory of its own.
nanobind::object copy_to_array(const octet_tensor& tensor);
// A row-major NumPy array with room for `tensor`, without values; of unsigned integers where NumPy
// does not know the elements.
nanobind::object make_carrier(const octet_tensor& tensor);
// What make_carrier() gave, as the array that it carries.
nanobind::object from_carrier(nanobind::object carrier, const octet_tensor& tensor);
// An object with __dlpack__ over the memory of any array that a run takes, also of elements for
// which NumPy itself refuses that. `dtype`: what the array carries, or None.
nanobind::object as_dlpack(nanobind::handle array, nanobind::handle dtype);

// A tensor that the library has allocated, freed with the last array over it.
nanobind::object own_tensor(octet_tensor& tensor);

}  // namespace octet::python

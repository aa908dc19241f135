// NumPy arrays over memory of the library.
#include "apps/python/native/tensor_result.h"

#include <memory>

#include "apps/python/native/dtypes.h"
#include "apps/python/native/entry.h"
#include "apps/python/native/tensor_argument.h"
#include "apps/python/native/text.h"

namespace nb = nanobind;

namespace octet::python {
namespace {

const DTypeRow& row_of(octet_dtype dtype) {
  const DTypeRow* row = find_dtype(dtype);
  if (row == nullptr)
    raise(OCTET_UNSUPPORTED,
          std::string("a tensor of ") + octet_dtype_name(dtype) + " has no array in Python yet");
  return *row;
}

nb::tuple shape_of(const octet_tensor& tensor) {
  nb::list shape;
  for (int axis = 0; axis < tensor.rank; ++axis) shape.append(tensor.dims[axis]);
  return nb::tuple(shape);
}

nb::module_ arrays() { return nb::module_::import_("octet._arrays"); }

// Framework and constness are types in nanobind.
template <class Array>
nb::object view(const octet_tensor& tensor, nb::handle owner, nb::dlpack::dtype dtype,
                nb::rv_policy policy) {
  size_t shape[OCTET_MAX_RANK] = {};
  for (int axis = 0; axis < tensor.rank; ++axis)
    shape[axis] = static_cast<size_t>(tensor.dims[axis]);
  const Array array(tensor.data, static_cast<size_t>(tensor.rank), shape, owner, tensor.strides,
                    dtype, nb::device::cpu::value);
  return nb::cast(array, policy);
}

nb::dlpack::dtype numpy_dtype(const DTypeRow& row) {
  return row.in_numpy ? to_dlpack(row) : carrier_of(row);
}

}  // namespace

nb::object to_array(const octet_tensor& tensor, nb::handle owner, bool writable) {
  const DTypeRow& row = row_of(tensor.dtype);
  const octet_tensor flat = carried(tensor, row);
  const auto policy = nb::rv_policy::reference;
  return from_carrier(
      writable ? view<nb::ndarray<nb::numpy>>(flat, owner, numpy_dtype(row), policy)
               : view<nb::ndarray<nb::numpy, nb::ro>>(flat, owner, numpy_dtype(row), policy),
      tensor);
}

nb::object copy_to_array(const octet_tensor& tensor) {
  const DTypeRow& row = row_of(tensor.dtype);
  return from_carrier(view<nb::ndarray<nb::numpy>>(carried(tensor, row), nb::handle(),
                                                   numpy_dtype(row), nb::rv_policy::copy),
                      tensor);
}

nb::object make_carrier(const octet_tensor& tensor) {
  const DTypeRow& row = row_of(tensor.dtype);
  return arrays().attr("make")(shape_of(carried(tensor, row)), octet_dtype_name(tensor.dtype),
                               carrier_of(row).bits, row.in_numpy);
}

nb::object from_carrier(nb::object carrier, const octet_tensor& tensor) {
  const DTypeRow& row = row_of(tensor.dtype);
  if (row.in_numpy) return carrier;
  const char* name = octet_dtype_name(tensor.dtype);
  return row.is_packed() ? arrays().attr("unpack")(carrier, name, shape_of(tensor), row.bits)
                         : arrays().attr("from_carrier")(carrier, name);
}

nb::object as_dlpack(nb::handle array, nb::handle dtype) {
  TensorArgument argument;
  argument.take(array, Access::kRead, OCTET_FLOAT32, "as_dlpack: the array");
  const DTypeRow* row = dtype.is_none() ? find_dtype(argument.get().dtype)
                                        : find_dtype(to_text(dtype, "the dtype").c_str());
  if (row == nullptr || row->is_packed())
    refuse("as_dlpack: expected elements of whole bytes, which DLPack has; these have none");
  const auto policy = nb::rv_policy::reference;
  const nb::object& owner = argument.owner();
  return argument.is_read_only()
             ? view<nb::ndarray<nb::array_api, nb::ro>>(argument.get(), owner, to_dlpack(*row),
                                                        policy)
             : view<nb::ndarray<nb::array_api>>(argument.get(), owner, to_dlpack(*row), policy);
}

nb::object own_tensor(octet_tensor& tensor) {
  auto owned = std::make_unique<octet_tensor>(tensor);
  nb::capsule capsule(owned.get(), [](void* kept) noexcept {
    const std::unique_ptr<octet_tensor> last(static_cast<octet_tensor*>(kept));
    if (!is_lost()) octet_tensor_free(last.get());
  });
  owned.release();
  tensor.data = nullptr;
  return capsule;
}

}  // namespace octet::python

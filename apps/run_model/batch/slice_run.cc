// Runs over slices of rows.
#include "apps/run_model/batch/slice_run.h"

#include <fmt/format.h>

#include <cstring>
#include <new>

#include "apps/run_model/npy/checksum.h"

namespace octet::app {
namespace {

// Makes `array` hold a copy of the tensor; keeps its memory where that is large enough.
octet_tensor copy_into(Array& array, const octet_tensor& tensor) {
  const std::vector<int64_t> dims(tensor.dims, tensor.dims + tensor.rank);
  Array described;
  described.dtype = tensor.dtype;
  described.dims = dims;
  const size_t bytes = described.byte_count();
  if (array.data == nullptr || array.byte_count() < bytes) array = Array(tensor.dtype, dims);
  if (bytes > 0) std::memcpy(array.data.get(), tensor.data, bytes);
  octet_tensor copy = tensor;
  copy.data = array.data.get();
  return copy;
}

}  // namespace

std::string rows_text(int64_t first, int64_t count) {
  return count == 1 ? fmt::format("row {}", first)
                    : fmt::format("rows {} to {}", first, first + count - 1);
}

Result<SliceRunner> SliceRunner::create(const LoadedModel& model,
                                        const std::vector<NpyReader>& inputs) {
  OCTET_ASSIGN_OR_RETURN(Runner runner, Runner::create(model));
  return SliceRunner(model, inputs, std::move(runner));
}

Status SliceRunner::read(const Slice& slice) {
  if (inputs_.empty() || inputs_[0].dims[0] < slice.count) {
    inputs_.clear();
    for (const NpyReader& file : *files_) {
      std::vector<int64_t> dims = file.dims();
      dims[0] = slice.count;
      inputs_.emplace_back(file.dtype(), std::move(dims));
    }
  }
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const std::span<std::byte> bytes(inputs_[i].data.get(), inputs_[i].byte_count());
    OCTET_RETURN_IF_ERROR((*files_)[i].read_rows(slice.first, slice.count, bytes));
  }
  return Status::ok();
}

std::vector<Array> SliceRunner::views(int64_t skip, int64_t count) const {
  std::vector<Array> parts;
  for (const Array& input : inputs_) parts.push_back(slice_rows(input, skip, count));
  return parts;
}

Status SliceRunner::name_bad_row(const Slice& slice, const Status& status) {
  if (status.code() != StatusCode::kInvalidArgument) return status;
  for (int64_t row = 0; slice.count > 1 && row < slice.count; ++row) {
    const Status alone = runner_.run(views(row, 1));
    if (!alone.is_ok()) return alone.with_prefix(rows_text(slice.first + row, 1));
  }
  return status.with_prefix(rows_text(slice.first, slice.count));
}

Status SliceRunner::read_and_run(Slice& slice) {
  OCTET_RETURN_IF_ERROR(read(slice));
  const std::vector<Array> rows = views(0, slice.count);
  slice.input_crcs.clear();
  for (const Array& input : rows)
    slice.input_crcs.push_back(crc32_of(std::span(input.data.get(), input.byte_count())));
  const double start = now_ms();
  const Status status = runner_.run(rows);
  slice.run_ms = now_ms() - start;
  if (!status.is_ok()) return name_bad_row(slice, status);

  const std::vector<octet_tensor>& outputs = runner_.outputs();
  slice.outputs.resize(outputs.size());
  slice.tensors.clear();
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].rank == 0 || outputs[i].dims[0] != slice.count)
      return invalid_argument(fmt::format(
          "output \"{}\" is {} for {} rows of the inputs: its axis 0 is not the batch, so the "
          "outputs of several runs cannot be joined; give a --batch-size of all rows to run them "
          "at once",
          model_->outputs()[i].name, describe(outputs[i]), slice.count));
    slice.tensors.push_back(copy_into(slice.outputs[i], outputs[i]));
  }
  return Status::ok();
}

void SliceRunner::run(Slice& slice) {
  try {
    slice.status = read_and_run(slice);
  } catch (const std::bad_alloc&) {
    slice.status = resource_exhausted("out of memory; give a smaller --batch-size");
  }
}

}  // namespace octet::app

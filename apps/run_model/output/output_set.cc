// Growing output arrays over .npy files and one .npz file.
#include "apps/run_model/output/output_set.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "apps/run_model/npy/checksum.h"
#include "apps/run_model/npy/npy_header.h"
#include "apps/run_model/output/output_path.h"
#include "apps/run_model/output/outputs.h"
#include "runtime/core/small_float.h"

namespace octet::app {
namespace {

uint64_t byte_count(const ArrayLayout& layout, int64_t rows) {
  uint64_t bytes = element_size(npy_dtype(layout.dtype));
  for (size_t axis = 0; axis < layout.dims.size(); ++axis)
    bytes *= static_cast<uint64_t>(axis == 0 ? rows : layout.dims[axis]);
  return bytes;
}

uint64_t byte_count(const ArrayLayout& layout) {
  return byte_count(layout, layout.dims.empty() ? 1 : layout.dims[0]);
}

float as_float(DType dtype, const void* elements, size_t index) {
  if (dtype == DType::kBF16) return to_float(static_cast<const BFloat16*>(elements)[index]);
  return small_float_value(dtype, static_cast<const uint8_t*>(elements)[index]);
}

// The bytes that go to the file; floats that NumPy lacks become float32 in `widened`.
std::span<const std::byte> file_bytes(const octet_tensor& part, std::vector<float>& widened) {
  size_t count = 1;
  for (int32_t axis = 0; axis < part.rank; ++axis) count *= static_cast<size_t>(part.dims[axis]);
  const auto dtype = static_cast<DType>(part.dtype);
  if (dtype != DType::kBF16 && !is_small_float(dtype))
    return {static_cast<const std::byte*>(part.data), count * element_size(part.dtype)};
  widened.resize(count);
  for (size_t i = 0; i < count; ++i) widened[i] = as_float(dtype, part.data, i);
  return std::as_bytes(std::span(widened));
}

}  // namespace

OutputSet::OutputSet(std::vector<ArrayLayout> layouts) : layouts_(std::move(layouts)) {
  for (const ArrayLayout& layout : layouts_) {
    headers_.push_back(npy_header_text(npy_dtype(layout.dtype), layout.dims));
    sizes_.push_back(headers_.back().size());
    crcs_.push_back(crc32_of(std::as_bytes(std::span(headers_.back()))));
  }
}

template <class Open>
Status OutputSet::open_files(const Options& options, Open open) {
  std::set<std::string> names = {real_path(journal_path(options))};
  const auto add = [&](const std::string& path) -> Status {
    const std::string real = real_path(path);
    const bool fresh = names.insert(real).second && names.insert(part_path(real)).second;
    if (!fresh && !is_special_file(path))
      return invalid_argument(path +
                              ": two outputs, or an output and its journal, would be written "
                              "there; give another --output, or --output-npz, which keeps names "
                              "as they are");
    OCTET_ASSIGN_OR_RETURN(OutputFile file, open(path));
    files_.push_back(std::move(file));
    return Status::ok();
  };
  if (!options.output.empty()) {
    if (layouts_.empty()) return invalid_argument("--output: the model has no outputs");
    OCTET_RETURN_IF_ERROR(add(options.output));
    sinks_.push_back({0, 0, 0});
  }
  for (size_t i = 0; i < layouts_.size() && !options.output_dir.empty(); ++i) {
    const std::filesystem::path folder(options.output_dir);
    OCTET_RETURN_IF_ERROR(add((folder / npy_file_name(layouts_[i].name)).string()));
    sinks_.push_back({i, files_.size() - 1, 0});
  }
  if (options.output_npz.empty()) return Status::ok();
  OCTET_RETURN_IF_ERROR(add(options.output_npz));
  if (files_.back().is_special())
    return invalid_argument("--output-npz " + options.output_npz +
                            ": is no regular file; an archive is not written in order");
  std::set<std::string> members;
  for (size_t i = 0; i < layouts_.size(); ++i) {
    const std::string member = zip_member_name(layouts_[i].name);
    if (member.size() > kLongestZipName || !members.insert(member).second)
      return invalid_argument("--output-npz " + options.output_npz + ": output \"" +
                              layouts_[i].name +
                              "\" has the name of another there, or one too long for an archive; "
                              "give --output-dir");
    archive_.push_back({member, headers_[i].size() + byte_count(layouts_[i]), 0, 0, 0});
  }
  directory_at_ = zip_places(archive_);
  for (size_t i = 0; i < layouts_.size(); ++i)
    sinks_.push_back({i, files_.size() - 1, archive_[i].data_at});
  return Status::ok();
}

Result<OutputSet> OutputSet::claim(const Options& options, std::vector<ArrayLayout> layouts,
                                   const std::string& own_journal) {
  OutputSet set(std::move(layouts));
  OCTET_RETURN_IF_ERROR(set.open_files(
      options, [&](const std::string& path) { return OutputFile::claim(path, own_journal); }));
  return set;
}

Status OutputSet::start(bool keep_parts) {
  for (OutputFile& file : files_) OCTET_RETURN_IF_ERROR(file.start(keep_parts));
  for (const Sink& sink : sinks_)
    OCTET_RETURN_IF_ERROR(
        files_[sink.file].write(sink.at, std::as_bytes(std::span(headers_[sink.output]))));
  return Status::ok();
}

Result<OutputSet> OutputSet::reopen(const Options& options, std::vector<ArrayLayout> layouts,
                                    int64_t rows, std::span<const uint32_t> crcs) {
  OutputSet set(std::move(layouts));
  const bool complete = !set.layouts_.empty() && rows == set.layouts_[0].dims[0];
  OCTET_RETURN_IF_ERROR(set.open_files(
      options, [&](const std::string& path) { return OutputFile::reopen(path, complete); }));
  for (size_t i = 0; i < set.layouts_.size(); ++i) {
    set.sizes_[i] = set.headers_[i].size() + byte_count(set.layouts_[i], rows);
    set.crcs_[i] = crcs[i];
  }
  for (const Sink& sink : set.sinks_) {
    OutputFile& file = set.files_[sink.file];
    const uint64_t size = set.sizes_[sink.output];
    const std::string changed =
        file.path() +
        ": what an interrupted run left of it is not what the journal says; remove "
        "both to start over";
    OCTET_ASSIGN_OR_RETURN(const auto written, file.reader());
    if (written->size() < sink.at + size) return invalid_argument(changed);
    OCTET_ASSIGN_OR_RETURN(const uint32_t found, crc32_of(FileRange{written, sink.at, size}));
    if (found != crcs[sink.output]) return invalid_argument(changed);
    if (sink.at == 0) OCTET_RETURN_IF_ERROR(file.truncate(size));
  }
  return set;
}

Status OutputSet::append(std::span<const octet_tensor> parts) {
  std::vector<float> widened;
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::span<const std::byte> bytes = file_bytes(parts[i], widened);
    for (const Sink& sink : sinks_)
      if (sink.output == i)
        OCTET_RETURN_IF_ERROR(files_[sink.file].write(sink.at + sizes_[i], bytes));
    sizes_[i] += bytes.size();
    crcs_[i] = crc32_of(bytes, crcs_[i]);
  }
  return Status::ok();
}

Result<bool> OutputSet::ends_with(std::span<const octet_tensor> parts) const {
  std::vector<float> widened;
  std::vector<std::byte> found;
  for (const Sink& sink : sinks_) {
    const std::span<const std::byte> bytes = file_bytes(parts[sink.output], widened);
    found.resize(bytes.size());
    OCTET_ASSIGN_OR_RETURN(const auto file, files_[sink.file].reader());
    OCTET_RETURN_IF_ERROR(file->read(sink.at + sizes_[sink.output] - bytes.size(), found));
    if (!std::equal(bytes.begin(), bytes.end(), found.begin())) return false;
  }
  return true;
}

std::string OutputSet::describe_parts() const {
  std::string text = files_.empty() ? "" : files_[0].part();
  if (files_.size() > 1) text += " and " + std::to_string(files_.size() - 1) + " more";
  return text;
}

std::vector<std::string> OutputSet::targets() const {
  std::vector<std::string> paths;
  for (const OutputFile& file : files_)
    if (!file.is_special()) paths.push_back(file.real());
  return paths;
}

Status OutputSet::check_in_place() const {
  for (const OutputFile& file : files_) OCTET_RETURN_IF_ERROR(file.check_in_place());
  return Status::ok();
}

Status OutputSet::sync() {
  for (OutputFile& file : files_) OCTET_RETURN_IF_ERROR(file.sync());
  return Status::ok();
}

Status OutputSet::finish_archive() {
  OutputFile& file = files_.back();
  for (size_t i = 0; i < archive_.size(); ++i) {
    archive_[i].crc = crcs_[i];
    const std::string header = zip_local_header(archive_[i]);
    OCTET_RETURN_IF_ERROR(file.write(archive_[i].header_at, std::as_bytes(std::span(header))));
  }
  const std::string directory = zip_directory(archive_, directory_at_);
  OCTET_RETURN_IF_ERROR(file.write(directory_at_, std::as_bytes(std::span(directory))));
  return file.truncate(directory_at_ + directory.size());
}

Status OutputSet::commit(bool durable) {
  if (!archive_.empty()) OCTET_RETURN_IF_ERROR(finish_archive());
  if (durable) OCTET_RETURN_IF_ERROR(sync());
  for (OutputFile& file : files_) OCTET_RETURN_IF_ERROR(file.commit());
  return Status::ok();
}

void OutputSet::discard() {
  for (OutputFile& file : files_) file.discard();
}

}  // namespace octet::app

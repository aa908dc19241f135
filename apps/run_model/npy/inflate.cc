// Decompression over zlib.
#include "apps/run_model/npy/inflate.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

namespace octet::app {
namespace {

constexpr size_t kPart = 1 << 18;

class Inflater {
 public:
  Inflater() { ok_ = ::inflateInit2(&stream_, -MAX_WBITS) == Z_OK; }  // no zlib header
  ~Inflater() {
    if (ok_) ::inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool ok() const { return ok_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool ok_ = false;
};

// A file whose name is gone as soon as it is open twice, for writing and for reading: nothing is
// left of it however the process ends.
class TemporaryFile {
 public:
  ~TemporaryFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  Status create() {
    std::error_code error;
    const auto folder = std::filesystem::temp_directory_path(error);
    path_ = ((error ? "." : folder) / "run_model_XXXXXX").string();
    descriptor_ = ::mkostemp(path_.data(), O_CLOEXEC);
    if (descriptor_ < 0) return failed();
    auto reader = File::open(path_);
    ::unlink(path_.c_str());
    if (reader.is_ok()) reader_ = std::move(reader).value();
    return reader.status();
  }

  Status append(const std::byte* bytes, size_t size) {
    while (size > 0) {
      const ssize_t written = ::write(descriptor_, bytes, size);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return failed();
      bytes += written;
      size -= static_cast<size_t>(written);
    }
    return Status::ok();
  }

  const std::shared_ptr<const File>& reader() const { return reader_; }

 private:
  Status failed() const {
    return io_error(path_ + ": cannot be written: " + std::strerror(errno) +
                    "; TMPDIR needs room for the decompressed arrays, or save them with "
                    "numpy.savez, uncompressed");
  }

  std::string path_;
  int descriptor_ = -1;
  std::shared_ptr<const File> reader_;
};

}  // namespace

Result<FileRange> inflate_to_file(const FileRange& compressed, uint64_t size,
                                  const std::string& where) {
  Inflater inflater;
  if (!inflater.ok()) return resource_exhausted(where + ": out of memory for decompressing");
  TemporaryFile file;
  OCTET_RETURN_IF_ERROR(file.create());
  const Status damaged =
      invalid_argument(where + ": its compressed data are damaged; save the file again");

  std::vector<std::byte> in(kPart), out(kPart);
  z_stream& stream = inflater.stream();
  uint64_t read = 0, written = 0;
  for (int state = Z_OK; state != Z_STREAM_END;) {
    if (stream.avail_in == 0) {
      const size_t count = std::min<uint64_t>(kPart, compressed.size - read);
      if (count == 0) return damaged;
      OCTET_RETURN_IF_ERROR(
          compressed.file->read(compressed.offset + read, std::span(in).first(count)));
      read += count;
      stream.next_in = reinterpret_cast<Bytef*>(in.data());
      stream.avail_in = static_cast<uInt>(count);
    }
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(kPart);
    state = ::inflate(&stream, Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) return damaged;
    const size_t got = kPart - stream.avail_out;
    written += got;
    if (written > size) return damaged;
    OCTET_RETURN_IF_ERROR(file.append(out.data(), got));
  }
  if (written != size) return damaged;
  return FileRange{file.reader(), 0, size};
}

}  // namespace octet::app

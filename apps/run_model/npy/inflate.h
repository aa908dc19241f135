// Decompression of deflated bytes (RFC 1951) to a file of their own.
#pragma once

#include <string>

#include "runtime/core/file_range.h"

namespace octet::app {

// What `compressed` inflates to, which must be `size` bytes: a nameless file in the folder for
// temporary files (TMPDIR) that is gone when the range is. `where` names it in messages. Errors:
// kInvalidArgument when it is damaged or of another size, kIoError, kResourceExhausted.
Result<FileRange> inflate_to_file(const FileRange& compressed, uint64_t size,
                                  const std::string& where);

}  // namespace octet::app

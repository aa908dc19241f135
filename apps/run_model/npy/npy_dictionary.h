// The Python dictionary in a .npy file's header.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/core/status.h"

namespace octet::app {

struct NpyDictionary {
  std::string descr;  // "<f4"
  bool fortran_order = false;
  std::vector<int64_t> shape;
};

// Reads {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } as numpy.save writes it: these
// three keys, each once and in any order; extents in decimal digits. Whoever else reads the file
// must not understand it in another way, so nothing else is accepted. Error (kInvalidArgument):
// what is wrong, to be put behind the file's name.
Result<NpyDictionary> parse_npy_dictionary(std::string_view text);

}  // namespace octet::app

// To which batch run an output belongs, as the journals beside it say.
#pragma once

#include <string>

#include "runtime/core/status.h"

namespace octet::app {

// Error (kInvalidArgument): `target`, as real_path() names it, is being written by another batch
// run than that of `own_journal` (which may be empty), or an interrupted one kept rows of it.
// `has_part`: what a run may have kept lies beside it; a journal that cannot be read then counts as
// its owner's.
Status check_owner(const std::string& target, const std::string& own_journal, bool has_part);

}  // namespace octet::app

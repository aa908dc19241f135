// What a profile measured, as JSON.
#pragma once

#include <string>

#include "runtime/session/profile.h"

namespace octet {

// Summed per node, in order of execution, program by program; as octet_session_profile_json() says.
std::string profile_json(const Profile& profile, int threads);
// Call by call: the Trace Event format of Chrome, complete events, microseconds.
std::string trace_json(const Profile& profile);

}  // namespace octet

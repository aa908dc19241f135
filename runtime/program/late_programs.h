// Programs of graphs that are made when values are seen.
#pragma once

#include <functional>
#include <memory>

#include "runtime/graph/graph.h"
#include "runtime/program/program.h"

namespace octet {

using MakeProgram = std::function<Result<std::shared_ptr<const Program>>(Graph)>;

// Keeps the last kLatePrograms that were used, by the values of what is known.
inline constexpr size_t kLatePrograms = 16;
std::shared_ptr<const ProgramSource> keep_late_programs(std::shared_ptr<const GraphSource> graphs,
                                                        MakeProgram make);

}  // namespace octet

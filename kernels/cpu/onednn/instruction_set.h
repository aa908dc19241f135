// What oneDNN makes of this machine.
#pragma once

namespace octet::cpu::onednn {

// Whether its products run on AMX tiles: the CPU has them, the system gives them to this process,
// and ONEDNN_MAX_CPU_ISA allows them.
bool uses_amx();

}  // namespace octet::cpu::onednn

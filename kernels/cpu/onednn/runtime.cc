// The OpenMP guard and the translation of oneDNN's errors.
#include "kernels/cpu/onednn/runtime.h"

#include <string>

#include "oneapi/dnnl/dnnl_debug.h"

#if DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
// From the OpenMP API 5.0; its header comes with GCC, and not with every clang.
extern "C" {
int omp_get_max_threads();
void omp_set_num_threads(int threads);
}
#elif DNNL_CPU_THREADING_RUNTIME != DNNL_RUNTIME_SEQ
#error "Octet needs a oneDNN whose CPU runtime is OMP or SEQ"
#endif

namespace octet::cpu::onednn {

#if DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
SingleThread::SingleThread() : saved_(omp_get_max_threads()) {
  if (saved_ != 1) omp_set_num_threads(1);
}
SingleThread::~SingleThread() {
  if (saved_ != 1) omp_set_num_threads(saved_);
}
#else
SingleThread::SingleThread() = default;
SingleThread::~SingleThread() = default;
#endif

Status to_status(const char* what, const dnnl::error& error) {
  return internal_error(std::string("oneDNN: ") + what + " failed: " + error.what());
}

Status to_status(const char* what, dnnl_status_t status) {
  return internal_error(std::string("oneDNN: ") + what + " failed: " + dnnl_status2str(status));
}

}  // namespace octet::cpu::onednn

// What every use of oneDNN needs: one thread, error text, and what its instruction set can do.
#pragma once

#include "oneapi/dnnl/dnnl.hpp"
#include "runtime/core/status.h"

namespace octet::cpu::onednn {

// While it lives, oneDNN runs on the calling thread alone; then the thread has its own OpenMP
// setting back. It touches nothing but this thread's setting and takes about 10 ns.
class SingleThread {
 public:
  SingleThread();
  ~SingleThread();
  SingleThread(const SingleThread&) = delete;
  SingleThread& operator=(const SingleThread&) = delete;

 private:
  int saved_ = 1;
};

// kInternal: "oneDNN: WHAT failed: TEXT".
Status to_status(const char* what, const dnnl::error& error);
Status to_status(const char* what, dnnl_status_t status);

}  // namespace octet::cpu::onednn

// Who is inside the library, and who may not go in.
#include "apps/python/native/entry.h"

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "apps/python/native/stop.h"

namespace nb = nanobind;

namespace octet::python {
namespace {

constexpr auto kLongestFinish = std::chrono::seconds(10);

std::atomic<int> inside{0};
std::atomic<bool> lost{false};
std::atomic<bool> finished{false};
thread_local bool logging = false;

// Entries are counted with the GIL held, and os.fork() holds it: the count is exact.
void after_fork_in_child() {
  if (inside.exchange(0) > 0) lost.store(true);
  forked();
}

}  // namespace

bool is_lost() { return lost.load(); }

Entry::Entry() {
  if (lost.load())
    refuse(
        "this process was forked while another thread was inside Octet, so nothing of Octet can "
        "be used in it; fork when no call is going on, or start processes by \"spawn\"");
  if (logging)
    refuse("a log function must not call Octet; keep the message, and call when it has returned");
  if (finished.load()) refuse("the interpreter is exiting, so Octet can no longer be called");
  inside.fetch_add(1);
}
Entry::~Entry() { inside.fetch_sub(1); }

LogScope::LogScope() { logging = true; }
LogScope::~LogScope() { logging = false; }

void watch_forks() { pthread_atfork(nullptr, nullptr, after_fork_in_child); }

void finish() {
  finished.store(true);
  if (lost.load()) return;
  const auto end = std::chrono::steady_clock::now() + kLongestFinish;
  while (inside.load() > 0 && std::chrono::steady_clock::now() < end) {
    stop_all();
    const nb::gil_scoped_release release;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace octet::python

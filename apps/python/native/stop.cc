// Switches of calls. Python only notes a signal and acts on it between instructions, of which a
// call has none: so while the main thread is in one, SIGINT does what it did and also turns its
// switch.
#include "apps/python/native/stop.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>

namespace nb = nanobind;

namespace octet::python {
namespace {

// Of all calls that are going on; changed with the GIL held.
std::vector<octet_cancel*> going_on;
unsigned long main_thread = 0;

// The main thread's calls share a switch that is never freed, since a handler may come late.
octet_cancel* main_switch = nullptr;
std::atomic<bool> interrupt_came{false};
struct sigaction usual_handler{};  // what SIGINT does when ours is not installed

void on_interrupt(int signal, siginfo_t* info, void* context) {
  const int kept = errno;
  if ((usual_handler.sa_flags & SA_SIGINFO) != 0)
    usual_handler.sa_sigaction(signal, info, context);
  else
    usual_handler.sa_handler(signal);
  interrupt_came.store(true);
  octet_cancel_request(main_switch);
  errno = kept;
}

bool is_ours(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == on_interrupt;
}

// False where SIGINT is ignored or ends the process: nobody is to be told of it.
bool install_handler() {
  struct sigaction now{};
  if (sigaction(SIGINT, nullptr, &now) != 0 || is_ours(now)) return false;
  if ((now.sa_flags & SA_SIGINFO) == 0 && (now.sa_handler == SIG_DFL || now.sa_handler == SIG_IGN))
    return false;
  usual_handler = now;
  now.sa_flags |= SA_SIGINFO;
  now.sa_sigaction = on_interrupt;
  return sigaction(SIGINT, &now, nullptr) == 0;
}

// Whoever has put another handler there keeps it.
void remove_handler() {
  struct sigaction now{};
  if (sigaction(SIGINT, &usual_handler, &now) == 0 && !is_ours(now))
    sigaction(SIGINT, &now, nullptr);
}

void erase(std::vector<octet_cancel*>& switches, octet_cancel* one) {
  const auto found = std::find(switches.begin(), switches.end(), one);
  if (found != switches.end()) switches.erase(found);
}

octet_cancel* make_switch() {
  octet_cancel* made = nullptr;
  check([&](octet_error** error) { return octet_cancel_create(&made, error); });
  return made;
}

}  // namespace

void Cancel::request() {
  requested_ = true;
  for (octet_cancel* one : going_on_) octet_cancel_request(one);
}

Stop::Stop(Cancel* cancel) : cancel_(cancel) {
  if (PyThread_get_thread_ident() == main_thread) {
    octet_cancel_reset(main_switch);
    interrupt_came.store(false);
    switch_ = main_switch;
    watches_interrupts_ = install_handler();
  } else {
    switch_ = make_switch();
  }
  going_on.push_back(switch_);
  if (cancel_ == nullptr) return;
  cancel_->going_on_.push_back(switch_);
  if (cancel_->requested_) octet_cancel_request(switch_);
}

Stop::~Stop() {
  if (watches_interrupts_) remove_handler();
  if (cancel_ != nullptr) erase(cancel_->going_on_, switch_);
  erase(going_on, switch_);
  if (switch_ != main_switch) octet_cancel_free(switch_);
}

bool Stop::interrupted() const { return watches_interrupts_ && interrupt_came.load(); }

void watch_interrupts() {
  main_switch = make_switch();
  main_thread = nb::cast<unsigned long>(
      nb::module_::import_("threading").attr("main_thread")().attr("ident"));
}

void stop_all() {
  for (octet_cancel* one : going_on) octet_cancel_request(one);
}

void forked() {
  main_thread = PyThread_get_thread_ident();
  going_on.clear();
}

}  // namespace octet::python

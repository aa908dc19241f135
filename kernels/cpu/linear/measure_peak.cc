// Times chains of dot products and multiply-adds on every core at once.
#include "kernels/cpu/linear/measure_peak.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/linear/measure_peak.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Calls `step` on independent accumulators, enough of them to hide its latency, and gives something
// that depends on all.
template <class D, class Step>
HWY_INLINE hn::TFromD<D> run_chains(D d, int64_t steps, Step step) {
  auto c0 = hn::Zero(d), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0, c8 = c0,
       c9 = c0;
  for (int64_t i = 0; i < steps; ++i) {
    c0 = step(c0);
    c1 = step(c1);
    c2 = step(c2);
    c3 = step(c3);
    c4 = step(c4);
    c5 = step(c5);
    c6 = step(c6);
    c7 = step(c7);
    c8 = step(c8);
    c9 = step(c9);
    // Equal accumulators would be computed once.
    asm volatile("" : "+v"(c0.raw), "+v"(c1.raw), "+v"(c2.raw), "+v"(c3.raw), "+v"(c4.raw));
    asm volatile("" : "+v"(c5.raw), "+v"(c6.raw), "+v"(c7.raw), "+v"(c8.raw), "+v"(c9.raw));
  }
  const auto sum = hn::Add(hn::Add(hn::Add(c0, c1), hn::Add(c2, c3)),
                           hn::Add(hn::Add(hn::Add(c4, c5), hn::Add(c6, c7)), hn::Add(c8, c9)));
  return hn::GetLane(sum);
}

// Both return the operations done.
double int8_chains(int64_t steps, volatile int32_t* sink) {
  const hn::ScalableTag<int32_t> d;
  const auto src = hn::Set(hn::Repartition<uint8_t, decltype(d)>(), static_cast<uint8_t>(*sink));
  const auto weights = hn::Set(hn::Repartition<int8_t, decltype(d)>(), static_cast<int8_t>(*sink));
  *sink = run_chains(d, steps, [&](auto sum) HWY_ATTR {
    return hn::SumOfMulQuadAccumulate(d, src, weights, sum);
  });
  return static_cast<double>(steps) * 10 * static_cast<double>(hn::Lanes(d)) * 4 * 2;
}

double f32_chains(int64_t steps, volatile int32_t* sink) {
  const hn::ScalableTag<float> d;
  const auto src = hn::Set(d, static_cast<float>(*sink));
  *sink = static_cast<int32_t>(
      run_chains(d, steps, [&](auto sum) HWY_ATTR { return hn::MulAdd(src, src, sum); }));
  return static_cast<double>(steps) * 10 * static_cast<double>(hn::Lanes(d)) * 2;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {
namespace {

HWY_EXPORT(int8_chains);
HWY_EXPORT(f32_chains);

constexpr int kTrials = 6;
constexpr int64_t kSteps = 1'000'000;  // about 3 ms

using Chains = double (*)(int64_t steps, volatile int32_t* sink);

// Billions of operations a second in the best trial.
double best_rate(int threads, Chains chains) {
  double best = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::atomic<int> ready{0};
    std::vector<double> rates(static_cast<size_t>(threads));
    std::vector<std::thread> workers;
    for (double& rate : rates)
      workers.emplace_back([&ready, &rate, threads, chains] {
        volatile int32_t sink = 0;
        ++ready;
        while (ready < threads) std::this_thread::yield();
        const auto start = std::chrono::steady_clock::now();
        const double operations = chains(kSteps, &sink);
        rate = operations /
               std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start)
                   .count();
      });
    for (std::thread& worker : workers) worker.join();
    double sum = 0;
    for (double rate : rates) sum += rate;
    best = std::max(best, sum);
  }
  return best;
}

}  // namespace

Peak measure_peak(int threads) {
  return {best_rate(threads, HWY_DYNAMIC_POINTER(int8_chains)),
          best_rate(threads, HWY_DYNAMIC_POINTER(f32_chains))};
}

}  // namespace octet::cpu
#endif

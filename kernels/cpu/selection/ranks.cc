// Keys, a vector at once, and the order of many ranks.
#include "kernels/cpu/selection/ranks.h"

#include <algorithm>
#include <array>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/selection/ranks.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using cpu::KeyOrder;
using cpu::kKeyBlock;

using I32 = hn::CappedTag<int32_t, 16>;
using F32 = hn::RebindToFloat<I32>;
using VecI32 = hn::Vec<I32>;
constexpr int64_t kLanes = hn::MaxLanes(I32());
static_assert(kKeyBlock % (2 * kLanes) == 0);

// Bits of a float in the order of its value: those of negative numbers are turned round.
HWY_INLINE VecI32 keys_of(const KeyOrder& order, VecI32 bits) {
  const I32 di;
  const F32 df;
  if (order.dtype == DType::kF32) {
    const auto number = hn::Add(hn::BitCast(df, bits), hn::Zero(df));  // -0 becomes 0
    const auto sign = hn::BroadcastSignBit(hn::BitCast(di, number));
    const auto key = hn::Xor(hn::BitCast(di, number), hn::And(sign, hn::Set(di, INT32_MAX)));
    bits = hn::IfThenElse(hn::RebindMask(di, hn::IsNaN(number)), hn::Set(di, INT32_MAX), key);
  }
  return order.largest ? bits : hn::Not(bits);
}

void write_keys(const KeyOrder& order, const std::byte* src, int64_t count, int32_t* keys) {
  const I32 di;
  const auto* from = reinterpret_cast<const int32_t*>(src);
  for (int64_t i = 0; i < count; i += kLanes) {
    const auto size = static_cast<size_t>(std::min(count - i, kLanes));
    hn::StoreN(keys_of(order, hn::LoadN(di, from + i, size)), di, keys + i, size);
  }
}

int64_t find_above(const KeyOrder& order, const std::byte* src, int64_t begin, int64_t count,
                   int32_t least, int32_t* keys) {
  const I32 di;
  const VecI32 border = hn::Set(di, least);
  const auto* from = reinterpret_cast<const int32_t*>(src);
  for (int64_t i = begin; i < count; i += kKeyBlock) {
    auto highest = hn::Set(di, INT32_MIN);
    for (int64_t j = 0; j < kKeyBlock; j += kLanes)
      highest = hn::Max(highest, keys_of(order, hn::LoadU(di, from + i + j)));
    if (hn::AllFalse(di, hn::Gt(highest, border))) continue;
    write_keys(order, src + i * 4, kKeyBlock, keys);
    return i;
  }
  return count;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {

HWY_EXPORT(write_keys);
HWY_EXPORT(find_above);

void make_keys(const KeyOrder& order, const std::byte* src, int64_t count, int32_t* keys) {
  HWY_DYNAMIC_DISPATCH(write_keys)(order, src, count, keys);
}
int64_t find_keys_above(const KeyOrder& order, const std::byte* src, int64_t begin, int64_t count,
                        int32_t least, int32_t* keys) {
  return HWY_DYNAMIC_DISPATCH(find_above)(order, src, begin, count, least, keys);
}

namespace {

// Moves the ranks to `to`, sorted by one of their bytes, the largest first; equal ones keep their
// order.
void sort_by_byte(Heartbeat& beat, const Rank* from, Rank* to, int64_t count, int byte) {
  std::array<int64_t, 256> places{};
  const auto digit = [&](Rank rank) { return static_cast<size_t>(~rank >> (8 * byte) & 0xFF); };
  in_pieces(beat, count, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) ++places[digit(from[i])];
  });
  int64_t sum = 0;
  for (int64_t& place : places) sum += std::exchange(place, sum);
  in_pieces(beat, count, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) to[places[digit(from[i])]++] = from[i];
  });
}

}  // namespace

void sort_ranks(Heartbeat& beat, Rank* ranks, int64_t count, Rank* spare) {
  // The bytes of the key.
  for (int byte = 4; byte < 8 && !beat.stop(); byte += 2) {
    sort_by_byte(beat, ranks, spare, count, byte);
    sort_by_byte(beat, spare, ranks, count, byte + 1);
  }
}

}  // namespace octet::cpu
#endif  // HWY_ONCE

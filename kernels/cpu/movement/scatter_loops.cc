// Loops of the scatters, for each reduction and type.
#include <cmath>
#include <cstring>
#include <type_traits>

#include "kernels/cpu/movement/index.h"
#include "kernels/cpu/movement/scatter.h"

namespace octet::cpu {
namespace {

// What the reference computes: a sum or product of two floats, rounded to double and then to float,
// is that rounded to float at once.
template <class T>
struct Replace {
  static T combine(T, T update) { return update; }
};
template <class T>
struct Add {
  static T combine(T value, T update) {
    if constexpr (std::is_integral_v<T>) {
      using U = std::make_unsigned_t<T>;
      return static_cast<T>(static_cast<U>(value) + static_cast<U>(update));
    } else {
      return value + update;
    }
  }
};
template <class T>
struct Multiply {
  static T combine(T value, T update) {
    if constexpr (std::is_integral_v<T>) {
      using U = std::make_unsigned_t<T>;
      return static_cast<T>(static_cast<U>(value) * static_cast<U>(update));
    } else {
      return value * update;
    }
  }
};
// A NaN, and only that, differs from itself.
template <class T>
struct Largest {
  static T combine(T value, T update) { return value != value || value > update ? value : update; }
};
template <class T>
struct Smallest {
  static T combine(T value, T update) { return value != value || value < update ? value : update; }
};

template <class T, class Reduction>
void combine_slice(std::byte* dst, const std::byte* updates, int64_t bytes) {
  auto* to = reinterpret_cast<T*>(dst);
  const auto* from = reinterpret_cast<const T*>(updates);
  const int64_t count = bytes / static_cast<int64_t>(sizeof(T));
  for (int64_t i = 0; i < count; ++i) to[i] = Reduction::combine(to[i], from[i]);
}

template <class T, class Reduction>
std::optional<int64_t> scatter_run(const ScatterRun& run) {
  constexpr auto kSize = static_cast<int64_t>(sizeof(T));
  if (run.index_step == 0 && run.dst_step == kSize && run.update_step == kSize) {
    // Indices that were expanded: the updates are a slice.
    const int64_t index = load_index(run.indices, run.index_type, 0);
    const int64_t place = resolve_index(index, run.extent);
    if (place < 0) return index;
    combine_slice<T, Reduction>(run.dst + place * run.extent_step, run.updates, run.count * kSize);
    return std::nullopt;
  }
  for (int64_t i = 0; i < run.count; ++i) {
    const int64_t index = load_index(run.indices + i * run.index_step, run.index_type, 0);
    const int64_t place = resolve_index(index, run.extent);
    if (place < 0) return index;
    T& to = *reinterpret_cast<T*>(run.dst + i * run.dst_step + place * run.extent_step);
    to = Reduction::combine(to, *reinterpret_cast<const T*>(run.updates + i * run.update_step));
  }
  return std::nullopt;
}

template <class T, template <class> class Reduction>
constexpr ScatterLoops loops() {
  return {scatter_run<T, Reduction<T>>, combine_slice<T, Reduction<T>>};
}

void copy_slice(std::byte* dst, const std::byte* updates, int64_t bytes) {
  std::memcpy(dst, updates, static_cast<size_t>(bytes));
}

ScatterLoops replacing_loops(size_t element_size) {
  switch (element_size) {
    case 1:
      return {scatter_run<uint8_t, Replace<uint8_t>>, copy_slice};
    case 2:
      return {scatter_run<uint16_t, Replace<uint16_t>>, copy_slice};
    case 4:
      return {scatter_run<uint32_t, Replace<uint32_t>>, copy_slice};
    default:
      return {scatter_run<uint64_t, Replace<uint64_t>>, copy_slice};
  }
}

template <template <class> class Reduction>
ScatterLoops combining_loops(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return loops<float, Reduction>();
    case DType::kF64:
      return loops<double, Reduction>();
    case DType::kI32:
      return loops<int32_t, Reduction>();
    default:
      return loops<int64_t, Reduction>();
  }
}

}  // namespace

Support require_scatter_types(ScatterReduction reduction, const KernelRequest& request) {
  const DType dtype = request.outputs[0].dtype;
  const bool combines = reduction != ScatterReduction::kNone;
  if (!combines || dtype == DType::kF32 || dtype == DType::kF64 || dtype == DType::kI32 ||
      dtype == DType::kI64)
    return Support::yes();
  return Support::no(std::string("a reduction of ") + dtype_name(dtype));
}

ScatterLoops scatter_loops(ScatterReduction reduction, DType dtype) {
  switch (reduction) {
    case ScatterReduction::kNone:
      break;
    case ScatterReduction::kAdd:
      return combining_loops<Add>(dtype);
    case ScatterReduction::kMul:
      return combining_loops<Multiply>(dtype);
    case ScatterReduction::kMax:
      return combining_loops<Largest>(dtype);
    case ScatterReduction::kMin:
      return combining_loops<Smallest>(dtype);
  }
  return replacing_loops(dtype_size(dtype));
}

void copy_part(Heartbeat& beat, const TaskShare& share, int64_t begin, int64_t end,
               const std::byte* src, std::byte* dst) {
  const int64_t first = std::max(begin, share.first), last = std::min(end, share.last);
  if (first >= last) return;
  in_pieces(beat, last - first, 1, [&](int64_t from, int64_t to) {
    std::memcpy(dst + first + from, src + (first - begin) + from, static_cast<size_t>(to - from));
  });
}

}  // namespace octet::cpu

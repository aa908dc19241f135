// Binary functions as a task kernel with broadcasting: f32, i64, i32 and bool.
#include <type_traits>

#include "kernels/cpu/elementwise/binary_f32.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/elementwise/binary.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/cpu/elementwise/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {

// Integers wrap; what divides by 0 is 0, as in the reference.
template <class T>
T wrap_add(T x, T y) {
  return static_cast<T>(static_cast<std::make_unsigned_t<T>>(x) +
                        static_cast<std::make_unsigned_t<T>>(y));
}
template <class T>
T wrap_sub(T x, T y) {
  return static_cast<T>(static_cast<std::make_unsigned_t<T>>(x) -
                        static_cast<std::make_unsigned_t<T>>(y));
}
template <class T>
T wrap_mul(T x, T y) {
  return static_cast<T>(static_cast<std::make_unsigned_t<T>>(x) *
                        static_cast<std::make_unsigned_t<T>>(y));
}
template <class T>
T divide(T x, T y) {
  if (y == 0) return 0;
  return y == -1 ? wrap_sub(T{0}, x) : x / y;
}
template <class T>
T floor_mod(T x, T y) {
  if (y == 0 || y == -1) return 0;
  const T rest = x % y;
  return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}

struct Equal {
  template <class T>
  uint8_t operator()(T x, T y) const {
    return x == y;
  }
};
struct Less {
  template <class T>
  uint8_t operator()(T x, T y) const {
    return x < y;
  }
};
struct LessOrEqual {
  template <class T>
  uint8_t operator()(T x, T y) const {
    return x <= y;
  }
};
struct Greater {
  template <class T>
  uint8_t operator()(T x, T y) const {
    return x > y;
  }
};
struct GreaterOrEqual {
  template <class T>
  uint8_t operator()(T x, T y) const {
    return x >= y;
  }
};
struct Add {
  template <class T>
  T operator()(T x, T y) const {
    return wrap_add(x, y);
  }
};
struct Sub {
  template <class T>
  T operator()(T x, T y) const {
    return wrap_sub(x, y);
  }
};
struct Mul {
  template <class T>
  T operator()(T x, T y) const {
    return wrap_mul(x, y);
  }
};
struct Div {
  template <class T>
  T operator()(T x, T y) const {
    return divide(x, y);
  }
};
struct Mod {
  template <class T>
  T operator()(T x, T y) const {
    return floor_mod(x, y);
  }
};
struct Max {
  template <class T>
  T operator()(T x, T y) const {
    return x > y ? x : y;
  }
};
struct Min {
  template <class T>
  T operator()(T x, T y) const {
    return x < y ? x : y;
  }
};
struct BitwiseAnd {
  template <class T>
  T operator()(T x, T y) const {
    return x & y;
  }
};
struct BitwiseOr {
  template <class T>
  T operator()(T x, T y) const {
    return x | y;
  }
};
struct BitwiseXor {
  template <class T>
  T operator()(T x, T y) const {
    return x ^ y;
  }
};
struct ShiftLeft {
  template <class T>
  T operator()(T x, T y) const {
    using Bits = std::make_unsigned_t<T>;
    return y < 0 || y >= T{8 * sizeof(T)} ? T{0} : static_cast<T>(static_cast<Bits>(x) << y);
  }
};
struct ShiftRight {
  template <class T>
  T operator()(T x, T y) const {
    return static_cast<T>(x >> (y < 0 || y >= T{8 * sizeof(T)} ? T{8 * sizeof(T) - 1} : y));
  }
};
struct And {
  uint8_t operator()(uint8_t x, uint8_t y) const { return (x != 0) & (y != 0); }
};
struct Or {
  uint8_t operator()(uint8_t x, uint8_t y) const { return (x | y) != 0; }
};
struct Xor {
  uint8_t operator()(uint8_t x, uint8_t y) const { return (x != 0) != (y != 0); }
};

template <class R, class T, class Function>
void binary_run(const cpu::RunPointers& pointers, const cpu::RunSteps& steps, int64_t count) {
  run_binary<R, T>(pointers, steps, count, Function());
}

template <BinaryFunction kFunction>
void f32_run(const cpu::RunPointers& pointers, const cpu::RunSteps& steps, int64_t count) {
  constexpr int64_t kSize = sizeof(float);
  const cpu::BinaryF32 function = cpu::binary_f32(kFunction);
  auto* dst = reinterpret_cast<float*>(pointers[0]);
  const auto at = [&](size_t operand, int64_t i) {
    return reinterpret_cast<const float*>(pointers[operand] + i * steps[operand]);
  };
  const bool regular = (steps[1] == kSize || steps[1] == 0) && (steps[2] == kSize || steps[2] == 0);
  if (regular) return function(at(1, 0), steps[1] == 0, at(2, 0), steps[2] == 0, dst, count);
  for (int64_t i = 0; i < count; ++i)
    function(at(1, i), false, at(2, i), steps[2] == 0, dst + i, 1);
}

template <class T>
cpu::RunFunction choose_comparison(BinaryFunction function) {
  switch (function) {
    case BinaryFunction::kEqual:
      return binary_run<uint8_t, T, Equal>;
    case BinaryFunction::kLess:
      return binary_run<uint8_t, T, Less>;
    case BinaryFunction::kLessOrEqual:
      return binary_run<uint8_t, T, LessOrEqual>;
    case BinaryFunction::kGreater:
      return binary_run<uint8_t, T, Greater>;
    case BinaryFunction::kGreaterOrEqual:
      return binary_run<uint8_t, T, GreaterOrEqual>;
    default:
      return nullptr;
  }
}

template <class T>
cpu::RunFunction choose_integer(BinaryFunction function) {
  switch (function) {
    case BinaryFunction::kAdd:
      return binary_run<T, T, Add>;
    case BinaryFunction::kSub:
      return binary_run<T, T, Sub>;
    case BinaryFunction::kMul:
      return binary_run<T, T, Mul>;
    case BinaryFunction::kDiv:
      return binary_run<T, T, Div>;
    case BinaryFunction::kMod:
      return binary_run<T, T, Mod>;
    case BinaryFunction::kMax:
      return binary_run<T, T, Max>;
    case BinaryFunction::kMin:
      return binary_run<T, T, Min>;
    case BinaryFunction::kBitwiseAnd:
      return binary_run<T, T, BitwiseAnd>;
    case BinaryFunction::kBitwiseOr:
      return binary_run<T, T, BitwiseOr>;
    case BinaryFunction::kBitwiseXor:
      return binary_run<T, T, BitwiseXor>;
    case BinaryFunction::kShiftLeft:
      return binary_run<T, T, ShiftLeft>;
    case BinaryFunction::kShiftRight:
      return binary_run<T, T, ShiftRight>;
    default:
      return choose_comparison<T>(function);
  }
}

cpu::RunFunction choose_bool(BinaryFunction function) {
  switch (function) {
    case BinaryFunction::kAnd:
      return binary_run<uint8_t, uint8_t, And>;
    case BinaryFunction::kOr:
      return binary_run<uint8_t, uint8_t, Or>;
    case BinaryFunction::kXor:
      return binary_run<uint8_t, uint8_t, Xor>;
    case BinaryFunction::kEqual:
      return binary_run<uint8_t, uint8_t, Equal>;
    default:
      return nullptr;
  }
}

cpu::RunFunction choose_f32(BinaryFunction function) {
  switch (function) {
    case BinaryFunction::kAdd:
      return f32_run<BinaryFunction::kAdd>;
    case BinaryFunction::kSub:
      return f32_run<BinaryFunction::kSub>;
    case BinaryFunction::kMul:
      return f32_run<BinaryFunction::kMul>;
    case BinaryFunction::kDiv:
      return f32_run<BinaryFunction::kDiv>;
    case BinaryFunction::kPow:
      return f32_run<BinaryFunction::kPow>;
    case BinaryFunction::kMax:
      return f32_run<BinaryFunction::kMax>;
    case BinaryFunction::kMin:
      return f32_run<BinaryFunction::kMin>;
    default:
      return choose_comparison<float>(function);
  }
}

cpu::RunFunction choose_binary_run(BinaryFunction function, DType type) {
  switch (type) {
    case DType::kF32:
      return choose_f32(function);
    case DType::kI64:
      return choose_integer<int64_t>(function);
    case DType::kI32:
      return choose_integer<int32_t>(function);
    case DType::kBool:
      return choose_bool(function);
    default:
      return nullptr;
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {
namespace {

HWY_EXPORT(choose_binary_run);

RunFunction choose(const KernelRequest& request) {
  return HWY_DYNAMIC_DISPATCH(choose_binary_run)(attributes_of<BinaryAttrs>(request).function,
                                                 request.inputs[0]->dtype);
}

}  // namespace

Support accept_binary(const KernelRequest& request) {
  const DType type = request.inputs[0]->dtype;
  if (choose(request) == nullptr)
    return Support::no(std::string("there is no loop for ") + dtype_name(type));
  return require_type(request, type);  // a power may have two types
}

Result<Kernel> make_binary(const KernelRequest& request) {
  return make_elementwise(choose(request));
}

}  // namespace octet::cpu
#endif  // HWY_ONCE

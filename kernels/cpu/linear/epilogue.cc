// The epilogues of linear layers, in Highway.
#include "kernels/cpu/linear/epilogue.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/linear/epilogue.cc"
#include "hwy/foreach_target.h"
// Highway's headers come after foreach_target.
#include "hwy/highway.h"
#include "kernels/cpu/simd/round_bf16-inl.h"
#include "kernels/cpu/simd/round_codes-inl.h"
#include "kernels/cpu/simd/vector_access-inl.h"
#include "kernels/cpu/simd/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {

using cpu::Dequantization;
using cpu::EpilogueBlock;

using DF = hn::ScalableTag<float>;
using DI = hn::RebindToSigned<DF>;
using VF = hn::Vec<DF>;
using VI = hn::Vec<DI>;

// The activations as types, so that each has a loop of its own.
template <Activation activation>
HWY_INLINE VF activate(DF d, VF x) {
  if constexpr (activation == Activation::kRelu) return hn::Max(hn::Zero(d), x);  // NaN stays NaN
  if constexpr (activation == Activation::kGelu) return vector_gelu(d, x);
  if constexpr (activation == Activation::kGeluTanh) return vector_gelu_tanh(d, x);
  if constexpr (activation == Activation::kTanh) return vector_tanh(d, x);
  if constexpr (activation == Activation::kSigmoid) return vector_sigmoid(d, x);
  if constexpr (activation == Activation::kSilu) return vector_silu(d, x);
  return x;
}

// Sums as they are.
struct FloatSums {
  const float* acc;
  const float* bias;
  template <class Access>
  HWY_INLINE VF get(DF d, Access access, size_t i) const {
    const VF sum = access.load(d, acc + i);
    return bias == nullptr ? sum : hn::Add(sum, access.load(d, bias + i));
  }
};

// Sums of codes, with a scale for each column.
struct ScaledSums {
  const float* acc;
  const float* bias;
  const float* scale;
  template <class Access>
  HWY_INLINE VF get(DF d, Access access, size_t i) const {
    const VF offset = bias == nullptr ? hn::Zero(d) : access.load(d, bias + i);
    return hn::MulAdd(access.load(d, acc + i), access.load(d, scale + i), offset);
  }
};

// s32 sums of one row.
template <bool weights_have_zero_point>
struct IntegerSums {
  const int32_t* acc;
  const float* bias;
  const Dequantization& columns;
  VF src_scale;
  VI src_zero_point;
  VI row_term;  // row_sum - k * src_zero_point

  template <class Access>
  HWY_INLINE VF get(DF d, Access access, size_t i) const {
    const DI di;
    VI sum = access.load(di, acc + i);
    sum = hn::Sub(sum, hn::Mul(src_zero_point, access.load(di, columns.column_sums + i)));
    if constexpr (weights_have_zero_point)
      sum = hn::Sub(sum, hn::Mul(access.load(di, columns.weights_zero_point + i), row_term));
    const VF scale = hn::Mul(src_scale, access.load(d, columns.weights_scale + i));
    const VF offset = bias == nullptr ? hn::Zero(d) : access.load(d, bias + i);
    return hn::MulAdd(hn::ConvertTo(d, sum), scale, offset);
  }
};

// As what results are written.
class Output {
 public:
  HWY_INLINE explicit Output(const Epilogue& epilogue)
      : type_(epilogue.output_type),
        codes_(DF(), hn::Set(DF(), epilogue.output_scale),
               hn::Set(DI(), epilogue.output_zero_point), type_ == DType::kI8 ? -128 : 0,
               type_ == DType::kI8 ? 127 : 255) {}

  // At element `i` of a row.
  template <class Access>
  HWY_INLINE void store(DF d, VF x, Access access, std::byte* row, size_t i) const {
    const hn::Rebind<uint8_t, DF> d8u;
    const hn::Rebind<int8_t, DF> d8i;
    if (type_ == DType::kF32)
      access.store(d, x, reinterpret_cast<float*>(row) + i);
    else if (type_ == DType::kBF16)
      access.store(hn::Rebind<uint16_t, DF>(), round_to_bf16(d, x),
                   reinterpret_cast<uint16_t*>(row) + i);
    else if (type_ == DType::kU8)
      access.store(d8u, hn::DemoteTo(d8u, codes_.code(x)), reinterpret_cast<uint8_t*>(row) + i);
    else
      access.store(d8i, hn::DemoteTo(d8i, codes_.code(x)), reinterpret_cast<int8_t*>(row) + i);
  }

 private:
  DType type_;
  CodeRounding<DF> codes_;
};

template <Activation activation, class Sums, class Access>
HWY_INLINE void finish(DF d, const Sums& sums, Access access, size_t i, const float* residual,
                       const Output& output, std::byte* dst) {
  VF x = activate<activation>(d, sums.get(d, access, i));
  if (residual != nullptr) x = hn::Add(x, access.load(d, residual + i));
  output.store(d, x, access, dst, i);
}

template <Activation activation, class Sums>
HWY_INLINE void finish_row(const Sums& sums, const EpilogueBlock& block, int64_t row,
                           const Output& output) {
  const DF d;
  const auto* residual =
      block.residual == nullptr
          ? nullptr
          : reinterpret_cast<const float*>(block.residual + row * block.residual_row_bytes);
  std::byte* dst = block.dst + row * block.dst_row_bytes;
  const auto columns = static_cast<size_t>(block.columns);
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= columns; i += lanes)
    finish<activation>(d, sums, WholeVector{}, i, residual, output, dst);
  if (i < columns) finish<activation>(d, sums, PartVector{columns - i}, i, residual, output, dst);
}

template <Activation activation>
void float_rows(const Epilogue& epilogue, const EpilogueBlock& block) {
  const Output output(epilogue);
  for (int64_t row = 0; row < block.rows; ++row) {
    const auto* acc = reinterpret_cast<const float*>(block.acc) + row * block.columns;
    finish_row<activation>(FloatSums{acc, block.bias}, block, row, output);
  }
}

template <Activation activation>
void scaled_rows(const Epilogue& epilogue, const float* scale, const EpilogueBlock& block) {
  const Output output(epilogue);
  for (int64_t row = 0; row < block.rows; ++row) {
    const auto* acc = reinterpret_cast<const float*>(block.acc) + row * block.columns;
    finish_row<activation>(ScaledSums{acc, block.bias, scale}, block, row, output);
  }
}

template <Activation activation, bool weights_have_zero_point>
void integer_rows(const Epilogue& epilogue, const Dequantization& dequantization,
                  const EpilogueBlock& block) {
  const DF d;
  const DI di;
  const Output output(epilogue);
  for (int64_t row = 0; row < block.rows; ++row) {
    const auto& params = *reinterpret_cast<const RowParams*>(dequantization.params +
                                                             row * dequantization.params_row_bytes);
    const IntegerSums<weights_have_zero_point> sums{
        reinterpret_cast<const int32_t*>(block.acc) + row * block.columns,
        block.bias,
        dequantization,
        hn::Set(d, params.scale),
        hn::Set(di, params.zero_point),
        hn::Set(di, params.row_sum - dequantization.k * params.zero_point)};
    finish_row<activation>(sums, block, row, output);
  }
}

// Calls `run` with the activation as a constant.
template <class Run>
HWY_INLINE void with_activation(Activation activation, const Run& run) {
  switch (activation) {
    case Activation::kNone:
      return run.template operator()<Activation::kNone>();
    case Activation::kRelu:
      return run.template operator()<Activation::kRelu>();
    case Activation::kGelu:
      return run.template operator()<Activation::kGelu>();
    case Activation::kGeluTanh:
      return run.template operator()<Activation::kGeluTanh>();
    case Activation::kTanh:
      return run.template operator()<Activation::kTanh>();
    case Activation::kSigmoid:
      return run.template operator()<Activation::kSigmoid>();
    case Activation::kSilu:
      return run.template operator()<Activation::kSilu>();
  }
}

void float_block(const Epilogue& epilogue, const EpilogueBlock& block) {
  with_activation(epilogue.activation,
                  [&]<Activation activation> { float_rows<activation>(epilogue, block); });
}

void scaled_block(const Epilogue& epilogue, const float* scale, const EpilogueBlock& block) {
  with_activation(epilogue.activation,
                  [&]<Activation activation> { scaled_rows<activation>(epilogue, scale, block); });
}

void integer_block(const Epilogue& epilogue, const Dequantization& dequantization,
                   const EpilogueBlock& block) {
  with_activation(epilogue.activation, [&]<Activation activation> {
    if (dequantization.weights_zero_point == nullptr)
      integer_rows<activation, false>(epilogue, dequantization, block);
    else
      integer_rows<activation, true>(epilogue, dequantization, block);
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {
namespace {

HWY_EXPORT(float_block);
HWY_EXPORT(scaled_block);
HWY_EXPORT(integer_block);

}  // namespace

void float_epilogue(const Epilogue& epilogue, const EpilogueBlock& block) {
  HWY_DYNAMIC_DISPATCH(float_block)(epilogue, block);
}

void scaled_epilogue(const Epilogue& epilogue, const float* scale, const EpilogueBlock& block) {
  HWY_DYNAMIC_DISPATCH(scaled_block)(epilogue, scale, block);
}

void dequantize_epilogue(const Epilogue& epilogue, const Dequantization& dequantization,
                         const EpilogueBlock& block) {
  HWY_DYNAMIC_DISPATCH(integer_block)(epilogue, dequantization, block);
}

}  // namespace octet::cpu
#endif  // HWY_ONCE

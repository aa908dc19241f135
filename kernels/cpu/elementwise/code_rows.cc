// Quantize and Dequantize of rows, bit for bit as numerics::quantize and numerics::dequantize: one
// scale for all elements, or one for each column.
#include <algorithm>

#include "kernels/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/elementwise/code_rows.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/cpu/simd/round_codes-inl.h"
#include "kernels/cpu/simd/vector_access-inl.h"

#ifndef OCTET_CODE_ROWS_ONCE_
#define OCTET_CODE_ROWS_ONCE_
namespace octet::cpu {

// A call's parameters; `step` is 1 where each column has its own, else 0.
struct CodeScales {
  const float* scale;
  const std::byte* zero_point;  // of the codes' type; nullptr: 0
  int64_t step;
  int32_t low, high;  // of codes
};

using CodeRowsFunction = void (*)(const CodeScales& scales, const std::byte* src, int64_t count,
                                  std::byte* dst);

}  // namespace octet::cpu
#endif  // OCTET_CODE_ROWS_ONCE_

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using cpu::CodeScales;
using DF = hn::ScalableTag<float>;
using DI = hn::RebindToSigned<DF>;
using VF = hn::Vec<DF>;
using VI = hn::Vec<DI>;

using Columns = CodeRounding<DF>;  // the parameters of a vector of columns

template <class Code>
HWY_INLINE Columns columns_alike(const CodeScales& scales) {
  const auto* zero_points = reinterpret_cast<const Code*>(scales.zero_point);
  const int32_t zero_point = zero_points ? static_cast<int32_t>(*zero_points) : 0;
  return {DF(), hn::Set(DF(), *scales.scale), hn::Set(DI(), zero_point), scales.low, scales.high};
}

template <class Code, class Access>
HWY_INLINE Columns columns_from(const CodeScales& scales, Access access, int64_t first) {
  const auto* zero_points = reinterpret_cast<const Code*>(scales.zero_point);
  const hn::Rebind<Code, DF> dc;
  const VI zero_point =
      zero_points ? hn::PromoteTo(DI(), access.load(dc, zero_points + first)) : hn::Zero(DI());
  return {DF(), access.load(DF(), scales.scale + first), zero_point, scales.low, scales.high};
}

template <class Code, class Access>
HWY_INLINE void quantize_some(const Columns& columns, Access access, const float* from, Code* to) {
  const hn::Rebind<Code, DF> dc;
  access.store(dc, hn::DemoteTo(dc, columns.code(access.load(DF(), from))), to);
}

template <class Code, class Access>
HWY_INLINE void dequantize_some(const Columns& columns, Access access, const Code* from,
                                float* to) {
  const DF d;
  const hn::Rebind<Code, DF> dc;
  const VI codes = hn::PromoteTo(DI(), access.load(dc, from));
  const VF shifted = hn::ConvertTo(d, hn::Sub(codes, columns.zero_point));
  access.store(d, hn::Mul(shifted, columns.scale), to);
}

// Calls some(columns, access, i) for all vectors of a row.
template <class Code, class Some>
HWY_INLINE void for_each_vector(const CodeScales& scales, int64_t count, const Some& some) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(DF()));
  int64_t i = 0;
  if (scales.step == 0) {
    const Columns columns = columns_alike<Code>(scales);
    for (; i + lanes <= count; i += lanes) some(columns, WholeVector{}, i);
    if (i < count) some(columns, PartVector{static_cast<size_t>(count - i)}, i);
    return;
  }
  for (; i + lanes <= count; i += lanes)
    some(columns_from<Code>(scales, WholeVector{}, i), WholeVector{}, i);
  const PartVector rest{static_cast<size_t>(count - i)};
  if (i < count) some(columns_from<Code>(scales, rest, i), rest, i);
}

template <class Code>
void quantize(const CodeScales& scales, const std::byte* src, int64_t count, std::byte* dst) {
  const auto* from = reinterpret_cast<const float*>(src);
  auto* to = reinterpret_cast<Code*>(dst);
  for_each_vector<Code>(scales, count, [&](const Columns& columns, auto access, int64_t i) {
    quantize_some(columns, access, from + i, to + i);
  });
}

template <class Code>
void dequantize(const CodeScales& scales, const std::byte* src, int64_t count, std::byte* dst) {
  const auto* from = reinterpret_cast<const Code*>(src);
  auto* to = reinterpret_cast<float*>(dst);
  for_each_vector<Code>(scales, count, [&](const Columns& columns, auto access, int64_t i) {
    dequantize_some(columns, access, from + i, to + i);
  });
}

cpu::CodeRowsFunction choose_quantize(DType type) {
  if (is_small_float(type)) return nullptr;
  switch (byte_type(type)) {
    case DType::kU8:
      return quantize<uint8_t>;
    case DType::kI8:
      return quantize<int8_t>;
    case DType::kU16:
      return quantize<uint16_t>;
    case DType::kI16:
      return quantize<int16_t>;
    default:
      return nullptr;
  }
}

cpu::CodeRowsFunction choose_dequantize(DType type) {
  if (is_small_float(type)) return nullptr;
  switch (byte_type(type)) {
    case DType::kU8:
      return dequantize<uint8_t>;
    case DType::kI8:
      return dequantize<int8_t>;
    case DType::kU16:
      return dequantize<uint16_t>;
    case DType::kI16:
      return dequantize<int16_t>;
    default:  // differences of i32 may overflow
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

HWY_EXPORT(choose_quantize);
HWY_EXPORT(choose_dequantize);

class CodeRows final : public RowKernel {
 public:
  CodeRows(CodeRowsFunction run, DType codes, bool per_column, DType src, DType dst)
      : run_(run),
        low_(lowest_code(codes)),
        high_(highest_code(codes)),
        step_(per_column ? 1 : 0),
        src_bytes_(static_cast<int64_t>(dtype_size(src))),
        dst_bytes_(static_cast<int64_t>(dtype_size(dst))),
        code_bytes_(std::min(src_bytes_, dst_bytes_)) {}

  Status run(const RowArgs& args) const override {
    Heartbeat beat(args.control);
    const float* scale = args.inputs[1].row<float>(0);
    const std::byte* zero_point = has_input(args, 2) ? args.inputs[2].data : nullptr;
    for (int64_t row = 0; row < args.rows; ++row) {
      const int64_t columns = args.inputs[0].columns;
      for (int64_t i = 0; i < columns; i += kRowPiece) {
        const int64_t count = std::min(kRowPiece, columns - i);
        if (beat.stop(count)) return beat.status();
        const CodeScales scales{scale + i * step_,
                                zero_point ? zero_point + i * step_ * code_bytes_ : nullptr, step_,
                                low_, high_};
        run_(scales, args.inputs[0].row<std::byte>(row) + i * src_bytes_, count,
             args.outputs[0].row<std::byte>(row) + i * dst_bytes_);
      }
    }
    return Status::ok();
  }

 private:
  CodeRowsFunction run_;
  int32_t low_, high_;
  int64_t step_, src_bytes_, dst_bytes_, code_bytes_;
};

bool is_per_column(const KernelRequest& request) { return !is_per_tensor(*request.inputs[1]); }

Support no_loop(DType codes) {
  return Support::no(std::string("there is no loop for codes of ") + dtype_name(codes));
}

// f32 numbers and scales, which stand as a vector without gaps.
Support accept_floats(const KernelRequest& request, DType numbers) {
  Support rows = require_rows(request);
  if (!rows.is_yes()) return rows;
  if (numbers != DType::kF32) return Support::no("numbers must be float32");
  if (request.inputs[1]->dtype != DType::kF32) return Support::no("scales must be float32");
  return Support::yes();
}

}  // namespace

Support accept_quantize_codes(const KernelRequest& request) {
  const auto& attrs = attributes_of<QuantizeAttrs>(request);
  if (HWY_DYNAMIC_DISPATCH(choose_quantize)(attrs.type) == nullptr) return no_loop(attrs.type);
  if (attrs.precision != DType::kF32)
    return Support::no(std::string("divides in ") + dtype_name(attrs.precision) +
                       ", expected float32");
  return accept_floats(request, request.inputs[0]->dtype);
}

Result<Kernel> make_quantize_codes(const KernelRequest& request) {
  const auto& attrs = attributes_of<QuantizeAttrs>(request);
  return Kernel(std::make_unique<CodeRows>(HWY_DYNAMIC_DISPATCH(choose_quantize)(attrs.type),
                                           attrs.type, is_per_column(request), DType::kF32,
                                           attrs.type));
}

Support accept_dequantize_codes(const KernelRequest& request) {
  if (HWY_DYNAMIC_DISPATCH(choose_dequantize)(request.inputs[0]->dtype) == nullptr)
    return no_loop(request.inputs[0]->dtype);
  return accept_floats(request, attributes_of<DequantizeAttrs>(request).type);
}

Result<Kernel> make_dequantize_codes(const KernelRequest& request) {
  const DType codes = request.inputs[0]->dtype;
  return Kernel(std::make_unique<CodeRows>(HWY_DYNAMIC_DISPATCH(choose_dequantize)(codes), codes,
                                           is_per_column(request), codes, DType::kF32));
}

}  // namespace octet::cpu
#endif  // HWY_ONCE

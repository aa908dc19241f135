// Whole vectors of a row, and what is left at its end.
#if defined(OCTET_KERNELS_CPU_SIMD_VECTOR_ACCESS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OCTET_KERNELS_CPU_SIMD_VECTOR_ACCESS_INL_H_
#undef OCTET_KERNELS_CPU_SIMD_VECTOR_ACCESS_INL_H_
#else
#define OCTET_KERNELS_CPU_SIMD_VECTOR_ACCESS_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Reads and writes whole vectors, or the `count` first lanes at the end of a row. Either way each
// lane is computed alike.
struct WholeVector {
  template <class D, class T = hn::TFromD<D>>
  HWY_INLINE hn::Vec<D> load(D d, const T* from) const {
    return hn::LoadU(d, from);
  }
  template <class D, class T = hn::TFromD<D>>
  HWY_INLINE void store(D d, hn::Vec<D> vector, T* to) const {
    hn::StoreU(vector, d, to);
  }
};
struct PartVector {
  size_t count;
  template <class D, class T = hn::TFromD<D>>
  HWY_INLINE hn::Vec<D> load(D d, const T* from) const {
    return hn::LoadN(d, from, count);
  }
  template <class D, class T = hn::TFromD<D>>
  HWY_INLINE void store(D d, hn::Vec<D> vector, T* to) const {
    hn::StoreN(vector, d, to, count);
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#endif

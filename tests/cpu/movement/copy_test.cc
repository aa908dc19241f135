// The copy of views to contiguous memory.
#include "kernels/cpu/movement/copy.h"

#include <cstring>

#include "kernels/api/run_kernel.h"
#include "tests/cpu/kernel_checks.h"

namespace octet::test {
namespace {

// The view of `src` with its axes in the order of `permutation`.
TensorView permuted(const Tensor& src, std::initializer_list<int> permutation) {
  TensorView view = src.view();
  int i = 0;
  for (int axis : permutation) {
    view.shape[i] = src.shape()[axis];
    view.strides[i++] = src.view().strides[axis];
  }
  return view;
}

// Copies in different numbers of tasks and compares with an element-wise walk.
void check(const TensorView& src) {
  const auto kernel = make_copy_kernel();
  const size_t size = dtype_size(src.dtype);
  const int64_t count = src.element_count();
  std::vector<std::byte> expected;
  for (int64_t index = 0; index < count; ++index) {
    int64_t rest = index, offset = 0;
    for (int axis = src.shape.rank() - 1; axis >= 0; --axis) {
      offset += rest % src.shape[axis] * src.strides[axis];
      rest /= src.shape[axis];
    }
    const std::byte* element = src.data + offset * static_cast<int64_t>(size);
    expected.insert(expected.end(), element, element + size);
  }
  for (int threads : {1, 2, 5}) {
    Tensor dst(src.dtype, src.shape);
    const TensorView out = dst.view();
    ASSERT_TRUE(run_all_tasks(*kernel, {&src, 1}, {&out, 1}, nullptr, threads, true).is_ok());
    const std::vector<std::byte> found(dst.bytes(), dst.bytes() + dst.byte_count());
    ASSERT_EQ(found, expected) << to_string(src.shape) << " for " << threads;
  }
}

TEST(Copy, EveryElementSize) {
  for (DType type : {DType::kU8, DType::kBF16, DType::kF32, DType::kI64, DType::kRowParams}) {
    Tensor src(type, {5, 33, 18});
    for (size_t i = 0; i < src.byte_count(); ++i)
      src.bytes()[i] = static_cast<std::byte>(i * 7 + i / 251);
    check(src.view());
    check(permuted(src, {2, 1, 0}));
    check(permuted(src, {1, 0, 2}));
    check(permuted(src, {0, 2, 1}));
    check(permuted(src, {2, 0, 1}));
  }
}

// Copies `src` to the window of `shape` and `strides` at `first` in memory that is larger, and
// looks at every byte of it.
void check_into(const Tensor& src, const Strides& strides, int64_t first, int64_t elements) {
  const auto kernel = make_copy_kernel();
  const size_t size = dtype_size(src.dtype());
  const std::byte canary{0xa5};
  std::vector<std::byte> expected(static_cast<size_t>(elements) * size, canary);
  for (int64_t index = 0; index < src.element_count(); ++index) {
    int64_t rest = index, place = first;
    for (int axis = src.shape().rank() - 1; axis >= 0; --axis) {
      place += rest % src.shape()[axis] * strides[axis];
      rest /= src.shape()[axis];
    }
    std::memcpy(expected.data() + static_cast<size_t>(place) * size,
                src.bytes() + static_cast<size_t>(index) * size, size);
  }
  for (int threads : {1, 2, 5}) {
    std::vector<std::byte> found(expected.size(), canary);
    const TensorView out{found.data() + first * static_cast<int64_t>(size), src.dtype(),
                         src.shape(), strides};
    ASSERT_TRUE(
        run_all_tasks(*kernel, {&src.view(), 1}, {&out, 1}, nullptr, threads, true).is_ok());
    ASSERT_EQ(found, expected) << to_string(src.shape()) << " for " << threads;
  }
}

TEST(Copy, IntoStridesOfEveryKind) {
  for (DType type : {DType::kU8, DType::kBF16, DType::kF32, DType::kI64, DType::kRowParams}) {
    Tensor src(type, {5, 33, 18});
    for (size_t i = 0; i < src.byte_count(); ++i)
      src.bytes()[i] = static_cast<std::byte>(i * 7 + i / 251);
    check_into(src, {33 * 18, 18, 1}, 3, 5 * 33 * 18 + 9);  // row-major
    check_into(src, {40 * 20, 20, 1}, 3, 5 * 40 * 20);      // padded
    check_into(src, {1, 5, 5 * 33}, 3, 5 * 33 * 18 + 9);    // turned around entirely
    check_into(src, {33 * 18, 1, 33}, 3, 5 * 33 * 18 + 9);  // matrices transposed
    check_into(src, {40 * 20, 1, 40}, 3, 5 * 40 * 20 + 9);  // and padded
    check_into(src, {18, 5 * 18, 1}, 3, 5 * 33 * 18 + 9);   // outer axes swapped
    check_into(src, {40 * 40, 40, 2}, 3, 5 * 40 * 40);      // every second
    check_into(src, {-33 * 18, 18, -1}, 4 * 33 * 18 + 17, 5 * 33 * 18 + 9);
    check_into(src, {1, -5, -5 * 33}, 5 * (32 + 33 * 17), 5 * 33 * 18 + 9);
  }
}

TEST(Copy, IntoBigTransposedMatrices) {
  check_into(random_floats({300, 257}, 1), {1, 300}, 0, 300 * 257);
  check_into(random_floats({300, 257}, 1), {1, 311}, 5, 311 * 257);
  check_into(random_floats({40, 30, 50}, 1), {1500, 1, 30}, 0, 40 * 1500);
  check_into(random_floats({1, 1}, 1), {77, -5}, 2, 4);
  check_into(random_floats({3, 0, 2}, 1), {1, 1, 1}, 0, 4);
}

TEST(Copy, HeadsOfAttention) {
  const Tensor src = random_floats({2, 65, 4, 32}, 1);
  check(permuted(src, {0, 2, 1, 3}));
  check(permuted(src, {0, 2, 3, 1}));
}

TEST(Copy, BigMatricesAreCutIntoTasks) {
  const Tensor src = random_floats({300, 257}, 1);
  check(permuted(src, {1, 0}));
  const Tensor many = random_floats({40, 30, 50}, 1);
  check(permuted(many, {0, 2, 1}));
}

TEST(Copy, SlicesStepsAndBroadcasts) {
  const Tensor src = random_floats({6, 40, 9}, 1);
  TensorView view = src.view();
  view.data += sizeof(float) * (1 * 360 + 39 * 9 + 8);
  view.shape = {2, 20, 5};
  view.strides = {720, -18, -2};
  check(view);
  view = src.view();
  view.shape = {3, 6, 7, 9};
  view.strides = {0, 360, 0, 1};
  check(view);
  view.strides = {0, 360, 9, 0};
  check(view);
}

TEST(Copy, ScalarsAndEmptyTensors) {
  check(random_floats({}, 1).view());
  check(random_floats({1, 1}, 1).view());
  check(random_floats({4, 0, 3}, 1).view());
  const Tensor empty = random_floats({0, 4, 3}, 1);
  check(permuted(empty, {0, 2, 1}));
}

}  // namespace
}  // namespace octet::test

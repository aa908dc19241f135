// The matrix products under linear layers: exact integer sums, sums that do not depend on the rows
// beside them, weights that come back as they were packed.
#include <omp.h>

#include <cstring>
#include <thread>

#include "kernels/cpu/linear/int8_exact.h"
#include "kernels/cpu/linear/linear_f32.h"
#include "kernels/cpu/onednn/matmul.h"
#include "kernels/cpu/onednn/row_split.h"
#include "tests/cpu/kernel_checks.h"

namespace octet::test {
namespace {

using cpu::LinearProducts;
using cpu::PlainWeights;
using cpu::onednn::ProductType;

enum class Maker { kOnednnInt8, kExactInt8, kOnednnF32, kHighwayF32 };
constexpr Maker kMakers[] = {Maker::kOnednnInt8, Maker::kExactInt8, Maker::kOnednnF32,
                             Maker::kHighwayF32};

bool is_int8(Maker maker) { return maker == Maker::kOnednnInt8 || maker == Maker::kExactInt8; }

// nullptr where this machine (or ONEDNN_MAX_CPU_ISA) makes oneDNN decline.
std::unique_ptr<LinearProducts> make_products(Maker maker, const Tensor& weights,
                                              bool transposed = true) {
  const Shape& shape = weights.shape();
  const PlainWeights plain = transposed
                                 ? PlainWeights{weights.bytes(), shape[0], shape[1], shape[1], 1}
                                 : PlainWeights{weights.bytes(), shape[1], shape[0], 1, shape[1]};
  if (maker == Maker::kExactInt8) return cpu::make_exact_products(plain).value();
  if (maker == Maker::kHighwayF32) return cpu::make_highway_products(plain).value();
  const ProductType type = maker == Maker::kOnednnInt8 ? ProductType::kU8S8S32 : ProductType::kF32;
  if (!cpu::onednn::supports_products(type, plain.n, plain.k).is_yes()) return nullptr;
  return cpu::onednn::make_products(cpu::onednn::plan_products(type, plain.n, plain.k).value(),
                                    plain)
      .value();
}

Tensor random_weights(Maker maker, int64_t n, int64_t k) {
  return is_int8(maker) ? random_integers(DType::kI8, {n, k}, 3, -128, 127)
                        : random_floats({n, k}, 3);
}
Tensor random_rows(Maker maker, int64_t m, int64_t k) {
  return is_int8(maker) ? random_integers(DType::kU8, {m, k}, 5, 0, 255) : random_floats({m, k}, 5);
}

// Rows [first, first + rows) of src . weights as the bytes of [rows, n] sums. Rows are copied `gap`
// bytes apart into memory that ends with the last of them.
std::vector<uint32_t> multiply(const LinearProducts& products, const Tensor& src, int64_t first,
                               int64_t rows, int64_t gap = 0, KernelState* shared = nullptr) {
  const int64_t used = src.shape()[1] * static_cast<int64_t>(dtype_size(src.dtype()));
  const int64_t row_bytes = used + gap;
  std::vector<std::byte> copy(static_cast<size_t>((rows - 1) * row_bytes + used));
  for (int64_t r = 0; r < rows; ++r)
    std::memcpy(copy.data() + r * row_bytes, src.bytes() + (first + r) * used,
                static_cast<size_t>(used));
  const auto own = shared == nullptr ? products.make_state() : nullptr;
  KernelState* state = shared == nullptr ? own.get() : shared;
  const auto scratch = allocate_buffer(products.scratch_bytes());
  const cpu::ColumnPanels panels = products.panels();
  std::vector<uint32_t> sums(static_cast<size_t>(rows * products.n()));
  for (int64_t panel = 0; panel < panels.count(); ++panel) {
    const int64_t columns = panels.columns(panel);
    constexpr uint32_t kGuard = 0x5C5C5C5C;
    std::vector<uint32_t> acc(static_cast<size_t>(rows * columns) + 16, kGuard);
    const Status status =
        products.run(panel, copy.data(), row_bytes, rows, reinterpret_cast<std::byte*>(acc.data()),
                     scratch.get(), state);
    EXPECT_TRUE(status.is_ok()) << status.message();
    for (size_t i = acc.size() - 16; i < acc.size(); ++i)
      EXPECT_EQ(acc[i], kGuard) << "written beyond the sums";
    for (int64_t r = 0; r < rows; ++r)
      std::memcpy(sums.data() + r * products.n() + panels.first(panel), acc.data() + r * columns,
                  static_cast<size_t>(columns) * 4);
  }
  return sums;
}

void expect_exact_sums(Maker maker, const Tensor& src, const Tensor& weights) {
  const auto products = make_products(maker, weights);
  if (products == nullptr) return;
  const int64_t m = src.shape()[0], n = weights.shape()[0], k = weights.shape()[1];
  const std::vector<uint32_t> sums = multiply(*products, src, 0, m);
  for (int64_t row = 0; row < m; ++row)
    for (int64_t column = 0; column < n; ++column) {
      int32_t expected = 0;
      for (int64_t i = 0; i < k; ++i)
        expected += int32_t{src.view().as<uint8_t>()[row * k + i]} *
                    int32_t{weights.view().as<int8_t>()[column * k + i]};
      ASSERT_EQ(static_cast<int32_t>(sums[static_cast<size_t>(row * n + column)]), expected)
          << "row " << row << " column " << column << " of m=" << m << " n=" << n << " k=" << k;
    }
}

TEST(RowSplit, CoversEveryRowAndNoOther) {
  for (int64_t rows = 1; rows <= kMaxTileRows; ++rows) {
    const cpu::onednn::RowSplit split = cpu::onednn::split_rows(rows);
    const int64_t first = kTileHeights[static_cast<size_t>(split.first)];
    EXPECT_LE(first, rows);
    if (split.second < 0) {
      EXPECT_EQ(first, rows);
      continue;
    }
    const int64_t second = kTileHeights[static_cast<size_t>(split.second)];
    EXPECT_LE(second, rows) << rows;
    EXPECT_GE(first + second, rows) << rows;
  }
}

TEST(ColumnPanels, CoverTheColumnsOnce) {
  for (int64_t n = 1; n < 5000; n += n < 1600 ? 1 : 37) {
    const cpu::ColumnPanels panels = cpu::make_panels(n);
    int64_t columns = 0;
    for (int64_t panel = 0; panel < panels.count(); ++panel) {
      ASSERT_EQ(panels.first(panel), columns) << n;
      ASSERT_GT(panels.columns(panel), 0) << n;
      ASSERT_LE(panels.columns(panel), panels.columns(0)) << n;
      columns += panels.columns(panel);
    }
    ASSERT_EQ(columns, n);
  }
}

// A panel is done in milliseconds: 64 rows of 4096 x 512 f32 are 134 million multiply-adds.
TEST(ColumnPanels, OfDeepWeightsAreNarrow) {
  EXPECT_EQ(cpu::make_panels(4096, 2, 4096 * 4).columns(0), 512);
  EXPECT_EQ(cpu::make_panels(100, 1, int64_t{1} << 30).columns(0), 64);
  // Layers of BERT-base are as they were.
  EXPECT_EQ(cpu::make_panels(768, 1, 3072).count(), 1);
  EXPECT_EQ(cpu::make_panels(3072, 1, 768).columns(0), 768);
  EXPECT_EQ(cpu::make_panels(768, 2, 3072 * 4).columns(0), 384);
  EXPECT_EQ(cpu::make_panels(3072, 2, 768 * 4).columns(0), 768);
}

TEST(LinearProducts, IntegerSumsAreExactForEveryShape) {
  for (Maker maker : {Maker::kOnednnInt8, Maker::kExactInt8})
    for (int64_t n : {1, 15, 16, 17, 64, 100, 384, 800})
      for (int64_t k : {1, 2, 3, 4, 5, 63, 64, 130, 384})
        expect_exact_sums(maker, random_rows(maker, 5, k), random_weights(maker, n, k));
}

TEST(LinearProducts, IntegerSumsAreExactAtTheEndsOfTheRange) {
  for (Maker maker : {Maker::kOnednnInt8, Maker::kExactInt8})
    for (int64_t code : {0, 255})
      for (int64_t weight : {-128, 127})
        for (int64_t k : {1, 2, 7, 64, 4096})
          for (int64_t m : {1, 5, 33})
            expect_exact_sums(maker, random_integers(DType::kU8, {m, k}, 1, code, code),
                              random_integers(DType::kI8, {70, k}, 1, weight, weight));
}

TEST(LinearProducts, ARowsSumsDependOnThatRowAlone) {
  for (Maker maker : kMakers)
    for (int64_t n : {100, 768, 1000})
      for (int64_t k : {33, 384}) {
        const auto products = make_products(maker, random_weights(maker, n, k));
        if (products == nullptr) continue;
        const Tensor src = random_rows(maker, kMaxTileRows, k);
        const std::vector<uint32_t> all = multiply(*products, src, 0, kMaxTileRows);
        const auto expect_rows = [&](int64_t first, int64_t rows, int64_t gap) {
          const std::vector<uint32_t> sums = multiply(*products, src, first, rows, gap);
          ASSERT_EQ(std::memcmp(sums.data(), all.data() + first * n, sums.size() * 4), 0)
              << "maker " << static_cast<int>(maker) << " n=" << n << " k=" << k << " rows " << rows
              << " gap " << gap;
        };
        for (int64_t rows = 1; rows <= kMaxTileRows; ++rows)
          expect_rows(kMaxTileRows - rows, rows, 0);
        for (int64_t rows : {1, 3, 17}) expect_rows(7, rows, 64);
      }
}

TEST(LinearProducts, WeightsComeBackInBothOrientations) {
  for (Maker maker : kMakers)
    for (int64_t n : {1, 70, 800})
      for (int64_t k : {1, 5, 130}) {
        const Tensor weights = random_weights(maker, n, k);
        Tensor transposed(weights.dtype(), {k, n});
        const size_t size = dtype_size(weights.dtype());
        for (int64_t row = 0; row < n; ++row)
          for (int64_t column = 0; column < k; ++column)
            std::memcpy(transposed.bytes() + static_cast<size_t>(column * n + row) * size,
                        weights.bytes() + static_cast<size_t>(row * k + column) * size, size);
        for (bool as_stored : {true, false}) {
          const auto products = make_products(maker, as_stored ? weights : transposed, as_stored);
          if (products == nullptr) continue;
          EXPECT_GE(products->packed_data().size(), weights.byte_count());
          EXPECT_FALSE(products->layout_name().empty());
          Tensor unpacked(weights.dtype(), {n, k});
          ASSERT_TRUE(products->unpack(unpacked.bytes()).is_ok());
          EXPECT_TRUE(same_bits(unpacked, weights))
              << "n=" << n << " k=" << k << " transposed " << !as_stored;
        }
      }
}

// Layers of one shape share a plan, and a thread's state serves them in turn.
TEST(LinearProducts, OneStateServesAllWeightsOfAShape) {
  for (const ProductType type : {ProductType::kU8S8S32, ProductType::kF32}) {
    const Maker maker = type == ProductType::kF32 ? Maker::kOnednnF32 : Maker::kOnednnInt8;
    constexpr int64_t kN = 1000, kK = 130, kRows = 7;
    if (!cpu::onednn::supports_products(type, kN, kK).is_yes()) continue;
    SharedStore store;
    const auto plan = cpu::onednn::plan_products(type, kN, kK, &store).value();
    EXPECT_EQ(cpu::onednn::plan_products(type, kN, kK, &store).value(), plan);
    EXPECT_NE(cpu::onednn::plan_products(type, kN, kK + 1, &store).value(), plan);
    const Tensor src = random_rows(maker, kRows, kK);
    std::vector<std::unique_ptr<LinearProducts>> layers;
    std::vector<std::vector<uint32_t>> expected;
    for (uint64_t seed : {1, 2, 3}) {
      const Tensor weights = is_int8(maker) ? random_integers(DType::kI8, {kN, kK}, seed, -128, 127)
                                            : random_floats({kN, kK}, seed);
      const PlainWeights plain{weights.bytes(), kN, kK, kK, 1};
      expected.push_back(multiply(*make_products(maker, weights), src, 0, kRows));
      layers.push_back(cpu::onednn::make_products(plan, plain).value());
      EXPECT_EQ(layers[0]->state_key(), layers.back()->state_key());
    }
    const auto state = layers[0]->make_state();
    for (int repeat = 0; repeat < 2; ++repeat)
      for (size_t i = 0; i < layers.size(); ++i)
        EXPECT_EQ(multiply(*layers[i], src, 0, kRows, 0, state.get()), expected[i]);
  }
}

// Layers of other N share a plan where their panels are of the same widths: one panel of 768
// columns and three of them.
TEST(LinearProducts, LayersOfOtherWidthsShareAPlan) {
  constexpr int64_t kK = 64, kRows = 5;
  for (const ProductType type : {ProductType::kU8S8S32, ProductType::kF32, ProductType::kBF16,
                                 ProductType::kCodesF32, ProductType::kCodesBF16}) {
    const bool codes = type == ProductType::kU8S8S32 || type == ProductType::kCodesF32 ||
                       type == ProductType::kCodesBF16;
    const Tensor src = type == ProductType::kU8S8S32
                           ? random_integers(DType::kU8, {kRows, kK}, 5, 0, 255)
                           : random_floats({kRows, kK}, 5);
    SharedStore store;
    for (const int64_t n : {768, 2304, 1536, 900, 768}) {
      if (!cpu::onednn::supports_products(type, n, kK).is_yes()) continue;
      const Tensor weights =
          codes ? random_integers(DType::kI8, {n, kK}, 3, -128, 127) : random_floats({n, kK}, 3);
      const PlainWeights plain{weights.bytes(), n, kK, kK, 1};
      const auto sums = [&](SharedStore* shared) {
        const auto plan = cpu::onednn::plan_products(type, n, kK, shared).value();
        return multiply(*cpu::onednn::make_products(plan, plain).value(), src, 0, kRows);
      };
      EXPECT_EQ(sums(&store), sums(nullptr)) << "type " << static_cast<int>(type) << " n=" << n;
    }
  }
}

TEST(LinearProducts, ManyThreadsAtOnce) {
  for (Maker maker : kMakers) {
    const auto products = make_products(maker, random_weights(maker, 1000, 384));
    if (products == nullptr) continue;
    const Tensor src = random_rows(maker, 48, 384);
    const std::vector<uint32_t> expected = multiply(*products, src, 0, 48);
    std::vector<std::thread> threads;
    std::vector<int> differences(4);
    for (int& different : differences)
      threads.emplace_back([&] {
        for (int repeat = 0; repeat < 20; ++repeat)
          different += multiply(*products, src, 0, 48) != expected;
      });
    for (std::thread& thread : threads) thread.join();
    for (int different : differences) EXPECT_EQ(different, 0);
  }
}

TEST(LinearProducts, TheHostsOpenMpSettingStays) {
  const int saved = omp_get_max_threads();
  omp_set_num_threads(7);
  for (Maker maker : kMakers) {
    const Tensor weights = random_weights(maker, 100, 64);
    const auto products = make_products(maker, weights);
    if (products == nullptr) continue;
    multiply(*products, random_rows(maker, 20, 64), 0, 20);
    Tensor unpacked(weights.dtype(), weights.shape());
    EXPECT_TRUE(products->unpack(unpacked.bytes()).is_ok());
    EXPECT_EQ(omp_get_max_threads(), 7);
  }
  omp_set_num_threads(saved);
}

}  // namespace
}  // namespace octet::test

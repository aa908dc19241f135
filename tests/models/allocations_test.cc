// After a warm run Octet's own code allocates nothing.
//
// This program replaces operator new and, through the C library's own names, malloc and its family:
// both are counted for everything in the process, libraries included. What oneDNN allocates while
// it executes a primitive is counted apart: the linker hands every call of dnnl_primitive_execute
// to this file first (--wrap), be oneDNN a shared or a static library.
#include <octet/octet.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "oneapi/dnnl/dnnl.h"
#include "tests/models/model_runs.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OCTET_COUNTS_ALLOCATIONS 0  // a sanitizer has its own
#else
#define OCTET_COUNTS_ALLOCATIONS 1
#endif

namespace octet::test {
namespace {

std::atomic<bool> counting{false};
std::atomic<int64_t> own_allocations{0}, onednn_allocations{0}, onednn_calls{0};
thread_local bool in_onednn = false;

[[maybe_unused]] void count() {
  if (!counting.load(std::memory_order_relaxed)) return;
  (in_onednn ? onednn_allocations : own_allocations).fetch_add(1);
}

}  // namespace
}  // namespace octet::test

extern "C" {
dnnl_status_t __real_dnnl_primitive_execute(const_dnnl_primitive_t primitive, dnnl_stream_t stream,
                                            int count, const dnnl_exec_arg_t* arguments);
dnnl_status_t __wrap_dnnl_primitive_execute(const_dnnl_primitive_t primitive, dnnl_stream_t stream,
                                            int count, const dnnl_exec_arg_t* arguments) {
  octet::test::onednn_calls.fetch_add(1);
  octet::test::in_onednn = true;
  const dnnl_status_t status = __real_dnnl_primitive_execute(primitive, stream, count, arguments);
  octet::test::in_onednn = false;
  return status;
}
}

#if OCTET_COUNTS_ALLOCATIONS
// glibc's allocator under the names that it keeps for replacements.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void __libc_free(void* memory);

void* malloc(size_t size) {
  octet::test::count();
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  octet::test::count();
  return __libc_calloc(count, size);
}
void* realloc(void* memory, size_t size) {
  octet::test::count();
  return __libc_realloc(memory, size);
}
void* memalign(size_t alignment, size_t size) {
  octet::test::count();
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  octet::test::count();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, size_t alignment, size_t size) {
  octet::test::count();
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? 12 /* ENOMEM */ : 0;
}
}

// Past malloc, so that one allocation counts once.
void* operator new(size_t size) {
  octet::test::count();
  void* memory = __libc_malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](size_t size) {
  octet::test::count();
  void* memory = __libc_malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new(size_t size, std::align_val_t alignment) {
  octet::test::count();
  void* memory = __libc_memalign(static_cast<size_t>(alignment), size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { __libc_free(memory); }
void operator delete[](void* memory) noexcept { __libc_free(memory); }
void operator delete(void* memory, size_t) noexcept { __libc_free(memory); }
void operator delete[](void* memory, size_t) noexcept { __libc_free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { __libc_free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { __libc_free(memory); }
#endif

namespace octet::test {
namespace {

struct Counts {
  int64_t own = 0, onednn = 0, calls = 0;
};

// Runs without GoogleTest's checks, which allocate.
Counts count_run(Session& session, std::span<const TensorView> inputs,
                 std::span<TensorView> outputs) {
  own_allocations = onednn_allocations = onednn_calls = 0;
  counting = true;
  const Status status = session.run(inputs, outputs);
  counting = false;
  EXPECT_TRUE(status.is_ok()) << status.message();
  return {own_allocations, onednn_allocations, onednn_calls};
}

// The own allocations of a run whose shapes were seen before. A thread that takes its first task
// sets itself up once (the OpenMP run-time does), and on a busy machine that may be in a late run:
// so the least of some runs, which an allocation of every run can't hide from.
int64_t warm_allocations(Session& session, std::span<const TensorView> inputs,
                         std::span<TensorView> outputs) {
  int64_t least = INT64_MAX;
  for (int i = 0; i < 10; ++i) least = std::min(least, count_run(session, inputs, outputs).own);
  return least;
}

class Allocations : public testing::TestWithParam<QuantizationScheme> {
 protected:
  void SetUp() override {
    if (!OCTET_COUNTS_ALLOCATIONS) GTEST_SKIP() << "a sanitizer replaces the allocator";
    LoadOptions options;
    options.quantization.standard = GetParam();
    model_ = load_bert(2, options);
    session_ = model_->make_session();
  }

  std::shared_ptr<const Model> model_;
  std::unique_ptr<Session> session_;
};

TEST_P(Allocations, NoneAfterARunOfTheSameShape) {
  const BertInputs inputs = make_batch(4, 24);
  const auto views = inputs.views();
  std::vector<TensorView> outputs(1);
  const Counts first = count_run(*session_, views, outputs);
  EXPECT_GT(first.own, 0) << "the counter counts nothing";
  // Below AVX-512 own kernels run the float layers, and below VNNI the int8 ones.
  const bool avx512 =
      (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core;
  if (GetParam() == QuantizationScheme::none() && avx512) {
    EXPECT_GT(first.calls, 0) << "oneDNN is called past this file";
  }
  outputs[0] = {};
  EXPECT_EQ(warm_allocations(*session_, views, outputs), 0);
}

TEST_P(Allocations, NoneIntoTheCallersMemory) {
  const BertInputs inputs = make_batch(2, 24);
  const auto views = inputs.views();
  Tensor own(DType::kF32, Shape{2, 24, kBertHidden});
  std::vector<TensorView> outputs = {own.view()};
  count_run(*session_, views, outputs);
  EXPECT_EQ(warm_allocations(*session_, views, outputs), 0);
}

// Through the C API, which checks and copies.
TEST_P(Allocations, NoneWithStrides) {
  octet_error* error = nullptr;
  octet_engine_options engine_options = OCTET_INIT(octet_engine_options);
  engine_options.threads = 2;
  octet_load_options load = OCTET_INIT(octet_load_options);
  if (GetParam() == QuantizationScheme::w8a8()) load.quantize = OCTET_QUANTIZE_W8A8;
  octet_engine* engine = nullptr;
  octet_model* model = nullptr;
  octet_session* session = nullptr;
  ASSERT_EQ(octet_engine_create(&engine_options, &engine, &error), OCTET_OK);
  ASSERT_EQ(octet_model_load(engine, OCTET_TEST_MODELS "/bert.onnx", &load, &model, &error),
            OCTET_OK);
  ASSERT_EQ(octet_session_create(model, &session, &error), OCTET_OK);

  constexpr int64_t kRows = 2, kColumns = 24;
  std::vector<int64_t> ids(kRows * kColumns, 1);
  std::vector<float> padded(kRows * kColumns * (kBertHidden + 3));
  const int64_t turned[] = {1, kRows},
                with_gaps[] = {kColumns * (kBertHidden + 3), kBertHidden + 3, 1};
  std::vector<octet_tensor> inputs(3, octet_tensor{});
  for (octet_tensor& input : inputs) {
    input.data = ids.data();
    input.dtype = OCTET_INT64;
    input.rank = 2;
    input.dims[0] = kRows;
    input.dims[1] = kColumns;
    input.strides = turned;
  }
  octet_tensor output{};
  ASSERT_EQ(octet_session_output_shapes(session, inputs.data(), 3, &output, 1, &error), OCTET_OK);
  output.data = padded.data();
  output.strides = with_gaps;
  int64_t least = INT64_MAX;
  for (int i = 0; i < 10; ++i) {
    own_allocations = 0;
    counting = true;
    const octet_status status =
        octet_session_run(session, inputs.data(), 3, &output, 1, nullptr, &error);
    counting = false;
    ASSERT_EQ(status, OCTET_OK) << octet_error_message(error);
    least = std::min(least, own_allocations.load());
  }
  EXPECT_EQ(least, 0);
  octet_session_free(session);
  octet_model_free(model);
  octet_engine_free(engine);
}

// Shapes that were seen before have their bindings in the cache, and the session's memory is large
// enough for both.
TEST_P(Allocations, NoneWhenSeenShapesAlternate) {
  const BertInputs large = make_batch(4, 24), small = make_batch(3, 17);
  const auto large_views = large.views(), small_views = small.views();
  std::vector<TensorView> outputs(1);
  for (int i = 0; i < 2; ++i) {
    outputs[0] = {};
    count_run(*session_, large_views, outputs);
    outputs[0] = {};
    count_run(*session_, small_views, outputs);
  }
  int64_t least = INT64_MAX;
  for (int i = 0; i < 10; ++i) {
    outputs[0] = {};
    const int64_t large_run = count_run(*session_, large_views, outputs).own;
    outputs[0] = {};
    least = std::min(least, large_run + count_run(*session_, small_views, outputs).own);
  }
  EXPECT_EQ(least, 0);
}

INSTANTIATE_TEST_SUITE_P(Schemes, Allocations,
                         testing::Values(QuantizationScheme::none(), QuantizationScheme::w8a8()),
                         [](const auto& info) {
                           return std::string(info.param == QuantizationScheme::none() ? "Fp32"
                                                                                       : "W8a8");
                         });

}  // namespace
}  // namespace octet::test

// Octet's own memory runs out at every point of loading, running, reading and replacing weights:
// each time an error, nothing lost, and the same call works when there is memory again.
#include <gtest/gtest.h>
#include <octet/octet.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace octet::test {
namespace {

// Refuses the allocation number `refused`, once.
struct Host {
  std::atomic<int64_t> calls{0}, bytes{0};
  int64_t refused = -1;

  static void* allocate(void* user, size_t size, size_t alignment) {
    auto& host = *static_cast<Host*>(user);
    if (host.calls++ == host.refused) return nullptr;
    host.bytes += static_cast<int64_t>(size);
    return std::aligned_alloc(alignment, size);
  }
  static void deallocate(void* user, void* memory, size_t size, size_t) {
    static_cast<Host*>(user)->bytes -= static_cast<int64_t>(size);
    std::free(memory);
  }
};

struct Case {
  const char* file;
  octet_quantize quantize;
  std::vector<octet_tensor> inputs;
};

// Everything that takes memory, on an engine of its own. The result's bits.
class Walk {
 public:
  Walk(const Case& given, Host& host) : case_(given), host_(host) {}
  ~Walk() {
    octet_tensor_free(&lent_);
    octet_weights_free(&weights_);
    octet_session_free(session_);
    octet_model_free(replaced_);
    octet_model_free(model_);
    octet_engine_free(engine_);
  }

  std::vector<float> run() {
    octet_engine_options options = OCTET_INIT(octet_engine_options);
    options.threads = 2;
    options.allocate = Host::allocate;
    options.deallocate = Host::deallocate;
    options.allocator_user = &host_;
    octet_load_options load = OCTET_INIT(octet_load_options);
    load.quantize = case_.quantize;
    const std::string path = std::string(OCTET_TEST_MODELS "/") + case_.file;
    const auto count = static_cast<int32_t>(case_.inputs.size());
    octet_tensor output{};
    step([&](auto** e) { return octet_engine_create(&options, &engine_, e); });
    step([&](auto** e) { return octet_model_load(engine_, path.c_str(), &load, &model_, e); });
    step([&](auto** e) { return octet_session_create(model_, &session_, e); });
    step([&](auto** e) {
      return octet_session_run(session_, case_.inputs.data(), count, &output, 1, nullptr, e);
    });
    step([&](auto** e) {
      return octet_model_run(model_, case_.inputs.data(), count, &lent_, 1, nullptr, e);
    });
    if (case_.quantize != OCTET_QUANTIZE_NONE) {
      step([&](auto** e) { return octet_weights_get(model_, 0, &weights_, e); });
      step([&](auto** e) {
        return octet_model_replace_weights(model_, 0, &weights_, &replaced_, e);
      });
    }
    if (output.data == nullptr || lent_.data == nullptr) return {};
    int64_t elements = 1;
    for (int axis = 0; axis < output.rank; ++axis) elements *= output.dims[axis];
    const auto* values = static_cast<const float*>(output.data);
    EXPECT_EQ(std::memcmp(values, lent_.data, static_cast<size_t>(elements) * sizeof(float)), 0);
    return {values, values + elements};
  }

  int failures() const { return failures_; }

 private:
  // The call may fail once, for want of memory.
  void step(const std::function<octet_status(octet_error**)>& call) {
    octet_error* error = nullptr;
    octet_status status = call(&error);
    if (status != OCTET_OK) {
      ++failures_;
      EXPECT_EQ(status, OCTET_RESOURCE_EXHAUSTED) << octet_error_message(error);
      EXPECT_NE(std::string(octet_error_message(error)).find("memory"), std::string::npos)
          << octet_error_message(error);
      octet_error_free(error);
      error = nullptr;
      status = call(&error);
    }
    ASSERT_EQ(status, OCTET_OK) << octet_error_message(error);
  }

  const Case& case_;
  Host& host_;
  int failures_ = 0;
  octet_engine* engine_ = nullptr;
  octet_model *model_ = nullptr, *replaced_ = nullptr;
  octet_session* session_ = nullptr;
  octet_tensor lent_{};
  octet_weights weights_ = OCTET_INIT(octet_weights);
};

void expect_survival(const Case& given) {
  std::vector<float> expected;
  int64_t points = 0;
  {
    Host host;
    expected = Walk(given, host).run();
    ASSERT_FALSE(expected.empty());
    points = host.calls;
    ASSERT_EQ(host.bytes, 0);
  }
  ASSERT_GT(points, 5);
  testing::Test::RecordProperty(
      given.quantize == OCTET_QUANTIZE_NONE ? "allocations_f32" : "allocations_w8a8",
      std::to_string(points));
  for (int64_t point = 0; point < points; ++point) {
    SCOPED_TRACE("allocation " + std::to_string(point) + " of " + std::to_string(points));
    Host host;
    host.refused = point;
    {
      Walk walk(given, host);
      const std::vector<float> found = walk.run();
      ASSERT_EQ(walk.failures(), 1);
      ASSERT_EQ(found.size(), expected.size());
      ASSERT_EQ(std::memcmp(found.data(), expected.data(), found.size() * sizeof(float)), 0);
    }
    ASSERT_EQ(host.bytes, 0);
  }
}

octet_tensor matrix(void* data, octet_dtype dtype, int64_t rows, int64_t columns) {
  octet_tensor tensor{};
  tensor.data = data;
  tensor.dtype = dtype;
  tensor.rank = 2;
  tensor.dims[0] = rows;
  tensor.dims[1] = columns;
  return tensor;
}

TEST(AllocationFailure, Mlp) {
  std::vector<float> x(5 * 32, 0.25f);
  const int64_t turned[] = {1, 5};  // so that its copy may fail, too
  octet_tensor input = matrix(x.data(), OCTET_FLOAT32, 5, 32);
  input.strides = turned;
  for (const octet_quantize quantize : {OCTET_QUANTIZE_NONE, OCTET_QUANTIZE_W8A8})
    expect_survival({"mlp.onnx", quantize, {input}});
}

TEST(AllocationFailure, Bert) {
  std::vector<int64_t> ids(2 * 12), mask(2 * 12, 1), types(2 * 12, 0);
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int64_t>(i * 37 % 8000);
  mask.back() = 0;
  const auto input = [](std::vector<int64_t>& values) {
    return matrix(values.data(), OCTET_INT64, 2, 12);
  };
  for (const octet_quantize quantize : {OCTET_QUANTIZE_NONE, OCTET_QUANTIZE_W8A8})
    expect_survival({"bert.onnx", quantize, {input(ids), input(mask), input(types)}});
}

}  // namespace
}  // namespace octet::test

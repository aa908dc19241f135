// Tensors of which several elements share a byte, at the borders of the C API.
#include <octet/octet.h>

#include <algorithm>
#include <utility>

#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using T = pb::TensorProto;

struct Handles {
  ~Handles() {
    octet_session_free(session);
    octet_model_free(model);
    octet_engine_free(engine);
  }
  octet_engine* engine = nullptr;
  octet_model* model = nullptr;
  octet_session* session = nullptr;
};

class PackedTensors : public testing::Test {
 protected:
  void load(const ModelBuilder& builder) {
    const std::string bytes = builder.bytes();
    octet_engine_options options = OCTET_INIT(octet_engine_options);
    options.threads = 2;
    ok(octet_engine_create(&options, &handles_.engine, &error_));
    ok(octet_model_load_memory(handles_.engine, bytes.data(), bytes.size(), nullptr,
                               &handles_.model, &error_));
    ok(octet_session_create(handles_.model, &handles_.session, &error_));
  }
  void ok(octet_status status) { ASSERT_EQ(status, OCTET_OK) << octet_error_message(error_); }
  octet_status run(octet_tensor input, octet_tensor& output) {
    octet_error_free(std::exchange(error_, nullptr));
    return octet_session_run(handles_.session, &input, 1, &output, 1, nullptr, &error_);
  }
  std::string refused(octet_tensor input, octet_tensor output) {
    EXPECT_EQ(run(input, output), OCTET_INVALID_ARGUMENT);
    return octet_error_message(error_);
  }
  void TearDown() override { octet_error_free(error_); }

  Handles handles_;
  octet_error* error_ = nullptr;
};

octet_tensor tensor(void* data, octet_dtype dtype, std::vector<int64_t> dims) {
  octet_tensor tensor = {};
  tensor.data = data;
  tensor.dtype = dtype;
  tensor.rank = static_cast<int32_t>(dims.size());
  std::copy(dims.begin(), dims.end(), tensor.dims);
  return tensor;
}

std::vector<int> bytes_of(const octet_tensor& tensor, size_t count) {
  const auto* bytes = static_cast<const uint8_t*>(tensor.data);
  return {bytes, bytes + count};
}

// [3, n] turned around.
ModelBuilder transpose(int type) {
  ModelBuilder model(28);
  model.input("x", {3, "n"}, type).output("y").node("Transpose", {"x"}, {"y"});
  return model;
}

TEST_F(PackedTensors, ComeAndGoPacked) {
  load(transpose(T::INT4));
  octet_value_info info = OCTET_INIT(octet_value_info);
  ok(octet_model_input(handles_.model, 0, &info, &error_));
  EXPECT_EQ(info.dtype, OCTET_INT4);
  ok(octet_model_output(handles_.model, 0, &info, &error_));
  EXPECT_EQ(info.dtype, OCTET_INT4);

  uint8_t data[] = {0x21, 0x43, 0x65, 0xF8, 0x09};  // [3, 3]: 1 2 3, 4 5 6, -8 -1 -7
  const std::vector<int> expected = {0x41, 0x28, 0xF5, 0x63, 0x09};
  octet_tensor output = {};
  ok(run(tensor(data, OCTET_INT4, {3, 3}), output));  // the session's memory
  EXPECT_EQ(output.dtype, OCTET_INT4);
  EXPECT_THAT(bytes_of(output, 5), expected);

  uint8_t room[6] = {9, 9, 9, 9, 9, 9};  // the caller's
  output = tensor(room, OCTET_INT4, {3, 3});
  ok(run(tensor(data, OCTET_INT4, {3, 3}), output));
  EXPECT_THAT(bytes_of(output, 5), expected);
  EXPECT_EQ(room[5], 9);

  octet_tensor input = tensor(data, OCTET_INT4, {3, 3}), lent = {};  // lent
  ok(octet_model_run(handles_.model, &input, 1, &lent, 1, nullptr, &error_));
  EXPECT_THAT(bytes_of(lent, 5), expected);
  octet_tensor_free(&lent);
}

TEST_F(PackedTensors, BitsBehindTheLastElementCountForNothing) {
  load(transpose(T::UINT2));
  uint8_t data[] = {0b11100100, 0b10110001, 0xFC};  // [3, 3]: 0 1 2, 3 1 0, 3 2 0
  octet_tensor output = {};
  ok(run(tensor(data, OCTET_UINT2, {3, 3}), output));
  EXPECT_THAT(bytes_of(output, 3), ElementsAre(0b01111100, 0b00101001, 0b00));
}

TEST_F(PackedTensors, FourOfSixBitsFillThreeBytes) {
  load(transpose(T::FLOAT6E3M2));
  uint8_t data[] = {0x81, 0x30, 0x10};  // [3, 1]: 1 2 3, and half a byte that is not read
  octet_tensor output = {};
  ok(run(tensor(data, OCTET_FLOAT6_E3M2FN, {3, 1}), output));
  EXPECT_THAT(bytes_of(output, 3), ElementsAre(0x81, 0x30, 0x00));
}

TEST_F(PackedTensors, FloatsOfEightBitsAreOneByteEach) {
  load(transpose(T::FLOAT8E5M2));
  uint8_t data[] = {1, 2, 3, 4, 5, 6};
  const int64_t strides[] = {1, 3};  // [3, 2], already turned around
  octet_tensor input = tensor(data, OCTET_FLOAT8_E5M2, {3, 2}), output = {};
  input.strides = strides;
  ok(run(input, output));
  EXPECT_THAT(bytes_of(output, 6), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(PackedTensors, ManyElementsOnAllThreads) {
  load(transpose(T::UINT4));
  constexpr int64_t kColumns = 1'000'001;  // of three rows: pieces end within one
  std::vector<uint8_t> data((3 * kColumns + 1) / 2);
  const auto number = [](int64_t i) { return static_cast<uint8_t>((i * 7 + i / 16) & 15); };
  for (int64_t i = 0; i < 3 * kColumns; ++i)
    data[static_cast<size_t>(i / 2)] |= static_cast<uint8_t>(number(i) << (i % 2 * 4));
  octet_tensor output = {};
  ok(run(tensor(data.data(), OCTET_UINT4, {3, kColumns}), output));
  const auto* found = static_cast<const uint8_t*>(output.data);
  int64_t wrong = 0;
  for (int64_t i = 0; i < 3 * kColumns; ++i)
    wrong += (found[i / 2] >> (i % 2 * 4) & 15) != number(i % 3 * kColumns + i / 3);
  EXPECT_EQ(wrong, 0);
}

TEST_F(PackedTensors, NoElements) {
  load(transpose(T::INT4));
  octet_tensor output = {};
  ok(run(tensor(nullptr, OCTET_INT4, {3, 0}), output));
  EXPECT_EQ(output.dims[0], 0);
}

TEST_F(PackedTensors, WhatIsRefused) {
  load(transpose(T::INT4));
  uint8_t data[8] = {}, room[8] = {};
  const octet_tensor good = tensor(data, OCTET_INT4, {3, 2});
  const int64_t turned[] = {1, 3}, plain[] = {2, 1};
  octet_tensor input = good;
  input.strides = turned;
  EXPECT_THAT(refused(input, {}), HasSubstr("input \"x\": strides [1, 3] of extents [3, 2] are not "
                                            "row-major, as those of int4 must be"));
  octet_tensor output = tensor(room, OCTET_INT4, {2, 3});
  output.strides = turned;
  EXPECT_THAT(refused(good, output), HasSubstr("output \"y\": strides"));
  input.strides = plain;
  output = {};
  ok(run(input, output));
  input = tensor(data, OCTET_INT8, {3, 2});
  EXPECT_THAT(refused(input, {}), HasSubstr("input \"x\" is int8, expected int4, of which several "
                                            "share a byte; pack its elements"));
  EXPECT_THAT(refused(tensor(data, OCTET_UINT4, {3, 2}), {}), HasSubstr("int4"));
  EXPECT_THAT(refused(good, tensor(room, OCTET_INT8, {2, 3})),
              HasSubstr("found a buffer for int8"));
  // Three bytes hold all six elements: the next one is free, the last one is not.
  output = tensor(data + 3, OCTET_INT4, {2, 3});
  ok(run(good, output));
  EXPECT_THAT(refused(good, tensor(data + 2, OCTET_INT4, {2, 3})), HasSubstr("overlaps"));
}

// Extents that only the run knows: the elements are packed anew.
TEST_F(PackedTensors, LateOutputs) {
  ModelBuilder model(28);
  model.input("x", {"n"}).output("y").node("NonZero", {"x"}, {"places"});
  model.node("Cast", {"places"}, {"y"}).attr("to", T::INT4);
  load(model);
  float x[] = {1, 0, 1, 1, 0, 1};  // 0 2 3 5
  octet_tensor output = {};
  ok(run(tensor(x, OCTET_FLOAT32, {6}), output));
  EXPECT_EQ(output.dims[1], 4);
  EXPECT_THAT(bytes_of(output, 2), ElementsAre(0x20, 0x53));
  uint8_t room[4] = {9, 9, 9, 9};
  output = tensor(room, OCTET_INT4, {1, 8});
  ok(run(tensor(x, OCTET_FLOAT32, {6}), output));
  EXPECT_EQ(output.dims[1], 4);
  EXPECT_THAT(bytes_of(output, 3), ElementsAre(0x20, 0x53, 9));
  octet_tensor input = tensor(x, OCTET_FLOAT32, {6}), lent = {};
  ok(octet_model_run(handles_.model, &input, 1, &lent, 1, nullptr, &error_));
  EXPECT_THAT(bytes_of(lent, 2), ElementsAre(0x20, 0x53));
  octet_tensor_free(&lent);
}

}  // namespace
}  // namespace octet::test

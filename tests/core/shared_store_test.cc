// Keys that tell what may be shared, and the store that finds it.
#include "runtime/core/shared_store.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <fstream>

#include "runtime/core/constant.h"

namespace octet {
namespace {

bool same(const SharedKey& lhs, const SharedKey& rhs) { return !(lhs < rhs) && !(rhs < lhs); }

SharedKey bytes_key(const char* step, std::string_view bytes) {
  return SharedKey::of_name("n").with(step, std::as_bytes(std::span(bytes)));
}

TEST(SharedKey, EveryStepCounts) {
  const SharedKey name = SharedKey::of_name("weights");
  EXPECT_TRUE(same(name, SharedKey::of_name("weights")));
  EXPECT_FALSE(same(name, SharedKey::of_name("weight")));
  EXPECT_FALSE(same(name, name.with("transposed")));
  EXPECT_TRUE(same(name.with("transposed"), SharedKey::of_name("weights").with("transposed")));
  EXPECT_FALSE(same(name.with("a").with("b"), name.with("b").with("a")));
}

TEST(SharedKey, BytesCannotLookLikeSteps) {
  EXPECT_FALSE(same(bytes_key("ab", "c"), bytes_key("a", "bc")));
  EXPECT_FALSE(same(bytes_key("a", "1:0:b"), bytes_key("a", "").with("b")));
  EXPECT_FALSE(same(SharedKey::of_name("a").with("b"), SharedKey::of_name("ab")));
}

TEST(SharedKey, ABufferIsNoLaterOneAtItsAddress) {
  alignas(64) static std::byte memory[64];
  const auto owner = [] { return std::shared_ptr<const void>(memory, [](const void*) {}); };
  auto first = owner();
  const SharedKey key = SharedKey::of_buffer(first, memory);
  EXPECT_TRUE(same(key, SharedKey::of_buffer(first, memory)));
  EXPECT_FALSE(same(key, SharedKey::of_buffer(first, memory + 1)));
  first.reset();
  const auto second = owner();
  EXPECT_FALSE(same(key, SharedKey::of_buffer(second, memory)));
  EXPECT_FALSE(SharedKey::of_buffer(nullptr, memory).is_known());
}

TEST(SharedKey, RowsKeepTheirOrder) {
  const SharedKey parts[] = {SharedKey::of_name("q"), SharedKey::of_name("k")};
  const SharedKey reversed[] = {parts[1], parts[0]};
  EXPECT_TRUE(same(SharedKey::of_rows(parts), SharedKey::of_rows(parts)));
  EXPECT_FALSE(same(SharedKey::of_rows(parts), SharedKey::of_rows(reversed)));
  const SharedKey unknown[] = {parts[0], SharedKey()};
  EXPECT_FALSE(SharedKey::of_rows(unknown).is_known());
}

TEST(SharedKey, OtherKeysAreSteps) {
  const SharedKey op = SharedKey::of_name("op"), weights = SharedKey::of_name("weights");
  EXPECT_TRUE(op.with("of", weights) == op.with("of", SharedKey::of_name("weights")));
  EXPECT_EQ(op.with("of", weights).hash(), op.with("of", SharedKey::of_name("weights")).hash());
  EXPECT_FALSE(op.with("of", weights) == op.with("of", weights.with("transposed")));
  EXPECT_FALSE(op.with("of", SharedKey()).is_known());
  EXPECT_FALSE(SharedKey().with("of", weights).is_known());
  const Tensor one(DType::kF32, {1}), two(DType::kF32, {1});
  EXPECT_TRUE(op.with("of", Constant(one).key()) == op.with("of", Constant(one).key()));
  EXPECT_FALSE(op.with("of", Constant(one).key()) == op.with("of", Constant(two).key()));
}

TEST(SharedStore, FindsWhatIsInUse) {
  SharedStore store;
  const SharedKey key = SharedKey::of_name("five");
  int made = 0;
  const auto make = [&]() -> Result<std::shared_ptr<const int>> {
    ++made;
    return std::make_shared<const int>(5);
  };
  auto first = store.get<int>(key, make).value();
  EXPECT_EQ(store.get<int>(key, make).value(), first);
  EXPECT_EQ(store.find<int>(key), first);
  EXPECT_EQ(store.find<float>(key), nullptr) << "another type";
  EXPECT_EQ(made, 1);
  first.reset();
  EXPECT_EQ(store.find<int>(key), nullptr) << "the store keeps nothing alive";
  EXPECT_EQ(*store.get<int>(key, make).value(), 5);
  EXPECT_EQ(made, 2);
}

TEST(SharedStore, UnknownKeysShareNothing) {
  SharedStore store;
  const auto make = [] {
    return Result<std::shared_ptr<const int>>(std::make_shared<const int>(5));
  };
  const auto first = store.get<int>({}, make).value();
  EXPECT_NE(store.get<int>({}, make).value(), first);
}

TEST(SharedStore, EndedEntriesGo) {
  SharedStore store;
  const auto kept = store.share<int>(SharedKey::of_name("kept"), std::make_shared<const int>(1));
  for (int i = 0; i < 1000; ++i)
    store.share<int>(SharedKey::of_name(std::to_string(i)), std::make_shared<const int>(i));
  EXPECT_EQ(store.find<int>(SharedKey::of_name("kept")), kept);
}

class ConstantTest : public ::testing::Test {
 protected:
  ConstantTest() {
    char pattern[] = "/tmp/octet-constant-XXXXXX";
    const int descriptor = ::mkstemp(pattern);
    ::close(descriptor);
    path_ = pattern;
    const float values[] = {1, 2, 3, 4, 5, 6};
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(values), sizeof values);
  }
  ~ConstantTest() override { ::unlink(path_.c_str()); }
  Constant range(uint64_t offset, const Shape& shape) const {
    return Constant(DType::kF32, shape,
                    FileRange{File::open(path_).value(), offset,
                              static_cast<uint64_t>(shape.element_count()) * 4});
  }
  std::string path_;
};

std::vector<float> elements(const Constant& constant) {
  const Tensor tensor = constant.load().value();
  const auto values = tensor.elements<const float>();
  return {values.begin(), values.end()};
}

TEST_F(ConstantTest, RangesOfOneFileAreTheSameHoweverItWasOpened) {
  EXPECT_TRUE(same(range(0, {2, 2}).key(), range(0, {2, 2}).key()));
  EXPECT_FALSE(same(range(0, {2, 2}).key(), range(4, {2, 2}).key()));
  EXPECT_FALSE(same(range(0, {2, 2}).key(), range(0, {4}).key()));
  const SharedKey before = range(0, {2}).key();
  std::ofstream(path_, std::ios::binary | std::ios::app) << "1234";
  EXPECT_FALSE(same(before, range(0, {2}).key())) << "the file has changed";
}

TEST_F(ConstantTest, ScaledOnEitherAxisWhenItIsLoaded) {
  const float values[] = {1, 2, 3, 4, 5, 6};
  const Constant memory(Tensor::from<float>(std::span<const float>(values), {2, 3}));
  for (const Constant& constant : {memory, range(0, {2, 3})}) {
    EXPECT_EQ(elements(constant.scaled(1, {1, 10, 100})),
              (std::vector<float>{1, 20, 300, 4, 50, 600}));
    const Constant rows = constant.scaled(0, {2, 3});
    EXPECT_EQ(elements(rows), (std::vector<float>{2, 4, 6, 12, 15, 18}));
    EXPECT_EQ(elements(rows.scaled(1, {1, 1, -1})), (std::vector<float>{2, 4, -6, 12, 15, -18}));
    EXPECT_EQ(elements(rows.reshaped({6})), (std::vector<float>{2, 4, 6, 12, 15, 18}));
    EXPECT_EQ(elements(constant), (std::vector<float>{1, 2, 3, 4, 5, 6})) << "as it was";
    EXPECT_FALSE(same(constant.key(), rows.key()));
    EXPECT_TRUE(same(rows.key(), constant.scaled(0, {2, 3}).key()));
    EXPECT_FALSE(same(rows.key(), constant.scaled(0, {2, 4}).key()));
  }
}

// One factor gives the bits of a float product.
TEST_F(ConstantTest, OneFactorRoundsOnce) {
  Tensor tensor(DType::kF32, {1000});
  float x = 1e-3f;
  for (float& value : tensor.elements<float>()) value = x = x * 1.37f > 1e30f ? 1e-30f : x * 1.37f;
  const float factor = 0.1234567f;
  const auto scaled = elements(Constant(tensor).scaled(0, std::vector<double>(1000, factor)));
  for (size_t i = 0; i < scaled.size(); ++i)
    ASSERT_EQ(scaled[i], tensor.elements<const float>()[i] * factor);
}

}  // namespace
}  // namespace octet

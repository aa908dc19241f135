// Where a model is saved to, what it is read from, and what is refused.
#include <sys/resource.h>

#include <csignal>

#include "tests/support/saved_models.h"

namespace octet::test {
namespace {

class SaveFiles : public SaveTest {
 protected:
  // A layer of 64 KiB.
  static ModelBuilder layer() {
    ModelBuilder model;
    model.input("x", {"n", 128});
    const Tensor values = random_floats(Shape{128, 128}, 1);
    const auto elements = values.elements<const float>();
    model.initializer<float>("w", {128, 128}, {elements.begin(), elements.end()});
    model.initializer<float>("b", {1}, {1});
    model.node("MatMul", {"x", "w"}, {"a"}).named("fc");
    model.node("Add", {"a", "b"}, {"y"});
    model.output("y");
    return model;
  }
  static SaveRequest placed(DataPlacement placement) {
    SaveRequest request;
    request.placement = placement;
    return request;
  }
};

TEST_F(SaveFiles, LargeTensorsGoBesideTheModel) {
  const auto before = load(layer(), scheme("w8"));
  const auto after = again(*before, placed(DataPlacement::kBeside));
  ASSERT_NE(after, nullptr);
  expect_same_layers(*before, *after);
  EXPECT_EQ(files(), (std::vector<std::string>{"saved.onnx", "saved.onnx.data", "source.onnx"}));
  EXPECT_LT(std::filesystem::file_size(file("saved.onnx")), 4000u);
  // Its source has external data, and so has it.
  save(*after, file("third.onnx"));
  EXPECT_TRUE(std::filesystem::exists(file("third.onnx.data")));
  expect_same_layers(*before, *load(file("third.onnx")));
}

TEST_F(SaveFiles, ASourceWithExternalDataIsSavedLikeIt) {
  save(*load(layer()), file("outside.onnx"), placed(DataPlacement::kBeside));
  const auto before = load(file("outside.onnx"), scheme("w8a8"));
  const auto after = again(*before);
  ASSERT_NE(after, nullptr);
  expect_same_layers(*before, *after);
  EXPECT_TRUE(std::filesystem::exists(file("saved.onnx.data")));
  save(*before, file("inside.onnx"), placed(DataPlacement::kInside));
  EXPECT_FALSE(std::filesystem::exists(file("inside.onnx.data")));
  expect_same_layers(*before, *load(file("inside.onnx")));
}

TEST_F(SaveFiles, AReplacedModelTakesItsDataAlong) {
  const auto model = load(layer(), scheme("w8"));
  const SaveRequest beside = placed(DataPlacement::kBeside);
  save(*model, file("saved.onnx"), beside);
  save(*model, file("saved.onnx"), beside);
  EXPECT_EQ(files(), (std::vector<std::string>{"saved.onnx", "saved.onnx.data2", "source.onnx"}));
  expect_same_layers(*model, *load(file("saved.onnx")));
  save(*model, file("saved.onnx"));
  EXPECT_EQ(files(), (std::vector<std::string>{"saved.onnx", "source.onnx"}));
  // A file of the user's that only has such a name.
  write("saved.onnx.data", "mine");
  save(*model, file("saved.onnx"), beside);
  save(*model, file("saved.onnx"));
  EXPECT_EQ(files(), (std::vector<std::string>{"saved.onnx", "saved.onnx.data", "source.onnx"}));
}

TEST_F(SaveFiles, TheSourceIsNeverWrittenOver) {
  const auto model = load(layer(), scheme("w8"));
  const std::string text =
      " is a file that the model was loaded from, by this name or by another; ";
  std::filesystem::create_symlink("source.onnx", file("link.onnx"));
  std::filesystem::create_hard_link(file("source.onnx"), file("hard.onnx"));
  for (const char* name : {"source.onnx", "link.onnx", "hard.onnx", "./source.onnx"})
    EXPECT_EQ(save_error(*model, file(name)).find(file(name) + text), 0u) << name;
  save(*load(layer()), file("outside.onnx"), placed(DataPlacement::kBeside));
  const auto outside = load(file("outside.onnx"), scheme("w8"));
  EXPECT_NE(save_error(*outside, file("outside.onnx.data")).find(text), std::string::npos);
  EXPECT_EQ(load(file("source.onnx"))->layers().size(), 1u);
}

TEST_F(SaveFiles, ALinkIsFollowed) {
  const auto model = load(layer(), scheme("w8"));
  std::filesystem::create_directories(folder_ / "inner");
  std::filesystem::create_symlink("inner/real.onnx", file("link.onnx"));
  save(*model, file("link.onnx"));
  EXPECT_TRUE(std::filesystem::is_symlink(file("link.onnx")));
  EXPECT_TRUE(std::filesystem::is_regular_file(file("inner/real.onnx")));
}

TEST_F(SaveFiles, AChangedSourceIsRefused) {
  const auto model = load(layer(), scheme("w8"));
  const std::string bytes = layer().bytes();
  write("source.onnx", bytes + std::string(1, '\0'));
  EXPECT_EQ(save_error(*model, file("saved.onnx")),
            file("source.onnx") +
                " has changed since the model was loaded; load it again before it is saved");
  std::filesystem::remove(file("source.onnx"));
  EXPECT_NE(save_error(*model, file("saved.onnx")).find("cannot be opened"), std::string::npos);
  EXPECT_TRUE(files().empty());
}

TEST_F(SaveFiles, ChangedExternalDataIsRefused) {
  save(*load(layer()), file("outside.onnx"), placed(DataPlacement::kBeside));
  const auto model = load(file("outside.onnx"), scheme("w8"));
  std::filesystem::resize_file(file("outside.onnx.data"),
                               std::filesystem::file_size(file("outside.onnx.data")) + 1);
  EXPECT_EQ(save_error(*model, file("saved.onnx")),
            "external data \"outside.onnx.data\" has changed since the model was loaded; load it "
            "again before it is saved");
}

TEST_F(SaveFiles, AModelFromMemoryNeedsItsBytes) {
  const std::string bytes = layer().bytes();
  const auto loaded = Model::load_memory(engine_, std::as_bytes(std::span(bytes)), scheme("w8a8"));
  ASSERT_TRUE(loaded.is_ok());
  EXPECT_NE(save_error(**loaded, file("saved.onnx")).find("give the same bytes"),
            std::string::npos);
  std::string other = bytes;
  other[other.size() / 2] ^= 1;
  SaveRequest request;
  request.memory = std::as_bytes(std::span(other));
  EXPECT_NE(save_error(**loaded, file("saved.onnx"), request).find("not the bytes"),
            std::string::npos);
  request.memory = std::as_bytes(std::span(bytes));
  const auto after = again(**loaded, request);
  ASSERT_NE(after, nullptr);
  expect_same_layers(**loaded, *after);
  // A file needs none.
  EXPECT_NE(save_error(*after, file("third.onnx"), request).find("leave it out"),
            std::string::npos);
}

TEST_F(SaveFiles, AModelFromAGraphHasNoSource) {
  Graph graph = layer().load().value().graph;
  const auto model = Model::from_graph(engine_, std::move(graph), {});
  ASSERT_TRUE(model.is_ok());
  EXPECT_NE(save_error(**model, file("saved.onnx")).find("was not loaded from ONNX"),
            std::string::npos);
}

TEST_F(SaveFiles, PlacesThatCannotBeWrittenAreRefused) {
  const auto model = load(layer(), scheme("w8"));
  EXPECT_EQ(
      save_error(*model, file("none/saved.onnx")),
      file("none/saved.onnx") + ": the folder " + file("none") + " does not exist; make it first");
  EXPECT_EQ(save_error(*model, folder_.string()),
            folder_.string() + ": is a folder, expected the name of a file to write");
  EXPECT_EQ(save_error(*model, ""), "the path to write to is empty");
  EXPECT_EQ(save_error(*model, "/proc/octet.onnx").find("/proc/octet.onnx: cannot be written"), 0u);
  EXPECT_EQ(files(), std::vector<std::string>{"source.onnx"});
}

TEST_F(SaveFiles, AFullDiskLeavesWhatWasThere) {
  const auto model = load(layer(), scheme("none"));
  write("saved.onnx", "before");
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small { 10000, before.rlim_max };
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string inside = save_error(*model, file("saved.onnx")),
                    beside = save_error(*model, file("saved.onnx"), placed(DataPlacement::kBeside));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_DFL);
  EXPECT_EQ(inside, file("saved.onnx") + ": cannot be written: File too large");
  EXPECT_EQ(beside, file("saved.onnx.data") + ": cannot be written: File too large");
  EXPECT_EQ(files(), (std::vector<std::string>{"saved.onnx", "source.onnx"}));
  EXPECT_EQ(std::filesystem::file_size(file("saved.onnx")), 6u);
}

TEST_F(SaveFiles, AStoppedSaveLeavesNothing) {
  const auto model = load(layer(), scheme("w8"));
  const std::atomic<bool> cancelled = true;
  const RunControl control{&cancelled};
  const ControlScope scope(&control);
  EXPECT_EQ(save_model(*model, file("saved.onnx"), {}).code(), StatusCode::kCancelled);
  EXPECT_EQ(files(), std::vector<std::string>{"source.onnx"});
}

}  // namespace
}  // namespace octet::test

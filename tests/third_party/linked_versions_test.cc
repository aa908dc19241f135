// Checks that the third-party libraries that were linked are the pinned ones and complete.

#include <gtest/gtest.h>
#include <hwy/aligned_allocator.h>
#include <hwy/targets.h>
#include <onnx/checker.h>
#include <onnx/common/version.h>
#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>
#include <oneapi/dnnl/dnnl.hpp>

#include <cstdint>
#include <string>

namespace {

TEST(LinkedVersions, OneDnnIsNewEnoughAndHasACpuEngine) {
  const dnnl_version_t* version = dnnl_version();
  const int found = version->major * 100 + version->minor;
  EXPECT_GE(found, 302) << "found " << version->major << "." << version->minor;
  EXPECT_EQ(version->major, DNNL_VERSION_MAJOR) << "header and library differ";
  EXPECT_EQ(version->minor, DNNL_VERSION_MINOR) << "header and library differ";
  EXPECT_GE(dnnl::engine::get_count(dnnl::engine::kind::cpu), 1u);
}

// The schemas register themselves in static initialisers, which a static library loses when nothing
// refers to them.
TEST(LinkedVersions, OnnxKnowsItsOperators) {
  EXPECT_STREQ(octet_onnx::LAST_RELEASE_VERSION, "1.23.2");
  EXPECT_NE(octet_onnx::OpSchemaRegistry::Schema("LayerNormalization", 17, ""), nullptr);
  EXPECT_EQ(octet_onnx::OpSchemaRegistry::Schema("LayerNormalization", 16, ""), nullptr);
}

// A message that a foreign protobuf runtime would refuse at start-up; also the checker's own text.
TEST(LinkedVersions, OnnxParsesAndChecks) {
  octet_onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(17);
  model.mutable_graph()->set_name("empty");
  std::string bytes;
  ASSERT_TRUE(model.SerializeToString(&bytes));
  octet_onnx::ModelProto parsed;
  ASSERT_TRUE(parsed.ParseFromString(bytes));
  EXPECT_NO_THROW(octet_onnx::checker::check_model(parsed));
  parsed.mutable_graph()->add_node()->set_op_type("NoSuchOperator");
  EXPECT_THROW(octet_onnx::checker::check_model(parsed), octet_onnx::checker::ValidationError);
}

TEST(LinkedVersions, HighwayFindsAnInstructionSet) {
  EXPECT_NE(hwy::SupportedTargets(), 0);
  auto memory = hwy::AllocateAligned<std::uint8_t>(64);
  ASSERT_NE(memory.get(), nullptr);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.get()) % HWY_ALIGNMENT, 0u);
}

}  // namespace

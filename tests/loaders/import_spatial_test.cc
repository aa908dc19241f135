// Importers of the scatters, of ops that sample pictures, and of what Resize has beyond sizes.
#include "runtime/ops/grid_sample.h"
#include "runtime/ops/roi_align.h"
#include "runtime/ops/scatter.h"
#include "tests/loaders/imported_values.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }

// "scatter_elements(axis: 1, reduction: none) float32[batch, 6]" of the only node.
std::string imported(const ModelBuilder& model) {
  const Graph graph = loaded(model);
  if (graph.nodes().size() != 1) return ops(graph);
  const Attributes& attributes = graph.nodes()[0].attributes;
  return op_label(attributes) + "(" + to_string(describe(attributes)) + ") " + output_text(graph);
}

ModelBuilder scatter(const std::string& op, int64_t opset, std::vector<Extent> indices,
                     std::vector<Extent> updates) {
  ModelBuilder model(opset);
  model.input("x", {"batch", 6}).input("i", std::move(indices), kInt64);
  model.input("u", std::move(updates)).output("y");
  model.node(op, {"x", "i", "u"}, {"y"});
  return model;
}

TEST(ImportScatter, OfEveryOpset) {
  const auto elements = [](const char* op, int64_t opset) {
    return scatter(op, opset, {"batch", "n"}, {"batch", "n"});
  };
  ModelBuilder old = elements("Scatter", 9);
  only_node(old).attr("axis", -1);
  EXPECT_EQ(imported(old), "scatter_elements(axis: 1, reduction: none) float32[batch, 6]");
  ModelBuilder sum = elements("ScatterElements", 16);
  only_node(sum).attr("axis", 1).attr("reduction", "add");
  EXPECT_EQ(imported(sum), "scatter_elements(axis: 1, reduction: add) float32[batch, 6]");
  ModelBuilder most = scatter("ScatterND", 18, {"n", 1}, {"n", 6});
  only_node(most).attr("reduction", "max");
  EXPECT_EQ(imported(most), "scatter_nd(reduction: max) float32[batch, 6]");
  ModelBuilder cache(24);
  cache.input("x", {"batch", 8, "room", 64}).input("u", {"batch", 8, "seq", 64});
  cache.input("w", {"batch"}, kInt64).output("y");
  cache.node("TensorScatter", {"x", "u", "w"}, {"y"}).attr("mode", "circular");
  EXPECT_EQ(imported(cache), "tensor_scatter(axis: 2, circular: true) float32[batch, 8, room, 64]");
}

TEST(ImportScatter, ChecksWhatShowsAtRunTime) {
  const auto checks = [](const ModelBuilder& model) { return loaded(model).checks().size(); };
  EXPECT_EQ(checks(scatter("ScatterND", 18, {"n", 2}, {"n"})), 0u);
  EXPECT_EQ(checks(scatter("ScatterND", 18, {"n", 2}, {"m"})), 1u);
  ModelBuilder rows = scatter("ScatterElements", 18, {"rows", 4}, {"rows", 4});
  EXPECT_EQ(checks(rows), 0u);  // along the axis itself there may be any number
  only_node(rows).attr("axis", 1);
  EXPECT_EQ(checks(rows), 1u);
}

TEST(ImportScatter, RefusesWithAReason) {
  EXPECT_THAT(load_error(scatter("ScatterElements", 18, {"n"}, {"n"})), HasSubstr("rank 2"));
  EXPECT_THAT(load_error(scatter("ScatterElements", 18, {"n", 7}, {"n", 8})),
              HasSubstr("axis 1 is 8 in input 2 and 7 in input 1"));
  EXPECT_THAT(load_error(scatter("ScatterND", 18, {"n", 3}, {"n"})),
              HasSubstr("indices of at most 2 numbers"));
  EXPECT_THAT(load_error(scatter("ScatterND", 18, {"n", "k"}, {"n"})),
              HasSubstr("a constant last extent"));
  EXPECT_THAT(load_error(scatter("ScatterND", 18, {"n", 1}, {"n", 5})), HasSubstr("5"));
  ModelBuilder odd = scatter("ScatterND", 18, {"n", 2}, {"n"});
  only_node(odd).attr("reduction", "mean");
  EXPECT_THAT(load_error(odd), HasSubstr("attribute \"reduction\" is \"mean\", expected one of "
                                         "\"none\", \"add\", \"mul\", \"max\", \"min\""));
  ModelBuilder far = scatter("ScatterElements", 18, {"batch", 1}, {"batch", 1});
  only_node(far).attr("axis", 2);
  EXPECT_THAT(load_error(far), HasSubstr("axis is 2, expected -2 to 1"));
  ModelBuilder batch(24);
  batch.input("x", {2, 3}).input("u", {2, 1}).output("y");
  batch.node("TensorScatter", {"x", "u"}, {"y"}).attr("axis", 0);
  EXPECT_THAT(load_error(batch), HasSubstr("attribute \"axis\" is 0, the batch"));
}

TEST(ImportGridSample, NamesOfBothOpsets) {
  const auto grid = [](int64_t opset, const char* mode) {
    ModelBuilder model(opset);
    model.input("x", {"n", 3, "h", "w"}).input("g", {"n", "a", "b", 2}).output("y");
    model.node("GridSample", {"x", "g"}, {"y"})
        .attr("mode", mode)
        .attr("padding_mode", "reflection")
        .attr("align_corners", 1);
    return model;
  };
  EXPECT_EQ(imported(grid(16, "bilinear")),
            "grid_sample(mode: linear, padding: reflection, align_corners: true) "
            "float32[n, 3, a, b]");
  EXPECT_THAT(imported(grid(16, "bicubic")), HasSubstr("mode: cubic"));
  EXPECT_THAT(imported(grid(20, "linear")), HasSubstr("mode: linear"));
  EXPECT_THAT(imported(grid(22, "nearest")), HasSubstr("mode: nearest"));
  EXPECT_THAT(load_error(grid(22, "area")), HasSubstr("attribute \"mode\" is \"area\""));
}

TEST(ImportRoiAlign, CoordinatesOfEveryOpset) {
  const auto align = [](int64_t opset, int height = 7) {
    ModelBuilder model(opset);
    model.input("x", {"n", 3, "h", "w"}).input("rois", {"r", 4});
    model.input("batches", {"r"}, kInt64).output("y");
    model.node("RoiAlign", {"x", "rois", "batches"}, {"y"})
        .attr("output_height", height)
        .attr("output_width", 5)
        .attr("sampling_ratio", 2)
        .attr("spatial_scale", 0.25f);
    return model;
  };
  EXPECT_EQ(imported(align(10)),
            "roi_align(max: false, half_pixel: false, height: 7, width: 5, samples: 2, scale: "
            "0.25) float32[r, 3, 7, 5]");
  EXPECT_THAT(imported(align(16)), HasSubstr("half_pixel: true"));
  EXPECT_THAT(load_error(align(16, 0)), HasSubstr("the output's height is 0, expected 1 or more"));
}

TEST(ImportMaxRoiPool, NeedsAShape) {
  ModelBuilder model;
  model.input("x", {1, 3, 8, 8}).input("rois", {"r", 5}).output("y");
  model.node("MaxRoiPool", {"x", "rois"}, {"y"});
  EXPECT_THAT(load_error(model), HasSubstr("\"pooled_shape\" must have 2 numbers"));
  only_node(model).ints("pooled_shape", {2, 3});
  EXPECT_EQ(imported(model), "max_roi_pool(height: 2, width: 3, scale: 1) float32[r, 3, 2, 3]");
}

// Of two channels.
ModelBuilder deform_conv(int groups, int offset_groups) {
  ModelBuilder model(19);
  model.input("x", {1, 2, 3, 3}).input("w", {2, 2 / groups, 2, 2});
  model.input("o", {1, 8 * offset_groups, 2, 2}).output("y");
  model.node("DeformConv", {"x", "w", "o"}, {"y"})
      .attr("group", groups)
      .attr("offset_group", offset_groups);
  return model;
}
// Small integers and quarters, so that every result is exact.
Tensor counted(const Shape& shape, int factor, int modulus, float scale, float offset) {
  Tensor tensor(DType::kF32, shape);
  int i = 0;
  for (float& value : tensor.elements<float>())
    value = static_cast<float>(i++ * factor % modulus) * scale + offset;
  return tensor;
}

// Expected values are those of ONNX's own implementation.
TEST(ImportDeformConv, ColumnsAndAProduct) {
  const Tensor x = counted({1, 2, 3, 3}, 5, 7, 1, 0), w = counted({2, 2, 2, 2}, 1, 5, 1, -2);
  const Tensor offsets = counted({1, 16, 2, 2}, 3, 8, 0.25f, -1);
  ModelBuilder model = deform_conv(1, 2);
  model.input("b", {2}).input("m", {1, 8, 2, 2});
  only_node(model).proto().add_input("b");
  only_node(model).proto().add_input("m");
  EXPECT_THAT(outputs_of<float>(model, {x, w, offsets, floats({2}, {1, -1}),
                                        counted({1, 8, 2, 2}, 3, 5, 0.25f, 0)}),
              ElementsAre(0.75, -1.90625, 1.0, -14.234375, -1.25, -3.75, 5.0625, 2.28125));

  Tensor w_of_groups(DType::kF32, {2, 1, 2, 2}), first_offsets(DType::kF32, {1, 8, 2, 2});
  std::copy_n(w.elements<float>().data(), 4, w_of_groups.elements<float>().data());
  std::copy_n(w.elements<float>().data() + 8, 4, w_of_groups.elements<float>().data() + 4);
  std::copy_n(offsets.elements<float>().data(), 32, first_offsets.elements<float>().data());
  EXPECT_THAT(outputs_of<float>(deform_conv(2, 1), {x, w_of_groups, first_offsets}),
              ElementsAre(5.0, -4.875, -3.25, -8.75, -7.0, 2.3125, 4.75, 5.125));
}

TEST(ImportDeformConv, RefusesWithAReason) {
  EXPECT_THAT(load_error(deform_conv(1, 3)), HasSubstr("divided by the groups of offsets"));
  EXPECT_THAT(load_error(deform_conv(3, 1)), HasSubstr("a multiple of the 3 groups first"));
  ModelBuilder padded = deform_conv(1, 2);
  only_node(padded).ints("pads", {1, 1, 1, 1});
  EXPECT_THAT(load_error(padded), HasSubstr("axis 2"));
}

ModelBuilder resize(std::vector<Extent> src, std::vector<int64_t> sizes) {
  ModelBuilder model(19);
  model.input("x", std::move(src)).ints("sizes", std::move(sizes)).output("y");
  model.node("Resize", {"x", "", "", "sizes"}, {"y"}).attr("mode", "linear");
  return model;
}

TEST(ImportResize, KeepsTheAspectRatio) {
  const auto kept = [](std::vector<Extent> src, const char* policy) {
    ModelBuilder model = resize(std::move(src), {7, 8});
    only_node(model).ints("axes", {2, -1}).attr("keep_aspect_ratio_policy", policy);
    return output_text(loaded(model));
  };
  EXPECT_EQ(kept({1, 3, 2, 4}, "not_larger"), "float32[1, 3, 4, 8]");
  EXPECT_EQ(kept({1, 3, 2, 4}, "not_smaller"), "float32[1, 3, 7, 14]");
  EXPECT_EQ(kept({1, 3, 5, 4}, "not_larger"), "float32[1, 3, 7, 6]");  // 5.6
  const std::string symbolic = kept({1, 3, "h", "w"}, "not_larger");
  EXPECT_THAT(symbolic, HasSubstr("floor_div"));
  ModelBuilder odd = resize({2, 4}, {7, 8});
  only_node(odd).attr("keep_aspect_ratio_policy", "keep");
  EXPECT_THAT(load_error(odd), HasSubstr("expected one of \"stretch\""));
  ModelBuilder none = resize({2, 4}, {7, 0});
  only_node(none).attr("keep_aspect_ratio_policy", "not_larger");
  EXPECT_THAT(load_error(none), HasSubstr("a size is 0, expected 1 or more"));
}

TEST(ImportResize, CropsRegionsOfSomeAxes) {
  ModelBuilder model = resize({2, 6}, {2});
  model.initializer<float>("roi", {2}, {0.5f, 1.3f});
  model.graph().mutable_node(0)->set_input(1, "roi");
  only_node(model)
      .ints("axes", {1})
      .attr("coordinate_transformation_mode", "tf_crop_and_resize")
      .attr("extrapolation_value", 10.0f);
  const auto attrs = first<ResizeAttrs>(loaded(model));
  EXPECT_THAT(attrs.region, ElementsAre(0, 0.5f, 1, 1.3f));
  EXPECT_EQ(attrs.extrapolation, 10);
  EXPECT_THAT(outputs_of<float>(model, {floats({2, 6}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})}),
              ElementsAre(2.5f, 10, 8.5f, 10));
  ModelBuilder missing = resize({2, 6}, {2, 6});
  only_node(missing).attr("coordinate_transformation_mode", "tf_crop_and_resize");
  EXPECT_THAT(load_error(missing), HasSubstr("input 1, the region, is missing"));
  ModelBuilder twice = resize({2, 6}, {2, 6});
  only_node(twice).ints("axes", {1, -1});
  EXPECT_THAT(load_error(twice), HasSubstr("has axis 1 twice"));
}

TEST(ImportUpsample, OfPicturesInOpset1) {
  ModelBuilder model(6);
  model.input("x", {1, 3, 4, 5}).output("y");
  model.node("Upsample", {"x"}, {"y"}).attr("height_scale", 2.0f).attr("width_scale", 3.0f);
  EXPECT_EQ(output_text(loaded(model)), "float32[1, 3, 8, 15]");
}

}  // namespace
}  // namespace octet::test

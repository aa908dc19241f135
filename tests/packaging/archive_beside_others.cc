// One program with liboctet.a and with a protobuf, an ONNX and a oneDNN of its own, under the same
// names as the copies inside: it links, and neither disturbs the other.
#include <octet/octet.h>
#include <onnx/checker.h>
#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <vector>

namespace {

bool octet_runs(const char* path) {
  octet_engine* engine = nullptr;
  octet_model* model = nullptr;
  octet_session* session = nullptr;
  octet_error* error = nullptr;
  std::vector<float> x = {0, 1, 2, 3, 4, 5, 6, 7};
  octet_tensor input = {};
  input.data = x.data();
  input.dtype = OCTET_FLOAT32;
  input.rank = 2;
  input.dims[0] = 1;
  input.dims[1] = 8;
  octet_tensor output = {};
  if (octet_engine_create(nullptr, &engine, &error) != OCTET_OK ||
      octet_model_load(engine, path, nullptr, &model, &error) != OCTET_OK ||
      octet_session_create(model, &session, &error) != OCTET_OK ||
      octet_session_run(session, &input, 1, &output, 1, nullptr, &error) != OCTET_OK) {
    std::fprintf(stderr, "%s\n", octet_error_message(error));
    return false;
  }
  bool good = true;
  for (size_t i = 0; i < x.size(); ++i) {
    good = good && static_cast<const float*>(output.data)[i] == 2 * x[i] + 1;
  }
  octet_session_free(session);
  octet_model_free(model);
  octet_engine_free(engine);
  return good;
}

// An exception that is thrown and caught inside the archive, whose tables went through `ld -r`.
bool octet_refuses_a_bad_model() {
  octet_engine* engine = nullptr;
  octet_model* model = nullptr;
  octet_error* error = nullptr;
  octet_onnx::ModelProto proto;
  proto.set_ir_version(8);
  proto.add_opset_import()->set_version(17);
  proto.mutable_graph()->set_name("bad");
  proto.mutable_graph()->add_node()->set_op_type("Gemm");
  const std::string bytes = proto.SerializeAsString();
  const bool refused = octet_engine_create(nullptr, &engine, &error) == OCTET_OK &&
                       octet_model_load_memory(engine, bytes.data(), bytes.size(), nullptr, &model,
                                               &error) == OCTET_INVALID_MODEL;
  octet_error_free(error);
  octet_model_free(model);
  octet_engine_free(engine);
  return refused;
}

bool own_onnx_works(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  octet_onnx::ModelProto model;
  if (!model.ParseFromString(bytes)) return false;
  octet_onnx::checker::check_model(model);
  model.mutable_graph()->add_node()->set_op_type("NoSuchOperator");
  try {
    octet_onnx::checker::check_model(model);
  } catch (const octet_onnx::checker::ValidationError&) {
    return octet_onnx::OpSchemaRegistry::Schema("Gemm", 13, "") != nullptr;
  }
  return false;
}

bool own_onednn_works() {
  using tag = dnnl::memory::format_tag;
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  const dnnl::memory::desc description({2, 2}, dnnl::memory::data_type::f32, tag::ab);
  float a[] = {1, 2, 3, 4}, b[] = {1, 0, 0, 1}, c[4] = {};
  dnnl::stream stream(engine);
  dnnl::matmul({engine, description, description, description})
      .execute(stream, {{DNNL_ARG_SRC, {description, engine, a}},
                        {DNNL_ARG_WEIGHTS, {description, engine, b}},
                        {DNNL_ARG_DST, {description, engine, c}}});
  stream.wait();
  return c[0] == 1 && c[1] == 2 && c[2] == 3 && c[3] == 4;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  for (int round = 0; round < 2; ++round) {
    if (!own_onnx_works(argv[1])) return std::puts("the program's own ONNX is disturbed"), 1;
    if (!octet_runs(argv[1])) return std::puts("Octet's result is wrong"), 1;
    if (!octet_refuses_a_bad_model()) return std::puts("Octet takes a bad model"), 1;
    if (!own_onednn_works()) return std::puts("the program's own oneDNN is disturbed"), 1;
  }
  return 0;
}

/* The C API from C99: engines, loading, introspection, runs and errors. */
#include "tests/api/check.h"

static char* read_file(const char* path, size_t* size) {
  FILE* file = fopen(path, "rb");
  CHECK(file != NULL);
  CHECK(fseek(file, 0, SEEK_END) == 0);
  *size = (size_t)ftell(file);
  rewind(file);
  char* data = malloc(*size);
  CHECK(data != NULL && fread(data, 1, *size, file) == *size);
  fclose(file);
  return data;
}

static void test_versions_and_types(void) {
  CHECK(octet_api_version() >= OCTET_API_VERSION);
  CHECK(strlen(octet_version()) >= 5);
  CHECK(octet_dtype_size(OCTET_FLOAT32) == 4 && octet_dtype_size(OCTET_BFLOAT16) == 2);
  CHECK(octet_dtype_size(OCTET_BOOL) == 1 && octet_dtype_size(99) == 0 &&
        octet_dtype_size(-1) == 0);
  CHECK(strcmp(octet_dtype_name(OCTET_INT64), "int64") == 0);
}

static void test_free_of_null(void) {
  octet_engine_free(NULL);
  octet_model_free(NULL);
  octet_session_free(NULL);
  octet_error_free(NULL);
  octet_weights_free(NULL);
}

static void test_introspection(const octet_model* model) {
  octet_error* error = NULL;
  octet_value_info info = OCTET_INIT(octet_value_info);
  CHECK(octet_model_input_count(model) == 1 && octet_model_output_count(model) == 1);
  CHECK_OK(octet_model_input(model, 0, &info, &error));
  CHECK(strcmp(info.name, "x") == 0 && info.dtype == OCTET_FLOAT32 && info.rank == 2);
  CHECK(info.dims[0] == -1 && strcmp(info.symbols[0], "batch") == 0);
  CHECK(info.dims[1] == kMlpInputs && info.symbols[1] == NULL);
  CHECK(info.kind == OCTET_VALUE_TENSOR);
  CHECK_OK(octet_model_output(model, 0, &info, &error));
  CHECK(strcmp(info.name, "y") == 0 && info.dims[1] == kMlpOutputs);
  CHECK(strstr(octet_model_explain(model), "\"fc1\"") != NULL);

  info.name = "untouched";
  CHECK_FAILS(octet_model_input(model, 1, &info, &error), OCTET_INVALID_ARGUMENT, "1");
  CHECK(strcmp(info.name, "untouched") == 0);
}

/* Caller-owned and library-owned memory, several batch sizes: the same numbers. */
static void test_runs(const octet_model* model) {
  enum { kBatch = 5 };
  octet_error* error = NULL;
  octet_session* session = NULL;
  CHECK_OK(octet_session_create(model, &session, &error));
  float values[kBatch * kMlpInputs], own[kBatch * kMlpOutputs];
  const octet_tensor input = mlp_input(values, kBatch);

  octet_tensor shape = {.data = own, .dtype = OCTET_BOOL, .rank = 0, .dims = {0}};
  CHECK_OK(octet_session_output_shapes(session, &input, 1, &shape, 1, &error));
  CHECK(shape.data == NULL && shape.dtype == OCTET_FLOAT32 && shape.rank == 2);
  CHECK(shape.dims[0] == kBatch && shape.dims[1] == kMlpOutputs);

  octet_tensor output = shape;
  output.data = own;
  CHECK_OK(octet_session_run(session, &input, 1, &output, 1, NULL, &error));
  CHECK(output.data == own);
  octet_tensor lent = {0};
  CHECK_OK(octet_session_run(session, &input, 1, &lent, 1, NULL, &error));
  CHECK(lent.data != NULL && lent.data != own && lent.rank == 2 && lent.dims[0] == kBatch);
  CHECK(memcmp(lent.data, own, sizeof own) == 0);
  CHECK(octet_session_memory(session) > 0);

  float distinct = 0;
  for (int i = 1; i < kBatch * kMlpOutputs; ++i) distinct += own[i] != own[0];
  CHECK(distinct > 0);
  for (int64_t row = 0; row < kBatch; ++row) {
    const octet_tensor one = {.data = values + row * kMlpInputs,
                              .dtype = OCTET_FLOAT32,
                              .rank = 2,
                              .dims = {1, kMlpInputs}};
    octet_tensor result = {0};
    CHECK_OK(octet_session_run(session, &one, 1, &result, 1, NULL, &error));
    CHECK(result.dims[0] == 1);
    CHECK(memcmp(result.data, own + row * kMlpOutputs, kMlpOutputs * sizeof(float)) == 0);
  }
  octet_session_free(session);
}

static void test_run_errors(const octet_model* model) {
  octet_error* error = NULL;
  octet_session* session = NULL;
  CHECK_OK(octet_session_create(model, &session, &error));
  float values[2 * kMlpInputs], own[2 * kMlpOutputs] = {-7};
  octet_tensor input = mlp_input(values, 2), output = {0};
  CHECK_FAILS(octet_session_run(session, &input, 0, &output, 1, NULL, &error),
              OCTET_INVALID_ARGUMENT, "1");
  CHECK_FAILS(octet_session_run(session, &input, 1, &output, 2, NULL, &error),
              OCTET_INVALID_ARGUMENT, "output");
  CHECK(output.data == NULL);

  octet_tensor wrong = input;
  wrong.dims[1] = kMlpInputs - 1;
  CHECK_FAILS(octet_session_run(session, &wrong, 1, &output, 1, NULL, &error),
              OCTET_INVALID_ARGUMENT, "\"x\"");
  wrong = input;
  wrong.dtype = OCTET_INT64;
  CHECK_FAILS(octet_session_run(session, &wrong, 1, &output, 1, NULL, &error),
              OCTET_INVALID_ARGUMENT, "int64");
  wrong = input;
  wrong.data = NULL;
  CHECK_FAILS(octet_session_run(session, &wrong, 1, &output, 1, NULL, &error),
              OCTET_INVALID_ARGUMENT, "NULL");

  const octet_tensor small = {
      .data = own, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {1, kMlpOutputs}};
  output = small;
  CHECK_FAILS(octet_session_run(session, &input, 1, &output, 1, NULL, &error),
              OCTET_INVALID_ARGUMENT, "\"y\"");
  CHECK(own[0] == -7);
  CHECK(octet_session_run(session, &wrong, 1, &output, 1, NULL, NULL) == OCTET_INVALID_ARGUMENT);
  octet_session_free(session);
}

static void test_loading(octet_engine* engine) {
  octet_error* error = NULL;
  octet_model* model = NULL;
  CHECK_FAILS(octet_model_load(engine, "no/such/model.onnx", NULL, &model, &error), OCTET_NOT_FOUND,
              "no/such/model.onnx");
  CHECK(model == NULL);
  CHECK_FAILS(octet_model_load_memory(engine, "garbage", 7, NULL, &model, &error),
              OCTET_INVALID_MODEL, "");
  octet_load_options options = OCTET_INIT(octet_load_options);
  options.quantize = 17;
  CHECK_FAILS(octet_model_load(engine, MLP_MODEL, &options, &model, &error), OCTET_INVALID_ARGUMENT,
              "17");
  CHECK_FAILS(octet_model_load(NULL, MLP_MODEL, NULL, &model, &error), OCTET_INVALID_ARGUMENT,
              "NULL");

  size_t size = 0;
  char* data = read_file(MLP_MODEL, &size);
  CHECK_FAILS(octet_model_load_memory(engine, data, size / 2, NULL, &model, &error),
              OCTET_INVALID_MODEL, "");
  CHECK_OK(octet_model_load_memory(engine, data, size, NULL, &model, &error));
  memset(data, 0xff, size);
  free(data);
  test_introspection(model);
  test_runs(model);
  octet_model_free(model);
}

static void test_profile(const octet_model* model) {
  octet_error* error = NULL;
  octet_session* session = NULL;
  float values[kMlpInputs];
  octet_tensor input = mlp_input(values, 1), output = {0};
  CHECK_OK(octet_session_create(model, &session, &error));
  CHECK_OK(octet_session_profile(session, 1, &error));
  CHECK_OK(octet_session_run(session, &input, 1, &output, 1, NULL, &error));
  CHECK(strstr(octet_session_trace(session), "\"fc2\"") != NULL);
  octet_session_free(session);
}

int main(void) {
  octet_error* error = NULL;
  octet_engine_options options = OCTET_INIT(octet_engine_options);
  options.threads = 2;
  octet_engine* engine = NULL;
  CHECK_OK(octet_engine_create(&options, &engine, &error));
  CHECK(octet_engine_threads(engine) == 2);
  test_versions_and_types();
  test_free_of_null();
  test_loading(engine);

  octet_model* model = load_mlp(engine, OCTET_QUANTIZE_NONE);
  octet_engine_free(engine); /* the model keeps what it needs */
  test_introspection(model);
  test_runs(model);
  test_run_errors(model);
  test_profile(model);
  octet_model_free(model);
  return 0;
}

/* Saving through the C API: the options, the errors, and a model that comes back with its codes. */
#include <unistd.h>

#include "check.h"

static const char* temporary_path(void) {
  static char path[256];
  const char* folder = getenv("TMPDIR");
  snprintf(path, sizeof(path), "%s/octet_save_c_%ld.onnx", folder != NULL ? folder : "/tmp",
           (long)getpid());
  return path;
}

static void test_save_and_load(octet_engine* engine) {
  octet_error* error = NULL;
  octet_model* model = load_mlp(engine, OCTET_QUANTIZE_W8A8);
  CHECK_OK(octet_model_save(model, temporary_path(), NULL, &error));
  octet_model* again = NULL;
  CHECK_OK(octet_model_load(engine, temporary_path(), NULL, &again, &error));
  int32_t before = 0, after = 0;
  CHECK_OK(octet_model_find_layer(model, "fc1", &before, &error));
  CHECK_OK(octet_model_find_layer(again, "fc1.weight", &after, &error));
  octet_weights lhs = OCTET_INIT(octet_weights), rhs = OCTET_INIT(octet_weights);
  CHECK_OK(octet_weights_get(model, before, &lhs, &error));
  CHECK_OK(octet_weights_get(again, after, &rhs, &error));
  CHECK(memcmp(lhs.int_data.data, rhs.int_data.data, kMlpHidden * kMlpInputs) == 0);
  CHECK(memcmp(lhs.scale.data, rhs.scale.data, kMlpHidden * sizeof(float)) == 0);
  octet_weights_free(&lhs);
  octet_weights_free(&rhs);

  float values[2 * kMlpInputs];
  const octet_tensor x = mlp_input(values, 2);
  octet_tensor y = {.data = NULL}, z = {.data = NULL};
  CHECK_OK(octet_model_run(model, &x, 1, &y, 1, NULL, &error));
  CHECK_OK(octet_model_run(again, &x, 1, &z, 1, NULL, &error));
  CHECK(memcmp(y.data, z.data, 2 * kMlpOutputs * sizeof(float)) == 0);
  octet_tensor_free(&y);
  octet_tensor_free(&z);
  octet_model_free(again);
  octet_model_free(model);
}

static void test_errors(octet_engine* engine) {
  octet_error* error = NULL;
  octet_model* model = load_mlp(engine, OCTET_QUANTIZE_W8A8);
  CHECK_FAILS(octet_model_save(NULL, temporary_path(), NULL, &error), OCTET_INVALID_ARGUMENT,
              "must not be NULL");
  CHECK_FAILS(octet_model_save(model, NULL, NULL, &error), OCTET_INVALID_ARGUMENT,
              "must not be NULL");
  CHECK_FAILS(octet_model_save(model, MLP_MODEL, NULL, &error), OCTET_INVALID_ARGUMENT,
              "is a file that the model was loaded from");
  octet_save_options options = OCTET_INIT(octet_save_options);
  options.format = 9;
  CHECK_FAILS(octet_model_save(model, temporary_path(), &options, &error), OCTET_INVALID_ARGUMENT,
              "options.format is 9, expected OCTET_SAVE_STANDARD or OCTET_SAVE_ORT");
  options.format = OCTET_SAVE_ORT;
  options.data = 9;
  CHECK_FAILS(octet_model_save(model, temporary_path(), &options, &error), OCTET_INVALID_ARGUMENT,
              "options.data is 9");
  options.data = OCTET_DATA_INSIDE;
  options.source_size = 1;
  CHECK_FAILS(octet_model_save(model, temporary_path(), &options, &error), OCTET_INVALID_ARGUMENT,
              "options.source is NULL for 1 bytes");
  options.source_size = 0;
  options.timeout_ms = -1;
  CHECK_FAILS(octet_model_save(model, temporary_path(), &options, &error), OCTET_INVALID_ARGUMENT,
              "timeout_ms");
  options.timeout_ms = 0;
  octet_cancel* cancel = NULL;
  CHECK_OK(octet_cancel_create(&cancel, &error));
  octet_cancel_request(cancel);
  options.cancel = cancel;
  CHECK_FAILS(octet_model_save(model, temporary_path(), &options, &error), OCTET_CANCELLED, "");
  octet_cancel_free(cancel);
  options.struct_size = 3;
  CHECK_FAILS(octet_model_save(model, temporary_path(), &options, &error), OCTET_INVALID_ARGUMENT,
              "octet_save_options.struct_size is 3");
  octet_model_free(model);
}

int main(void) {
  octet_error* error = NULL;
  octet_engine* engine = NULL;
  octet_engine_options options = OCTET_INIT(octet_engine_options);
  options.threads = 2;
  CHECK_OK(octet_engine_create(&options, &engine, &error));
  test_errors(engine);
  CHECK(access(temporary_path(), F_OK) != 0);
  test_save_and_load(engine);
  unlink(temporary_path());
  octet_engine_free(engine);
  return 0;
}

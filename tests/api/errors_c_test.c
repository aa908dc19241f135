/* The C API from C99: what callers get wrong: NULL, sizes, counts, values. Nothing is written then.
 */
#include <string.h>

#include "tests/api/check.h"

#define REFUSED(call, part) CHECK_FAILS(call, OCTET_INVALID_ARGUMENT, part)

static octet_error* error = NULL;

static void* no_memory(void* user, size_t size, size_t alignment) {
  (void)user, (void)size, (void)alignment;
  return NULL;
}

static void test_engines(void) {
  octet_engine* engine = NULL;
  octet_engine_options options = OCTET_INIT(octet_engine_options);
  REFUSED(octet_engine_create(&options, NULL, &error), "NULL");
  options.struct_size = 0;
  REFUSED(octet_engine_create(&options, &engine, &error), "OCTET_INIT");
  /* A program of version 2 knows 120 bytes of it; what is behind them is not read. */
  memset(&options, 0xff, sizeof options);
  memset(&options, 0, 120);
  options.struct_size = 119;
  REFUSED(octet_engine_create(&options, &engine, &error), "struct_size");
  options.struct_size = 120;
  CHECK(octet_engine_create(&options, &engine, &error) == OCTET_OK);
  octet_engine_free(engine);
  engine = NULL;
  options.struct_size = (size_t)-1;
  REFUSED(octet_engine_create(&options, &engine, &error), "struct_size");

  options = OCTET_INIT(octet_engine_options);
  options.threads = -1;
  REFUSED(octet_engine_create(&options, &engine, &error), "-1");
  options.threads = 0x7fffffff;
  REFUSED(octet_engine_create(&options, &engine, &error), "threads");
  options.threads = 0;
  options.memory_limit = -5;
  REFUSED(octet_engine_create(&options, &engine, &error), "memory_limit is -5");
  options.memory_limit = 0;
  options.memory_ceiling = -6;
  REFUSED(octet_engine_create(&options, &engine, &error), "memory_ceiling is -6");
  options.memory_ceiling = 0;
  options.max_rank = OCTET_MAX_RANK + 1;
  REFUSED(octet_engine_create(&options, &engine, &error), "max_rank");
  options.max_rank = 0;
  options.max_nodes = -1;
  REFUSED(octet_engine_create(&options, &engine, &error), "max_nodes");
  options.max_nodes = 0;
  options.allocate = no_memory;
  REFUSED(octet_engine_create(&options, &engine, &error), "deallocate");
  CHECK(engine == NULL);
  CHECK(octet_engine_threads(NULL) == 0);
  octet_memory memory = OCTET_INIT(octet_memory);
  REFUSED(octet_engine_memory(NULL, &memory, &error), "NULL");
}

/* A struct of a caller that was compiled against a newer header. */
static void test_newer_structs(void) {
  struct {
    octet_engine_options known;
    int64_t unknown;
  } newer;
  memset(&newer, 0, sizeof newer);
  newer.known.struct_size = sizeof newer;
  octet_engine* engine = NULL;
  CHECK_OK(octet_engine_create(&newer.known, &engine, &error)); /* it leaves the default */
  octet_engine_free(engine);
  engine = NULL;
  newer.unknown = 1;
  REFUSED(octet_engine_create(&newer.known, &engine, &error), "octet_api_version");
  CHECK(engine == NULL);
}

static void test_loading(octet_engine* engine) {
  octet_model* model = NULL;
  octet_load_options options = OCTET_INIT(octet_load_options);
  REFUSED(octet_model_load(NULL, MLP_MODEL, NULL, &model, &error), "NULL");
  REFUSED(octet_model_load(engine, NULL, NULL, &model, &error), "NULL");
  REFUSED(octet_model_load(engine, MLP_MODEL, NULL, NULL, &error), "NULL");
  REFUSED(octet_model_load_memory(engine, NULL, 3, NULL, &model, &error), "NULL");
  options.struct_size = 1;
  REFUSED(octet_model_load(engine, MLP_MODEL, &options, &model, &error), "OCTET_INIT");
  options = OCTET_INIT(octet_load_options);
  options.smoothing = -3;
  REFUSED(octet_model_load(engine, MLP_MODEL, &options, &model, &error), "-3");
  options.smoothing = 0;
  options.idle_sessions = -2;
  REFUSED(octet_model_load(engine, MLP_MODEL, &options, &model, &error), "-2");
  CHECK(model == NULL);
}

static void test_models(const octet_model* model) {
  octet_value_info value = OCTET_INIT(octet_value_info);
  octet_layer_info layer = OCTET_INIT(octet_layer_info);
  octet_weights weights = OCTET_INIT(octet_weights);
  octet_model* replaced = NULL;
  int32_t index = 9;
  REFUSED(octet_model_input(NULL, 0, &value, &error), "NULL");
  REFUSED(octet_model_output(NULL, 0, &value, &error), "NULL");
  REFUSED(octet_model_input(model, -1, &value, &error), "-1");
  REFUSED(octet_model_input(model, 0, NULL, &error), "NULL");
  REFUSED(octet_model_layer(model, -1, &layer, &error), "-1");
  REFUSED(octet_model_layer(NULL, 0, &layer, &error), "NULL");
  REFUSED(octet_model_layer(model, 0, NULL, &error), "NULL");
  REFUSED(octet_model_find_layer(model, NULL, &index, &error), "NULL");
  REFUSED(octet_weights_get(model, 0, NULL, &error), "NULL");
  REFUSED(octet_model_replace_weights(model, 0, NULL, &replaced, &error), "NULL");
  REFUSED(octet_model_replace_weights(model, 0, &weights, NULL, &error), "NULL");
  value.struct_size = layer.struct_size = weights.struct_size = 4;
  REFUSED(octet_model_input(model, 0, &value, &error), "OCTET_INIT");
  REFUSED(octet_model_layer(model, 0, &layer, &error), "OCTET_INIT");
  REFUSED(octet_weights_get(model, 0, &weights, &error), "OCTET_INIT");
  REFUSED(octet_model_replace_weights(model, 0, &weights, &replaced, &error), "OCTET_INIT");
  CHECK(value.name == NULL && layer.name == NULL && replaced == NULL && index == 9);
  CHECK(octet_model_input_count(NULL) == 0 && octet_model_output_count(NULL) == 0);
  CHECK(octet_model_layer_count(NULL) == 0 && octet_model_memory(NULL) == 0);
}

static void test_runs(octet_model* model) {
  float values[kMlpInputs];
  octet_tensor input = mlp_input(values, 1), output = {0};
  octet_session* session = NULL;
  REFUSED(octet_session_create(NULL, &session, &error), "NULL");
  REFUSED(octet_session_create(model, NULL, &error), "NULL");
  CHECK_OK(octet_session_create(model, &session, &error));
  REFUSED(octet_session_run(NULL, &input, 1, &output, 1, NULL, &error), "NULL");
  REFUSED(octet_session_run(session, NULL, 1, &output, 1, NULL, &error), "0 were given");
  REFUSED(octet_session_run(session, &input, 1, NULL, 1, NULL, &error), "0 were given");
  REFUSED(octet_session_run(session, &input, -1, &output, 1, NULL, &error), "-1");
  REFUSED(octet_session_output_shapes(NULL, &input, 1, &output, 1, &error), "NULL");
  REFUSED(octet_session_rebind(session, NULL, &error), "NULL");
  REFUSED(octet_session_profile(NULL, 1, &error), "NULL");
  REFUSED(octet_model_run(NULL, &input, 1, &output, 1, NULL, &error), "NULL");
  REFUSED(octet_model_run(model, &input, 2, &output, 1, NULL, &error), "2 were given");

  octet_run_options options = OCTET_INIT(octet_run_options);
  options.timeout_ms = -1;
  REFUSED(octet_session_run(session, &input, 1, &output, 1, &options, &error), "timeout_ms");
  options.timeout_ms = 0.0 / 1.0 - 1.0 / 0.0 + 1.0 / 0.0; /* NaN */
  REFUSED(octet_model_run(model, &input, 1, &output, 1, &options, &error), "timeout_ms");
  options.timeout_ms = 0;
  options.struct_size = 3;
  REFUSED(octet_model_run(model, &input, 1, &output, 1, &options, &error), "OCTET_INIT");
  octet_tensor wrong = input;
  wrong.rank = OCTET_MAX_RANK + 1;
  REFUSED(octet_model_run(model, &wrong, 1, &output, 1, NULL, &error), "rank");
  wrong = input;
  wrong.dims[0] = -1;
  REFUSED(octet_model_run(model, &wrong, 1, &output, 1, NULL, &error), "negative");
  wrong = input;
  wrong.dtype = 77;
  REFUSED(octet_model_run(model, &wrong, 1, &output, 1, NULL, &error), "77");
  CHECK(output.data == NULL && output.rank == 0);

  CHECK(octet_session_memory(NULL) == 0);
  CHECK(strstr(octet_session_profile_json(NULL), "nodes") != NULL);
  CHECK(strstr(octet_session_profile_json(session), "nodes") != NULL);
  CHECK(strstr(octet_session_trace(session), "traceEvents") != NULL);
  REFUSED(octet_cancel_create(NULL, &error), "NULL");
  octet_cancel_request(NULL);
  octet_cancel_reset(NULL);
  octet_cancel_free(NULL);
  octet_tensor_free(NULL);
  octet_tensor_free(&output);
  CHECK(octet_cancel_requested(NULL) == 0);
  CHECK(strcmp(octet_status_name(OCTET_DEADLINE_EXCEEDED), "deadline exceeded") == 0);
  CHECK(strcmp(octet_status_name(4711), "unknown") == 0);
  octet_session_free(session);
}

int main(void) {
  octet_engine* engine = NULL;
  test_engines();
  test_newer_structs();
  CHECK_OK(octet_engine_create(NULL, &engine, &error));
  test_loading(engine);
  octet_model* model = load_mlp(engine, OCTET_QUANTIZE_W8A8);
  test_models(model);
  test_runs(model);
  octet_model_free(model);
  octet_engine_free(engine);
  return 0;
}

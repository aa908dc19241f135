/* The C API from C99: reading and replacing the weights of linear layers. */
#include <math.h>

#include "tests/api/check.h"

static void run_mlp(octet_session* session, float* result) {
  octet_error* error = NULL;
  float values[kMlpInputs];
  const octet_tensor input = mlp_input(values, 1);
  octet_tensor output = {
      .data = result, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {1, kMlpOutputs}};
  CHECK_OK(octet_session_run(session, &input, 1, &output, 1, NULL, &error));
}

static void test_layers(const octet_model* model) {
  octet_error* error = NULL;
  CHECK(octet_model_layer_count(model) == 2);
  octet_layer_info info = OCTET_INIT(octet_layer_info);
  CHECK_OK(octet_model_layer(model, 0, &info, &error));
  CHECK(strcmp(info.name, "fc1") == 0 && info.n == kMlpHidden && info.k == kMlpInputs);
  CHECK(strcmp(info.scheme, "w8a8") == 0 && strcmp(info.granularity, "per_channel") == 0);
  CHECK(info.bytes >= kMlpHidden * kMlpInputs && strlen(info.layout) > 0);
  CHECK(strncmp(info.kernel, "quantized_linear/", 17) == 0 && info.declined_count >= 0);
  for (int32_t i = 0; i < info.declined_count; ++i) CHECK(strstr(info.declined[i], ": ") != NULL);
  CHECK(strcmp(info.reason, "") == 0 && strcmp(info.products, "int8") == 0);
  CHECK(info.alias_count == 2 && strcmp(info.aliases[0], "fc1.weight") == 0);

  int32_t index = -1;
  CHECK_OK(octet_model_find_layer(model, "fc2", &index, &error));
  CHECK(index == 1);
  CHECK_OK(octet_model_find_layer(model, "fc1.bias", &index, &error));
  CHECK(index == 0);
  CHECK_FAILS(octet_model_find_layer(model, "fc3", &index, &error), OCTET_NOT_FOUND, "fc2");
  CHECK(index == 0);
  CHECK_FAILS(octet_model_layer(model, 2, &info, &error), OCTET_INVALID_ARGUMENT, "2");
}

/* |code| <= 127, one scale per row, and the largest code of a row is 127: symmetric, per channel.
 */
static void test_parts(const octet_weights* weights) {
  CHECK(weights->int_data.dtype == OCTET_INT8 && weights->int_data.rank == 2);
  CHECK(weights->int_data.dims[0] == kMlpOutputs && weights->int_data.dims[1] == kMlpHidden);
  CHECK(weights->scale.dtype == OCTET_FLOAT32 && weights->scale.dims[0] == kMlpOutputs);
  const int8_t* codes = weights->int_data.data;
  const float* scales = weights->scale.data;
  for (int n = 0; n < kMlpOutputs; ++n) {
    int largest = 0;
    for (int k = 0; k < kMlpHidden; ++k)
      if (abs(codes[n * kMlpHidden + k]) > largest) largest = abs(codes[n * kMlpHidden + k]);
    CHECK(largest == 127 && scales[n] > 0 && isfinite(scales[n]));
  }
}

/* Doubled scales of the last layer double its product: y' - y = y - bias, for the bias of mlp.onnx
 * is kept. Zero codes give the bias alone. */
static void test_replacement(const octet_model* model, octet_session* session) {
  octet_error* error = NULL;
  float before[kMlpOutputs], after[kMlpOutputs], bias[kMlpOutputs];
  run_mlp(session, before);

  octet_weights weights = OCTET_INIT(octet_weights);
  CHECK_OK(octet_weights_get(model, 1, &weights, &error));
  test_parts(&weights);
  octet_model *doubled = NULL, *zeroed = NULL;
  for (int n = 0; n < kMlpOutputs; ++n) ((float*)weights.scale.data)[n] *= 2;
  CHECK_OK(octet_model_replace_weights(model, 1, &weights, &doubled, &error));
  memset(weights.int_data.data, 0, kMlpOutputs * kMlpHidden);
  CHECK_OK(octet_model_replace_weights(doubled, 1, &weights, &zeroed, &error));
  octet_weights_free(&weights);
  CHECK(weights.int_data.data == NULL);

  run_mlp(session, after); /* a running session is not touched */
  CHECK(memcmp(before, after, sizeof before) == 0);
  CHECK_OK(octet_session_rebind(session, zeroed, &error));
  run_mlp(session, bias);
  CHECK_OK(octet_session_rebind(session, doubled, &error));
  run_mlp(session, after);
  int changed = 0;
  for (int n = 0; n < kMlpOutputs; ++n) {
    /* Three roundings of values below 8 on either side: 6 * 2^-24 * 8. */
    CHECK(fabsf((after[n] - bias[n]) - 2 * (before[n] - bias[n])) <= 3e-6f);
    changed += fabsf(after[n] - before[n]) > 1e-3f;
  }
  CHECK(changed > 0);

  octet_weights again = OCTET_INIT(octet_weights);
  CHECK_OK(octet_weights_get(zeroed, 1, &again, &error));
  for (int i = 0; i < kMlpOutputs * kMlpHidden; ++i) CHECK(((int8_t*)again.int_data.data)[i] == 0);
  octet_weights_free(&again);
  CHECK_OK(octet_session_rebind(session, model, &error));
  run_mlp(session, after);
  CHECK(memcmp(before, after, sizeof before) == 0);
  octet_model_free(doubled);
  octet_model_free(zeroed);
}

static void test_refusals(const octet_model* model) {
  octet_error* error = NULL;
  octet_model* replaced = NULL;
  octet_weights weights = OCTET_INIT(octet_weights);
  CHECK_OK(octet_weights_get(model, 1, &weights, &error));
  ((float*)weights.scale.data)[3] = (float)NAN;
  CHECK_FAILS(octet_model_replace_weights(model, 1, &weights, &replaced, &error),
              OCTET_INVALID_ARGUMENT, "scale");
  ((float*)weights.scale.data)[3] = 1;
  weights.scale.dims[0] -= 1;
  CHECK_FAILS(octet_model_replace_weights(model, 1, &weights, &replaced, &error),
              OCTET_INVALID_ARGUMENT, "scale");
  weights.scale.dims[0] += 1;
  weights.int_data.dims[1] -= 1;
  CHECK_FAILS(octet_model_replace_weights(model, 1, &weights, &replaced, &error),
              OCTET_INVALID_ARGUMENT, "15");
  weights.int_data.dims[1] += 1;
  CHECK_FAILS(octet_model_replace_weights(model, 7, &weights, &replaced, &error),
              OCTET_INVALID_ARGUMENT, "7");
  CHECK(replaced == NULL);
  octet_weights_free(&weights);
}

int main(void) {
  octet_error* error = NULL;
  octet_engine* engine = NULL;
  CHECK_OK(octet_engine_create(NULL, &engine, &error));
  octet_model* model = load_mlp(engine, OCTET_QUANTIZE_W8A8);
  octet_session* session = NULL;
  CHECK_OK(octet_session_create(model, &session, &error));
  test_layers(model);
  test_replacement(model, session);
  test_refusals(model);

  octet_model* other = load_mlp(engine, OCTET_QUANTIZE_W8A8);
  CHECK_FAILS(octet_session_rebind(session, other, &error), OCTET_INVALID_ARGUMENT, "replaced");
  octet_model_free(other);
  octet_model* plain = load_mlp(engine, OCTET_QUANTIZE_NONE);
  octet_weights weights = OCTET_INIT(octet_weights);
  CHECK_FAILS(octet_weights_get(plain, 0, &weights, &error), OCTET_UNSUPPORTED, "fc1");
  CHECK(weights.int_data.data == NULL);
  octet_model_free(plain);
  octet_model_free(model);
  octet_engine_free(engine);
  octet_session_free(session);
  return 0;
}

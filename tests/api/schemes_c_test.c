/* The C API from C99: schemes by name, rules for layers, reasons, packed bytes, replacement in
 * every scheme. */
#include <math.h>

#include "tests/api/check.h"

static octet_model* load_with(octet_engine* engine, const char* scheme,
                              const octet_layer_rule* rules, int32_t count) {
  octet_error* error = NULL;
  octet_model* model = NULL;
  octet_load_options options = OCTET_INIT(octet_load_options);
  options.scheme = scheme;
  options.layer_rules = rules;
  options.layer_rule_count = count;
  CHECK_OK(octet_model_load(engine, MLP_MODEL, &options, &model, &error));
  return model;
}

static octet_layer_info layer(const octet_model* model, int32_t index) {
  octet_error* error = NULL;
  octet_layer_info info = OCTET_INIT(octet_layer_info);
  CHECK_OK(octet_model_layer(model, index, &info, &error));
  return info;
}

static void run(const octet_model* model, float* result) {
  octet_error* error = NULL;
  float values[kMlpInputs];
  const octet_tensor input = mlp_input(values, 1);
  octet_tensor output = {
      .data = result, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {1, kMlpOutputs}};
  CHECK_OK(octet_model_run(model, &input, 1, &output, 1, NULL, &error));
}

static void test_rules(octet_engine* engine) {
  const octet_layer_rule rules[] = {{"*", "w8"}, {"fc1.weight", "none"}};
  octet_model* model = load_with(engine, "w8a8", rules, 2);
  CHECK(strcmp(layer(model, 0).scheme, "none") == 0 && strcmp(layer(model, 1).scheme, "w8") == 0);
  CHECK(strstr(layer(model, 0).reason, "fc1.weight") != NULL &&
        strcmp(layer(model, 1).reason, "") == 0);
  CHECK(strcmp(layer(model, 0).products, "f32") == 0 &&
        strcmp(layer(model, 1).products, "int8") != 0);
  CHECK(octet_model_float_product_count(model) == 0);
  octet_model_free(model);
  octet_model* by_name = load_with(engine, "w8a8", NULL, 0);
  octet_model* by_number = load_mlp(engine, OCTET_QUANTIZE_W8A8);
  CHECK(strcmp(layer(by_name, 0).scheme, "w8a8") == 0);
  CHECK(strcmp(layer(by_number, 0).scheme, "w8a8") == 0);
  octet_model_free(by_name);
  octet_model_free(by_number);
}

static void test_refusals(octet_engine* engine) {
  octet_error* error = NULL;
  octet_model* model = NULL;
  octet_load_options options = OCTET_INIT(octet_load_options);
  options.scheme = "w9";
  CHECK_FAILS(octet_model_load(engine, MLP_MODEL, &options, &model, &error), OCTET_INVALID_ARGUMENT,
              "w9");
  options.scheme = "w4a8";
  CHECK_FAILS(octet_model_load(engine, MLP_MODEL, &options, &model, &error), OCTET_UNSUPPORTED,
              "yet");
  options.scheme = NULL;
  options.layer_rule_count = 1;
  CHECK_FAILS(octet_model_load(engine, MLP_MODEL, &options, &model, &error), OCTET_INVALID_ARGUMENT,
              "layer_rules");
  const octet_layer_rule rule = {"fc1", NULL};
  options.layer_rules = &rule;
  CHECK_FAILS(octet_model_load(engine, MLP_MODEL, &options, &model, &error), OCTET_INVALID_ARGUMENT,
              "NULL");
  CHECK(model == NULL);
}

static void test_packed(octet_engine* engine) {
  octet_error* error = NULL;
  octet_model* model = load_with(engine, "w8", NULL, 0);
  const void* data = NULL;
  size_t size = 0;
  CHECK_OK(octet_weights_packed(model, 0, &data, &size, &error));
  CHECK(data != NULL && size >= (size_t)(kMlpHidden * kMlpInputs) &&
        strcmp(layer(model, 0).layout, "plain") != 0);
  CHECK_FAILS(octet_weights_packed(model, 9, &data, &size, &error), OCTET_INVALID_ARGUMENT, "9");
  octet_model_free(model);
  model = load_with(engine, "none", NULL, 0);
  CHECK_FAILS(octet_weights_packed(model, 0, &data, &size, &error), OCTET_UNSUPPORTED, "none");
  octet_model_free(model);
}

/* Scales of the last layer that are negated and doubled give bias - 2 * product, those of 0 the
 * bias alone. */
static void test_any_finite_scale(octet_engine* engine, const char* scheme) {
  octet_error* error = NULL;
  octet_model* model = load_with(engine, scheme, NULL, 0);
  octet_weights weights = OCTET_INIT(octet_weights);
  CHECK_OK(octet_weights_get(model, 1, &weights, &error));
  float* scales = weights.scale.data;
  float results[3][kMlpOutputs], own[kMlpOutputs];
  memcpy(own, scales, sizeof own);
  const float factors[3] = {1, -2, 0};
  for (int i = 0; i < 3; ++i) {
    for (int n = 0; n < kMlpOutputs; ++n) scales[n] = own[n] * factors[i];
    octet_model* replaced = NULL;
    CHECK_OK(octet_model_replace_weights(model, 1, &weights, &replaced, &error));
    run(replaced, results[i]);
    octet_model_free(replaced);
  }
  for (int n = 0; n < kMlpOutputs; ++n) {
    const float product = results[0][n] - results[2][n];
    CHECK(fabsf(results[1][n] - (results[2][n] - 2 * product)) <= 1e-5f * (1 + fabsf(product)));
  }
  scales[0] = NAN;
  octet_model* refused = NULL;
  CHECK_FAILS(octet_model_replace_weights(model, 1, &weights, &refused, &error),
              OCTET_INVALID_ARGUMENT, "scale[0]");
  memcpy(scales, own, sizeof own);
  octet_weights_free(&weights);
  octet_model_free(model);
}

int main(void) {
  octet_error* error = NULL;
  octet_engine* engine = NULL;
  CHECK_OK(octet_engine_create(NULL, &engine, &error));
  test_rules(engine);
  test_refusals(engine);
  test_packed(engine);
  test_any_finite_scale(engine, "w8a8");
  test_any_finite_scale(engine, "w8");
  octet_engine_free(engine);
  return 0;
}

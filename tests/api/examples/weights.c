/* Reads the codes of one layer, doubles its scale, and sees the difference: weights MODEL.onnx */
#include <octet/octet.h>
#include <stdio.h>

#define TRY(call) \
  if (call) return fprintf(stderr, "%s\n", octet_error_message(error)), 1

int main(int argc, char** argv) {
  octet_error* error = NULL;
  octet_engine* engine = NULL;
  octet_model *model = NULL, *changed = NULL;
  octet_load_options options = OCTET_INIT(octet_load_options);
  options.quantize = OCTET_QUANTIZE_W8A8;
  TRY(octet_engine_create(NULL, &engine, &error));
  TRY(octet_model_load(engine, argv[argc - 1], &options, &model, &error));

  int32_t layer = -1;
  TRY(octet_model_find_layer(model, "fc1", &layer, &error));
  octet_weights weights = OCTET_INIT(octet_weights);
  TRY(octet_weights_get(model, layer, &weights, &error));
  const signed char* codes = weights.int_data.data;
  float* scale = weights.scale.data;
  printf("[%lld, %lld], first code %d, scale %f\n", (long long)weights.int_data.dims[0],
         (long long)weights.int_data.dims[1], codes[0], scale[0]);

  for (int64_t n = 0; n < weights.scale.dims[0]; ++n) scale[n] *= 2;
  TRY(octet_model_replace_weights(model, layer, &weights, &changed, &error));
  octet_weights_free(&weights);

  float x[32] = {1, -2, 3}, before[8], after[8];
  octet_tensor input = {.data = x, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {1, 32}};
  octet_tensor old_output = {.data = before, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {1, 8}};
  octet_tensor new_output = {.data = after, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {1, 8}};
  TRY(octet_model_run(model, &input, 1, &old_output, 1, NULL, &error)); /* goes on as it was */
  TRY(octet_model_run(changed, &input, 1, &new_output, 1, NULL, &error));
  printf("%f, %f\n", before[0], after[0]);

  octet_model_free(changed);
  octet_model_free(model);
  octet_engine_free(engine);
  return before[0] != after[0] ? 0 : 1;
}

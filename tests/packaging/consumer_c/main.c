/* A user's program: runs the model y = 2 x + 1, in float and in int8, doubles the scale of its
 * layer, and checks each value. */
#include <math.h>
#include <octet/octet.h>
#include <stdio.h>
#include <stdlib.h>

static octet_error* error = NULL;

static void check(octet_status status) {
  if (status == OCTET_OK) return;
  fprintf(stderr, "%s\n", octet_error_message(error));
  exit(1);
}

/* Runs the model on 0, 1 .. 7 and compares with factor x + 1. */
static void expect(const octet_model* model, float factor, float tolerance) {
  float x[8];
  octet_tensor input = {.data = x, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {1, 8}};
  octet_tensor output = {0};
  octet_session* session = NULL;
  for (int i = 0; i < 8; ++i) x[i] = (float)i;
  check(octet_session_create(model, &session, &error));
  check(octet_session_run(session, &input, 1, &output, 1, NULL, &error));
  for (int i = 0; i < 8; ++i) {
    const float found = ((const float*)output.data)[i], expected = factor * x[i] + 1;
    if (fabsf(found - expected) > tolerance) {
      fprintf(stderr, "y[%d] is %f, expected %f\n", i, (double)found, (double)expected);
      exit(1);
    }
  }
  octet_session_free(session);
}

int main(int argc, char** argv) {
  octet_engine* engine = NULL;
  octet_model *model = NULL, *int8_model = NULL, *replaced = NULL;
  octet_load_options options = OCTET_INIT(octet_load_options);
  octet_weights weights = OCTET_INIT(octet_weights);
  octet_weights changed = OCTET_INIT(octet_weights);
  int32_t layer = -1;
  if (argc != 2 || octet_api_version() < OCTET_API_VERSION) return 2;

  check(octet_engine_create(NULL, &engine, &error));
  check(octet_model_load(engine, argv[1], NULL, &model, &error));
  expect(model, 2, 0); /* small integers: exact */

  /* One of 255 steps over 0..7 is 0.027; half of it, times 2, is the most that an activation's code
   * can be off. */
  options.quantize = OCTET_QUANTIZE_W8A8;
  check(octet_model_load(engine, argv[1], &options, &int8_model, &error));
  expect(int8_model, 2, 0.03f);

  check(octet_model_find_layer(int8_model, "affine", &layer, &error));
  check(octet_weights_get(int8_model, layer, &weights, &error));
  if (((const int8_t*)weights.int_data.data)[0] != 127) return 3;
  changed.scale = weights.scale;
  for (int64_t i = 0; i < weights.scale.dims[0]; ++i) ((float*)changed.scale.data)[i] *= 2;
  check(octet_model_replace_weights(int8_model, layer, &changed, &replaced, &error));
  expect(replaced, 4, 0.06f);
  expect(int8_model, 2, 0.03f);

  octet_weights_free(&weights);
  octet_model_free(replaced);
  octet_model_free(int8_model);
  octet_model_free(model);
  octet_engine_free(engine);
  printf("octet %s\n", octet_version());
  return 0;
}

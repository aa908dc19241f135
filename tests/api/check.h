/* What the C tests of the C API share: checks that end the program, and inputs for the test models.
 */
#ifndef OCTET_TESTS_API_CHECK_H
#define OCTET_TESTS_API_CHECK_H

#include <octet/octet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                  \
    }                                                                           \
  } while (0)

/* The call succeeds; `error` is the variable that it fills. */
#define CHECK_OK(call)                                                                            \
  do {                                                                                            \
    const octet_status check_status = (call);                                                     \
    if (check_status != OCTET_OK || error != NULL) {                                              \
      fprintf(stderr, "%s:%d: %s: status %d: %s\n", __FILE__, __LINE__, #call, (int)check_status, \
              octet_error_message(error));                                                        \
      exit(1);                                                                                    \
    }                                                                                             \
  } while (0)

/* The call fails with this status and a text that holds `part`. */
#define CHECK_FAILS(call, expected, part)                                                   \
  do {                                                                                      \
    const octet_status check_status = (call);                                               \
    const char* check_text = octet_error_message(error);                                    \
    if (check_status != (expected) || octet_error_status(error) != (expected) ||            \
        strstr(check_text, part) == NULL) {                                                 \
      fprintf(stderr, "%s:%d: %s: status %d, expected %d and \"%s\"; text: %s\n", __FILE__, \
              __LINE__, #call, (int)check_status, (int)(expected), part, check_text);       \
      exit(1);                                                                              \
    }                                                                                       \
    octet_error_free(error);                                                                \
    error = NULL;                                                                           \
  } while (0)

#define MLP_MODEL OCTET_TEST_MODELS "/mlp.onnx"

/* mlp.onnx: x [batch, 32] -> fc1 [16, 32] -> Relu -> fc2 [8, 16] -> y [batch, 8] */
enum { kMlpInputs = 32, kMlpHidden = 16, kMlpOutputs = 8 };

static octet_tensor mlp_input(float* values, int64_t batch) {
  const octet_tensor tensor = {
      .data = values, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {batch, kMlpInputs}};
  for (int64_t i = 0; i < batch * kMlpInputs; ++i)
    values[i] = (float)((i * 37 + 11) % 64 - 32) / 32.0f;
  return tensor;
}

static octet_model* load_mlp(octet_engine* engine, octet_quantize quantize) {
  octet_error* error = NULL;
  octet_model* model = NULL;
  octet_load_options options = OCTET_INIT(octet_load_options);
  options.quantize = quantize;
  CHECK_OK(octet_model_load(engine, MLP_MODEL, &options, &model, &error));
  CHECK(model != NULL);
  return model;
}

#endif

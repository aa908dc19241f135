/* Runs a model by values, as models with sequences and optionals are run: values MODEL.onnx */
#include <octet/octet.h>
#include <stdio.h>

#define TRY(call) \
  if (call) return fprintf(stderr, "%s\n", octet_error_message(error)), 1

int main(int argc, char** argv) {
  octet_error* error = NULL;
  octet_engine* engine = NULL;
  octet_model* model = NULL;
  TRY(octet_engine_create(NULL, &engine, &error));
  TRY(octet_model_load(engine, argv[argc - 1], NULL, &model, &error));

  float rows[2][32] = {{0.5f, 0.25f}, {1}}; /* the model takes [batch, 32] */
  const octet_tensor tensor = {.data = rows, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {2, 32}};
  octet_value *x = NULL, *y = NULL;
  TRY(octet_value_from_tensor(&tensor, &x, &error));
  TRY(octet_model_run_values(model, &x, 1, &y, 1, NULL, &error));

  /* A sequence of what went in and what came out, for a model that takes one. It shares both. */
  octet_value *pair[2] = {x, y}, *sequence = NULL, *last = NULL;
  TRY(octet_value_from_elements(OCTET_VALUE_SEQUENCE, pair, 2, &sequence, &error));
  octet_value_free(x);
  octet_value_free(y);
  octet_tensor found;
  TRY(octet_value_element(sequence, octet_value_count(sequence) - 1, &last, &error));
  TRY(octet_value_tensor(last, &found, &error));
  printf("y: %lld rows, first value %f\n", (long long)found.dims[0], ((float*)found.data)[0]);
  const int right = found.rank == 2 && found.dims[0] == 2 && found.dims[1] == 8;

  octet_value_free(last);
  octet_value_free(sequence);
  octet_model_free(model);
  octet_engine_free(engine);
  return right ? 0 : 1;
}

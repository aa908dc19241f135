/* Outputs written straight to the caller's memory, sized by asking first: caller_outputs MODEL.onnx
 */
#include <octet/octet.h>
#include <stdio.h>
#include <stdlib.h>

#define TRY(call) \
  if (call) return fprintf(stderr, "%s\n", octet_error_message(error)), 1

int main(int argc, char** argv) {
  octet_error* error = NULL;
  octet_engine* engine = NULL;
  octet_model* model = NULL;
  octet_session* session = NULL;
  TRY(octet_engine_create(NULL, &engine, &error));
  TRY(octet_model_load(engine, argv[argc - 1], NULL, &model, &error));
  TRY(octet_session_create(model, &session, &error));

  enum { kBatch = 7 };
  float x[kBatch][32] = {{0.5f}};
  octet_tensor input = {.data = x, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {kBatch, 32}};
  octet_tensor output;
  TRY(octet_session_output_shapes(session, &input, 1, &output, 1, &error));
  size_t bytes = octet_dtype_size(output.dtype);
  for (int axis = 0; axis < output.rank; ++axis) bytes *= (size_t)output.dims[axis];
  float* memory = malloc(bytes);
  if (memory == NULL) return 1;
  output.data = memory;
  TRY(octet_session_run(session, &input, 1, &output, 1, NULL, &error));
  printf("%zu bytes, first value %f\n", bytes, memory[0]);
  const int kept = output.data == memory;
  free(memory);

  octet_session_free(session);
  octet_model_free(model);
  octet_engine_free(engine);
  return kept ? 0 : 1;
}

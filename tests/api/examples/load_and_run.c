/* Loads a model, looks at what it takes and gives, and runs it: load_and_run MODEL.onnx */
#include <octet/octet.h>
#include <stdio.h>

#define TRY(call) \
  if (call) return fprintf(stderr, "%s\n", octet_error_message(error)), 1

int main(int argc, char** argv) {
  octet_error* error = NULL;
  octet_engine* engine = NULL;
  octet_model* model = NULL;
  octet_session* session = NULL;
  TRY(octet_engine_create(NULL, &engine, &error));
  TRY(octet_model_load(engine, argv[argc - 1], NULL, &model, &error));

  for (int32_t i = 0; i < octet_model_input_count(model); ++i) {
    octet_value_info info = OCTET_INIT(octet_value_info);
    TRY(octet_model_input(model, i, &info, &error));
    printf("%s: %s [", info.name, octet_dtype_name(info.dtype));
    for (int axis = 0; axis < info.rank; ++axis)
      if (info.symbols[axis] != NULL)
        printf(" %s", info.symbols[axis]);
      else
        printf(" %lld", (long long)info.dims[axis]);
    printf(" ]\n");
  }

  float x[2][32] = {{1, 2, 3}, {-1}};
  octet_tensor input = {.data = x, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {2, 32}};
  octet_tensor output = {0}; /* data is NULL: the session's memory, good until its next run */
  TRY(octet_session_create(model, &session, &error));
  TRY(octet_session_run(session, &input, 1, &output, 1, NULL, &error));
  printf("%lld rows, the first starts with %f\n", (long long)output.dims[0],
         ((float*)output.data)[0]);

  octet_session_free(session);
  octet_model_free(model);
  octet_engine_free(engine);
  return output.dims[0] == 2 ? 0 : 1;
}

#include <octet/octet.h>
#include <stdio.h>

int main(int argc, char** argv) {
  octet_engine* engine = NULL;
  octet_model* model = NULL;
  octet_session* session = NULL;
  octet_error* error = NULL;
  octet_load_options options = OCTET_INIT(octet_load_options);
  options.quantize = OCTET_QUANTIZE_W8A8;
  int64_t ids[] = {101, 7592, 2088, 102}, mask[] = {1, 1, 1, 1}, types[] = {0, 0, 0, 0};
  octet_tensor inputs[] = {{.data = ids, .dtype = OCTET_INT64, .rank = 2, .dims = {1, 4}},
                           {.data = mask, .dtype = OCTET_INT64, .rank = 2, .dims = {1, 4}},
                           {.data = types, .dtype = OCTET_INT64, .rank = 2, .dims = {1, 4}}};
  octet_tensor output = {0}; /* data is NULL: the session's memory, good until its next run */
  if (octet_engine_create(NULL, &engine, &error) ||
      octet_model_load(engine, argv[argc - 1], &options, &model, &error) ||
      octet_session_create(model, &session, &error) ||
      octet_session_run(session, inputs, 3, &output, 1, NULL, &error))
    return fprintf(stderr, "%s\n", octet_error_message(error)), 1;
  printf("%d tokens, first value %f\n", (int)output.dims[1], ((float*)output.data)[0]);
  octet_session_free(session), octet_model_free(model), octet_engine_free(engine);
}

/* One model, four threads, no sessions to look after: run_from_threads MODEL.onnx */
#include <octet/octet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static octet_model* model;

/* A request: its result, or NULL for an error. */
static void* answer(void* row) {
  octet_error* error = NULL;
  octet_tensor input = {.data = row, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {1, 32}};
  static float nothing;
  for (int i = 0; i < 100; ++i) {
    octet_tensor output = {0}; /* data is NULL: allocated for us */
    if (octet_model_run(model, &input, 1, &output, 1, NULL, &error)) {
      fprintf(stderr, "%s\n", octet_error_message(error));
      octet_error_free(error);
      return NULL;
    }
    memcpy(row, output.data, 8 * sizeof(float)); /* the next request */
    octet_tensor_free(&output);
  }
  return &nothing;
}

int main(int argc, char** argv) {
  octet_error* error = NULL;
  octet_engine* engine = NULL;
  if (octet_engine_create(NULL, &engine, &error) ||
      octet_model_load(engine, argv[argc - 1], NULL, &model, &error))
    return fprintf(stderr, "%s\n", octet_error_message(error)), 1;

  enum { kThreads = 4 };
  pthread_t threads[kThreads];
  float rows[kThreads][32] = {{0}};
  int failed = 0;
  for (int t = 0; t < kThreads; ++t) pthread_create(&threads[t], NULL, answer, rows[t]);
  for (int t = 0; t < kThreads; ++t) {
    void* result = NULL;
    pthread_join(threads[t], &result);
    failed += result == NULL;
    failed += memcmp(rows[t], rows[0], sizeof rows[0]) != 0; /* same input, same bits */
  }
  printf("first value %f\n", rows[0][0]);
  octet_model_free(model);
  octet_engine_free(engine);
  return failed;
}

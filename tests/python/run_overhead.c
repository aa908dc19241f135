/* What octet_model_run costs on a model of one Add: run_overhead MODEL prints the least
 * microseconds of a call. */
#define _POSIX_C_SOURCE 199309L /* clock_gettime */
#include <octet/octet.h>
#include <stdio.h>
#include <time.h>

static double now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return 1e6 * (double)time.tv_sec + 1e-3 * (double)time.tv_nsec;
}

enum { kRounds = 200, kCalls = 100 };

int main(int argc, char** argv) {
  octet_engine* engine = NULL;
  octet_model* model = NULL;
  octet_error* error = NULL;
  octet_engine_options options = OCTET_INIT(octet_engine_options);
  options.threads = 1;
  float x[8] = {0};
  const octet_tensor input = {.data = x, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {1, 8}};
  double least = 1e9;
  if (octet_engine_create(&options, &engine, &error) ||
      octet_model_load(engine, argv[argc - 1], NULL, &model, &error))
    return fprintf(stderr, "%s\n", octet_error_message(error)), 1;
  for (int round = 0; round < kRounds; ++round) {
    const double start = now_us();
    for (int i = 0; i < kCalls; ++i) {
      octet_tensor output = {0};
      if (octet_model_run(model, &input, 1, &output, 1, NULL, &error))
        return fprintf(stderr, "%s\n", octet_error_message(error)), 1;
      octet_tensor_free(&output);
    }
    const double each = (now_us() - start) / kCalls;
    if (each < least) least = each;
  }
  printf("%.3f\n", least);
  octet_model_free(model), octet_engine_free(engine);
}

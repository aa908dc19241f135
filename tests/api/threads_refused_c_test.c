/* Where the system refuses threads (a limit of the user or the container), runs go on with those
 * there are. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

#include "check.h"

static int granted = 0; /* threads that may still be started */

/* Stands before the C library's own. */
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                   void* with) {
  int (*real)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*) = NULL;
  void* symbol = dlsym(RTLD_NEXT, "pthread_create");
  if (granted-- <= 0) return EAGAIN;
  memcpy(&real, &symbol, sizeof real);
  return real(thread, attributes, start, with);
}

static void run_with(int threads, float* first) {
  static float rows[256 * kMlpInputs];
  octet_engine* engine = NULL;
  octet_model* model = NULL;
  octet_error* error = NULL;
  octet_tensor input = mlp_input(rows, 256), output = {0};
  octet_engine_options options = OCTET_INIT(octet_engine_options);
  options.threads = 4;
  granted = threads;
  CHECK_OK(octet_engine_create(&options, &engine, &error));
  model = load_mlp(engine, OCTET_QUANTIZE_NONE);
  for (int i = 0; i < 2; ++i) {
    CHECK_OK(octet_model_run(model, &input, 1, &output, 1, NULL, &error));
    *first = ((float*)output.data)[0];
    octet_tensor_free(&output);
  }
  octet_model_free(model);
  octet_engine_free(engine);
}

int main(void) {
  float all = 0, one = 1, none = 2;
  run_with(3, &all);
  run_with(1, &one);
  run_with(0, &none);
  CHECK(all == one && all == none);
  return 0;
}

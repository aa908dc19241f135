/* Octet's work on threads of the host; here they are started for each job: host_threads MODEL.onnx
 */
#include <octet/octet.h>
#include <pthread.h>
#include <stdio.h>

enum { kThreads = 3 };

typedef struct part {
  octet_task task;
  void* context;
  int64_t index;
} part;

static void* run_part(void* given) {
  part* own = given;
  own->task(own->context, own->index);
  return NULL;
}

/* Every part once, on any thread; back when all are done. parts is at most kThreads. */
static void parallel_for(void* jobs, int64_t parts, octet_task task, void* context) {
  pthread_t threads[kThreads];
  part all[kThreads];
  for (int64_t i = 0; i < parts; ++i) all[i] = (part){task, context, i};
  for (int64_t i = 1; i < parts; ++i) pthread_create(&threads[i], NULL, run_part, &all[i]);
  run_part(&all[0]);
  for (int64_t i = 1; i < parts; ++i) pthread_join(threads[i], NULL);
  ++*(int*)jobs;
}

int main(int argc, char** argv) {
  octet_error* error = NULL;
  octet_engine* engine = NULL;
  octet_model* model = NULL;
  int jobs = 0;
  octet_engine_options options = OCTET_INIT(octet_engine_options);
  options.threads = kThreads;
  options.parallel_for = parallel_for;
  options.parallel_for_user = &jobs;
  static float x[500][32];
  octet_tensor input = {.data = x, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {500, 32}},
               output = {0};
  if (octet_engine_create(&options, &engine, &error) ||
      octet_model_load(engine, argv[argc - 1], NULL, &model, &error) ||
      octet_model_run(model, &input, 1, &output, 1, NULL, &error))
    return fprintf(stderr, "%s\n", octet_error_message(error)), 1;
  printf("%d jobs, first value %f\n", jobs, ((float*)output.data)[0]);
  octet_tensor_free(&output);
  octet_model_free(model);
  octet_engine_free(engine);
  return jobs > 0 ? 0 : 1;
}

/* An engine with two threads, a log, and limits on what a model file may be: engine_options
 * MODEL.onnx */
#include <octet/octet.h>
#include <stdio.h>

static void print_message(void* user, octet_log_level level, const char* text) {
  if (level >= OCTET_LOG_INFO) printf("octet: %s\n", text);
  ++*(int*)user;
}

int main(int argc, char** argv) {
  octet_error* error = NULL;
  octet_engine* engine = NULL;
  octet_model* model = NULL;
  int messages = 0;
  octet_engine_options options = OCTET_INIT(octet_engine_options);
  options.threads = 2;
  options.memory_limit = (int64_t)1 << 30; /* of one session */
  options.max_model_bytes = (int64_t)1 << 30;
  options.max_nodes = 10000;
  options.log = print_message;
  options.log_user = &messages;
  if (octet_engine_create(&options, &engine, &error) ||
      octet_model_load(engine, argv[argc - 1], NULL, &model, &error))
    return fprintf(stderr, "%s\n", octet_error_message(error)), 1;
  printf("%d threads, %d messages\n", octet_engine_threads(engine), messages);
  octet_model_free(model);
  octet_engine_free(engine);

  /* A file beyond a limit is refused with a text that names it. */
  options.max_model_bytes = 100;
  if (octet_engine_create(&options, &engine, &error)) return 1;
  const octet_status status = octet_model_load(engine, argv[argc - 1], NULL, &model, &error);
  printf("%s: %s\n", octet_status_name(status), octet_error_message(error));
  octet_error_free(error);
  octet_engine_free(engine);
  return messages > 0 && status == OCTET_RESOURCE_EXHAUSTED ? 0 : 1;
}

/* Stops a run from another thread, and gives one too little time: cancel MODEL.onnx */
#include <octet/octet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static void* stop(void* cancel) {
  octet_cancel_request(cancel); /* a signal handler may do so, too */
  return NULL;
}

int main(int argc, char** argv) {
  octet_error* error = NULL;
  octet_engine* engine = NULL;
  octet_model* model = NULL;
  octet_session* session = NULL;
  octet_cancel* cancel = NULL;
  if (octet_engine_create(NULL, &engine, &error) ||
      octet_model_load(engine, argv[argc - 1], NULL, &model, &error) ||
      octet_session_create(model, &session, &error) || octet_cancel_create(&cancel, &error))
    return fprintf(stderr, "%s\n", octet_error_message(error)), 1;

  const int64_t batch = 200000;
  octet_tensor input = {.data = calloc((size_t)batch * 32, sizeof(float)),
                        .dtype = OCTET_FLOAT32,
                        .rank = 2,
                        .dims = {batch, 32}};
  octet_tensor output = {0};
  octet_run_options options = OCTET_INIT(octet_run_options);
  options.cancel = cancel;
  pthread_t thread;
  pthread_create(&thread, NULL, stop, cancel);
  octet_status status = OCTET_OK;
  while (status == OCTET_OK)
    status = octet_session_run(session, &input, 1, &output, 1, &options, &error);
  pthread_join(thread, NULL);
  printf("%s: %s\n", octet_status_name(status), octet_error_message(error));
  octet_error_free(error);

  octet_cancel_reset(cancel); /* the session goes on as if nothing had been */
  const octet_status again = octet_session_run(session, &input, 1, &output, 1, &options, &error);
  options.timeout_ms = 0.001;
  const octet_status late = octet_session_run(session, &input, 1, &output, 1, &options, &error);
  printf("%s: %s\n", octet_status_name(late), octet_error_message(error));
  octet_error_free(error);

  free(input.data);
  octet_cancel_free(cancel);
  octet_session_free(session);
  octet_model_free(model);
  octet_engine_free(engine);
  return status == OCTET_CANCELLED && again == OCTET_OK && late == OCTET_DEADLINE_EXCEEDED ? 0 : 1;
}

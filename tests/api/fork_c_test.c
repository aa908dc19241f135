/* A forked child runs with the engine, model and session that it inherits, and gets the same bits.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "tests/api/check.h"

enum { kBatch = 300 };
static float values[kBatch * kMlpInputs], expected[kBatch * kMlpOutputs];

static void run(octet_session* session, octet_model* model) {
  octet_error* error = NULL;
  const octet_tensor input = mlp_input(values, kBatch);
  octet_tensor output = {0}, lent = {0};
  CHECK_OK(octet_session_run(session, &input, 1, &output, 1, NULL, &error));
  CHECK(memcmp(output.data, expected, sizeof expected) == 0);
  CHECK_OK(octet_model_run(model, &input, 1, &lent, 1, NULL, &error));
  CHECK(memcmp(lent.data, expected, sizeof expected) == 0);
  octet_tensor_free(&lent);
}

int main(void) {
#ifdef __SANITIZE_THREAD__
  return 0; /* ThreadSanitizer lets no child of a process with threads start any */
#endif
  octet_error* error = NULL;
  octet_engine_options options = OCTET_INIT(octet_engine_options);
  options.threads = 2;
  octet_engine* engine = NULL;
  octet_session* session = NULL;
  CHECK_OK(octet_engine_create(&options, &engine, &error));
  octet_model* model = load_mlp(engine, OCTET_QUANTIZE_W8A8);
  CHECK_OK(octet_session_create(model, &session, &error));
  const octet_tensor input = mlp_input(values, kBatch);
  octet_tensor output = {
      .data = expected, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {kBatch, kMlpOutputs}};
  CHECK_OK(octet_session_run(session, &input, 1, &output, 1, NULL, &error));

  const pid_t child = fork();
  CHECK(child >= 0);
  run(session, model); /* parent and child at once */
  octet_model* again = load_mlp(engine, OCTET_QUANTIZE_NONE);
  octet_model_free(again);
  octet_session_free(session);
  octet_model_free(model);
  octet_engine_free(engine);
  if (child == 0) _exit(0);
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  return 0;
}

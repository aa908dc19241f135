/* Where the time of a run goes, node by node: profile MODEL.onnx */
#include <octet/octet.h>
#include <stdio.h>
#include <string.h>

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

  static float x[100][32];
  octet_tensor input = {.data = x, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {100, 32}},
               output = {0};
  TRY(octet_session_run(session, &input, 1, &output, 1, NULL, &error)); /* the first is slower */
  TRY(octet_session_profile(session, 1, &error));
  for (int i = 0; i < 3; ++i) TRY(octet_session_run(session, &input, 1, &output, 1, NULL, &error));
  const char* json = octet_session_profile_json(session); /* or octet_session_trace: every call */
  printf("%s\n", json);
  const int found = strstr(json, "\"runs\":3") != NULL && strstr(json, "\"kernel\":") != NULL;
  TRY(octet_session_profile(session, 0, &error)); /* and the runs to come cost nothing more */

  octet_session_free(session);
  octet_model_free(model);
  octet_engine_free(engine);
  return found ? 0 : 1;
}

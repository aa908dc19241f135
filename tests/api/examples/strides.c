/* Tensors where they lie: the input is the transpose of a matrix, the output goes into the right
 * part of a wider one: strides MODEL.onnx */
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
  TRY(octet_session_create(model, &session, &error));

  enum { kBatch = 7 };
  float columns[32][kBatch] = {{0.5f, 0.25f}}; /* the model takes [batch, 32] */
  float wide[kBatch][10] = {{1, 2}};           /* two columns of ours, eight of the model's */
  const int64_t by_column[] = {1, kBatch}; /* in elements: to the next row, to the next column */
  const int64_t in_wide[] = {10, 1};
  octet_tensor input = {.data = columns,
                        .dtype = OCTET_FLOAT32,
                        .rank = 2,
                        .dims = {kBatch, 32},
                        .strides = by_column};
  octet_tensor output = {.data = &wide[0][2],
                         .dtype = OCTET_FLOAT32,
                         .rank = 2,
                         .dims = {kBatch, 8},
                         .strides = in_wide};
  TRY(octet_session_run(session, &input, 1, &output, 1, NULL, &error));
  printf("first row: %f %f | %f ..\n", wide[0][0], wide[0][1], wide[0][2]);
  const int kept = wide[0][0] == 1 && wide[0][1] == 2 && wide[0][2] != 0;

  octet_session_free(session);
  octet_model_free(model);
  octet_engine_free(engine);
  return kept ? 0 : 1;
}

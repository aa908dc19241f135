/* Values in the C API from C99: what they are, and models that take and give them. */
#include "tests/api/check.h"

#define SEQUENCE_MODEL OCTET_TEST_MODELS "/sequence.onnx"

static octet_value* vector(float* data, int64_t count) {
  octet_error* error = NULL;
  octet_value* value = NULL;
  const octet_tensor tensor = {.data = data, .dtype = OCTET_FLOAT32, .rank = 1, .dims = {count}};
  CHECK_OK(octet_value_from_tensor(&tensor, &value, &error));
  return value;
}

static octet_value* of_elements(octet_value_kind kind, octet_value* const* elements,
                                int64_t count) {
  octet_error* error = NULL;
  octet_value* value = NULL;
  CHECK_OK(octet_value_from_elements(kind, elements, count, &value, &error));
  return value;
}

/* That element `index` is this vector. */
static void check_element(const octet_value* sequence, int64_t index, int64_t count,
                          const float* expected) {
  octet_error* error = NULL;
  octet_value* element = NULL;
  octet_tensor tensor;
  CHECK_OK(octet_value_element(sequence, index, &element, &error));
  CHECK_OK(octet_value_tensor(element, &tensor, &error));
  CHECK(tensor.dtype == OCTET_FLOAT32 && tensor.rank == 1 && tensor.dims[0] == count);
  CHECK(memcmp(tensor.data, expected, (size_t)count * sizeof(float)) == 0);
  octet_value_free(element);
}

static void test_values(void) {
  octet_error* error = NULL;
  float one[] = {1}, two[] = {2, 3};
  octet_value* pair[2] = {vector(one, 1), vector(two, 2)};
  octet_value* sequence = of_elements(OCTET_VALUE_SEQUENCE, pair, 2);
  octet_value* optional = of_elements(OCTET_VALUE_OPTIONAL, &sequence, 1);
  octet_value* empty = of_elements(OCTET_VALUE_OPTIONAL, NULL, 0);
  octet_value* none = of_elements(OCTET_VALUE_SEQUENCE, NULL, 0);
  CHECK(octet_value_get_kind(pair[0]) == OCTET_VALUE_TENSOR && octet_value_count(pair[0]) == 1);
  CHECK(octet_value_get_kind(sequence) == OCTET_VALUE_SEQUENCE && octet_value_count(sequence) == 2);
  CHECK(octet_value_get_kind(optional) == OCTET_VALUE_OPTIONAL && octet_value_count(optional) == 1);
  CHECK(octet_value_get_kind(empty) == OCTET_VALUE_OPTIONAL && octet_value_count(empty) == 0);
  CHECK(octet_value_count(none) == 0 && octet_value_count(NULL) == 0);
  octet_value_free(NULL);

  octet_value* wrong = NULL;
  octet_tensor tensor = {.rank = 7};
  CHECK_FAILS(octet_value_from_elements(OCTET_VALUE_OPTIONAL, pair, 2, &wrong, &error),
              OCTET_INVALID_ARGUMENT, "expected 0 or 1");
  CHECK_FAILS(octet_value_from_elements(OCTET_VALUE_TENSOR, pair, 1, &wrong, &error),
              OCTET_INVALID_ARGUMENT, "kind is 0");
  CHECK_FAILS(octet_value_from_elements(OCTET_VALUE_SEQUENCE, pair, -1, &wrong, &error),
              OCTET_INVALID_ARGUMENT, "-1");
  octet_value* mixed[2] = {pair[0], sequence};
  CHECK_FAILS(octet_value_from_elements(OCTET_VALUE_SEQUENCE, mixed, 2, &wrong, &error),
              OCTET_INVALID_ARGUMENT, "element 1 is a sequence of tensor of float32, expected");
  mixed[1] = NULL;
  CHECK_FAILS(octet_value_from_elements(OCTET_VALUE_SEQUENCE, mixed, 2, &wrong, &error),
              OCTET_INVALID_ARGUMENT, "element 1 is NULL");
  CHECK_FAILS(octet_value_element(sequence, 2, &wrong, &error), OCTET_INVALID_ARGUMENT, "below 2");
  CHECK_FAILS(octet_value_element(pair[0], 0, &wrong, &error), OCTET_INVALID_ARGUMENT, "a tensor");
  CHECK_FAILS(octet_value_tensor(sequence, &tensor, &error), OCTET_INVALID_ARGUMENT, "a sequence");
  CHECK(wrong == NULL && tensor.rank == 7);

  /* What is shared lives as long as somebody has it. */
  octet_value_free(pair[0]);
  octet_value_free(pair[1]);
  octet_value_free(sequence);
  octet_value* again = NULL;
  CHECK_OK(octet_value_element(optional, 0, &again, &error));
  octet_value_free(optional);
  check_element(again, 1, 2, two);
  octet_value_free(again);
  octet_value_free(empty);
  octet_value_free(none);
}

static void test_depth(void) {
  octet_error* error = NULL;
  float data[] = {1};
  octet_value *value = vector(data, 1), *outer = NULL;
  for (int depth = 2; depth <= 8; ++depth) {
    outer = of_elements(OCTET_VALUE_SEQUENCE, &value, 1);
    octet_value_free(value);
    value = outer;
  }
  CHECK_FAILS(octet_value_from_elements(OCTET_VALUE_SEQUENCE, &value, 1, &outer, &error),
              OCTET_UNSUPPORTED, "8 values deep");
  octet_value_free(value);
}

/* sequence.onnx: seq, x, opt -> longer = seq with x behind it, joined = all of it, has = is opt
 * there */
static void test_infos(const octet_model* model) {
  octet_error* error = NULL;
  octet_value_info info = OCTET_INIT(octet_value_info);
  CHECK_OK(octet_model_input(model, 0, &info, &error));
  CHECK(info.kind == OCTET_VALUE_SEQUENCE && info.element_kind == OCTET_VALUE_TENSOR);
  CHECK(info.dtype == OCTET_FLOAT32 && info.rank == 1 && info.dims[0] == -1);
  CHECK(info.symbols[0] == NULL);
  CHECK_OK(octet_model_input(model, 1, &info, &error));
  CHECK(info.kind == OCTET_VALUE_TENSOR && info.rank == 1 && strcmp(info.symbols[0], "n") == 0);
  CHECK_OK(octet_model_input(model, 2, &info, &error));
  CHECK(info.kind == OCTET_VALUE_OPTIONAL && info.element_kind == OCTET_VALUE_SEQUENCE);
  CHECK(info.dtype == OCTET_INT64 && info.rank == -1);
  CHECK_OK(octet_model_output(model, 0, &info, &error));
  CHECK(info.kind == OCTET_VALUE_SEQUENCE && info.rank == 1);
}

static void test_runs(const octet_model* model) {
  octet_error* error = NULL;
  octet_session* session = NULL;
  CHECK_OK(octet_session_create(model, &session, &error));
  float one[] = {1}, two[] = {2, 3}, x[] = {4, 5, 6};
  octet_value* pair[2] = {vector(one, 1), vector(two, 2)};
  octet_value* inputs[3] = {of_elements(OCTET_VALUE_SEQUENCE, pair, 2), vector(x, 3),
                            of_elements(OCTET_VALUE_OPTIONAL, NULL, 0)};
  for (int round = 0; round < 3; ++round) {
    octet_value* outputs[3] = {NULL, NULL, NULL};
    if (round == 0)
      CHECK_OK(octet_model_run_values(model, inputs, 3, outputs, 3, NULL, &error));
    else
      CHECK_OK(octet_session_run_values(session, inputs, 3, outputs, 3, NULL, &error));
    if (round == 2) octet_session_free(session); /* outputs live on */
    CHECK(octet_value_count(outputs[0]) == 3);
    check_element(outputs[0], 0, 1, one);
    check_element(outputs[0], 2, 3, x);
    octet_tensor tensor;
    const float joined[] = {1, 2, 3, 4, 5, 6};
    CHECK_OK(octet_value_tensor(outputs[1], &tensor, &error));
    CHECK(tensor.rank == 1 && tensor.dims[0] == 6 && tensor.strides == NULL);
    CHECK(memcmp(tensor.data, joined, sizeof joined) == 0);
    CHECK_OK(octet_value_tensor(outputs[2], &tensor, &error));
    CHECK(tensor.dtype == OCTET_BOOL && tensor.rank == 0 && *(char*)tensor.data == 0);
    for (int i = 0; i < 3; ++i) octet_value_free(outputs[i]);
  }

  /* Memory of the caller: with room for more than comes, and too little. */
  float room[8] = {0};
  octet_value* outputs[3] = {NULL, vector(room, 8), NULL};
  CHECK_OK(octet_model_run_values(model, inputs, 3, outputs, 3, NULL, &error));
  octet_tensor tensor;
  CHECK_OK(octet_value_tensor(outputs[1], &tensor, &error));
  CHECK(tensor.data == room && tensor.dims[0] == 6 && room[5] == 6 && room[6] == 0);
  for (int i = 0; i < 3; ++i) octet_value_free(outputs[i]);
  octet_value* little[3] = {NULL, vector(room, 5), NULL};
  CHECK_FAILS(octet_model_run_values(model, inputs, 3, little, 3, NULL, &error),
              OCTET_INVALID_ARGUMENT, "room");
  CHECK(little[0] == NULL && little[2] == NULL);
  octet_value_free(little[1]);
  octet_value* no_place[3] = {vector(room, 8), NULL, NULL};
  CHECK_FAILS(octet_model_run_values(model, inputs, 3, no_place, 3, NULL, &error),
              OCTET_INVALID_ARGUMENT, "only tensors go to memory of the caller");
  octet_value_free(no_place[0]);

  /* What is wrong with the inputs. */
  octet_value* made[3] = {NULL, NULL, NULL};
  octet_value* bad[3] = {inputs[1], inputs[1], inputs[2]};
  CHECK_FAILS(octet_model_run_values(model, bad, 3, made, 3, NULL, &error), OCTET_INVALID_ARGUMENT,
              "input \"seq\": found float32[3], expected sequence(float32[?])");
  bad[0] = NULL;
  CHECK_FAILS(octet_model_run_values(model, bad, 3, made, 3, NULL, &error), OCTET_INVALID_ARGUMENT,
              "input \"seq\" is NULL");
  bad[0] = bad[1] = inputs[0];
  CHECK_FAILS(octet_model_run_values(model, bad, 3, made, 3, NULL, &error), OCTET_INVALID_ARGUMENT,
              "input \"x\": found a sequence, expected a tensor");
  CHECK_FAILS(octet_model_run_values(model, inputs, 2, made, 3, NULL, &error),
              OCTET_INVALID_ARGUMENT, "3 inputs, 2 were given");
  octet_tensor tensors[3] = {{0}, {0}, {0}};
  CHECK_FAILS(octet_model_run(model, tensors, 3, tensors, 3, NULL, &error), OCTET_INVALID_ARGUMENT,
              "octet_model_run_values");
  for (int i = 0; i < 3; ++i) octet_value_free(inputs[i]);
  for (int i = 0; i < 2; ++i) octet_value_free(pair[i]);
}

/* Models of tensors run by values, too, with the numbers of a run by tensors. */
static void test_tensors(octet_engine* engine) {
  octet_error* error = NULL;
  octet_model* model = load_mlp(engine, OCTET_QUANTIZE_W8A8);
  float values[3 * kMlpInputs], plain[3 * kMlpOutputs], own[3 * kMlpOutputs];
  const octet_tensor input = mlp_input(values, 3);
  octet_tensor output = {
      .data = plain, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {3, kMlpOutputs}};
  CHECK_OK(octet_model_run(model, &input, 1, &output, 1, NULL, &error));
  octet_value *x = NULL, *y = NULL;
  CHECK_OK(octet_value_from_tensor(&input, &x, &error));
  CHECK_OK(octet_model_run_values(model, &x, 1, &y, 1, NULL, &error));
  octet_tensor made;
  CHECK_OK(octet_value_tensor(y, &made, &error));
  CHECK(made.data != plain && memcmp(made.data, plain, sizeof plain) == 0);
  octet_value_free(y);
  output.data = own;
  CHECK_OK(octet_value_from_tensor(&output, &y, &error));
  CHECK_OK(octet_model_run_values(model, &x, 1, &y, 1, NULL, &error));
  CHECK(memcmp(own, plain, sizeof plain) == 0);
  octet_value_free(x);
  octet_value_free(y);
  octet_model_free(model);
}

int main(void) {
  octet_error* error = NULL;
  octet_engine* engine = NULL;
  octet_model* model = NULL;
  test_values();
  test_depth();
  CHECK_OK(octet_engine_create(NULL, &engine, &error));
  CHECK_OK(octet_model_load(engine, SEQUENCE_MODEL, NULL, &model, &error));
  test_infos(model);
  test_runs(model);
  test_tensors(engine);
  octet_model_free(model);
  octet_engine_free(engine);
  return 0;
}

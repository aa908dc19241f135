/* The C API from C99: tensors with strides give the bits of row-major ones and touch nothing
 * else. */
#include "tests/api/check.h"

enum { kBatch = 5, kIn = kMlpInputs, kOut = kMlpOutputs };
static const float kCanary = -12345.5f;

static octet_error* error = NULL;
static float x[kBatch * kIn], y[kBatch * kOut]; /* row-major: what all runs must agree with */

static octet_tensor view(void* data, int64_t rows, int64_t columns, const int64_t* strides) {
  return (octet_tensor){
      .data = data, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {rows, columns}, .strides = strides};
}

/* One way to lay out a matrix: the place of [0, 0] in a buffer, and the strides. */
typedef struct form {
  const char* name;
  int64_t first, strides[2];
} form;
enum { kRoom = 4096 };

/* Rows of at most 32 columns. */
static const form kForms[] = {{"row-major, said by strides", 100, {kIn, 1}},
                              {"padded rows", 100, {45, 1}},
                              {"transposed", 100, {1, kBatch}},
                              {"transposed and padded", 100, {1, 9}},
                              {"every second element", 100, {80, 2}},
                              {"rows turned around", 100 + 4 * 40, {-40, 1}},
                              {"columns turned around", 100 + 31, {40, -1}},
                              {"both turned around", 100 + 4 * 33 + 31, {-33, -1}},
                              {"transposed and turned around", 100 + 31 * 7, {1, -7}}};
enum { kFormCount = sizeof kForms / sizeof kForms[0] };

static int64_t place(const form* f, int64_t row, int64_t column) {
  return f->first + row * f->strides[0] + column * f->strides[1];
}

static void fill(float* room) {
  for (int i = 0; i < kRoom; ++i) room[i] = kCanary;
}

static void lay_out(const form* f, const float* matrix, int64_t columns, float* room) {
  fill(room);
  for (int64_t r = 0; r < kBatch; ++r)
    for (int64_t c = 0; c < columns; ++c) room[place(f, r, c)] = matrix[r * columns + c];
}

/* The elements are where they belong, and nothing else was written. */
static void check_laid_out(const form* f, const float* matrix, int64_t columns, float* room) {
  for (int64_t r = 0; r < kBatch; ++r)
    for (int64_t c = 0; c < columns; ++c) {
      float* element = room + place(f, r, c);
      if (memcmp(element, matrix + r * columns + c, sizeof *element) != 0)
        fprintf(stderr, "%s: [%d, %d] is %f\n", f->name, (int)r, (int)c, *element), exit(1);
      *element = kCanary;
    }
  for (int i = 0; i < kRoom; ++i)
    if (room[i] != kCanary)
      fprintf(stderr, "%s: wrote to place %d, which is no element\n", f->name, i), exit(1);
}

/* The part of the room from the first element to the last and no more, so that a sanitizer sees
 * what is read or written beyond it. *first: the place of [0, 0] in it, *in_room: its own. To be
 * freed. */
static float* exact_part(const form* f, int64_t columns, const float* room, int64_t* first,
                         int64_t* in_room, size_t* size) {
  int64_t least = f->first, most = f->first;
  for (int64_t r = 0; r < kBatch; r += kBatch - 1)
    for (int64_t c = 0; c < columns; c += columns - 1) {
      if (place(f, r, c) < least) least = place(f, r, c);
      if (place(f, r, c) > most) most = place(f, r, c);
    }
  *first = f->first - least;
  *in_room = least;
  *size = (size_t)(most - least + 1) * sizeof *room;
  float* part = malloc(*size);
  CHECK(part != NULL);
  return memcpy(part, room + least, *size);
}

static void test_inputs(octet_session* session, const octet_model* model) {
  static float room[kRoom];
  for (int i = 0; i < kFormCount; ++i) {
    lay_out(&kForms[i], x, kIn, room);
    const octet_tensor input = view(room + kForms[i].first, kBatch, kIn, kForms[i].strides);
    octet_tensor output = {0};
    CHECK_OK(octet_session_run(session, &input, 1, &output, 1, NULL, &error));
    CHECK(output.strides == NULL && output.device.kind == OCTET_DEVICE_CPU);
    CHECK(memcmp(output.data, y, sizeof y) == 0);
    octet_tensor lent = {0};
    CHECK_OK(octet_model_run(model, &input, 1, &lent, 1, NULL, &error));
    CHECK(lent.strides == NULL && memcmp(lent.data, y, sizeof y) == 0);
    octet_tensor_free(&lent);
    int64_t first = 0, in_room = 0;
    size_t size = 0;
    float* part = exact_part(&kForms[i], kIn, room, &first, &in_room, &size);
    const octet_tensor exact = view(part + first, kBatch, kIn, kForms[i].strides);
    CHECK_OK(octet_session_run(session, &exact, 1, &output, 1, NULL, &error));
    CHECK(memcmp(output.data, y, sizeof y) == 0);
    free(part);
    check_laid_out(&kForms[i], x, kIn, room); /* inputs are only read */
  }
}

static void test_outputs(octet_session* session, const octet_model* model) {
  static float room[kRoom];
  const octet_tensor input = view(x, kBatch, kIn, NULL);
  for (int i = 0; i < kFormCount; ++i) {
    const octet_tensor given = view(room + kForms[i].first, kBatch, kOut, kForms[i].strides);
    octet_tensor output = given;
    fill(room);
    CHECK_OK(octet_session_run(session, &input, 1, &output, 1, NULL, &error));
    CHECK(memcmp(&output, &given, sizeof given) == 0);
    check_laid_out(&kForms[i], y, kOut, room);
    CHECK_OK(octet_model_run(model, &input, 1, &output, 1, NULL, &error));
    check_laid_out(&kForms[i], y, kOut, room);
    int64_t first = 0, in_room = 0;
    size_t size = 0;
    float* part = exact_part(&kForms[i], kOut, room, &first, &in_room, &size);
    octet_tensor exact = view(part + first, kBatch, kOut, kForms[i].strides);
    CHECK_OK(octet_session_run(session, &input, 1, &exact, 1, NULL, &error));
    memcpy(room + in_room, part, size);
    free(part);
    check_laid_out(&kForms[i], y, kOut, room);
  }
  /* Both at once: input and output are columns of one matrix, but of other rows. */
  int64_t strides[] = {kIn + kOut, 1};
  lay_out(&(form){"", 0, {kIn + kOut, 1}}, x, kIn, room);
  const octet_tensor left = view(room, kBatch, kIn, strides);
  octet_tensor below = view(room + kBatch * (kIn + kOut) + kIn, kBatch, kOut, strides);
  CHECK_OK(octet_session_run(session, &left, 1, &below, 1, NULL, &error));
  for (int r = 0; r < kBatch; ++r)
    CHECK(memcmp((float*)below.data + r * strides[0], y + r * kOut, kOut * sizeof *y) == 0);
}

/* One row, five times; and strides of axes with fewer than two indices, which may be anything. */
static void test_broadcast(octet_session* session) {
  int64_t strides[] = {0, 1};
  const octet_tensor one = view(x + kIn, kBatch, kIn, strides);
  octet_tensor output = {0};
  CHECK_OK(octet_session_run(session, &one, 1, &output, 1, NULL, &error));
  for (int r = 0; r < kBatch; ++r)
    CHECK(memcmp((float*)output.data + r * kOut, y + kOut, kOut * sizeof *y) == 0);

  strides[0] = INT64_MIN;
  const octet_tensor row = view(x, 1, kIn, strides);
  octet_tensor result = view(output.data, 1, kOut, strides);
  float own[kOut];
  result.data = own;
  CHECK_OK(octet_session_run(session, &row, 1, &result, 1, NULL, &error));
  CHECK(memcmp(own, y, sizeof own) == 0);
  const octet_tensor none = view(x, 0, kIn, strides);
  octet_tensor empty = {0};
  CHECK_OK(octet_session_run(session, &none, 1, &empty, 1, NULL, &error));
  CHECK(empty.dims[0] == 0 && empty.dims[1] == kOut);
}

static void test_shapes(octet_session* session) {
  const int64_t strides[] = {1, kBatch};
  const octet_tensor input = view(x, kBatch, kIn, strides);
  octet_tensor shape;
  memset(&shape, 0x7f, sizeof shape);
  CHECK_OK(octet_session_output_shapes(session, &input, 1, &shape, 1, &error));
  CHECK(shape.data == NULL && shape.dims[0] == kBatch && shape.dims[1] == kOut);
  CHECK(shape.strides == NULL && shape.reserved[0] == 0 && shape.reserved[1] == 0);
  CHECK(shape.device.kind == OCTET_DEVICE_CPU && shape.device.index == 0);
}

/* Weights given column by column, scales turned around, one value for all: as if row-major. */
static void test_weights(octet_engine* engine) {
  octet_model *model = load_mlp(engine, OCTET_QUANTIZE_W8A8), *replaced = NULL;
  octet_weights own = OCTET_INIT(octet_weights), again = OCTET_INIT(octet_weights);
  CHECK_OK(octet_weights_get(model, 1, &own, &error));
  CHECK(own.int_data.strides == NULL && own.int_data.reserved[0] == 0);
  int8_t codes[kMlpHidden * 11];
  float scales[kOut];
  for (int n = 0; n < kOut; ++n) {
    scales[kOut - 1 - n] = ((float*)own.scale.data)[n];
    for (int k = 0; k < kMlpHidden; ++k)
      codes[k * 11 + n] = ((int8_t*)own.int_data.data)[n * kMlpHidden + k];
  }
  const int64_t by_column[] = {1, 11}, backwards[] = {-1}, same[] = {0};
  octet_weights given = own;
  given.int_data.data = codes;
  given.int_data.strides = by_column;
  given.scale.data = scales + kOut - 1;
  given.scale.strides = backwards;
  CHECK_OK(octet_model_replace_weights(model, 1, &given, &replaced, &error));
  CHECK_OK(octet_weights_get(replaced, 1, &again, &error));
  CHECK(memcmp(again.int_data.data, own.int_data.data, kOut * kMlpHidden) == 0);
  CHECK(memcmp(again.scale.data, own.scale.data, kOut * sizeof(float)) == 0);
  octet_weights_free(&again);
  octet_model_free(replaced);
  replaced = NULL;

  given.scale.data = scales;
  given.scale.strides = same;
  CHECK_OK(octet_model_replace_weights(model, 1, &given, &replaced, &error));
  CHECK_OK(octet_weights_get(replaced, 1, &again, &error));
  for (int n = 0; n < kOut; ++n) CHECK(((float*)again.scale.data)[n] == scales[0]);
  octet_weights_free(&again);
  octet_model_free(replaced);
  replaced = NULL;

  given.scale.dims[0] = (int64_t)1 << 40; /* of one number */
  CHECK_FAILS(octet_model_replace_weights(model, 1, &given, &replaced, &error),
              OCTET_INVALID_ARGUMENT, "scale has shape 1099511627776");
  given.scale.dims[0] = kOut;
  given.scale.device.kind = OCTET_DEVICE_CUDA;
  CHECK_FAILS(octet_model_replace_weights(model, 1, &given, &replaced, &error), OCTET_UNSUPPORTED,
              "scale: device is cuda:0");
  CHECK(replaced == NULL);
  octet_weights_free(&own);
  octet_model_free(model);
}

int main(void) {
  octet_engine* engine = NULL;
  octet_engine_options options = OCTET_INIT(octet_engine_options);
  options.threads = 2;
  CHECK_OK(octet_engine_create(&options, &engine, &error));
  octet_model* model = load_mlp(engine, OCTET_QUANTIZE_NONE);
  octet_session* session = NULL;
  CHECK_OK(octet_session_create(model, &session, &error));
  const octet_tensor input = mlp_input(x, kBatch);
  octet_tensor output = view(y, kBatch, kOut, NULL);
  CHECK_OK(octet_session_run(session, &input, 1, &output, 1, NULL, &error));

  test_inputs(session, model);
  test_outputs(session, model);
  test_broadcast(session);
  test_shapes(session);
  test_weights(engine);
  octet_session_free(session);
  octet_model_free(model);
  octet_engine_free(engine);
  return 0;
}

/* The C API from C99: what of a tensor is refused: strides, overlaps, devices, reserved fields and
 * types. */
#include "tests/api/check.h"

enum { kBatch = 5, kIn = kMlpInputs, kOut = kMlpOutputs, kRoom = 4096 };
static const float kCanary = -12345.5f;

static octet_error* error = NULL;
static float x[kBatch * kIn];

static octet_tensor view(void* data, int64_t rows, int64_t columns, const int64_t* strides) {
  return (octet_tensor){
      .data = data, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {rows, columns}, .strides = strides};
}

static void fill(float* room) {
  for (int i = 0; i < kRoom; ++i) room[i] = kCanary;
}

#define REFUSED(input, output, status, part) \
  CHECK_FAILS(octet_session_run(session, input, 1, output, 1, NULL, &error), status, part)

static void test_refused_strides(octet_session* session) {
  static float room[kRoom];
  fill(room);
  const octet_tensor input = view(x, kBatch, kIn, NULL);
  octet_tensor lent = {0};
  /* {row, column}: several elements in one place. */
  const int64_t crowded[][2] = {{0, 1}, {1, 0}, {kOut - 1, 1}, {1, 1}, {-1, 1}, {0, 0}, {5, 4}};
  for (size_t i = 0; i < sizeof crowded / sizeof crowded[0]; ++i) {
    octet_tensor output = view(room + 100, kBatch, kOut, crowded[i]);
    REFUSED(&input, &output, OCTET_INVALID_ARGUMENT, "output \"y\": strides [");
    REFUSED(&input, &output, OCTET_INVALID_ARGUMENT, "in one place, expected");
  }
  const int64_t far[][2] = {{INT64_MAX, 1},      {INT64_MIN, 1},           {INT64_MAX / 4, 1},
                            {1, INT64_MAX / 31}, {-((int64_t)1 << 50), 1}, {INT64_MIN / 4, 1},
                            {INT64_MIN / 16, -1}};
  for (size_t i = 0; i < sizeof far / sizeof far[0]; ++i) {
    const octet_tensor wrong = view(x, kBatch, kIn, far[i]);
    REFUSED(&wrong, &lent, OCTET_INVALID_ARGUMENT, "input \"x\": strides [");
    REFUSED(&wrong, &lent, OCTET_INVALID_ARGUMENT, "elements (not bytes)");
    octet_tensor output = view(room + 100, kBatch, kIn, far[i]);
    REFUSED(&input, &output, OCTET_INVALID_ARGUMENT, "output \"y\": strides [");
  }
  for (int i = 0; i < kRoom; ++i) CHECK(room[i] == kCanary);
}

static void test_overlaps(octet_session* session) {
  static float room[kRoom];
  const int64_t padded[] = {kIn + kOut, 1}, turned[] = {-(kIn + kOut), 1};
  octet_tensor input = view(room, kBatch, kIn, NULL);
  octet_tensor output = view(room + kBatch * kIn - 1, kBatch, kOut, NULL);
  REFUSED(&input, &output, OCTET_INVALID_ARGUMENT,
          "output \"y\": its memory overlaps input \"x\"'s");
  output.data = room + kBatch * kIn;
  CHECK_OK(octet_session_run(session, &input, 1, &output, 1, NULL, &error));
  /* From the first element to the last, gaps included. */
  input.strides = padded;
  output.data = room + kIn;
  output.strides = padded;
  REFUSED(&input, &output, OCTET_INVALID_ARGUMENT, "overlaps");
  input.data = room + 4 * (kIn + kOut);
  input.strides = turned;
  output.data = room;
  REFUSED(&input, &output, OCTET_INVALID_ARGUMENT, "overlaps");
  CHECK(output.data == room);
}

/* An input of 2^40 elements that are all one. */
static void test_endless_broadcast(octet_session* session) {
  const int64_t strides[] = {0, 1};
  const octet_tensor input = view(x, (int64_t)1 << 40, kIn, strides);
  octet_tensor lent = {0};
  REFUSED(&input, &lent, OCTET_RESOURCE_EXHAUSTED, "memory limit");
}

static void test_refused_fields(octet_session* session, const octet_model* model) {
  const octet_tensor good = view(x, kBatch, kIn, NULL);
  octet_tensor input = good, output = {0};
  input.device.kind = OCTET_DEVICE_CUDA;
  input.device.index = 1;
  REFUSED(&input, &output, OCTET_UNSUPPORTED, "input \"x\": device is cuda:1, expected cpu:0");
  REFUSED(&input, &output, OCTET_UNSUPPORTED, "no device backend; copy the elements");
  input.device.kind = OCTET_DEVICE_CUDA_HOST;
  REFUSED(&input, &output, OCTET_UNSUPPORTED, "cuda_host:1");
  input.device.kind = 77;
  REFUSED(&input, &output, OCTET_UNSUPPORTED, "kind 77");
  input.device.kind = OCTET_DEVICE_CPU;
  REFUSED(&input, &output, OCTET_INVALID_ARGUMENT, "cpu:1");
  CHECK_FAILS(octet_session_output_shapes(session, &input, 1, &output, 1, &error),
              OCTET_INVALID_ARGUMENT, "cpu:1");
  input = good;
  input.reserved[1] = 1;
  REFUSED(&input, &output, OCTET_INVALID_ARGUMENT, "input \"x\": octet_tensor.reserved is not 0");
  /* Of an output without memory, too: these fields ask for something. */
  output.reserved[0] = 1;
  REFUSED(&good, &output, OCTET_INVALID_ARGUMENT, "output \"y\": octet_tensor.reserved");
  output.reserved[0] = 0;
  output.device.kind = OCTET_DEVICE_CUDA;
  CHECK_FAILS(octet_model_run(model, &good, 1, &output, 1, NULL, &error), OCTET_UNSUPPORTED,
              "output \"y\": device is cuda:0");
  CHECK(output.data == NULL && output.rank == 0);
  /* The rest of such an output is filled in, whatever it was. */
  const int64_t strides[] = {0, 0};
  output = view(NULL, 77, 77, strides);
  CHECK_OK(octet_session_run(session, &good, 1, &output, 1, NULL, &error));
  CHECK(output.strides == NULL && output.dims[0] == kBatch);
}

static void test_dtypes(octet_session* session) {
  static const struct {
    octet_dtype dtype;
    const char* name;
    size_t size;
  } expected[] = {{OCTET_FLOAT32, "float32", 4},
                  {OCTET_BOOL, "bool", 1},
                  {OCTET_STRING, "string", sizeof(char*)},
                  {OCTET_FLOAT8_E4M3FN, "float8_e4m3fn", 1},
                  {OCTET_FLOAT8_E4M3FNUZ, "float8_e4m3fnuz", 1},
                  {OCTET_FLOAT8_E5M2, "float8_e5m2", 1},
                  {OCTET_FLOAT8_E5M2FNUZ, "float8_e5m2fnuz", 1},
                  {OCTET_FLOAT4_E2M1FN, "float4_e2m1fn", 0},
                  {OCTET_INT4, "int4", 0},
                  {OCTET_UINT4, "uint4", 0},
                  {OCTET_INT2, "int2", 0},
                  {OCTET_UINT2, "uint2", 0},
                  {OCTET_FLOAT8_E8M0FNU, "float8_e8m0fnu", 1},
                  {OCTET_FLOAT6_E2M3FN, "float6_e2m3fn", 0},
                  {OCTET_FLOAT6_E3M2FN, "float6_e3m2fn", 0},
                  {OCTET_FLOAT6_E3M2FN + 1, "unknown", 0}};
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; ++i) {
    CHECK(strcmp(octet_dtype_name(expected[i].dtype), expected[i].name) == 0);
    CHECK(octet_dtype_size(expected[i].dtype) == expected[i].size);
    if (expected[i].dtype <= OCTET_BOOL || expected[i].dtype > OCTET_FLOAT6_E3M2FN) continue;
    octet_tensor input = view(x, kBatch, kIn, NULL), output = {0};
    input.dtype = expected[i].dtype;
    const octet_status status =
        input.dtype == OCTET_STRING ? OCTET_UNSUPPORTED : OCTET_INVALID_ARGUMENT;
    REFUSED(&input, &output, status, expected[i].name);
    REFUSED(&input, &output, status, "input \"x\"");
  }
}

int main(void) {
  octet_engine* engine = NULL;
  CHECK_OK(octet_engine_create(NULL, &engine, &error));
  octet_model* model = load_mlp(engine, OCTET_QUANTIZE_NONE);
  octet_session* session = NULL;
  CHECK_OK(octet_session_create(model, &session, &error));
  mlp_input(x, kBatch);
  test_refused_strides(session);
  test_overlaps(session);
  test_endless_broadcast(session);
  test_refused_fields(session, model);
  test_dtypes(session);
  octet_session_free(session);
  octet_model_free(model);
  octet_engine_free(engine);
  return 0;
}

/* The C API of Octet: load an ONNX model, quantize its linear layers, run it, read and replace its weights.
 *
 * Conventions of every function:
 *  - octet_status is 0 for success. On failure nothing is written to output arguments, and where the last argument is an
 *    octet_error** that is not NULL it gets an error object to be freed with octet_error_free().
 *  - Objects are opaque; octet_X_free(NULL) does nothing. Objects keep what they need alive: a session its model, a model
 *    its engine; free them in any order.
 *  - Strings are UTF-8 and NUL-terminated. A string or array that a function returns belongs to the object it came from.
 *  - Option structs start with struct_size, set by OCTET_INIT; fields are only ever added at the end, and 0 means the default.
 *  - The library prints nothing, and never calls abort or exit.
 *  - Threading is said per object.
 */
#ifndef OCTET_OCTET_H
#define OCTET_OCTET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define OCTET_API __attribute__((visibility("default")))
#else
#define OCTET_API
#endif

/* The version of this header's interface; it grows with every addition. */
#define OCTET_API_VERSION 1

/* {sizeof(struct), 0, ...}: octet_load_options options = OCTET_INIT(octet_load_options); */
#ifdef __cplusplus
#define OCTET_INIT(type) octet_init_struct<type>()
#else
#define OCTET_INIT(type) ((type){.struct_size = sizeof(type)})
#endif

/* The interface version of the loaded library: at least the one compiled against, or it must not be used. */
OCTET_API int32_t octet_api_version(void);
/* "0.1.0" */
OCTET_API const char* octet_version(void);

/* ------------------------------------------------------------------------------------------------------- errors */

typedef int32_t octet_status;
enum {
  OCTET_OK = 0,
  OCTET_INVALID_ARGUMENT = 1,   /* what the caller passed is wrong */
  OCTET_INVALID_MODEL = 2,      /* the model file is malformed */
  OCTET_UNSUPPORTED = 3,        /* well-formed, but Octet cannot run it */
  OCTET_NOT_FOUND = 4,          /* no such file, layer, input */
  OCTET_RESOURCE_EXHAUSTED = 5, /* out of memory, or beyond a limit */
  OCTET_IO_ERROR = 6,
  OCTET_CANCELLED = 7,
  OCTET_INTERNAL = 8            /* a bug of Octet */
};

typedef struct octet_error octet_error;
OCTET_API octet_status octet_error_status(const octet_error* error);
/* "where - found - expected - what to do" */
OCTET_API const char* octet_error_message(const octet_error* error);
OCTET_API void octet_error_free(octet_error* error);

/* ------------------------------------------------------------------------------------------------------- tensors */

typedef int32_t octet_dtype;
enum {
  OCTET_FLOAT32 = 0,
  OCTET_FLOAT64 = 1,
  OCTET_FLOAT16 = 2,
  OCTET_BFLOAT16 = 3,
  OCTET_INT8 = 4,
  OCTET_UINT8 = 5,
  OCTET_INT16 = 6,
  OCTET_UINT16 = 7,
  OCTET_INT32 = 8,
  OCTET_UINT32 = 9,
  OCTET_INT64 = 10,
  OCTET_UINT64 = 11,
  OCTET_BOOL = 12 /* one byte, 0 or 1 */
};
#define OCTET_MAX_RANK 8

/* Row-major memory and its description; owns nothing. */
typedef struct octet_tensor {
  void* data;
  octet_dtype dtype;
  int32_t rank; /* 0..OCTET_MAX_RANK */
  int64_t dims[OCTET_MAX_RANK];
} octet_tensor;

/* Bytes of one element; 0 for an unknown dtype. */
OCTET_API size_t octet_dtype_size(octet_dtype dtype);
/* "float32", ...: NumPy's names. */
OCTET_API const char* octet_dtype_name(octet_dtype dtype);

/* ------------------------------------------------------------------------------------------------------- engine */

/* Threads and limits that models share. Several may live in one process. Threading: any thread. */
typedef struct octet_engine octet_engine;

typedef struct octet_engine_options {
  size_t struct_size;
  int32_t threads;      /* default: CPUs in the affinity mask, at most the cgroup's quota */
  int64_t memory_limit; /* bytes that one session may take for a run; default: 1 TiB */
} octet_engine_options;

/* `options` may be NULL. Fails with OCTET_UNSUPPORTED on a CPU without AVX2 and FMA. */
OCTET_API octet_status octet_engine_create(const octet_engine_options* options, octet_engine** engine, octet_error** error);
OCTET_API int32_t octet_engine_threads(const octet_engine* engine);
OCTET_API void octet_engine_free(octet_engine* engine);

/* ------------------------------------------------------------------------------------------------------- model */

/* An immutable, compiled model. Threading: any thread; sessions share it. */
typedef struct octet_model octet_model;

typedef int32_t octet_quantize;
enum {
  OCTET_QUANTIZE_NONE = 0,
  OCTET_QUANTIZE_W8A8 = 1 /* per-channel int8 weights, per-token uint8 activations */
};
typedef int32_t octet_smoothing;
enum {
  OCTET_SMOOTHING_NORM = 0, /* from the norm that feeds a layer; halves the error */
  OCTET_SMOOTHING_NONE = 1
};

typedef struct octet_load_options {
  size_t struct_size;
  octet_quantize quantize;
  octet_smoothing smoothing;
} octet_load_options;

/* Reads an .onnx file; external data is looked for in its folder. `options` may be NULL. */
OCTET_API octet_status octet_model_load(octet_engine* engine, const char* path, const octet_load_options* options,
                                        octet_model** model, octet_error** error);
/* The same from memory, which may be freed after the call. Models with external data are refused. */
OCTET_API octet_status octet_model_load_memory(octet_engine* engine, const void* data, size_t size,
                                               const octet_load_options* options, octet_model** model, octet_error** error);
OCTET_API void octet_model_free(octet_model* model);

/* What the model takes and gives. An extent that is not fixed is -1 in dims and has its expression as text ("batch"). */
typedef struct octet_value_info {
  const char* name;
  octet_dtype dtype;
  int32_t rank;
  int64_t dims[OCTET_MAX_RANK];
  const char* symbols[OCTET_MAX_RANK]; /* NULL where dims is fixed */
} octet_value_info;

OCTET_API int32_t octet_model_input_count(const octet_model* model);
OCTET_API int32_t octet_model_output_count(const octet_model* model);
OCTET_API octet_status octet_model_input(const octet_model* model, int32_t index, octet_value_info* info, octet_error** error);
OCTET_API octet_status octet_model_output(const octet_model* model, int32_t index, octet_value_info* info, octet_error** error);

/* Every node as JSON: [{"node", "op", "kernel", "step", "region", "declined": [..], "types": [..]}, ..] */
OCTET_API const char* octet_model_explain(const octet_model* model);

/* ------------------------------------------------------------------------------------------------------- weights */

/* A linear layer. A name is the ONNX node's, else its first output's; aliases are the names of its weight and bias. */
typedef struct octet_layer_info {
  const char* name;
  int32_t alias_count;
  const char* const* aliases;
  int64_t n;               /* out_features */
  int64_t k;               /* in_features */
  const char* scheme;      /* "none" | "w8a8" */
  const char* granularity; /* "per_tensor" | "per_channel" | "blocked"; "none" for a float layer */
  const char* layout;      /* of the packed codes, with the kernel that owns them; "plain" */
  int64_t bytes;           /* of the weight as it is kept */
} octet_layer_info;

/* The parts of a quantized weight, W[n, k] ~ (int_data[n, k] - zero_point) * scale / smoothing[k]. In octet_weights_get
 * these are plain copies whatever the packed layout; data is NULL where the layer has no such part. */
typedef struct octet_weights {
  size_t struct_size;
  octet_tensor int_data;   /* int8 [N, K] */
  octet_tensor scale;      /* float32 [N] or [1] */
  octet_tensor zero_point; /* int8 like scale; absent: symmetric, 0 */
  octet_tensor smoothing;  /* float32 [K]; absent: 1 */
} octet_weights;

OCTET_API int32_t octet_model_layer_count(const octet_model* model);
OCTET_API octet_status octet_model_layer(const octet_model* model, int32_t index, octet_layer_info* info, octet_error** error);
/* The index of the layer of this name or alias; OCTET_NOT_FOUND lists near names. */
OCTET_API octet_status octet_model_find_layer(const octet_model* model, const char* name, int32_t* index, octet_error** error);

/* Copies of a layer's parts, to be freed with octet_weights_free. OCTET_UNSUPPORTED for a float layer. */
OCTET_API octet_status octet_weights_get(const octet_model* model, int32_t layer, octet_weights* weights, octet_error** error);
OCTET_API void octet_weights_free(octet_weights* weights);

/* A new model with one layer's weights replaced by copies of `weights`; everything else is shared, and `model` and its
 * sessions go on as they are. Parts with data == NULL keep the layer's own, except that given int_data without zero_point is
 * symmetric. Shapes, dtypes and values (finite scales above 0) are checked together. */
OCTET_API octet_status octet_model_replace_weights(const octet_model* model, int32_t layer, const octet_weights* weights,
                                                   octet_model** replaced, octet_error** error);

/* ------------------------------------------------------------------------------------------------------- session */

/* The memory of one run at a time. Threading: one call at a time; different sessions run at once. */
typedef struct octet_session octet_session;

OCTET_API octet_status octet_session_create(const octet_model* model, octet_session** session, octet_error** error);
OCTET_API void octet_session_free(octet_session* session);

/* The shapes (and dtypes) of all outputs for inputs of these shapes: fills outputs[0 .. output_count) with data = NULL. Of
 * `inputs` only integer ones that shapes depend on are read. */
OCTET_API octet_status octet_session_output_shapes(octet_session* session, const octet_tensor* inputs, int32_t input_count,
                                                   octet_tensor* outputs, int32_t output_count, octet_error** error);

/* Runs the model: inputs in the model's order, outputs likewise. An output whose data is NULL gets the session's own memory,
 * good until its next run or free; otherwise the caller's, which must have the output's dtype and shape and not overlap an
 * input. After a run with the same shapes Octet's own code allocates nothing. */
OCTET_API octet_status octet_session_run(octet_session* session, const octet_tensor* inputs, int32_t input_count,
                                         octet_tensor* outputs, int32_t output_count, octet_error** error);

/* Moves the session to `model`, which must have been replaced from its own. */
OCTET_API octet_status octet_session_rebind(octet_session* session, const octet_model* model, octet_error** error);

/* Bytes that the session holds for its runs. */
OCTET_API int64_t octet_session_memory(const octet_session* session);

/* Times every kernel call of the runs to come (enable != 0), or stops. */
OCTET_API octet_status octet_session_profile(octet_session* session, int32_t enable, octet_error** error);
/* What was measured since, as Chrome trace JSON (chrome://tracing); good until the next call on the session. */
OCTET_API const char* octet_session_trace(octet_session* session);

#ifdef __cplusplus
} /* extern "C" */

template <class T>
inline T octet_init_struct() {
  T options = {};
  options.struct_size = sizeof(T);
  return options;
}
#endif

#endif /* OCTET_OCTET_H */

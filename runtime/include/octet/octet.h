/* The C API of Octet: load an ONNX model, quantize its linear layers, run it, read and replace its weights.
 *
 * Conventions of every function:
 *  - octet_status is 0 for success. On failure nothing is written to output arguments, and where the last argument is an
 *    octet_error** that is not NULL it gets an error object to be freed with octet_error_free() (NULL where not even that
 *    could be allocated; the status is right all the same).
 *  - Objects are opaque; octet_X_free(NULL) does nothing. Objects keep what they need alive: a session its model, a model
 *    its engine; free them in any order, but not while a call on them is running.
 *  - Strings are UTF-8 and NUL-terminated. A string or array that a function returns belongs to the object it came from.
 *  - Every struct that may grow starts with struct_size, set by OCTET_INIT, those that are filled in included. Fields are
 *    only ever added at the end, and 0 means the default: a program compiled against an older header goes on working with
 *    a newer library. octet_tensor has no struct_size and never changes: what it may need yet is reserved in it.
 *  - Structs are initialised by field name, as the examples do, so that what is not named is 0.
 *  - The library prints nothing, never calls abort or exit, and has no state outside its objects but a count of forks.
 *  - Threading is said per object. fork(): a child may use the engines, models and sessions it inherits, if no other thread
 *    was inside a call on them at that time. A child of _Fork() or of a clone system call may not.
 */
#ifndef OCTET_OCTET_H
#define OCTET_OCTET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the library exports. */
#if defined(__GNUC__)
#define OCTET_API __attribute__((visibility("default")))
#else
#define OCTET_API
#endif

/* The version of this header's interface; it grows with every addition. Version 6 is the first whose layouts stay: programs
 * that were compiled against an earlier one must be compiled again. */
#define OCTET_API_VERSION 8

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

/* How a call ended. */
typedef int32_t octet_status;
enum {
  OCTET_OK = 0,
  OCTET_INVALID_ARGUMENT = 1,   /* what the caller passed is wrong */
  OCTET_INVALID_MODEL = 2,      /* the model file is malformed */
  OCTET_UNSUPPORTED = 3,        /* well-formed, but Octet cannot run it */
  OCTET_NOT_FOUND = 4,          /* no such file, layer, input */
  OCTET_RESOURCE_EXHAUSTED = 5, /* out of memory, or beyond a limit */
  OCTET_IO_ERROR = 6,
  OCTET_CANCELLED = 7,         /* by an octet_cancel */
  OCTET_INTERNAL = 8,          /* a bug of Octet */
  OCTET_DEADLINE_EXCEEDED = 9 /* timeout_ms of octet_run_options or octet_load_options was over before the end */
};
/* "ok", "invalid argument", ..; "unknown" for other numbers. */
OCTET_API const char* octet_status_name(octet_status status);

/* Why a call failed. Threading: any thread. */
typedef struct octet_error octet_error;
/* The status that the failed call returned. */
OCTET_API octet_status octet_error_status(const octet_error* error);
/* "where - found - expected - what to do": one line of less than 4 KB, in UTF-8 without control characters or marks that turn
 * text around. They stand as escapes ("\x1b"), and of a longer text the middle is left out. */
OCTET_API const char* octet_error_message(const octet_error* error);
OCTET_API void octet_error_free(octet_error* error);

/* ------------------------------------------------------------------------------------------------------- tensors */

/* The type of a tensor's elements. The numbers stay. OCTET_STRING is there so that files, logs and bindings can name it: no
 * model takes or gives it yet, and a tensor of that type is refused with OCTET_UNSUPPORTED. Those behind it are what models
 * take and give since API version 8. Where elements share bytes, n of b bits take (n * b + 7) / 8 bytes; bits behind the last
 * one are not read in inputs and 0 in outputs. */
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
  OCTET_BOOL = 12, /* one byte, 0 or 1 */

  OCTET_STRING = 13,          /* const char*: UTF-8, NUL-terminated */
  OCTET_FLOAT8_E4M3FN = 14,   /* one byte each: the four types of ONNX */
  OCTET_FLOAT8_E4M3FNUZ = 15,
  OCTET_FLOAT8_E5M2 = 16,
  OCTET_FLOAT8_E5M2FNUZ = 17,
  OCTET_FLOAT4_E2M1FN = 18,   /* two to a byte, the first in the low bits, row-major only; so int4 and uint4 */
  OCTET_INT4 = 19,
  OCTET_UINT4 = 20,
  OCTET_INT2 = 21,            /* four to a byte, the first in the lowest bits, row-major only; so uint2 */
  OCTET_UINT2 = 22,
  OCTET_FLOAT8_E8M0FNU = 23,  /* one byte: 2^(byte - 127), 255 is NaN */
  OCTET_FLOAT6_E2M3FN = 24,   /* four to three bytes, the first in the lowest bits, row-major only; so float6_e3m2fn */
  OCTET_FLOAT6_E3M2FN = 25
};
/* The most axes that a tensor can have. */
#define OCTET_MAX_RANK 8

/* Where memory lies, in DLPack's numbers but for the CPU, which is 0. Octet runs on CPUs today: any other kind is refused
 * with OCTET_UNSUPPORTED. */
typedef int32_t octet_device_kind;
enum {
  OCTET_DEVICE_CPU = 0,
  OCTET_DEVICE_CUDA = 2,     /* memory of a GPU */
  OCTET_DEVICE_CUDA_HOST = 3 /* memory of the host that a GPU reads (pinned) */
};
/* One device. Never grows. */
typedef struct octet_device {
  octet_device_kind kind; /* the CPU where it is 0 */
  int32_t index;          /* among those of its kind; 0 for the CPU */
} octet_device;

/* Memory and its description. Whose the memory is, the function says that fills or takes it.
 *
 *   octet_tensor x = {.data = rows, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {32, 384}};     the rest is 0
 *
 * Strides say how many elements (not bytes) it is from one index of an axis to the next; `data` is the element at index 0 of
 * all axes. They may be negative, 0 in inputs (all of an axis is one element), and anything on an axis of fewer than two
 * indices. In outputs no two elements may share a place: taken by size, each stride must step over all that the smaller ones
 * reach. Only the elements themselves are read or written, never what lies between them. Strides belong to the caller, as
 * many as `rank`, and are read during the call alone; what the library hands out is row-major, with strides == NULL. Tensors
 * whose strides are row-major are used where they lie, like those without; others cost one copy, in memory that the session
 * keeps. */
typedef struct octet_tensor {
  void* data;                   /* inputs are only read */
  octet_dtype dtype;            /* of each element */
  int32_t rank;                 /* 0..OCTET_MAX_RANK */
  int64_t dims[OCTET_MAX_RANK]; /* the first `rank` are its extents */
  const int64_t* strides;       /* NULL: row-major without gaps */
  octet_device device;          /* where data lies */
  int64_t reserved[2];          /* 0 */
} octet_tensor;

/* Bytes of one element; of an unknown dtype 0, and of those of which several share a byte. */
OCTET_API size_t octet_dtype_size(octet_dtype dtype);
/* "float32", ...: the names of NumPy and its ml_dtypes; "string"; "unknown". */
OCTET_API const char* octet_dtype_name(octet_dtype dtype);

/* Frees data that octet_model_run allocated, and sets it to NULL; nothing where it is NULL. Not for other memory.
 * Threading: any thread. */
OCTET_API void octet_tensor_free(octet_tensor* tensor);

/* What an input or output can be; octet_value_info tells of each. */
typedef int32_t octet_value_kind;
enum {
  OCTET_VALUE_TENSOR = 0,
  OCTET_VALUE_SEQUENCE = 1, /* any number of values of one kind and dtype */
  OCTET_VALUE_OPTIONAL = 2  /* a value, or nothing */
};
/* A tensor, sequence or optional, immutable. Models with inputs or outputs that are no tensors take and give such values, in
 * runs of their own (octet_session_run_values, octet_model_run_values); a program with tensors alone never sees one. A value is
 * counted: sequences share their elements with whoever else has them, and every handle is freed by itself, in any order.
 * Threading: any thread. All since API version 8. */
typedef struct octet_value octet_value;

/* A tensor in the caller's memory, with any strides that inputs may have. The memory must stay as it is until this value and
 * all that share it are freed: sequences of it, and what a model gives, which may be what it was given. */
OCTET_API octet_status octet_value_from_tensor(const octet_tensor* tensor, octet_value** value, octet_error** error);
/* A sequence of `count` values of one kind and dtype (of none `elements` may be NULL), or an optional of 0 or 1. It shares
 * them; their handles may be freed after the call. Values are at most 8 deep in each other. */
OCTET_API octet_status octet_value_from_elements(octet_value_kind kind, octet_value* const* elements, int64_t count,
                                                 octet_value** value, octet_error** error);
/* What it is; of NULL OCTET_VALUE_TENSOR. */
OCTET_API octet_value_kind octet_value_get_kind(const octet_value* value);
/* Elements of a sequence or optional; 1 for a tensor, 0 for NULL. */
OCTET_API int64_t octet_value_count(const octet_value* value);
/* Element `index` of a sequence or optional, shared, to be freed. */
OCTET_API octet_status octet_value_element(const octet_value* value, int64_t index, octet_value** element, octet_error** error);
/* Describes the tensor that it is; its data are only to be read, and good as long as the value. Those of the caller's own
 * memory have its strides, all others none. */
OCTET_API octet_status octet_value_tensor(const octet_value* value, octet_tensor* tensor, octet_error** error);
OCTET_API void octet_value_free(octet_value* value);

/* ------------------------------------------------------------------------------------------------------- engine */

/* Threads, memory and limits that models share. Several may live in one process. Threading: any thread. */
typedef struct octet_engine octet_engine;

/* A part of Octet's work; must be called exactly once for every part. */
typedef void (*octet_task)(void* context, int64_t part);
/* The host's threads in place of Octet's own: calls task(context, part) for every part in [0, parts) and returns when all
 * these calls have returned. parts is at most octet_engine_threads(). Parts may be called by any threads, the calling one
 * included, in any order, at once or one after another: each takes what work is left, so a part that comes late finds
 * nothing to do. Called by any thread that runs a session, by several at once; never from within a part. Neither it nor a
 * part may throw or fail. With OpenMP it is "#pragma omp parallel for schedule(static, 1)" over parts, with oneTBB
 * parallel_for(0, parts, ..). */
typedef void (*octet_parallel_for)(void* user, int64_t parts, octet_task task, void* context);

/* `size` > 0 bytes aligned to `alignment`, a power of two of at most 4096; NULL where there are none: the call that needed
 * them then fails with OCTET_RESOURCE_EXHAUSTED. Threading: from any thread, several at once. */
typedef void* (*octet_allocate)(void* user, size_t size, size_t alignment);
/* Frees what octet_allocate gave for this size and alignment. May come as late as the last free of an object that holds
 * such memory. */
typedef void (*octet_deallocate)(void* user, void* memory, size_t size, size_t alignment);

/* How much a message matters. */
typedef int32_t octet_log_level;
enum {
  OCTET_LOG_DEBUG = 0,   /* what was done and how long it took */
  OCTET_LOG_INFO = 1,    /* a model was loaded */
  OCTET_LOG_WARNING = 2  /* works, but not as well as it could */
};
/* Gets every message; `text` is good during the call, and as octet_error_message. Errors are no messages: they come back from the
 * call that failed. Threading: from the thread whose call it is about, several at once. It must not call Octet. */
typedef void (*octet_log)(void* user, octet_log_level level, const char* text);

/* What an engine has and allows. */
typedef struct octet_engine_options {
  size_t struct_size;
  int32_t threads;      /* that work on one run at once; default: CPUs in the affinity mask, at most the cgroup's quota */
  int32_t max_rank;     /* of a tensor in a model; default and greatest: OCTET_MAX_RANK */
  int64_t memory_limit; /* bytes that one session may take for a run; default: 1.5 GiB and 4096 per byte of its inputs */

  /* Bytes of Octet's own memory that all models, sessions and outputs of the engine may take together; default: no
   * ceiling. A call that would exceed it fails with OCTET_RESOURCE_EXHAUSTED; what there is stays usable. Octet's own
   * memory is all that grows with the model or its inputs: weights, constants, arena, scratch, outputs. A loaded model's
   * bookkeeping (steps, names, shapes: some kilobytes per node) and what oneDNN keeps for each shape of a linear layer
   * (about 1 MB, shared by the layers of that shape) count too, by estimates, since they come from heaps that do not tell.
   * What a load takes while it parses and rewrites the graph is bounded by max_structure_bytes instead. */
  int64_t memory_ceiling;

  /* Limits on model files, against hostile ones; beyond them loading fails with OCTET_RESOURCE_EXHAUSTED. Defaults are in
   * SECURITY.md. */
  int64_t max_model_bytes; /* of the file and its external data together, where every tensor counts */
  int64_t max_nodes;       /* of all graphs and functions, after expansion */
  int64_t max_dim;         /* extent of one axis */
  int64_t max_elements;    /* of one tensor, its unknown extents counted as 1 */

  octet_parallel_for parallel_for; /* NULL: the engine has a thread pool of its own */
  void* parallel_for_user;
  octet_allocate allocate; /* for Octet's own memory; both or none. NULL: the system's, weights on huge pages */
  octet_deallocate deallocate; /* the other half of allocate */
  void* allocator_user;
  octet_log log; /* NULL: no messages */
  void* log_user;

  /* More limits on model files, as max_model_bytes. */
  int64_t max_structure_bytes; /* of the parsed file without raw tensor data, about; again with functions expanded */
  int64_t max_initializers; /* of a graph */
  int64_t max_inputs;       /* of the graph; the same for its outputs */
  int64_t max_fields;       /* strings and messages of the file */
  int64_t max_string;       /* bytes of a name */
  int64_t max_nesting;      /* messages within messages, functions within functions; default and greatest: 100 */
  int64_t max_shape_bytes;  /* text of all extents that are expressions of the input shapes */
  int64_t max_folded_bytes; /* constants that loading computes, beyond twice the model's own */
} octet_engine_options;

/* `options` may be NULL. What the user pointers name must outlive the engine and all objects made with it. Fails with
 * OCTET_UNSUPPORTED on a CPU without AVX2 and FMA. */
OCTET_API octet_status octet_engine_create(const octet_engine_options* options, octet_engine** engine, octet_error** error);
/* The threads that work on one run, at least 1. */
OCTET_API int32_t octet_engine_threads(const octet_engine* engine);
OCTET_API void octet_engine_free(octet_engine* engine);

/* Octet's own memory, see octet_engine_options.memory_ceiling. */
typedef struct octet_memory {
  size_t struct_size;
  int64_t bytes_in_use; /* now */
  int64_t peak_bytes;   /* greatest bytes_in_use so far */
  int64_t ceiling;      /* 0: none */
} octet_memory;

/* Of all models, sessions and outputs of the engine. */
OCTET_API octet_status octet_engine_memory(const octet_engine* engine, octet_memory* memory, octet_error** error);

/* ------------------------------------------------------------------------------------------------------- model */

/* An immutable, compiled model. Threading: any thread; any number of sessions share it. */
typedef struct octet_model octet_model;

/* What becomes of linear layers with constant weights. Schemes have names, which say more: octet_load_options.scheme. */
typedef int32_t octet_quantize;
enum {
  OCTET_QUANTIZE_NONE = 0,
  OCTET_QUANTIZE_W8A8 = 1 /* per-channel int8 weights, per-token uint8 activations */
};
/* Layers by name or alias, and the scheme that they get: "*" stands for any characters, "?" for one. Never grows. */
typedef struct octet_layer_rule {
  const char* pattern;
  const char* scheme; /* its name */
} octet_layer_rule;
/* Where the channel factors come from that weights and activations share the range with. */
typedef int32_t octet_smoothing;
enum {
  OCTET_SMOOTHING_NORM = 0, /* from the norm that feeds a layer; halves the error */
  OCTET_SMOOTHING_NONE = 1
};

/* A switch that stops runs and loads; see octet_cancel_create. */
typedef struct octet_cancel octet_cancel;

/* How a model is loaded. */
typedef struct octet_load_options {
  size_t struct_size;
  octet_quantize quantize;   /* default: OCTET_QUANTIZE_NONE */
  octet_smoothing smoothing; /* default: OCTET_SMOOTHING_NORM */
  int32_t idle_sessions;     /* that octet_model_run keeps for its next calls; default: the engine's threads */

  /* What may end loading early; looked at between nodes and layers, while constants are computed and weights are read. */
  const octet_cancel* cancel; /* OCTET_CANCELLED; NULL: none */
  double timeout_ms;          /* from the call on; beyond it OCTET_DEADLINE_EXCEEDED. 0: none */

  /* The scheme of all layers by name, in the place of `quantize`; NULL: as that says.
   *   "none"  float
   *   "w8a8"  per-channel int8 weights, per-token uint8 activations
   *   "w8"    per-channel int8 weights, float activations; products in bfloat16 where the CPU is fast at it, else float32
   *   "bf16"  weights and products in bfloat16; OCTET_UNSUPPORTED where the CPU is slow at it
   *   "w4"    int4 weights in blocks of 32 with a scale each, float activations (since API version 7)
   * Layers that the file itself has quantized keep its codes and scales; a rule "none" makes floats of them. */
  const char* scheme;
  /* Layers that get another one; of several rules for a layer the last one decides. A rule that no layer follows is a
   * warning in the log. */
  const octet_layer_rule* layer_rules; /* layer_rule_count of them; read during the call only */
  int32_t layer_rule_count;
  int32_t unused; /* not read: padding up to API version 6 */

  /* Since API version 7. Other than 0: layers whose activations the file quantizes by the range of a whole tensor at run
   * time (DynamicQuantizeLinear) quantize them per token, on the same weight codes. 0: as the file says. */
  int32_t requantize;
} octet_load_options;

/* Reads an .onnx file; external data is looked for in its folder. `options` may be NULL. */
OCTET_API octet_status octet_model_load(octet_engine* engine, const char* path, const octet_load_options* options,
                                        octet_model** model, octet_error** error);
/* The same from memory, which may be freed after the call. Models with external data are refused. */
OCTET_API octet_status octet_model_load_memory(octet_engine* engine, const void* data, size_t size,
                                               const octet_load_options* options, octet_model** model, octet_error** error);
OCTET_API void octet_model_free(octet_model* model);

/* What the model takes and gives. An extent that is not fixed is -1 in dims and has its expression as text ("batch"). Of a
 * sequence or an optional dtype and rank are those of the tensors in it; rank is -1 where the model does not say, and their
 * extents are all -1, without texts, since each tensor has its own. */
typedef struct octet_value_info {
  size_t struct_size;
  const char* name;                    /* as in the ONNX file */
  octet_dtype dtype;                   /* of each element */
  int32_t rank;                        /* 0..OCTET_MAX_RANK; -1: not known, of what is no tensor */
  int64_t dims[OCTET_MAX_RANK];        /* the first `rank`; -1 where not fixed */
  const char* symbols[OCTET_MAX_RANK]; /* NULL where dims is fixed */
  octet_value_kind kind;               /* other than OCTET_VALUE_TENSOR: to be run by values */
  octet_value_kind element_kind;       /* of what a sequence or optional holds (since API version 8) */
} octet_value_info;

/* How many inputs a run takes. */
OCTET_API int32_t octet_model_input_count(const octet_model* model);
/* How many outputs a run gives. */
OCTET_API int32_t octet_model_output_count(const octet_model* model);
/* Describes input `index`, from 0; its texts belong to the model. */
OCTET_API octet_status octet_model_input(const octet_model* model, int32_t index, octet_value_info* info, octet_error** error);
/* Describes output `index`, from 0; its texts belong to the model. */
OCTET_API octet_status octet_model_output(const octet_model* model, int32_t index, octet_value_info* info, octet_error** error);

/* Every node as JSON: [{"node", "op", "kernel", "step", "region", "declined": [..], "types": [..]}, ..]; products have a
 * "scheme", too, and where that is "none" the "reason". */
OCTET_API const char* octet_model_explain(const octet_model* model);

/* Bytes of Octet's own memory that loading this model took and that are still held: its weights and constants. A model
 * made by octet_model_replace_weights counts only what it does not share. */
OCTET_API int64_t octet_model_memory(const octet_model* model);

/* ------------------------------------------------------------------------------------------------------- weights */

/* A linear layer. A name is the ONNX node's where no other node has it, else its first output's; aliases are the names of its weight and bias. */
typedef struct octet_layer_info {
  size_t struct_size;
  const char* name;            /* of its ONNX node */
  const char* const* aliases;  /* of its weight and bias: alias_count of them */
  const char* scheme;          /* "none" | "w8a8" | "w8" | "bf16" */
  const char* granularity;     /* "per_tensor" | "per_channel" | "blocked"; "none" for a float layer */
  const char* layout;          /* of the packed codes, with the kernel that owns them; "plain" */
  const char* kernel;          /* that runs it: a row of the kernel table */
  const char* const* declined; /* "row: reason" of the rows before it, which refused */
  int32_t alias_count;         /* of aliases */
  int32_t declined_count;      /* of declined */
  int64_t n;                   /* out_features */
  int64_t k;                   /* in_features */
  int64_t bytes;               /* of the weight as it is kept */
  const char* reason;          /* why the scheme is "none"; "" for other schemes */
  const char* products;        /* what is multiplied: "int8" | "bf16" | "f32" */
} octet_layer_info;

/* A MatMul or Gemm that is no linear layer, so that no scheme applies to it. */
typedef struct octet_float_product {
  size_t struct_size;
  const char* name;   /* of its ONNX node */
  const char* reason; /* "neither operand is a constant weight" */
} octet_float_product;

/* The parts of a quantized weight, W[n, k] ~ (int_data[n, k] - zero_point) * scale / smoothing[k]. In octet_weights_get
 * these are plain copies whatever the packed layout; data is NULL where the layer has no such part. Parts that are given
 * may have any strides that inputs may. */
typedef struct octet_weights {
  size_t struct_size;
  octet_tensor int_data;   /* int8 or uint8 [N, K], one code per byte also of narrower codes */
  octet_tensor scale;      /* float32 [N] or [1]; [N, blocks of K] where the granularity is "blocked" */
  octet_tensor zero_point; /* like scale, of int_data's type or float32; absent: symmetric, 0 */
  octet_tensor smoothing;  /* float32 [K]; absent: 1 */
} octet_weights;

/* How many linear layers with constant weights the model has. */
OCTET_API int32_t octet_model_layer_count(const octet_model* model);
/* Describes layer `index`, from 0; its texts belong to the model. */
OCTET_API octet_status octet_model_layer(const octet_model* model, int32_t index, octet_layer_info* info, octet_error** error);
/* How many products are no linear layers. */
OCTET_API int32_t octet_model_float_product_count(const octet_model* model);
/* Describes product `index`, from 0; its texts belong to the model. */
OCTET_API octet_status octet_model_float_product(const octet_model* model, int32_t index, octet_float_product* product,
                                                 octet_error** error);
/* The index of the layer of this name, or of an alias that no other layer has (layers may share a weight or bias, and have
 * different codes for it). OCTET_NOT_FOUND lists near names, OCTET_INVALID_ARGUMENT the layers that share the name. */
OCTET_API octet_status octet_model_find_layer(const octet_model* model, const char* name, int32_t* index, octet_error** error);

/* Copies of a layer's parts, to be freed with octet_weights_free. OCTET_UNSUPPORTED for a float layer. */
OCTET_API octet_status octet_weights_get(const octet_model* model, int32_t layer, octet_weights* weights, octet_error** error);
/* The packed bytes that a layer's kernel reads, in the layout that octet_layer_info names; layers that were merged (Q, K, V)
 * share them. They belong to the model. OCTET_UNSUPPORTED for a layer whose codes are plain or that is float. */
OCTET_API octet_status octet_weights_packed(const octet_model* model, int32_t layer, const void** data, size_t* size,
                                            octet_error** error);
/* Only for what octet_weights_get filled in; its data are then NULL. Parts may be pointed at memory of the caller for
 * octet_model_replace_weights, but must be what they were before they are freed. */
OCTET_API void octet_weights_free(octet_weights* weights);

/* A new model with one layer's weights replaced by copies of `weights`; everything else is shared, and `model` and its
 * sessions go on as they are. Parts with data == NULL keep the layer's own, except that given int_data without zero_point is
 * symmetric. Shapes, dtypes and values (finite scales, 0 and negative ones included) are checked together.
 * OCTET_UNSUPPORTED where no kernel takes them: zero points other than 0 in a "w8" layer. */
OCTET_API octet_status octet_model_replace_weights(const octet_model* model, int32_t layer, const octet_weights* weights,
                                                   octet_model** replaced, octet_error** error);

/* ------------------------------------------------------------------------------------------------------- saving */

/* How layers are written whose activations are quantized when they come. (Since API version 8, as all of this part.) */
typedef int32_t octet_save_format;
enum {
  OCTET_SAVE_STANDARD = 0, /* per token, as they run: a model-local function of standard ops, which Octet knows again */
  OCTET_SAVE_ORT = 1       /* per tensor: DynamicQuantizeLinear and MatMulInteger, which ONNX Runtime has kernels for */
};
/* Where the data of large tensors go. */
typedef int32_t octet_data_placement;
enum {
  OCTET_DATA_AS_SOURCE = 0, /* as the source has them; beside the model where it would have 2 GiB or more */
  OCTET_DATA_INSIDE = 1,    /* of the file; OCTET_UNSUPPORTED for 2 GiB or more */
  OCTET_DATA_BESIDE = 2     /* in a file beside it, FILE.data, or FILE.data2 and so on where there is one of that name */
};
/* How a model is saved. */
typedef struct octet_save_options {
  size_t struct_size;
  octet_save_format format;  /* default: OCTET_SAVE_STANDARD */
  octet_data_placement data; /* default: OCTET_DATA_AS_SOURCE */
  /* For models from octet_model_load_memory alone: the bytes that they were loaded from, which Octet has not kept. */
  const void* source;
  size_t source_size;
  const octet_cancel* cancel; /* OCTET_CANCELLED; NULL: none */
  double timeout_ms;          /* from the call on; beyond it OCTET_DEADLINE_EXCEEDED. 0: none */
} octet_save_options;

/* Writes the model as a standard ONNX file: the graph that it was loaded from, with its layers as they are now.
 *  - Weights are int8 or int4 codes with their scales, zero points and DequantizeLinear; bf16 weights stand before a Cast.
 *    Codes, scales, zero points and smoothing are the same, bit for bit, when the file is loaded again. Merged layers are
 *    those of the source again, and layers in the graphs of If, Loop and Scan are written too.
 *  - Layers that are float, or that the source has quantized itself, stay as they are there, but for replaced parts.
 *  - Model-local functions are expanded. Where layers need a newer opset the model is raised to it, if its other nodes
 *    mean the same there; else OCTET_UNSUPPORTED. What is saved otherwise than it runs is a warning in the log: layers of
 *    fused nodes (Attention, LSTM, Conv) are saved with float activations, bf16 layers with float products.
 *  - metadata_props: "octet.version", "octet.scheme" and "octet.source_sha256", the hash of the source's .onnx file.
 * The source is read again, so it must be as it was when it was loaded (its place, size and time of change are compared):
 * OCTET_INVALID_ARGUMENT, also where `path` is one of its files, by whatever name. A file that is there is replaced at once
 * when all is written and on the disk; on failure it stays as it was. `options` may be NULL. Threading: any thread. */
OCTET_API octet_status octet_model_save(const octet_model* model, const char* path, const octet_save_options* options,
                                        octet_error** error);

/* ------------------------------------------------------------------------------------------------------- runs */

/* A switch that is off, for runs and loads. Threading: any thread; octet_cancel_request also from a signal handler. */
OCTET_API octet_status octet_cancel_create(octet_cancel** cancel, octet_error** error);
/* Runs and loads that were given `cancel`, and those to come, end with OCTET_CANCELLED: a run within some milliseconds,
 * whatever it is computing, a load when it is done with the layer or pass that it is in. */
OCTET_API void octet_cancel_request(octet_cancel* cancel);
/* Lets runs and loads to come go through again. */
OCTET_API void octet_cancel_reset(octet_cancel* cancel);
/* 1 when on, else 0. */
OCTET_API int32_t octet_cancel_requested(const octet_cancel* cancel);
/* Not while a run or load that was given it is going on. */
OCTET_API void octet_cancel_free(octet_cancel* cancel);

/* How one run may end early. */
typedef struct octet_run_options {
  size_t struct_size;
  const octet_cancel* cancel; /* NULL: none */
  double timeout_ms;          /* from the call on; beyond it OCTET_DEADLINE_EXCEEDED, as fast as by cancel, and also where
                               * the last kernel was done too late. 0: none */
} octet_run_options;

/* Inputs and outputs of both ways to run a model are in its order. An output whose data is not NULL is written to the
 * caller's memory, through its strides where it has some. It must have the output's dtype and shape, and from its first byte
 * to its last, gaps included, it must not overlap an input; outputs must not share elements. An output whose data is NULL
 * gets memory of the library on the device that it names: whose and for how long is said below; its dtype, rank, dims and
 * strides are filled in. After a failed or stopped run the caller's output memory is undefined, the octet_tensors themselves
 * are as they were, and the session and model are as good as before. `options` may be NULL.
 *
 * The shape of an output may be one that only the run itself can tell (behind NonZero, a loop, ..): such extents are -1 in
 * octet_session_output_shapes. Given NULL, a run fills in what they came to be. In the caller's memory dims say how much
 * room there is on such an axis: a run that needs more fails with OCTET_INVALID_ARGUMENT and the extents that it needs; one
 * that needs less sets dims to them, its elements row by row without gaps, or where strides that are not row-major say. A
 * program that looks for -1 before it sizes its memory is ready for all models. */

/* Runs the model on a session that is borrowed from those the model keeps, or made. An output whose data is NULL is
 * allocated, to be freed with octet_tensor_free. Threading: any thread, any number of calls at once; none waits for
 * another's end. */
OCTET_API octet_status octet_model_run(const octet_model* model, const octet_tensor* inputs, int32_t input_count,
                                       octet_tensor* outputs, int32_t output_count, const octet_run_options* options,
                                       octet_error** error);

/* The memory of one run at a time. Threading: one call at a time; different sessions run at once. */
typedef struct octet_session octet_session;

/* A session of the model, with no memory yet. */
OCTET_API octet_status octet_session_create(const octet_model* model, octet_session** session, octet_error** error);
OCTET_API void octet_session_free(octet_session* session);

/* The shapes (and dtypes) of all outputs for inputs of these shapes: fills outputs[0 .. output_count), whatever they held,
 * with data = NULL, strides = NULL and the CPU as device. -1 in dims stands for an extent that only a run can tell. Of `inputs`
 * only integer ones that shapes depend on are read. */
OCTET_API octet_status octet_session_output_shapes(octet_session* session, const octet_tensor* inputs, int32_t input_count,
                                                   octet_tensor* outputs, int32_t output_count, octet_error** error);

/* Runs the model. An output whose data is NULL gets the session's own memory, good until its next run or free. After a run
 * with the same shapes Octet's own code allocates nothing, whatever the strides. */
OCTET_API octet_status octet_session_run(octet_session* session, const octet_tensor* inputs, int32_t input_count,
                                         octet_tensor* outputs, int32_t output_count, const octet_run_options* options,
                                         octet_error** error);

/* The same runs by values, for all models; the only ones for models with inputs or outputs that are no tensors, which the runs
 * by tensors refuse with OCTET_INVALID_ARGUMENT. An input is a value of the kind that octet_value_info says; for an optional
 * what it would hold will do. An output that is NULL becomes a new value, to be freed with octet_value_free, and good until
 * then whatever becomes of session and model. For a tensor it may be a value made by octet_value_from_tensor: its memory is
 * written as that of an octet_tensor with data would be, and where the run alone shows an extent, the value describes what
 * there is then. `options` may be NULL. */
OCTET_API octet_status octet_session_run_values(octet_session* session, octet_value* const* inputs, int32_t input_count,
                                                octet_value** outputs, int32_t output_count, const octet_run_options* options,
                                                octet_error** error);
/* As octet_session_run_values, on a session that is borrowed or made. Threading: any thread, any number of calls at once. */
OCTET_API octet_status octet_model_run_values(const octet_model* model, octet_value* const* inputs, int32_t input_count,
                                              octet_value** outputs, int32_t output_count, const octet_run_options* options,
                                              octet_error** error);

/* Moves the session to `model`, which must have been replaced from its own. */
OCTET_API octet_status octet_session_rebind(octet_session* session, const octet_model* model, octet_error** error);

/* Bytes that the session holds for its runs. */
OCTET_API int64_t octet_session_memory(const octet_session* session);

/* Times every kernel call of the runs to come (enable != 0), or stops. What was measured before is dropped. */
OCTET_API octet_status octet_session_profile(octet_session* session, int32_t enable, octet_error** error);
/* What was measured since, node by node in order of execution, as JSON; good until the next call on the session. Times are
 * summed over calls and threads.
 * {"runs", "threads", "nodes": [{"node", "op", "kernel", "step", "calls", "microseconds", "rows", "multiply_adds"}, ..]} */
OCTET_API const char* octet_session_profile_json(octet_session* session);
/* The same, call by call, as Chrome trace JSON (chrome://tracing); good until the next call on the session. */
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

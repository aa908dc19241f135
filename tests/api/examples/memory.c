/* Octet's memory from the host's allocator and under a ceiling: memory MODEL.onnx */
#define _POSIX_C_SOURCE 200112L /* posix_memalign */
#include <octet/octet.h>
#include <stdio.h>
#include <stdlib.h>

/* A server would ask its own allocator. */
static void* allocate(void* user, size_t size, size_t alignment) {
  (void)user;
  void* memory = NULL;
  return posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}
static void deallocate(void* user, void* memory, size_t size, size_t alignment) {
  (void)user, (void)size, (void)alignment;
  free(memory);
}

int main(int argc, char** argv) {
  octet_error* error = NULL;
  octet_engine* engine = NULL;
  octet_model* model = NULL;
  octet_engine_options options = OCTET_INIT(octet_engine_options);
  options.memory_ceiling = 4 << 20; /* of all models, sessions and outputs together */
  options.allocate = allocate;
  options.deallocate = deallocate;
  if (octet_engine_create(&options, &engine, &error) ||
      octet_model_load(engine, argv[argc - 1], NULL, &model, &error))
    return fprintf(stderr, "%s\n", octet_error_message(error)), 1;

  const int64_t large = 1000000, small = 10;
  octet_tensor input = {.data = calloc((size_t)large * 32, 4),
                        .dtype = OCTET_FLOAT32,
                        .rank = 2,
                        .dims = {large, 32}};
  octet_tensor output = {0};
  const octet_status much = octet_model_run(model, &input, 1, &output, 1, NULL, &error);
  printf("%s: %s\n", octet_status_name(much), octet_error_message(error));
  octet_error_free(error);
  input.dims[0] = small; /* what there is stays usable */
  const octet_status fits = octet_model_run(model, &input, 1, &output, 1, NULL, &error);
  octet_tensor_free(&output);
  free(input.data);

  octet_memory memory = OCTET_INIT(octet_memory);
  if (octet_engine_memory(engine, &memory, &error)) return 1;
  printf("%lld bytes in use, of them %lld of the model; at most %lld\n",
         (long long)memory.bytes_in_use, (long long)octet_model_memory(model),
         (long long)memory.peak_bytes);
  octet_model_free(model);
  if (octet_engine_memory(engine, &memory, &error)) return 1;
  octet_engine_free(engine);
  return much == OCTET_RESOURCE_EXHAUSTED && fits == OCTET_OK && memory.bytes_in_use == 0 ? 0 : 1;
}

/* The linear layers of a model, the kernel of each and why others declined: layers MODEL.onnx */
#include <octet/octet.h>
#include <stdio.h>

#define TRY(call) \
  if (call) return fprintf(stderr, "%s\n", octet_error_message(error)), 1

int main(int argc, char** argv) {
  octet_error* error = NULL;
  octet_engine* engine = NULL;
  octet_model* model = NULL;
  octet_load_options options = OCTET_INIT(octet_load_options);
  options.quantize = OCTET_QUANTIZE_W8A8;
  TRY(octet_engine_create(NULL, &engine, &error));
  TRY(octet_model_load(engine, argv[argc - 1], &options, &model, &error));

  const int32_t count = octet_model_layer_count(model);
  for (int32_t i = 0; i < count; ++i) {
    octet_layer_info layer = OCTET_INIT(octet_layer_info);
    TRY(octet_model_layer(model, i, &layer, &error));
    printf("%s: [%lld, %lld] %s %s, %lld bytes as %s, runs on %s\n", layer.name, (long long)layer.n,
           (long long)layer.k, layer.scheme, layer.granularity, (long long)layer.bytes,
           layer.layout, layer.kernel);
    for (int32_t d = 0; d < layer.declined_count; ++d) printf("  not %s\n", layer.declined[d]);
  }
  printf("all nodes: %s\n", octet_model_explain(model));

  octet_model_free(model);
  octet_engine_free(engine);
  return count > 0 ? 0 : 1;
}

/* Halves the scale of one layer and saves the model as standard ONNX: save MODEL.onnx */
#include <octet/octet.h>
#include <stdio.h>

#define TRY(call) \
  if (call) return fprintf(stderr, "%s\n", octet_error_message(error)), 1

int main(int argc, char** argv) {
  const char* file = "example_saved.onnx";
  octet_error* error = NULL;
  octet_engine* engine = NULL;
  octet_model *model = NULL, *halved = NULL, *again = NULL;
  octet_load_options options = OCTET_INIT(octet_load_options);
  options.quantize = OCTET_QUANTIZE_W8A8;
  TRY(octet_engine_create(NULL, &engine, &error));
  TRY(octet_model_load(engine, argv[argc - 1], &options, &model, &error));

  octet_weights weights = OCTET_INIT(octet_weights), saved = OCTET_INIT(octet_weights);
  TRY(octet_weights_get(model, 0, &weights, &error));
  float* scale = weights.scale.data;
  for (int64_t i = 0; i < weights.scale.dims[0]; ++i) scale[i] /= 2;
  TRY(octet_model_replace_weights(model, 0, &weights, &halved, &error));
  TRY(octet_model_save(halved, file, NULL, &error)); /* for any runtime that reads ONNX */

  TRY(octet_model_load(engine, file, NULL, &again, &error)); /* quantized as it was saved */
  TRY(octet_weights_get(again, 0, &saved, &error));
  const int same = ((float*)saved.scale.data)[0] == scale[0];
  printf("scale 0 is %g in the file\n", (double)((float*)saved.scale.data)[0]);

  remove(file);
  octet_weights_free(&saved);
  octet_weights_free(&weights);
  octet_model_free(again);
  octet_model_free(halved);
  octet_model_free(model);
  octet_engine_free(engine);
  return same ? 0 : 1;
}

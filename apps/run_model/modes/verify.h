// --verify: the model's outputs against stored ones.
#pragma once

#include "apps/run_model/client.h"

namespace octet::app {

// Runs every data set of options.verify (ONNX test layout: test_data_set_*/input_K.pb and
// output_K.pb; or one data set itself) and compares. Tensors belong to the inputs and outputs of
// their names, where all have names and fit; else to those of their numbers, which a line says.
// Compared are dtype and shape, integers and bools exactly, floats by
//   |actual - expected| <= atol + rtol * |expected|,  NaN equal to NaN, infinities to themselves.
// Prints a line per output to stdout, and for the first difference one to stderr that names output,
// index, found, expected and the cosine of the two. Value: whether all match.
Result<bool> run_verify(const LoadedModel& model, const Options& options);

}  // namespace octet::app

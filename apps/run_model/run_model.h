// run_model: runs, checks, times and explains an ONNX model.
#pragma once

namespace octet::app {

// Returns the exit status: 0 done or outputs match, 1 outputs differ, 2 the model, an input or an
// option is bad or unsupported, 3 a bug of Octet, 128 + N stopped by signal N. A status other than
// 0 comes with one message on stderr. Takes the process over: its signals, stdout and stderr.
int run_model(int argc, char** argv);

}  // namespace octet::app

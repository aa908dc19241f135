// RNN, LSTM and GRU.
#include "tests/fuzz/model_maker.h"

namespace octet::fuzz {
namespace {

using T = pb::TensorProto;

}  // namespace

void ModelMaker::recurrent() {
  const ModelValue src = sequence();
  const auto cell = static_cast<size_t>(bytes_.in(0, 2));
  constexpr const char* kCells[] = {"RNN", "LSTM", "GRU"};
  constexpr int64_t kGates[] = {1, 4, 3};
  const char* const direction = bytes_.one_of({"forward", "reverse", "bidirectional"});
  const int64_t directions = *direction == 'b' ? 2 : 1, features = src.extent(1),
                hidden = bytes_.one_of<int64_t>({1, 2, 3, 4, 8, 16, 5}),
                columns = kGates[cell] * hidden;
  const bool batch_first = bytes_.chance(25);
  const Dim &steps = src.shape[batch_first ? 1 : 0], &batch = src.shape[batch_first ? 0 : 1];
  const Extents of_weights = {directions, columns, features};
  const std::string weights = bytes_.chance(15)
                                  ? new_input(T::FLOAT, {directions, columns, features}).name
                              : bytes_.chance(15) ? coded_weights(of_weights, 1)
                                                  : floats(of_weights, 0.125f);
  std::vector<std::string> inputs = {src.name, weights,
                                     floats({directions, columns, hidden}, 0.125f)};
  inputs.resize(cell == 1 ? 8 : 6);
  if (bytes_.chance(70)) inputs[3] = floats({directions, 2 * columns}, 0.25f);
  if (bytes_.chance(40)) {
    if (batch.is_constant() && steps.is_constant() && batch.value() > 0) {
      std::vector<int32_t> lengths(static_cast<size_t>(batch.value()));
      for (int32_t& length : lengths) length = static_cast<int32_t>(bytes_.in(0, steps.value()));
      if (mistaken()) lengths[0] = bytes_.one_of({-1, 100, INT32_MAX, INT32_MIN});
      inputs[4] = writer_.constant(
          T::INT32, {batch.value()},
          std::string(reinterpret_cast<const char*>(lengths.data()), lengths.size() * 4));
    } else {  // in [0, 4], at times more than there are steps
      const ModelValue any = new_input(T::INT32, {batch});
      inputs[4] = writer_.node("Abs", {any.name}).result();
    }
  }
  const SymbolicShape state = batch_first ? SymbolicShape{batch, directions, hidden}
                                          : SymbolicShape{directions, batch, hidden};
  if (bytes_.chance(40)) inputs[5] = new_input(T::FLOAT, state).name;
  if (cell == 1 && bytes_.chance(40)) inputs[6] = new_input(T::FLOAT, state).name;
  if (cell == 1 && bytes_.chance(30)) inputs[7] = floats({directions, 3 * hidden}, 0.125f);
  const int results = cell == 1 ? 3 : 2;
  NodeWriter node = writer_.node(kCells[cell], inputs, results);
  node.set("direction", direction).set("hidden_size", mistaken() ? hidden + 1 : hidden);
  if (batch_first) node.set("layout", int64_t{1});
  if (bytes_.chance(20)) node.set("clip", 1.5f);
  if (cell == 2) node.set("linear_before_reset", bytes_.in(0, 1));
  if (cell == 1 && bytes_.chance(20)) node.set("input_forget", int64_t{1});
  if (bytes_.chance(20)) {
    std::vector<std::string> names;
    constexpr int64_t kFunctions[] = {1, 3, 2};
    for (int64_t i = 0; i < directions * kFunctions[cell]; ++i)
      names.emplace_back(bytes_.one_of({"Sigmoid", "Tanh", "Relu", "Softsign", "HardSigmoid",
                                        "LeakyRelu", "Softplus", "Elu", "Affine"}));
    node.set("activations", names);
  }
  std::vector<std::string> made;
  for (int i = results - 1; i >= 0; --i)
    if (i == 0 || bytes_.chance(50)) made.push_back(node.result(i));
  for (std::string& name : made) keep(std::move(name));
}

}  // namespace octet::fuzz

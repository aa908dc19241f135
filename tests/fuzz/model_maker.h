// Random ONNX models of what GraphBuilder cannot make: quantized models in all their forms, fused
// ops of com.microsoft, recurrent ops.
//
// A model grows by steps of a few nodes. After each the whole is loaded, which gives the types of
// the new values; a step that the loader refuses is taken back. So refusals are tried as well, and
// do not end a model.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"
#include "tests/fuzz/byte_stream.h"
#include "tests/fuzz/model_writer.h"

namespace octet::fuzz {

// A value of the model. Of codes: the names of the scale and zero point that they were made with.
struct ModelValue {
  std::string name;
  OnnxType type = pb::TensorProto::FLOAT;
  SymbolicShape shape = {};
  std::string scale = {}, zero_point = {};
  int declared_rank = -1;  // where the file must say it; -1: it need not

  int rank() const { return static_cast<int>(shape.size()); }
  // Of an axis from the end; 0 where it is not constant, or not there.
  int64_t extent(int from_end) const;
};

// Of a QuantizeLinear or DequantizeLinear. The zero point may be absent ("").
struct ModelCodes {
  std::string scale, zero_point;
  int64_t axis = 0;
  int64_t block = 0;
  bool per_tensor = true;
};

// Threading: none. The bytes must outlive it.
class ModelMaker {
 public:
  ModelMaker(ByteStream& bytes, bool special_values);
  // The graph of a new model, as the loader makes it; nullopt where nothing was left of it.
  std::optional<Graph> make();

 private:
  using Extents = std::vector<int64_t>;

  void add_something();
  // Loads what there is. False where it is refused, or large.
  bool accept();

  // model_maker.cc
  // A result of the step, with its codes' parameters where it has some.
  void keep(std::string name, OnnxType type = pb::TensorProto::FLOAT, std::string scale = "",
            std::string zero_point = "");
  ModelValue new_input(OnnxType type, SymbolicShape shape);
  // One of the newest of the type; of at least that rank and with a constant last extent. A new
  // input where there is none.
  ModelValue some_value(OnnxType type, int least_rank);
  ModelValue some_float(int least_rank = 1) {
    return some_value(pb::TensorProto::FLOAT, least_rank);
  }
  ModelValue image();     // f32 [N, C, H, W], all but N constant
  ModelValue sequence();  // f32 [_, _, C]
  ModelValue codes();     // u8 or s8, per tensor
  // One with the extents of `value` if there is one, else itself.
  std::string same_shape(const ModelValue& value);
  int64_t width() { return bytes_.one_of<int64_t>({1, 2, 3, 4, 8, 16, 5, 17, 24, 32, 33, 64}); }
  // Small integers times `factor`.
  std::string floats(const Extents& dims, float factor = 1);
  std::string some_floats(const Extents& dims);
  std::string random_codes(OnnxType type, const Extents& dims);
  std::string biases(const Extents& dims);  // i32
  // One of 50: an error of the model, which must be refused or be none.
  bool mistaken() { return bytes_.chance(2); }

  // model_codes.cc: QuantizeLinear and DequantizeLinear
  OnnxType some_code_type();
  float some_scale();
  std::string scales(const Extents& dims);
  // For codes of `shape`; where `axis` is not negative, at times for each index or block along it.
  ModelCodes some_parameters(OnnxType type, const SymbolicShape& shape, int axis);
  std::string quantize(const std::string& src, OnnxType type, const ModelCodes& codes);
  std::string dequantize(const std::string& src, const ModelCodes& codes);
  std::string quantized(const ModelValue& value);  // DequantizeLinear(QuantizeLinear(value))
  std::string coded_weights(const Extents& dims, int axis);
  std::string coded_bias(int64_t extent);  // "" at times
  void quantize_and_move();
  void coded_layer();
  void coded_convolution();
  void coded_arithmetic();
  void codes_of_nothing();

  // model_moves.cc
  // One movement of elements, of any type.
  std::string moved(const ModelValue& value);
  void move();
  void pool();
  std::string activated(const std::string& src);
  void top_k();

  // model_integers.cc: the operator forms and the dynamic forms
  // Inputs "codes, scale, zero point" of an operator form.
  std::vector<std::string> triple(const ModelValue& value);
  // Scale and zero point of a result; the pair is kept with it.
  std::vector<std::string> result_codes(OnnxType type);
  void keep_codes(const NodeWriter& node, OnnxType type, const std::vector<std::string>& codes);
  std::vector<std::string> weight_triple(const Extents& dims, int axis);
  void qlinear_matmul();
  void qlinear_convolution();
  void qlinear_elementwise();
  void qlinear_gemm();
  void integer_matmul();
  void integer_convolution();
  void dynamic_matmul();

  // model_weight_only.cc
  void matmul_nbits();
  void gather_block_quantized();

  // model_contrib.cc
  void skip_norm();
  void contrib_gelu();
  void fused_matmul();
  void rotary();
  void attention();
  void multi_head_attention();

  // model_recurrent.cc
  void recurrent();

  // model_control.cc
  void chosen_rows();
  void counted_rows();
  void late_axes();
  pb::GraphProto branch(const ModelValue& src, const std::string& name);
  void conditional();
  void loop();
  void scan();

  // model_sequences.cc
  std::string some_position();
  std::string changed_sequence(std::string sequence, const ModelValue& tensor);
  void keep_of_sequence(const std::string& sequence, int rank);
  void pieces();
  void gathered();

  ByteStream& bytes_;
  bool special_values_;
  bool odd_scales_;  // zero, negative, tiny, huge ones often instead of rarely
  int64_t opset_;
  ModelWriter writer_;
  std::vector<ModelValue> values_;  // inputs and results of accepted steps
  std::vector<ModelValue> made_;    // of the step at work
};

}  // namespace octet::fuzz

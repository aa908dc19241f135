// The bodies, as text.
#include "loaders/onnx/own_functions.h"

#include <algorithm>
#include <exception>
#include <new>

#include "onnx/defs/parser.h"

namespace octet {
namespace {

// Source of the arithmetic: numerics::quantize_row (kernels/numerics/quantize.h). The range of a
// row that holds an infinity is infinite, and 0 times it makes the scale NaN.
std::string dynamic_linear_text(const DynamicLinearForm& form, int64_t opset) {
  // Axes are attributes first and inputs later.
  const auto over = [&](const char* op, const std::string& src, const char* axis, bool keep,
                        int64_t since) {
    const std::string keepdims = std::string("keepdims = ") + (keep ? "1" : "0");
    const bool is_first = std::string(axis) == "0";
    if (opset >= since)
      return std::string(op) + " <" + keepdims + "> (" + src + ", " +
             (is_first ? "first_axis" : "last_axis") + ")\n";
    return std::string(op) + " <axes = [" + axis + "], " + keepdims + "> (" + src + ")\n";
  };
  constexpr int64_t kReduceSumInputs = 13, kReduceInputs = 18;
  std::string text = "<domain: \"" + std::string(kOwnDomain) +
                     "\", opset_import: [\"\" : " + std::to_string(opset) + "]>\n" + form.name() +
                     " (src, weights, weights_scale";
  if (form.smoothed) text += ", smoothing";
  if (form.shifted) text += ", weights_zero_point";
  text += ") => (dst)\n{\n";
  const auto line = [&](const char* name, const std::string& expression) {
    text += std::string("  ") + name + " = " + expression + "\n";
  };
  line("zero", "Constant <value = float {0.0}> ()");
  line("one", "Constant <value = float {1.0}> ()");
  line("most", "Constant <value = float {255.0}> ()");
  line("tiny", "Constant <value = float {1.17549435e-38}> ()");
  if (opset >= kReduceSumInputs) line("first_axis", "Constant <value = int64[1] {0}> ()");
  if (opset >= kReduceInputs) line("last_axis", "Constant <value = int64[1] {-1}> ()");
  std::string x = "src";
  if (form.smoothed) {
    line("reciprocal_smoothing", "Div (one, smoothing)");
    line("x", "Mul (src, reciprocal_smoothing)");
    x = "x";
  }
  line("least", over("ReduceMin", x, "-1", true, kReduceInputs));
  line("greatest", over("ReduceMax", x, "-1", true, kReduceInputs));
  line("low", "Min (least, zero)");
  line("high", "Max (greatest, zero)");
  line("range", "Sub (high, low)");
  line("step", "Div (range, most)");
  line("is_tiny", "Less (step, tiny)");
  line("some_step", "Where (is_tiny, one, step)");
  line("nothing", "Mul (range, zero)");
  line("scale", "Add (some_step, nothing)");
  line("depth", "Neg (low)");
  line("depth_steps", "Div (depth, scale)");
  line("whole_depth", "Round (depth_steps)");
  line("some_depth", "Max (whole_depth, zero)");
  line("zero_point", "Min (some_depth, most)");
  line("reciprocal", "Div (one, scale)");
  line("steps", "Mul (" + x + ", reciprocal)");
  line("whole_steps", "Round (steps)");
  line("shifted_steps", "Add (whole_steps, zero_point)");
  line("some_steps", "Max (shifted_steps, zero)");
  line("code_numbers", "Min (some_steps, most)");
  line("codes", "Cast <to = 2> (code_numbers)");
  line("columns", "Transpose <perm = [1, 0]> (weights)");
  line("wide_columns", "Cast <to = 6> (columns)");
  std::string wide = "wide_columns";
  if (form.shifted) {
    line("wide_zero_point", "Cast <to = 6> (weights_zero_point)");
    line("shifted_columns", "Sub (wide_columns, wide_zero_point)");
    wide = "shifted_columns";
  }
  line("column_sums", over("ReduceSum", wide, "0", false, kReduceSumInputs));
  line("products", form.shifted ? "MatMulInteger (codes, columns, , weights_zero_point)"
                                : "MatMulInteger (codes, columns)");
  line("wide_row_zero_point", "Cast <to = 6> (zero_point)");
  line("excess", "Mul (wide_row_zero_point, column_sums)");
  line("sums", "Sub (products, excess)");
  line("numbers", "Cast <to = 1> (sums)");
  line("both_scales", "Mul (scale, weights_scale)");
  line("dst", "Mul (numbers, both_scales)");
  return text + "}\n";
}

int64_t opset_of(const pb::FunctionProto& function) {
  for (const auto& import : function.opset_import())
    if (import.domain().empty() || import.domain() == "ai.onnx") return import.version();
  return 0;
}

template <class Messages>
bool are_equal(const Messages& lhs, const Messages& rhs) {
  if (lhs.size() != rhs.size()) return false;
  for (int i = 0; i < lhs.size(); ++i)
    if (lhs[i].SerializeAsString() != rhs[i].SerializeAsString()) return false;
  return true;
}

bool are_equal_names(const google::protobuf::RepeatedPtrField<std::string>& lhs,
                     const google::protobuf::RepeatedPtrField<std::string>& rhs) {
  return std::equal(lhs.begin(), lhs.end(), rhs.begin(), rhs.end());
}

bool is_own(const pb::FunctionProto& function) {
  if (function.domain() != kOwnDomain || !function.overload().empty()) return false;
  const DynamicLinearForm form = DynamicLinearForm::of_name(function.name());
  const int64_t opset = opset_of(function);
  if (form.name() != function.name() || opset < kOldestDynamicLinear) return false;
  const auto own = dynamic_linear_function(form, opset);
  return own.is_ok() && function.attribute_size() == 0 && function.attribute_proto_size() == 0 &&
         are_equal_names(own->input(), function.input()) &&
         are_equal_names(own->output(), function.output()) &&
         are_equal(own->node(), function.node());
}

}  // namespace

std::string DynamicLinearForm::name() const {
  return std::string("DynamicLinear") + (smoothed ? "Smoothed" : "") + (shifted ? "Shifted" : "");
}

DynamicLinearForm DynamicLinearForm::of_name(std::string_view name) {
  return {name.find("Smoothed") != std::string_view::npos,
          name.find("Shifted") != std::string_view::npos};
}

Result<pb::FunctionProto> dynamic_linear_function(const DynamicLinearForm& form, int64_t opset) {
  assert(opset >= kOldestDynamicLinear);
  try {
    pb::FunctionProto function;
    const std::string text = dynamic_linear_text(form, opset);
    pb::OnnxParser parser(text.c_str());
    const auto status = parser.Parse(function);
    if (status.IsOK()) return function;
    return internal_error("function " + form.name() + ": " + status.ErrorMessage());
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return internal_error("function " + form.name() + ": " + error.what());
  }
}

std::vector<pb::FunctionProto> take_own_functions(pb::ModelProto& model) {
  std::vector<pb::FunctionProto> own;
  auto& functions = *model.mutable_functions();
  for (int i = 0; i < functions.size();) {
    if (!is_own(functions[i])) {
      ++i;
      continue;
    }
    own.push_back(functions[i]);
    functions.DeleteSubrange(i, 1);
  }
  return own;
}

}  // namespace octet

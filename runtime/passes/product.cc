// Products: a value as a number times other values, however the multiplications are nested.
#include "runtime/passes/product.h"

#include <algorithm>
#include <cmath>

namespace octet {
namespace {

constexpr size_t kMostFactors = 8;
constexpr int kMostNodes = 64;  // a product of more is none that a pass knows

class Flattener {
 public:
  Flattener(const Graph& graph, const GraphIndex& index, ValueId value, ValueId stop)
      : graph_(graph), index_(index), type_(graph.value(value).type), stop_(stop) {}

  // Appends `value` to `product`, `power` times.
  void append(ValueId value, int power, Product& product) {
    if (++nodes_ > kMostNodes || power > static_cast<int>(kMostFactors)) failed_ = true;
    if (failed_) return;
    const Node* node = value == stop_ ? nullptr : index_.producer(value);
    if (node == nullptr || !append_node(*node, power, product))
      append_factor(value, power, product);
  }
  bool failed() const { return failed_; }

 private:
  void append_factor(ValueId value, int power, Product& product) {
    const TypeInfo& type = graph_.value(value).type;
    if (type.dtype != DType::kF32 || type.shape != type_.shape) failed_ = true;
    if (product.factors.size() + static_cast<size_t>(power) > kMostFactors) failed_ = true;
    if (!failed_) product.factors.insert(product.factors.end(), static_cast<size_t>(power), value);
  }

  bool append_node(const Node& node, int power, Product& product) {
    if (const auto* unary = node.as<UnaryAttrs>();
        unary != nullptr && unary->function == UnaryFunction::kNeg) {
      product.coefficient *= power % 2 == 0 ? 1 : -1;
      append(node.inputs[0], power, product);
      return true;
    }
    const auto* binary = node.as<BinaryAttrs>();
    if (binary == nullptr) return false;
    const auto operand = scalar_operand(graph_, node);
    if (binary->function == BinaryFunction::kMul) {
      if (operand) {
        product.coefficient *= std::pow(operand->scalar, power);
        append(operand->other, power, product);
      } else {
        append(node.inputs[0], power, product);
        append(node.inputs[1], power, product);
      }
      return true;
    }
    if (!operand || operand->scalar_is_lhs) return false;
    if (binary->function == BinaryFunction::kDiv) {
      product.coefficient /= std::pow(operand->scalar, power);
      append(operand->other, power, product);
      return true;
    }
    const bool is_power =
        binary->function == BinaryFunction::kPow && (operand->scalar == 2 || operand->scalar == 3);
    if (is_power) append(operand->other, power * static_cast<int>(operand->scalar), product);
    return is_power;
  }

  const Graph& graph_;
  const GraphIndex& index_;
  const TypeInfo& type_;
  const ValueId stop_;
  int nodes_ = 0;
  bool failed_ = false;
};

}  // namespace

bool Product::is(double expected, std::vector<ValueId> expected_factors) const {
  std::sort(expected_factors.begin(), expected_factors.end());
  return std::abs(coefficient - expected) <= 2e-5 * std::abs(expected) &&
         factors == expected_factors;
}

Product product_of(const Graph& graph, const GraphIndex& index, ValueId value, ValueId stop) {
  Product product;
  Flattener flattener(graph, index, value, stop);
  flattener.append(value, 1, product);
  if (flattener.failed()) return {1, {value}};
  std::sort(product.factors.begin(), product.factors.end());
  return product;
}

}  // namespace octet

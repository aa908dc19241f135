// Runs one row of a kernel table on plain tensors, so that any kernel can be compared with the
// reference.
//
//   NodeUnderTest node = *NodeUnderTest::create(SoftmaxAttrs{1}, {{src}});
//   auto expected = run_kernel(reference_row(OpKind::kSoftmax), node);
//   for (const KernelRow& row : cpu_kernels())
//     if (row.op == OpKind::kSoftmax && row.accept(node.request()).is_yes())
//       auto found = run_kernel(row, node, {.tile_rows = 8});
#pragma once

#include <memory>
#include <vector>

#include "kernels/api/kernel_table.h"

namespace octet::test {

// An input of a node. The default is an absent optional input.
struct NodeInput {
  Tensor tensor;          // any strides
  bool constant = false;  // known at compile time, as weights are: the kernel may pack it
  bool present() const { return tensor.view().data != nullptr; }
};

// A node with everything a kernel may ask about it. Move-only: requests point into it.
class NodeUnderTest {
 public:
  // Infers the types of the outputs. Error: what infer_types() says.
  static Result<NodeUnderTest> create(Attributes attributes, std::vector<NodeInput> inputs);
  NodeUnderTest(NodeUnderTest&&) = default;
  NodeUnderTest& operator=(NodeUnderTest&&) = default;

  // Valid while this node lives and is not moved.
  KernelRequest request() const;
  const Attributes& attributes() const { return attributes_; }
  const std::vector<NodeInput>& inputs() const { return inputs_; }
  Shape output_shape(size_t index) const;
  DType output_dtype(size_t index) const { return outputs_[index].dtype; }
  size_t output_count() const { return outputs_.size(); }
  RowAccesses row_accesses() const;

 private:
  explicit NodeUnderTest(Attributes attributes) : attributes_(std::move(attributes)) {}
  Attributes attributes_;
  std::vector<NodeInput> inputs_;
  std::vector<std::unique_ptr<TypeInfo>> types_;
  std::vector<const TypeInfo*> type_pointers_;
  std::vector<std::unique_ptr<Constant>> constants_;
  std::vector<const Constant*> constant_pointers_;
  OutputTypes outputs_;
};

struct RunOptions {
  int64_t tile_rows = 0;  // row kernels: rows per run; 0: all rows in one run
  int64_t row_gap_bytes =
      0;  // row kernels: bytes between the rows of each operand; a multiple of the element size
  int threads = 1;             // told to task kernels
  bool reverse_tasks = false;  // task kernels: the last task first
};

// Makes the kernel and runs it over the whole node. Row kernels get tiles with
// gaps of 0xFF bytes and guards behind; task kernels get contiguous copies of the inputs they do
// not accept strided. Outputs hold 0xA5 bytes before. Inputs that the
// kernel does not read are absent for it. Errors: the kernel's own; kInternal when accept()
// declines (with its reason), when a row kernel's node is not row-local, or when the kernel wrote
// beyond an operand.
Result<std::vector<Tensor>> run_kernel(const KernelRow& row, const NodeUnderTest& node,
                                       const RunOptions& options = {});

// The row of `table` with this name. Precondition: there is one.
const KernelRow& find_row(std::span<const KernelRow> table, std::string_view name);

}  // namespace octet::test

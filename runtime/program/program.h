// Program: a model made ready to run for every input shape.
//
// Kernels are chosen, weights packed once, row-local chains joined into regions; what depends on
// input shapes stays an expression. Immutable and shared; Binding (runtime/binding) evaluates it
// for one set of shapes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/api/kernel_table.h"
#include "runtime/ops/dim_table.h"

namespace octet {

using DimIndex = int;      // into Program::dims
using StorageIndex = int;  // into Program::storages
using TensorIndex = int;   // into Program::tensors; kNoTensor where an optional input is absent
inline constexpr TensorIndex kNoTensor = -1;

// Where memory lies and kernels run: on the host, or on one of Program::devices.
using Place = int;
inline constexpr Place kHost = -1;

// Memory that holds one computed, given or constant value. A value that both the host and a device
// use is two storages, and a command that copies one into the other.
struct Storage {
  enum class Kind {
    kInput,     // the caller's; `index` numbers the model's inputs
    kOutput,    // the caller's or the session's; `index` numbers the model's outputs
    kConstant,  // `index` into Program::constants, or device_constants; -1: nobody reads it here
    kBound,     // the binding's: integers that depend on the input shapes; `index` into
                // Program::bound_values
    kArena,     // the session's, shared over time
    kScratch,   // a thread's, within region step `index`
  };
  Kind kind = Kind::kArena;
  int index = 0;
  DType dtype = DType::kF32;
  DimIndex elements = 0;
  // Between which an arena storage is live, both included: steps, or on a device commands, which
  // are counted through all steps.
  int first_step = 0;
  int last_step = 0;
  Place place = kHost;  // of a device: kArena and kConstant alone
};

// A typed, strided window on a storage. Entries are dims; offset and strides in elements.
struct ProgramTensor {
  DType dtype = DType::kF32;
  StorageIndex storage = 0;
  DimIndex offset = 0;
  std::vector<DimIndex> shape;
  std::vector<DimIndex> strides;
};

// Integers that a binding computes: listed ones, or start + i * delta.
struct BoundValues {
  DType dtype = DType::kI64;  // kI64 or another integer type
  std::vector<DimIndex> values;
  bool is_range = false;
  DimIndex start = 0, delta = 0, count = 0;
};

// How a region's kernel reads or writes one operand.
struct RegionOperand {
  TensorIndex tensor = kNoTensor;
  RowAccess access = RowAccess::kRows;
  DimIndex columns = 0;     // elements in a row (kWhole: in all)
  DimIndex row_stride = 0;  // elements from a row to the next
  DimIndex period = 0;      // rows of a kPeriodic operand
};

struct RegionNode {
  int report = 0;  // into Program::reports
  std::shared_ptr<const RowKernel> kernel;
  std::vector<RegionOperand> inputs, outputs;
};

// Row-local nodes over the same rows, executed tile by tile by one thread each.
struct RegionStep {
  DimIndex rows = 0;
  std::vector<RegionNode> nodes;
  std::vector<StorageIndex> scratch;  // storages that live in this region alone
};

// One task kernel over whole tensors.
struct TaskStep {
  int report = 0;
  std::shared_ptr<const TaskKernel> kernel;
  std::vector<TensorIndex> inputs, outputs;
};

// A whole storage goes to a device, or comes from there.
struct DeviceCopy {
  int report = 0;
  StorageIndex from = 0;
  StorageIndex to = 0;
};

struct DeviceNode {
  int report = 0;
  std::shared_ptr<const DeviceKernel> kernel;
  std::vector<TensorIndex> inputs, outputs;
};

using DeviceCommand = std::variant<DeviceCopy, DeviceNode>;

// What one device does in order while the host waits.
struct DeviceStep {
  Place place = 0;
  std::vector<DeviceCommand> commands;
};

// What a step of the session itself reads and gives. Row-major tensors; kNoTensor: absent, or a
// late value.
struct SessionOperands {
  std::vector<TensorIndex> inputs, outputs;
  std::vector<ValueForm> input_forms;
  // Beside them: which of the session's late values it is; -1: none.
  std::vector<int> late_inputs, late_outputs;
  // Of each late input: nobody reads it after this, so that a sequence may be changed in place.
  std::vector<bool> is_last_read;
  // Of the late outputs one after another, axis by axis: the extent where it is known before the
  // step runs; -1: it is not.
  std::vector<DimIndex> late_extents;
};

struct Program;

// Gives the program of a step whose graph is made when values are seen.
class ProgramSource {
 public:
  virtual ~ProgramSource() = default;
  // For these values of the step's first ControlAttrs::known inputs, row-major; of one that is no
  // tensor the rank of those in it, int64[] (value_form.h). Errors: those of a load. Threading: any
  // thread.
  virtual Result<std::shared_ptr<const Program>> get(std::span<const TensorView> known) const = 0;
  virtual size_t byte_count() const = 0;  // that it keeps
};

// Runs other programs on values of this one, as `control` says (runtime/ops/control.h).
struct SubprogramStep {
  int report = 0;
  ControlAttrs control;
  std::vector<std::shared_ptr<const Program>> programs;  // of its graphs
  std::shared_ptr<const ProgramSource> source;           // of kLater
  SessionOperands operands;
};

// Makes a sequence or an optional, or takes something out of one.
struct SequenceStep {
  int report = 0;
  SequenceAttrs attrs;
  SessionOperands operands;
};

using Step = std::variant<RegionStep, TaskStep, DeviceStep, SubprogramStep, SequenceStep>;

// What the model's user sees of an input or output.
struct ModelTensor {
  std::string name;
  DType dtype = DType::kF32;
  SymbolicShape shape;
  TensorIndex tensor = kNoTensor;
  std::vector<int> symbols = {};  // of an input, per axis: into Program::symbols; -1: no symbol
  // Of what has no tensor, because the run alone shows its extents (outputs) or it is none: which
  // of the session's late values it is; -1: it has a tensor.
  int late = -1;
  ValueForm form = ValueForm::kTensor;
  int held_rank = kUnknownRank;  // of the tensors in it

  bool is_tensor() const { return form == ValueForm::kTensor; }
};

// Where a symbol's value comes from: an extent of an input, or an element of one.
struct SymbolSource {
  int input = 0;
  int axis = 0;
  bool element = false;  // then `axis` is the element's index
};

// Why a node runs as it does; for --explain.
// Why kernels were refused for a node: "row: reason", in table order. Nodes that were refused alike
// share one list.
class Refusals {
 public:
  Refusals() = default;
  explicit Refusals(std::vector<std::string> list)
      : list_(std::make_shared<const std::vector<std::string>>(std::move(list))) {}
  const std::vector<std::string>& list() const {
    static const std::vector<std::string> none;
    return list_ == nullptr ? none : *list_;
  }

 private:
  std::shared_ptr<const std::vector<std::string>> list_;
};

struct NodeReport {
  std::string name;
  std::string op;
  std::string kernel;  // the chosen row of the table, or "view"
  Refusals declined;
  std::vector<std::string> types;    // of the outputs
  int step = -1;                     // -1: a view, no step
  double multiply_adds_per_row = 0;  // of linear layers: N * K
  std::string scheme = {};           // of linear layers and products; "" for other nodes
  std::string why_float = {};        // where that is "none"
};

// A linear layer, or the weights of a recurrence, and where its quantized weight lives.
struct LayerRecord {
  std::vector<LayerPart> parts;
  int64_t n = 0;
  int64_t k = 0;
  // without_codes() once packed; nullptr for a float layer
  std::shared_ptr<const QuantizedConstant> components;
  Attributes attributes;                  // the node's; of QuantizedLinearAttrs without weights
  std::vector<TypeInfo> inputs, outputs;  // to choose a kernel again on replacement
  std::vector<bool> has_input;            // per input: not absent
  std::vector<bool> replaced = {};        // per part: by other weights; empty: none
  int step = 0;
  int node = 0;  // of the region, or of the device step's commands; -1: a task step
};

// What a binding looks at before anything runs.
struct ProgramCheck {
  Check check;
  DimIndex found = 0, expected = 0, guard = 0;
};

struct Program {
  int number = 0;  // that tells it from the other programs of its model
  std::vector<ModelTensor> inputs, outputs;
  DimTable dims;
  std::vector<SymbolSource> symbols;  // by DimTable::symbols()
  std::vector<ProgramCheck> checks;   // in the order of the nodes that ask for them
  std::vector<Storage> storages;
  std::vector<ProgramTensor> tensors;
  std::vector<Tensor> constants;
  std::vector<std::shared_ptr<Device>> devices;  // by Place
  std::vector<std::shared_ptr<std::byte>> device_constants;
  std::vector<BoundValues> bound_values;
  std::vector<Step> steps;
  std::vector<NodeReport> reports;
  std::vector<LayerRecord> layers;
  // Values of a session that have no place here, because the run alone shows their extents or they
  // are no tensors.
  int late_values = 0;
  // It, or a program in it, has sequences or optionals.
  bool holds_values = false;
  // An input has an extent that is more than a symbol: it is compared with what comes.
  bool compares_inputs = false;
  // Copies a tensor to another of the same shape, whatever the strides: for inputs and outputs of a
  // run that are not row-major.
  std::shared_ptr<const TaskKernel> copy;
};

}  // namespace octet

// The stages of compilation: kernels, schedule, outputs, lifetimes.
#include "runtime/program/compile.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "runtime/core/quantized_constant.h"
#include "runtime/core/run_control.h"
#include "runtime/program/late_programs.h"
#include "runtime/program/place_devices.h"
#include "runtime/program/scheduler.h"
#include "runtime/program/split_stages.h"
#include "runtime/program/steps.h"

namespace octet {
namespace {

// The kernel owns the packed codes from now on. Error: it wants codes that are gone.
Status drop_packed_codes(const ChosenKernel& chosen, Graph& graph, const Node& node,
                         SharedStore* store) {
  const auto* linear = node.as<QuantizedLinearAttrs>();
  if (linear == nullptr) return Status::ok();
  if (packs_weights(chosen))
    graph.edit<QuantizedLinearAttrs>(node).weights = share_without_codes(store, *linear->weights);
  else if (!linear->weights->has_codes())
    return internal_error("node \"" + node.name + "\": its codes were packed for another kernel");
  return Status::ok();
}

Result<ChosenKernel> select_for(const Graph& graph, const Node& node,
                                std::span<const Backend> backends, SharedStore* store) {
  std::vector<const TypeInfo*> inputs;
  std::vector<const Constant*> constants;
  for (ValueId id : node.inputs) {
    const Value* value = id == kNoValue ? nullptr : &graph.value(id);
    inputs.push_back(value ? &value->type : nullptr);
    constants.push_back(value && value->constant ? &*value->constant : nullptr);
  }
  OutputTypes outputs;
  for (ValueId id : node.outputs) outputs.push_back(graph.value(id).type);
  auto chosen = select_kernel({node.attributes, inputs, outputs, constants, store}, backends);
  if (!chosen.is_ok()) return chosen.status().with_prefix(Graph::where(node));
  return chosen;
}

Result<std::vector<ChosenKernel>> select_kernels(Graph& graph, const CompileOptions& options) {
  std::vector<Backend> of_host = options.backends;
  std::erase_if(of_host, [](const Backend& backend) { return backend.device != nullptr; });
  std::vector<ChosenKernel> kernels;
  for (const Node& node : graph.nodes()) {
    OCTET_RETURN_IF_ERROR(check_stop());  // a layer may be packed
    if (is_shape_data(node.kind()) || runs_in_session(node.kind())) {
      kernels.emplace_back();
      continue;
    }
    // A movement op that is no view is a copy in the same order; only Expand repeats elements.
    if (is_movement(node.kind()) && node.kind() != OpKind::kExpand) {
      ChosenKernel copy;
      copy.task = options.copy;
      copy.name = "copy";
      kernels.push_back(std::move(copy));
      continue;
    }
    // Most Expands are views, wherever the value lies.
    OCTET_ASSIGN_OR_RETURN(
        ChosenKernel chosen,
        select_for(graph, node, is_movement(node.kind()) ? of_host : options.backends,
                   options.store));
    OCTET_RETURN_IF_ERROR(drop_packed_codes(chosen, graph, node, options.store));
    kernels.push_back(std::move(chosen));
  }
  const auto on_host = [&](const Node& node) {
    return select_for(graph, node, of_host, options.store);
  };
  OCTET_RETURN_IF_ERROR(place_devices(graph, kernels, on_host));
  return kernels;
}

// Every output gets memory of its own that the caller may provide: the value's where it can be
// written there directly.
Status place_outputs(ProgramBuilder& builder) {
  const Graph& graph = builder.graph();
  for (size_t i = 0; i < graph.outputs().size(); ++i) {
    const ValueId value = graph.outputs()[i];
    if (builder.is_late(value)) {
      const TypeInfo& type = graph.value(value).type;
      builder.program().outputs.push_back({.name = graph.output_names()[i],
                                           .dtype = type.dtype,
                                           .shape = type.shape,
                                           .late = builder.late_value(value),
                                           .form = type.form,
                                           .held_rank = type.held_rank});
      continue;
    }
    const Layout& layout = builder.layout(value);
    OCTET_ASSIGN_OR_RETURN(const StorageIndex home, builder.host_storage(value));
    Storage& storage = builder.program().storages[static_cast<size_t>(home)];
    ModelTensor output{graph.output_names()[i],
                       graph.value(value).type.dtype,
                       graph.value(value).type.shape,
                       kNoTensor,
                       {}};
    const bool direct = storage.kind == Storage::Kind::kArena && layout.offset == Dim(0) &&
                        builder.is_contiguous(value) &&
                        builder.dim(element_count(builder.shape(value))) == storage.elements;
    if (direct) {
      storage.kind = Storage::Kind::kOutput;
      storage.index = static_cast<int>(i);
      OCTET_ASSIGN_OR_RETURN(output.tensor, builder.tensor(value));
    } else {
      OCTET_ASSIGN_OR_RETURN(output.tensor,
                             builder.add_copy(value, Storage::Kind::kOutput, static_cast<int>(i)));
    }
    builder.program().outputs.push_back(std::move(output));
  }
  return Status::ok();
}

// Notes when each storage is live, and moves what only one region touches to that region's scratch.
void place_intermediates(Program& program) {
  int command = 0;  // over all steps
  for (size_t i = 0; i < program.steps.size(); ++i) {
    const Step& step = program.steps[i];
    for_each_operand(program, step, [&](StorageIndex index, int position) {
      Storage& storage = program.storages[static_cast<size_t>(index)];
      const int now = storage.place == kHost ? static_cast<int>(i) : command + position;
      if (storage.first_step < 0) storage.first_step = now;
      storage.last_step = now;
    });
    if (const auto* device = std::get_if<DeviceStep>(&step))
      command += static_cast<int>(device->commands.size());
  }
  for (size_t i = 0; i < program.storages.size(); ++i) {
    Storage& storage = program.storages[i];
    if (storage.kind != Storage::Kind::kArena || storage.place != kHost || storage.first_step < 0 ||
        storage.first_step != storage.last_step)
      continue;
    auto* region = std::get_if<RegionStep>(&program.steps[static_cast<size_t>(storage.first_step)]);
    if (region == nullptr) continue;
    storage.kind = Storage::Kind::kScratch;
    storage.index = storage.first_step;
    region->scratch.push_back(static_cast<StorageIndex>(i));
  }
}

void describe_inputs(ProgramBuilder& builder) {
  const Graph& graph = builder.graph();
  Program& program = builder.program();
  std::map<std::string, SymbolSource> sources;
  for (size_t i = 0; i < graph.inputs().size(); ++i) {
    const Value& value = graph.value(graph.inputs()[i]);
    program.inputs.push_back({value.name, value.type.dtype, value.type.shape, kNoTensor, {}});
    if (!value.type.is_tensor()) {
      program.inputs.back().late = builder.late_value(graph.inputs()[i]);
      program.inputs.back().form = value.type.form;
      program.inputs.back().held_rank = value.type.held_rank;
    }
    const auto note = [&](const Dim& dim, int axis, bool element) {
      if (const Symbol* symbol = dim.as_symbol())
        sources.try_emplace(symbol->id, SymbolSource{static_cast<int>(i), axis, element});
    };
    for (size_t axis = 0; axis < value.type.shape.size(); ++axis)
      note(value.type.shape[axis], static_cast<int>(axis), false);
    if (value.type.contents)
      for (size_t element = 0; element < value.type.contents->size(); ++element)
        note((*value.type.contents)[element], static_cast<int>(element), true);
  }
  std::map<std::string, int> numbers;
  for (const Symbol& symbol : program.dims.symbols()) {
    assert(sources.count(symbol.id) == 1);
    numbers[symbol.id] = static_cast<int>(program.symbols.size());
    program.symbols.push_back(sources[symbol.id]);
  }
  for (ModelTensor& input : program.inputs)
    for (const Dim& extent : input.shape) {
      const Symbol* symbol = extent.as_symbol();
      const auto number = symbol == nullptr ? numbers.end() : numbers.find(symbol->id);
      input.symbols.push_back(number == numbers.end() ? -1 : number->second);
      program.compares_inputs |= symbol == nullptr && !extent.is_constant();
    }
}

// So that an extent which overflows is reported with the node that first has it.
void name_extents(ProgramBuilder& builder) {
  const Graph& graph = builder.graph();
  for (const Node& node : graph.nodes()) {
    builder.program().dims.set_owner(Graph::where(node));
    for (ValueId output : node.outputs) {
      if (builder.is_late(output)) continue;
      for (const Dim& extent : graph.value(output).type.shape) builder.dim(extent);
    }
  }
}

// The model's own checks first: they say it in its words. Those of nodes that passes made are
// nearly always among them.
void place_checks(ProgramBuilder& builder) {
  std::set<std::tuple<Check::Kind, DimIndex, DimIndex, DimIndex>> seen;
  const auto place = [&](const Check& check) {
    builder.program().dims.set_owner(check.where);
    ProgramCheck placed{check, builder.dim(check.found), builder.dim(check.expected),
                        builder.dim(check.guard)};
    if (seen.emplace(check.kind, placed.found, placed.expected, placed.guard).second)
      builder.program().checks.push_back(std::move(placed));
  };
  const Graph& graph = builder.graph();
  for (const Check& check : graph.checks()) place(check);
  for (const Node& node : graph.nodes())
    for (ValueId output : node.outputs)
      for (const Check& check : graph.value(output).type.checks) place(check);
}

// Whether there are values that are no tensors, and which step is the last to read each late value
// that the program does not give.
void note_values(Program& program) {
  std::set<int> read;
  for (const ModelTensor& output : program.outputs) {
    program.holds_values |= !output.is_tensor();
    if (output.late >= 0) read.insert(output.late);
  }
  for (const ModelTensor& input : program.inputs) program.holds_values |= !input.is_tensor();
  for (size_t i = program.steps.size(); i-- > 0;) {
    program.holds_values |= std::holds_alternative<SequenceStep>(program.steps[i]);
    if (const auto* call = std::get_if<SubprogramStep>(&program.steps[i]))
      for (const auto& inner : call->programs) program.holds_values |= inner->holds_values;
    SessionOperands* operands = session_operands(program.steps[i]);
    for (size_t n = operands == nullptr ? 0 : operands->inputs.size(); n-- > 0;)
      if (const int late = operands->late_inputs[n]; late >= 0)
        operands->is_last_read[n] = read.insert(late).second;
  }
}

Result<std::shared_ptr<const Program>> compile_stage(Graph& graph, const CompileOptions& options);

// Of the control nodes, by node; the graphs are used up.
Result<InnerPrograms> compile_inner(const Graph& graph, const CompileOptions& options) {
  InnerPrograms inner;
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    if (node.kind() != OpKind::kControl) continue;
    InnerProgram& made = inner[i];
    for (const auto& within : node.graphs) {
      OCTET_ASSIGN_OR_RETURN(auto program, compile_stage(*within, options));
      made.programs.push_back(std::move(program));
    }
    if (node.source != nullptr) made.source = keep_late_programs(node.source, options.make_late);
  }
  return inner;
}

Result<std::shared_ptr<const Program>> compile_stage(Graph& graph, const CompileOptions& options) {
  OCTET_ASSIGN_OR_RETURN(std::vector<ChosenKernel> kernels, select_kernels(graph, options));
  std::vector<std::shared_ptr<Device>> devices;
  for (const Backend& backend : options.backends)
    if (backend.device != nullptr) devices.push_back(backend.device);
  ProgramBuilder builder(graph, options.copy, std::move(devices));
  name_extents(builder);
  OCTET_ASSIGN_OR_RETURN(InnerPrograms inner, compile_inner(graph, options));
  OCTET_RETURN_IF_ERROR(Scheduler(builder, std::move(kernels), std::move(inner)).run());
  OCTET_RETURN_IF_ERROR(place_outputs(builder));
  place_intermediates(builder.program());
  for (const ValueId input : graph.inputs()) {  // they have a tensor even when nothing reads them
    if (builder.is_late(input)) continue;
    OCTET_RETURN_IF_ERROR(builder.tensor(input).status());
  }
  place_checks(builder);
  describe_inputs(builder);
  builder.program().copy = options.copy;
  if (options.numbers != nullptr) builder.program().number = options.numbers->fetch_add(1);
  for (size_t i = 0; i < graph.inputs().size(); ++i) {
    if (builder.is_late(graph.inputs()[i])) continue;
    OCTET_ASSIGN_OR_RETURN(builder.program().inputs[i].tensor, builder.tensor(graph.inputs()[i]));
  }
  note_values(builder.program());
  return std::make_shared<const Program>(std::move(builder.program()));
}

}  // namespace

Result<std::shared_ptr<const Program>> compile(Graph graph, const CompileOptions& options) {
  OCTET_RETURN_IF_ERROR(split_stages(graph));
  return compile_stage(graph, options);
}

}  // namespace octet

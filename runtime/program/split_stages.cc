// Levels of nodes, and a graph for each level inside the one before.
#include "runtime/program/split_stages.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "runtime/core/run_control.h"
#include "runtime/program/capture_symbols.h"

namespace octet {
namespace {

class StageSplitter {
 public:
  explicit StageSplitter(Graph& graph) : graph_(graph), definers_(symbol_definers(graph)) {}

  Status run() {
    OCTET_RETURN_IF_ERROR(find_levels());
    if (last_ == 0 && !has_observed()) return Status::ok();
    for (size_t i = 0; i < graph_.nodes().size(); ++i)
      members_[static_cast<size_t>(levels_[i])].push_back(i);
    for (const Check& check : graph_.checks())
      checks_[static_cast<size_t>(level_of(check))].push_back(&check);
    OCTET_RETURN_IF_ERROR(find_needs());
    std::shared_ptr<Graph> inner;
    for (int level = last_; level > 0; --level) {
      OCTET_RETURN_IF_ERROR(check_stop());
      OCTET_ASSIGN_OR_RETURN(Graph made, make_stage(level, std::move(inner)));
      inner = std::make_shared<Graph>(std::move(made));
    }
    OCTET_ASSIGN_OR_RETURN(Graph head, make_stage(0, std::move(inner)));
    graph_ = std::move(head);
    return Status::ok();
  }

 private:
  bool has_observed() const {
    return std::any_of(graph_.nodes().begin(), graph_.nodes().end(),
                       [](const Node& node) { return node.as<ObserveAttrs>() != nullptr; });
  }

  // A symbol is known a level above the node that makes it, and a node runs once all its symbols
  // are. Symbols come without edges, so nodes may stand before those that they wait for.
  Status find_levels() {
    const size_t count = graph_.nodes().size();
    levels_.assign(count, 0);
    value_levels_.assign(graph_.value_count(), 0);
    std::unordered_map<std::string, int> symbol_levels;
    std::vector<std::vector<std::string>> needed(count);
    for (size_t i = 0; i < count; ++i)
      for (const Symbol& symbol : needed_symbols(graph_, graph_.nodes()[i]))
        if (symbol.is_late()) needed[i].push_back(symbol.id);
    for (bool changed = true; changed;) {
      changed = false;
      OCTET_RETURN_IF_ERROR(check_stop());
      for (size_t i = 0; i < count; ++i) {
        const Node& node = graph_.nodes()[i];
        int level = 0;
        for (const ValueId id : node.inputs)
          if (id != kNoValue) level = std::max(level, value_levels_[static_cast<size_t>(id)]);
        for (const std::string& id : needed[i])
          if (const auto known = symbol_levels.find(id); known != symbol_levels.end())
            level = std::max(level, known->second);
        if (level >= kMaxStages)
          return unsupported(Graph::where(node) + ": more than " + std::to_string(kMaxStages) +
                             " times, one after another, shapes depend on what the run computes");
        for (const Symbol& symbol : made_symbols(node.attributes)) {
          int& known = symbol_levels[symbol.id];
          changed |= known != level + 1;
          known = level + 1;
        }
        if (level == levels_[i]) continue;
        changed = true;
        levels_[i] = level;
        for (const ValueId id : node.outputs) value_levels_[static_cast<size_t>(id)] = level;
      }
    }
    last_ = levels_.empty() ? 0 : *std::max_element(levels_.begin(), levels_.end());
    members_.resize(static_cast<size_t>(last_) + 1);
    checks_.resize(members_.size());
    symbol_levels_ = std::move(symbol_levels);
    return Status::ok();
  }

  int level_of(const Check& check) const {
    int level = 0;
    for (const Dim* dim : {&check.found, &check.expected, &check.guard})
      for (const Symbol& symbol : dim->symbols())
        if (const auto known = symbol_levels_.find(symbol.id); known != symbol_levels_.end())
          level = std::max(level, known->second);
    return std::min(level, last_);
  }

  // What a value is outside of the level that reads it by its symbols: Observe changes nothing.
  ValueId plain(ValueId id) const {
    const Node* maker = graph_.producer(id);
    return maker != nullptr && maker->as<ObserveAttrs>() != nullptr ? maker->inputs[0] : id;
  }

  // needs_[level]: what that level's graph reads from outside, in the order of their ids.
  Status find_needs() {
    needs_.resize(static_cast<size_t>(last_) + 2);
    for (int level = last_; level > 0; --level) {
      OCTET_RETURN_IF_ERROR(check_stop());
      std::set<ValueId>& needs = needs_[static_cast<size_t>(level)];
      const auto need = [&](ValueId id) {
        if (id == kNoValue || graph_.value(id).constant) return;
        const Node* maker = graph_.producer(id);
        const bool observed = maker != nullptr && maker->as<ObserveAttrs>() != nullptr;
        // An observed value is an input of every level above the one that observes it.
        const int from = maker == nullptr ? -1 : value_levels_[static_cast<size_t>(id)];
        if (from < level) {
          needs.insert(id);
        } else if (observed) {
          if (const ValueId source = maker->inputs[0]; is_outside(source, level))
            needs.insert(source);
        }
      };
      const auto need_symbols = [&](const std::vector<Symbol>& symbols) {
        for (const Symbol& symbol : symbols)
          if (const auto definer = definers_.find(symbol.id); definer != definers_.end())
            need(definer->second);
      };
      for (const size_t i : members_[static_cast<size_t>(level)]) {
        const Node& node = graph_.nodes()[i];
        for (const ValueId id : node.inputs) need(id);
        need_symbols(needed_symbols(graph_, node));
      }
      for (const Check* check : checks_[static_cast<size_t>(level)])
        for (const Dim* dim : {&check->found, &check->expected, &check->guard})
          need_symbols(dim->symbols());
      // What a level inside reads, this one hands on.
      for (const ValueId id : needs_[static_cast<size_t>(level) + 1]) need(id);
      // Types of what comes in have symbols, too.
      for (bool more = true; more;) {
        const size_t before = needs.size();
        for (const ValueId id : std::vector<ValueId>(needs.begin(), needs.end())) {
          std::vector<Symbol> symbols;
          collect_symbols(graph_.value(id).type.shape, symbols);
          if (graph_.value(id).type.contents)
            collect_symbols(*graph_.value(id).type.contents, symbols);
          need_symbols(symbols);
        }
        more = needs.size() != before;
      }
    }
    return Status::ok();
  }

  bool is_outside(ValueId id, int level) const {
    if (graph_.value(id).constant) return false;
    return graph_.producer(id) == nullptr || value_levels_[static_cast<size_t>(id)] < level;
  }

  // Whether the level, or one inside it, computes this output of the graph.
  bool gives(size_t output, int level) const {
    const ValueId id = graph_.outputs()[output];
    return level == 0 ||
           (graph_.producer(id) != nullptr && value_levels_[static_cast<size_t>(id)] >= level);
  }

  Result<Graph> make_stage(int level, std::shared_ptr<Graph> inner) {
    Graph stage;
    std::unordered_map<ValueId, ValueId> now;
    const auto add_input = [&](ValueId id) {
      const Value& value = graph_.value(id);
      now[id] = stage.add_inner_input(value.name, value.type);
    };
    if (level == 0)
      for (const ValueId id : graph_.inputs()) add_input(id);
    else
      for (const ValueId id : needs_[static_cast<size_t>(level)]) add_input(id);
    const auto find = [&](ValueId id) -> Result<ValueId> {
      if (id == kNoValue) return kNoValue;
      if (const auto found = now.find(id); found != now.end()) return found->second;
      id = plain(id);  // observed here, read inside
      if (const auto found = now.find(id); found != now.end()) return found->second;
      const Value& value = graph_.value(id);
      if (!value.constant)
        return internal_error("\"" + value.name + "\" is read in a stage that does not have it");
      OCTET_ASSIGN_OR_RETURN(now[id], stage.add_constant(value.name, *value.constant));
      return now[id];
    };
    for (const size_t i : members_[static_cast<size_t>(level)]) {
      const Node& node = graph_.nodes()[i];
      if (node.as<ObserveAttrs>() != nullptr) continue;
      OCTET_RETURN_IF_ERROR(add_node(stage, node, find, now));
    }
    if (inner != nullptr)
      OCTET_RETURN_IF_ERROR(add_rest(stage, level, std::move(inner), find, now));
    for (size_t output = 0; output < graph_.outputs().size(); ++output) {
      if (!gives(output, level)) continue;
      OCTET_ASSIGN_OR_RETURN(const ValueId value, find(graph_.outputs()[output]));
      stage.add_output(value, graph_.output_names()[output]);
    }
    for (const Check* check : checks_[static_cast<size_t>(level)]) stage.checks().push_back(*check);
    OCTET_RETURN_IF_ERROR(stage.normalize());
    return stage;
  }

  template <class Find>
  Status add_node(Graph& stage, const Node& node, const Find& find,
                  std::unordered_map<ValueId, ValueId>& now) {
    std::vector<ValueId> inputs;
    for (const ValueId id : node.inputs) {
      OCTET_ASSIGN_OR_RETURN(const ValueId input, find(id));
      inputs.push_back(input);
    }
    std::vector<std::string> names;
    for (const ValueId id : node.outputs) names.push_back(graph_.value(id).name);
    std::vector<ValueId> outputs;
    if (const auto* control = node.as<ControlAttrs>()) {
      outputs = stage.add_control(node.name, *control, std::move(inputs), node.graphs,
                                  std::move(names), node.source);
    } else {
      OCTET_ASSIGN_OR_RETURN(
          outputs, stage.add_node(node.name, node.attributes, std::move(inputs), std::move(names)));
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) now[node.outputs[i]] = outputs[i];
    return Status::ok();
  }

  template <class Find>
  Status add_rest(Graph& stage, int level, std::shared_ptr<Graph> inner, const Find& find,
                  std::unordered_map<ValueId, ValueId>& now) {
    ControlAttrs attrs{.kind = ControlKind::kRest, .results = {}};
    std::vector<ValueId> inputs, made;
    std::vector<std::string> names;
    for (const ValueId id : needs_[static_cast<size_t>(level) + 1]) {
      OCTET_ASSIGN_OR_RETURN(const ValueId input, find(id));
      inputs.push_back(input);
    }
    for (size_t output = 0; output < graph_.outputs().size(); ++output) {
      if (!gives(output, level + 1)) continue;
      const Value& value = graph_.value(graph_.outputs()[output]);
      attrs.results.push_back(result_type(value.type));
      names.push_back(value.name);
      made.push_back(graph_.outputs()[output]);
    }
    const std::vector<ValueId> outputs =
        stage.add_control("stage " + std::to_string(level + 2), std::move(attrs), std::move(inputs),
                          {std::move(inner)}, std::move(names));
    for (size_t i = 0; i < made.size(); ++i) now[made[i]] = outputs[i];
    return Status::ok();
  }

  Graph& graph_;
  std::unordered_map<std::string, ValueId> definers_;
  std::unordered_map<std::string, int> symbol_levels_;
  std::vector<int> levels_;        // by node
  std::vector<int> value_levels_;  // by value: of the node that makes it
  int last_ = 0;
  std::vector<std::vector<size_t>> members_;       // by level
  std::vector<std::vector<const Check*>> checks_;  // by level: those of the graph
  std::vector<std::set<ValueId>> needs_;           // by level
};

Status split_each(Graph& graph) {
  for (const Node& node : graph.nodes())
    for (const auto& inner : node.graphs) OCTET_RETURN_IF_ERROR(split_each(*inner));
  return StageSplitter(graph).run();
}

}  // namespace

Status split_stages(Graph& graph) {
  const bool plain = std::all_of(graph.nodes().begin(), graph.nodes().end(), [](const Node& node) {
    return node.graphs.empty() && made_symbols(node.attributes).empty();
  });
  if (plain) return Status::ok();
  OCTET_RETURN_IF_ERROR(capture_symbols(graph));
  return split_each(graph);
}

}  // namespace octet

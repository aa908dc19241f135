// A least-recently-used list of programs by values.
#include "runtime/program/late_programs.h"

#include <algorithm>
#include <cstring>
#include <mutex>

namespace octet {
namespace {

std::string key_of(std::span<const TensorView> known) {
  std::string key;
  for (const TensorView& value : known) {
    key += dtype_name(value.dtype) + to_string(value.shape) + ":";
    key.append(reinterpret_cast<const char*>(value.data),
               static_cast<size_t>(value.element_count()) * dtype_size(value.dtype));
  }
  return key;
}

class LatePrograms : public ProgramSource {
 public:
  LatePrograms(std::shared_ptr<const GraphSource> graphs, MakeProgram make)
      : graphs_(std::move(graphs)), make_(std::move(make)) {}

  Result<std::shared_ptr<const Program>> get(std::span<const TensorView> known) const override {
    const std::string key = key_of(known);
    if (auto found = find(key); found != nullptr) return found;
    if (!make_) return unsupported("a graph that depends on values cannot be made here");
    std::vector<Tensor> values;
    for (const TensorView& value : known) {
      values.emplace_back(value.dtype, value.shape);
      if (values.back().byte_count() > 0)
        std::memcpy(values.back().bytes(), value.data, values.back().byte_count());
    }
    OCTET_ASSIGN_OR_RETURN(Graph graph, graphs_->make(values));
    OCTET_ASSIGN_OR_RETURN(std::shared_ptr<const Program> program, make_(std::move(graph)));
    const std::lock_guard lock(mutex_);
    kept_.insert(kept_.begin(), {key, program});
    if (kept_.size() > kLatePrograms) kept_.pop_back();
    return program;
  }

  size_t byte_count() const override { return graphs_->byte_count(); }

 private:
  std::shared_ptr<const Program> find(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(kept_.begin(), kept_.end(),
                                    [&](const auto& entry) { return entry.first == key; });
    if (found == kept_.end()) return nullptr;
    std::rotate(kept_.begin(), found, found + 1);
    return kept_.front().second;
  }

  std::shared_ptr<const GraphSource> graphs_;
  MakeProgram make_;
  mutable std::mutex mutex_;
  mutable std::vector<std::pair<std::string, std::shared_ptr<const Program>>>
      kept_;  // newest first
};

}  // namespace

std::shared_ptr<const ProgramSource> keep_late_programs(std::shared_ptr<const GraphSource> graphs,
                                                        MakeProgram make) {
  return std::make_shared<LatePrograms>(std::move(graphs), std::move(make));
}

}  // namespace octet

// The C API of Octet as C++17 classes: objects that free themselves, errors as exceptions. Header
// only, over octet.h alone.
//
// Each class owns one object of the C API and is moved, never copied; get() gives the handle. What
// a call does, its threads and lifetimes are said at the C function of the same name. A failed call
// throws Error and changes nothing; moved-from objects may only be assigned to or destroyed. Texts
// and views that a function returns belong to the object it came from.
//
//   octet::Engine engine;
//   octet::Model model = octet::Model::load(engine, "encoder.onnx");
//   octet::Session session(model);
//   std::vector<float> x(8);
//   auto outputs = session.run({octet::TensorView(x.data(), {1, 8})});
#ifndef OCTET_OCTET_HPP
#define OCTET_OCTET_HPP

#include <octet/octet.h>
#include <octet/tensor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace octet {
inline namespace v6 {

// A switch that stops runs and loads, from any thread.
class Cancel {
 public:
  Cancel() {
    octet_cancel* handle = nullptr;
    detail::call(octet_cancel_create, &handle);
    handle_.reset(handle);
  }
  // Ends runs and loads that were given this switch; also from a signal handler.
  void request() noexcept { octet_cancel_request(handle_.get()); }
  // Lets runs and loads to come go through again.
  void reset() noexcept { octet_cancel_reset(handle_.get()); }
  // Whether it is on.
  bool requested() const noexcept { return octet_cancel_requested(handle_.get()) != 0; }
  // The C object.
  octet_cancel* get() const noexcept { return handle_.get(); }

 private:
  detail::Handle<octet_cancel, octet_cancel_free> handle_;
};

// How one run may end early; the defaults are never.
struct RunOptions {
  const Cancel* cancel = nullptr;            // must live until the run is over
  std::chrono::duration<double> timeout{0};  // from the call on; 0: none

  // The C struct.
  octet_run_options get() const {
    auto options = defaults<octet_run_options>();
    options.cancel = cancel ? cancel->get() : nullptr;
    options.timeout_ms = timeout.count() * 1000;
    return options;
  }
};

// A tensor, a sequence of values or an optional one, immutable; others share what is in it.
class Value {
 public:
  // A tensor in the caller's memory, which must stay until this value and all that share it are
  // gone.
  explicit Value(const TensorView& tensor) {
    octet_value* handle = nullptr;
    detail::call(octet_value_from_tensor, static_cast<const octet_tensor*>(&tensor), &handle);
    handle_.reset(handle);
  }
  // A sequence of these.
  static Value sequence(const std::vector<Value>& elements) {
    return of(OCTET_VALUE_SEQUENCE, elements);
  }
  // An empty optional.
  static Value nothing() { return of(OCTET_VALUE_OPTIONAL, {}); }
  // Takes over a handle.
  explicit Value(octet_value* handle) : handle_(handle) {}

  // Tensor, sequence or optional.
  octet_value_kind kind() const noexcept { return octet_value_get_kind(get()); }
  // Elements of a sequence or optional; 1 for a tensor.
  int64_t count() const noexcept { return octet_value_count(get()); }
  // One of them.
  Value element(int64_t index) const {
    octet_value* handle = nullptr;
    detail::call(octet_value_element, static_cast<const octet_value*>(get()), index, &handle);
    return Value(handle);
  }
  // The tensor that it is, good as long as the value.
  TensorView tensor() const {
    TensorView view;
    detail::call(octet_value_tensor, static_cast<const octet_value*>(get()),
                 static_cast<octet_tensor*>(&view));
    return view;
  }
  // The C object.
  octet_value* get() const noexcept { return handle_.get(); }

 private:
  static Value of(octet_value_kind kind, const std::vector<Value>& elements) {
    std::vector<octet_value*> handles;
    for (const Value& element : elements) handles.push_back(element.get());
    octet_value* handle = nullptr;
    detail::call(octet_value_from_elements, kind, static_cast<octet_value* const*>(handles.data()),
                 static_cast<int64_t>(handles.size()), &handle);
    return Value(handle);
  }

  detail::Handle<octet_value, octet_value_free> handle_;
};

namespace detail {

// The run of `runner` by values, whose outputs are the values that it makes.
template <class Function, class Runner>
std::vector<Value> run_values(Function function, Runner* runner, const std::vector<Value>& inputs,
                              size_t output_count, const octet_run_options& options) {
  std::vector<octet_value*> given;
  for (const Value& input : inputs) given.push_back(input.get());
  std::vector<octet_value*> made(output_count, nullptr);
  std::vector<Value> outputs;
  outputs.reserve(output_count);
  call(function, runner, static_cast<octet_value* const*>(given.data()),
       static_cast<int32_t>(given.size()), made.data(), static_cast<int32_t>(output_count),
       &options);
  for (octet_value* value : made) outputs.emplace_back(value);
  return outputs;
}

}  // namespace detail

// Threads, memory and limits that models share.
class Engine {
 public:
  // With the defaults where no options are given.
  explicit Engine(const octet_engine_options& options = defaults<octet_engine_options>()) {
    octet_engine* handle = nullptr;
    detail::call(octet_engine_create, &options, &handle);
    handle_.reset(handle);
  }
  // Threads that work on one run.
  int32_t threads() const noexcept { return octet_engine_threads(handle_.get()); }
  // Octet's own memory in all models, sessions and outputs.
  octet_memory memory() const {
    auto memory = defaults<octet_memory>();
    detail::call(octet_engine_memory, get(), &memory);
    return memory;
  }
  // The C object.
  octet_engine* get() const noexcept { return handle_.get(); }

 private:
  detail::Handle<octet_engine, octet_engine_free> handle_;
};

// Plain copies of the parts of one layer's quantized weight; a part that the layer has not has data
// == nullptr.
class Weights {
 public:
  // The copies of Model::weights.
  explicit Weights(const octet_weights& weights) : weights_(weights) {}
  // Takes over the other's copies.
  Weights(Weights&& other) noexcept
      : weights_(std::exchange(other.weights_, defaults<octet_weights>())) {}
  // Frees its copies, then takes over the other's.
  Weights& operator=(Weights&& other) noexcept {
    if (this != &other) {
      octet_weights_free(&weights_);
      weights_ = std::exchange(other.weights_, defaults<octet_weights>());
    }
    return *this;
  }
  ~Weights() { octet_weights_free(&weights_); }

  // int8 [N, K].
  TensorView int_data() const { return weights_.int_data; }
  // float32 [N] or [1].
  TensorView scale() const { return weights_.scale; }
  // int8, like scale.
  TensorView zero_point() const { return weights_.zero_point; }
  // float32 [K].
  TensorView smoothing() const { return weights_.smoothing; }
  // The C struct: a change of the elements is seen by Model::replace_weights.
  const octet_weights& get() const noexcept { return weights_; }

 private:
  octet_weights weights_;
};

// An immutable, compiled model; any thread.
class Model {
 public:
  // Reads an .onnx file.
  static Model load(const Engine& engine, const std::string& path,
                    const octet_load_options& options = defaults<octet_load_options>()) {
    octet_model* handle = nullptr;
    detail::call(octet_model_load, engine.get(), path.c_str(), &options, &handle);
    return Model(handle);
  }
  // The same from memory, which may be freed after the call.
  static Model load_memory(const Engine& engine, const void* data, size_t size,
                           const octet_load_options& options = defaults<octet_load_options>()) {
    octet_model* handle = nullptr;
    detail::call(octet_model_load_memory, engine.get(), data, size, &options, &handle);
    return Model(handle);
  }
  // Takes over a handle.
  explicit Model(octet_model* handle) : handle_(handle) {}

  // Its inputs, in order.
  std::vector<octet_value_info> inputs() const {
    return infos(octet_model_input_count(get()), octet_model_input);
  }
  // Its outputs, in order.
  std::vector<octet_value_info> outputs() const {
    return infos(octet_model_output_count(get()), octet_model_output);
  }
  // Every node as JSON.
  std::string explain() const { return octet_model_explain(get()); }
  // Bytes of Octet's own memory.
  int64_t memory() const noexcept { return octet_model_memory(get()); }

  // Number of linear layers.
  int32_t layer_count() const noexcept { return octet_model_layer_count(get()); }
  // One layer's names, extents, scheme and kernel.
  octet_layer_info layer(int32_t index) const {
    auto info = defaults<octet_layer_info>();
    detail::call(octet_model_layer, get(), index, &info);
    return info;
  }
  // Number of products that are no linear layers.
  int32_t float_product_count() const noexcept { return octet_model_float_product_count(get()); }
  // One of them, and why.
  octet_float_product float_product(int32_t index) const {
    auto product = defaults<octet_float_product>();
    detail::call(octet_model_float_product, get(), index, &product);
    return product;
  }
  // The index of the layer of this name or alias.
  int32_t find_layer(const std::string& name) const {
    int32_t index = 0;
    detail::call(octet_model_find_layer, get(), name.c_str(), &index);
    return index;
  }
  // Copies of a layer's parts.
  Weights weights(int32_t layer) const {
    auto weights = defaults<octet_weights>();
    detail::call(octet_weights_get, get(), layer, &weights);
    return Weights(weights);
  }
  // The packed bytes of a layer and their number; they live as long as the model.
  std::pair<const void*, size_t> packed_weights(int32_t layer) const {
    std::pair<const void*, size_t> packed;
    detail::call(octet_weights_packed, get(), layer, &packed.first, &packed.second);
    return packed;
  }
  // A new model with one layer's weights replaced; this one goes on as it is.
  Model replace_weights(int32_t layer, const octet_weights& weights) const {
    octet_model* replaced = nullptr;
    detail::call(octet_model_replace_weights, get(), layer, &weights, &replaced);
    return Model(replaced);
  }

  // Writes the model, with the weights that it has now, as a standard ONNX file.
  void save(const std::string& path,
            const octet_save_options& options = defaults<octet_save_options>()) const {
    detail::call(octet_model_save, get(), path.c_str(), &options);
  }

  // Runs on a session of the model's own, any number of calls at once; the outputs own their
  // memory.
  std::vector<Tensor> run(const std::vector<TensorView>& inputs,
                          const RunOptions& options = {}) const {
    std::vector<TensorView> outputs(static_cast<size_t>(octet_model_output_count(get())));
    std::vector<Tensor> owned;
    owned.reserve(outputs.size());
    run_into(inputs, outputs, options);
    for (const TensorView& output : outputs) owned.emplace_back(output);
    return owned;
  }
  // The same with outputs as octet_model_run takes them; those without data get memory to be freed
  // with octet_tensor_free.
  void run_into(const std::vector<TensorView>& inputs, std::vector<TensorView>& outputs,
                const RunOptions& options = {}) const {
    const octet_run_options run_options = options.get();
    detail::call(octet_model_run, get(), inputs.data(), static_cast<int32_t>(inputs.size()),
                 outputs.data(), static_cast<int32_t>(outputs.size()), &run_options);
  }
  // The same by values, which models with sequences or optionals take and give.
  std::vector<Value> run_values(const std::vector<Value>& inputs,
                                const RunOptions& options = {}) const {
    return detail::run_values(octet_model_run_values, static_cast<const octet_model*>(get()),
                              inputs, static_cast<size_t>(octet_model_output_count(get())),
                              options.get());
  }
  // The C object.
  octet_model* get() const noexcept { return handle_.get(); }

 private:
  template <class Function>
  std::vector<octet_value_info> infos(int32_t count, Function function) const {
    std::vector<octet_value_info> result(static_cast<size_t>(count), defaults<octet_value_info>());
    for (int32_t i = 0; i < count; ++i) {
      detail::call(function, static_cast<const octet_model*>(get()), i,
                   &result[static_cast<size_t>(i)]);
    }
    return result;
  }

  detail::Handle<octet_model, octet_model_free> handle_;
};

// The memory of one run at a time.
class Session {
 public:
  // With no memory yet.
  explicit Session(const Model& model) {
    octet_session* handle = nullptr;
    detail::call(octet_session_create, model.get(), &handle);
    handle_.reset(handle);
    output_count_ = static_cast<size_t>(octet_model_output_count(model.get()));
  }

  // Runs the model; the outputs are the session's memory, good until its next run.
  std::vector<TensorView> run(const std::vector<TensorView>& inputs,
                              const RunOptions& options = {}) {
    std::vector<TensorView> outputs(output_count_);
    run_into(inputs, outputs, options);
    return outputs;
  }
  // Runs the model into the caller's memory; outputs without data get the session's.
  void run_into(const std::vector<TensorView>& inputs, std::vector<TensorView>& outputs,
                const RunOptions& options = {}) {
    const octet_run_options run_options = options.get();
    detail::call(octet_session_run, get(), inputs.data(), static_cast<int32_t>(inputs.size()),
                 outputs.data(), static_cast<int32_t>(outputs.size()), &run_options);
  }
  // The same by values, which models with sequences or optionals take and give.
  std::vector<Value> run_values(const std::vector<Value>& inputs, const RunOptions& options = {}) {
    return detail::run_values(octet_session_run_values, get(), inputs, output_count_,
                              options.get());
  }
  // Shapes and types of the outputs for inputs of these shapes, without data.
  std::vector<TensorView> output_shapes(const std::vector<TensorView>& inputs) {
    std::vector<TensorView> outputs(output_count_);
    detail::call(octet_session_output_shapes, get(), inputs.data(),
                 static_cast<int32_t>(inputs.size()), outputs.data(),
                 static_cast<int32_t>(outputs.size()));
    return outputs;
  }
  // Moves on to a model that was replaced from the session's own.
  void rebind(const Model& model) { detail::call(octet_session_rebind, get(), model.get()); }
  // Bytes held for runs.
  int64_t memory() const noexcept { return octet_session_memory(get()); }
  // Times the runs to come, or stops.
  void profile(bool enable) { detail::call(octet_session_profile, get(), enable ? 1 : 0); }
  // What was measured, node by node, as JSON.
  std::string profile_json() { return octet_session_profile_json(get()); }
  // What was measured, call by call, as Chrome trace JSON.
  std::string trace() { return octet_session_trace(get()); }
  // The C object.
  octet_session* get() const noexcept { return handle_.get(); }

 private:
  detail::Handle<octet_session, octet_session_free> handle_;
  size_t output_count_ = 0;
};

}  // namespace v6
}  // namespace octet

#endif  // OCTET_OCTET_HPP

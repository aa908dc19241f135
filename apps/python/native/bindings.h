// The classes of octet._native, which octet's Python files wrap: what they do is said there.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>

#include "apps/python/native/handles.h"
#include "apps/python/native/stop.h"

namespace octet::python {

class Engine {
 public:
  // options: the integer fields of octet_engine_options by name. log(level, text), or None.
  Engine(const nanobind::dict& options, nanobind::object log);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  int32_t threads() const;
  nanobind::tuple memory() const;  // (bytes in use, peak, ceiling)
  const std::shared_ptr<EngineState>& state() const { return state_; }

  // What the garbage collector sees and clears.
  nanobind::object log;

 private:
  std::shared_ptr<EngineState> state_;
};

class Model {
 public:
  explicit Model(std::shared_ptr<ModelState> state) : state_(std::move(state)) {}
  // Throws where the model is closed.
  const std::shared_ptr<ModelState>& state() const;
  void close() { state_.reset(); }
  bool is_closed() const { return state_ == nullptr; }

  nanobind::list values(bool inputs) const;  // (name, dtype, shape, kind)
  const char* explain() const;               // JSON
  int64_t memory() const;
  nanobind::dict run(const nanobind::dict& inputs, nanobind::object outputs, Cancel* cancel,
                     double timeout_ms) const;

  int32_t layer_count() const;
  int32_t find_layer(nanobind::handle name) const;
  nanobind::dict layer(int32_t index) const;
  nanobind::list float_products() const;  // (name, reason)
  // path: bytes. source: the file's bytes for a model that was loaded from them, else None.
  void save(const nanobind::bytes& path, bool ort, int32_t data, nanobind::handle source,
            Cancel* cancel, double timeout_ms) const;
  // The parts that there are, read-only arrays.
  nanobind::dict weights(int32_t layer) const;
  // `parts` are arrays; `name` is for errors.
  Model* replace(int32_t layer, const nanobind::dict& parts, nanobind::handle name) const;

 private:
  std::shared_ptr<ModelState> state_;
};

class Session {
 public:
  explicit Session(const Model& model);
  void close() { state_.reset(); }
  nanobind::dict run(const nanobind::dict& inputs, nanobind::object outputs, Cancel* cancel,
                     double timeout_ms) const;
  void rebind(const Model& model) const;
  int64_t memory() const;
  void set_profile(bool enable) const;
  nanobind::str profile() const;  // JSON
  nanobind::str trace() const;    // JSON

 private:
  const std::shared_ptr<SessionState>& state() const;
  std::shared_ptr<SessionState> state_;
};

void bind_engine(nanobind::module_& module);
void bind_model(nanobind::module_& module);
void bind_weights(nanobind::class_<Model>& model);
void bind_save(nanobind::class_<Model>& model);
void bind_session(nanobind::module_& module);
void bind_run_model(nanobind::module_& module);

}  // namespace octet::python

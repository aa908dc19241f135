// Prints the program of a model.
#include "apps/run_model/modes/explain.h"

#include <nlohmann/json.hpp>

#include "apps/run_model/terminal.h"

namespace octet::app {
namespace {

std::string place_of(const nlohmann::json& node) {
  const int step = node.at("step").get<int>();
  if (step < 0) return "view";
  return fmt::format("{} {}", node.at("region").get<bool>() ? "region" : "task", step);
}

}  // namespace

Status print_explanation(const LoadedModel& model, const Options& options) {
  const char* text = octet_model_explain(model.get());
  if (options.json) {
    put_line(stdout, text);
    return Status::ok();
  }
  int program = 0;  // those that steps of others run come behind
  for (const nlohmann::json& node : nlohmann::json::parse(text)) {
    if (const int number = node.value("program", 0); number != program) {
      program = number;
      print_line(stdout, "program {}", program);
    }
    print_line(stdout, "{:<11} {:<16} {:<26} {}", place_of(node), node.at("op").get<std::string>(),
               node.at("kernel").get<std::string>(), node.at("node").get<std::string>());
    if (node.contains("scheme"))
      print_line(stdout, "{:11} scheme {}{}", "", node.at("scheme").get<std::string>(),
                 node.contains("reason") ? ": " + node.at("reason").get<std::string>() : "");
    for (const nlohmann::json& type : node.at("types"))
      print_line(stdout, "{:11} -> {}", "", type.get<std::string>());
    for (const nlohmann::json& reason : node.at("declined"))
      print_line(stdout, "{:11} not {}", "", reason.get<std::string>());
  }
  return Status::ok();
}

}  // namespace octet::app

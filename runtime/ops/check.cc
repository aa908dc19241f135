// Texts and proofs of checks.
#include "runtime/ops/check.h"

namespace octet {
namespace {

std::string axis_text(const AxisOf& at) {
  return "axis " + std::to_string(at.axis) + " of input " + std::to_string(at.input);
}

std::string expectation(Check::Kind kind, int64_t expected) {
  const std::string number = std::to_string(expected);
  switch (kind) {
    case Check::Kind::kBroadcast:
    case Check::Kind::kExpand:
      return expected == 1 ? number : number + " or 1";
    case Check::Kind::kAtMost:
      return "at most " + number;
    case Check::Kind::kAtLeast:
      return number + " or more";
    case Check::Kind::kDiffers:
      return "another number than " + number;
    case Check::Kind::kEqual:
      break;
  }
  return number;
}

const char* requirement(Check::Kind kind) {
  switch (kind) {
    case Check::Kind::kBroadcast:
      return "; they must be equal or 1";
    case Check::Kind::kExpand:
      return "; the first must be equal to the second or 1";
    case Check::Kind::kAtMost:
      return "; the first must not be greater";
    default:
      return "; they must be equal";
  }
}

}  // namespace

bool Check::holds(int64_t found_value, int64_t expected_value) const {
  switch (kind) {
    case Kind::kEqual:
      return found_value == expected_value;
    case Kind::kBroadcast:
      return found_value == expected_value || found_value == 1 || expected_value == 1;
    case Kind::kExpand:
      return found_value == expected_value || found_value == 1;
    case Kind::kAtMost:
      return found_value <= expected_value;
    case Kind::kAtLeast:
      return found_value >= expected_value;
    case Kind::kDiffers:
      return found_value != expected_value;
  }
  return false;
}

Status Check::error(int64_t found_value, int64_t expected_value) const {
  const std::string number = std::to_string(found_value);
  std::string text;
  if (beside.input < 0) {
    text = (what.empty() ? axis_text(at) : what) + " is " + number + ", expected " +
           expectation(kind, expected_value);
  } else if (at.axis == beside.axis) {
    text = "axis " + std::to_string(at.axis) + " is " + number + " in input " +
           std::to_string(at.input) + " and " + std::to_string(expected_value) + " in input " +
           std::to_string(beside.input) + requirement(kind);
  } else {
    text = axis_text(at) + " is " + number + " and " + axis_text(beside) + " is " +
           std::to_string(expected_value) + requirement(kind);
  }
  const Status status = invalid_argument(std::move(text));
  return where.empty() ? status : status.with_prefix(where);
}

std::optional<bool> Check::known() const {
  if (guard.is_at_most(0)) return true;
  const std::optional<bool> known = known_unguarded();
  return known == false && !guard.is_at_least(1) ? std::nullopt : known;
}

std::optional<bool> Check::known_unguarded() const {
  const bool equal = found == expected;
  if (equal) return kind != Kind::kDiffers;
  if (found.is_constant() && expected.is_constant()) return holds(found.value(), expected.value());
  const Dim above = found - expected;
  const auto never_equal = [&] { return above.is_at_least(1) || above.is_at_most(-1); };
  const auto never_one = [](const Dim& dim) { return dim.is_at_least(2) || dim.is_at_most(0); };
  switch (kind) {
    case Kind::kEqual:
      return never_equal() ? std::optional(false) : std::nullopt;
    case Kind::kBroadcast:
    case Kind::kExpand: {
      const bool either = kind == Kind::kBroadcast;
      if (found == Dim(1) || (either && expected == Dim(1))) return true;
      // min(1, s) beside s.
      if (found.is_at_most(1) && found == Dim::min(expected, 1)) return true;
      if (either && expected.is_at_most(1) && expected == Dim::min(found, 1)) return true;
      if (never_one(found) && (!either || never_one(expected)) && never_equal()) return false;
      return std::nullopt;
    }
    case Kind::kAtMost:
      if (above.is_at_most(0)) return true;
      return above.is_at_least(1) ? std::optional(false) : std::nullopt;
    case Kind::kAtLeast:
      if (above.is_at_least(0)) return true;
      return above.is_at_most(-1) ? std::optional(false) : std::nullopt;
    case Kind::kDiffers:
      return never_equal() ? std::optional(true) : std::nullopt;
  }
  return std::nullopt;
}

bool operator==(const Check& a, const Check& b) {
  return a.kind == b.kind && a.found == b.found && a.expected == b.expected && a.guard == b.guard;
}

}  // namespace octet

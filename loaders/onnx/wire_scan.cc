// The scanner that follows the table of what is kept of each message.
#include "loaders/onnx/wire_scan.h"

#include <algorithm>

#include "loaders/onnx/wire_reader.h"
#include "loaders/onnx/wire_rules.h"

namespace octet {
namespace {

WireKind kind_of(WireMessage root) {
  switch (root) {
    case WireMessage::kModel:
      return WireKind::kModel;
    case WireMessage::kTensor:
      return WireKind::kTensor;
    case WireMessage::kSequence:
      return WireKind::kSequence;
    case WireMessage::kOptional:
      return WireKind::kOptional;
  }
  return WireKind::kLeaf;
}

// What a field takes in memory besides its bytes, about.
constexpr uint64_t kVarintBytes = 8, kFieldBytes = 64;

class Scanner {
 public:
  Scanner(const ByteSource& source, const Limits& limits, WireKeep keep)
      : reader_(source), limits_(limits), keep_(keep) {}

  // Scans a message of `kind` that ends at `end`, and appends what is kept of it.
  Status scan(WireKind kind, uint64_t end, int depth, std::string& out) {
    while (reader_.position() < end) {
      uint64_t tag = 0;
      OCTET_RETURN_IF_ERROR(reader_.read_varint(end, tag));
      if (tag >> 3 == 0 || tag >> 32 != 0) return reader_.error("a field has an impossible number");
      const WireRule* rule = rule_of(kind, tag >> 3);
      switch (tag & 7) {
        case 0: {
          uint64_t value = 0;
          OCTET_RETURN_IF_ERROR(reader_.read_varint(end, value));
          if (rule == nullptr) break;
          append_varint(tag, out);
          append_varint(value, out);
          memory_ += kVarintBytes;
          break;
        }
        case 1:
          OCTET_RETURN_IF_ERROR(fixed(tag, rule, 8, end, out));
          break;
        case 2:
          OCTET_RETURN_IF_ERROR(delimited(tag, rule, end, depth, out));
          break;
        case 5:
          OCTET_RETURN_IF_ERROR(fixed(tag, rule, 4, end, out));
          break;
        default:
          return reader_.error("a field has an impossible type");
      }
      OCTET_RETURN_IF_ERROR(check_memory());
    }
    return Status::ok();
  }

  std::vector<RawData> take_raw() { return std::move(raw_); }

 private:
  // nullptr: the field is dropped.
  const WireRule* rule_of(WireKind message, uint64_t field) const {
    static constexpr WireRule kAsItIs{0};
    const WireRule* rule = find_wire_rule(message, field);
    if (rule != nullptr || keep_ == WireKeep::kWhatIsRead) return rule;
    return is_for_training(message, field) ? nullptr : &kAsItIs;
  }

  Status fixed(uint64_t tag, const WireRule* rule, uint64_t size, uint64_t end, std::string& out) {
    if (size > end - reader_.position()) return reader_.error("a number is cut off");
    if (rule == nullptr) return reader_.skip(size), Status::ok();
    append_varint(tag, out);
    memory_ += size;
    return reader_.copy(size, out);
  }

  // Before protobuf takes it: a varint of one byte becomes eight, an empty message a hundred.
  Status check_memory() const {
    if (memory_ <= limits_.max_structure_bytes) return Status::ok();
    return resource_exhausted(
        "byte " + std::to_string(reader_.position()) +
        ": up to here the model without its raw tensor data takes more than " +
        std::to_string(limits_.max_structure_bytes) +
        " bytes; store weights as raw_data or external data, or raise "
        "max_structure_bytes");
  }

  Status delimited(uint64_t tag, const WireRule* rule, uint64_t end, int depth, std::string& out) {
    uint64_t size = 0;
    OCTET_RETURN_IF_ERROR(reader_.read_varint(end, size));
    if (size > end - reader_.position())
      return reader_.error("field " + std::to_string(tag >> 3) + " has " + std::to_string(size) +
                           " bytes, but " + std::to_string(end - reader_.position()) + " are left");
    if (rule == nullptr) return reader_.skip(size), Status::ok();
    OCTET_RETURN_IF_ERROR(count(rule->kind));
    append_varint(tag, out);
    if (rule->kind == WireKind::kLeaf) {
      memory_ += size * rule->weight;
      OCTET_RETURN_IF_ERROR(check_memory());
      append_varint(size, out);
      return reader_.copy(size, out);
    }
    if (rule->kind == WireKind::kRaw) {
      append_varint(8, out);
      out += raw_index_bytes(raw_.size());
      raw_.push_back({reader_.position(), size});
      reader_.skip(size);
      return Status::ok();
    }
    // Protobuf's own parser stops at 100 levels.
    if (depth >= std::min(limits_.max_nesting, 100))
      return resource_exhausted("byte " + std::to_string(reader_.position()) +
                                ": messages are nested more than " + std::to_string(depth) +
                                " deep; raise max_nesting");
    std::string child;
    OCTET_RETURN_IF_ERROR(scan(rule->kind, reader_.position() + size, depth + 1, child));
    append_varint(child.size(), out);
    out += child;
    return Status::ok();
  }

  Status count(WireKind kind) {
    memory_ += kFieldBytes;
    const auto exceeds = [&](const char* what, uint64_t limit, const char* name) {
      return resource_exhausted("byte " + std::to_string(reader_.position()) +
                                ": the model has more than " + std::to_string(limit) + " " + what +
                                "; raise " + name);
    };
    if (++fields_ > limits_.max_fields)
      return exceeds("strings and messages", limits_.max_fields, "max_fields");
    if (kind == WireKind::kNode && ++nodes_ > limits_.max_nodes)
      return exceeds("nodes", limits_.max_nodes, "max_nodes");
    if (kind == WireKind::kTensor && ++tensors_ > limits_.max_initializers + limits_.max_nodes)
      return exceeds("tensors", limits_.max_initializers + limits_.max_nodes, "max_initializers");
    return Status::ok();
  }

  WireReader reader_;
  const Limits& limits_;
  const WireKeep keep_;
  std::vector<RawData> raw_;
  uint64_t fields_ = 0, nodes_ = 0, tensors_ = 0;
  uint64_t memory_ = 0;  // that the parsed structure takes, about
};

}  // namespace

std::string raw_index_bytes(uint64_t index) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(index >> (8 * i));
  return bytes;
}

uint64_t raw_index(std::string_view bytes) {
  assert(bytes.size() == 8);
  uint64_t index = 0;
  for (size_t i = 0; i < 8; ++i) index |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return index;
}

Result<StrippedMessage> strip_raw_data(const ByteSource& source, WireMessage root,
                                       const Limits& limits, WireKeep keep) {
  Scanner scanner(source, limits, keep);
  StrippedMessage message;
  OCTET_RETURN_IF_ERROR(scanner.scan(kind_of(root), source.size(), 0, message.bytes));
  message.raw = scanner.take_raw();
  return message;
}

}  // namespace octet

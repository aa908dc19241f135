// Follows the rules of the scanner; a message's length is known once all that is in it is.
#include "loaders/onnx/save/expand_raw.h"

#include "loaders/onnx/wire_reader.h"
#include "loaders/onnx/wire_rules.h"
#include "loaders/onnx/wire_scan.h"

namespace octet {
namespace {

Status damaged() { return internal_error("the model that was made is no valid protobuf"); }

bool read_varint(std::string_view& bytes, uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 70 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (shift < 64) value |= uint64_t{byte & 0x7fu} << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

class Expansion {
 public:
  void put(std::string_view bytes) {
    if (model_.pieces.empty() || model_.pieces.back().data != nullptr) model_.pieces.emplace_back();
    model_.pieces.back().bytes += bytes;
    model_.size += bytes.size();
  }
  void put_varint(uint64_t value) {
    std::string bytes;
    append_varint(value, bytes);
    put(bytes);
  }
  void put(const TensorData& data) {
    if (data.size == 0) return;
    put("");
    model_.pieces.back().data = &data;
    model_.size += data.size;
  }
  void put(Expansion&& child) {
    for (MessagePiece& piece : child.model_.pieces) {
      if (model_.pieces.empty() || model_.pieces.back().data != nullptr) {
        model_.pieces.push_back(std::move(piece));
        continue;
      }
      model_.pieces.back().bytes += piece.bytes;
      model_.pieces.back().data = piece.data;
    }
    model_.size += child.model_.size;
  }
  uint64_t size() const { return model_.size; }
  ExpandedModel take() { return std::move(model_); }

 private:
  ExpandedModel model_;
};

Status expand(WireKind kind, std::string_view message, const std::vector<TensorData>& data,
              Expansion& out) {
  while (!message.empty()) {
    const std::string_view field = message;
    const auto so_far = [&] { return field.substr(0, field.size() - message.size()); };
    uint64_t tag = 0, size = 0;
    if (!read_varint(message, tag)) return damaged();
    switch (tag & 7) {
      case 0: {
        uint64_t value = 0;
        if (!read_varint(message, value)) return damaged();
        out.put(so_far());
        continue;
      }
      case 1:
        size = 8;
        break;
      case 2:
        if (!read_varint(message, size)) return damaged();
        break;
      case 5:
        size = 4;
        break;
      default:
        return damaged();
    }
    if (size > message.size()) return damaged();
    const std::string_view content = message.substr(0, static_cast<size_t>(size));
    message.remove_prefix(content.size());
    const WireRule* rule = (tag & 7) == 2 ? find_wire_rule(kind, tag >> 3) : nullptr;
    if (rule == nullptr || rule->kind == WireKind::kLeaf) {
      out.put(so_far());
      continue;
    }
    out.put_varint(tag);
    if (rule->kind == WireKind::kRaw) {
      if (content.size() != 8 || raw_index(content) >= data.size()) return damaged();
      const TensorData& bytes = data[static_cast<size_t>(raw_index(content))];
      out.put_varint(bytes.size);
      out.put(bytes);
      continue;
    }
    Expansion child;
    OCTET_RETURN_IF_ERROR(expand(rule->kind, content, data, child));
    out.put_varint(child.size());
    out.put(std::move(child));
  }
  return Status::ok();
}

}  // namespace

Result<ExpandedModel> expand_raw_data(std::string_view model, const std::vector<TensorData>& data) {
  Expansion all;
  OCTET_RETURN_IF_ERROR(expand(WireKind::kModel, model, data, all));
  return all.take();
}

}  // namespace octet

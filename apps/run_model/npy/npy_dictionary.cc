// A parser for the few literals that .npy headers are made of.
#include "apps/run_model/npy/npy_dictionary.h"

#include <utility>

namespace octet::app {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Result<NpyDictionary> parse() {
    if (!take('{')) return wrong("is no dictionary");
    bool descr = false, order = false, shape = false;
    while (!take('}')) {
      std::string key;
      if (!take_string(key) || !take(':')) return wrong("is damaged");
      bool& seen = key == "descr" ? descr : key == "fortran_order" ? order : shape;
      if (key != "descr" && key != "fortran_order" && key != "shape")
        return wrong("has a field \"" + key + "\"");
      if (std::exchange(seen, true)) return wrong("has the field \"" + key + "\" twice");
      OCTET_RETURN_IF_ERROR(parse_value(key));
      if (!take(',') && !next_is('}')) return wrong("is damaged behind \"" + key + "\"");
    }
    skip_space();
    if (!rest_.empty()) return wrong("goes on behind its dictionary");
    if (!descr || !order) return wrong(descr ? "has no fortran_order" : "has no descr");
    if (!shape) return wrong("has no shape");
    return std::move(found_);
  }

 private:
  static Status wrong(const std::string& what) { return invalid_argument("its header " + what); }

  void skip_space() {
    while (!rest_.empty() && std::string_view(" \t\r\n").find(rest_[0]) != std::string_view::npos)
      rest_.remove_prefix(1);
  }
  bool next_is(char c) {
    skip_space();
    return !rest_.empty() && rest_[0] == c;
  }
  bool take(char c) {
    if (!next_is(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word) {
    skip_space();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool take_string(std::string& text) {
    const char quote = next_is('"') ? '"' : '\'';
    if (!take(quote)) return false;
    const size_t end = rest_.find(quote);
    if (end == std::string_view::npos) return false;
    text = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return text.find('\\') == std::string::npos;
  }

  Status parse_value(const std::string& key) {
    if (key == "shape") return parse_shape();
    if (key == "descr") {
      if (!take_string(found_.descr)) return wrong("has a descr that is no type of a number");
      return Status::ok();
    }
    if (take_word("True")) {
      found_.fortran_order = true;
    } else if (!take_word("False")) {
      return wrong("has a fortran_order that is neither True nor False");
    }
    return Status::ok();
  }

  // "(3, 4)", "(3,)", "()"; Python 2 wrote "(3L,)".
  Status parse_shape() {
    if (!take('(')) return wrong("has no shape that is a tuple");
    bool comma = true;
    while (!take(')')) {
      if (!comma) return wrong("has a shape that is damaged");
      int64_t extent = 0;
      OCTET_RETURN_IF_ERROR(parse_extent(extent));
      found_.shape.push_back(extent);
      comma = take(',');
    }
    // "(3)" is a number in Python.
    if (found_.shape.size() == 1 && !comma) return wrong("has a shape that is no tuple");
    return Status::ok();
  }

  Status parse_extent(int64_t& extent) {
    if (next_is('-')) return wrong("has a negative extent in its shape");
    size_t digits = 0;
    while (digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9') {
      if (extent > INT64_MAX / 16) return wrong("has too large an extent in its shape");
      extent = extent * 10 + (rest_[digits++] - '0');
    }
    if (digits == 0 || (digits > 1 && rest_[0] == '0'))
      return wrong("has an extent in its shape that is no decimal number");
    rest_.remove_prefix(digits);
    if (!rest_.empty() && rest_[0] == 'L') rest_.remove_prefix(1);
    if (next_is(',') || next_is(')')) return Status::ok();
    return wrong("has an extent in its shape that is no decimal number");
  }

  std::string_view rest_;
  NpyDictionary found_;
};

}  // namespace

Result<NpyDictionary> parse_npy_dictionary(std::string_view text) { return Parser(text).parse(); }

}  // namespace octet::app

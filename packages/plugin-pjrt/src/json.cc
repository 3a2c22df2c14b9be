#include "json.h"

#include <cctype>
#include <cstdio>
#include <cstdlib>

#include "error.h"

namespace hloom::pjrt {

namespace {

constexpr int kMaxDepth = 32;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Json document() {
    Json value = parse_value(0);
    skip_space();
    if (at_ != text_.size()) fail();
    return value;
  }

 private:
  [[noreturn]] void fail() const {
    throw Failure(kInternal, "hloom: malformed JSON from the compile host at byte " + std::to_string(at_));
  }

  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) at_++;
  }

  bool accept(std::string_view token) {
    skip_space();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }

  void expect(std::string_view token) {
    if (!accept(token)) fail();
  }

  Json parse_value(int depth) {
    if (depth > kMaxDepth) fail();
    Json value;
    if (accept("{")) return parse_object(depth);
    if (accept("[")) return parse_array(depth);
    if (accept("null")) return value;
    if (accept("true") || accept("false")) {
      value.kind = Json::Kind::kBool;
      value.number = text_[at_ - 2] == 'u';  // tr[u]e
      return value;
    }
    if (at_ < text_.size() && text_[at_] == '"') {
      value.kind = Json::Kind::kString;
      value.string = parse_string();
      return value;
    }
    value.kind = Json::Kind::kNumber;
    value.number = parse_number();
    return value;
  }

  Json parse_object(int depth) {
    Json value;
    value.kind = Json::Kind::kObject;
    if (accept("}")) return value;
    do {
      skip_space();
      std::string key = parse_string();
      expect(":");
      value.members.emplace_back(std::move(key), parse_value(depth + 1));
    } while (accept(","));
    expect("}");
    return value;
  }

  Json parse_array(int depth) {
    Json value;
    value.kind = Json::Kind::kArray;
    if (accept("]")) return value;
    do {
      value.items.push_back(parse_value(depth + 1));
    } while (accept(","));
    expect("]");
    return value;
  }

  int64_t parse_number() {
    size_t start = at_;
    if (at_ < text_.size() && text_[at_] == '-') at_++;
    while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) at_++;
    if (at_ == start) fail();
    return std::strtoll(std::string(text_.substr(start, at_ - start)).c_str(), nullptr, 10);
  }

  std::string parse_string() {
    if (at_ >= text_.size() || text_[at_] != '"') fail();
    at_++;
    std::string result;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] != '\\') {
        result += text_[at_++];
        continue;
      }
      if (++at_ >= text_.size()) fail();
      parse_escape(text_[at_++], result);
    }
    if (at_ >= text_.size()) fail();
    at_++;
    return result;
  }

  void parse_escape(char escape, std::string& result) {
    static constexpr std::string_view kNames = "\"\\/bfnrt";
    static constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
    if (size_t known = kNames.find(escape); known != std::string_view::npos) {
      result += kValues[known];
      return;
    }
    if (escape != 'u' || at_ + 4 > text_.size()) fail();
    // JSON.stringify escapes only control characters and lone surrogates this way.
    unsigned code =
        static_cast<unsigned>(std::strtoul(std::string(text_.substr(at_, 4)).c_str(), nullptr, 16));
    at_ += 4;
    if (code < 0x80) {
      result += static_cast<char>(code);
    } else if (code < 0x800) {
      result += static_cast<char>(0xC0 | (code >> 6));
      result += static_cast<char>(0x80 | (code & 0x3F));
    } else {
      result += static_cast<char>(0xE0 | (code >> 12));
      result += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
      result += static_cast<char>(0x80 | (code & 0x3F));
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

Json Json::parse(std::string_view text) { return Parser(text).document(); }

const Json& Json::operator[](std::string_view key) const {
  static const Json kNothing;
  for (const auto& [name, value] : members) {
    if (name == key) return value;
  }
  return kNothing;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned char>(c));
      result += escaped;
    } else {
      result += c;
    }
  }
  return result + "\"";
}

}  // namespace hloom::pjrt

// Executables as bytes: a line that says who wrote them, then sections, each with its length in front.
#include <cstring>

#include "executable.h"
#include "json.h"

namespace hloom::pjrt {

namespace {

constexpr std::string_view kMagic = "hloom executable 2\n";

void append_section(std::string& bytes, std::string_view section) {
  uint64_t size = section.size();
  bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
  bytes.append(section);
}

std::string take_section(std::string_view& bytes) {
  uint64_t size = 0;
  if (bytes.size() >= sizeof size) std::memcpy(&size, bytes.data(), sizeof size);
  if (bytes.size() < sizeof size || bytes.size() - sizeof size < size) {
    throw Failure(kInvalidArgument, "hloom: a serialized executable ends early");
  }
  std::string section(bytes.substr(sizeof size, size));
  bytes.remove_prefix(sizeof size + size);
  return section;
}

}  // namespace

// FNV-1a over what decides the result. Not for security: JAX uses it to tell programs apart.
std::string fingerprint_of(const Compiled& compiled) {
  uint64_t hash = 14695981039346656037u;
  for (const std::string* part : {&compiled.backend, &compiled.module, &compiled.program}) {
    for (unsigned char c : *part) hash = (hash ^ c) * 1099511628211u;
    hash = (hash ^ 0xFF) * 1099511628211u;
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

std::string serialize(const Compiled& compiled, const std::string& version) {
  std::string bytes(kMagic);
  append_section(bytes, version);
  append_section(bytes, compiled.backend);
  append_section(bytes, compiled.signature_json);
  append_section(bytes, compiled.options);
  append_section(bytes, compiled.module);
  append_section(bytes, compiled.program);
  append_section(bytes, compiled.hlo);
  return bytes;
}

std::shared_ptr<Compiled> deserialize(std::string_view bytes, const std::string& version) {
  if (bytes.substr(0, kMagic.size()) != kMagic) {
    throw Failure(kInvalidArgument, "hloom: these bytes are not an executable of this plugin");
  }
  bytes.remove_prefix(kMagic.size());
  std::string writer = take_section(bytes);
  if (writer != version) {
    throw Failure(kFailedPrecondition,
                  "hloom: the executable was written by \"" + writer + "\", this is \"" + version + "\"");
  }
  auto compiled = std::make_shared<Compiled>();
  compiled->backend = take_section(bytes);
  compiled->signature_json = take_section(bytes);
  compiled->options = take_section(bytes);
  compiled->module = take_section(bytes);
  compiled->program = take_section(bytes);
  compiled->hlo = take_section(bytes);
  compiled->launch = parse_compile_options(compiled->options);
  compiled->signature = parse_signature(Json::parse(compiled->signature_json));
  return compiled;
}

}  // namespace hloom::pjrt

// Compiling through the host, and the signature that its answer carries.
#include "host_process.h"

namespace hloom::pjrt {

namespace {

std::vector<TensorType> parse_types(const Json& list) {
  std::vector<TensorType> types;
  for (const Json& item : list.items) {
    TensorType type;
    type.element = &element_of(std::string_view(item["element"].string));
    for (const Json& dim : item["shape"].items) type.dims.push_back(dim.number);
    types.push_back(std::move(type));
  }
  return types;
}

}  // namespace

Signature parse_signature(const Json& json) {
  Signature signature;
  signature.name = json["name"].string;
  signature.inputs = parse_types(json["inputs"]);
  signature.outputs = parse_types(json["outputs"]);
  for (const Json& index : json["donated"].items) signature.donated.push_back(index.number);
  return signature;
}

std::shared_ptr<Compiled> HostProcess::compile(std::string module, std::string options, bool native) {
  HostReply reply =
      call(std::string("{\"request\":\"compile\",\"native\":") + (native ? "true" : "false") + "}", module,
           "compiling a program");
  auto compiled = std::make_shared<Compiled>();
  compiled->backend = options_.backend;
  // The host sends the signature as a string in the header: we keep it verbatim for serialization.
  compiled->signature_json = reply.header["signature"].string;
  compiled->signature = parse_signature(Json::parse(compiled->signature_json));
  compiled->module = std::move(module);
  compiled->options = std::move(options);
  compiled->program = std::move(reply.payload);
  compiled->handle = reply.header["handle"].number;
  compiled->generation = reply.generation;
  return compiled;
}

}  // namespace hloom::pjrt

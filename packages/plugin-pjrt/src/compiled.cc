// Compiling through the host, and the signature that its answer carries.
#include "host_process.h"
#include "profiler.h"

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
  const Json& cost = json["cost"];
  if (!cost.is_null()) {
    signature.cost = {{"flops", cost["flops"].number},
                      {"transcendentals", cost["transcendentals"].number},
                      {"bytes accessed", cost["bytesAccessed"].number}};
  }
  const Json& spread = json["spread"];
  if (spread.is_null()) {
    signature.arguments = static_cast<int64_t>(signature.inputs.size());
    for (int64_t i = 0; i < signature.arguments; i++) signature.parts.push_back({i, 0});
    for (size_t i = 0; i < signature.outputs.size(); i++) signature.results.push_back({static_cast<int64_t>(i)});
    signature.consumed = signature.donated;
    return signature;
  }
  signature.arguments = spread["arguments"].number;
  for (const Json& part : spread["inputs"].items)
    signature.parts.push_back({part.items.at(0).number, part.items.at(1).number});
  for (const Json& result : spread["outputs"].items) {
    auto& outputs = signature.results.emplace_back();
    for (const Json& output : result.items) outputs.push_back(output.number);
  }
  for (const Json& argument : spread["donated"].items) signature.consumed.push_back(argument.number);
  return signature;
}

std::shared_ptr<Compiled> HostProcess::compile(std::string module, std::string options, bool native) {
  Launch launch = parse_compile_options(options);
  int64_t begin = now();
  HostReply reply = call(std::string("{\"request\":\"compile\",\"native\":") + (native ? "true" : "false") +
                             ",\"replicas\":" + std::to_string(launch.replicas) +
                             ",\"partitions\":" + std::to_string(launch.partitions) + "}",
                         module, "compiling a program");
  auto compiled = std::make_shared<Compiled>();
  compiled->launch = std::move(launch);
  for (const Json& stage : reply.header["stages"].items) {
    int64_t start = stage.items.at(1).number * 1000;  // from microseconds
    record("compile stages", stage.items.at(0).string, start, start + stage.items.at(2).number * 1000);
  }
  compiled->backend = options_.backend;
  // The host sends the signature as a string in the header: we keep it verbatim for serialization.
  compiled->signature_json = reply.header["signature"].string;
  compiled->signature = parse_signature(Json::parse(compiled->signature_json));
  compiled->module = std::move(module);
  compiled->options = std::move(options);
  size_t hlo = static_cast<size_t>(reply.header["hloSize"].number);
  if (hlo > reply.payload.size()) throw Failure(kInternal, "hloom: the compile host's answer ends early");
  compiled->hlo = reply.payload.substr(reply.payload.size() - hlo);
  reply.payload.resize(reply.payload.size() - hlo);
  compiled->program = std::move(reply.payload);
  compiled->handle = reply.header["handle"].number;
  compiled->generation = reply.generation;
  record("compilations", compiled->signature.name, begin, now());
  return compiled;
}

}  // namespace hloom::pjrt

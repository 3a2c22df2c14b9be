// What the plugin and the compile host say to each other. host/protocol.ts is the other half and documents
// the messages; both carry the same version number, compared in `hello`.
//
// Frame: u32 length of the header, u32 length of the payload (little endian), header (JSON, UTF-8), payload
// (bytes). The plugin asks, the host answers each request with one frame, in order.
#pragma once

namespace hloom::pjrt {

inline constexpr int kProtocolVersion = 4;

// Descriptors that the host inherits.
inline constexpr int kSocketDescriptor = 3;  // frames, both ways
inline constexpr int kMemoryDescriptor = 4;  // the file in which arrays of a hosted backend live

}  // namespace hloom::pjrt

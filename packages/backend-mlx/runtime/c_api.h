/* The C ABI of a native hloom runtime: it loads Programs, holds device buffers and runs the one on the other.
 *
 * A runtime is a shared library that exports one symbol, `hloom_runtime_api`. The PJRT plugin loads it into the JAX
 * process, the Node addon into Node; both see only this header. It is written in C so that any language can provide it.
 *
 * Rules
 * - Functions that can fail return HloomError* (NULL on success); the caller frees it with error_free.
 * - Every function may be called from any thread. Work on a device happens on the runtime's own threads.
 * - execute and upload return before the work is done. A failed computation poisons its outputs: the error is reported
 *   by on_ready and read of each output, and by every computation that consumes one.
 * - Host data has the host layout: row-major, little endian, i1 and types below 8 bits one byte per element, complex as pairs.
 */
#ifndef HLOOM_RUNTIME_C_API_H
#define HLOOM_RUNTIME_C_API_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HLOOM_RUNTIME_ABI_VERSION 1

/* Element types; the numbers are part of the Program format and never change. */
typedef enum HloomElement {
  HLOOM_I1 = 1, HLOOM_I2, HLOOM_I4, HLOOM_I8, HLOOM_I16, HLOOM_I32, HLOOM_I64,
  HLOOM_UI2, HLOOM_UI4, HLOOM_UI8, HLOOM_UI16, HLOOM_UI32, HLOOM_UI64,
  HLOOM_F4E2M1FN, HLOOM_F6E2M3FN, HLOOM_F6E3M2FN, HLOOM_F8E3M4, HLOOM_F8E4M3, HLOOM_F8E4M3FN, HLOOM_F8E4M3FNUZ,
  HLOOM_F8E4M3B11FNUZ, HLOOM_F8E5M2, HLOOM_F8E5M2FNUZ, HLOOM_F8E8M0FNU,
  HLOOM_BF16, HLOOM_F16, HLOOM_F32, HLOOM_F64, HLOOM_C64, HLOOM_C128
} HloomElement;

/* Values are those of absl::StatusCode, which PJRT uses too. */
typedef enum HloomCode {
  HLOOM_INVALID_ARGUMENT = 3, HLOOM_NOT_FOUND = 5, HLOOM_RESOURCE_EXHAUSTED = 8, HLOOM_FAILED_PRECONDITION = 9,
  HLOOM_UNIMPLEMENTED = 12, HLOOM_INTERNAL = 13, HLOOM_UNAVAILABLE = 14
} HloomCode;

typedef struct HloomError HloomError;
typedef struct HloomRuntime HloomRuntime;
typedef struct HloomProgram HloomProgram;
typedef struct HloomBuffer HloomBuffer;

typedef struct HloomType {
  HloomElement element;
  int32_t rank;
  const int64_t* dims; /* rank entries; owned by whoever hands the struct out */
} HloomType;

typedef struct HloomMemoryStats {
  int64_t bytes_in_use, peak_bytes_in_use, bytes_limit; /* -1 when unknown */
} HloomMemoryStats;

/* Called once, on any thread, when the value is there (error NULL) or cannot be (error owned by the callee's caller:
 * valid only during the call). Must not block and must not call back into the runtime, save buffer_free. */
typedef void (*HloomReadyCallback)(const HloomError* error, void* context);

/* A function of the host that programs call by number while they run: it reads the inputs (row-major) and fills the outputs.
 * 0, or an HloomCode and what went wrong in message. Called on the device's thread, which waits for it. */
typedef int32_t (*HloomCallback)(int64_t id, int32_t input_count, const HloomType* input_types, const void* const* inputs,
                                 int32_t output_count, const HloomType* output_types, void* const* outputs,
                                 char* message, size_t message_size);

/* The reference evaluator: runs the only function of a StableHLO module, given as text. Otherwise like HloomCallback. */
typedef int32_t (*HloomEvaluator)(const char* module, int32_t input_count, const HloomType* input_types, const void* const* inputs,
                                  int32_t output_count, const HloomType* output_types, void* const* outputs,
                                  char* message, size_t message_size);

typedef struct HloomRuntimeApi {
  uint32_t abi_version;
  uint32_t struct_size;

  HloomCode (*error_code)(const HloomError*);
  const char* (*error_message)(const HloomError*); /* valid until error_free */
  void (*error_free)(HloomError*);

  /* library: path of the framework to load (libmlx), or NULL for the one beside this library. */
  HloomError* (*open)(const char* library, HloomRuntime** out);
  void (*close)(HloomRuntime*); /* waits for work under way; buffers and programs must have been freed */
  int32_t (*device_count)(HloomRuntime*);
  const char* (*device_kind)(HloomRuntime*, int32_t device); /* "mlx cpu", "mlx gpu"; static lifetime */
  HloomError* (*memory_stats)(HloomRuntime*, int32_t device, HloomMemoryStats* out);

  HloomError* (*program_load)(HloomRuntime*, const uint8_t* bytes, size_t size, HloomProgram** out);
  void (*program_free)(HloomProgram*);
  int32_t (*program_input_count)(const HloomProgram*);
  int32_t (*program_output_count)(const HloomProgram*);
  HloomType (*program_input)(const HloomProgram*, int32_t index);
  HloomType (*program_output)(const HloomProgram*, int32_t index);

  /* Copies the data before it returns. byte_strides may be NULL for row-major. */
  HloomError* (*buffer_upload)(HloomRuntime*, int32_t device, HloomType type, const void* data,
                               const int64_t* byte_strides, HloomBuffer** out);
  void (*buffer_free)(HloomBuffer*);
  HloomType (*buffer_type)(const HloomBuffer*);
  int32_t (*buffer_device)(const HloomBuffer*);
  /* 1 ready (value or error), 0 pending. */
  int32_t (*buffer_is_ready)(const HloomBuffer*);
  void (*buffer_on_ready)(HloomBuffer*, HloomReadyCallback, void* context);
  /* Copies the value, row-major, into data (size bytes, exactly the value's size) and then calls back. */
  void (*buffer_read)(HloomBuffer*, void* data, size_t size, HloomReadyCallback, void* context);

  /* donated: input_count flags, or NULL. A donated buffer is consumed: it must only be freed afterwards. */
  HloomError* (*execute)(HloomProgram*, int32_t device, HloomBuffer* const* inputs, int32_t input_count,
                         const uint8_t* donated, HloomBuffer** outputs, int32_t output_count);

  /* One for the process. NULL: programs that call back fail. */
  void (*set_callback)(HloomCallback);

  /* Where the value is, row-major in the host layout, while the buffer lives and is not donated; NULL when it is not ready,
   * or not in memory that the host can read. */
  const void* (*buffer_data)(const HloomBuffer*);

  /* One for the process, where there is one: Node has it. NULL: programs that need it fail when they come to it. */
  void (*set_evaluator)(HloomEvaluator);
} HloomRuntimeApi;

/* NULL when the library does not speak abi_version. */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
const HloomRuntimeApi* hloom_runtime_api(uint32_t abi_version);

#ifdef __cplusplus
}
#endif
#endif

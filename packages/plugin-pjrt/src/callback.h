// Programs that call Python: while they wait for it, their thread must not wait for them.
#pragma once

#include "../../backend-mlx/runtime/c_api.h"

namespace hloom::pjrt {

// The same function, which also tells whoever it calls that it is inside of a program. One for the process.
HloomCallback watched(HloomCallback callback);

// Whether this thread is Python's function that a program called.
bool in_callback();

// Throws there; `what` completes "a callback cannot …".
void require_no_callback(const char* what);

}  // namespace hloom::pjrt

// The function of the host process that programs may call.
#pragma once
#include "c_api.h"

namespace hloom {

void set_callback(HloomCallback callback);
HloomCallback callback();

}  // namespace hloom

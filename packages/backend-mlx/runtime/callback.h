// Functions of the host process that programs may call.
#pragma once
#include "c_api.h"

namespace hloom {

void set_callback(HloomCallback callback);
HloomCallback callback();
void set_evaluator(HloomEvaluator evaluator);
HloomEvaluator evaluator();

}  // namespace hloom

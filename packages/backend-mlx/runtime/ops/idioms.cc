// Whole idioms that MLX has a kernel for.
#include "../call.h"

namespace hloom::ops {

Arrays rms_norm(Call& c) { return mx::fast::rms_norm(c.in[0], c.in[1], float(c.real("eps"))); }

Arrays layer_norm(Call& c) { return mx::fast::layer_norm(c.in[0], c.in[1], c.in[2], float(c.real("eps"))); }

Arrays scaled_dot_product_attention(Call& c) {
  if (c.in.size() != 3 && c.in.size() != 4) invalid("attention takes q, k, v and perhaps a mask");
  std::optional<mx::array> mask;
  if (c.in.size() == 4) mask = c.in[3];
  return mx::fast::scaled_dot_product_attention(c.in[0], c.in[1], c.in[2], float(c.real("scale")), c.integer("causal") ? "causal" : "", mask);
}

}  // namespace hloom::ops

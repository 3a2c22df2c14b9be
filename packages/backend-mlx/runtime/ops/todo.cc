#include "../call.h"
namespace hloom::ops {
#define TODO(name) Arrays name(Call&) { unimplemented(#name " is not implemented yet"); }
TODO(map) TODO(reduce) TODO(window_sum) TODO(window_prod) TODO(window_max) TODO(window_min) TODO(reduce_window) TODO(select_and_scatter)
TODO(gather) TODO(scatter) TODO(scatter_general) TODO(take) TODO(take_along_axis) TODO(sort) TODO(sort_general) TODO(top_k)
TODO(cholesky) TODO(triangular_solve) TODO(lu) TODO(qr) TODO(eigh) TODO(svd) TODO(fft) TODO(rng_bit_generator)
TODO(rms_norm) TODO(layer_norm) TODO(scaled_dot_product_attention)
}

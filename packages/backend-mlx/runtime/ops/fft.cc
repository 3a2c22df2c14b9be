#include "../call.h"

namespace hloom::ops {

Arrays fft(Call& c) {
  auto lengths = c.ints("lengths");
  auto& kind = c.text("kind");
  auto& x = c.in[0];
  int rank = int(x.ndim()), n = int(lengths.size());
  if (n < 1 || n > rank) invalid("fft needs between one length and one per dimension");
  mx::Shape size(lengths.begin(), lengths.end());
  std::vector<int> axes;
  for (int i = 0; i < n; i++) {
    axes.push_back(rank - n + i);
    int have = kind == "IRFFT" && i == n - 1 ? lengths[i] / 2 + 1 : lengths[i];
    if (x.shape(rank - n + i) != have || lengths[i] < 1) invalid("fft length does not match its operand");
  }
  if (x.dtype() == mx::float64) unimplemented("fft of f64: MLX computes it in f32");
  if (kind == "FFT") return mx::fft::fftn(x, size, axes);
  if (kind == "IFFT") return mx::fft::ifftn(x, size, axes);
  if (kind == "RFFT") return mx::fft::rfftn(x, size, axes);
  if (kind == "IRFFT") return mx::fft::irfftn(x, size, axes);
  invalid("fft kind " + kind);
}

}  // namespace hloom::ops

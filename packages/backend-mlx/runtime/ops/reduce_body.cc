// reduce with any element-wise body.
#include <numeric>

#include "../eager.h"
#include "../host.h"
#include "../map/program.h"
#include "../parallel.h"

namespace hloom::ops {

// Operands are brought to [reduced…, kept…]; then rows are folded, vectorized over the kept elements, in order. The initial
// value enters once, at the left.
Arrays reduce(Call& c) {
  size_t n = c.bound.shapes.size();
  auto& body = c.bound.bodies[0];
  if (n == 0 || c.in.size() != 2 * n || body->inputs.size() != 2 * n || body->outputs.size() != n) invalid("reduce needs an initial value per operand and a body of twice as many");
  int rank = int(c.in[0].ndim());
  auto axes = c.axes("axes", rank);
  std::vector<int> order = axes;
  for (int d = 0; d < rank; d++)
    if (std::find(axes.begin(), axes.end(), d) == axes.end()) order.push_back(d);
  int64_t rows = 1;
  for (int axis : axes) rows *= c.in[0].shape(axis);
  std::vector<mx::array> inputs;
  for (size_t i = 0; i < n; i++) {
    if (c.in[i].shape() != c.in[0].shape() || c.shape(int(i)) != c.shape() || c.in[n + i].size() != 1) invalid("reduce operands differ in shape");
    for (auto t : {c.in[i].dtype(), c.in[n + i].dtype(), dtype_of(body->outputs[i].element), dtype_of(body->inputs[i].element), dtype_of(body->inputs[n + i].element)})
      if (t != c.dtype(int(i))) invalid("reduce types differ from its body's");
    inputs.push_back(transposed(c.in[i], order));
  }
  for (size_t i = 0; i < n; i++) inputs.push_back(c.in[n + i]);
  int64_t kept = 1;
  for (int dim : c.shape()) kept *= dim;
  if (kept * rows != int64_t(c.in[0].size())) invalid("reduce result has the wrong size");
  return host({"reduce"}, inputs, c.bound.shapes, c.bound.dtypes, [n, rows, body](Views& in, Views& out) {
    int64_t kept = out[0].size;
    parallel_ranges(kept, std::max<int64_t>(kBlock, 65536 / std::max<int64_t>(1, rows)), kBlock, [&](int64_t begin, int64_t end) {
      Interpreter interpreter(*body);
      std::vector<void*> targets(n);
      for (int64_t start = begin; start < end; start += kBlock) {
        int length = int(std::min<int64_t>(kBlock, end - start));
        for (size_t o = 0; o < n; o++) {
          size_t item = mx::size_of(out[o].dtype);
          targets[o] = out[o].data + start * item;
          for (int i = 0; i < length; i++) std::copy_n(in[n + o].data, item, static_cast<char*>(targets[o]) + i * item);
        }
        for (int64_t row = 0; row < rows; row++) {
          for (size_t o = 0; o < n; o++) {
            interpreter.set_block(int(o), targets[o], length);
            interpreter.set_block(int(n + o), in[o].data + (row * kept + start) * mx::size_of(in[o].dtype), length);
          }
          interpreter.run_copied(length, targets.data());
        }
      }
    });
  });
}

}  // namespace hloom::ops

// Factorizations by LAPACK, which MLX brings along on every platform: they run on the CPU. Matrices are row-major here and
// column-major there, so each is transposed on the way in and out.
#include <dlfcn.h>

#include <complex>
#include <cstring>
#include <limits>

#include "../host.h"

namespace hloom::ops {
namespace {

using C32 = std::complex<float>;

template <typename T> struct Real { using type = T; };
template <> struct Real<C32> { using type = float; };
template <typename T> using RealOf = typename Real<T>::type;
template <typename T> constexpr bool kComplex = std::is_same_v<T, C32>;
template <typename T> constexpr char kPrefix = std::is_same_v<T, float> ? 's' : std::is_same_v<T, double> ? 'd' : 'c';

void* routine_named(char prefix, const char* routine) {
  return ::dlsym(RTLD_DEFAULT, (std::string(1, prefix) + routine + "_").c_str());
}

// Calls a Fortran routine by name. Character arguments are pointers to one character; their hidden lengths follow at the
// end, where a routine that has none ignores them.
template <typename... Args>
void fortran(char prefix, const char* routine, Args... args) {
  auto function = reinterpret_cast<void (*)(Args..., size_t, size_t, size_t)>(routine_named(prefix, routine));
  function(args..., size_t(1), size_t(1), size_t(1));
}

// A matrix in LAPACK's order. `view` may be null for one that is only written.
template <typename T>
struct Columns {
  int rows, columns, lead;
  std::vector<T> values;

  Columns(int m, int n) : rows(m), columns(n), lead(std::max(1, m)), values(size_t(std::max(1, m)) * std::max(1, n)) {}
  Columns(const View& v, int64_t batch, int m, int n) : Columns(m, n) {
    const T* from = v.as<T>() + batch * m * n;
    for (int i = 0; i < m; i++)
      for (int j = 0; j < n; j++) values[size_t(j) * lead + i] = from[int64_t(i) * n + j];
  }
  T* data() { return values.data(); }
  T& at(int i, int j) { return values[size_t(j) * lead + i]; }
  void store(const View& v, int64_t batch) {
    T* to = v.as<T>() + batch * rows * columns;
    for (int i = 0; i < rows; i++)
      for (int j = 0; j < columns; j++) to[int64_t(i) * columns + j] = at(i, j);
  }
};

// The sizes of one matrix of a batch.
struct Batch {
  int m, n, small;
  int64_t count;

  explicit Batch(const mx::Shape& shape) : m(shape[shape.size() - 2]), n(shape.back()), small(std::min(m, n)), count(1) {
    for (size_t d = 0; d + 2 < shape.size(); d++) count *= shape[d];
    if (m == 0 || n == 0) count = 0;
  }
};

template <typename T>
void store(const View& v, int64_t batch, const T* values, int64_t n) {
  std::copy_n(values, n, v.as<T>() + batch * n);
}

// What LAPACK could not do is not a number: the convention of JAX.
void spoil(Views& out, int64_t batch, int64_t count) {
  for (auto& v : out) {
    int64_t size = v.size / count;
    if (v.dtype == mx::float32) std::fill_n(v.as<float>() + batch * size, size, std::numeric_limits<float>::quiet_NaN());
    else if (v.dtype == mx::float64) std::fill_n(v.as<double>() + batch * size, size, std::numeric_limits<double>::quiet_NaN());
    else if (v.dtype == mx::complex64) std::fill_n(v.as<float>() + 2 * batch * size, 2 * size, std::numeric_limits<float>::quiet_NaN());
  }
}

// Space for work, as large as a first call says. `call(work, size)` calls the routine.
template <typename T, typename F>
void with_work(F&& call) {
  T best(0);
  call(&best, -1);
  int size = std::max(1, int(std::real(best)));
  std::vector<T> work(size);
  call(work.data(), size);
}

mx::Dtype real_of(mx::Dtype t) { return t == mx::complex64 ? mx::float32 : t; }

// The batch dimensions of the operand, followed by others.
mx::Shape batched(const Call& c, std::initializer_list<int> dims) {
  auto& shape = c.in[0].shape();
  mx::Shape out(shape.begin(), shape.end() - 2);
  out.insert(out.end(), dims.begin(), dims.end());
  return out;
}

// The routines that an op needs: for real elements, for complex ones.
struct Routines {
  const char *real, *complex;
};

void need_matrices(const Call& c, bool square, Routines routines) {
  auto& a = c.in[0];
  auto t = a.dtype();
  if (a.ndim() < 2 || (square && a.shape(-1) != a.shape(-2))) invalid(square ? "needs square matrices" : "needs matrices");
  if (t != mx::float32 && t != mx::float64 && t != mx::complex64) unimplemented("linear algebra on this element type");
  const char* routine = is_complex(t) ? routines.complex : routines.real;
  char prefix = t == mx::float32 ? 's' : t == mx::float64 ? 'd' : 'c';
  // Asked before the work starts: nobody catches what a thread of MLX throws.
  if (!routine_named(prefix, routine)) unimplemented(std::string("LAPACK's ") + prefix + routine + ", which this build of MLX does not bring along");
}

// Runs `f(zero of the element type, in, out, sizes, batch)` for each matrix; f gives LAPACK's info, 0 when all is well.
template <typename F>
Arrays each(Call& c, const char* name, F f) {
  auto t = c.in[0].dtype();
  Batch batch(c.in[0].shape());
  return host({name}, c, [=](Views& in, Views& out) {
    for (auto& v : out) std::memset(v.data, 0, v.size * mx::size_of(v.dtype));
    for (int64_t b = 0; b < batch.count; b++) {
      int info = t == mx::float32   ? f(float{}, in, out, batch, b)
                 : t == mx::float64 ? f(double{}, in, out, batch, b)
                                    : f(C32{}, in, out, batch, b);
      if (info > 0) spoil(out, b, batch.count);
    }
  });
}

}  // namespace

Arrays eigh(Call& c) {
  need_matrices(c, true, {"syevd", "heevd"});
  int n = c.in[0].shape(-1);
  c.expect(c.in[0].shape(), c.in[0].dtype());
  c.expect(batched(c, {n}), real_of(c.in[0].dtype()), 1);
  char uplo = c.integer("lower") ? 'L' : 'U';
  return each(c, "eigh", [=](auto zero, Views& in, Views& out, const Batch& s, int64_t b) {
    using T = decltype(zero);
    using R = RealOf<T>;
    Columns<T> a(in[0], b, s.n, s.n);
    std::vector<R> w(s.n), rwork(1 + 5 * s.n + 2 * s.n * s.n);
    std::vector<int> iwork(3 + 5 * s.n);
    int n = s.n, info = 0, lrwork = int(rwork.size()), liwork = int(iwork.size());
    char job = 'V';
    with_work<T>([&](T* work, int lwork) {
      if constexpr (kComplex<T>) fortran(kPrefix<T>, "heevd", &job, &uplo, &n, a.data(), &a.lead, w.data(), work, &lwork, rwork.data(), &lrwork, iwork.data(), &liwork, &info);
      else fortran(kPrefix<T>, "syevd", &job, &uplo, &n, a.data(), &a.lead, w.data(), work, &lwork, iwork.data(), &liwork, &info);
    });
    a.store(out[0], b);
    store(out[1], b, w.data(), n);
    return info;
  });
}

Arrays svd(Call& c) {
  bool full = c.integer("full") != 0, vectors = c.integer("vectors") != 0;
  need_matrices(c, false, {"gesdd", "gesdd"});
  int rows = c.in[0].shape(-2), columns = c.in[0].shape(-1), least = std::min(rows, columns);
  c.expect(batched(c, {least}), real_of(c.in[0].dtype()));
  if (vectors) {
    c.expect(batched(c, {rows, full ? rows : least}), c.in[0].dtype(), 1);
    c.expect(batched(c, {full ? columns : least, columns}), c.in[0].dtype(), 2);
  }
  return each(c, "svd", [=](auto zero, Views& in, Views& out, const Batch& batch, int64_t b) {
    using T = decltype(zero);
    using R = RealOf<T>;
    int m = batch.m, n = batch.n, small = batch.small, info = 0;
    Columns<T> a(in[0], b, m, n), u(m, full ? m : small), vt(full ? n : small, n);
    std::vector<R> s(small), rwork(size_t(small) * std::max(5 * small + 7, 2 * std::max(m, n) + 2 * small + 1) + 1);
    std::vector<int> iwork(8 * small);
    char job = !vectors ? 'N' : full ? 'A' : 'S';
    with_work<T>([&](T* work, int lwork) {
      if constexpr (kComplex<T>) fortran(kPrefix<T>, "gesdd", &job, &m, &n, a.data(), &a.lead, s.data(), u.data(), &u.lead, vt.data(), &vt.lead, work, &lwork, rwork.data(), iwork.data(), &info);
      else fortran(kPrefix<T>, "gesdd", &job, &m, &n, a.data(), &a.lead, s.data(), u.data(), &u.lead, vt.data(), &vt.lead, work, &lwork, iwork.data(), &info);
    });
    if (info < 0) info = 1;  // a NaN among the elements
    store(out[0], b, s.data(), small);
    if (vectors) {
      u.store(out[1], b);
      vt.store(out[2], b);
    }
    return info;
  });
}

Arrays householder_qr(Call& c) {
  need_matrices(c, false, {"geqrf", "geqrf"});
  int m = c.in[0].shape(-2), n = c.in[0].shape(-1), small = std::min(m, n);
  c.expect(c.in[0].shape(), c.in[0].dtype());
  c.expect(batched(c, {small}), c.in[0].dtype(), 1);
  return each(c, "householder_qr", [=](auto zero, Views& in, Views& out, const Batch& s, int64_t b) {
    using T = decltype(zero);
    int m = s.m, n = s.n, info = 0;
    Columns<T> a(in[0], b, m, n);
    std::vector<T> tau(s.small);
    with_work<T>([&](T* work, int lwork) { fortran(kPrefix<T>, "geqrf", &m, &n, a.data(), &a.lead, tau.data(), work, &lwork, &info); });
    a.store(out[0], b);
    store(out[1], b, tau.data(), s.small);
    return info;
  });
}

Arrays householder_product(Call& c) {
  need_matrices(c, false, {"orgqr", "ungqr"});
  int count = c.in[1].shape(-1);
  if (c.in[1].shape() != batched(c, {count}) || c.in[1].dtype() != c.in[0].dtype() || c.in[0].shape(-2) < c.in[0].shape(-1) || c.in[0].shape(-1) < count)
    invalid("a product of reflectors has at least as many rows as columns, and as many columns as reflectors");
  c.expect(c.in[0].shape(), c.in[0].dtype());
  return each(c, "householder_product", [=](auto zero, Views& in, Views& out, const Batch& s, int64_t b) {
    using T = decltype(zero);
    int m = s.m, n = s.n, k = count, info = 0;
    Columns<T> a(in[0], b, m, n);
    std::vector<T> tau(in[1].as<T>() + b * k, in[1].as<T>() + (b + 1) * k);
    with_work<T>([&](T* work, int lwork) {
      fortran(kPrefix<T>, kComplex<T> ? "ungqr" : "orgqr", &m, &n, &k, a.data(), &a.lead, tau.data(), work, &lwork, &info);
    });
    a.store(out[0], b);
    return info;
  });
}

// (a, pivots from 1; 0 is a free column) -> (packed factors, pivots from 1, scales of the reflectors)
Arrays pivoted_qr(Call& c) {
  need_matrices(c, false, {"geqp3", "geqp3"});
  int m = c.in[0].shape(-2), n = c.in[0].shape(-1), small = std::min(m, n);
  if (c.in[1].shape() != batched(c, {n}) || c.in[1].dtype() != mx::int32) invalid("pivots are one i32 for each column");
  c.expect(c.in[0].shape(), c.in[0].dtype());
  c.expect(batched(c, {n}), mx::int32, 1);
  c.expect(batched(c, {small}), c.in[0].dtype(), 2);
  return each(c, "pivoted_qr", [=](auto zero, Views& in, Views& out, const Batch& s, int64_t b) {
    using T = decltype(zero);
    int m = s.m, n = s.n, info = 0;
    Columns<T> a(in[0], b, m, n);
    std::vector<int> pivots(in[1].as<int32_t>() + b * n, in[1].as<int32_t>() + (b + 1) * n);
    std::vector<T> tau(s.small);
    std::vector<RealOf<T>> rwork(2 * n);
    with_work<T>([&](T* work, int lwork) {
      if constexpr (kComplex<T>) fortran(kPrefix<T>, "geqp3", &m, &n, a.data(), &a.lead, pivots.data(), tau.data(), work, &lwork, rwork.data(), &info);
      else fortran(kPrefix<T>, "geqp3", &m, &n, a.data(), &a.lead, pivots.data(), tau.data(), work, &lwork, &info);
    });
    a.store(out[0], b);
    store(out[1], b, pivots.data(), n);
    store(out[2], b, tau.data(), s.small);
    return info;
  });
}

namespace {

// LAPACK packs the eigenvectors of a conjugate pair of a real matrix as real and imaginary part.
template <typename T>
void unpack(const std::vector<T>& imaginary, Columns<T>& packed, const View& out, int64_t b) {
  int n = packed.rows;
  Columns<std::complex<T>> vectors(n, n);
  for (int j = 0; j < n; j++) {
    bool pair = imaginary[j] != 0 && j + 1 < n;
    for (int i = 0; i < n; i++) {
      vectors.at(i, j) = {packed.at(i, j), pair ? packed.at(i, j + 1) : T(0)};
      if (pair) vectors.at(i, j + 1) = {packed.at(i, j), -packed.at(i, j + 1)};
    }
    j += pair;
  }
  vectors.store(out, b);
}

}  // namespace

// -> (eigenvalues [, left eigenvectors] [, right eigenvectors]), all complex
Arrays eig(Call& c) {
  need_matrices(c, true, {"geev", "geev"});
  if (c.in[0].dtype() == mx::float64) unimplemented("eigenvalues in complex<f64>, which MLX does not have");
  bool left = c.integer("left") != 0, right = c.integer("right") != 0;
  c.expect(batched(c, {c.in[0].shape(-1)}), mx::complex64);
  for (int i = 0; i < int(left) + int(right); i++) c.expect(c.in[0].shape(), mx::complex64, i + 1);
  return each(c, "eig", [=](auto zero, Views& in, Views& out, const Batch& s, int64_t b) {
    using T = decltype(zero);
    int n = s.n, info = 0;
    Columns<T> a(in[0], b, n, n), vl(n, n), vr(n, n);
    char jobvl = left ? 'V' : 'N', jobvr = right ? 'V' : 'N';
    if constexpr (std::is_same_v<T, double>) {
      return 1;
    } else if constexpr (kComplex<T>) {
      std::vector<T> w(n);
      std::vector<float> rwork(2 * n);
      with_work<T>([&](T* work, int lwork) {
        fortran(kPrefix<T>, "geev", &jobvl, &jobvr, &n, a.data(), &a.lead, w.data(), vl.data(), &vl.lead, vr.data(), &vr.lead, work, &lwork, rwork.data(), &info);
      });
      store(out[0], b, w.data(), n);
      if (left) vl.store(out[1], b);
      if (right) vr.store(out[left ? 2 : 1], b);
    } else {
      std::vector<T> re(n), im(n);
      with_work<T>([&](T* work, int lwork) {
        fortran(kPrefix<T>, "geev", &jobvl, &jobvr, &n, a.data(), &a.lead, re.data(), im.data(), vl.data(), &vl.lead, vr.data(), &vr.lead, work, &lwork, &info);
      });
      std::vector<std::complex<T>> w(n);
      for (int i = 0; i < n; i++) w[i] = {re[i], im[i]};
      store(out[0], b, w.data(), n);
      if (left) unpack(im, vl, out[1], b);
      if (right) unpack(im, vr, out[left ? 2 : 1], b);
    }
    return info;
  });
}

// -> (Schur form [, Schur vectors])
Arrays schur(Call& c) {
  need_matrices(c, true, {"gees", "gees"});
  bool vectors = c.integer("vectors") != 0;
  for (int i = 0; i <= int(vectors); i++) c.expect(c.in[0].shape(), c.in[0].dtype(), i);
  return each(c, "schur", [=](auto zero, Views& in, Views& out, const Batch& s, int64_t b) {
    using T = decltype(zero);
    int n = s.n, info = 0, selected = 0;
    Columns<T> a(in[0], b, n, n), v(n, n);
    std::vector<T> w(n), w2(n);
    std::vector<RealOf<T>> rwork(n);
    char job = vectors ? 'V' : 'N', sort = 'N';
    void* none = nullptr;
    with_work<T>([&](T* work, int lwork) {
      if constexpr (kComplex<T>) fortran(kPrefix<T>, "gees", &job, &sort, none, &n, a.data(), &a.lead, &selected, w.data(), v.data(), &v.lead, work, &lwork, rwork.data(), none, &info);
      else fortran(kPrefix<T>, "gees", &job, &sort, none, &n, a.data(), &a.lead, &selected, w.data(), w2.data(), v.data(), &v.lead, work, &lwork, none, &info);
    });
    a.store(out[0], b);
    if (vectors) v.store(out[1], b);
    return info;
  });
}

// -> (packed factors, scales of the reflectors)
Arrays hessenberg(Call& c) {
  need_matrices(c, true, {"gehrd", "gehrd"});
  int n = c.in[0].shape(-1);
  c.expect(c.in[0].shape(), c.in[0].dtype());
  c.expect(batched(c, {n - 1}), c.in[0].dtype(), 1);
  return each(c, "hessenberg", [=](auto zero, Views& in, Views& out, const Batch& s, int64_t b) {
    using T = decltype(zero);
    int n = s.n, low = 1, high = s.n, info = 0;
    Columns<T> a(in[0], b, n, n);
    std::vector<T> tau(std::max(1, n - 1));
    with_work<T>([&](T* work, int lwork) { fortran(kPrefix<T>, "gehrd", &n, &low, &high, a.data(), &a.lead, tau.data(), work, &lwork, &info); });
    a.store(out[0], b);
    store(out[1], b, tau.data(), n - 1);
    return info;
  });
}

// -> (packed factors, diagonal, off-diagonal, scales of the reflectors)
Arrays tridiagonal(Call& c) {
  need_matrices(c, true, {"sytrd", "hetrd"});
  int n = c.in[0].shape(-1);
  c.expect(c.in[0].shape(), c.in[0].dtype());
  c.expect(batched(c, {n}), real_of(c.in[0].dtype()), 1);
  c.expect(batched(c, {n - 1}), real_of(c.in[0].dtype()), 2);
  c.expect(batched(c, {n - 1}), c.in[0].dtype(), 3);
  char uplo = c.integer("lower") ? 'L' : 'U';
  return each(c, "tridiagonal", [=](auto zero, Views& in, Views& out, const Batch& s, int64_t b) {
    using T = decltype(zero);
    int n = s.n, info = 0;
    Columns<T> a(in[0], b, n, n);
    std::vector<RealOf<T>> d(n), e(std::max(1, n - 1));
    std::vector<T> tau(std::max(1, n - 1));
    with_work<T>([&](T* work, int lwork) {
      fortran(kPrefix<T>, kComplex<T> ? "hetrd" : "sytrd", &uplo, &n, a.data(), &a.lead, d.data(), e.data(), tau.data(), work, &lwork, &info);
    });
    a.store(out[0], b);
    store(out[1], b, d.data(), n);
    store(out[2], b, e.data(), n - 1);
    store(out[3], b, tau.data(), n - 1);
    return info;
  });
}

}  // namespace hloom::ops

"""Factorizations on the device, against what defines them and against NumPy and SciPy."""

import numpy as np
import pytest


def close(actual, expected, tolerance=2e-5):
    np.testing.assert_allclose(np.asarray(actual), np.asarray(expected), rtol=tolerance, atol=tolerance)


def matrices(rows, columns, *batch):
    random = np.random.RandomState(0)
    real = random.randn(*batch, rows, columns).astype(np.float32)
    return [real, (real + 1j * random.randn(*batch, rows, columns)).astype(np.complex64)]


def adjoint(a):
    return np.conj(np.swapaxes(a, -1, -2))


def test_hermitian_eigenvalues(backend):
    import jax.numpy as jnp

    for a in matrices(6, 6, 2):
        a = a + adjoint(a)
        w, v = map(np.asarray, jnp.linalg.eigh(a))
        close(a @ v, v * w[..., None, :])
        close(adjoint(v) @ v, np.broadcast_to(np.eye(6), v.shape))
        close(w, np.linalg.eigvalsh(a))


def test_singular_values(backend):
    import jax.numpy as jnp

    for rows, columns in [(5, 3), (3, 5), (4, 4)]:
        for a in matrices(rows, columns, 2):
            for full in (False, True):
                u, s, vt = map(np.asarray, jnp.linalg.svd(a, full_matrices=full))
                small = min(rows, columns)
                close((u[..., :small] * s[..., None, :]) @ vt[..., :small, :], a)
                close(adjoint(u) @ u, np.broadcast_to(np.eye(u.shape[-1]), (2, u.shape[-1], u.shape[-1])))
                close(s, np.linalg.svd(a, compute_uv=False))
            close(jnp.linalg.svd(a, compute_uv=False), np.linalg.svd(a, compute_uv=False))
    singular = np.outer(np.arange(1, 5), [1, 2, 3]).astype(np.float32)
    u, s, vt = map(np.asarray, jnp.linalg.svd(singular))
    close((u[:, :3] * s) @ vt, singular)
    close(u.T @ u, np.eye(4))


def test_systems_and_determinants(backend):
    import jax
    import jax.numpy as jnp

    for a in matrices(5, 5, 2):
        close(a @ np.asarray(jnp.linalg.inv(a)), np.broadcast_to(np.eye(5), a.shape), 1e-4)
        close(jnp.linalg.det(a), np.linalg.det(a), 1e-4)
        p, l, u = map(np.asarray, jax.scipy.linalg.lu(a[0]))
        close(p @ l @ u, a[0])
    for a in matrices(5, 3):
        p, l, u = map(np.asarray, jax.scipy.linalg.lu(a))
        close(p @ l @ u, a)


def test_general_eigenvalues(backend):
    import jax
    import jax.numpy as jnp

    for a in matrices(7, 7, 2):
        w, v = map(np.asarray, jnp.linalg.eig(a))
        close(a @ v, v * w[..., None, :], 5e-5)
        close(np.sort_complex(w), np.sort_complex(np.linalg.eigvals(a)), 5e-5)
        _, left, _ = jax.lax.linalg.eig(a)
        close(adjoint(np.asarray(left)) @ a, w[..., :, None] * adjoint(np.asarray(left)), 5e-5)


def test_schur_form(backend):
    import jax.scipy.linalg as jsl

    for a in matrices(8, 8):
        form, vectors = map(np.asarray, jsl.schur(a))
        close(vectors @ form @ adjoint(vectors), a, 5e-5)
        close(adjoint(vectors) @ vectors, np.eye(8))
        close(np.tril(form, -1 if np.iscomplexobj(a) else -2), 0)


def test_packed_factorizations_are_lapacks(backend):
    import jax
    import scipy.linalg

    for a in matrices(6, 6):
        close(jax.scipy.linalg.hessenberg(a), scipy.linalg.hessenberg(a), 5e-5)
        hermitian = a + adjoint(a)
        for lower in (True, False):
            name = "chetrd" if np.iscomplexobj(a) else "ssytrd"
            expected = getattr(scipy.linalg.lapack, name)(hermitian, lower=lower)
            for ours, theirs in zip(jax.lax.linalg.tridiagonal(hermitian, lower=lower), expected):
                close(ours, theirs, 5e-5)
    for a in matrices(6, 4):
        q, r, pivots = map(np.asarray, jax.scipy.linalg.qr(a, pivoting=True, mode="economic"))
        close(q @ r, a[:, pivots])
        np.testing.assert_array_equal(pivots, scipy.linalg.qr(a, pivoting=True, mode="economic")[2])


def test_derivatives_pass_through(backend):
    import jax
    import jax.numpy as jnp

    a = matrices(4, 4)[0]
    gradient = jax.grad(lambda a: jnp.linalg.eigh(a + a.T)[0][0] + jnp.linalg.slogdet(a)[1])(a)
    with jax.default_device(jax.devices("cpu")[0]):
        expected = jax.grad(lambda a: jnp.linalg.eigh(a + a.T)[0][0] + jnp.linalg.slogdet(a)[1])(a)
    close(gradient, expected, 1e-3)


@pytest.mark.parametrize("dtype", ["float32", "complex64"])
def test_tridiagonal_systems_are_pivoted(backend, dtype):
    import jax
    import jax.numpy as jnp

    random = np.random.default_rng(3)
    dl, d, du = random.standard_normal((3, 2, 9)).astype(dtype)
    d[:, ::3] = 0  # elimination without pivots divides by zero
    dl[:, 0] = du[:, -1] = 0
    b = random.standard_normal((2, 9, 2)).astype(dtype)
    x = jax.jit(jax.lax.linalg.tridiagonal_solve)(*map(jnp.asarray, (dl, d, du, b)))
    for i in range(2):
        matrix = np.diag(d[i]) + np.diag(dl[i, 1:], -1) + np.diag(du[i, :-1], 1)
        np.testing.assert_allclose(matrix @ np.asarray(x[i]), b[i], rtol=1e-3, atol=1e-4)

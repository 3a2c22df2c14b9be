"""How far results are from what defines them, and from what JAX computes on the CPU, as multiples of rounding.

A ratio is the norm of an error over that of the matrix, its size and the precision of its type, as LAPACK's own tests
have it: a result is right when it is below 30. Factorizations with free signs or orders are judged by what defines
them, those that LAPACK determines by JAX's own results.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax._src.lax import linalg


def ratio(error: np.ndarray, like: np.ndarray) -> float:
    """Of arrays of the type of `like`; all of a batch at once."""
    wide = np.complex128 if np.iscomplexobj(like) or np.iscomplexobj(error) else np.float64
    size = max(like.shape[-2:], default=1) if like.ndim > 1 else max(1, like.size)
    norm = max(np.linalg.norm(np.asarray(like, wide)), np.finfo(like.dtype).tiny)
    return float(np.linalg.norm(np.asarray(error, wide)) / (norm * size * np.finfo(like.dtype).eps))


def wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.complex128 if np.iscomplexobj(array) else np.float64)


def adjoint(array: np.ndarray) -> np.ndarray:
    return np.swapaxes(array.conj(), -1, -2)


def orthogonality(vectors: np.ndarray) -> float:
    gram = adjoint(wide(vectors)) @ wide(vectors)
    eye = np.broadcast_to(np.eye(gram.shape[-1]), gram.shape)
    return ratio(gram - eye, eye.astype(vectors.real.dtype))


def closeness(results, expected) -> dict[str, float]:
    """Ratios to JAX's results, one after the other; whole numbers must be the same."""
    ratios = {}
    for i, (result, other) in enumerate(zip(results, expected)):
        other = np.asarray(other)
        if np.issubdtype(other.dtype, np.inexact):
            ratios[f"result {i}"] = ratio(wide(result) - wide(other), other)
        else:
            ratios[f"result {i}"] = 0.0 if np.array_equal(result, other) else float("inf")
    return ratios


def eigh(inputs, results, lower):
    (a,), (vectors, values) = inputs, results
    whole = (np.tril(a) + adjoint(np.tril(a, -1))) if lower else (np.triu(a) + adjoint(np.triu(a, 1)))
    # Imaginary parts of the diagonal are not looked at.
    diagonal = np.arange(a.shape[-1])
    whole[..., diagonal, diagonal] = whole[..., diagonal, diagonal].real
    _, expected = linalg.eigh(jnp.asarray(a), lower=bool(lower), symmetrize_input=False)
    return {
        "a v = v w": ratio(wide(whole) @ wide(vectors) - wide(vectors) * values[..., None, :], a),
        "vectors": orthogonality(vectors),
        "values": ratio(wide(values) - np.asarray(expected), a.real),
    }


def svd(inputs, results, full_matrices, compute_uv):
    (a,) = inputs
    values = results[0]
    ratios = closeness([values], [linalg.svd(jnp.asarray(a), compute_uv=False)])
    if compute_uv:
        _, u, vt = results
        k = values.shape[-1]
        product = (wide(u)[..., :, :k] * values[..., None, :]) @ wide(vt)[..., :k, :]
        ratios |= {"u s v": ratio(product - a, a), "u": orthogonality(u), "v": orthogonality(adjoint(vt))}
    return ratios


def eig(inputs, results, left, right):
    (a,) = inputs
    values, *vectors = results
    ratios = {}
    expected = np.sort_complex(np.asarray(linalg.eig(jnp.asarray(a), compute_left_eigenvectors=False)[0]))
    ratios["values"] = ratio(np.sort_complex(wide(values)) - expected, np.asarray(a))
    if left:
        v = wide(vectors[0])
        ratios["vH a = w vH"] = ratio(adjoint(v) @ wide(a) - wide(values)[..., :, None] * adjoint(v), a)
    if right:
        v = wide(vectors[-1])
        ratios["a v = v w"] = ratio(wide(a) @ v - v * wide(values)[..., None, :], a)
    for v in vectors:
        ratios["lengths"] = ratio(np.linalg.norm(wide(v), axis=-2) - 1, np.ones(v.shape[-1], v.real.dtype))
    return ratios


def schur(inputs, results, vectors):
    (a,), (form, *rest) = inputs, results
    below = np.tril(wide(form), -1 if np.iscomplexobj(a) else -2)
    ratios = {"triangular": ratio(below, a)}
    if vectors:
        z = wide(rest[0])
        ratios |= {"z t zH": ratio(z @ wide(form) @ adjoint(z) - a, a), "vectors": orthogonality(rest[0])}
    return ratios


def determined(function):
    """What LAPACK computes in one way only."""
    return lambda inputs, results, **parameters: closeness(
        results, jax.tree.leaves(function(*map(jnp.asarray, inputs), **parameters))
    )


def uniform(inputs, results, **_):
    """Draws within bounds, with the mean and the spread that they should have, within five deviations."""
    low, high, _ = inputs
    draws = wide(results[0])
    whole = np.issubdtype(results[0].dtype, np.integer)
    inside = bool(np.all(draws >= low) and np.all(draws <= high - (1 if whole else 0)))
    mean = (low + high - (1 if whole else 0)) / 2
    deviation = (high - low) / np.sqrt(12)
    return {
        "within bounds": 0.0 if inside else float("inf"),
        "mean": 6 * abs(draws.mean() - mean) / (deviation / np.sqrt(draws.size)),
        "spread": 6 * abs(draws.std() / deviation - 1) * np.sqrt(draws.size),
    }


def normal(inputs, results, **_):
    mean, deviation, _ = inputs
    draws = wide(results[0])
    return {
        "mean": 6 * abs(draws.mean() - mean) / (deviation / np.sqrt(draws.size)),
        "spread": 6 * abs(draws.std() / deviation - 1) * np.sqrt(draws.size),
    }


JUDGES = {
    "eigh": eigh,
    "svd": svd,
    "eig": eig,
    "schur": schur,
    "lu": determined(linalg.lu),
    "hessenberg": determined(linalg.hessenberg),
    "tridiagonal": determined(lambda a, lower: linalg.tridiagonal(a, lower=bool(lower))),
    "geqp3": determined(linalg.geqp3),
    "geqrf": determined(linalg.geqrf),
    "householder_product": determined(linalg.householder_product),
    "zeta": determined(jax.lax.zeta),
    "polygamma": determined(jax.lax.polygamma),
    "einsum": determined(lambda *arrays, config: jnp.einsum(config, *arrays)),
    "approx_top_k": determined(lambda a, k: jax.lax.approx_max_k(a, k)),
    "uniform": uniform,
    "normal": normal,
}

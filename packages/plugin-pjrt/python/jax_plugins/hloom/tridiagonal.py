"""Tridiagonal systems by elimination with partial pivoting, as LAPACK's gtsv does: JAX's own rule for unknown platforms does not
pivot and cannot perturb."""


def solve(dl, d, du, b, *, perturb_singular=False, **_):
    """`dl`, `d`, `du`: the diagonals, (…, n); `b`: (…, n, k). The first of `dl` and the last of `du` are zero."""
    import jax

    def one(dl, d, du, b):
        return _solve(dl, d, du, b, perturb_singular)

    for _ in range(dl.ndim - 1):
        one = jax.vmap(one)
    return one(dl, d, du, b)


def _solve(dl, d, du, b, perturb_singular):
    import jax.numpy as jnp
    from jax import lax

    largest = jnp.maximum(jnp.maximum(abs(dl), abs(d)), abs(du)).max()
    smallest = jnp.finfo(d.dtype).eps * jnp.where(largest == 0, jnp.ones_like(largest), largest)

    def pivot(value):
        if not perturb_singular:
            return value
        return jnp.where(abs(value) < smallest, jnp.where(value.real < 0, -smallest, smallest).astype(value.dtype), value)

    def eliminate(row, following):
        """`row`: what is left of the row above; the larger of the two candidates becomes the pivot."""
        diagonal, upper, right = row
        lower, next_diagonal, next_upper, next_right = following
        stays = abs(diagonal) >= abs(lower)
        chosen = pivot(jnp.where(stays, diagonal, lower))
        factor = jnp.where(stays, lower, diagonal) / chosen
        kept = (
            chosen,
            jnp.where(stays, upper, next_diagonal),
            jnp.where(stays, jnp.zeros_like(next_upper), next_upper),
            jnp.where(stays, right, next_right),
        )
        left = (
            jnp.where(stays, next_diagonal - factor * upper, upper - factor * next_diagonal),
            jnp.where(stays, next_upper, -factor * next_upper),
            jnp.where(stays, next_right - factor * right, right - factor * next_right),
        )
        return left, kept

    last, rows = lax.scan(eliminate, (d[0], du[0], b[0]), (dl[1:], d[1:], du[1:], b[1:]))

    def substitute(below, row):
        diagonal, first, second, right = row
        value = (right - first * below[0] - second * below[1]) / diagonal
        return (value, below[0]), value

    end = last[2] / pivot(last[0])
    _, values = lax.scan(substitute, (end, jnp.zeros_like(end)), rows, reverse=True)
    return jnp.concatenate([values, end[None]])

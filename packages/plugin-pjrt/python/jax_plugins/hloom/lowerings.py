"""Primitives that JAX lowers for the platforms that it knows only, as custom calls that hloom knows by name.

Private names are looked up, never assumed: a primitive that this version of JAX does not have, or that has other
parameters, is left alone, and its use then fails as it does without us.
"""

import importlib
import sys

from jax_plugins.hloom import tridiagonal
from jax_plugins.hloom.hooks import _private, ir_type


def register(platform):
    """Lowerings of `platform`; it must have been registered with JAX."""
    for name, rule in LINEAR_ALGEBRA.items():
        _register(platform, _private("jax._src.lax.linalg", name), rule)
    _register(platform, _private("jax._src.lax.linalg", "tridiagonal_solve_p"), _lowered(tridiagonal.solve))
    for module, name in SAME_AS_CPU:
        _register_as_cpu(platform, module, name)
    # Sparse matrices load late, when they are first imported.
    for module, names in SPARSE.items():
        _when_imported(module, lambda names=names: _register_sparse(platform, names))


def _register(platform, primitive, rule):
    if primitive is None:
        return
    from jax.interpreters import mlir

    mlir.register_lowering(primitive, rule, platform=platform)


def _lowered(function):
    """The rule of a primitive that a function of JAX computes."""
    from jax.interpreters import mlir

    return mlir.lower_fun(function, multiple_results=False)


def _call(ctx, target, operands, **integers):
    """A custom call with the results of the primitive and integers as its configuration."""
    from jax._src.interpreters import mlir

    types = [ir_type(ctx, aval) for aval in ctx.avals_out]
    i64 = mlir.ir.IntegerType.get_signless(64)
    config = {name: mlir.ir.IntegerAttr.get(i64, int(value)) for name, value in integers.items()}
    call = mlir.custom_call(target, result_types=types, operands=operands, backend_config=config, api_version=4)
    return call.results


# ---- linear algebra: JAX's primitives, one custom call each ------------------------------------------------------------


def _eigh(ctx, a, *, lower, subset_by_index=None, **_):
    n = ctx.avals_in[0].shape[-1]
    if subset_by_index not in (None, (0, n)):
        raise NotImplementedError("hloom: eigh computes all eigenvalues, not subset_by_index")
    return _call(ctx, "hloom.eigh", [a], lower=lower)


def _svd(ctx, a, *, full_matrices, compute_uv, subset_by_index=None, **_):
    if subset_by_index not in (None, (0, min(ctx.avals_in[0].shape[-2:]))):
        raise NotImplementedError("hloom: svd computes all singular values, not subset_by_index")
    return _call(ctx, "hloom.svd", [a], full_matrices=full_matrices, compute_uv=compute_uv)


def _lu(ctx, a, **_):
    return _call(ctx, "hloom.lu", [a])


def _eig(ctx, a, *, compute_left_eigenvectors, compute_right_eigenvectors, **_):
    return _call(ctx, "hloom.eig", [a], left=compute_left_eigenvectors, right=compute_right_eigenvectors)


def _schur(ctx, a, *, compute_schur_vectors, sort_eig_vals=False, **_):
    if sort_eig_vals:
        raise NotImplementedError("hloom: schur does not sort eigenvalues")
    return _call(ctx, "hloom.schur", [a], vectors=compute_schur_vectors)


def _hessenberg(ctx, a, **_):
    return _call(ctx, "hloom.hessenberg", [a])


def _tridiagonal(ctx, a, *, lower, **_):
    return _call(ctx, "hloom.tridiagonal", [a], lower=lower)


def _geqp3(ctx, a, jpvt, **_):
    return _call(ctx, "hloom.geqp3", [a, jpvt])


LINEAR_ALGEBRA = {
    "eigh_p": _eigh,
    "svd_p": _svd,
    "lu_p": _lu,
    "eig_p": _eig,
    "schur_p": _schur,
    "hessenberg_p": _hessenberg,
    "tridiagonal_p": _tridiagonal,
    "geqp3_p": _geqp3,
}


# ---- what the CPU's rule does by callbacks alone -----------------------------------------------------------------------

SAME_AS_CPU = [
    ("jax._src.debugging", "debug_callback_p"),
    ("jax._src.debugging", "debug_print_p"),
    ("jax._src.checkify", "check_p"),
]


def _register_as_cpu(platform, module, name):
    rules = _private("jax._src.interpreters.mlir", "_platform_specific_lowerings") or {}
    primitive = _private(module, name)
    entry = rules.get("cpu", {}).get(primitive) if primitive is not None else None
    if entry is not None:
        _register(platform, primitive, getattr(entry, "rule", entry))


# ---- sparse matrices ----------------------------------------------------------------------------------------------------

SPARSE = {"jax.experimental.sparse.linalg": ["spsolve_p"]}


def _register_sparse(platform, names):
    for name in names:
        _register_as_cpu(platform, "jax.experimental.sparse.linalg", name)


class _Finder:
    """Runs something once, right after a module was imported."""

    def __init__(self, module, then):
        self.module, self.then = module, then

    def find_spec(self, name, path=None, target=None):
        if name != self.module:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            self.then()

        spec.loader.exec_module = exec_module
        return spec


def _when_imported(module, then):
    if module in sys.modules:
        then()
    else:
        sys.meta_path.insert(0, _Finder(module, then))

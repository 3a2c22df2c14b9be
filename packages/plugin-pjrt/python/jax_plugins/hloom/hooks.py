"""Everything that touches JAX itself. Private names are looked up, never assumed: without one a feature is missing,
nothing breaks. Tried on jax 0.4.38 to 0.12."""

import dataclasses
import ctypes
import functools
import importlib
import logging
import os

logger = logging.getLogger("jax_plugins.hloom")


def warn(message):
    logger.warning("hloom: %s", message)


def _private(module, name):
    """`module.name`, or None where this version of JAX has no such thing."""
    try:
        return getattr(importlib.import_module(module), name, None)
    except ImportError:
        return None


def ir_type(ctx, aval):
    """The MLIR type of an abstract value, in a lowering rule."""
    from jax._src.interpreters import mlir

    try:
        return mlir.aval_to_ir_type(ctx.module_context, aval)
    except TypeError:  # jax 0.9 and older
        return mlir.aval_to_ir_type(aval)


def register(platform, library, options):
    from jax._src import xla_bridge

    # The priority makes it the default device: above cpu (0), gpu (200) and tpu (300).
    xla_bridge.register_plugin(platform, priority=500, library_path=str(library), options=options)
    _fail_quietly(platform)


def _fail_quietly(platform):
    """A device that cannot start costs one line, and JAX goes on with the CPU, unless JAX_PLATFORMS names it."""
    factories = _private("jax._src.xla_bridge", "_backend_factories")
    registration = factories.get(platform) if factories else None
    if registration is None or not dataclasses.is_dataclass(registration):
        return

    create = registration.factory

    def create_or_warn():
        try:
            return create()
        except Exception as error:
            warn(f"the device is not available: {error}")
            raise

    try:
        factories[platform] = dataclasses.replace(registration, factory=create_or_warn, fail_quietly=True)
    except TypeError:  # another set of fields
        pass


def allow_donation(platform):
    """JAX donates buffers only on platforms that it knows."""
    platforms = _private("jax._src.interpreters.mlir", "_platforms_with_donation")
    if isinstance(platforms, list) and platform not in platforms:
        platforms.append(platform)


def allow_compilation_cache(platform):
    """JAX's persistent cache works with any platform that serializes executables, but admits only those it knows."""
    is_cache_used = _private("jax._src.compilation_cache", "is_cache_used")
    if is_cache_used is None:
        return

    class Known:
        """A client under a platform's name that the cache knows."""

        platform = "gpu"

        def __init__(self, client):
            self._client = client

        def __getattr__(self, name):
            return getattr(self._client, name)

    @functools.wraps(is_cache_used)
    def is_used(client, *args, **kwargs):
        ours = getattr(client, "platform", None) == platform
        return is_cache_used(Known(client) if ours else client, *args, **kwargs)

    importlib.import_module("jax._src.compilation_cache").is_cache_used = is_used


def guard_fork(platform):
    """jaxlib's own threads do not survive a fork: in the child a compilation, and even the exit, would hang for ever.
    (On XLA:CPU too.) There, refuse to compile, and let nobody destroy the client."""
    os.register_at_fork(after_in_child=functools.partial(_after_fork, platform))


def _after_fork(platform):
    backends = _private("jax._src.xla_bridge", "_backends") or {}
    if platform not in backends:
        return
    for client in backends.values():
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(client))
    _refuse_to_compile(platform, lambda: FORKED)


FORKED = (
    "this process was forked from one that already used hloom, and devices do not survive a fork. Start workers with "
    'multiprocessing\'s "spawn" or "forkserver" method.'
)


def guard_callbacks(platform, is_inside):
    """On a backend that runs in the compile host nothing compiles there while a program waits for Python: the compilation
    would wait for the callback, and the callback for it."""
    _refuse_to_compile(platform, lambda: CALLED if is_inside() else None)


CALLED = (
    "a callback cannot compile a program for a backend that lives in the compile host: the host waits for the callback to "
    "return. Compute on the CPU there (jax.default_device) or with numpy."
)


def _refuse_to_compile(platform, why):
    """Compilations for the platform raise when `why` gives a reason."""
    for name in ("backend_compile_and_load", "backend_compile"):
        compile_for = _private("jax._src.compiler", name)
        if compile_for is not None:
            setattr(importlib.import_module("jax._src.compiler"), name, _refusing(compile_for, platform, why))


def _refusing(compile_for, platform, why):
    @functools.wraps(compile_for)
    def compile_or_refuse(backend, *args, **kwargs):
        reason = why() if getattr(backend, "platform", None) == platform else None
        if reason is None:
            return compile_for(backend, *args, **kwargs)
        import jax

        error = getattr(jax.errors, "JaxRuntimeError", RuntimeError)
        raise error(f"FAILED_PRECONDITION: hloom: {reason}")

    return compile_or_refuse

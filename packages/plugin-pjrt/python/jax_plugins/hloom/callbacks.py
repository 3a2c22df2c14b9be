"""Programs that call Python: pure_callback, io_callback, debug.print, checks.

A callback becomes the custom call `hloom.callback` with a number; `run`, a C function to whatever executes programs, finds
the callable by that number. The numbers are random: a program that another process made, from a cache for example, finds
nothing instead of the wrong thing.
"""

import collections
import ctypes
import functools
import importlib
import secrets
import threading
import traceback
import weakref

import numpy as np

from jax_plugins.hloom.hooks import _private, ir_type

_callables = {}
_retired = collections.deque(maxlen=256)


class _Keep:
    """Lives as long as the executables that may call; JAX holds it."""


def _retire(number):
    # Runs of an executable that is gone may still be under way: its callables stay a while.
    if len(_retired) == _retired.maxlen:
        _callables.pop(_retired[0], None)
    _retired.append(number)


def _add(function):
    number = secrets.randbits(52)  # exact as a float, which it becomes on its way
    _callables[number] = function
    keep = _Keep()
    weakref.finalize(keep, _retire, number).atexit = False
    return number, keep


# ---- while a program runs ------------------------------------------------------------------------------------------------


class _Type(ctypes.Structure):
    """HloomType of backend-mlx/runtime/c_api.h."""

    _fields_ = [("element", ctypes.c_int32), ("rank", ctypes.c_int32), ("dims", ctypes.POINTER(ctypes.c_int64))]


@functools.cache
def _dtypes():
    import ml_dtypes

    names = "bool int2 int4 int8 int16 int32 int64 uint2 uint4 uint8 uint16 uint32 uint64".split()
    names += "float4_e2m1fn float6_e2m3fn float6_e3m2fn float8_e3m4 float8_e4m3 float8_e4m3fn float8_e4m3fnuz".split()
    names += "float8_e4m3b11fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu bfloat16 float16".split()
    names += "float32 float64 complex64 complex128".split()
    # An older ml_dtypes lacks some; JAX then has no such arrays either.
    known = {name: getattr(ml_dtypes, name, None) or getattr(np, name, None) for name in names}
    known["bool"] = np.bool_
    return {number: np.dtype(known[name]) for number, name in enumerate(names, 1) if known[name] is not None}


def _array(type, address):
    """The memory as an array, without a copy."""
    dtype = _dtypes()[type.element]
    shape = tuple(type.dims[i] for i in range(type.rank))
    count = int(np.prod(shape, dtype=np.int64))
    if count == 0:
        return np.empty(shape, dtype)
    memory = (ctypes.c_char * (count * dtype.itemsize)).from_address(address)
    return np.frombuffer(memory, dtype).reshape(shape)


_running = threading.local()
_Pointers = ctypes.POINTER(ctypes.c_void_p)
_Types = ctypes.POINTER(_Type)


@ctypes.CFUNCTYPE(
    ctypes.c_int32,
    *(ctypes.c_int64, ctypes.c_int32, _Types, _Pointers, ctypes.c_int32, _Types, _Pointers, ctypes.c_void_p, ctypes.c_size_t),
)
def run(number, input_count, input_types, inputs, output_count, output_types, outputs, message, message_size):
    """HloomCallback of backend-mlx/runtime/c_api.h. Called on a thread of the device, never on Python's."""
    _running.depth = getattr(_running, "depth", 0) + 1
    try:
        function = _callables.get(number)
        if function is None:
            raise RuntimeError("the program's callback belongs to another process, or to a program that is gone")
        # Copies: the memory is the program's, and what the function keeps must not change.
        arguments = [_array(input_types[i], inputs[i]).copy() for i in range(input_count)]
        for i, value in enumerate(function(*arguments)):
            _array(output_types[i], outputs[i])[...] = value
        return 0
    except BaseException:  # noqa: BLE001
        text = "hloom: error calling a Python callback: " + traceback.format_exc()
        data = text.encode()[-(message_size - 1) :] if len(text) > message_size - 1 else text.encode()[: message_size - 1]
        ctypes.memmove(message, data + b"\0", len(data) + 1)
        return 13  # INTERNAL
    finally:
        _running.depth -= 1


def is_inside():
    """Whether this thread is a callback that a program waits for."""
    return getattr(_running, "depth", 0) > 0


def address():
    """Of `run`, for the C++ side."""
    return ctypes.cast(run, ctypes.c_void_p).value


# ---- while JAX lowers ------------------------------------------------------------------------------------------------------


def register(platform):
    """Makes JAX's rules for callbacks emit ours on this platform."""
    for module in ("jax._src.callback", "jax._src.interpreters.mlir", "jax.interpreters.mlir"):
        emit = _private(module, "emit_python_callback")
        if emit is not None:
            importlib.import_module(module).emit_python_callback = _emitting(emit, platform)


def _emitting(emit, platform):
    @functools.wraps(emit)
    def emit_callback(ctx, callback, token, operands, operand_avals, result_avals, *args, **options):
        if tuple(ctx.module_context.platforms) != (platform,):
            return emit(ctx, callback, token, operands, operand_avals, result_avals, *args, **options)
        return _emit(ctx, callback, token, operands, result_avals, options)

    return emit_callback


def _emit(ctx, callback, token, operands, result_avals, options):
    from jax._src.interpreters import mlir

    number, keep = _add(_checked(callback, result_avals))
    ctx.module_context.add_keepalive(keep)
    types = [ir_type(ctx, aval) for aval in result_avals]
    operands = list(operands)
    if token:
        operands.insert(0, token)
        types.insert(0, mlir.token_type() if hasattr(mlir, "token_type") else mlir.hlo.TokenType.get())
    call = mlir.custom_call(
        "hloom.callback",
        result_types=types,
        operands=operands,
        backend_config={"id": mlir.ir.IntegerAttr.get(mlir.ir.IntegerType.get_signless(64), number)},
        has_side_effect=options.get("has_side_effect", True),
        api_version=4,
    )
    sharding = options.get("sharding")
    if sharding is not None and not token:
        mlir.set_sharding(*((ctx.module_context, call, sharding) if _takes_context(mlir.set_sharding) else (call, sharding)))
    results = list(call.results)
    new_token = results.pop(0) if token else None
    return results, new_token, keep


@functools.cache
def _takes_context(set_sharding):
    return set_sharding.__code__.co_argcount >= 3


def _checked(callback, result_avals):
    """What JAX checks of a callback's results, in its words."""
    expected = [(aval.shape, aval.dtype) for aval in result_avals]
    from jax import dtypes

    def call(*arguments):
        values = callback(*arguments)
        if len(values) != len(expected):
            raise RuntimeError(
                f"Mismatched number of outputs from callback. Expected: {len(expected)}, Actual: {len(values)}"
            )
        arrays = []
        for i, (value, (shape, dtype)) in enumerate(zip(values, expected)):
            array = np.asarray(value)
            array = array.astype(dtypes.canonicalize_dtype(array.dtype), copy=False)
            if array.shape != shape:
                raise RuntimeError(
                    f"Incorrect output shape for return value #{i}: Expected: {shape}, Actual: {array.shape}"
                )
            if array.dtype != dtype:
                raise RuntimeError(
                    f"Incorrect output dtype for return value #{i}: Expected: {dtype}, Actual: {array.dtype}"
                )
            arrays.append(array)
        return arrays

    return call

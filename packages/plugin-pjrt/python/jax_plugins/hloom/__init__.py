"""Makes hloom a JAX device: `import jax; jax.devices()` finds this package and calls `initialize`.

Environment: HLOOM_BACKEND (mlx, cpu, the name of a backend package, a path), HLOOM_DEVICES
(how many devices it appears as), HLOOM_NODE (a Node of 22.18 or newer).
"""

import os

from jax_plugins.hloom import callbacks, hooks, lowerings, places

__version__ = "0.1.0"

PLATFORM = "hloom"


def initialize():
    """Registers the platform. Never raises: a program that only wants the CPU must not fail because of a plugin."""
    try:
        library = places.plugin_library()
        hooks.register(PLATFORM, library, options())
    except Exception as error:  # noqa: BLE001
        hooks.warn(f"the device is not available: {error}")
        return
    hooks.allow_donation(PLATFORM)
    hooks.allow_compilation_cache(PLATFORM)
    hooks.guard_fork(PLATFORM)
    callbacks.register(PLATFORM)
    if not places.runs_here(places.backend()):
        hooks.guard_callbacks(PLATFORM, callbacks.is_inside)
    lowerings.register(PLATFORM)


def options():
    """What the C++ side needs to know, as PJRT create options (strings)."""
    backend = places.backend()
    node, problem = places.node()
    return {
        "backend": backend,
        "devices": os.environ.get("HLOOM_DEVICES", ""),
        "node": node,
        "node_problem": problem,
        "host": str(places.host_script()),
        "runtime": str(places.native_runtime(backend) or ""),
        "framework": str(places.framework(backend) or ""),
        "callback": str(callbacks.address()),
    }

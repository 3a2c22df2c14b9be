"""Several devices in one process. What results should be, and how they are split, comes from XLA:CPU with as many devices,
or from numpy."""

import functools
import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

pytestmark = pytest.mark.devices(8)

shard_map = getattr(jax, "shard_map", None)
if shard_map is None:
    from jax.experimental.shard_map import shard_map


def mesh(*shape, names=("x", "y")):
    return Mesh(np.array(jax.devices("hloom")[: int(np.prod(shape))]).reshape(shape), names[: len(shape)])


def grid():
    return np.arange(64, dtype=np.float32).reshape(8, 8)


def test_devices(backend):
    devices = jax.devices("hloom")
    assert [device.id for device in devices] == list(range(8))
    assert len({str(device) for device in devices}) == 8
    assert jax.device_count() == jax.local_device_count() == 8


def test_copies_between_devices(backend):
    x = jax.device_put(np.arange(3), jax.devices("hloom")[2])
    y = jax.device_put(x, jax.devices("hloom")[5])
    assert x.devices() == {jax.devices("hloom")[2]} and y.devices() == {jax.devices("hloom")[5]}
    np.testing.assert_array_equal(jax.jit(lambda a: a + 1)(y), [1, 2, 3])
    assert jax.jit(lambda a: a + 1)(y).devices() == y.devices()
    with pytest.raises(ValueError, match="incompatible devices"):
        jax.jit(jnp.add)(x, y)


def test_device_put_with_a_sharding(backend):
    x = jax.device_put(grid(), NamedSharding(mesh(4, 2), P("x", "y")))
    assert [shard.device.id for shard in x.addressable_shards] == list(range(8))
    for shard in x.addressable_shards:
        np.testing.assert_array_equal(shard.data, grid()[shard.index])
    np.testing.assert_array_equal(x, grid())
    again = jax.device_put(x, NamedSharding(mesh(8), P(None, "x")))
    assert again.addressable_shards[3].data.shape == (8, 1)
    np.testing.assert_array_equal(again, grid())


def test_arrays_from_parts(backend):
    sharding = NamedSharding(mesh(2, 4), P("y", "x"))
    by_callback = jax.make_array_from_callback((8, 8), sharding, lambda index: grid()[index])
    parts = [jax.device_put(grid()[index], device) for device, index in sharding.addressable_devices_indices_map((8, 8)).items()]
    by_parts = jax.make_array_from_single_device_arrays((8, 8), sharding, parts)
    np.testing.assert_array_equal(by_callback, grid())
    np.testing.assert_array_equal(by_parts, grid())


@pytest.mark.parametrize("spec", [P("x", "y"), P("y", "x"), P(("x", "y"), None), P(None, ("y", "x")), P("x"), P()], ids=str)
def test_jit_of_sharded_arrays(backend, spec):
    x = jax.device_put(grid(), NamedSharding(mesh(4, 2), spec))
    y = jax.jit(lambda a: jnp.sin(a) @ a.T + a.sum(0))(x)
    np.testing.assert_allclose(y, np.sin(grid()) @ grid().T + grid().sum(0), rtol=1e-5)
    z = jax.jit(lambda a: 2 * a)(x)
    assert z.sharding.is_equivalent_to(x.sharding, 2)
    for shard in z.addressable_shards:
        np.testing.assert_array_equal(shard.data, 2 * grid()[shard.index])


def test_shardings_of_arguments_and_results(backend):
    given, wanted = NamedSharding(mesh(4, 2), P("x", None)), NamedSharding(mesh(4, 2), P("y", "x"))
    y = jax.jit(lambda a: a + 1, in_shardings=given, out_shardings=wanted)(grid())
    assert y.sharding.is_equivalent_to(wanted, 2)
    np.testing.assert_array_equal(y, grid() + 1)


def test_a_constraint_inside(backend):
    wanted = NamedSharding(mesh(4, 2), P("x", "y"))
    y = jax.jit(lambda a: jax.lax.with_sharding_constraint(a * 2, wanted))(grid())
    assert y.sharding.is_equivalent_to(wanted, 2)
    np.testing.assert_array_equal(y, 2 * grid())


def mapped(body, in_specs=P("x", "y"), out_specs=P("x", "y")):
    # Older versions of JAX cannot check programs with loops.
    unchecked = "check_vma" if "check_vma" in inspect.signature(shard_map).parameters else "check_rep"
    return shard_map(body, mesh=mesh(4, 2), in_specs=in_specs, out_specs=out_specs, **{unchecked: False})


COLLECTIVES = {
    "psum": lambda a: a + jax.lax.psum(a, "x"),
    "psum over both": lambda a: a + jax.lax.psum(a, ("x", "y")),
    "pmax": lambda a: a * jax.lax.pmax(a, "y"),
    "pmean": lambda a: a - jax.lax.pmean(a, "x"),
    "all_gather": lambda a: a + jax.lax.all_gather(a, "x").sum(0),
    "psum_scatter": lambda a: jnp.tile(jax.lax.psum_scatter(a, "y", scatter_dimension=1, tiled=True), (1, 2)),
    "all_to_all": lambda a: jax.lax.all_to_all(a, "y", split_axis=1, concat_axis=0, tiled=True).reshape(2, 4),
    "ppermute": lambda a: jax.lax.ppermute(a, "x", [(0, 1), (1, 3), (3, 2), (2, 0)]),
    "axis_index": lambda a: a + 10 * jax.lax.axis_index("x") + jax.lax.axis_index("y"),
}


def on_xla(function, *args):
    """The same on XLA:CPU, by vmap over the mesh: `function` runs on the blocks of a 4×2 grid."""
    blocks = [jnp.asarray(a).reshape(4, 2, 2, 4).transpose(0, 2, 1, 3) for a in args]
    with jax.default_device(jax.devices("cpu")[0]):
        result = jax.vmap(jax.vmap(function, axis_name="y"), axis_name="x")(*[jax.device_put(b, jax.devices("cpu")[0]) for b in blocks])
    return np.asarray(result).transpose(0, 2, 1, 3).reshape(8, 8)


@pytest.mark.parametrize("name", COLLECTIVES)
def test_collectives(backend, name):
    np.testing.assert_allclose(jax.jit(mapped(COLLECTIVES[name]))(grid()), on_xla(COLLECTIVES[name], grid()), rtol=1e-6)


def test_collectives_in_loops_and_branches(backend):
    def body(a):
        def step(i, b):
            b = jax.lax.ppermute(b, "x", [(k, (k + 1) % 4) for k in range(4)]) + jax.lax.psum(b, "y")
            return jax.lax.cond(i % 2 == 0, lambda c: c + jax.lax.pmax(c, "x"), lambda c: 2 * c, b)

        return jax.lax.fori_loop(0, 4, step, a)

    np.testing.assert_allclose(jax.jit(mapped(body))(grid()), on_xla(body, grid()), rtol=1e-6)


def test_a_loop_that_devices_leave_at_different_times(backend):
    def body(a):
        return jax.lax.while_loop(lambda b: b.sum() < 500, lambda b: b + 1 + jnp.abs(b), a)

    np.testing.assert_allclose(jax.jit(mapped(body))(grid()), on_xla(body, grid()), rtol=1e-6)


def test_gradients_over_devices(backend):
    def loss(weights, a):
        return jax.lax.pmean((jnp.tanh(a @ weights) ** 2).mean(), ("x", "y"))

    run = jax.grad(shard_map(loss, mesh=mesh(4, 2), in_specs=(P(), P(("x", "y"))), out_specs=P()))
    weights = np.linspace(-1, 1, 24, dtype=np.float32).reshape(8, 3)
    expected = jax.jit(jax.grad(lambda w, a: (jnp.tanh(a @ w) ** 2).mean()), backend="cpu")(weights, grid() / 64)
    np.testing.assert_allclose(jax.jit(run)(weights, grid() / 64), expected, rtol=1e-4, atol=1e-6)


def test_pmap(backend):
    result = jax.pmap(lambda a: a / jax.lax.psum(a, "i"), axis_name="i")(jnp.arange(1.0, 9.0))
    np.testing.assert_allclose(result, np.arange(1, 9) / 36, rtol=1e-6)
    assert len(result.addressable_shards) == 8


def test_donation_over_devices(backend):
    x = jax.device_put(grid(), NamedSharding(mesh(4, 2), P("x", "y")))
    y = jax.jit(lambda a: a + 1, donate_argnums=0)(x)
    np.testing.assert_array_equal(y, grid() + 1)
    assert x.is_deleted()


def test_an_error_reaches_every_device(backend):
    def fail(a):
        raise ValueError("no")

    def body(a):
        return jax.pure_callback(fail, jax.ShapeDtypeStruct(a.shape, a.dtype), a)

    y = jax.jit(body, out_shardings=NamedSharding(mesh(8), P("x")))(np.arange(8.0, dtype=np.float32))
    with pytest.raises(Exception, match="ValueError: no"):
        np.asarray(y)


def test_executables_of_several_devices_are_saved(backend):
    from jax.experimental.serialize_executable import deserialize_and_load, serialize

    if "execution_devices" not in inspect.signature(deserialize_and_load).parameters:
        pytest.skip("this version of JAX loads executables of one device only")
    sharding = NamedSharding(mesh(4, 2), P("x", "y"))
    compiled = jax.jit(lambda a: a + a.sum(), in_shardings=sharding).lower(grid()).compile()
    loaded = deserialize_and_load(*serialize(compiled), execution_devices=list(sharding.mesh.devices.flat))
    x = jax.device_put(grid(), sharding)
    np.testing.assert_array_equal(loaded(x), compiled(x))


def test_one_device_of_several_keeps_the_place_of_its_arrays(backend):
    device = jax.devices("hloom")[6]
    x = jax.device_put(grid(), device)
    step = jax.jit(functools.partial(jnp.multiply, 2))
    assert step(step(x)).devices() == {device}
    assert jax.jit(lambda: jnp.ones(2), out_shardings=jax.sharding.SingleDeviceSharding(device))().devices() == {device}

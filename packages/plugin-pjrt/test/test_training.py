"""Training to an accuracy that a broken gradient, optimizer or donation does not reach."""

import numpy as np

TARGET = 0.95


def digits():
    """scikit-learn's 8 × 8 digits: (train images, train labels, test images, test labels)."""
    import pytest

    pytest.importorskip("sklearn")
    from sklearn.datasets import load_digits

    data = load_digits()
    order = np.random.default_rng(0).permutation(len(data.target))
    images = (data.images[order] / 16).astype(np.float32)[..., None]
    labels = data.target[order].astype(np.int32)
    return images[:1400], labels[:1400], images[1400:], labels[1400:]


def batches(images, labels, epochs, size=100):
    rng = np.random.default_rng(1)
    for _ in range(epochs):
        order = rng.permutation(len(labels))
        for start in range(0, len(labels), size):
            chosen = order[start : start + size]
            yield images[chosen], labels[chosen]


def test_mlp_with_optax(backend):
    import jax
    import jax.numpy as jnp
    import pytest

    optax = pytest.importorskip("optax")
    train_x, train_y, test_x, test_y = digits()
    keys = jax.random.split(jax.random.key(0), 2)
    params = {
        "w1": jax.random.normal(keys[0], (64, 64)) * 0.15,
        "b1": jnp.zeros(64),
        "w2": jax.random.normal(keys[1], (64, 10)) * 0.15,
        "b2": jnp.zeros(10),
    }
    optimizer = optax.adam(3e-3)
    state = optimizer.init(params)

    def logits(params, x):
        return jax.nn.relu(x.reshape(-1, 64) @ params["w1"] + params["b1"]) @ params["w2"] + params["b2"]

    @jax.jit
    def step(params, state, x, y):
        def loss(params):
            return optax.softmax_cross_entropy_with_integer_labels(logits(params, x), y).mean()

        updates, state = optimizer.update(jax.grad(loss)(params), state)
        return optax.apply_updates(params, updates), state

    for x, y in batches(train_x, train_y, 15):
        params, state = step(params, state, x, y)
    assert np.mean(np.argmax(np.asarray(logits(params, test_x)), -1) == test_y) >= TARGET


def test_cnn_with_flax(backend):
    import jax
    import pytest

    optax = pytest.importorskip("optax")
    nn = pytest.importorskip("flax.linen")
    train_x, train_y, test_x, test_y = digits()

    class Net(nn.Module):
        @nn.compact
        def __call__(self, x):
            x = nn.relu(nn.Conv(16, (3, 3))(x))
            x = nn.max_pool(x, (2, 2), strides=(2, 2))
            x = nn.relu(nn.Conv(32, (3, 3))(x))
            return nn.Dense(10)(x.reshape(x.shape[0], -1))

    net = Net()
    params = net.init(jax.random.key(0), train_x[:1])
    optimizer = optax.adam(5e-3)
    state = optimizer.init(params)

    @jax.jit
    def step(params, state, x, y):
        def loss(params):
            return optax.softmax_cross_entropy_with_integer_labels(net.apply(params, x), y).mean()

        updates, state = optimizer.update(jax.grad(loss)(params), state)
        return optax.apply_updates(params, updates), state

    for x, y in batches(train_x, train_y, 6):
        params, state = step(params, state, x, y)
    predict = jax.jit(net.apply)
    assert np.mean(np.argmax(np.asarray(predict(params, test_x)), -1) == test_y) >= TARGET


def test_cnn_with_equinox(backend):
    import jax
    import jax.numpy as jnp
    import pytest

    optax = pytest.importorskip("optax")
    eqx = pytest.importorskip("equinox")
    train_x, train_y, test_x, test_y = digits()

    class Net(eqx.Module):
        layers: list

        def __init__(self, key):
            k = jax.random.split(key, 3)
            self.layers = [eqx.nn.Conv2d(1, 16, 3, padding=1, key=k[0]), eqx.nn.Conv2d(16, 16, 3, stride=2, key=k[1])]
            self.layers.append(eqx.nn.Linear(16 * 9, 10, key=k[2]))

        def __call__(self, x):
            x = jnp.transpose(x, (2, 0, 1))
            x = jax.nn.relu(self.layers[0](x))
            x = jax.nn.relu(self.layers[1](x))
            return self.layers[2](x.reshape(-1))

    net = Net(jax.random.key(0))
    optimizer = optax.adam(5e-3)
    state = optimizer.init(eqx.filter(net, eqx.is_array))

    @eqx.filter_jit(donate="all-except-first")
    def step(batch, net, state):
        def loss(net):
            return optax.softmax_cross_entropy_with_integer_labels(jax.vmap(net)(batch[0]), batch[1]).mean()

        updates, state = optimizer.update(eqx.filter_grad(loss)(net), state)
        return eqx.apply_updates(net, updates), state

    for x, y in batches(train_x, train_y, 8):
        net, state = step((x, y), net, state)
    predict = eqx.filter_jit(jax.vmap(net))
    assert np.mean(np.argmax(np.asarray(predict(test_x)), -1) == test_y) >= TARGET

"""Trains a small convolutional network on scikit-learn's digits, with Flax and Optax, on whatever device JAX has.

Nothing here knows hloom. On hloom:     npx -y pnpm@12 demo
On JAX's own CPU:                       JAX_PLATFORMS=cpu .hloom/python/bin/python examples/demo.py
"""

import time

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

EPOCHS = 8
BATCH = 64
GOAL = 0.95


class Net(nn.Module):
    """Two convolutions with pooling, then a hidden layer: (batch, 8, 8, 1) in 0..1 to (batch, 10) logits."""

    @nn.compact
    def __call__(self, x):
        x = nn.max_pool(nn.relu(nn.Conv(16, (3, 3))(x)), (2, 2), (2, 2))
        x = nn.max_pool(nn.relu(nn.Conv(32, (3, 3))(x)), (2, 2), (2, 2))
        x = nn.relu(nn.Dense(64)(x.reshape(x.shape[0], -1)))
        return nn.Dense(10)(x)


def load():
    """The digits as float32 images (n, 8, 8, 1) in 0..1 and int32 labels, 80 % to train on."""
    digits = load_digits()
    images = (digits.images[..., None] / 16).astype(np.float32)
    labels = digits.target.astype(np.int32)
    return train_test_split(images, labels, test_size=0.2, random_state=0, stratify=labels)


def main():
    start = time.perf_counter()
    train_x, test_x, train_y, test_y = load()
    print(f"devices   {jax.devices()}")

    net = Net()
    optimizer = optax.adamw(3e-3)
    params = jax.jit(net.init)(jax.random.key(0), train_x[:1])
    state = optimizer.init(params)

    def loss_of(params, x, y):
        return optax.softmax_cross_entropy_with_integer_labels(net.apply(params, x), y).mean()

    @jax.jit
    def train_step(params, state, x, y):
        loss, gradients = jax.value_and_grad(loss_of)(params, x, y)
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state, loss

    @jax.jit
    def accuracy(params, x, y):
        return (net.apply(params, x).argmax(-1) == y).mean()

    order = np.random.default_rng(0)
    steps = len(train_x) // BATCH
    for epoch in range(EPOCHS):
        losses = []
        for rows in order.permutation(len(train_x))[: steps * BATCH].reshape(steps, BATCH):
            params, state, loss = train_step(params, state, train_x[rows], train_y[rows])
            losses.append(loss)
        print(f"epoch {epoch + 1}   loss {jnp.stack(losses).mean():.4f}   {time.perf_counter() - start:.1f} s")

    reached = float(accuracy(params, test_x, test_y))
    where = sorted({f"{d.platform} ({d.device_kind})" for leaf in jax.tree.leaves(params) for d in leaf.devices()})
    print(f"accuracy  {reached:.1%} of {len(test_x)} digits it had not seen")
    print(f"ran on    {', '.join(where)}")
    print(f"time      {time.perf_counter() - start:.1f} s")
    if reached < GOAL:
        raise SystemExit(f"expected at least {GOAL:.0%}")


if __name__ == "__main__":
    main()

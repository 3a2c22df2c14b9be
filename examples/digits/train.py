"""Trains a small convolutional network on scikit-learn's handwritten digits and exports it for the page.

Run it with the project's Python: .hloom/python/bin/python examples/digits/train.py
"""

import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import export, lax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

# What is exported names its source lines; they shall not tell where this file lies.
jax.config.update("jax_hlo_source_file_canonicalization_regex", f"{pathlib.Path(__file__).parent}/")

STEPS, BATCH = 3000, 128
NUMBERS = ("NHWC", "HWIO", "NHWC")


def initial(key):
    shapes = {"first": (3, 3, 1, 12), "second": (3, 3, 12, 24), "last": (384, 10)}
    keys = dict(zip(shapes, jax.random.split(key, len(shapes))))
    normal = lambda name, shape: jax.random.normal(keys[name], shape) * (2 / np.prod(shape[:-1])) ** 0.5
    return {name: normal(name, shape) for name, shape in shapes.items()} | {"bias": jnp.zeros(10)}


def logits(params, images):
    """Of images float32[n,8,8] between 0 and 1."""
    x = images[..., None]
    x = jax.nn.relu(lax.conv_general_dilated(x, params["first"], (1, 1), "SAME", dimension_numbers=NUMBERS))
    x = jax.nn.relu(lax.conv_general_dilated(x, params["second"], (2, 2), "SAME", dimension_numbers=NUMBERS))
    return x.reshape(len(x), -1) @ params["last"] + params["bias"]


def varied(key, images):
    """Shifts, turns, stretches and slants each image a little: other hands than those of the data shall be read too."""
    middle = 3.5
    rows, columns = jnp.meshgrid(jnp.arange(8) - middle, jnp.arange(8) - middle, indexing="ij")

    def vary(key, image):
        matrix, shift = jnp.split(jax.random.uniform(key, (6,), minval=-1), [4])
        (a, b), (c, d) = jnp.eye(2) + matrix.reshape(2, 2) * jnp.array([[0.15, 0.15], [0.35, 0.15]])
        y = a * rows + b * columns + middle + shift[0]
        x = c * rows + d * columns + middle + shift[1]
        return jax.scipy.ndimage.map_coordinates(image, [y, x], order=1)

    return jax.vmap(vary)(jax.random.split(key, len(images)), images)


def train(images, labels):
    optimizer = optax.adamw(optax.cosine_decay_schedule(3e-3, STEPS), weight_decay=1e-3)

    def loss(params, images, labels):
        return optax.softmax_cross_entropy_with_integer_labels(logits(params, images), labels).mean()

    def step(state, key):
        params, moments = state
        pick, move = jax.random.split(key)
        chosen = jax.random.randint(pick, (BATCH,), 0, len(images))
        gradients = jax.grad(loss)(params, varied(move, images[chosen]), labels[chosen])
        updates, moments = optimizer.update(gradients, moments, params)
        return (optax.apply_updates(params, updates), moments), None

    params = initial(jax.random.key(0))
    keys = jax.random.split(jax.random.key(1), STEPS)
    (params, _), _ = lax.scan(step, (params, optimizer.init(params)), keys)
    return params


if __name__ == "__main__":
    digits = load_digits()
    images = (digits.images / 16).astype(np.float32)
    split = train_test_split(images, digits.target, test_size=0.2, random_state=0)
    train_images, test_images, train_labels, test_labels = map(jnp.asarray, split)
    params = jax.jit(train)(train_images, train_labels)
    right = (logits(params, test_images).argmax(-1) == test_labels).mean()
    print(f"{right:.1%} of {len(test_labels)} digits that it has not seen")

    @jax.jit
    def classify(image):
        """The probability of each digit."""
        return jax.nn.softmax(logits(params, image[None])[0])

    exported = export.export(classify)(jax.ShapeDtypeStruct((8, 8), jnp.float32))
    file = pathlib.Path(__file__).with_name("digits.jaxexport")
    file.write_bytes(exported.serialize())
    print(f"{file.name}: {file.stat().st_size} bytes")

"""Inputs of the benchmark programs: the same numbers for every contestant, from a fixed seed."""

import numpy as np


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def mlp_inputs():
    """Weights of a 784-256-10 network, a batch of 64 images and labels (one-hot)."""
    w1, b1 = normal(784, 256, seed=1) * 0.05, np.zeros(256, np.float32)
    w2, b2 = normal(256, 10, seed=2) * 0.05, np.zeros(10, np.float32)
    labels = np.eye(10, dtype=np.float32)[np.arange(64) % 10]
    return w1, b1, w2, b2, normal(64, 784, seed=3), labels


INPUTS = {
    "dispatch": lambda: (np.arange(4, dtype=np.float32),),
    "matmul 512": lambda: (normal(512, 512), normal(512, 512, seed=1)),
    "gelu 1M": lambda: (normal(1024, 1024),),
    "softmax 1024": lambda: (normal(1024, 1024),),
    "layer norm 1024": lambda: (normal(1024, 1024), normal(1024, seed=1), normal(1024, seed=2)),
    "conv 3x3": lambda: (normal(4, 28, 28, 32), normal(3, 3, 32, 64, seed=1) * 0.1),
    "mlp train": mlp_inputs,
    "scan 1000": lambda: (normal(32), normal(32, 32, seed=1) * 0.1),
    "sort 100k": lambda: (normal(100_000),),
    "random normal": lambda: (np.array([0, 42], np.uint32),),
}

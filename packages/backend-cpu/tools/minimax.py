"""Coefficients of the polynomials in src/wasm/math, by Remez' exchange. Needs mpmath: `python minimax.py [name…]`.

Each row states the function that the polynomial stands for, the interval, the weight of its errors (1 / weight is what
counts as one), and the degree. Printed: the largest weighted error as a power of two, and the coefficients from the
lowest, as the nearest doubles.
"""

import sys

from mpmath import atan, cos, erfc, exp, expm1, fabs, asin, linspace, log, lu_solve, matrix, mp, mpf, pi, sin, sqrt

mp.dps = 70


def erfcx_scaled(q):
    """(1 + 2x) exp(x²) erfc(x), with q = (x - 2) / (x + 2)."""
    x = 2 * (1 + q) / (1 - q)
    return (1 + 2 * x) * exp(x * x) * erfc(x)


def near_zero(function, series):
    """`function`, but the first terms of its series where it would be 0 / 0."""
    return lambda z: series(z) if fabs(z) < mpf(10) ** -18 else function(z)


HALF_LN2 = log(2) / 2 + mpf(2) ** -20
one = lambda z: mpf(1)

ROWS = {
    # (e^r - 1 - r) / r²: errors count as parts of e^r.
    "exp64": (near_zero(lambda r: (exp(r) - 1 - r) / r**2, lambda r: mpf(1) / 2 + r / 6), -HALF_LN2, HALF_LN2, lambda r: exp(r) / (r * r + mpf(10) ** -9), 10),
    "exp40": (near_zero(lambda r: (exp(r) - 1 - r) / r**2, lambda r: mpf(1) / 2 + r / 6), -HALF_LN2, HALF_LN2, lambda r: exp(r) / (r * r + mpf(10) ** -9), 5),
    # (sin r / r - 1) / r² and (cos r - 1 + r²/2) / r⁴ of z = r².
    "sin64": (near_zero(lambda z: (sin(sqrt(z)) / sqrt(z) - 1) / z, lambda z: -mpf(1) / 6 + z / 120), mpf(0), (pi / 4 * 1.0001) ** 2, lambda z: 1 / (z + mpf(10) ** -9), 5),
    "cos64": (near_zero(lambda z: (cos(sqrt(z)) - 1 + z / 2) / z**2, lambda z: mpf(1) / 24 - z / 720), mpf(0), (pi / 4 * 1.0001) ** 2, lambda z: 1 / (z * z + mpf(10) ** -9), 5),
    "sin32": (near_zero(lambda z: (sin(sqrt(z)) / sqrt(z) - 1) / z, lambda z: -mpf(1) / 6 + z / 120), mpf(0), (pi / 4 * 1.0001) ** 2, lambda z: 1 / (z + mpf(10) ** -9), 2),
    "cos32": (near_zero(lambda z: (cos(sqrt(z)) - 1 + z / 2) / z**2, lambda z: mpf(1) / 24 - z / 720), mpf(0), (pi / 4 * 1.0001) ** 2, lambda z: 1 / (z * z + mpf(10) ** -9), 2),
    # (atan r / r - 1) / r² of z = r², up to tan(π/8).
    "atan64": (near_zero(lambda z: (atan(sqrt(z)) / sqrt(z) - 1) / z, lambda z: -mpf(1) / 3 + z / 5), mpf(0), (sqrt(2) - 1) ** 2 * 1.0001, lambda z: 1 / (z + mpf(10) ** -9), 11),
    "atan32": (near_zero(lambda z: (atan(sqrt(z)) / sqrt(z) - 1) / z, lambda z: -mpf(1) / 3 + z / 5), mpf(0), (sqrt(2) - 1) ** 2 * 1.0001, lambda z: 1 / (z + mpf(10) ** -9), 3),
    # (asin r / r - 1) / r² of z = r², up to 1/2.
    "asin64": (near_zero(lambda z: (asin(sqrt(z)) / sqrt(z) - 1) / z, lambda z: mpf(1) / 6 + z * 3 / 40), mpf(0), mpf("0.25"), lambda z: 1 / (z + mpf(10) ** -9), 11),
    "asin32": (near_zero(lambda z: (asin(sqrt(z)) / sqrt(z) - 1) / z, lambda z: mpf(1) / 6 + z * 3 / 40), mpf(0), mpf("0.25"), lambda z: 1 / (z + mpf(10) ** -9), 4),
    "erfcx64": (erfcx_scaled, mpf(-1), mpf("0.872"), erfcx_scaled, 24),
    "erfcx32": (erfcx_scaled, mpf(-1), mpf("0.68"), erfcx_scaled, 9),
    # erf(x) / x of z = x².
    "erf64": (near_zero(lambda z: mp.erf(sqrt(z)) / sqrt(z), lambda z: 2 / sqrt(pi) * (1 - z / 3)), mpf(0), mpf(1), near_zero(lambda z: mp.erf(sqrt(z)) / sqrt(z), lambda z: 2 / sqrt(pi)), 13),
}


def solve(points, function, weight, degree):
    size = degree + 2
    a, b = matrix(size, size), matrix(size, 1)
    for i, x in enumerate(points):
        for j in range(degree + 1):
            a[i, j] = x**j
        a[i, degree + 1] = (-1) ** i * weight(x)
        b[i] = function(x)
    return list(lu_solve(a, b))[: degree + 1]


def evaluate(coefficients, x):
    value = mpf(0)
    for one_coefficient in reversed(coefficients):
        value = value * x + one_coefficient
    return value


def remez(function, low, high, weight, degree):
    size = degree + 2
    points = [(low + high) / 2 - (high - low) / 2 * cos(pi * (2 * i + 1) / (2 * size)) for i in range(size)]
    grid = [(low + high) / 2 - (high - low) / 2 * cos(pi * i / (40 * size)) for i in range(40 * size + 1)]
    truth = [(function(x), weight(x)) for x in grid]
    for _ in range(8):
        coefficients = solve(points, function, weight, degree)
        errors = [(evaluate(coefficients, x) - y) / w for x, (y, w) in zip(grid, truth)]
        runs, best = [], 0
        for i in range(1, len(grid)):
            if (errors[i] > 0) != (errors[best] > 0):
                runs.append(best)
                best = i
            elif fabs(errors[i]) > fabs(errors[best]):
                best = i
        runs.append(best)
        while len(runs) > size:
            runs.pop(0 if fabs(errors[runs[0]]) < fabs(errors[runs[-1]]) else -1)
        if len(runs) < size:
            break
        points = [grid[i] for i in runs]
    return coefficients, max(fabs(e) for e in errors)


for name in sys.argv[1:] or ROWS:
    coefficients, error = remez(*ROWS[name])
    print(f"{name}: 2^{float(log(error, 2)):.1f}")
    print("  " + ", ".join(repr(float(one_coefficient)) for one_coefficient in coefficients))

/** erf and erfc. */
import type { Node } from "../vector.ts";
import type { Floats } from "../vector_lanes.ts";
import { twoProduct } from "./double_double.ts";
import { exponentialOfSum } from "./exponential.ts";

/** The rational function of Eigen, odd over even powers. */
const eigen = {
  odd: [
    -1.60960333262415e-2, -2.95459980854025e-3, -7.34990630326855e-4, -5.6925063946234605e-5,
    -2.10102402082508e-6, 2.77068142495902e-8, -2.72614225801306e-10,
  ],
  even: [
    -1.42647390514189e-2, -7.37332916720468e-3, -1.68282697438203e-3, -2.13374055278905e-4,
    -1.45660718464996e-5,
  ],
};
/** Numerators of small numbers must not be subnormal. */
const normalized = (coefficients: readonly number[]) => coefficients.map((one) => one / eigen.even[0]!);
const odd = normalized(eigen.odd);
const even = normalized(eigen.even);

/** erf(x) / x of x², up to 1. */
const near = [
  1.1283791670955126, -0.37612638903183754, 0.11283791670955119, -0.026866170645129733, 0.005223977625422086,
  -0.0008548327021853201, 0.00012055332899357821, -1.4925647465110833e-5, 1.6462043407599716e-6,
  -1.636461441824939e-7, 1.4792145719035877e-8, -1.2163041701482618e-9, 8.703789063157564e-11,
  -4.222894970306497e-12,
];

/** (1 + 2x) e^(x²) erfc x of (x - 2) / (x + 2). */
const tail = {
  f64: [
    1.2769783815525289, -0.09276382658574626, -0.16603039761531632, 0.16405128003347244, -0.05422000099041332,
    -0.00803401508339142, 0.008722653837113724, 0.0012713389783508583, -0.0014568134690455998,
    -0.00045434089642065, 0.00020636368422078988, 0.00015103915896136672, -1.4931585838784955e-6,
    -3.642130662486071e-5, -1.3545484106716067e-5, 3.6989904083726034e-6, 5.335903390817163e-6,
    1.5390248265738695e-6, -8.554160679841855e-7, -8.983061374264391e-7, -1.1504611387877594e-7,
    2.0894157487340742e-7, 8.127768017395821e-8, -1.9396200046427307e-8, -1.152221283706885e-8,
  ],
  f32: [
    1.2769783955447112, -0.0927639973385827, -0.1660315719348579, 0.16405565408930145, -0.05420262101478721,
    -0.008060886128628982, 0.008625355067004981, 0.0013125672542693978, -0.0012223395169220362,
    -0.00039610467107587346,
  ],
} as const;

export function errorFunction(f: Floats, x: Node): Node {
  if (f.lane === "f32") return singleError(f, x);
  const size = f.abs(x);
  const square = f.atMost(f.multiply(x, x), 1);
  const far = f.copySign(f.subtract(1, complement(f, size)), x);
  return f.select(f.greater(size, 1), far, f.multiply(x, f.polynomial(square, near)));
}

function singleError(f: Floats, x: Node): Node {
  const clamped = f.atLeast(f.atMost(x, 4), -4);
  const square = f.multiply(clamped, clamped);
  const numerator = f.multiply(clamped, f.polynomial(square, odd));
  return f.divide(numerator, f.polynomial(square, even));
}

export function complementaryErrorFunction(f: Floats, x: Node): Node {
  const size = complement(f, f.abs(x));
  return f.select(f.less(x, 0), f.subtract(2, size), size);
}

/** Beyond, erfc is zero. */
const end = 28;

/** erfc of x >= 0; the square has twice the digits. */
function complement(f: Floats, size: Node): Node {
  const x = f.atMost(size, end);
  const square = twoProduct(f, x, x);
  const gaussian = exponentialOfSum(f, f.negate(square.high), f.negate(square.low));
  const place = f.divide(f.subtract(x, 2), f.add(x, 2));
  const ratio = f.divide(f.polynomial(place, tail[f.lane]), f.add(f.add(x, x), 1));
  return f.multiply(gaussian, ratio);
}

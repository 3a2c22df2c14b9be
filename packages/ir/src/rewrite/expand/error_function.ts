/** erf and its relatives as arithmetic: the rational approximations of the evaluator, both sides of a branch at once. */
import type { Value } from "../../model/operation.ts";
import * as cody from "../../reference/element/error_function.ts";
import type { Formula } from "../formula.ts";

/** Where the approximations meet. */
const near = 0.46875;
const far = 4;
/** From here on erf is one. Larger arguments would overflow on the way. */
const end = 30;

/** Cody's order: the last coefficient of the numerator is the highest, then they fall. */
function rational(f: Formula, x: Value, numerator: readonly number[], denominator: readonly number[]): Value {
  const top = [numerator.at(-1)!, ...numerator.slice(0, -1)];
  return f.divide(f.polynomial(x, top), f.polynomial(x, [1, ...denominator]));
}

/** `exp(-y²)`, with the square split so that its low bits count. */
function gaussian(f: Formula, y: Value): Value {
  const head = f.divide(f.floor(f.multiply(y, 16)), 16);
  const rest = f.multiply(f.subtract(y, head), f.add(y, head));
  return f.multiply(f.exp(f.negate(f.square(head))), f.exp(f.negate(rest)));
}

/** erfc of `y ≥ 0.46875`. */
function tail(f: Formula, magnitude: Value): Value {
  const y = f.minimum(magnitude, end);
  const square = f.divide(1, f.square(y));
  const correction = f.multiply(square, rational(f, square, cody.farNumerator, cody.farDenominator));
  const distant = f.divide(f.subtract(cody.inverseRootPi, correction), y);
  const middle = rational(f, y, cody.middleNumerator, cody.middleDenominator);
  return f.multiply(gaussian(f, y), f.select(f.compare(y, "LE", far), middle, distant));
}

function nearErf(f: Formula, x: Value): Value {
  // The square of what is far is not looked at, and must not make infinities that slow arithmetic down.
  const square = f.minimum(f.square(x), 1);
  return f.multiply(x, rational(f, square, cody.nearNumerator, cody.nearDenominator));
}

export function erf(f: Formula, x: Value): Value {
  const y = f.abs(x);
  const distant = f.multiply(f.sign(x), f.subtract(1, tail(f, y)));
  return f.select(f.compare(y, "LE", near), nearErf(f, x), distant);
}

export function erfc(f: Formula, x: Value): Value {
  const y = f.abs(x);
  const complement = tail(f, y);
  const distant = f.select(f.compare(x, "LT", 0), f.subtract(2, complement), complement);
  return f.select(f.compare(y, "LE", near), f.subtract(1, nearErf(f, x)), distant);
}

/** Giles, "Approximating the erfinv function" (2010): polynomials in `w = -log(1 - x²)`, or in its root further out. */
const single = {
  central: [
    2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503,
    -0.00417768164, 0.246640727, 1.50140941,
  ],
  tail: [
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
    0.00943887047, 1.00167406, 2.83297682,
  ],
};
const double = {
  central: [
    -3.6444120640178196996e-21, -1.685059138182016589e-19, 1.2858480715256400167e-18,
    1.115787767802518096e-17, -1.333171662854620906e-16, 2.0972767875968561637e-17, 6.6376381343583238325e-15,
    -4.0545662729752068639e-14, -8.1519341976054721522e-14, 2.6335093153082322977e-12,
    -1.2975133253453532498e-11, -5.4154120542946279317e-11, 1.051212273321532285e-9,
    -4.1126339803469836976e-9, -2.9070369957882005086e-8, 4.2347877827932403518e-7, -1.3654692000834678645e-6,
    -1.3882523362786468719e-5, 0.0001867342080340571352, -0.00074070253416626697512,
    -0.0060336708714301490533, 0.24015818242558961693, 1.6536545626831027356,
  ],
  tail: [
    2.2137376921775787049e-9, 9.0756561938885390979e-8, -2.7517406297064545428e-7, 1.8239629214389227755e-8,
    1.5027403968909827627e-6, -4.013867526981545969e-6, 2.9234449089955446044e-6, 1.2475304481671778723e-5,
    -4.7318229009055733981e-5, 6.8284851459573175448e-5, 2.4031110387097893999e-5, -0.0003550375203628474796,
    0.00095328937973738049703, -0.0016882755560235047313, 0.0024914420961078508066, -0.0037512085075692412107,
    0.005370914553590063617, 1.0052589676941592334, 3.0838856104922207635,
  ],
  end: [
    -2.7109920616438573243e-11, -2.5556418169965252055e-10, 1.5076572693500548083e-9,
    -3.7894654401267369937e-9, 7.6157012080783393804e-9, -1.4960026627149240478e-8, 2.9147953450901080826e-8,
    -6.7711997758452339498e-8, 2.2900482228026654717e-7, -9.9298272942317002539e-7, 4.5260625972231537039e-6,
    -1.9681778105531670567e-5, 7.5995277030017761139e-5, -0.00021503011930044477347,
    -0.00013871931833623122026, 1.0103004648645343977, 4.8499064014085844221,
  ],
};

export function erfInverse(f: Formula, x: Value): Value {
  const w = f.negate(f.log1p(f.negate(f.square(x))));
  const factor = f.type.element === "f64" ? doubleFactor(f, w) : singleFactor(f, w);
  const atEnd = f.compare(f.abs(x), "EQ", 1);
  return f.select(atEnd, f.multiply(x, Infinity), f.multiply(factor, x));
}

function singleFactor(f: Formula, w: Value): Value {
  const central = f.polynomial(f.subtract(w, 2.5), single.central);
  const distant = f.polynomial(f.subtract(f.sqrt(w), 3), single.tail);
  return f.select(f.compare(w, "LT", 5), central, distant);
}

function doubleFactor(f: Formula, w: Value): Value {
  const root = f.sqrt(w);
  const central = f.polynomial(f.subtract(w, 3.125), double.central);
  const distant = f.polynomial(f.subtract(root, 3.25), double.tail);
  const last = f.polynomial(f.subtract(root, 5), double.end);
  const outside = f.select(f.compare(w, "LT", 16), distant, last);
  return f.select(f.compare(w, "LT", 6.25), central, outside);
}

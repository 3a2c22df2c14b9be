/**
 * Operations without an interpreter in StableHLO, on the evaluator and on backend cpu. Programs and arguments come
 * from seeds, what is right from XLA:CPU and JAX when it runs: nothing that was once expected is kept.
 */
import type { Device } from "@hloom/backend";
import { isMistake, tryOn } from "@hloom/backend/kit";
import {
  chlo,
  type Element,
  evaluate,
  type HostTensor,
  isComplex,
  type OpDefinition,
  readModule,
  realElement,
  smith,
  stablehlo,
  tensor,
  typeText,
  verify,
  walk,
  writeText,
} from "@hloom/ir";
import type { Oracle, Question } from "../src/oracle.ts";

export interface Outcome {
  readonly name: string;
  /** Cases that an oracle judged. */
  readonly cases: number;
  readonly problems: readonly string[];
}

/** What runs the cases, and what judges them. */
export interface Bench {
  readonly xla: Device;
  readonly cpu: Device;
  readonly oracle: Oracle;
}

// Operations that XLA:CPU runs itself: generated programs, one operation each ---------------------------------------

/** Refused by StableHLO's interpreter, or without a kernel there. */
export const operations: readonly OpDefinition[] = [
  stablehlo.batchNormTraining,
  stablehlo.batchNormInference,
  stablehlo.batchNormGrad,
  stablehlo.broadcast,
  stablehlo.cholesky,
  stablehlo.createToken,
  stablehlo.crossReplicaSum,
  stablehlo.dot,
  stablehlo.einsum,
  stablehlo.torchIndexSelect,
  stablehlo.realDynamicSlice,
  stablehlo.rngBitGenerator,
  stablehlo.triangularSolve,
  stablehlo.fft,
  stablehlo.map,
  stablehlo.selectAndScatter,
  chlo.topK,
  chlo.erfInv,
  chlo.lgamma,
  chlo.digamma,
  chlo.besselI1e,
];

/** Seeds to try before it is said that too few of them make a case. */
const mostSeeds = 400;

/** Runs generated programs of one operation until `count` of them were whole on XLA. */
export async function generatedCases(
  definition: OpDefinition,
  count: number,
  bench: Bench,
): Promise<Outcome> {
  const problems: string[] = [];
  let cases = 0;
  for (let seed = 0; seed < mostSeeds && cases < count; seed++) {
    const sample = smith.generateSample(seed, { ops: [definition], size: 2, dynamic: 0 });
    if (!holds(sample, definition.name)) continue;
    const [byXla, byCpu] = [await tryOn(bench.xla, sample), await tryOn(bench.cpu, sample)];
    if (byXla.outcome === "unsupported" || byXla.outcome === "meaningless" || byXla.without) continue;
    cases++;
    for (const [who, trial] of [
      ["evaluate beside XLA", byXla],
      ["cpu beside evaluate", byCpu],
    ] as const)
      if (isMistake(trial))
        problems.push(`seed ${seed}: ${who}: ${trial.problem}\n${writeText(sample.module)}`);
  }
  return { name: definition.name, cases, problems };
}

function holds({ module }: smith.Sample, name: string): boolean {
  let found = false;
  walk(module.operation, (operation) => {
    found ||= operation.name === name;
  });
  return found;
}

// Functions that have more than one right answer, or none in XLA ------------------------------------------------------

interface FunctionCase extends Question {
  /** The operation, with `%a`, `%b`, … for its arguments. */
  readonly text: string;
  readonly results: readonly HostTensor["type"][];
  /** Whether types are written as those of CHLO's functions are: `a, b -> c`. */
  readonly arrow?: true;
}

type Type = HostTensor["type"];
type Maker = (draws: smith.Draws, element: Element) => FunctionCase;

const typeOf = (shape: readonly number[], element: Element): Type => tensor(shape, element) as Type;

/** Numbers between -1 and 1. */
function filled(draws: smith.Draws, type: Type): HostTensor {
  const zero = smith.randomTensor(draws, type);
  const data = zero.data as Float64Array;
  for (let i = 0; i < data.length; i++) data[i] = 2 * draws.next() - 1;
  return zero;
}

const configured = (parameters: Readonly<Record<string, number>>): string =>
  Object.keys(parameters).length === 0
    ? ""
    : ` {api_version = 4 : i32, backend_config = {${Object.entries(parameters)
        .map(([name, value]) => `${name} = ${value} : i64`)
        .join(", ")}}}`;

/** A custom call of matrices, some of them in batches, with the shapes of its results for sizes `m` and `n`. */
function factorization(
  judge: string,
  target: string,
  {
    square = true,
    parameters = () => ({}),
    results,
  }: {
    readonly square?: boolean;
    readonly parameters?: (draws: smith.Draws) => Readonly<Record<string, number>>;
    readonly results: (
      sizes: { readonly m: number; readonly n: number },
      element: Element,
      parameters: Readonly<Record<string, number>>,
    ) => readonly (readonly [shape: readonly number[], element: Element])[];
  },
): Maker {
  return (draws, element) => {
    const m = draws.between(1, 6);
    const n = square ? m : draws.between(1, 6);
    const batch = draws.pick([[], [], [2]]);
    const given = parameters(draws);
    const input = filled(draws, typeOf([...batch, m, n], element));
    const types = results({ m, n }, element, given).map(([shape, e]) => typeOf([...batch, ...shape], e));
    return {
      judge,
      parameters: given,
      inputs: [input],
      text: `stablehlo.custom_call @${target}(%a)${configured(given)}`,
      results: types,
    };
  };
}

const complexOf = (element: Element): Element =>
  isComplex(element) ? element : element === "f64" ? "complex<f64>" : "complex<f32>";
const flag = (draws: smith.Draws) => draws.below(2);

/** A function of two vectors of moderate numbers: the first whole or above 1, the second positive. */
function special(name: string, first: number): Maker {
  return (draws, element) => {
    const type = typeOf([4], realElement(element));
    const numbers = (make: () => number): HostTensor => {
      const made = filled(draws, type);
      for (let i = 0; i < 4; i++) made.data[i] = make();
      return made;
    };
    const inputs = [numbers(() => first + draws.below(4)), numbers(() => 0.5 + 4 * draws.next())];
    return { judge: name, parameters: {}, inputs, text: `chlo.${name} %a, %b`, results: [type], arrow: true };
  };
}

export const functions: Readonly<Record<string, Maker>> = {
  eigh: factorization("eigh", "hloom.eigh", {
    parameters: (draws) => ({ lower: flag(draws) }),
    results: ({ n }, element) => [
      [[n, n], element],
      [[n], realElement(element)],
    ],
  }),
  svd: factorization("svd", "hloom.svd", {
    square: false,
    parameters: (draws) => ({ full_matrices: flag(draws), compute_uv: flag(draws) }),
    results: ({ m, n }, element, { full_matrices, compute_uv }) => {
      const k = Math.min(m, n);
      const values = [[k], realElement(element)] as const;
      const [columns, rows] = full_matrices ? [m, n] : [k, k];
      return compute_uv ? [values, [[m, columns], element], [[rows, n], element]] : [values];
    },
  }),
  lu: factorization("lu", "hloom.lu", {
    square: false,
    results: ({ m, n }, element) => [
      [[m, n], element],
      [[Math.min(m, n)], "i32"],
      [[m], "i32"],
    ],
  }),
  eig: factorization("eig", "hloom.eig", {
    parameters: (draws) => ({ left: flag(draws), right: flag(draws) }),
    results: ({ n }, element, { left, right }) => {
      const vectors = [[n, n], complexOf(element)] as const;
      return [[[n], complexOf(element)], ...(left ? [vectors] : []), ...(right ? [vectors] : [])];
    },
  }),
  schur: factorization("schur", "hloom.schur", {
    parameters: (draws) => ({ vectors: flag(draws) }),
    results: ({ n }, element, { vectors }) => [
      [[n, n], element],
      ...(vectors ? [[[n, n], element] as const] : []),
    ],
  }),
  hessenberg: factorization("hessenberg", "hloom.hessenberg", {
    results: ({ n }, element) => [
      [[n, n], element],
      [[n - 1], element],
    ],
  }),
  tridiagonal: factorization("tridiagonal", "hloom.tridiagonal", {
    parameters: (draws) => ({ lower: flag(draws) }),
    results: ({ n }, element) => [
      [[n, n], element],
      [[n], realElement(element)],
      [[n - 1], realElement(element)],
      [[n - 1], element],
    ],
  }),
  geqrf: factorization("geqrf", "Qr", {
    square: false,
    results: ({ m, n }, element) => [
      [[m, n], element],
      [[Math.min(m, n)], element],
    ],
  }),
  geqp3: (draws, element) => {
    const made = factorization("geqp3", "hloom.geqp3", {
      square: false,
      results: ({ m, n }, e) => [
        [[m, n], e],
        [[n], "i32"],
        [[Math.min(m, n)], e],
      ],
    })(draws, element);
    const order = { ...made.results[1]!, shape: made.results[1]!.shape };
    const pivots: HostTensor = { type: order, data: new Int32Array(order.shape.reduce((a, b) => a * b, 1)) };
    return { ...made, inputs: [...made.inputs, pivots], text: made.text.replace("(%a)", "(%a, %b)") };
  },
  householder_product: (draws, element) => {
    const [m, n] = [draws.between(3, 6), draws.between(1, 3)];
    const inputs = [filled(draws, typeOf([m, n], element)), filled(draws, typeOf([n], element))];
    const text = "stablehlo.custom_call @ProductOfElementaryHouseholderReflectors(%a, %b)";
    return { judge: "householder_product", parameters: {}, inputs, text, results: [inputs[0]!.type] };
  },
  unary_einsum: (draws, element) => {
    const [m, n] = [draws.between(1, 4), draws.between(1, 4)];
    const [config, shape] = draws.pick([
      ["mn->nm", [n, m]],
      ["mn->n", [n]],
      ["mn->", []],
    ] as const);
    const inputs = [filled(draws, typeOf([m, n], element))];
    const text = `stablehlo.unary_einsum %a, config = "${config}"`;
    return { judge: "einsum", parameters: { config }, inputs, text, results: [typeOf(shape, element)] };
  },
  zeta: special("zeta", 1.5),
  polygamma: special("polygamma", 1),
  rng: (draws, element) => {
    const real = realElement(element);
    const type = typeOf([], real);
    const scalar = (value: number): HostTensor => ({
      type,
      data: filled(draws, type).data.fill(value as never) as never,
    });
    const judge = draws.pick(["uniform", "normal"]);
    const sizes: HostTensor = { type: typeOf([2], "i64"), data: BigInt64Array.of(40n, 50n) };
    const text = `stablehlo.rng %a, %b, %c, distribution = ${judge.toUpperCase()}`;
    return {
      judge,
      parameters: {},
      inputs: [scalar(-2), scalar(3), sizes],
      text,
      results: [typeOf([40, 50], real)],
    };
  },
};

const elements: readonly Element[] = ["f32", "f64", "complex<f32>", "complex<f64>"];

/** Runs `count` cases of a function on the evaluator and on backend cpu. */
export async function functionCases(name: string, count: number, { cpu, oracle }: Bench): Promise<Outcome> {
  const problems: string[] = [];
  for (let seed = 0; seed < count; seed++) {
    const draws = new smith.Draws(seed);
    const made = functions[name]!(draws, elements[seed % elements.length]!);
    const module = programOf(made);
    const copies = () => made.inputs.map((input) => ({ ...input, data: input.data.slice() }));
    const runs = {
      evaluate: async () => evaluate(module, copies()) as readonly HostTensor[],
      cpu: async () => {
        const executable = await cpu.compile(module, { excessPrecision: false });
        return await Promise.all(
          executable.run(copies().map((arg) => cpu.upload(arg))).map((output) => output.read()),
        );
      },
    };
    for (const [who, run] of Object.entries(runs)) {
      const found = await run().then(
        (results) => oracle.complaint(made, results),
        (error: Error) => error.message,
      );
      if (found) problems.push(`seed ${seed}: ${who}: ${found}\n${writeText(module)}`);
    }
  }
  return { name, cases: count, problems };
}

function programOf({ inputs, results, text, arrow }: FunctionCase) {
  const types = inputs.map(({ type }) => typeText(type));
  const names = inputs.map((_, i) => `%${"abc"[i]}`);
  const outputs = results.map((type) => typeText(type));
  const many = outputs.length > 1 ? `:${outputs.length}` : "";
  const returned = outputs.map((_, i) => (many ? `%r#${i}` : "%r")).join(", ");
  const source = `func.func @main(${names.map((each, i) => `${each}: ${types[i]}`).join(", ")}) -> (${outputs.join(", ")}) {
  %r${many} = ${text} : ${arrow ? types.join(", ") : `(${types.join(", ")})`} -> ${many ? `(${outputs.join(", ")})` : outputs[0]}
  return ${returned} : ${outputs.join(", ")}
}`;
  const { module, diagnostics } = readModule(source);
  const verified = module && verify(module);
  if (verified?.module) return verified.module;
  throw new Error(`${(verified?.diagnostics ?? diagnostics)[0]?.message}\n${source}`);
}

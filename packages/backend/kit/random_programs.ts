/** Random programs of 32-bit integers: exact, so that any difference from the reference evaluator is a mistake. */
import { generator } from "./support.ts";

interface Item {
  readonly name: string;
  readonly shape: readonly number[];
}

const shapes: readonly (readonly number[])[] = [
  [],
  [1],
  [4],
  [6],
  [2, 3],
  [3, 2],
  [2, 1, 3],
  [40],
  [0],
  [5, 4],
];

/** One program; the same seed gives the same text. */
export function randomProgram(seed: number): string {
  return new Writer(seed).program();
}

class Writer {
  readonly #random: () => number;
  #names = 0;

  constructor(seed: number) {
    this.#random = generator(seed);
    // The first numbers of neighbouring seeds are alike.
    for (let i = 0; i < 20; i++) this.#random();
  }

  program(): string {
    const parameters = this.#times(2, 4, () => this.#item(this.#pick(shapes)));
    const lines: string[] = [];
    const values = [...parameters];
    this.#block(values, lines, 0, 14);
    const results = this.#times(1, 4, () => this.#pick(values));
    const types = results.map(({ shape }) => type(shape)).join(", ");
    const donor = () => (this.#random() < 0.3 ? " {jax.buffer_donor = true}" : "");
    const head = parameters.map((item) => `${item.name}: ${type(item.shape)}${donor()}`).join(", ");
    lines.push(`return ${names(results)} : ${types}`);
    return `func.func @main(${head}) -> (${types}) {\n${lines.map((line) => `  ${line}`).join("\n")}\n}`;
  }

  #number(below: number): number {
    return Math.floor(this.#random() * below);
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#number(items.length)]!;
  }

  #times<T>(least: number, most: number, make: () => T): T[] {
    return Array.from({ length: least + this.#number(most - least + 1) }, make);
  }

  #item(shape: readonly number[]): Item {
    return { name: `%v${this.#names++}`, shape };
  }

  #block(values: Item[], lines: string[], depth: number, most: number): void {
    const count = 3 + this.#number(most - 2);
    for (let i = 0; i < count; i++) {
      const makers = depth < 2 ? [...this.#simple, this.#while, this.#case] : this.#simple;
      const made = this.#pick(makers)(values, lines, depth);
      values.push(...made);
    }
  }

  /** Adds `%v = op` and returns the value. */
  #add(lines: string[], shape: readonly number[], text: string): Item {
    const item = this.#item(shape);
    lines.push(`${item.name} = ${text}`);
    return item;
  }

  #scalar(values: readonly Item[], lines: string[]): Item {
    const scalars = values.filter(({ shape }) => shape.length === 0);
    if (scalars.length > 0 && this.#random() < 0.7) return this.#pick(scalars);
    return this.#constant(lines, []);
  }

  #constant(lines: string[], shape: readonly number[]): Item {
    return this.#add(lines, shape, `stablehlo.constant dense<${this.#number(9) - 3}> : ${type(shape)}`);
  }

  /** A value of the shape: one that is there, or one that is made from what is there. */
  #shaped(values: readonly Item[], lines: string[], shape: readonly number[]): Item {
    const there = values.filter((item) => same(item.shape, shape));
    if (there.length > 0 && this.#random() < 0.8) return this.#pick(there);
    const scalar = this.#scalar(values, lines);
    return this.#add(
      lines,
      shape,
      `stablehlo.broadcast_in_dim ${scalar.name}, dims = [] : (${type([])}) -> ${type(shape)}`,
    );
  }

  readonly #simple: readonly ((values: readonly Item[], lines: string[], depth: number) => Item[])[] = [
    (values, lines) => {
      const x = this.#pick(values);
      const y = this.#shaped(values, lines, x.shape);
      const op = this.#pick(["add", "subtract", "multiply", "maximum", "xor"]);
      return [this.#add(lines, x.shape, `stablehlo.${op} ${x.name}, ${y.name} : ${type(x.shape)}`)];
    },
    (values, lines) => {
      const x = this.#pick(values);
      return [
        this.#add(
          lines,
          x.shape,
          `stablehlo.${this.#pick(["negate", "abs", "not"])} ${x.name} : ${type(x.shape)}`,
        ),
      ];
    },
    (values, lines) => {
      const x = this.#pick(values);
      const [y, z] = [this.#shaped(values, lines, x.shape), this.#shaped(values, lines, x.shape)];
      const predicate = `tensor<${[...x.shape, "i1"].join("x")}>`;
      const p = `%p${this.#names++}`;
      lines.push(
        `${p} = stablehlo.compare LT, ${x.name}, ${y.name} : (${type(x.shape)}, ${type(x.shape)}) -> ${predicate}`,
      );
      return [
        this.#add(
          lines,
          x.shape,
          `stablehlo.select ${p}, ${y.name}, ${z.name} : ${predicate}, ${type(x.shape)}`,
        ),
      ];
    },
    (_values, lines) => {
      const shape = this.#pick(shapes.filter((one) => one.length > 0));
      return [this.#add(lines, shape, `stablehlo.iota dim = ${this.#number(shape.length)} : ${type(shape)}`)];
    },
    (_values, lines) => [this.#constant(lines, this.#pick(shapes))],
    (values, lines) => {
      const x = this.#pick(values);
      const order = x.shape.map((_, d) => d).sort(() => this.#random() - 0.5);
      const shape = order.map((d) => x.shape[d]!);
      return [
        this.#add(
          lines,
          shape,
          `stablehlo.transpose ${x.name}, dims = [${order.join(", ")}] : (${type(x.shape)}) -> ${type(shape)}`,
        ),
      ];
    },
    (values, lines) => {
      const x = this.#pick(values);
      const dimensions = x.shape.map((_, d) => d).filter(() => this.#random() < 0.6);
      return [
        this.#add(
          lines,
          x.shape,
          `stablehlo.reverse ${x.name}, dims = [${dimensions.join(", ")}] : ${type(x.shape)}`,
        ),
      ];
    },
    (values, lines) => {
      const x = this.#pick(values);
      const size = sizeOf(x.shape);
      const shape = this.#pick([[size], [1, size], ...shapes.filter((one) => sizeOf(one) === size)]);
      return [this.#add(lines, shape, `stablehlo.reshape ${x.name} : (${type(x.shape)}) -> ${type(shape)}`)];
    },
    (values, lines) => {
      const x = this.#pick(values);
      const bounds = x.shape.map((dimension) => {
        const from = this.#number(dimension + 1);
        const to = from + this.#number(dimension - from + 1);
        return { from, to, step: 1 + this.#number(2) };
      });
      const shape = bounds.map(({ from, to, step }) => Math.ceil((to - from) / step));
      const text = bounds.map(({ from, to, step }) => `${from}:${to}:${step}`).join(", ");
      return [
        this.#add(lines, shape, `stablehlo.slice ${x.name} [${text}] : (${type(x.shape)}) -> ${type(shape)}`),
      ];
    },
    (values, lines) => {
      const x = this.#pick(values);
      const outer = 1 + this.#number(3);
      const shape = [outer, ...x.shape];
      const dims = x.shape.map((_, d) => d + 1).join(", ");
      return [
        this.#add(
          lines,
          shape,
          `stablehlo.broadcast_in_dim ${x.name}, dims = [${dims}] : (${type(x.shape)}) -> ${type(shape)}`,
        ),
      ];
    },
    (values, lines) => {
      const x = this.#pick(values);
      const init = this.#scalar(values, lines);
      const reduced = x.shape.map((_, d) => d).filter(() => this.#random() < 0.5);
      const shape = x.shape.filter((_, d) => !reduced.includes(d));
      const op = this.#pick(["add", "maximum", "multiply"]);
      const text = `stablehlo.reduce(${x.name} init: ${init.name}) applies stablehlo.${op} across dimensions = [${reduced.join(", ")}]`;
      return [this.#add(lines, shape, `${text} : (${type(x.shape)}, ${type([])}) -> ${type(shape)}`)];
    },
    (values, lines) => {
      const x = this.#pick(values.filter(({ shape }) => shape.length > 0));
      if (!x) return [];
      const y = this.#shaped(values, lines, x.shape);
      const axis = this.#number(x.shape.length);
      const shape = x.shape.map((dimension, d) => (d === axis ? 2 * dimension : dimension));
      return [
        this.#add(
          lines,
          shape,
          `stablehlo.concatenate ${x.name}, ${y.name}, dim = ${axis} : (${type(x.shape)}, ${type(x.shape)}) -> ${type(shape)}`,
        ),
      ];
    },
    (values, lines) => {
      const x = this.#pick(values);
      const update = x.shape.map((dimension) => this.#number(dimension + 1));
      const u = this.#shaped(values, lines, update);
      const starts = x.shape.map(() => this.#scalar(values, lines));
      const types = [type(x.shape), type(update), ...starts.map(() => type([]))].join(", ");
      const args = names([x, u, ...starts]);
      return [
        this.#add(lines, x.shape, `stablehlo.dynamic_update_slice ${args} : (${types}) -> ${type(x.shape)}`),
      ];
    },
    (values, lines) => {
      const x = this.#pick(values);
      const sizes = x.shape.map((dimension) => this.#number(dimension + 1));
      const starts = x.shape.map(() => this.#scalar(values, lines));
      const types = [type(x.shape), ...starts.map(() => type([]))].join(", ");
      const text = `stablehlo.dynamic_slice ${names([x, ...starts])}, sizes = [${sizes.join(", ")}]`;
      return [this.#add(lines, sizes, `${text} : (${types}) -> ${type(sizes)}`)];
    },
  ];

  /** A counted loop that carries some values and may read the others. */
  #while = (values: readonly Item[], lines: string[], depth: number): Item[] => {
    const carried = this.#times(1, 4, () => this.#pick(values));
    const id = this.#names++;
    const inner = carried.map(({ shape }) => this.#item(shape));
    const body: string[] = [];
    const scope = [...values, ...inner];
    this.#block(scope, body, depth + 1, 7);
    const results = inner.map(({ shape }) => {
      const fitting = scope.filter((item) => same(item.shape, shape));
      return this.#pick(fitting.length > 6 ? fitting.slice(-6) : fitting);
    });
    const heads = inner.map((item, i) => `${item.name} = ${carried[i]!.name}`);
    const types = ["tensor<i32>", ...inner.map(({ shape }) => type(shape))].join(", ");
    lines.push(
      `%zero${id} = stablehlo.constant dense<0> : tensor<i32>`,
      `%w${id}:${inner.length + 1} = stablehlo.while(%i${id} = %zero${id}, ${heads.join(", ")}) : ${types}`,
      `cond {`,
      `  %n${id} = stablehlo.constant dense<${this.#number(4)}> : tensor<i32>`,
      `  %c${id} = stablehlo.compare LT, %i${id}, %n${id} : (tensor<i32>, tensor<i32>) -> tensor<i1>`,
      `  stablehlo.return %c${id} : tensor<i1>`,
      `} do {`,
      ...body.map((line) => `  ${line}`),
      `  %one${id} = stablehlo.constant dense<1> : tensor<i32>`,
      `  %j${id} = stablehlo.add %i${id}, %one${id} : tensor<i32>`,
      `  stablehlo.return %j${id}, ${names(results)} : ${types}`,
      `}`,
    );
    return inner.map(({ shape }, i) => ({ name: `%w${id}#${i + 1}`, shape }));
  };

  #case = (values: readonly Item[], lines: string[], depth: number): Item[] => {
    const index = this.#scalar(values, lines);
    const id = this.#names++;
    const wanted = this.#times(1, 3, () => this.#pick(values).shape);
    const types = wanted.map(type).join(", ");
    const branches = this.#times(1, 3, () => {
      const body: string[] = [];
      const scope = [...values];
      this.#block(scope, body, depth + 1, 5);
      const results = wanted.map((shape) =>
        this.#pick(scope.filter((item) => same(item.shape, shape)).slice(-5)),
      );
      return [...body, `stablehlo.return ${names(results)} : ${types}`].map((line) => `  ${line}`).join("\n");
    });
    lines.push(
      `%b${id}:${wanted.length} = "stablehlo.case"(${index.name}) ({\n${branches.join("\n}, {\n")}\n}) : (tensor<i32>) -> (${types})`,
    );
    return wanted.map((shape, i) => ({ name: `%b${id}#${i}`, shape }));
  };
}

const type = (shape: readonly number[]): string => `tensor<${[...shape, "i32"].join("x")}>`;
const names = (items: readonly Item[]): string => items.map(({ name }) => name).join(", ");
const sizeOf = (shape: readonly number[]): number => shape.reduce((size, dimension) => size * dimension, 1);
const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, d) => x === b[d]);

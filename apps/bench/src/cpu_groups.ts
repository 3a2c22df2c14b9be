/** The rows of `pnpm bench cpu`: programs of `python/programs_cpu.py` in groups, each with what it aims at. */

export interface Group {
  readonly name: string;
  readonly programs: readonly string[];
  /** How many times as fast as XLA:CPU it wants to be. */
  readonly aim: number;
  /** The same with vectors of 256 bits. */
  readonly wideAim: number;
}

const sizes = ["16k", "1M", "10M"];
const each = (...names: readonly string[]) => names.flatMap((name) => sizes.map((size) => `${name} ${size}`));

export const groups: readonly Group[] = [
  {
    name: "element-wise, transcendental",
    programs: each("exp", "tanh", "log1p", "gelu"),
    aim: 0.6,
    wideAim: 1,
  },
  { name: "element-wise, memory-bound", programs: each("a*b+c", "x+1"), aim: 1, wideAim: 1 },
  {
    name: "softmax, layer norm, reductions, transposes",
    programs: [
      "softmax 64x1024",
      "softmax 1024x1024",
      "layer norm 64x1024",
      "layer norm 1024x1024",
      "sum 1M",
      "sum 8M",
      "sum of rows 1024",
      "sum of columns 1024",
      "max of rows 1024",
      "argmax of rows 1024",
      "cumsum 1024x1024",
      "transpose 512",
      "transpose 2048",
      "transpose heads",
    ],
    aim: 0.7,
    wideAim: 0.9,
  },
  {
    name: "matrix products",
    programs: [
      "matmul f32 512",
      "matmul f32 1024",
      "matmul f32 2048",
      "matmul f64 512",
      "matmul f64 1024",
      "matmul f32 64",
      "matmul 1x1024",
      "matmul 32 of 128",
      "attention scores",
    ],
    aim: 0.45,
    wideAim: 0.9,
  },
  {
    name: "convolutions",
    programs: [
      "conv 3x3 56x56x64",
      "conv 3x3 14x14x256",
      "conv 1x1 28x28x256",
      "conv 7x7 224x224x3",
      "conv depthwise 56x56x64",
    ],
    aim: 0.45,
    wideAim: 0.8,
  },
  { name: "sort", programs: ["sort 1M", "sort rows 1024", "argsort 100k"], aim: 5, wideAim: 5 },
  { name: "FFT", programs: ["fft 1024x1024", "fft 1M", "rfft 256x4096"], aim: 0.7, wideAim: 0.7 },
  { name: "gather", programs: ["gather 1M", "gather rows", "scatter-add rows"], aim: 0.8, wideAim: 0.8 },
  {
    name: "loops of small bodies",
    programs: ["scan of 1000 matvecs", "while of 1000 scalars", "scan of 1000 LSTM steps"],
    aim: 1,
    wideAim: 1,
  },
];

/** Aims for the geometric means over whole programs: run and compile time beside XLA:CPU, run time beside the interpreter. */
export const programAims = { run: 0.8, wideRun: 1, compile: 10, reference: 50 } as const;

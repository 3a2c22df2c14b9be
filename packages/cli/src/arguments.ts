/** The arguments of a program: from an .npz file, as values on the command line, or drawn by a seed. */
import {
  DYNAMIC,
  evaluate,
  type HostTensor,
  isInteger,
  readModule,
  smith,
  typeText,
  type VerifiedModule,
  verify,
} from "@hloom/ir";
import { CommandError } from "./errors.ts";
import { readBytes } from "./input.ts";
import { readNpz, tensorsFrom } from "./npz.ts";

/** At most one of them is given. */
export interface ArgumentOptions {
  readonly inputs?: string;
  readonly input?: readonly string[];
  readonly random?: string;
}

type TensorType = HostTensor["type"];

const ways = "--inputs FILE.npz (in0, in1, …), --input VALUE for each, or --random SEED";

export function readArguments(types: readonly TensorType[], options: ArgumentOptions): HostTensor[] {
  const { inputs, input, random } = options;
  if ([inputs, input, random].filter((way) => way !== undefined).length > 1)
    throw new CommandError(`give arguments in one way only: ${ways}`);
  if (inputs !== undefined) {
    const { bytes, name } = readBytes(inputs);
    return tensorsFrom(readNpz(bytes, name), types, "in", name);
  }
  if (random !== undefined) return drawn(types, random);
  if ((input ?? []).length !== types.length) throw new CommandError(wrongCount(types, input));
  return types.map((type, i) => literal(type, input![i]!, `argument ${i}`));
}

function wrongCount(types: readonly TensorType[], input: readonly string[] | undefined): string {
  const taken = types.map((type) => typeText(type)).join(", ");
  const arguments_ = `${types.length} argument${types.length === 1 ? "" : "s"}`;
  return input
    ? `the program takes ${arguments_} (${taken}), and --input was given ${input.length} time${input.length === 1 ? "" : "s"}`
    : `the program takes ${arguments_} (${taken}): give them with ${ways}`;
}

function requireStatic(type: TensorType, name: string): void {
  if (type.shape.includes(DYNAMIC))
    throw new CommandError(
      `${name} is a ${typeText(type)}: its sizes come from arrays only, with --inputs FILE.npz`,
    );
}

/** What stands between the brackets of `dense<…>`, so that every element type has its notation. */
function literal(type: TensorType, value: string, name: string): HostTensor {
  requireStatic(type, name);
  const written = typeText(type);
  const elements = isInteger(type.element) ? value : withPoints(value);
  const text = `func.func @main() -> ${written} {\n  %0 = stablehlo.constant dense<${elements}> : ${written}\n  return %0 : ${written}\n}`;
  const { module, diagnostics } = readModule(text);
  const verified: VerifiedModule | undefined = module && verify(module).module;
  if (!verified)
    throw new CommandError(
      `${name}: "${value}" is no ${written}: ${diagnostics[0]?.message ?? "it does not verify"}`,
    );
  return evaluate(verified, [])[0] as HostTensor;
}

/** MLIR has no 1 and no 1e5 among floating-point numbers, people do. */
function withPoints(value: string): string {
  return value.replace(/(?<![\w.-])(-?\d+)(?=$|[^\w.]|e)/g, "$1.0");
}

function drawn(types: readonly TensorType[], seed: string): HostTensor[] {
  if (!/^\d+$/.test(seed)) throw new CommandError(`--random takes a whole number, not "${seed}"`);
  const random = new smith.Random(Number(seed));
  return types.map((type, i) => {
    requireStatic(type, `argument ${i}`);
    return smith.randomTensor(random, type);
  });
}

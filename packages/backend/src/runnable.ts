/** What backends run: static programs on plain numbers. Dynamic dimensions and quantized elements are resolved before. */
import {
  type Attribute,
  type Diagnostic,
  excessPrecision,
  functionType,
  type HostTensor,
  hasDynamicShapes,
  hasQuantizedTypes,
  locationText,
  type Module,
  quantToMath,
  specialize,
  spread,
  type TensorType,
  type VerifiedModule,
  verify,
  writeText,
} from "@hloom/ir";
import type { CompileOptions } from "./backend.ts";
import { entryOf } from "./signature.ts";

/** What is known of an argument before the program runs: its type, or its value. */
export type KnownArgument = TensorType | HostTensor;

export interface RunnableOptions extends Pick<CompileOptions, "onStage"> {
  /**
   * Whether conversions from bf16 to f32 take what was computed before it was rounded, where XLA:CPU does so (the pass
   * `excess-precision`). True unless told.
   */
  readonly excessPrecision?: boolean | undefined;
}

/** A program stays dynamic, contradicts itself, or asserts what does not hold, for the arguments that it was given. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
  readonly diagnostics: readonly Diagnostic[];
  /** Whether more knowledge, of the values of arguments, could help. */
  readonly isUndecided: boolean;

  constructor(diagnostics: readonly Diagnostic[], wayOut: string) {
    const lines = diagnostics.map(({ op, message, location }) => {
      const place = location && location.kind !== "unknown" ? ` at ${locationText(location)}` : "";
      return `  ${op ? `${op}${place}: ` : ""}${message}`;
    });
    super(
      `the program cannot be made static:\n${shortened(lines).join("\n")}${wayOut && `\nway out: ${wayOut}`}`,
    );
    this.diagnostics = diagnostics;
    this.isUndecided = diagnostics.every(({ code }) => code === "specialize/dynamic");
  }
}

const maximumLines = 5;

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= maximumLines) return lines;
  return [...lines.slice(0, maximumLines), `  and ${lines.length - maximumLines} more`];
}

/**
 * The program that a backend compiles: of one process, static, for the given arguments, without quantized elements, whose arguments and
 * results become their stored integers, and with the excess precision of XLA:CPU unless told. Throws {@link ShapeError}.
 */
export function runnableProgram(
  module: VerifiedModule,
  args?: readonly KnownArgument[],
  options: RunnableOptions = {},
): VerifiedModule {
  const program = singleProgram(staticProgram(module, args));
  const plain = hasQuantizedTypes(program) ? verifiedAgain(quantToMath(program)) : program;
  return options.excessPrecision === false ? plain : withExcess(plain, options);
}

/** A program for several partitions is about whole arrays: one process can do what all of them would. */
function singleProgram(module: VerifiedModule): VerifiedModule {
  const { "mhlo.num_partitions": partitions, "mhlo.num_replicas": replicas } = module.operation.attributes;
  const count = (attribute: Attribute | undefined) =>
    attribute?.kind === "integer" ? Number(attribute.value) : 1;
  const grid = { replicas: count(replicas), partitions: count(partitions) };
  if (grid.partitions === 1 || grid.replicas > 1) return module;
  return verifiedAgain(spread(module, grid, "whole").module);
}

/** The pass is a stage like those of the backends; programs that it leaves alone do not see it. */
function withExcess(module: VerifiedModule, { onStage }: RunnableOptions): VerifiedModule {
  const began = performance.now();
  const exact = excessPrecision(module);
  if (exact === module) return module;
  const milliseconds = performance.now() - began;
  onStage?.({ name: "excess-precision", text: () => writeText(exact), milliseconds });
  return verifiedAgain(exact);
}

/** What a pass made of a verified module is valid too, or the pass is wrong. */
function verifiedAgain(module: Module): VerifiedModule {
  const { module: verified, diagnostics } = verify(module);
  if (verified) return verified;
  throw new Error(`a pass before compilation made an invalid program: ${diagnostics[0]?.message}`);
}

/**
 * The program for the given arguments, or for those that it declares. A static one stays as it is unless an argument is
 * given by value, which makes it disappear from the signature. Throws {@link ShapeError}.
 */
function staticProgram(module: VerifiedModule, args?: readonly KnownArgument[]): VerifiedModule {
  const given = args?.some((arg) => "data" in arg) ?? false;
  if (!given && !hasDynamicShapes(module)) return module;
  const inputs = args ?? functionType(entryOf(module)).inputs;
  const { module: made, diagnostics } = specialize(module, inputs);
  if (made) return made;
  throw new ShapeError(
    diagnostics,
    args ? "" : "say what the arguments are: `arguments` of compile, or --inputs of hloom run",
  );
}

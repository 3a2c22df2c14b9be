/** What backends run: static programs on plain numbers. Dynamic dimensions and quantized elements are resolved before. */
import {
  type Diagnostic,
  functionType,
  type HostTensor,
  hasDynamicShapes,
  hasQuantizedTypes,
  locationText,
  quantToMath,
  specialize,
  type TensorType,
  type VerifiedModule,
  verify,
} from "@hloom/ir";
import { entryOf } from "./signature.ts";

/** What is known of an argument before the program runs: its type, or its value. */
export type KnownArgument = TensorType | HostTensor;

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
 * The program that a backend compiles: static, for the given arguments, and without quantized elements, whose arguments
 * and results become their stored integers. Throws {@link ShapeError}.
 */
export function runnableProgram(module: VerifiedModule, args?: readonly KnownArgument[]): VerifiedModule {
  const program = staticProgram(module, args);
  if (!hasQuantizedTypes(program)) return program;
  const { module: plain, diagnostics } = verify(quantToMath(program));
  if (plain) return plain;
  throw new Error(`quantization could not be made arithmetic: ${diagnostics[0]?.message}`);
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

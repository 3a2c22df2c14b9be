/** `hloom run FILE`: runs a program on a backend, on given or drawn arguments, and keeps or prints the results. */
import { Device, type DeviceExecutable, entryOf, loadBackend, ShapeError } from "@hloom/backend";
import {
  functionType,
  type HostTensor,
  isInteger,
  isQuantized,
  type Type,
  type VerifiedModule,
} from "@hloom/ir";
import { Command } from "commander";
import { type ArgumentOptions, readArguments } from "./arguments.ts";
import { type CheckedProgram, type CheckResult, runChecks, separateChecks } from "./checks.ts";
import type { ExitCode } from "./errors.ts";
import { readBytes, readProgram, verifyProgram, writeBytes } from "./input.ts";
import { tensorsToNpz } from "./npz.ts";
import { tensorLine } from "./show.ts";

interface Options extends ArgumentOptions {
  readonly backend: string;
  readonly outputs?: string;
  readonly json?: true;
}

export const defaultBackend = (): string => process.env.HLOOM_BACKEND ?? "cpu";

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function runCommand(done: (code: ExitCode) => void): Command {
  return new Command("run")
    .description("run FILE on arguments given or drawn, and print the results or write them to a file")
    .argument("<file>", "text, bytecode or a jax.export artifact, or - for standard input")
    .option("--backend <name>", "cpu, mlx, or any package or path that exports a backend", defaultBackend())
    .option("--inputs <npz>", "the arguments as arrays in0, in1, …")
    .option(
      "--input <value>",
      "an argument as in dense<…>: 2.5 (for every element), [1, 2]; once for each",
      collect,
    )
    .option("--random <seed>", "draw the arguments")
    .option("--outputs <npz>", "where the results go as out0, out1, …; without it they are printed in short")
    .option("--json", "print a report as JSON")
    .action(async (file: string, options: Options) => done(await run(file, options)));
}

async function run(file: string, options: Options): Promise<ExitCode> {
  const source = readBytes(file);
  const program = separateChecks(verifyProgram(readProgram(source), source));
  const device = new Device(await loadBackend(options.backend, import.meta.url));
  try {
    const types = functionType(entryOf(program.module)).inputs.map(storedType);
    const { executable, args } = await compileFor(device, program.module, readArguments(types, options));
    const buffers = executable.run(args.map((arg) => device.upload(arg)));
    const tensors = await Promise.all(buffers.map((buffer) => buffer.read()));
    const results = tensors.slice(0, program.outputs);
    const checks = runChecks(program, tensors);
    if (options.outputs) writeBytes(options.outputs, tensorsToNpz(results, "out"));
    report(options, results, checks, program);
    return checks.every((check) => check.passed) ? 0 : 1;
  } finally {
    await device.close();
  }
}

/** What a file holds of an argument: quantized elements are stored as integers. */
function storedType(type: Type): HostTensor["type"] {
  const element = type.kind === "tensor" && isQuantized(type.element) ? type.element.storage : undefined;
  return (element ? { ...type, element } : type) as HostTensor["type"];
}

interface Compiled {
  readonly executable: DeviceExecutable;
  /** The arguments that it takes. */
  readonly args: readonly HostTensor[];
}

/** Sizes may come as numbers too, as in older exports of JAX: where types do not suffice, such arguments are built in. */
async function compileFor(
  device: Device,
  module: VerifiedModule,
  tensors: readonly HostTensor[],
): Promise<Compiled> {
  const onWarning = (message: string) => process.stderr.write(`hloom: warning: ${message}\n`);
  const types = tensors.map(({ type }) => type);
  try {
    return { executable: await device.compile(module, { arguments: types, onWarning }), args: tensors };
  } catch (error) {
    if (!(error instanceof ShapeError && error.isUndecided && tensors.some(isSize))) throw error;
    const known = tensors.map((tensor) => (isSize(tensor) ? tensor : tensor.type));
    const executable = await device.compile(module, { arguments: known, onWarning });
    return { executable, args: tensors.filter((tensor) => !isSize(tensor)) };
  }
}

const isSize = ({ type }: HostTensor): boolean => type.shape.length === 0 && isInteger(type.element);

function report(
  options: Options,
  results: readonly HostTensor[],
  checks: readonly CheckResult[],
  program: CheckedProgram,
): void {
  if (options.json) {
    const outputs = results.map(({ type }) => ({ shape: type.shape, element: type.element }));
    process.stdout.write(`${JSON.stringify({ backend: options.backend, outputs, checks })}\n`);
    return;
  }
  const lines = results.map((tensor, i) => tensorLine(`out${i}`, tensor));
  for (const { name, passed, message } of checks)
    lines.push(`${passed ? "ok  " : "FAIL"} ${name}${passed ? "" : `: ${message}`}`);
  if (program.checks.length > 0) {
    lines.push(`${checks.filter((check) => check.passed).length} of ${checks.length} checks passed`);
  }
  if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
}

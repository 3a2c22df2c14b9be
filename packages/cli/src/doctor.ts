/** `hloom doctor`: what this machine has, and whether each backend computes a small program right. */
import { type Backend, Device, loadBackend } from "@hloom/backend";
import { evaluate, type HostTensor, readModule, type VerifiedModule, verify } from "@hloom/ir";
import { Command } from "commander";
import pc from "picocolors";
import { failingCanaries } from "./canaries.ts";
import type { ExitCode } from "./errors.ts";

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

interface Options {
  readonly backend: readonly string[];
  readonly json?: true;
}

/** Exercises a matrix product, a loop, a reduction, a sort and a scatter: each once, on values that are exact in f32. */
const canary = `module {
  func.func @main(%a: tensor<3x3xf32>, %i: tensor<2x1xi32>) -> (tensor<3x3xf32>, tensor<3xf32>, tensor<3xf32>) {
    %one = stablehlo.constant dense<1> : tensor<i32>
    %three = stablehlo.constant dense<3> : tensor<i32>
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %n = stablehlo.constant dense<0> : tensor<i32>
    %loop:2 = stablehlo.while(%k = %n, %x = %a) : tensor<i32>, tensor<3x3xf32>
    cond {
      %c = stablehlo.compare LT, %k, %three : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %c : tensor<i1>
    } do {
      %next = stablehlo.add %k, %one : tensor<i32>
      %y = stablehlo.dot_general %x, %a, contracting_dims = [1] x [0] : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
      stablehlo.return %next, %y : tensor<i32>, tensor<3x3xf32>
    }
    %sum = stablehlo.reduce(%loop#1 init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<3x3xf32>, tensor<f32>) -> tensor<3xf32>
    %sorted = "stablehlo.sort"(%sum) <{dimension = 0 : i64, is_stable = true}> ({
    ^bb0(%l: tensor<f32>, %r: tensor<f32>):
      %c = stablehlo.compare GT, %l, %r : (tensor<f32>, tensor<f32>) -> tensor<i1>
      stablehlo.return %c : tensor<i1>
    }) : (tensor<3xf32>) -> tensor<3xf32>
    %u = stablehlo.slice %sum [0:2] : (tensor<3xf32>) -> tensor<2xf32>
    %scattered = "stablehlo.scatter"(%sorted, %i, %u) <{scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
    ^bb0(%l: tensor<f32>, %r: tensor<f32>):
      %s = stablehlo.add %l, %r : tensor<f32>
      stablehlo.return %s : tensor<f32>
    }) : (tensor<3xf32>, tensor<2x1xi32>, tensor<2xf32>) -> tensor<3xf32>
    return %loop#1, %sorted, %scattered : tensor<3x3xf32>, tensor<3xf32>, tensor<3xf32>
  }
}`;

const inputs: readonly HostTensor[] = [
  {
    type: { kind: "tensor", shape: [3, 3], element: "f32" },
    data: Float32Array.of(1, 2, 0, 0, 1, 3, 2, 0, 1),
  },
  // The last index lies outside: its update is dropped.
  { type: { kind: "tensor", shape: [2, 1], element: "i32" }, data: Int32Array.of(2, 7) },
];

export function doctorCommand(done: (code: ExitCode) => void): Command {
  return new Command("doctor")
    .description("check this machine: versions, backends, and whether each computes a small program right")
    .option("--backend <names...>", "which backends", ["cpu", "mlx"])
    .option("--json", "print the findings as JSON")
    .action(async (options: Options) => {
      const examined = await Promise.all(options.backend.map((name) => examine(name)));
      const findings = [machine(), ...examined.flat()];
      done(findings.every(({ ok }) => ok) ? 0 : 1);
      process.stdout.write(options.json ? `${JSON.stringify(findings)}\n` : findings.map(line).join(""));
    });
}

const line = ({ what, ok, detail }: Finding): string =>
  `${ok ? pc.green("ok ") : pc.red("no ")} ${what}: ${detail}\n`;

function machine(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const ok = major > 22 || (major === 22 && minor >= 18);
  const detail = `${process.platform} ${process.arch}, Node ${process.versions.node}`;
  return { what: "machine", ok, detail: ok ? detail : `${detail}; hloom needs Node 22.18 or newer` };
}

async function examine(name: string): Promise<readonly Finding[]> {
  const what = `backend ${name}`;
  try {
    const backend = await loadBackend(name, import.meta.url);
    const wrong = await wrongResult(backend);
    const { ops, elements, devices } = backend.supports;
    const can = `${ops.size} operations, ${elements.size} element types, ${devices} device${devices === 1 ? "" : "s"}`;
    const finding = { what, ok: wrong === undefined, detail: wrong ?? `computes right; ${can}` };
    return [finding, ...(await canaryFindings(backend))];
  } catch (error) {
    return [{ what, ok: false, detail: error instanceof Error ? error.message : String(error) }];
  }
}

/** One line when all known bugs are absent, else one for each that is there. */
async function canaryFindings(backend: Backend): Promise<Finding[]> {
  const { canaries = [], name } = backend;
  if (canaries.length === 0) return [];
  const what = `known bugs under ${name}`;
  const failed = await failingCanaries(backend);
  if (failed.length === 0) return [{ what, ok: true, detail: `none of ${canaries.length} is there` }];
  const rules = [...new Set(failed.flatMap(({ canary }) => canary.rules ?? []))];
  const remedy = rules.length > 0 ? [`set HLOOM_RULES_OFF=${rules.join(",")}`] : [];
  return [
    ...failed.map(({ canary, wrong }) => ({
      what,
      ok: false,
      detail: `${canary.name}: ${canary.bug} (${wrong})`,
    })),
    ...remedy.map((detail) => ({ what, ok: false, detail })),
  ];
}

/** What a backend gets wrong in the canary, compared with the reference. */
async function wrongResult(backend: Backend): Promise<string | undefined> {
  const device = new Device(backend);
  try {
    const program = canaryModule();
    const executable = await device.compile(program);
    const results = executable.run(inputs.map((tensor) => device.upload(tensor)));
    const expected = evaluate(program, inputs) as readonly HostTensor[];
    for (const [i, result] of results.entries()) {
      const { data } = await result.read();
      if (data.join() !== expected[i]!.data.join())
        return `result ${i} of the canary is [${data}] instead of [${expected[i]!.data}]`;
    }
    return undefined;
  } finally {
    await device.close();
  }
}

function canaryModule(): VerifiedModule {
  const { module, diagnostics } = readModule(canary);
  const result = module && verify(module);
  if (!result?.module)
    throw new Error((result?.diagnostics ?? diagnostics)[0]?.message ?? "the canary does not verify");
  return result.module;
}

/** Runs the programs by which a backend is known to fail where what it builds on has a bug. */
import { type Backend, type Canary, Device, signatureOf } from "@hloom/backend";
import {
  allocate,
  evaluate,
  type HostTensor,
  readModule,
  sizeOf,
  slotsPerElement,
  type VerifiedModule,
  verify,
} from "@hloom/ir";

export interface FailingCanary {
  readonly canary: Canary;
  readonly wrong: string;
}

/** Relative to the largest number: operations round at other places than the evaluator. */
const tolerance = 1e-5;

export async function failingCanaries(backend: Backend): Promise<FailingCanary[]> {
  const device = new Device(backend);
  const failing: FailingCanary[] = [];
  try {
    for (const canary of backend.canaries ?? []) {
      const wrong = await wrongIn(device, canary).catch((error: unknown) =>
        error instanceof Error ? error.message.split("\n", 1)[0]! : String(error),
      );
      if (wrong !== undefined) failing.push({ canary, wrong });
    }
  } finally {
    await device.close();
  }
  return failing;
}

async function wrongIn(device: Device, { text }: Canary): Promise<string | undefined> {
  const module = moduleOf(text);
  const inputs = signatureOf(module).inputs.map((type, i) => inputOf(type as HostTensor["type"], i));
  const executable = await device.compile(module);
  const results = executable.run(inputs.map((input) => device.upload(input)));
  const expected = evaluate(module, inputs) as readonly HostTensor[];
  for (const [i, result] of results.entries()) {
    const [got, want] = [(await result.read()).data, expected[i]!.data];
    for (let j = 0; j < want.length; j++) {
      const [a, b] = [Number(got[j]), Number(want[j])];
      if (!Object.is(a, b) && !(Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b))))
        return `${a} for ${b}`;
    }
  }
  executable.close();
  return undefined;
}

function moduleOf(text: string): VerifiedModule {
  const { module, diagnostics } = readModule(text);
  const result = module && verify(module);
  if (!result?.module) throw new Error((result?.diagnostics ?? diagnostics)[0]?.message);
  return result.module;
}

/** Small numbers of both signs, in halves. */
function inputOf(type: HostTensor["type"], seed: number): HostTensor {
  const data = allocate(type.element, sizeOf(type.shape)) as Float32Array;
  for (let i = 0; i < sizeOf(type.shape) * slotsPerElement(type.element); i++)
    data[i] = Math.round(6 * Math.sin(seed + 5 * i)) / 2;
  return { type, data };
}

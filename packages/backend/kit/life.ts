/** Chapter "life": buffers and executables from their making to their end. */
import { allElements, type Element } from "@hloom/ir";
import { UnsupportedError } from "../src/backend.ts";
import type { Device } from "../src/device.ts";
import { fails, hostType, program, runOn, sameTensor, valuesOf } from "./support.ts";
import type { KitCase } from "./types.ts";

const addOne = `func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> {
  %one = stablehlo.constant dense<1.0> : tensor<3xf32>
  %y = stablehlo.add %x, %one : tensor<3xf32>
  return %y : tensor<3xf32>
}`;
const donating = addOne.replace("%x: tensor<3xf32>", "%x: tensor<3xf32> {tf.aliasing_output = 0 : i32}");
const three = hostType([3], "f32");

export function lifeCases(): KitCase[] {
  return [
    ...allElements.map((element) => transfer(element)),
    ...shapes.map((shape) => transferOfShape(shape)),
    ...Object.entries(cases).map(([name, run]) => ({ name: `life/${name}`, run })),
  ];
}

function needs(device: Device, element: Element): void {
  if (device.supports.elements.has(element)) return;
  throw new UnsupportedError(device.name, [
    { op: "upload", reason: `no buffers of ${element}`, location: "the kit" },
  ]);
}

function transfer(element: Element): KitCase {
  return {
    name: `life/upload and read ${element}`,
    run: async (device) => {
      needs(device, element);
      const host = valuesOf(hostType([2, 3], element), 5, true);
      const buffer = device.upload(host);
      sameTensor(await buffer.read(), host, "the buffer", true);
      sameTensor(await buffer.read(), host, "the buffer, read again", true);
      buffer.close();
    },
  };
}

const shapes: readonly (readonly number[])[] = [[], [0], [1], [2, 0, 3], [1, 1, 1], [2, 3, 4, 5], [1000]];

function transferOfShape(shape: readonly number[]): KitCase {
  return {
    name: `life/upload, run and read shape [${shape.join(", ")}]`,
    run: async (device) => {
      const host = valuesOf(hostType(shape, "f32"), 7);
      const type = `tensor<${[...shape, "f32"].join("x")}>`;
      const negate = program(`func.func @main(%x: ${type}) -> ${type} {
        %y = stablehlo.negate %x : ${type}
        return %y : ${type}
      }`);
      const expected = { ...host, data: (host.data as Float32Array).map((x) => -x) };
      sameTensor((await runOn(device, negate, [host]))[0], expected, "the result", true);
    },
  };
}

const cases: Readonly<Record<string, (device: Device) => Promise<void>>> = {
  "the host's memory is free after upload": async (device) => {
    const host = valuesOf(three, 1);
    const kept = { ...host, data: host.data.slice() };
    const buffer = device.upload(host);
    (host.data as Float32Array).fill(77);
    sameTensor(await buffer.read(), kept, "the buffer", true);
  },
  "what read returns is the caller's own": async (device) => {
    const host = valuesOf(three, 2);
    const buffer = device.upload(host);
    ((await buffer.read()).data as Float32Array).fill(77);
    sameTensor(await buffer.read(), host, "the buffer", true);
  },
  "waiting copies nothing and changes nothing": async (device) => {
    const executable = await device.compile(program(addOne));
    const host = valuesOf(three, 5);
    const [output] = executable.run([device.upload(host)]);
    await output!.ready();
    const expected = { ...host, data: (host.data as Float32Array).map((x) => x + 1) };
    sameTensor(await output!.read(), expected, "the result", true);
    output!.close();
    await fails("ready after close", /closed/, () => output!.ready());
  },
  "close twice": async (device) => {
    const executable = await device.compile(program(addOne));
    const buffer = device.upload(valuesOf(three, 3));
    buffer.close();
    buffer.close();
    executable.close();
    executable.close();
  },
  "run after close": async (device) => {
    const executable = await device.compile(program(addOne));
    executable.close();
    await fails("run after close", /closed/, () => executable.run([device.upload(valuesOf(three, 3))]));
  },
  "read after close": async (device) => {
    const buffer = device.upload(valuesOf(three, 3));
    buffer.close();
    await fails("read after close", /closed/, () => buffer.read());
  },
  "close an argument while the run is under way": async (device) => {
    const executable = await device.compile(program(addOne));
    const host = valuesOf(three, 4);
    const input = device.upload(host);
    const [output] = executable.run([input]);
    input.close();
    executable.close();
    const expected = { ...host, data: (host.data as Float32Array).map((x) => x + 1) };
    sameTensor(await output!.read(), expected, "the result", true);
  },
  "close a result before it is there": async (device) => {
    const executable = await device.compile(program(addOne));
    const host = valuesOf(three, 4);
    for (const output of executable.run([device.upload(host)])) output.close();
    const [output] = executable.run([device.upload(host)]);
    const expected = { ...host, data: (host.data as Float32Array).map((x) => x + 1) };
    sameTensor(await output!.read(), expected, "the next result", true);
  },
  "memory that is used again holds nothing of before": async (device) => {
    const size = 40_000;
    const type = hostType([size], "f32");
    const select = program(`func.func @main(%x: tensor<${size}xf32>) -> (tensor<${size}xf32>, tensor<f32>) {
      %zero = stablehlo.constant dense<0.0> : tensor<f32>
      %zeros = stablehlo.constant dense<0.0> : tensor<${size}xf32>
      %y = stablehlo.maximum %x, %zeros : tensor<${size}xf32>
      %s = stablehlo.reduce(%y init: %zero) applies stablehlo.maximum across dimensions = [0] : (tensor<${size}xf32>, tensor<f32>) -> tensor<f32>
      return %y, %s : tensor<${size}xf32>, tensor<f32>
    }`);
    const executable = await device.compile(select);
    for (const value of [3, -1, 2]) {
      const input = device.upload({ type, data: new Float32Array(size).fill(value) });
      const [rectified, largest] = executable.run([input]);
      input.close();
      const expected = new Float32Array(size).fill(Math.max(0, value));
      sameTensor(await rectified!.read(), { type, data: expected }, `the result of ${value}`, true);
      sameTensor(
        await largest!.read(),
        { type: hostType([], "f32"), data: expected.slice(0, 1) },
        "the largest",
        true,
      );
      rectified!.close();
      largest!.close();
    }
  },
  "results are arguments of the next run": async (device) => {
    const executable = await device.compile(program(addOne));
    const host = { type: three, data: Float32Array.of(1, 2, 3) };
    let buffers = [device.upload(host)];
    for (let i = 0; i < 10; i++) buffers = [...executable.run(buffers)];
    sameTensor(
      await buffers[0]!.read(),
      { type: three, data: Float32Array.of(11, 12, 13) },
      "the last result",
      true,
    );
  },
  "runs of one executable do not disturb each other": async (device) => {
    const executable = await device.compile(program(addOne));
    const inputs = [1, 2, 3].map((x) => device.upload({ type: three, data: Float32Array.of(x, x, x) }));
    const outputs = inputs.map((input) => executable.run([input])[0]!);
    const all = await Promise.all(outputs.map((output) => output.read()));
    all.forEach(({ data }, i) => {
      if (data[0] !== i + 2) throw new Error(`run ${i} gave ${data[0]} instead of ${i + 2}`);
    });
  },
  "a donated argument is used up, an argument that is not stays": async (device) => {
    const executable = await device.compile(program(donating));
    const host = { type: three, data: Float32Array.of(1, 2, 3) };
    const input = device.upload(host);
    const [output] = executable.run([input]);
    await fails("read of a donated buffer", /donated/, () => input.read());
    await fails("a run with a donated buffer", /donated/, () => executable.run([input]));
    sameTensor(await output!.read(), { type: three, data: Float32Array.of(2, 3, 4) }, "the result", true);
    const plain = await device.compile(program(addOne));
    const kept = device.upload(host);
    plain.run([kept]);
    sameTensor(await kept.read(), host, "the argument", true);
  },
  "wrong arguments are refused": async (device) => {
    const executable = await device.compile(program(addOne));
    const right = device.upload(valuesOf(three, 1));
    await fails("too few arguments", /takes 1/, () => executable.run([]));
    await fails("too many arguments", /takes 1/, () => executable.run([right, right]));
    const wrong = device.upload(valuesOf(hostType([4], "f32"), 1));
    await fails("an argument of another shape", /tensor<4xf32>/, () => executable.run([wrong]));
  },
  "save and load": async (device) => {
    if (!device.supports.serialize) {
      throw new UnsupportedError(device.name, [
        { op: "save", reason: "programs cannot be saved", location: "the kit" },
      ]);
    }
    const saved = (await device.compile(program(addOne))).save();
    const executable = await device.load(saved);
    const [output] = executable.run([device.upload({ type: three, data: Float32Array.of(1, 2, 3) })]);
    sameTensor(await output!.read(), { type: three, data: Float32Array.of(2, 3, 4) }, "the result", true);
    await fails("a damaged program", /./, () => device.load(saved.slice(0, saved.length >> 1)));
  },
  "stages can be listened to": async (device) => {
    const stages: string[] = [];
    await device.compile(program(addOne), { onStage: ({ name, text }) => stages.push(`${name}\n${text()}`) });
    if (stages.some((stage) => stage.split("\n").length < 2))
      throw new Error("a stage has no name or no text");
  },
};

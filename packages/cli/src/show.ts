/** Values in short, for people. */
import { bytesOf, type HostTensor, slotsPerElement, typeText } from "@hloom/ir";

const shown = 8;

/** `out0 : tensor<3xf32> = [1, 2, 3]`; types that JavaScript has no numbers for show their bit patterns. */
export function tensorLine(name: string, { type, data }: HostTensor): string {
  const slots = slotsPerElement(type.element);
  const count = data.length / slots;
  const items: string[] = [];
  for (let i = 0; i < Math.min(count, shown); i++) {
    items.push(slots === 1 ? element(data, i) : `(${element(data, 2 * i)}, ${element(data, 2 * i + 1)})`);
  }
  if (count > shown) items.push("…");
  const bits = /^(f[468]|bf|f16)/.test(type.element) ? ` bits 0x${hex(bytesOf(data).subarray(0, 16))}` : "";
  return `${name} : ${typeText(type)} = ${bits || `[${items.join(", ")}]`}`.trimEnd();
}

function element(data: HostTensor["data"], index: number): string {
  const value = data[index]!;
  return data instanceof Float32Array ? String(Number((value as number).toPrecision(8))) : String(value);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

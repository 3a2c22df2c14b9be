/** Programs as text, for `hloom explain`, tests and errors. Nobody reads it back: the bytes are the format. */
import {
  type Instruction,
  type ParameterValue,
  type Program,
  programVersion,
  type Tape,
  typeText,
} from "./program.ts";

/** `%7 = matmul %3 %5 : f32[2,3]  # model.py:3 ; free %3` */
export function printProgram(program: Program): string {
  const lines: string[] = [
    `program ${programVersion}${program.donated.length > 0 ? ` donates ${program.donated.join(" ")}` : ""}`,
  ];
  program.constants.forEach(({ type, bytes, splat }, index) => {
    lines.push(`constant ${index} : ${typeText(type)} = ${splat ? "splat " : ""}${hexText(bytes)}`);
  });
  program.tapes.forEach((tape, index) => {
    lines.push(
      "",
      `tape ${index} ${tape.name}(${tape.inputs.map((r) => `%${r} : ${typeText(tape.registers[r]!)}`).join(", ")})`,
    );
    for (const instruction of tape.instructions) lines.push(`  ${instructionText(tape, instruction)}`);
    lines.push(`  return ${tape.outputs.map((r) => `%${r}`).join(" ")}`);
  });
  return `${lines.join("\n")}\n`;
}

export function instructionText(
  tape: Tape,
  { op, operands, results, lastUse, parameters, location }: Instruction,
): string {
  const names = (registers: readonly number[]) => registers.map((register) => `%${register}`).join(" ");
  const extra = Object.entries(parameters)
    .map(([key, value]) => ` ${key}=${parameterText(value)}`)
    .join("");
  const freed = operands.filter((_, i) => lastUse[i]);
  const head = `${results.length > 0 ? `${names(results)} = ` : ""}${op}${operands.length > 0 ? ` ${names(operands)}` : ""}${extra}`;
  const types = results.map((register) => typeText(tape.registers[register]!)).join(" ");
  const notes = [
    location && `# ${location}`,
    freed.length > 0 && `; free ${names([...new Set(freed)])}`,
  ].filter(Boolean);
  return `${head} : ${types}${notes.length > 0 ? `  ${notes.join(" ")}` : ""}`;
}

function parameterText(value: ParameterValue): string {
  if (value instanceof Uint8Array) return hexText(value);
  if (typeof value === "object") return `[${value.join(",")}]`;
  return String(value);
}

function hexText(bytes: Uint8Array): string {
  const shown = bytes.subarray(0, 16);
  const text = Array.from(shown, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return shown.length < bytes.length ? `0x${text}… (${bytes.length} bytes)` : `0x${text}`;
}

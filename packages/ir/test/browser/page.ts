/** The page: reads, verifies, prints and evaluates each program it holds, and leaves what came out in its body. */
import {
  evaluate,
  type HostTensor,
  readModule,
  renderDiagnostic,
  verify,
  viewOf,
  writeText,
} from "../../src/index.ts";

/** What the test put into the page; bytes are base64. */
export interface Question {
  readonly name: string;
  readonly bytecode: string;
  readonly inputs: readonly { readonly type: HostTensor["type"]; readonly bytes: string }[];
}

export interface Answer {
  readonly name: string;
  readonly text?: string;
  readonly outputs?: readonly (readonly string[])[];
  readonly error?: string;
}

/** The little of the DOM that the page needs; these sources are checked without a browser's types. */
declare const document: {
  getElementById(id: string): { textContent: string };
  body: { textContent: string };
};

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

function answer({ name, bytecode, inputs }: Question): Answer {
  try {
    const read = readModule(bytesOf(bytecode));
    const checked = read.module && verify(read.module);
    if (!checked?.module) {
      const diagnostics = [...read.diagnostics, ...(checked?.diagnostics ?? [])];
      return { name, error: diagnostics.map((diagnostic) => renderDiagnostic(diagnostic)).join("\n") };
    }
    const tensors = inputs.map(({ type, bytes }) => ({ type, data: viewOf(type.element, bytesOf(bytes)) }));
    const outputs = evaluate(checked.module, tensors).map((datum) =>
      "data" in datum ? Array.from(datum.data as ArrayLike<number | bigint>, String) : [],
    );
    return { name, text: writeText(checked.module), outputs };
  } catch (error) {
    return { name, error: error instanceof Error ? String(error.stack) : String(error) };
  }
}

const questions = JSON.parse(document.getElementById("questions").textContent) as Question[];
document.body.textContent = JSON.stringify(questions.map(answer));

/** `#sdy.propagation_edges<[{step-1 = [{"x" = operand-0 -> [result-0]}]}]>`: how Shardy came to its shardings. */
import type { RecordAttribute } from "../../model/attributes.ts";
import type { AssemblyReader, AssemblyWriter, RecordForm } from "../assembly.ts";

/** `operand-0`, `result-1` */
export interface EdgeNode {
  readonly role: "operand" | "result";
  readonly index: number;
}

export interface PropagationStep {
  readonly step: number;
  readonly entries: readonly {
    readonly axis: RecordAttribute;
    readonly source: EdgeNode;
    readonly targets: readonly EdgeNode[];
  }[];
}

interface AxisForm {
  parse(reader: AssemblyReader): RecordAttribute;
  print(writer: AssemblyWriter, axis: RecordAttribute): void;
}

function readNode(reader: AssemblyReader): EdgeNode {
  const role = reader.keyword();
  if (role !== "operand" && role !== "result") return reader.fail("expected an operand or a result");
  reader.expect("-");
  return { role, index: reader.integer() };
}

const nodeText = ({ role, index }: EdgeNode) => `${role}-${index}`;

/** Steps are unique, and no value is its own target or a target twice. */
function problemOfSteps(steps: readonly PropagationStep[]): string | undefined {
  const seen = new Set<number>();
  for (const { step, entries } of steps) {
    if (step < 0) return `the step ${step} of propagation edges is negative`;
    if (seen.has(step)) return `the step ${step} of propagation edges is there twice`;
    seen.add(step);
    for (const { source, targets } of entries) {
      const texts = targets.map(nodeText);
      if (texts.includes(nodeText(source))) return `${nodeText(source)} is its own target`;
      if (new Set(texts).size < texts.length) return `a target of ${nodeText(source)} is there twice`;
    }
  }
  return undefined;
}

export function propagationEdges(axis: AxisForm): RecordForm {
  const entry = (reader: AssemblyReader): PropagationStep["entries"][number] => {
    reader.expect("{");
    const ref = axis.parse(reader);
    reader.expect("=");
    const source = readNode(reader);
    reader.expect("->");
    const targets = reader.list("[", "]", () => readNode(reader));
    reader.expect("}");
    return { axis: ref, source, targets };
  };
  return {
    parse: (reader) => ({
      steps: reader.list("[", "]", (): PropagationStep => {
        reader.expect("{");
        reader.expect("step");
        reader.expect("-");
        const step = reader.integer();
        reader.expect("=");
        const entries = reader.list("[", "]", () => entry(reader));
        reader.expect("}");
        return { step, entries };
      }),
    }),
    print(writer, { steps }) {
      writer.text("[");
      writer.list(steps as readonly PropagationStep[], ({ step, entries }) => {
        writer.text(`{step-${step} = [`);
        writer.list(entries, ({ axis: ref, source, targets }) => {
          writer.text("{");
          axis.print(writer, ref);
          writer.text(` = ${nodeText(source)} -> [${targets.map(nodeText).join(", ")}]}`);
        });
        writer.text("]}");
      });
      writer.text("]");
    },
    problem: ({ steps }) => problemOfSteps(steps as readonly PropagationStep[]),
  };
}

/** Judges results of functions that have more than one right answer, by what defines them (judge.py). */
import { bytesOf, type HostTensor } from "@hloom/ir";
import { python } from "./index.ts";
import { XlaProcess } from "./process.ts";

/** A result is right when each ratio is below this, as LAPACK's own tests have it. */
export const largestRatio = 30;

export interface Question {
  /** A name of judge.py. */
  readonly judge: string;
  readonly parameters: Readonly<Record<string, number | string>>;
  readonly inputs: readonly HostTensor[];
}

export class Oracle {
  readonly #process = new XlaProcess(python);

  /** What is wrong with the results; undefined when nothing is. */
  async complaint(
    { judge, parameters, inputs }: Question,
    results: readonly HostTensor[],
  ): Promise<string | undefined> {
    const arrays = [...inputs, ...results];
    const header = {
      action: "judge",
      judge,
      parameters,
      inputs: inputs.length,
      elements: arrays.map(({ type }) => type.element),
      shapes: arrays.map(({ type }) => type.shape),
    };
    const answer = await this.#process.ask(
      header,
      arrays.map(({ data }) => bytesOf(data)),
    );
    const { error, ratios } = answer.header as { error?: string; ratios?: Readonly<Record<string, number>> };
    if (error !== undefined) return `the oracle says: ${error.split("\n")[0]}`;
    const wrong = Object.entries(ratios!).filter(([, ratio]) => !(ratio < largestRatio));
    return wrong.length > 0 ? wrong.map(([name, ratio]) => `${name}: ${ratio}`).join(", ") : undefined;
  }

  close(): void {
    this.#process.close();
  }
}

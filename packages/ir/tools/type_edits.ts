/** Edits of the type of one value, everywhere at once: what is left to say is the verifier's. */
import {
  DYNAMIC,
  type ElementType,
  functionsOf,
  type Module,
  type TensorType,
  type Type,
  type Value,
  walk,
} from "../src/index.ts";

type Draw = (limit: number) => number;
const oneOf = <T>(draw: Draw, items: readonly T[]): T => items[draw(items.length)]!;

const elements: readonly ElementType[] = [
  "f32",
  "f64",
  "bf16",
  "i32",
  "i64",
  "i1",
  "ui8",
  "i4",
  "f8E4M3FN",
  "complex<f32>",
  { kind: "foreign", text: "index" },
];

const sizes = [DYNAMIC, 0, 1, 2, 3, 4, 5, 8, 16];

/** Gives one value of the module another type, and every function the type of its values. */
export function editType(module: Module, draw: Draw): void {
  const values: Value[] = [];
  walk(module.operation, (operation) => {
    values.push(...operation.results);
    for (const region of operation.regions)
      for (const block of region.blocks) values.push(...block.arguments);
  });
  const tensors = values.filter(({ type }) => type.kind === "tensor");
  if (tensors.length === 0) return;
  const value = oneOf(draw, tensors);
  const changed = edited(value.type as TensorType, draw);
  // Values of a loop or of a branch are of one type: often all of it changes.
  const together = draw(2) === 0 ? tensors.filter(({ type }) => type === value.type) : [value];
  for (const each of together) each.type = changed;
  for (const func of functionsOf(module).values()) {
    const block = func.regions[0]?.blocks[0];
    if (!block) continue;
    const typesOf = (list: readonly Value[]): Type[] => list.map(({ type }) => type);
    const type: Type = {
      kind: "function",
      inputs: typesOf(block.arguments),
      results: typesOf(block.operations.at(-1)?.operands ?? []),
    };
    func.attributes = { ...func.attributes, function_type: { kind: "type", type } };
  }
}

function edited(type: TensorType, draw: Draw): TensorType {
  const { shape } = type;
  const at = draw(Math.max(1, shape.length));
  switch (draw(shape.length > 0 ? 5 : 2)) {
    case 0:
      return { ...type, element: oneOf(draw, elements) };
    case 1:
      return { ...type, shape: shape.toSpliced(draw(shape.length + 1), 0, oneOf(draw, sizes)) };
    case 2:
      return { ...type, shape: shape.toSpliced(at, 1) };
    default:
      return { ...type, shape: shape.with(at, oneOf(draw, sizes)) };
  }
}

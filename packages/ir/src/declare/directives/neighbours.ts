/** Notations of other MLIR dialects that programs are mixed with. */

import { createOperation } from "../../model/operation.ts";
import { scalar, sizeOf, type Type } from "../../model/types.ts";
import {
  attributeOf,
  type Directive,
  entryBlock,
  type RegionArgument,
  regionOf,
  setAttribute,
  setTypes,
  typesOf,
  valuesOf,
} from "../assembly.ts";
import { integersOf } from "../kinds.ts";

/** `[4, 8] : tensor<2xindex>` */
export const ConstantShape: Directive = {
  tight: true,
  parse(reader, op, ...[shape, result]) {
    reader.dictionary(op.attributes);
    const sizes = reader.list("[", "]", () => reader.integer());
    reader.expect(":");
    const type = reader.type();
    const splat = sizes.length > 0 && sizes.every((size) => size === sizes[0]);
    const data = new BigInt64Array((splat ? sizes.slice(0, 1) : sizes).map(BigInt));
    const held = {
      kind: "tensor",
      shape: [sizes.length],
      element: { kind: "foreign", text: "index" },
    } as const;
    setAttribute(op, shape!, { kind: "dense", type: held, data: new Uint8Array(data.buffer), splat });
    setTypes(op, result!, [type]);
  },
  print(writer, op, ...[shape, result]) {
    const attribute = attributeOf(op, shape!);
    const sizes = (attribute && integersOf(attribute)) ?? [];
    const count = attribute?.kind === "dense" ? sizeOf(attribute.type.shape) : sizes.length;
    writer.dictionary(op, ["shape"]);
    writer.text(` [${sizes.slice(0, count).join(", ")}] : `);
    writer.type(typesOf(op, result!)[0]!);
  },
};

const index: Type = scalar({ kind: "foreign", text: "index" });

/** `%i = %lower to %upper step %step iter_args(%a = %b) -> (tensor<f32>) {…}` */
export const ForLoop: Directive = {
  parse(reader, op, ...[lower, upper, step, initial, body]) {
    const counter = reader.argumentName();
    reader.expect("=");
    op.operands[lower!.index] = [reader.operand()];
    reader.expect("to");
    op.operands[upper!.index] = [reader.operand()];
    reader.expect("step");
    op.operands[step!.index] = [reader.operand()];
    const names = reader.take("iter_args")
      ? reader.list("(", ")", () => {
          const name = reader.argumentName();
          reader.expect("=");
          return { name, value: reader.operand() };
        })
      : [];
    let types: readonly Type[] = [];
    if (names.length > 0) {
      reader.expect("->");
      types = reader.sees("(") ? reader.list("(", ")", () => reader.type()) : [reader.type()];
    }
    const counted = reader.take(":") ? reader.type() : index;
    if (types.length !== names.length)
      reader.fail(`${names.length} values are carried, but ${types.length} typed`);
    op.operands[initial!.index] = names.map(({ value }) => value);
    setTypes(op, initial!, types);
    const carried = names.map(({ name }, i): RegionArgument => ({ name, type: types[i]! }));
    const region = reader.region(op.definition, [{ name: counter, type: counted }, ...carried]);
    op.regions[body!.index] = [region];
    const block = entryBlock(region);
    // A loop that carries nothing has an end that is not written.
    if (block && block.operations.at(-1)?.name !== "scf.yield") {
      const end = createOperation("scf.yield");
      end.parent = block;
      block.operations.push(end);
    }
    op.resultTypes[0] = types;
    reader.dictionary(op.attributes);
  },
  print(writer, op, ...[lower, upper, step, initial, body]) {
    const region = regionOf(op, body!);
    const [counter, ...carried] = entryBlock(region)?.arguments ?? [];
    writer.operand(counter!);
    for (const [word, field] of [
      [" = ", lower],
      [" to ", upper],
      [" step ", step],
    ] as const) {
      writer.text(word);
      writer.operand(valuesOf(op, field!)[0]!);
    }
    const initials = valuesOf(op, initial!);
    if (initials.length > 0) {
      writer.text(" iter_args(");
      writer.list(initials, (value) => {
        writer.operand(carried[initials.indexOf(value)]!);
        writer.text(" = ");
        writer.operand(value);
      });
      writer.text(") -> (");
      writer.list(typesOf(op, initial!), (type) => writer.type(type));
      writer.text(")");
    }
    writer.text(" ");
    writer.region(region, false);
    writer.dictionary(op, []);
  },
};

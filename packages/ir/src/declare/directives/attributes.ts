/** Directives that write attributes in a notation of their own. */
import {
  type Attribute,
  enumAttribute,
  i64Array,
  integerAttribute,
  stringAttribute,
} from "../../model/attributes.ts";
import {
  type AssemblyReader,
  type AssemblyWriter,
  attributeOf,
  type Directive,
  setAttribute,
} from "../assembly.ts";
import { integersOf } from "../kinds.ts";

function integers(attribute: Attribute | undefined): readonly number[] {
  return (attribute && integersOf(attribute)) ?? [];
}

function writeIntegers(writer: AssemblyWriter, values: readonly number[]): void {
  writer.text("[");
  writer.list(values, (value) => writer.text(String(value)));
  writer.text("]");
}

const readIntegers = (reader: AssemblyReader): number[] => reader.list("[", "]", () => reader.integer());

/** `[0:2, 1:8:2]`: start, limit and, where it is not 1, stride of each dimension. */
export const SliceRanges: Directive = {
  parse(reader, op, ...[starts, limits, strides]) {
    const ranges = reader.list("[", "]", () => {
      const start = reader.integer();
      reader.expect(":");
      const limit = reader.integer();
      return { start, limit, stride: reader.take(":") ? reader.integer() : 1 };
    });
    setAttribute(op, starts!, i64Array(ranges.map(({ start }) => start)));
    setAttribute(op, limits!, i64Array(ranges.map(({ limit }) => limit)));
    setAttribute(op, strides!, i64Array(ranges.map(({ stride }) => stride)));
  },
  print(writer, op, ...parameters) {
    const [starts, limits, strides] = parameters.map((parameter) => integers(attributeOf(op, parameter)));
    writer.text("[");
    writer.list(Array.from(starts!.keys()), (i) => {
      writer.text(`${starts![i]}:${limits![i]}`);
      if (strides![i] !== 1) writer.text(`:${strides![i]}`);
    });
    writer.text("]");
  },
};

/** `e5m10` */
export const ExponentMantissa: Directive = {
  parse(reader, op, ...[exponent, mantissa]) {
    const text = reader.keyword();
    const match = /^e(\d+)m(\d+)$/.exec(text);
    if (!match) return reader.fail(`expected exponent mantissa in format e#m#, saw ${text}`);
    const fields = [exponent!, mantissa!];
    fields.forEach((field, i) => {
      const bits = BigInt(match[i + 1]!);
      if (bits > 0x7fffffffn) reader.fail(`${i === 0 ? "exponent" : "mantissa"} '${bits}' is out of range`);
      setAttribute(op, field, integerAttribute(bits, "i32"));
    });
  },
  print(writer, op, ...parameters) {
    const [exponent, mantissa] = parameters.map((parameter) => {
      const attribute = attributeOf(op, parameter);
      return attribute?.kind === "integer" ? attribute.value : 0n;
    });
    writer.text(`e${exponent}m${mantissa}`);
  },
};

/** A string as a symbol, `@target`. */
export const CustomCallTarget: Directive = {
  parse(reader, op, target) {
    setAttribute(op, target!, stringAttribute(reader.symbolName()));
  },
  print(writer, op, target) {
    const attribute = attributeOf(op, target!);
    writer.symbolName(attribute?.kind === "string" ? attribute.value : "");
  },
};

/** `batching_dims = [0] x [0], contracting_dims = [1] x [0]`; empty batching dimensions are left out. */
export const DotDimensionNumbers: Directive = {
  parse(reader, op, numbers) {
    const readPair = () => {
      reader.expect("=");
      const lhs = readIntegers(reader);
      reader.expect("x");
      return [lhs, readIntegers(reader)];
    };
    let batching: readonly (readonly number[])[] = [[], []];
    if (reader.take("batching_dims")) {
      batching = readPair();
      reader.expect(",");
    }
    reader.expect("contracting_dims");
    const contracting = readPair();
    setAttribute(op, numbers!, {
      kind: "record",
      name: "stablehlo.dot",
      fields: {
        lhs_batching_dimensions: batching[0],
        rhs_batching_dimensions: batching[1],
        lhs_contracting_dimensions: contracting[0],
        rhs_contracting_dimensions: contracting[1],
      },
    });
  },
  print(writer, op, numbers) {
    const attribute = attributeOf(op, numbers!);
    if (attribute?.kind !== "record") return;
    const fields = attribute.fields as Readonly<Record<string, readonly number[]>>;
    const pair = (name: string, lhs: readonly number[], rhs: readonly number[]) => {
      writer.text(`${name} = `);
      writeIntegers(writer, lhs);
      writer.text(" x ");
      writeIntegers(writer, rhs);
    };
    if (fields.lhs_batching_dimensions!.length > 0 || fields.rhs_batching_dimensions!.length > 0) {
      pair("batching_dims", fields.lhs_batching_dimensions!, fields.rhs_batching_dimensions!);
      writer.text(", ");
    }
    pair("contracting_dims", fields.lhs_contracting_dimensions!, fields.rhs_contracting_dimensions!);
  },
};

const precisionName = "stablehlo.precision";

function readPrecision(reader: AssemblyReader): Attribute {
  reader.expect("=");
  return {
    kind: "array",
    elements: reader.list("[", "]", () => enumAttribute(precisionName, reader.keyword())),
  };
}

function writePrecision(writer: AssemblyWriter, attribute: Attribute | undefined): void {
  if (attribute?.kind !== "array") return;
  writer.text(", precision = [");
  writer.list(attribute.elements, (element) => writer.text(element.kind === "enum" ? element.value : "?"));
  writer.text("]");
}

/** `, precision = [HIGHEST, DEFAULT]`, or nothing. */
export const PrecisionConfig: Directive = {
  parse(reader, op, precision) {
    if (!reader.take(",")) return;
    reader.expect("precision");
    setAttribute(op, precision!, readPrecision(reader));
  },
  print(writer, op, precision) {
    writePrecision(writer, attributeOf(op, precision!));
  },
};

/** `, precision = […], algorithm = <…>`, either or none of them. */
export const PrecisionConfigAndAlgorithm: Directive = {
  parse(reader, op, ...[precision, algorithm]) {
    while (reader.take(",")) {
      if (!op.attributes.has(precision!.name) && reader.take("precision")) {
        setAttribute(op, precision!, readPrecision(reader));
      } else {
        reader.expect("algorithm");
        reader.expect("=");
        setAttribute(op, algorithm!, reader.attribute(algorithm!.syntax));
        return;
      }
    }
  },
  print(writer, op, ...[precision, algorithm]) {
    writePrecision(writer, attributeOf(op, precision!));
    const attribute = attributeOf(op, algorithm!);
    if (!attribute) return;
    writer.text(", algorithm = ");
    writer.attribute(attribute, algorithm!.syntax);
  },
};

/** Operands that each end with a comma: `%0, %1, dim = 0`. */
export const VariadicOperandWithAttribute: Directive = {
  parse(reader, op, operands) {
    const values = [];
    for (let value = reader.takeOperand(); value; value = reader.takeOperand()) {
      values.push(value);
      reader.expect(",");
    }
    op.operands[operands!.index] = values;
  },
  print(writer, op, operands) {
    writer.list(op.operands[operands!.index]!, (value) => writer.operand(value));
    writer.text(",");
  },
};

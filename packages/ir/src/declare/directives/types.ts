/** Directives that write the types of operands and results in fewer words than a function type. */
import { type FunctionType, isComplex, realElement, sameType, type Type, tensor } from "../../model/types.ts";
import {
  type AssemblyReader,
  type AssemblyWriter,
  type Directive,
  type Parameter,
  type ParsedOperation,
  type PrintedOperation,
  setTypes,
  typesOf,
} from "../assembly.ts";

/** One type where all operands and the result have it, the function type otherwise. The last field is the result. */
export const SameOperandsAndResultType: Directive = {
  parse(reader, op, ...parameters) {
    const type = reader.type();
    if (type.kind === "function") assignSignature(reader, op, parameters, type);
    else for (const parameter of parameters) setTypes(op, parameter, [type]);
  },
  print: printSameType,
};

/** The same for an operand that is a list. */
export const VariadicSameOperandsAndResultType: Directive = {
  parse(reader, op, ...parameters) {
    const type = reader.type();
    const result = parameters.at(-1)!;
    const operands = parameters.at(-2)!;
    if (type.kind === "function") {
      setTypes(op, operands, type.inputs);
      setTypes(op, result, type.results);
      return;
    }
    const count = op.operands[operands.index]?.length ?? 0;
    setTypes(op, operands, new Array<Type>(count).fill(type));
    setTypes(op, result, [type]);
  },
  print(writer, op, ...parameters) {
    printSameType(writer, op, ...parameters.slice(-2));
  },
};

/** The complex result type where both operands have its real type. */
export const ComplexOpType: Directive = {
  parse(reader, op, ...parameters) {
    const type = reader.type();
    if (type.kind === "function") return assignSignature(reader, op, parameters, type);
    const real = realTypeOf(type);
    if (!real) return reader.fail("expected tensor with complex element type");
    const [lhs, rhs, result] = parameters as [Parameter, Parameter, Parameter];
    setTypes(op, lhs, [real]);
    setTypes(op, rhs, [real]);
    setTypes(op, result, [type]);
  },
  print(writer, op, ...parameters) {
    const [lhs, rhs, result] = parameters.flatMap((parameter) => typesOf(op, parameter)) as [
      Type,
      Type,
      Type,
    ];
    const real = realTypeOf(result);
    if (real && sameType(lhs, real) && sameType(rhs, real)) writer.type(result);
    else writer.signature(op.operation);
  },
};

/** The types of a list of operands, which are those of the results too. */
export const PairwiseOpType: Directive = {
  parse(reader, op, ...[operands, results]) {
    const types = reader.types();
    setTypes(op, operands!, types);
    setTypes(op, results!, types);
  },
  print(writer, op, operands) {
    writer.list(typesOf(op, operands!), (type) => writer.type(type));
  },
};

/** `pred type, result type` where both branches have the type of the result. */
export const SelectOpType: Directive = {
  parse(reader, op, ...parameters) {
    const types = reader.types();
    const [first, second] = types;
    if (types.length === 1 && first?.kind === "function")
      return assignSignature(reader, op, parameters, first);
    if (types.length !== 2) return reader.fail("expected functional type or list of two types");
    const [pred, ...others] = parameters;
    setTypes(op, pred!, [first!]);
    for (const other of others) setTypes(op, other, [second!]);
  },
  print(writer, op, ...parameters) {
    const [pred, onTrue, onFalse, result] = parameters.flatMap((parameter) => typesOf(op, parameter)) as [
      Type,
      Type,
      Type,
      Type,
    ];
    if (sameType(onTrue, result) && sameType(onFalse, result))
      writer.list([pred, result], (type) => writer.type(type));
    else writer.signature(op.operation);
  },
};

/** The tuple's type, which names those of its operands. */
export const TupleOpType: Directive = {
  parse(reader, op, ...[operands, result]) {
    const type = reader.type();
    if (type.kind !== "tuple") return reader.fail("expected tuple type");
    setTypes(op, operands!, type.types);
    setTypes(op, result!, [type]);
  },
  print(writer, op, ...[, result]) {
    writer.type(typesOf(op, result!)[0]!);
  },
};

function printSameType(
  writer: AssemblyWriter,
  op: PrintedOperation,
  ...parameters: readonly Parameter[]
): void {
  const types = parameters.flatMap((parameter) => typesOf(op, parameter));
  const result = types.at(-1)!;
  if (types.every((type) => sameType(type, result))) writer.type(result);
  else writer.signature(op.operation);
}

/** Gives each single-valued operand its type, and the result, which is the last parameter, the only result type. */
function assignSignature(
  reader: AssemblyReader,
  op: ParsedOperation,
  parameters: readonly Parameter[],
  type: FunctionType,
): void {
  const operands = parameters.slice(0, -1);
  if (type.inputs.length !== operands.length) {
    reader.fail(`${operands.length} operands present, but expected ${type.inputs.length}`);
  }
  if (type.results.length !== 1) reader.fail("expected single output");
  operands.forEach((operand, i) => {
    setTypes(op, operand, [type.inputs[i]!]);
  });
  setTypes(op, parameters.at(-1)!, type.results);
}

function realTypeOf(type: Type): Type | undefined {
  if (type.kind !== "tensor" || !isComplex(type.element)) return undefined;
  const real = tensor(type.shape, realElement(type.element));
  return type.encoding ? { ...real, encoding: type.encoding } : real;
}

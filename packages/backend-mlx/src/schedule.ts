/** Last stage: the lowered module as a flat Program of tapes, registers and constants. */
import {
  bodyOf,
  type DenseAttribute,
  definitionOf,
  entryFunction,
  functionsOf,
  functionType,
  locationText,
  type Module,
  type Operation,
  type Region,
  symbolName,
  type TensorType,
  type Value,
} from "@hloom/ir";
import { type OpName, opRows } from "./opcodes.ts";
import {
  type ParameterValue,
  type Program,
  ProgramBuilder,
  registerType,
  type TapeBuilder,
} from "./program.ts";

const rows = new Map<string, (typeof opRows)[number]>(opRows.map((row) => [row.name, row]));

/** Flattens a module that holds only `mlx.*` and functions. `donated`: entry inputs whose memory the run may reuse. */
export function schedule(module: Module, donated: readonly number[]): Program {
  const entry = entryFunction(module);
  if (!entry) throw new Error("the module has no entry function");
  const scheduler = new Scheduler(module);
  scheduler.program.donated = donated;
  scheduler.functionTape(symbolName(entry)!);
  return scheduler.program.finish();
}

class Scheduler {
  readonly program = new ProgramBuilder();
  private readonly module: Module;
  private readonly functions: ReadonlyMap<string, Operation>;
  private readonly tapes = new Map<string, number>();
  private readonly constants = new Map<DenseAttribute, number>();

  constructor(module: Module) {
    this.module = module;
    this.functions = functionsOf(module);
  }

  /** Index of the tape of a function; each function has one. */
  functionTape(name: string): number {
    const known = this.tapes.get(name);
    if (known !== undefined) return known;
    const func = this.functions.get(name);
    if (!func) throw new Error(`the module has no function @${name}`);
    const tape = this.program.tape(name);
    this.tapes.set(name, tape.index);
    this.fill(tape, func.regions[0]!, functionType(func).inputs as readonly TensorType[]);
    return tape.index;
  }

  private regionTape(name: string, region: Region): number {
    const tape = this.program.tape(name);
    this.fill(
      tape,
      region,
      bodyOf(region).arguments.map((argument) => argument.type as TensorType),
    );
    return tape.index;
  }

  private fill(tape: TapeBuilder, region: Region, inputs: readonly TensorType[]): void {
    const registers = new Map<Value, number>();
    const block = bodyOf(region);
    block.arguments.forEach((argument, i) => {
      registers.set(argument, tape.input(registerType(inputs[i]!)));
    });
    const registerOf = (value: Value): number => {
      const register = registers.get(value);
      if (register === undefined) throw new Error(`tape ${tape.name} uses a value from outside`);
      return register;
    };
    for (const operation of block.operations.slice(0, -1)) {
      const types = operation.results.map((result) => registerType(result.type as TensorType));
      const { op, parameters } = this.instruction(operation, tape.name);
      const results = tape.emit(
        op,
        operation.operands.map(registerOf),
        types,
        parameters,
        locationText(operation.location),
      );
      operation.results.forEach((result, i) => {
        registers.set(result, results[i]!);
      });
    }
    tape.finish(block.operations.at(-1)?.operands.map(registerOf) ?? []);
  }

  private instruction(
    operation: Operation,
    tape: string,
  ): { op: OpName; parameters: Record<string, ParameterValue> } {
    if (operation.name === "func.call") {
      const callee = operation.attributes.callee;
      if (callee?.kind !== "symbol") throw new Error("a call names its callee");
      return { op: "call", parameters: { body: this.functionTape(callee.path[0]!) } };
    }
    if (operation.name === "mlx.constant")
      return { op: "constant", parameters: { index: this.constant(operation) } };
    const definition = definitionOf(operation.name);
    const row = rows.get(operation.name.replace(/^mlx\./, ""));
    if (!definition || !row) throw new Error(`${operation.name} is not an operation of the runtime`);
    const parameters: Record<string, ParameterValue> = {};
    for (const field of definition.attributes) {
      const attribute = operation.attributes[field.name];
      parameters[field.name] = (attribute ? field.kind.decode(attribute) : field.default) as ParameterValue;
    }
    definition.regions.forEach((field, i) => {
      const name = `${tape}.${definition.mnemonic}.${field.name}`;
      parameters[field.name] =
        field.arity === "variadic"
          ? operation.regions.slice(i).map((region) => this.regionTape(name, region))
          : this.regionTape(name, operation.regions[i]!);
    });
    return { op: row.name, parameters };
  }

  private constant(operation: Operation): number {
    const attribute = operation.attributes.value;
    const dense = attribute?.kind === "resource" ? this.resource(attribute.key, attribute.type) : attribute;
    if (dense?.kind !== "dense") throw new Error("a constant has elements");
    let index = this.constants.get(dense);
    if (index === undefined) {
      const type = registerType(operation.results[0]!.type as TensorType);
      index = this.program.constant(type, dense.data, dense.splat);
      this.constants.set(dense, index);
    }
    return index;
  }

  private resource(key: string, type: TensorType): DenseAttribute {
    const data = this.module.resources.get(key);
    if (!data) throw new Error(`the module has no resource "${key}"`);
    return { kind: "dense", type, data, splat: false };
  }
}

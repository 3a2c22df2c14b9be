/** Regions of the textual form, and the SSA names that are visible in them. */
import type { ArgumentName, RegionArgument } from "../declare/assembly.ts";
import type { OpDefinition } from "../declare/define.ts";
import type { Location } from "../model/location.ts";
import {
  append,
  appendBlock,
  type Block,
  createBlock,
  type Operation,
  type Region,
  type Value,
} from "../model/operation.ts";
import { AttributeReader } from "./attribute_reader.ts";

/** Names visible in a region; a region of an isolated op has no `outer`. */
interface Scope {
  readonly values: Map<string, readonly Value[]>;
  readonly outer: Scope | undefined;
}

/** A block of the region that is being read, perhaps before its label is met. */
interface LabelledBlock {
  readonly block: Block;
  /** Where it is first mentioned. */
  readonly start: number;
  readonly end: number;
  defined: boolean;
}

export abstract class RegionReader extends AttributeReader {
  /** Dialect of op names that are written without a prefix. */
  defaultDialect = "builtin";
  /** Regions that are being read, one inside the other. */
  openRegions = 0;
  #scope: Scope = { values: new Map(), outer: undefined };
  #labels = new Map<string, LabelledBlock>();

  abstract operation(): Operation;
  /** What stands for a location that the text does not give. */
  abstract locationAt(offset: number): Location | undefined;

  /** Runs `read` in the scope of a region. */
  inScope(isolated: boolean, read: () => void): void {
    const outer = this.#scope;
    this.#scope = { values: new Map(), outer: isolated ? undefined : outer };
    read();
    this.#scope = outer;
  }

  argumentName(): ArgumentName {
    if (this.kind !== "%") return this.fail("expected SSA operand");
    const { text, start, end } = this;
    if (text.includes("#")) this.fail("result number not allowed in argument list");
    this.next();
    return { text, start, end };
  }

  takeOperand(): Value | undefined {
    return this.kind === "%" ? this.operand() : undefined;
  }

  operand(): Value {
    if (this.kind !== "%") return this.fail("expected SSA operand");
    const { text } = this;
    const hash = text.indexOf("#");
    const name = hash < 0 ? text : text.slice(0, hash);
    const values = this.lookup(name) ?? this.fail(`use of undeclared SSA value name '${name}'`);
    const value = values[hash < 0 ? 0 : Number(text.slice(hash + 1))];
    if (!value) return this.fail(`'${name}' has only ${values.length} results`);
    this.mentions?.values.push({ value, start: this.start, end: this.end });
    this.next();
    return value;
  }

  lookup(name: string): readonly Value[] | undefined {
    for (let scope: Scope | undefined = this.#scope; scope; scope = scope.outer) {
      const values = scope.values.get(name);
      if (values) return values;
    }
    return undefined;
  }

  define({ text, start, end }: ArgumentName, values: readonly Value[]): void {
    if (this.lookup(text)) this.fail(`redefinition of SSA value '${text}'`, start, end);
    this.#scope.values.set(text, values);
  }

  successor(): Block {
    if (this.kind !== "^") return this.fail("expected block name");
    const { block } = this.#labelled(this.text);
    this.next();
    return block;
  }

  /** The block of a label, which stands for one that comes later if it is new. */
  #labelled(label: string): LabelledBlock {
    const { start, end } = this;
    const known = this.#labels.get(label) ?? { block: createBlock(), start, end, defined: false };
    this.#labels.set(label, known);
    return known;
  }

  region(definition: OpDefinition, args?: readonly RegionArgument[]): Region {
    return this.#region(definition, args, true);
  }

  /** A region of the generic form, which has a block only when something is in it. */
  genericRegion(definition: OpDefinition | undefined): Region {
    return this.#region(definition, undefined, false);
  }

  /** `{…}`; a region of an op's own notation has a block even when it is empty. */
  #region(
    definition: OpDefinition | undefined,
    args: readonly RegionArgument[] | undefined,
    own: boolean,
  ): Region {
    const outerDialect = this.defaultDialect;
    const outerLabels = this.#labels;
    this.#labels = new Map();
    this.openRegions++;
    this.defaultDialect = definition?.defaultDialect ?? "";
    const region: Region = { blocks: [] };
    this.expect("{");
    this.inScope(definition?.isolated ?? false, () => this.nested(() => this.#blocks(region, args, own)));
    for (const { defined, start, end } of this.#labels.values())
      if (!defined) this.fail("reference to an undefined block", start, end);
    this.#labels = outerLabels;
    this.defaultDialect = outerDialect;
    this.openRegions--;
    return region;
  }

  #blocks(region: Region, args: readonly RegionArgument[] | undefined, own: boolean): void {
    let block: Block | undefined;
    if (own && this.kind !== "^") {
      block = this.#startBlock(createBlock(), args ?? []);
      appendBlock(region, block);
    }
    while (!this.take("}")) {
      if (this.kind === "^") {
        block = this.#blockLabel();
        appendBlock(region, block);
        continue;
      }
      if (!block) {
        block = createBlock();
        appendBlock(region, block);
      }
      append(block, this.operation());
    }
  }

  /** `^bb0(%arg0: tensor<f32>):` */
  #blockLabel(): Block {
    const { text, start, end } = this;
    const labelled = this.#labelled(text);
    if (labelled.defined) this.fail(`redefinition of block '${text}'`, start, end);
    labelled.defined = true;
    this.next();
    const args = this.kind === "(" ? this.list("(", ")", () => this.#argument()) : [];
    this.expect(":");
    return this.#startBlock(labelled.block, args);
  }

  #argument(): RegionArgument {
    const name = this.argumentName();
    this.expect(":");
    const type = this.type();
    const location = this.location();
    return { name, type, ...(location && { location }) };
  }

  /** Gives a block its arguments, whose names are known from here on. */
  #startBlock(block: Block, args: readonly RegionArgument[]): Block {
    args.forEach(({ name, type, location = this.locationAt(name.start) }, index) => {
      const value: Value = { type, owner: block, index, ...(location && { location }) };
      block.arguments.push(value);
      this.define(name, [value]);
    });
    return block;
  }
}

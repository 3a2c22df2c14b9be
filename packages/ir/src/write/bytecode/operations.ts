/** The section of operations, and the one of their properties. */
import { operationParts as has, containerSince as since } from "../../declare/codes.ts";
import type { ArtifactBlock, ArtifactOperation } from "./artifact.ts";
import { type Context, writeParts } from "./container.ts";
import { Emitter } from "./emitter.ts";
import type { Part } from "./entries.ts";

export class OperationsWriter {
  readonly #context: Context;
  /** Properties by their bytes; many ops have the same. */
  readonly #properties = new Map<string, number>();
  readonly #propertyItems = new Emitter();

  constructor(context: Context) {
    this.#context = context;
  }

  /** The one operation at the top, as in a block without arguments. */
  section(top: ArtifactOperation): Emitter {
    const emitter = new Emitter();
    emitter.flagged(1, false);
    this.#operation(emitter, top);
    return emitter;
  }

  /** Known only after the operations have been written. */
  propertiesSection(): Emitter {
    const emitter = new Emitter();
    emitter.varint(this.#properties.size);
    emitter.append(this.#propertyItems.bytes);
    return emitter;
  }

  #operation(emitter: Emitter, operation: ArtifactOperation): void {
    const { numbering, version } = this.#context;
    const { dictionary, properties, operands, results, successors, regions } = operation;
    emitter.varint(numbering.nameNumber(operation.name));
    let parts = 0;
    if (dictionary) parts |= has.attributes;
    if (properties) parts |= has.properties;
    if (results.length > 0) parts |= has.results;
    if (operands.length > 0) parts |= has.operands;
    if (successors.length > 0) parts |= has.successors;
    if (regions.length > 0) parts |= has.regions;
    // The order of uses that a reader finds by itself is the only one there is here.
    emitter.byte(parts);
    emitter.varint(operation.location.number);
    if (dictionary) emitter.varint(dictionary.number);
    if (properties) emitter.varint(this.#propertiesNumber(properties));
    writeNumbers(emitter, results, ({ type }) => type.number);
    writeNumbers(emitter, operands, (operand) => numbering.valueNumber(operand));
    writeNumbers(emitter, successors, (place) => place);
    if (regions.length === 0) return;
    const isolated = numbering.isIsolated(operation);
    emitter.flagged(regions.length, isolated);
    const apart = isolated && version >= since.isolatedRegionsInSections;
    const inner = apart ? new Emitter() : emitter;
    for (const region of regions) this.#region(inner, region);
    if (apart) emitter.section("operations", inner);
  }

  #region(emitter: Emitter, blocks: readonly ArtifactBlock[]): void {
    emitter.varint(blocks.length);
    if (blocks.length === 0) return;
    emitter.varint(this.#context.numbering.valueCount(blocks));
    for (const block of blocks) this.#block(emitter, block);
  }

  #block(emitter: Emitter, block: ArtifactBlock): void {
    emitter.flagged(block.operations.length, block.arguments.length > 0);
    if (block.arguments.length > 0) this.#arguments(emitter, block);
    for (const operation of block.operations) this.#operation(emitter, operation);
  }

  #arguments(emitter: Emitter, block: ArtifactBlock): void {
    const { version } = this.#context;
    emitter.varint(block.arguments.length);
    for (const { type, location, unknown } of block.arguments) {
      if (version < since.elidedArgumentLocations) {
        emitter.varint(type.number);
        emitter.varint((location ?? unknown).number);
      } else {
        emitter.flagged(type.number, location !== undefined);
        if (location) emitter.varint(location.number);
      }
    }
    if (version >= since.useListOrders) emitter.byte(0);
  }

  #propertiesNumber(properties: readonly Part[]): number {
    const item = new Emitter();
    writeParts(item, properties, this.#context);
    const key = String.fromCharCode(...item.bytes);
    let number = this.#properties.get(key);
    if (number === undefined) {
      this.#properties.set(key, (number = this.#properties.size));
      this.#propertyItems.varint(item.size);
      this.#propertyItems.append(item.bytes);
    }
    return number;
  }
}

function writeNumbers<T>(emitter: Emitter, items: readonly T[], numberOf: (item: T) => number): void {
  if (items.length === 0) return;
  emitter.varint(items.length);
  for (const item of items) emitter.varint(numberOf(item));
}

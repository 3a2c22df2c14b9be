/**
 * Just enough of flatbuffers (their "internals" page) to read tables of a known schema. Every access is checked: bytes
 * that lie about their lengths end in a RangeError of the DataView.
 */

/** Fields are known by their number in the schema; absent ones have the schema's default. */
export class Table {
  readonly #view: DataView;
  readonly #at: number;

  constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  static root(bytes: Uint8Array): Table {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new Table(view, view.getUint32(0, true));
  }

  byte(field: number): number {
    const at = this.#find(field);
    return at === undefined ? 0 : this.#view.getInt8(at);
  }

  uint16(field: number): number {
    const at = this.#find(field);
    return at === undefined ? 0 : this.#view.getUint16(at, true);
  }

  string(field: number): string {
    const at = this.#find(field);
    return at === undefined ? "" : this.#stringAt(at);
  }

  table(field: number): Table | undefined {
    const at = this.#find(field);
    return at === undefined ? undefined : new Table(this.#view, this.#follow(at));
  }

  tables(field: number): Table[] {
    return this.#items(field, 4, (at) => new Table(this.#view, this.#follow(at)));
  }

  strings(field: number): string[] {
    return this.#items(field, 4, (at) => this.#stringAt(at));
  }

  uint16s(field: number): number[] {
    return this.#items(field, 2, (at) => this.#view.getUint16(at, true));
  }

  /** Where a field's value lies: the table begins with the distance to the list of its fields' places. */
  #find(field: number): number | undefined {
    const list = this.#at - this.#view.getInt32(this.#at, true);
    const slot = 4 + 2 * field;
    if (slot + 2 > this.#view.getUint16(list, true)) return undefined;
    const offset = this.#view.getUint16(list + slot, true);
    return offset === 0 ? undefined : this.#at + offset;
  }

  #follow(at: number): number {
    return at + this.#view.getUint32(at, true);
  }

  #items<T>(field: number, width: number, read: (at: number) => T): T[] {
    const at = this.#find(field);
    if (at === undefined) return [];
    const vector = this.#follow(at);
    const length = this.#view.getUint32(vector, true);
    if (vector + 4 + length * width > this.#view.byteLength) throw new RangeError("a vector is cut off");
    return Array.from({ length }, (_, i) => read(vector + 4 + i * width));
  }

  #stringAt(at: number): string {
    const start = this.#follow(at);
    const { buffer, byteOffset } = this.#view;
    const length = this.#view.getUint32(start, true);
    if (start + 4 + length > this.#view.byteLength) throw new RangeError("a string is cut off");
    return new TextDecoder().decode(new Uint8Array(buffer, byteOffset + start + 4, length));
  }
}

/** Values that may not be there yet, and the memory of those that are gone. */
import { allocate, type Element, type HostTensor, type Storage } from "@hloom/ir";

/** Arrays smaller than this are cheap to make; larger ones cost more to make than to fill. */
const worthKeeping = 1 << 16;
/** Bytes that are kept for later; more goes back to the system. */
const limit = 1 << 28;

/** Arrays of values that are gone, for results to come. What is in them is rubbish. */
export class ArrayPool {
  readonly #free = new Map<string, Storage[]>();
  #bytes = 0;

  take(element: Element, size: number): Storage {
    const empty = allocate(element, 0);
    const wanted = size * (element[0] === "c" ? 2 : 1);
    const found = this.#free.get(`${empty.constructor.name} ${wanted}`)?.pop();
    if (found) this.#bytes -= found.byteLength;
    return found ?? allocate(element, size);
  }

  /** Nobody but the pool may use `array` any more. */
  give(array: Storage): void {
    const whole = array.byteOffset === 0 && array.byteLength === array.buffer.byteLength;
    if (!whole || array.byteLength < worthKeeping || this.#bytes + array.byteLength > limit) return;
    const key = `${array.constructor.name} ${array.length}`;
    const list = this.#free.get(key);
    if (list) list.push(array);
    else this.#free.set(key, [array]);
    this.#bytes += array.byteLength;
  }
}

/** The value of a buffer. Its array returns to the pool when the buffer is closed and no run needs it any more. */
export class Value {
  readonly #pool: ArrayPool;
  #tensor: HostTensor | undefined;
  #failure: { readonly error: unknown } | undefined;
  #holders = 1;

  constructor(pool: ArrayPool, tensor?: HostTensor) {
    this.#pool = pool;
    this.#tensor = tensor;
  }

  set(tensor: HostTensor): void {
    if (this.#holders > 0) this.#tensor = tensor;
    else this.#pool.give(tensor.data);
  }

  fail(error: unknown): void {
    this.#failure = { error };
  }

  get(): HostTensor {
    if (this.#failure) throw this.#failure.error;
    if (!this.#tensor) throw new Error("the value was not computed");
    return this.#tensor;
  }

  retain(): void {
    this.#holders++;
  }

  release(): void {
    this.#holders--;
    if (this.#holders > 0 || !this.#tensor) return;
    this.#pool.give(this.#tensor.data);
    this.#tensor = undefined;
  }

  /** A run took the array over: it may be a result's now. */
  consume(): void {
    this.#tensor = undefined;
  }
}

/** Where a kernel finds a value: a box whose array may be exchanged between runs and between iterations of a loop. */
import { allocate, type HostTensor, type Storage, sizeOf } from "@hloom/ir";

export type SlotKind =
  /** Bound to a caller's array for each run; never written. */
  | "argument"
  /** Like an argument, but the program may write to it. */
  | "donated"
  /** Filled while compiling; never written again. */
  | "constant"
  /** A part of the executable's own memory, shared with other slots that live at other times. */
  | "planned"
  /** Given a new array for each run, because a caller keeps it. */
  | "result"
  /** Set by a kernel that makes its own array. */
  | "free";

export class Slot {
  readonly id: number;
  readonly type: HostTensor["type"];
  kind: SlotKind;
  /** Empty until a run, or until the constant is known. */
  data: Storage;
  /** Steps (positions in the plan) between which the value must stay. */
  start = 0;
  end = 0;

  constructor(id: number, type: HostTensor["type"], kind: SlotKind) {
    this.id = id;
    this.type = type;
    this.kind = kind;
    this.data = allocate(type.element, 0);
  }

  get size(): number {
    return sizeOf(this.type.shape);
  }

  /** Whether a kernel may overwrite a value that nobody reads any more. */
  get writable(): boolean {
    return this.kind === "planned" || this.kind === "donated" || this.kind === "result";
  }
}

let scratchIds = -1;

/** Memory of a kernel's own, kept between its runs. */
export function scratch(element: HostTensor["type"]["element"], size: number): Slot {
  const slot = new Slot(scratchIds--, { kind: "tensor", shape: [size], element }, "free");
  slot.data = allocate(element, size);
  return slot;
}

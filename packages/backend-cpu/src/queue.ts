/** A later turn of the event loop; browsers have no turns for tasks of their own but those of timers. */
const later: (task: () => void) => void = globalThis.setImmediate ?? ((task) => setTimeout(task, 0));

/** Work in order: added at once, done in a later turn of the event loop, or earlier when someone waits for it. */
export class Queue {
  #tasks: (() => void)[] = [];
  #scheduled = false;

  /** `task` must not throw. */
  add(task: () => void): void {
    this.#tasks.push(task);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // One task a turn, so that messages and timers get their turns in between.
    later(() => this.#turn());
  }

  /** Does everything that was added so far. */
  drain(): void {
    for (let task = this.#tasks.shift(); task; task = this.#tasks.shift()) task();
  }

  #turn(): void {
    this.#scheduled = false;
    this.#tasks.shift()?.();
    if (this.#tasks.length > 0 && !this.#scheduled) {
      this.#scheduled = true;
      later(() => this.#turn());
    }
  }
}

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
    setImmediate(() => this.#turn());
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
      setImmediate(() => this.#turn());
    }
  }
}

/**
 * A backend of one's own, as a package outside this repository would have it: the default export makes it. This one
 * says what it is asked to compile and leaves the work to the reference. Under JAX, from the root of the repository:
 *
 *     HLOOM_BACKEND=./examples/third-party-backend/index.ts npx -y pnpm@12 demo
 */
import { type Backend, liveOperations, nullBackend } from "@hloom/backend";

export default function narrating(): Backend {
  const reference = nullBackend();
  return {
    ...reference,
    name: "narrating",
    async compile(module, options) {
      console.error(`narrating: a program of ${liveOperations(module).length} operations`);
      return await reference.compile(module, options);
    },
  };
}

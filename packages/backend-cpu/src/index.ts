/** The CPU backend: `cpu()` opens it. */
import { cpu } from "./backend.ts";

export { cpu } from "./backend.ts";
export default cpu;

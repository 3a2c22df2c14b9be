/** The compile host as a library: the protocol, and the loop that serves it. */
export * from "./protocol.ts";
export { serve } from "./serve.ts";

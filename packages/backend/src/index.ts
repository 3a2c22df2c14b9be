export * from "./backend.ts";
export { Device, DeviceBuffer, type DeviceCompileOptions, DeviceExecutable, UsageError } from "./device.ts";
export { type BackendFactory, BackendNotFoundError, backendCandidates, loadBackend } from "./load.ts";
export { default as nullBackend } from "./null.ts";
export { type KnownArgument, type RunnableOptions, runnableProgram, ShapeError } from "./runnable.ts";
export { argumentAttributes, donatedArguments, entryOf, signatureOf } from "./signature.ts";
export { checkSupport, liveOperations, missingIn } from "./support.ts";

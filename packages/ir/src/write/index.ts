export { defaultTarget, type WriteBytecodeOptions, writeBytecode } from "./bytecode.ts";
export { attributeText, typeText, type WriteTextOptions, writeText } from "./text.ts";

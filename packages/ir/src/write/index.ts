export { attributeText, typeText, type WriteTextOptions, writeText } from "./text.ts";

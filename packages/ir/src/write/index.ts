export { writeText, type WriteTextOptions, typeText, attributeText } from "./text.ts";

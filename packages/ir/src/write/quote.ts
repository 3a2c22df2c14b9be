/** Names and strings as MLIR writes them. */
import { bytesOfText } from "../model/byte_string.ts";

const unprintable = /[^\x20-\x7e]|["\\]/;

/** A string as MLIR quotes it: bytes that are not printable ASCII become `\\` and two hexadecimal digits. */
export function quote(text: string): string {
  if (!unprintable.test(text)) return `"${text}"`;
  let quoted = '"';
  for (const byte of bytesOfText(text)) {
    const character = String.fromCharCode(byte);
    if (character === "\\") quoted += "\\\\";
    else if (byte < 0x20 || byte > 0x7e || character === '"')
      quoted += `\\${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    else quoted += character;
  }
  return `${quoted}"`;
}

const bare = /^[A-Za-z_][\w$.]*$/;

/** An attribute's name: bare where it can be. */
export function keywordOrString(name: string): string {
  return bare.test(name) ? name : quote(name);
}

export function symbolText(name: string): string {
  return `@${keywordOrString(name)}`;
}

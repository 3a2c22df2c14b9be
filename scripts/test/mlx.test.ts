import { expect, test } from "vitest";
import { renamed } from "../setup/mlx.ts";

test("the private copy differs from the library in its name alone", () => {
  const library = Buffer.from("head\0libmlx.so\0tail /lib/libmlx.so.1");
  expect(renamed(library).toString()).toBe("head\0libhlm.so\0tail /lib/libmlx.so.1");
  expect(library.toString()).toContain("\0libmlx.so\0");
});

test("a library whose names are not as expected is refused", () => {
  expect(() => renamed(Buffer.from("nothing here"))).toThrow("expected one");
  expect(() => renamed(Buffer.from("\0libmlx.so\0 \0libmlx.so\0"))).toThrow("expected one");
});

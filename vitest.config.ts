import { defineConfig } from "vitest/config";

// Tests run from source: no build is needed, and a stack trace names the line that was written.
const conditions = ["@hloom/source", "module", "node", "development|production"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ["@hloom/source", "node"] } },
  test: {
    include: [
      "packages/*/test/**/*.test.ts",
      "packages/*/src/**/*.test.ts",
      "apps/*/test/**/*.test.ts",
      "scripts/test/**/*.test.ts",
      "examples/**/*.test.ts",
    ],
    testTimeout: 60_000,
    // Compiling and evaluating is all CPU: more workers than cores only adds memory.
    maxWorkers: 2,
    coverage: { provider: "v8", include: ["packages/*/src/**/*.ts"] },
  },
});

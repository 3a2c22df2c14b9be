import { expect, test } from "vitest";
import { countJunit, countVitest } from "../test.ts";

test("vitest: a file that does not load counts as a failure", () => {
  const report = {
    numPassedTests: 5,
    numFailedTests: 1,
    testResults: [
      { status: "passed", assertionResults: [{}] },
      { status: "failed", assertionResults: [{}] },
      { status: "failed", assertionResults: [] },
    ],
  };
  expect(countVitest(JSON.stringify(report))).toEqual({ passed: 5, failed: 2 });
});

test("pytest: errors fail, skipped tests count as neither", () => {
  const xml = `<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10" time="1"></testsuite></testsuites>`;
  expect(countJunit(xml)).toEqual({ passed: 4, failed: 3 });
});

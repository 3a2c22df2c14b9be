/** `pnpm conformance [--suite NAME…] [--backend NAME…] [--data DIR] [--workloads DIR] [--json]`; see packages/cli/src/conformance. */
import { conformance } from "../packages/cli/src/conformance/main.ts";

process.exitCode = await conformance(process.argv.slice(2));

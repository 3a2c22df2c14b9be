/** Every backend over the conformance data; the arguments are those of `--help`. */
import { conformance } from "../packages/cli/src/conformance/main.ts";
import { main } from "./lib/process.ts";

main(() => conformance(process.argv.slice(2)));

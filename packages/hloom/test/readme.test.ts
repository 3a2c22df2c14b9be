import { testReadme } from "../../../scripts/lib/readme_examples.ts";

testReadme(import.meta.dirname);

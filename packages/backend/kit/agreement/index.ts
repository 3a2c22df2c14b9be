export { type Agreement, agreement } from "./agreement.ts";
export { isMistake, type Outcome, outcomes, type Trial, tryOn } from "./trial.ts";

/** Every `custom<Name>` that formats may use. */
import type { Directive } from "../assembly.ts";
import * as attributes from "./attributes.ts";
import * as functions from "./functions.ts";
import * as neighbours from "./neighbours.ts";
import * as operations from "./operations.ts";
import * as sharding from "./sharding.ts";
import * as types from "./types.ts";
import * as window from "./window.ts";

export const directives: Readonly<Record<string, Directive>> = {
  ...types,
  ...attributes,
  ...operations,
  ...functions,
  ...neighbours,
  ConvolutionDimensions: window.ConvolutionDimensions,
  WindowAttributes: window.WindowAttributes,
  StrippedTensorShardingPerValueAttr: sharding.StrippedTensorShardingPerValueAttr,
  SingleBlockRegionNoBlockId: sharding.SingleBlockRegionNoBlockId,
};

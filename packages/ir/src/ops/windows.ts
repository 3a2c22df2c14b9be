/** Sliding windows: how many fit along a dimension (spec: convolution C25, reduce_window C15, select_and_scatter C2). */
import { DYNAMIC } from "../model/types.ts";

/** One dimension of a window. */
export interface WindowDimension {
  readonly size: number;
  readonly stride: number;
  readonly low: number;
  readonly high: number;
  readonly baseDilation: number;
  readonly windowDilation: number;
}

export interface WindowAttributes {
  readonly strides?: readonly number[] | undefined;
  readonly padding?: readonly (readonly number[])[] | undefined;
  readonly baseDilations?: readonly number[] | undefined;
  readonly windowDilations?: readonly number[] | undefined;
}

/** The window of each dimension; absent attributes mean strides and dilations of 1 and no padding. */
export function windowDimensions(sizes: readonly number[], attributes: WindowAttributes): WindowDimension[] {
  const { strides, padding, baseDilations, windowDilations } = attributes;
  return sizes.map((size, d) => ({
    size,
    stride: strides?.[d] ?? 1,
    low: padding?.[d]?.[0] ?? 0,
    high: padding?.[d]?.[1] ?? 0,
    baseDilation: baseDilations?.[d] ?? 1,
    windowDilation: windowDilations?.[d] ?? 1,
  }));
}

export function dilated(size: number, dilation: number): number {
  return size === 0 ? 0 : (size - 1) * dilation + 1;
}

/** Spec: `num_windows`. */
export function windowCount(size: number, window: WindowDimension): number {
  if (size === DYNAMIC || window.size === DYNAMIC) return DYNAMIC;
  const padded = window.low + dilated(size, window.baseDilation) + window.high;
  const span = dilated(window.size, window.windowDilation);
  return padded <= 0 || span > padded ? 0 : Math.floor((padded - span) / window.stride) + 1;
}

export function windowCounts(shape: readonly number[], windows: readonly WindowDimension[]): number[] {
  return windows.map((window, d) => windowCount(shape[d] ?? 0, window));
}

/** Whether a per-dimension list is absent, or empty, which means the same, or has `rank` numbers, all positive. */
export function arePositive(values: readonly number[] | undefined, rank: number): boolean {
  return !values?.length || (values.length === rank && values.every((value) => value > 0));
}

/** Whether a padding is absent or empty, or has `rank` rows of low and high. */
export function isPadding(padding: readonly (readonly number[])[] | undefined, rank: number): boolean {
  return !padding?.length || (padding.length === rank && padding.every((row) => row.length === 2));
}

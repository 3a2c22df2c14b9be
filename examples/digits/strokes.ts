/** From strokes of a pen to an image as in scikit-learn's digits: 32 by 32 pixels, of which each 4 by 4 are counted. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export type Stroke = readonly Point[];

const pixels = 32;
const cells = 8;
/** Half the width of the pen, and the margin that it needs, in pixels. */
const radius = 1.7;

/** float32[8,8], row by row: the part of each cell that ink covers. The drawing is moved and scaled to fill the image. */
export function imageOf(strokes: readonly Stroke[]): Float32Array {
  const place = fit(strokes.flat());
  const ink = new Uint8Array(pixels * pixels);
  for (const stroke of strokes) {
    const points = stroke.map(place);
    points.forEach((point, i) => drawLine(ink, points[Math.max(0, i - 1)]!, point));
  }
  const image = new Float32Array(cells * cells);
  const size = pixels / cells;
  ink.forEach((covered, at) => {
    const row = Math.floor(at / pixels / size);
    const column = Math.floor((at % pixels) / size);
    image[row * cells + column]! += covered / size ** 2;
  });
  return image;
}

/** Moves and scales points so that they fill the height, or the width, of the image. */
function fit(points: readonly Point[]): (point: Point) => Point {
  const left = Math.min(...points.map(({ x }) => x));
  const right = Math.max(...points.map(({ x }) => x));
  const top = Math.min(...points.map(({ y }) => y));
  const bottom = Math.max(...points.map(({ y }) => y));
  const scale = (pixels - 1 - 2 * radius) / Math.max(right - left, bottom - top, 1);
  const middle = (pixels - 1) / 2;
  return ({ x, y }) => ({
    x: middle + (x - (left + right) / 2) * scale,
    y: middle + (y - (top + bottom) / 2) * scale,
  });
}

function drawLine(ink: Uint8Array, from: Point, to: Point): void {
  const steps = Math.max(1, Math.ceil(2 * Math.hypot(to.x - from.x, to.y - from.y)));
  for (let i = 0; i <= steps; i++) {
    const part = i / steps;
    drawDot(ink, from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part);
  }
}

function drawDot(ink: Uint8Array, x: number, y: number): void {
  for (let row = Math.ceil(y - radius); row <= y + radius; row++) {
    for (let column = Math.ceil(x - radius); column <= x + radius; column++) {
      const inside = row >= 0 && row < pixels && column >= 0 && column < pixels;
      if (inside && Math.hypot(row - y, column - x) <= radius) ink[row * pixels + column] = 1;
    }
  }
}

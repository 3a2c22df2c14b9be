/** The page: what the mouse draws goes through the network that JAX exported, in this page, on the CPU backend. */
import { compile, type Tensor } from "hloom";
import model from "./digits.jaxexport";
import { imageOf, type Point } from "./strokes.ts";

const canvas = document.querySelector("canvas")!;
const pen = canvas.getContext("2d")!;
const answer = document.querySelector("output")!;
const bars = [...document.querySelectorAll("meter")];

const classify = await compile<(image: Float32Array) => Tensor>(model);

let strokes: Point[][] = [];

async function show(): Promise<void> {
  const { data } = await classify(imageOf(strokes));
  const chances = Array.from(data as Float32Array);
  bars.forEach((bar, digit) => {
    bar.value = chances[digit]!;
  });
  answer.value = String(chances.indexOf(Math.max(...chances)));
}

function extend({ offsetX, offsetY }: PointerEvent): void {
  const stroke = strokes.at(-1)!;
  const point = { x: offsetX, y: offsetY };
  const from = stroke.at(-1) ?? point;
  stroke.push(point);
  pen.beginPath();
  pen.moveTo(from.x, from.y);
  pen.lineTo(point.x, point.y);
  pen.stroke();
}

function clear(): void {
  strokes = [];
  pen.clearRect(0, 0, canvas.width, canvas.height);
  answer.value = "";
  for (const bar of bars) bar.value = 0;
}

pen.lineWidth = 24;
pen.lineCap = "round";
canvas.addEventListener("pointerdown", (event) => {
  strokes.push([]);
  extend(event);
});
canvas.addEventListener("pointermove", (event) => {
  if (event.buttons > 0 && strokes.length > 0) extend(event);
});
canvas.addEventListener("pointerup", show);
document.querySelector("button")!.addEventListener("click", clear);
document.body.dataset.ready = "";

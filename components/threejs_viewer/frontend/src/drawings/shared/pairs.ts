// Fields of all pairs of numbers, a pixel a pair.

/** Of a pair: held out or trained on, and of each right or wrong; colours of `pairs.css`. */
export const CELLS = ["--held-right", "--held-wrong", "--trained-right", "--trained-wrong"];

/** A colour as a canvas holds it. */
export function pixel(pen: CanvasRenderingContext2D, colour: string): number {
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  return new Uint32Array(pen.getImageData(0, 0, 1, 1).data.buffer)[0];
}

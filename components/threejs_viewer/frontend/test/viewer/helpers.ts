import { halvesOf, openScene, type Scene } from "../../src/viewer/data";
import { fake, SMALL, type Payload, type Sizes } from "../../dev/fake";

export const opened = (payload: Payload): Scene =>
  openScene(payload.manifest, {
    weight: halvesOf(payload.weights),
    activation: halvesOf(payload.activations),
  });

export const small = (prompt = "7*8=56", sizes: Sizes = SMALL): Scene =>
  opened(fake(prompt, sizes));

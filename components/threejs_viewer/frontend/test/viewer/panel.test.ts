// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { Panel } from "../../src/viewer/panel";
import { themeOf } from "../../src/shared/theme";
import { cellAt } from "../../src/viewer/pick";
import { plan } from "../../src/viewer/layout";
import { explain } from "../../src/viewer/explain";
import { halvesOf, openScene } from "../../src/viewer/data";
import { fake } from "../../dev/fake";
import { small } from "./helpers";
import { fromPython } from "./scenes";

interface Opened {
  panel: Panel;
  chosen: string[];
  /** By name and head. */
  found: [string, number | null][];
  edits: unknown[];
}

const opened = (scene = small()): Opened => {
  const [chosen, found, edits]: [string[], Opened["found"], unknown[]] = [[], [], []];
  const panel = new Panel({
    choose: (name) => chosen.push(name),
    find: (name, head) => found.push([name, head]),
    pin: () => undefined,
    glow: () => undefined,
    edit: (edit) => edits.push(edit),
    stand: () => undefined,
    leave: () => undefined,
    open: () => undefined,
    example: () => undefined,
  });
  document.body.replaceChildren(panel.root);
  panel.load(scene, themeOf({ base: "light" }));
  return { panel, chosen, found, edits };
};

const leaves = (panel: Panel): string[] =>
  [...panel.root.querySelectorAll<HTMLElement>(".leaf")].map((e) => e.dataset["name"]!);

test("a search narrows the tree to the names that hold it", () => {
  const { panel, chosen } = opened();
  const search = panel.root.querySelector("input")!;
  search.value = "wo.weight";
  search.dispatchEvent(new Event("input"));
  expect(leaves(panel)).toEqual(["blocks.0.attention.wo.weight", "blocks.1.attention.wo.weight"]);
  panel.root.querySelector<HTMLElement>(".leaf")!.click();
  expect(chosen).toEqual(["blocks.0.attention.wo.weight"]);
  search.value = "nothing of the kind";
  search.dispatchEvent(new Event("input"));
  expect(panel.root.querySelector(".tree")!.textContent).toBe("No matrix has that in its name.");
});

test("layers are counted from 0, and shapes are given as drawn, a token a column", () => {
  const { panel } = opened();
  const groups = [...panel.root.querySelectorAll<HTMLElement>(".group")];
  expect(groups.map((e) => e.dataset["group"])).toEqual([
    "Before the layers",
    "Layer 0",
    "Layer 1",
    "After the layers",
  ]);
  const shape = (name: string): string =>
    panel.root.querySelector(`.leaf[data-name="${name}"] small`)!.textContent.trim();
  expect(shape("embed")).toBe("8 × 6");
  expect(shape("blocks.0.q")).toBe("2 heads of 4 × 6");
  expect(shape("blocks.0.pattern")).toBe("2 heads of 6 × 6");
  expect(shape("blocks.0.ffn_pre")).toBe("16 × 6");
  expect(panel.root.textContent).toContain(
    "a token is a column. In code the array is (tokens, width), its transpose.",
  );
});

test("the list's shape is that of the grid", () => {
  const scene = small();
  const { panel } = opened(scene);
  const { ofTensor } = plan(scene);
  for (const name of ["embed.weight", "blocks.0.attention.wq.weight", "blocks.0.z", "logits"]) {
    const leaf = panel.root.querySelector(`.leaf[data-name="${name}"]`)!;
    const [box] = ofTensor.get(name)!;
    const cell = cellAt(box!, 0, 0);
    panel.show(cell, explain(scene, box!.tensor, cell.index), true, []);
    const grid = panel.root.querySelector(".cells h3")!.textContent;
    const drawn = /[\d,]+ × [\d,]+/;
    expect(drawn.exec(leaf.textContent)![0]).toBe(drawn.exec(grid)![0]);
  }
});

test("Enter takes the hit that the search marks, and none where there is none", () => {
  const { panel, found } = opened();
  const search = panel.root.querySelector("input")!;
  const enter = (typed: string): void => {
    search.value = typed;
    search.dispatchEvent(new Event("input"));
    search.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
  };
  enter("layer 1 q head 1");
  const marked = panel.root.querySelectorAll<HTMLElement>(".sought");
  expect([...marked].map((e) => e.dataset["name"])).toEqual(["blocks.1.q"]);
  enter("nothing of the kind");
  enter("  ");
  expect(panel.root.querySelector(".sought")).toBeNull();
  expect(found).toEqual([["blocks.1.q", 1]]);
});

test("a weight stands before what it makes", () => {
  const { panel } = opened();
  const names = leaves(panel);
  expect(names.indexOf("blocks.0.attention.wq.weight") + 1).toBe(names.indexOf("blocks.0.q"));
});

test("an edit names the activation, its layer and the head, as a trace does", () => {
  const { panel, edits } = opened();
  const scene = small();
  const box = plan(scene).ofTensor.get("blocks.1.z")![1]!;
  const cell = cellAt(box, 0, 0);
  panel.show(cell, explain(scene, box.tensor, cell.index), true, []);
  panel.root.querySelector<HTMLElement>(".break button")!.click();
  expect(edits).toEqual([{ name: "z", layer: 1, index: { head: 1 }, scale: 0 }]);
});

test("above the line of NumPy stand those that load A and W, with the edits in force", () => {
  const { panel } = opened();
  const scene = small();
  const box = plan(scene).ofTensor.get("logits")![0]!;
  const cell = cellAt(box, 0, 0);
  const off = { name: "z", layer: null, index: { head: 1 }, scale: 0 };
  const loads = (edits: (typeof off)[]): string => {
    panel.show(cell, explain(scene, box.tensor, cell.index), true, edits);
    return panel.root.querySelector(".loads")!.textContent!;
  };
  const [run, text] = [scene.manifest.run, scene.manifest.tokens.join("")];
  const asked = `"${run}", "${text}"`;
  expect(loads([])).toBe(`from lab.scene.session import numbers\nA, W, G = numbers(${asked})`);
  scene.manifest.edited = ["blocks.0.z"];
  expect(loads([off])).toContain(
    `numbers(${asked}, [{"name":"z","layer":None,"index":{"head":1},"scale":0}])`,
  );
  scene.manifest.run = "";
  expect(loads([])).toMatch(/^# Your own run lies in no file/);
});

test("of a reading a source can be switched off, and is called by who wrote it", () => {
  const { scene } = fromPython.find(({ name }) => name === "depth-relu2")!;
  const { panel, edits } = opened(scene);
  const box = plan(scene).ofTensor.get("blocks.1.depth_pattern_mid")![0]!;
  const cell = cellAt(box, 3, 2);
  panel.show(cell, explain(scene, box.tensor, cell.index), true, []);
  panel.root.querySelector<HTMLElement>(".break button")!.click();
  expect(edits).toEqual([{ name: "depth_pattern_mid", layer: 1, index: { source: 2 }, scale: 0 }]);
  expect(panel.root.textContent).toContain('token 3 "=", source 2 (layer 0 FFN)');
});

test("text from outside is text, never markup", () => {
  const { panel } = opened();
  const scene = small();
  const t = scene.byName.get("embed")!;
  t.formula = "<img src=x onerror=alert(1)>";
  const box = plan(scene).ofTensor.get("embed")![0]!;
  const cell = cellAt(box, 0, 0);
  panel.show(cell, explain(scene, t, cell.index), true, []);
  expect(panel.root.querySelector("img")).toBeNull();
  expect(panel.root.textContent).toContain("<img");
});

test("while the weights are to come the legend says how they look, and a cell that none is known", () => {
  const { manifest, activations } = fake();
  const blobs = { weight: new Uint16Array(0), activation: halvesOf(activations) };
  const keys = (panel: Panel): string[] =>
    [...panel.root.querySelectorAll(".keys span")].map((key) => key.textContent);
  const shown = (pending: boolean): Panel => {
    const scene = openScene(manifest, blobs, pending);
    const { panel } = opened(scene);
    const box = plan(scene).ofTensor.get("embed.weight")![0]!;
    const cell = cellAt(box, 0, 0);
    panel.show(cell, explain(scene, box.tensor, cell.index), true, []);
    return panel;
  };
  const pending = shown(true);
  expect(keys(pending)).toEqual(["masked", "NaN or missing", "not loaded yet"]);
  expect(pending.root.querySelector("output")!.textContent).toBe("not loaded yet");
  const bare = shown(false); // weights that are not to be had
  expect(keys(bare)).toEqual(["masked", "NaN or missing"]);
  expect(bare.root.querySelector("output")!.textContent).toBe("did not arrive");
});

test("where other numbers come and no cell is kept, no grid of the old ones stays", () => {
  const { panel } = opened();
  const scene = small();
  const box = plan(scene).ofTensor.get("embed")![0]!;
  const cell = cellAt(box, 0, 0);
  panel.select("embed");
  panel.show(cell, explain(scene, box.tensor, cell.index), true, []);
  panel.show(null, null, false, []); // let go of
  expect(panel.root.querySelector(".cells table")).not.toBeNull();
  panel.load(small("3*4=12"), themeOf({ base: "light" }));
  panel.show(null, null, false, []);
  expect(panel.root.querySelector(".cells table")).toBeNull();
});

import { expect, test } from "vitest";
import { BIG, fake } from "../../dev/fake";
import { actOf } from "../../src/viewer/act";
import { FRONT, View } from "../../src/viewer/camera";
import { numberToHalf, openScene, read, say, type Scene } from "../../src/viewer/data";
import { sourceName } from "../../src/viewer/depth";
import { choice, columnOf, meeting, readOut, writersOf } from "../../src/viewer/facts";
import { cornersOf, heightOf, plan } from "../../src/viewer/layout";
import { pick } from "../../src/viewer/pick";
import { inWords } from "../../src/viewer/pieces";
import { readingTime, stageOf, stagesOf, type Stage } from "../../src/viewer/walk";
import { borrowing, built, mixed, postNorm, sandwich, threefold, turned } from "./handmade";
import { opened, small } from "./helpers";
import { fromPython } from "./scenes";

/** As wide and as deep as the model that the page opens with. */
const big = opened(fake("7*8=56$", BIG));

const scenes: { name: string; scene: Scene }[] = [
  ...fromPython,
  ...built,
  { name: "six layers", scene: big },
  ...[1, 2, 3, 8].map((layers) => ({
    name: `${layers} layers`,
    scene: small("7*8=56$", { layers, d: 8, heads: 2, ff: 16 }),
  })),
  { name: "long working", scene: small("1234*5678=27890+083680=252690+0040470=2566380$") },
  { name: "no end", scene: small("7*8=56") },
  { name: "no answer", scene: small("7*8=$") },
  { name: "no sum", scene: small("78") },
  { name: "one number", scene: small("8=") },
];

const told = (scene: Scene, name: string): Stage => {
  const stages = stagesOf(scene);
  return stages[stageOf(stages, name)]!;
};

const said = (scene: Scene, name: string): string => inWords(told(scene, name).text);

// ---------------------------------------------------------------- the story

test("six layers are walked through in 25 to 35 stages and within two minutes", () => {
  const stages = stagesOf(big);
  expect(stages.length).toBeGreaterThanOrEqual(25);
  expect(stages.length).toBeLessThanOrEqual(35);
  const total = stages.reduce((sum, stage) => sum + readingTime(stage), 0);
  expect(total).toBeLessThanOrEqual(120_000);
});

test("a stage stands as long as its caption takes to read: at most 6 words a second", () => {
  for (const stage of stagesOf(big)) {
    const words = inWords(stage.text).split(" ").length;
    expect(words / (readingTime(stage) / 1000), stage.title).toBeLessThanOrEqual(6);
  }
});

test("the first layer is told step by step, each middle one in one stage, the last one in a few", () => {
  const stages = stagesOf(big);
  const inLayer = (layer: number): Stage[] =>
    stages.filter(({ title }) => title.startsWith(`layer ${layer} · `));
  expect(inLayer(0).map(({ makes }) => makes.length)).toEqual([1, 1, 3, ...Array(10).fill(1)]);
  for (const layer of [1, 2, 3, 4]) expect(inLayer(layer)).toHaveLength(1);
  expect(inLayer(5).map(({ makes }) => makes.at(-1)!.slice("blocks.5.".length))).toEqual([
    "v",
    "pattern",
    "resid_mid",
    "ffn_post",
    "resid_post",
  ]);
});

test.each(scenes)(
  "$name: the camera looks at the head that is told of where its map is made, and else at what is lit",
  ({ scene }) => {
    for (const { title, arc, makes, camera, span } of stagesOf(scene)) {
      const maps = makes.filter((name) => {
        const { axes, layer } = scene.byName.get(name)!;
        return axes.includes("key") && layer === arc?.layer;
      });
      const isWritten = span[0] > 0;
      expect(camera, title).toBe(isWritten ? "model" : maps.length ? "head" : "lit");
    }
  },
);

test("the prompt runs through in one go, then each written token alone, until the answer stands", () => {
  const stages = stagesOf(small("7*8=56$"));
  expect(stages[0]!.span).toEqual([0, 3]);
  const alone = stages.filter(({ span }) => span[0] > 0);
  expect(alone.map(({ title, span }) => [title, ...span])).toEqual([
    ['token 4 "5" is fed back', 4, 4],
    ['token 5 "6" is fed back', 5, 5],
  ]);
  expect(stages.filter(({ next }) => next)).toHaveLength(3);
  expect(stages.at(-1)).toBe(alone[1]);
});

test("what ends the answer is explained where it is chosen", () => {
  const scene = small("7*8=56$");
  const probs = scene.byName.get("probs")!;
  const halves = scene.halves.activation;
  const end = scene.manifest.vocabulary.indexOf("$");
  for (let c = 0; c < probs.cols; c++) halves[probs.offset + 5 * probs.cols + c] = 0;
  halves[probs.offset + 5 * probs.cols + end] = 0x3c00; // 1
  const stages = stagesOf(scene);
  expect(inWords(stages.at(-1)!.text)).toContain(
    '"$" has over 99.9%: it says "done". It is chosen like any other token, and the writing ends here.',
  );
  expect(
    stages
      .slice(0, -1)
      .map(({ text }) => inWords(text))
      .join(),
  ).not.toContain("$");
});

test("a long answer is told number by number, each with the sign behind it", () => {
  const { scene } = scenes.find(({ name }) => name === "long working")!;
  const alone = stagesOf(scene).filter(({ span }) => span[0] > 0);
  const texts = alone.map(({ span: [from, to] }) =>
    scene.manifest.tokens.slice(from, to + 1).join(""),
  );
  expect(texts).toEqual(["27890+", "083680=", "252690+", "0040470=", "2566380"]);
  expect(alone.every(({ next }) => next)).toBe(true);
});

test.each(scenes)(
  "$name: no caption is told twice, and no sentence is over 30 words",
  ({ scene }) => {
    const texts = stagesOf(scene).map(({ text }) => inWords(text));
    expect(texts.filter((text, i) => texts.indexOf(text) !== i)).toEqual([]);
    for (const text of texts) {
      expect(text).not.toMatch(/ {2}| [.,;:]|[a-z\d][.:][A-Z]|undefined|NaN|null|\.\.$/);
      for (const sentence of text.split(/[.:;] /))
        expect(sentence.split(" ").length, sentence).toBeLessThanOrEqual(30);
    }
  },
);

test.each(scenes)(
  "$name: every matrix is lit by some stage, and every tied word names matrices that exist",
  ({ scene }) => {
    const stages = stagesOf(scene);
    const lit = new Set(stages.flatMap((s) => s.names));
    for (const t of scene.tensors) expect(lit.has(t.name), t.name).toBe(true);
    for (const s of stages)
      for (const piece of s.text)
        if (typeof piece !== "string") {
          expect(piece.names.length, `${s.title}: ${piece.word}`).toBeGreaterThan(0);
          for (const name of piece.names) expect(scene.byName.has(name), name).toBe(true);
        }
  },
);

test.each(scenes)("$name: a matrix leads to the one stage that makes it", ({ scene }) => {
  const stages = stagesOf(scene);
  for (const { name, kind } of scene.tensors) {
    const at = stages.filter(({ makes }) => makes.includes(name));
    expect(at.length, name).toBe(kind === "activation" ? 1 : 0);
    if (at.length) expect(stages[stageOf(stages, name)]).toBe(at[0]);
    else expect(stageOf(stages, name), name).toBeGreaterThanOrEqual(0);
  }
});

test("each kind of step but a plain product has a title of its own, not the name of what it makes", () => {
  for (const { scene } of fromPython) {
    const names = scene.tensors
      .filter((t) => actOf(scene, t) !== "product")
      .map((t) => t.name.replace(/^blocks\.\d+\./, ""));
    for (const stage of stagesOf(scene))
      expect(names).not.toContain(stage.title.split(" · ").pop());
  }
});

test("tokens, layers and heads are counted from 0, which the first stage says", () => {
  const stages = stagesOf(big);
  expect(inWords(stages[0]!.text)).toContain(
    "Tokens, layers and heads are counted from 0, as in the code.",
  );
  const all = stages.map(({ title, text }) => `${title}: ${inWords(text)}`).join("\n");
  const numbers = (word: string): number[] =>
    [...all.matchAll(new RegExp(`\\b${word} (\\d+)`, "gi"))].map((found) => Number(found[1]));
  expect(Math.max(...numbers("layer"))).toBe(5);
  expect(Math.max(...numbers("head"))).toBeLessThan(4);
  for (const [, at, token] of all.matchAll(/token (\d+) "(.)"/gi))
    expect(token).toBe(big.manifest.tokens[Number(at)]);
});

// ---------------------------------------------------------------- what newcomers ask

test("where the 8 first meets the 7 is told with head, score and share, and drawn as one arc", () => {
  const scene = small("7*8=56$");
  const [pattern, scores] = ["pattern", "scores"].map((x) => scene.byName.get(`blocks.0.${x}`)!);
  const shares = [0, 1].map((h) => read(scene, pattern!, (h * 7 + 2) * 7)!);
  const head = shares.indexOf(Math.max(...shares));
  const score = read(scene, scores!, (head * 7 + 2) * 7)!;
  expect(said(scene, scores!.name)).toContain(
    `In head ${head}, the query of token 2 "8" times the key of token 0 "7" is ${say(2 * score, 4)}; divided by √4 it is ${say(score, 4)} in scores.`,
  );
  expect(said(scene, pattern!.name)).toContain(
    `Here token 2 "8" first meets token 0 "7": head ${head} gives it ${(100 * shares[head]!).toFixed(1)}%.`,
  );
  expect(told(scene, pattern!.name).arc).toEqual({
    layer: 0,
    head,
    query: 2,
    key: 0,
    share: shares[head],
  });
});

test("two longer numbers meet at the last digit of each; where there are none, nothing meets", () => {
  const meets = (prompt: string): number[] | null => {
    const scene = small(prompt);
    const look = meeting(scene, scene.byName.get("blocks.0.pattern")!);
    return look && [look.query, look.key];
  };
  expect(meets("12*345=")).toEqual([5, 1]);
  for (const prompt of ["78=", "7*", "=7*8", "7*="]) expect(meets(prompt), prompt).toBeNull();
});

test("a share that is next to nothing is said to be so, and where there is more of it", () => {
  const scene = small("7*8=56$");
  const put = (name: string, bits: number): void => {
    const t = scene.byName.get(name)!;
    for (const head of [0, 1]) scene.halves.activation[t.offset + (head * 7 + 2) * 7] = bits;
  };
  put("blocks.0.pattern", 0x211f); // 0.01
  put("blocks.1.pattern", 0x3800); // 0.5
  expect(said(scene, "blocks.0.pattern")).toContain(
    'Here token 2 "8" could meet token 0 "7", but no head gives it more than 1.0%; layer 1 gives it 50.0%, in head 0.',
  );
});

test("the mask, the last column, the stream and the parameters are told where they first appear", () => {
  expect(said(big, "blocks.0.scores")).toContain("no token looks ahead");
  expect(said(big, "logits")).toContain(`only from "=" on was the model trained to predict.`);
  expect(said(big, "blocks.0.resid_pre")).toContain("Every part below reads it and adds to it");
  const sizes = big.tensors.filter(({ kind }) => kind === "weight").map((t) => [t.name, t.size]);
  const sum = (part: string): number =>
    sizes.reduce((all, [name, n]) => all + (String(name).includes(part) ? Number(n) : 0), 0);
  expect(said(big, "blocks.0.ffn_pre")).toContain(
    `Over all layers W_in and W_out hold ${((100 * sum(".ffn.")) / sum("")).toFixed(1)}% of the ${sum("").toLocaleString("en")} parameters.`,
  );
});

test("shapes are told as drawn, rows × columns, where they first appear", () => {
  const shapes = {
    embed: "256 × 7 as drawn (rows × columns)",
    q: "4 heads of 64 × 7",
    ffn_pre: "1024 × 7",
  };
  for (const [name, shape] of Object.entries(shapes))
    expect(said(big, big.byName.has(name) ? name : `blocks.0.${name}`)).toContain(shape);
});

test("a middle layer says what it fetches and what would be read out after it", () => {
  const scene = small("7*8=56$", { layers: 3, d: 8, heads: 2, ff: 16 });
  const pattern = scene.byName.get("blocks.1.pattern")!;
  const looks = columnOf(scene, pattern, 3).map((share, i) => ({
    share,
    head: i >= 7 ? 1 : 0,
    key: i % 7,
  }));
  const best = looks.filter(({ key }) => key < 3).sort((a, b) => b.share - a.share)[0]!;
  const share = `${(100 * best.share).toFixed(1)}%`;
  const text = said(scene, "blocks.1.z");
  expect(text).toContain(share);
  if (best.share >= 0.5)
    expect(text).toContain(`For token 3 "=", head ${best.head} gives token ${best.key}`);
  else expect(text).toContain(`For token 3 "=", no head gives another token more than ${share}`);
  const now = readOut(scene, scene.byName.get("blocks.1.resid_post")!, 3)!;
  expect(text).toContain(`Read out here, "${now.token}" has ${(100 * now.share).toFixed(1)}%.`);
});

test("what would be read out after the last layer is what the model says", () => {
  for (const { name, scene } of scenes.filter((one) => !/depth|post-norm/.test(one.name))) {
    const t = scene.manifest.tokens.length - 1;
    const end = scene.tensors.findLast(({ stream }) => stream)!;
    const [early, own] = [readOut(scene, end, t)!, choice(scene, t)!];
    expect(early.token, name).toBe(own.token);
    expect(early.share, name).toBeCloseTo(own.share, 2);
  }
});

test("a model without a last norm is not read out early, though a norm stands at its end", () => {
  const { manifest, halves } = postNorm;
  const tensors = manifest.tensors.map((t) => ({ ...t, scale: /unembed/.test(t.name) ? 0 : 1 }));
  const activation = halves.activation.slice();
  const { offset, size, cols } = postNorm.byName.get("probs")!;
  activation.fill(numberToHalf(1 / cols), offset, offset + size);
  const scene = openScene({ ...manifest, tensors }, { ...halves, activation });
  const end = scene.tensors.findLast(({ stream }) => stream)!;
  expect(readOut(scene, end, 3)).toBeNull();
});

test("what attention and the FFN write is told apart in every kind of model", () => {
  for (const { name, scene } of scenes) {
    const { attention, ffn } = writersOf(scene, 0);
    expect(
      [attention, ffn].map((of) => of.map((t) => t.name)),
      name,
    ).toEqual(WRITTEN[name] ?? [["blocks.0.attn_out"], ["blocks.0.ffn_out"]]);
  }
});

const WRITTEN: Record<string, [attention: string[], ffn: string[]]> = {
  [sandwich.manifest.run]: [["blocks.0.attn_normed"], ["blocks.0.ffn_normed"]],
  [threefold.manifest.run]: [["blocks.0.attn_out"], ["blocks.0.ffn_out", "blocks.0.more_out"]],
};

// ---------------------------------------------------------------- layers that are built otherwise

test("a sum that is normed is said to be, and not to keep what stood there", () => {
  const text = said(postNorm, "blocks.0.resid_mid");
  expect(text).toBe(
    "attn_out is added to the stream, and the sum is divided by its own size, times a learned gain: resid_mid.",
  );
  expect(said(postNorm, "blocks.2.resid_post")).toMatch(
    /joins the stream, and the sum is normed\.$/,
  );
  for (const stage of stagesOf(postNorm))
    expect(inWords(stage.text)).not.toMatch(/stays? in the sum|Read out/);
});

test("what is normed once more before it is added is told as the part that wrote it", () => {
  expect(said(sandwich, "blocks.0.attn_normed")).toMatch(/^What attention writes, attn_out, is/);
  expect(said(sandwich, "blocks.0.ffn_normed")).toMatch(/^What the FFN writes, ffn_out, is/);
  expect(told(sandwich, "blocks.0.attn_out").title).toBe("layer 0 · the heads are joined");
  expect(told(sandwich, "blocks.0.ffn_out").title).toBe("layer 0 · the FFN answers");
});

test("where attention comes last, it is told at the end of the layer, and beside the FFN", () => {
  expect(said(turned, "blocks.0.resid_mid")).toMatch(/^ffn_out is added to the stream/);
  const [attention, ffn] = ["attn_out", "ffn_out"].map((name) =>
    Math.hypot(...columnOf(turned, turned.byName.get(`blocks.0.${name}`)!, 3)),
  );
  expect(said(turned, "blocks.0.resid_post")).toContain(
    `attn_out, as a vector ${say(attention! / ffn!, 2).slice(1)} times as long as the FFN's part, is added to the stream`,
  );
  expect(said(turned, "blocks.0.attn_norm")).toMatch(/^Attention reads the stream through a norm/);
  expect(told(turned, "blocks.2.ffn_out").title).toBe("layer 2 · what the FFN adds by now");
});

test("a norm of what is no stream is not said to leave the stream as it was", () => {
  const payload = fake();
  const norm = payload.manifest.tensors.find(({ name }) => name === "blocks.0.ffn_norm")!;
  norm.rule!.of[0] = norm.inputs![0] = "blocks.0.attn_norm";
  const { title, text } = told(opened(payload), norm.name);
  expect(title).toBe("layer 0 · normalised on the way");
  expect(inWords(text)).toBe(
    "attn_norm is divided by its own size, times a learned gain: ffn_norm.",
  );
});

test("keys and values of another layer are told where they are read", () => {
  expect(said(borrowing, "blocks.1.scores")).toContain("Layer 1 reads k and v of layer 0.");
  expect(said(borrowing, "blocks.2.q")).toMatch(/^attn_norm and q as in layer 0/);
  expect(said(borrowing, "blocks.2.scores")).toContain("Layer 2 reads k of layer 0.");
  expect(said(borrowing, "blocks.2.z")).toContain("Layer 2 reads v of layer 0.");
});

test("FFNs of one layer are told apart, and weighed together where all is added", () => {
  const { attention, ffn } = writersOf(threefold, 0);
  const [one, both] = [attention, ffn].map((terms) => {
    const columns = terms.map((t) => columnOf(threefold, t, 3));
    return Math.hypot(...columns[0]!.map((_, i) => columns.reduce((sum, c) => sum + c[i]!, 0)));
  });
  expect(said(threefold, "blocks.0.resid_post")).toContain(
    `attn_out, ffn_out and more_out are added to the stream: resid_post. As a vector, the FFN's part is ${say(both! / one!, 2).slice(1)} times as long as attention's.`,
  );
  expect(said(threefold, "blocks.2.ffn_out")).toMatch(/^ffn_out, .* is still to be added\.$/);
});

test("what a layer forms otherwise than the first one is told, and nothing where it does not", () => {
  const other = /(?:Formed in another way than in|Not in|As in) layer \d: [^.]*\./g;
  const found: Record<string, string[]> = {
    [mixed.manifest.run]: [
      "Formed in another way than in layer 0: scores and ffn_post.",
      "Not in layer 0: heard.",
      "As in layer 1: scores.",
      "Formed in another way than in layer 0: ffn_post.",
    ],
    "alternating-relu2": [
      "Formed in another way than in layer 0: scores.",
      "As in layer 1: scores.",
    ],
    "first_dense-experts": [
      "Not in layer 0: router_scores, expert_index, expert_weight, shared_pre and shared_post.",
      "Formed in another way than in layer 0: ffn_pre, ffn_post and ffn_out.",
      "As in layer 1: router_scores, expert_index, expert_weight, ffn_pre, ffn_post, shared_pre and shared_post.",
      "As in layer 1: ffn_out.",
    ],
  };
  for (const { name, scene } of scenes) {
    const texts = stagesOf(scene).map(({ text }) => inWords(text));
    const told = texts.flatMap((text) => text.match(other) ?? []);
    expect(told, name).toEqual(found[name] ?? []);
  }
});

test("numbers that did not arrive are not told of", () => {
  const whole = fake("7*8=56$");
  const weightless = opened({ ...whole, weights: new Uint8Array(0) });
  for (const { title, text } of stagesOf(weightless))
    expect(`${title} ${inWords(text)}`).not.toMatch(/NaN|undefined|did not arrive/);
});

test("what was changed by hand is told where it is made, and what is empty is not compared", () => {
  const payload = fake("7*8=56$", { layers: 3, d: 8, heads: 2, ff: 16 });
  const { tensors } = payload.manifest;
  payload.manifest.edited = ["blocks.0.attn_out", "blocks.1.ffn_out"];
  for (const t of tensors) if (payload.manifest.edited.includes(t.name)) t.scale = 0;
  const scene = opened(payload);
  expect(said(scene, "blocks.0.attn_out")).toMatch(/ Changed by hand: attn_out\.$/);
  expect(said(scene, "blocks.1.ffn_out")).toMatch(/ Changed by hand: ffn_out\.$/);
  for (const { text } of stagesOf(scene)) expect(inWords(text)).not.toMatch(/NaN|∞|^ times as/);
});

// ---------------------------------------------------------------- the stream

test("a stream that is a sum is added up, one that is a mix is not said to be", () => {
  expect(said(small(), "blocks.0.resid_mid")).toMatch(/^attn_out is added to the stream/);
  for (const { scene } of fromPython.filter(({ name }) => name.includes("depth"))) {
    expect(said(scene, "blocks.0.resid_pre")).toMatch(/^embed \+ pos_embed begins the stream/);
    for (const state of ["resid_mid", "resid_post"])
      expect(said(scene, `blocks.0.${state}`)).toMatch(
        /^Not a plain sum: all that was written before is added up in the shares of its column/,
      );
  }
});

test("a reading that shares itself out says of what it reads most", () => {
  const { scene } = fromPython.find(({ name }) => name === "depth-relu2")!;
  const shares = scene.byName.get("blocks.0.depth_pattern_post")!;
  const row = columnOf(scene, shares, 3);
  const most = Math.max(...row);
  const source = sourceName(scene, shares, row.indexOf(most));
  expect(said(scene, shares.name)).toContain(
    `For token 3 "=" it reads most of ${source}: ${(100 * most).toFixed(1)}%.`,
  );
});

test("a token is said to go to the experts that the router chose", () => {
  const { scene } = fromPython.find(({ name }) => name === "latent-experts")!;
  const index = scene.byName.get("blocks.0.expert_index")!;
  expect(said(scene, index.name)).toContain(
    `Token 3 "=" goes to experts ${columnOf(scene, index, 3).join(" and ")}`,
  );
  expect(told(scene, "blocks.0.router_scores").title).toBe("layer 0 · a router scores the experts");
});

test("the digit that drops in is the most likely one", () => {
  const scene = small();
  const best = choice(scene, 3)!;
  const probs = scene.byName.get("probs")!;
  const all = [...Array(16).keys()].map((c) => read(scene, probs, 3 * 16 + c)!);
  expect(best.share).toBe(Math.max(...all));
  expect(scene.manifest.vocabulary.indexOf(best.token)).toBe(all.indexOf(best.share));
});

// ---------------------------------------------------------------- the picture

test("a ray through a cell's middle picks that cell, from in front and from the side", () => {
  const made = plan(small());
  const view = new View();
  view.resize(800, 500);
  for (const angles of [FRONT, { yaw: 0.5, pitch: 0.4 }]) {
    view.set(view.fit(made.bounds, angles));
    for (const box of made.boxes) {
      const [col, row] = [Math.floor(box.cols / 2), Math.floor(box.rows / 2)];
      const p = view.project(
        box.x + (col + 0.5) * box.cellW,
        box.y - (row + 0.5) * box.cellH,
        box.z + box.depth,
      );
      const hit = pick([box], view.ray(p.nx, p.ny))!;
      expect([hit.col, hit.row]).toEqual([col, row]);
    }
  }
  expect(heightOf(made.boxes[0]!)).toBeGreaterThan(0);
});

test("what was typed behind the = is no answer of the model", () => {
  const scene = { ...small("7*8=56"), given: 5 };
  const stages = stagesOf(scene);
  expect(stages[0]!.span).toEqual([0, 4]);
  expect(stages.filter(({ span }) => span[0] > 0).map(({ span }) => span)).toEqual([[5, 5]]);
});

test("a fitted rectangle lies above what stands on the foot of the canvas", () => {
  const view = new View();
  view.resize(900, 620);
  view.foot = 84;
  const { bounds } = plan(small());
  view.set(view.fit(bounds, { yaw: -0.25, pitch: -1 }));
  for (const [x, y] of cornersOf(bounds)) expect(view.project(x, y, 0).y).toBeLessThan(620 - 84);
});

test("a fitted rectangle lies inside the canvas", () => {
  const made = plan(small());
  const view = new View();
  view.resize(390, 600);
  view.set(view.fit(made.bounds));
  const { left, right, top, bottom } = made.bounds;
  for (const [x, y] of [
    [left, top],
    [right, bottom],
  ] as const) {
    const p = view.project(x, y, 0);
    expect(Math.max(Math.abs(p.nx), Math.abs(p.ny))).toBeLessThan(0.91);
  }
});

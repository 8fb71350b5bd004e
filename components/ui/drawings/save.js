// Saves what stands on the page above the button as SVG: charts of Vega, and drawings in shadow
// roots. A figure is copied as it looks now. SVG is cloned with the styles that CSS gave it; a
// canvas becomes an image; text and coloured boxes of HTML become text and rectangles.

const CHART = '[data-testid="stVegaLiteChart"]';
const DRAWING = '[data-testid="stBidiComponentIsolated"]';
const PLOTLY = '[data-testid="stPlotlyChart"]';
const PLOTLY_SAVES = '.modebar-btn[data-title^="Download plot"]'; // plotly draws its own file
const HEADING = '[data-testid="stMarkdown"] :is(h2, h3)';
const ROOM = 16; // around a figure
const LEFT_OUT = "button, input, details, style, script, template";

// What CSS can set of a shape. A child has its parent's value of these, if none of its own ...
const INHERITED = [
  "fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray",
  "stroke-linecap", "stroke-linejoin", "paint-order", "visibility", "font-family", "font-size",
  "font-style", "font-weight", "text-anchor", "dominant-baseline",
];
// ... and of these the usual one.
const USUAL = { opacity: "1", "vector-effect": "none" };

class Save {
  constructor(root) {
    this.root = root;
    root.querySelector("button").onclick = () => this.save();
  }

  load({ name }) {
    this.name = name;
  }

  dispose() {}

  save() {
    const [turned, flat] = parted(this.figures(), (figure) => figure.matches(PLOTLY));
    flat.map(picture_of).forEach((file, n) => download(`${this.name}-${n}.svg`, file));
    for (const figure of turned) figure.querySelector(PLOTLY_SAVES)?.click();
    const n = flat.length + turned.length;
    const saved = n === 1 ? "1 file saved" : `${n} files saved`;
    say(this.root.querySelector(".told"), n ? saved : "Nothing is drawn here yet");
  }

  // In the order of the page, from the last boundary before this button on.
  figures() {
    const host = this.root.getRootNode().host;
    const all = [...document.querySelectorAll([CHART, PLOTLY, DRAWING, HEADING])];
    const before = all.slice(0, all.indexOf(host));
    const begin = before.findLastIndex((e) => e.matches(HEADING) || e.shadowRoot?.querySelector(".save"));
    return before.slice(begin + 1).filter((e) => e.checkVisibility() && content(e).querySelector("svg, canvas"));
  }
}

export default mounted(Save, "save");

function parted(all, test) {
  return [all.filter(test), all.filter((one) => !test(one))];
}

function content(figure) {
  return figure.shadowRoot ?? figure;
}

// ---------------------------------------------------------------- one figure

// The text of a file: the figure on the page's own colour.
function picture_of(figure) {
  const { left, top, width, height } = figure.getBoundingClientRect();
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const sheet = { x: -ROOM, y: -ROOM, width: width + 2 * ROOM, height: height + 2 * ROOM };
  set(picture, { viewBox: Object.values(sheet).join(" "), width: sheet.width, height: sheet.height });
  const page = getComputedStyle(document.querySelector('[data-testid="stApp"]')).backgroundColor;
  draw(picture, "rect", { ...sheet, fill: plain(page) });
  const place = (box) => ({ x: box.left - left, y: box.top - top, width: box.width, height: box.height });
  for (const node of content(figure).childNodes) copy(node, picture, place);
  return new XMLSerializer().serializeToString(picture);
}

function copy(node, picture, place) {
  if (node.nodeType === Node.TEXT_NODE) return copy_text(node, picture, place);
  if (node.nodeType !== Node.ELEMENT_NODE || node.matches(LEFT_OUT)) return;
  const box = place(node.getBoundingClientRect());
  if (!node.checkVisibility({ visibilityProperty: true }) || box.width <= 1 || box.height <= 1) return;
  if (node instanceof SVGSVGElement) {
    picture.append(styled(node, box));
  } else if (node instanceof HTMLCanvasElement) {
    draw(picture, "image", { ...box, href: node.toDataURL() });
  } else {
    copy_box(node, picture, box);
    for (const child of node.childNodes) copy(child, picture, place);
  }
}

function copy_box(element, picture, box) {
  const look = getComputedStyle(element);
  const edge = parseFloat(look.borderTopWidth);
  const framed = edge && look.borderTopWidth === look.borderBottomWidth && look.borderTopWidth === look.borderLeftWidth;
  const [fill, stroke] = [plain(look.backgroundColor), framed ? plain(look.borderTopColor) : "none"];
  if (fill === "none" && stroke === "none") return;
  const inner = framed ? edge : 0;
  const [width, height] = [box.width - inner, box.height - inner];
  const round = parseFloat(look.borderTopLeftRadius) * (look.borderTopLeftRadius.endsWith("%") ? width / 100 : 1);
  draw(picture, "rect", {
    x: box.x + inner / 2, y: box.y + inner / 2, width, height, rx: round, fill, stroke,
    "stroke-width": edge, opacity: look.opacity,
  });
}

// ---------------------------------------------------------------- text

const brush = document.createElement("canvas").getContext("2d");

function copy_text(node, picture, place) {
  const look = getComputedStyle(node.parentElement ?? node.parentNode.host);
  brush.font = `${look.fontStyle} ${look.fontWeight} ${look.fontSize} ${look.fontFamily}`;
  for (const { text, box } of lines_of(node)) {
    const { x, y, width } = place(box);
    const shape = draw(picture, "text", {
      x, y: y + brush.measureText(text).fontBoundingBoxAscent, fill: plain(look.color), opacity: look.opacity,
      "font-family": look.fontFamily, "font-size": look.fontSize,
      "font-weight": look.fontWeight, "font-style": look.fontStyle,
    });
    shape.textContent = text;
    keep_length(shape, width);
  }
}

// A file carries no fonts: in another one the text is set as wide as it was here.
function keep_length(text, length) {
  if (length) set(text, { textLength: length.toFixed(2), lengthAdjust: "spacingAndGlyphs" });
}

// The words of a text by the lines on which the browser has set them.
function lines_of(node) {
  const lines = [];
  const range = document.createRange();
  for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    const box = range.getBoundingClientRect();
    const last = lines.at(-1);
    if (last && Math.abs(last.box.top - box.top) < 2) {
      last.text += ` ${word}`;
      last.box.width = box.right - last.box.left;
    } else if (box.width) {
      lines.push({ text: word, box });
    }
  }
  return lines;
}

// ---------------------------------------------------------------- shapes

// A clone that needs no style sheet.
function styled(svg, box) {
  const clone = svg.cloneNode(true);
  const [from, to] = [svg, clone].map((root) => [root, ...root.querySelectorAll("*")]);
  from.forEach((shape, i) => look_like(to[i], shape, shape === svg));
  if (!clone.hasAttribute("viewBox")) clone.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
  set(clone, { ...box, overflow: getComputedStyle(svg).overflow });
  return clone;
}

function look_like(clone, shape, outermost) {
  const look = getComputedStyle(shape);
  const above = getComputedStyle(shape.parentElement ?? shape.parentNode.host);
  for (const name of INHERITED) {
    const value = look.getPropertyValue(name);
    const same = !outermost && value === above.getPropertyValue(name);
    if (!same || clone.hasAttribute(name)) clone.setAttribute(name, plain(value));
  }
  for (const [name, usual] of Object.entries(USUAL)) {
    const value = look.getPropertyValue(name);
    if (value !== usual || clone.hasAttribute(name)) clone.setAttribute(name, value);
  }
  for (const name of ["class", "style", "tabindex", "display"]) clone.removeAttribute(name);
  if (look.display === "none") clone.setAttribute("display", "none");
  if (shape.localName === "text" && shape.textContent) keep_length(clone, shape.getComputedTextLength());
}

// A colour as every program reads it; what is no colour stays as it is.
function plain(value) {
  if (value === "rgba(0, 0, 0, 0)") return "none";
  const mixed = value.match(/^color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)(?: \/ ([\d.]+))?\)$/);
  if (!mixed) return value;
  const [red, green, blue] = mixed.slice(1, 4).map((part) => Math.round(255 * part));
  return mixed[4] ? `rgba(${red}, ${green}, ${blue}, ${mixed[4]})` : `rgb(${red}, ${green}, ${blue})`;
}

function download(name, text) {
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// A signal and its waves as clocks. A shift by s turns the clock of speed w by -w s, and the signal
// is drawn from the turned clocks: spectrum, turned and signal_of of lab/interp/fourier_shift.py.

const [MARGIN, TOP] = [26, 10];
const [PLOT, TRACK_Y] = [150, 192]; // height of the signal, and where the shift is set
const HEIGHT = 216;
const CURVE_POINTS = 8; // a sample
const FACE = 50; // radius of a clock
const STEP = 0.1;

class Waves {
  constructor(root) {
    this.part = (name) => root.querySelector(`.${name}`);
    this.picture = this.part("signal");
    this.watch = new ResizeObserver(() => this.data && this.draw());
    this.watch.observe(this.picture);
    this.build_signal();
  }

  dispose() {
    this.watch.disconnect();
    this.slide.dispose();
  }

  load(data) {
    if (data.digest === this.data?.digest) return;
    const before = this.data;
    this.data = data;
    const told = data.start !== before?.start || data.signal.length !== before?.signal.length;
    if (told && !this.slide.busy) this.shift = data.start;
    this.still = spectrum(data.signal);
    this.fit();
    this.picture.setAttribute("aria-label", data.alt);
    this.build_samples();
    this.build_row();
    this.draw();
  }

  // ------------------------------------------------------------ built once

  build_signal() {
    this.zero = draw(this.picture, "line", { class: "zero" });
    this.samples = draw(this.picture, "g", {});
    this.curve = draw(this.picture, "path", { class: "curve" });
    this.track = draw(this.picture, "line", { class: "track", y1: TRACK_Y, y2: TRACK_Y });
    this.moved = draw(this.picture, "line", { class: "moved", y1: TRACK_Y, y2: TRACK_Y });
    this.knob = draw(this.picture, "circle", {
      class: "knob", r: 9, cy: TRACK_Y, tabindex: 0, role: "slider", "aria-label": "Shift in samples",
      "aria-valuemin": 0,
    });
    this.label = draw(this.picture, "text", { class: "shift", y: TRACK_Y });
    this.slide = new Slide(this.knob, this.picture, {
      step: STEP,
      now: () => this.shift,
      bounds: () => [0, this.data.signal.length],
      unit: () => this.unit(),
      move: (shift) => {
        this.shift = shift;
        this.draw();
      },
      rest: () => {},
    });
  }

  build_samples() {
    this.samples.replaceChildren();
    const stem = (name) => ({
      line: draw(this.samples, "line", { class: `stem ${name}` }),
      dot: draw(this.samples, "circle", { class: `dot ${name}`, r: name === "ghost" ? 4 : 4.5 }),
    });
    this.ghosts = this.data.signal.map(() => stem("ghost"));
    this.stems = this.data.signal.map(() => stem("moved"));
  }

  // The waves that are no mirror image of another: k = 0 ... N/2.
  build_row() {
    const n = this.data.signal.length;
    this.clocks = [...Array(Math.floor(n / 2) + 1).keys()].map((k) => {
      const clock = make("div", "", "clock");
      const face = draw(clock, "svg", { class: "face", viewBox: "-55 -55 110 110" });
      draw(face, "circle", { class: "ring", r: FACE });
      const ghost = draw(face, "line", { class: "hand ghost" });
      const hand = draw(face, "line", { class: "hand moved" });
      const end = draw(face, "circle", { class: "end", r: 6 });
      const wave = draw(clock, "svg", { class: "wave", viewBox: "0 -12 100 24", preserveAspectRatio: "none" });
      const path = draw(wave, "path", {});
      const angle = make("span");
      clock.append(make("b", `k = ${k}`), angle);
      return { clock, ghost, hand, end, path, angle };
    });
    this.part("row").replaceChildren(...this.clocks.map(({ clock }) => clock));
  }

  // ------------------------------------------------------------ drawn at every move

  unit() {
    return (this.width - 2 * MARGIN) / this.data.signal.length;
  }

  x(sample) {
    return MARGIN + sample * this.unit();
  }

  y(value) {
    return TOP + (PLOT * (this.high - value)) / (this.high - this.low);
  }

  draw() {
    this.width = this.picture.clientWidth;
    if (!this.width) return;
    const { signal } = this.data;
    const waves = turned(this.still, this.shift);
    const again = signal.map((_, t) => value_at(waves, t));
    this.draw_signal(again, waves);
    this.draw_track();
    this.draw_clocks(waves);
    say(this.part("said"), this.reading());
  }

  // The same scale for every shift: the curve of the signal between its samples, and some room.
  fit() {
    const n = this.data.signal.length;
    const points = [...Array(CURVE_POINTS * n).keys()].map((i) => value_at(this.still, i / CURVE_POINTS));
    const room = 0.08 * (Math.max(...points, 0) - Math.min(...points, 0));
    [this.low, this.high] = [Math.min(...points, 0) - room, Math.max(...points, 0) + room];
  }

  draw_signal(again, waves) {
    const { signal } = this.data;
    const n = signal.length;
    this.picture.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    set(this.zero, { x1: this.x(-0.5), x2: this.x(n), y1: this.y(0), y2: this.y(0) });
    const place = ({ line, dot }, t, value) => {
      set(line, { x1: this.x(t), x2: this.x(t), y1: this.y(0), y2: this.y(value) });
      set(dot, { cx: this.x(t), cy: this.y(value), "data-value": value.toFixed(6) });
    };
    signal.forEach((value, t) => place(this.ghosts[t], t, value));
    again.forEach((value, t) => place(this.stems[t], t, value));
    const points = [...Array(CURVE_POINTS * n + 1).keys()].map((i) => i / CURVE_POINTS);
    this.curve.setAttribute("d", path(points.map((t) => [this.x(t), this.y(value_at(waves, t))])));
  }

  draw_track() {
    const n = this.data.signal.length;
    const x = this.x(this.shift);
    set(this.track, { x1: this.x(0), x2: this.x(n) });
    set(this.moved, { x1: this.x(0), x2: x });
    set(this.knob, {
      cx: x, "aria-valuemax": n, "aria-valuenow": this.shift.toFixed(1), "aria-valuetext": this.reading(),
    });
    const near_end = x > this.width - 90;
    set(this.label, { x: x + (near_end ? -15 : 15), "text-anchor": near_end ? "end" : "start" });
    this.label.textContent = `s = ${this.shift.toFixed(1)}`;
  }

  draw_clocks(waves) {
    const n = this.data.signal.length;
    const longest = Math.max(...this.still.map((wave) => Math.hypot(...wave)));
    this.clocks.forEach(({ ghost, hand, end, path: line, angle }, k) => {
      const to = ([x, y]) => [(FACE * x) / longest, (-FACE * y) / longest];
      const [[gx, gy], [x, y]] = [to(this.still[k]), to(waves[k])];
      set(ghost, { x2: gx, y2: gy });
      set(hand, { x2: x, y2: y });
      set(end, { cx: x, cy: y, "data-wave": waves[k].map((part) => part.toFixed(6)) });
      const points = [...Array(101).keys()].map((i) => [i, -11 * wave_at(waves[k], speed(k, n), (i * n) / 100) / longest]);
      line.setAttribute("d", path(points));
      angle.textContent = signed(-speed(k, n) * this.shift, 2);
    });
  }

  reading() {
    const n = this.data.signal.length;
    const fast = Math.floor((n - 1) / 2);
    const turn = (k) => `${signed(-speed(k, n) * this.shift, 2)}`;
    return (
      `Shifted by ${this.shift.toFixed(1)} of ${n} samples. In radians, wave 1 is turned by ` +
      `${turn(1)}, wave ${fast} by ${turn(fast)}.`
    );
  }
}

export default mounted(Waves, "waves");

// Radians a sample, signed: 2 pi k / N.
function speed(k, n) {
  return (2 * Math.PI * (2 * k < n ? k : k - n)) / n;
}

function spectrum(signal) {
  const n = signal.length;
  return signal.map((_, k) =>
    signal.reduce(
      ([x, y], value, t) => [x + value * Math.cos(speed(k, n) * t), y - value * Math.sin(speed(k, n) * t)],
      [0, 0],
    ),
  );
}

// Every wave turned by the angle -speed * by.
function turned(waves, by) {
  return waves.map(([x, y], k) => {
    const angle = -by * speed(k, waves.length);
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return [x * cos - y * sin, x * sin + y * cos];
  });
}

function wave_at([x, y], speed, t) {
  return x * Math.cos(speed * t) - y * Math.sin(speed * t);
}

// The signal at a place, of all its waves; between two samples as well.
function value_at(waves, t) {
  const n = waves.length;
  return waves.reduce((sum, wave, k) => sum + wave_at(wave, speed(k, n), t), 0) / n;
}

function path(points) {
  return `M${points.map(([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`).join("L")}`;
}

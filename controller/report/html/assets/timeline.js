
// The timeline: one row per host, its stages as bars in wall-clock time. The gaps
// between them are drawn, too: there a host settles or waits for its turn.
const rowHeight = 22;
const rowsOfTimes = 30;
let timesShown = rowsOfTimes;
const letters = ["D", "C", "R", "V"];

function spans(h) {
  let end = 0;
  let waiting = 0;
  let from = Infinity;
  const bars = [];
  for (const s of h.stages) {
    if (end && s.from > end) {
      waiting += s.from - end;
      bars.push({ kind: -1, from: end, ms: s.from - end });
    }
    bars.push(s);
    from = Math.min(from, s.from);
    end = Math.max(end, s.from + s.ms);
  }
  if (end && h.waited > waiting) { // for the verdict
    bars.push({ kind: -1, from: end, ms: h.waited - waiting });
    end += h.waited - waiting;
    waiting = h.waited;
  }
  return { bars, waiting, from, end };
}

function barName(b) {
  if (b.kind < 0) return "waiting, " + took(b.ms);
  return index.stages[b.kind] + (b.failed ? " (failed)" : "") + ", " + took(b.ms);
}

function drawBars(svg, span, from, to, y) {
  const whole = Math.max(to - from, 1);
  const percent = (ms) => (100 * ms) / whole;
  for (const b of span.bars) {
    const x = percent(b.from - from);
    const width = Math.max(percent(b.ms), 0.2);
    const kind = b.kind < 0 ? "waiting" : index.stages[b.kind];
    const high = b.kind < 0 ? 4 : rowHeight - 6;
    svg.append(draw("rect", {
      x: x + "%", y: y + (rowHeight - high) / 2, width: width + "%", height: high, rx: b.kind < 0 ? 0 : 2,
      class: "stage " + kind + (b.failed ? " failed" : ""),
    }, draw("title", {}, barName(b))));
    if (b.kind >= 0 && width > 2.5) {
      svg.append(draw("text", { x: x + 0.6 + "%", y: y + rowHeight / 2 + 4, class: "letter" }, (b.failed ? "×" : "") + letters[b.kind]));
    }
  }
}

function axis(from, to) {
  const svg = draw("svg", { class: "axis", height: 18, width: "100%", "aria-hidden": "true" });
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    svg.append(draw("text", { x: part * 100 + "%", y: 13, "text-anchor": part === 0 ? "start" : part === 1 ? "end" : "middle" },
      part === 0 ? "0" : "+" + took(Math.round(part * (to - from)))));
  }
  return svg;
}

function grid(svg, height) {
  for (const part of [0.25, 0.5, 0.75]) {
    svg.append(draw("line", { x1: part * 100 + "%", x2: part * 100 + "%", y1: 0, y2: height, class: "grid" }));
  }
}

function timeOf(h) {
  const span = spans(h);
  return { h, span, ms: h.stages.reduce((sum, s) => sum + s.ms, 0) };
}

const orders = {
  long: (a, b) => b.ms - a.ms || a.h.at - b.h.at,
  bad: (a, b) => a.h.outcome - b.h.outcome || b.ms - a.ms || a.h.at - b.h.at,
  wait: (a, b) => b.span.waiting - a.span.waiting || b.ms - a.ms || a.h.at - b.h.at,
  begun: (a, b) => a.span.from - b.span.from || a.h.at - b.h.at,
};

function drawTimes() {
  const timed = shown.filter((h) => h.stages.length).map(timeOf).sort(orders[$("order").value]);
  const list = timed.slice(0, timesShown);
  const place = $("timeline");
  $("times-more").hidden = timed.length <= timesShown;
  $("times-shown").textContent = timed.length > timesShown ? "The first " + list.length + " of " + timed.length + "." : "";
  if (!list.length) {
    place.replaceChildren(make("p", {}, "No stage began on these hosts."));
    return;
  }
  let from = index.started > 0 ? index.started : list[0].span.from;
  let to = from + 1;
  for (const t of list) {
    from = Math.min(from, t.span.from);
    to = Math.max(to, t.span.end);
  }
  const height = list.length * rowHeight;
  const svg = draw("svg", { width: "100%", height, role: "img", "aria-label": "Stages of " + count(list.length, "host") + " in wall-clock time; the list beside it has the duration of each" });
  grid(svg, height);
  list.forEach((t, i) => drawBars(svg, t.span, from, to, i * rowHeight));
  place.replaceChildren(make("div", { class: "times" },
    make("ol", { class: "rows" }, list.map((t) => make("li", {},
      mark(t.h.outcome), make("a", { href: hostLink(t.h.name) }, t.h.name),
      make("span", { class: "ms" }, took(t.ms)),
      t.span.waiting ? make("span", { class: "sr" }, ", and waited " + took(t.span.waiting)) : null))),
    make("div", { class: "plot" }, svg, axis(from, to))));
}

function legend() {
  return [...index.stages.map((name, i) => make("span", { class: "key" }, make("span", { class: "swatch " + name, "aria-hidden": "true" }, letters[i]), " " + name)),
    make("span", { class: "key" }, make("span", { class: "swatch waiting", "aria-hidden": "true" }), " waiting")];
}

function drawTimeControls() {
  $("legend").replaceChildren(...legend());
  $("order").addEventListener("change", () => { timesShown = rowsOfTimes; drawTimes(); });
  $("times-more").addEventListener("click", () => {
    const before = timesShown;
    timesShown += 100;
    drawTimes();
    const next = $("timeline").querySelectorAll("li a")[before];
    if (next) next.focus();
  });
}

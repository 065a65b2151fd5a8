// The page shows output of hosts. Text enters the document only as text nodes and
// attribute values, never as markup.
const $ = (id) => document.getElementById(id);
const index = JSON.parse($("index").textContent);

// make builds an element with attributes, listeners ("on" and the event) and children,
// which are elements or texts; null ones are skipped.
function make(tag, attributes, ...children) {
  const e = document.createElement(tag);
  fill(e, attributes, children);
  return e;
}

function fill(e, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else e.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    e.append(child);
  }
}

function draw(tag, attributes, ...children) {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(e, attributes, children);
  return e;
}

const hosts = index.hosts.map(([name, address, outcome, reason, findings, ms, fold, interrupted, waived, cloud], at) => ({
  name, address, outcome, findings, ms, fold, interrupted, at,
  reason: index.reasons[reason],
  cloud: index.clouds[cloud] || "",
  ids: [...findings, ...waived].map((f) => index.findings[f]),
  waived: waived.map((f) => index.findings[f]),
  block: -1, place: 0, severities: 0, stages: [],
}));
const byName = new Map(hosts.map((h) => [h.name, h]));

// Every block has a row of times for each of its hosts, in the order of the index.
let blocks = 0;
for (let at = 0, rows; (rows = $("times-" + blocks)); blocks++) {
  JSON.parse(rows.textContent).forEach((row, place) => {
    const h = hosts[at++];
    if (!h) return;
    h.block = blocks;
    h.place = place;
    h.severities = row[0];
    for (let i = 1; i + 2 < row.length; i += 3) {
      h.stages.push({ kind: row[i] >> 1, failed: row[i] % 2 === 1, from: row[i + 1], ms: row[i + 2] });
    }
  });
}

// A few blocks stay unpacked: a person goes back and forth between some hosts.
const unpacked = new Map();
function block(number) {
  if (!unpacked.has(number)) {
    unpacked.set(number, unpack(number));
    if (unpacked.size > 6) unpacked.delete(unpacked.keys().next().value);
  }
  return unpacked.get(number);
}

async function unpack(number) {
  if (typeof DecompressionStream === "undefined") throw new Error("this browser has no DecompressionStream, which the page needs to unpack hosts");
  const packed = Uint8Array.from(atob($("pages-" + number).textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const content = JSON.parse(await new Response(stream).text());
  const texts = [""];
  content.refs.forEach((ref, i) => { texts[ref] = content.texts[i]; });
  return { hosts: content.hosts, text: (ref) => texts[ref] || "" };
}

// say announces a text to screen readers.
function say(text) { $("said").textContent = text; }

function count(n, one, many) { return n + " " + (n === 1 ? one : many || one + "s"); }

function took(ms) {
  if (ms < 1000) return ms + " ms";
  const s = ms / 1000;
  if (s < 60) return (s < 10 ? s.toFixed(1) : Math.round(s)) + " s";
  const whole = Math.round(s);
  if (whole < 3600) return Math.floor(whole / 60) + " min " + (whole % 60) + " s";
  return Math.floor(whole / 3600) + " h " + Math.floor((whole % 3600) / 60) + " min";
}

function clock(ms) {
  return ms ? new Date(ms).toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC") : "never";
}

function mark(outcome) {
  return make("span", { class: "mark " + index.outcomes[outcome], "aria-hidden": "true" }, index.marks[outcome]);
}

function hostLink(name) { return "#/host/" + encodeURIComponent(name); }

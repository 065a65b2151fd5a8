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

// How a host fares beside the run before, by its number in the index.
const turns = ["", "worse", "better", "first"];

const hosts = index.hosts.map(([name, address, outcome, reason, findings, ms, fold, interrupted, waived, cloud, groups, turn, was, appeared], at) => ({
  name, address, outcome, findings, ms, fold, at,
  interrupted: interrupted === 1,
  reason: index.reasons[reason],
  cloud: index.clouds[cloud] || "",
  ids: [...findings, ...waived].map((f) => index.findings[f]),
  waived: waived.map((f) => index.findings[f]),
  groups: (groups || []).map((g) => index.groups[g]),
  turn: turns[turn || 0],
  was: was >= 0 && was !== outcome ? index.outcomes[was] : "",
  appeared: (appeared || []).map((f) => index.findings[f]),
  block: -1, place: 0, severities: 0, brief: "", waited: 0, stages: [],
}));
const byName = new Map(hosts.map((h) => [h.name, h]));

// Every block has a row for each of its hosts, in the order of the index.
let blocks = 0;
for (let at = 0, rows; (rows = $("rows-" + blocks)); blocks++) {
  const part = JSON.parse(rows.textContent);
  part.hosts.forEach((row, place) => {
    const h = hosts[at++];
    if (!h) return;
    h.block = blocks;
    h.place = place;
    [h.severities, , h.waited] = row;
    h.brief = row[1] ? part.facts[row[1] - 1] : "";
    for (let i = 3; i + 2 < row.length; i += 3) {
      h.stages.push({ kind: row[i] >> 1, failed: row[i] % 2 === 1, from: row[i + 1] + Math.max(index.started, 0), ms: row[i + 2] });
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
  return ms ? new Date(ms).toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC") + local(ms) : "never";
}

// local is a time in the reader's zone, with the day where that is another one; "" where the
// zone is UTC.
function local(ms) {
  const ahead = -new Date(ms).getTimezoneOffset();
  if (!ahead) return "";
  const [day, time] = new Date(ms + ahead * 60000).toISOString().slice(0, 19).split("T");
  const two = (n) => String(n).padStart(2, "0");
  const zone = "UTC" + (ahead < 0 ? "−" : "+") + two(Math.floor(Math.abs(ahead) / 60)) + ":" + two(Math.abs(ahead) % 60);
  return " (" + (new Date(ms).toISOString().startsWith(day) ? "" : day + " ") + time + " " + zone + ")";
}

function mark(outcome) {
  return make("span", { class: "mark " + index.outcomes[outcome], "aria-hidden": "true" }, index.marks[outcome]);
}

// hostLink leads to a host, or to a part of its page.
function hostLink(name, ...part) { return "#/host/" + [name, ...part].map(encodeURIComponent).join("/"); }

// compact writes the names of hosts as ranges, as far as a cell has room.
function compact(names) {
  const numbers = new Map();
  const words = [];
  for (const name of names) {
    const m = /^(.*?)(\d{1,9})(\D*)$/.exec(name);
    if (!m) {
      words.push(name);
      continue;
    }
    const key = JSON.stringify([m[1], m[3], m[2].length]);
    if (!numbers.has(key)) numbers.set(key, []);
    numbers.get(key).push(Number(m[2]));
  }
  for (const [key, list] of numbers) {
    const [before, after, width] = JSON.parse(key);
    const digits = (n) => String(n).padStart(width, "0");
    const parts = [];
    list.sort((a, b) => a - b);
    for (let i = 0, j; i < list.length; i = j + 1) {
      for (j = i; j + 1 < list.length && list[j + 1] <= list[j] + 1;) j++;
      parts.push(digits(list[i]) + (list[j] > list[i] ? "-" + digits(list[j]) : ""));
    }
    words.push(before + (list.length > 1 ? "[" + parts.join(",") + "]" : parts[0]) + after);
  }
  const text = words.sort().join(" ");
  return text.length > 200 ? text.slice(0, 200).replace(/[^, ]*$/, "") + "…" : text;
}

// worked is the time of a host's stages, without its waiting for others and for its turn.
function worked(h) { return Math.max(0, h.ms - h.waited); }

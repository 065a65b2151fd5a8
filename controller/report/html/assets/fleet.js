
// The filters, as written in the fragment: #/?q=...&outcome=a,b&...
const asked = { q: "", outcome: new Set(), finding: "", severity: "", fold: "" };
let shown = hosts;

function readAsked(query) {
  const p = new URLSearchParams(query);
  asked.q = p.get("q") || "";
  asked.outcome = new Set((p.get("outcome") || "").split(",").filter((o) => index.outcomes.includes(o)));
  asked.finding = p.get("finding") || "";
  asked.severity = p.get("severity") || "";
  asked.fold = p.get("fold") || "";
}

function writeAsked() {
  const p = new URLSearchParams();
  if (asked.q) p.set("q", asked.q);
  if (asked.outcome.size) p.set("outcome", [...asked.outcome].join(","));
  for (const name of ["finding", "severity", "fold"]) if (asked[name]) p.set(name, asked[name]);
  const query = p.toString();
  return query ? "#/?" + query : "#/";
}

// A search matches a host if its row in the list contains every word.
const searched = hosts.map((h) => [h.name, h.address, h.reason, h.cloud, ...h.ids].join("\n").toLowerCase());

function matching() {
  const words = asked.q.toLowerCase().split(/\s+/).filter(Boolean);
  const outcomes = new Set([...asked.outcome].map((o) => index.outcomes.indexOf(o)));
  const severity = asked.severity ? 1 << index.severities.indexOf(asked.severity) : 0;
  return hosts.filter((h) =>
    (!outcomes.size || outcomes.has(h.outcome)) &&
    (!asked.finding || h.ids.includes(asked.finding)) &&
    (!severity || (h.severities & severity) !== 0) &&
    (!asked.fold || String(h.fold) === asked.fold) &&
    words.every((w) => searched[h.at].includes(w)));
}

const tallies = index.outcomes.map(() => 0);
for (const h of hosts) tallies[h.outcome]++;

function drawCounts() {
  $("counts").replaceChildren(...index.outcomes.map((name, o) => make("li", {},
    make("button", {
      type: "button", class: "count" + (tallies[o] ? "" : " none"), "data-outcome": name, disabled: !tallies[o],
      "aria-pressed": "false", onclick: () => toggleOutcome(name),
    }, mark(o), " ", make("b", {}, String(tallies[o])), " " + name))));
  $("bar").replaceChildren(...index.outcomes.map((name, o) => {
    if (!tallies[o]) return "";
    const part = make("span", { class: name });
    part.style.flexGrow = tallies[o];
    return part;
  }));
}

function toggleOutcome(name) {
  if (!asked.outcome.delete(name)) asked.outcome.add(name);
  ask();
}

// ask applies the filters and writes them into the fragment, without a history entry
// per typed letter.
function ask() {
  const to = writeAsked();
  try {
    history.replaceState(null, "", to);
  } catch {
    location.replace(to);
  }
  showFleet();
}

function drawFilters() {
  const ids = [...new Set(hosts.flatMap((h) => h.ids))].sort();
  $("finding").replaceChildren(make("option", { value: "" }, "any"), ...ids.map((id) => make("option", { value: id }, id)));
  $("severity").replaceChildren(make("option", { value: "" }, "any"), ...index.severities.map((s) => make("option", { value: s }, s)));
  $("q").addEventListener("input", () => { asked.q = $("q").value; ask(); });
  $("finding").addEventListener("change", () => { asked.finding = $("finding").value; ask(); });
  $("severity").addEventListener("change", () => { asked.severity = $("severity").value; ask(); });
  $("clear").addEventListener("click", () => { readAsked(""); ask(); $("q").focus(); });
}

// The map: one tab stop, arrow keys inside.
let stop = null;
function drawMap() {
  const map = $("map");
  map.className = hosts.length > 2000 ? "small" : hosts.length > 150 ? "middle" : "large";
  map.replaceChildren(...hosts.map((h) => make("a", {
    href: hostLink(h.name), class: "cell " + index.outcomes[h.outcome], tabindex: "-1",
    "aria-label": h.name + ", " + index.outcomes[h.outcome],
  }, index.marks[h.outcome])));
  map.addEventListener("keydown", moveInMap);
  map.addEventListener("focusin", (e) => { stopAt(e.target); point(e.target); });
  map.addEventListener("mouseover", (e) => point(e.target));
}

function point(cell) {
  const at = [].indexOf.call($("map").children, cell);
  if (at < 0) return;
  const h = hosts[at];
  cell.title = h.name + ", " + index.outcomes[h.outcome];
  $("pointed").textContent = h.name + "  " + index.outcomes[h.outcome] + (h.reason ? "  " + h.reason : "");
}

// Filtered cells are skipped; up and down go to the nearest cell in the next row.
function moveInMap(e) {
  const cells = mapCells();
  const from = cells.indexOf(document.activeElement);
  if (from < 0) return;
  const to = { ArrowRight: cells[from + 1], ArrowLeft: cells[from - 1], Home: cells[0], End: cells[cells.length - 1],
    ArrowDown: e.key === "ArrowDown" && beyond(cells, cells[from], 1), ArrowUp: e.key === "ArrowUp" && beyond(cells, cells[from], -1) };
  if (!(e.key in to)) return;
  e.preventDefault();
  if (!to[e.key]) return;
  stopAt(to[e.key]);
  to[e.key].focus();
}

function mapCells() { return [...$("map").children].filter((c) => !c.classList.contains("off")); }

function beyond(cells, from, way) {
  let best = null;
  for (const c of cells) {
    const down = (c.offsetTop - from.offsetTop) * way;
    if (down <= 0) continue;
    const far = down * 1e5 + Math.abs(c.offsetLeft - from.offsetLeft);
    if (!best || far < best.far) best = { c, far };
  }
  return best && best.c;
}

// stopAt makes a cell the map's tab stop.
function stopAt(cell) {
  if (stop) stop.tabIndex = -1;
  stop = cell;
  if (stop) stop.tabIndex = 0;
}

// The list: a page of rows at a time, the worst first.
const rowsAtOnce = 50;
let rowsShown = rowsAtOnce;

function row(h) {
  return make("tr", {},
    make("td", { class: "nowrap" }, mark(h.outcome), " ", make("span", { class: "word" }, index.outcomes[h.outcome])),
    make("th", { scope: "row" }, make("a", { href: hostLink(h.name) }, h.name), h.interrupted && make("span", { class: "tag" }, "unfinished")),
    make("td", { class: "mono extra" }, h.address),
    index.clouds.length > 0 && make("td", { class: "extra nowrap" }, h.cloud),
    make("td", { class: "extra" }, h.ids.map((id) => make("span", { class: "chip" }, id + (h.waived.includes(id) ? " (waived)" : "")))),
    make("td", { class: "wide" }, h.reason),
    make("td", { class: "num extra nowrap" }, took(h.ms)));
}

function drawRows() {
  const list = [...shown].sort((a, b) => a.outcome - b.outcome || a.at - b.at);
  const n = Math.min(rowsShown, list.length);
  $("rows").replaceChildren(...list.slice(0, n).map(row));
  $("rows-shown").textContent = n < list.length ? "The first " + n + " of " + list.length + "." : "";
  $("rows-more").hidden = n >= list.length;
}

function moreRows() {
  const before = rowsShown;
  rowsShown += 4 * rowsAtOnce;
  drawRows();
  const next = $("rows").rows[before];
  if (next) next.querySelector("a").focus();
}

// On paper no button works: print the hosts with trouble, up to a readable number.
function drawForPrint() {
  const kept = shown;
  shown = shown.filter((h) => index.outcomes[h.outcome] !== "healthy" && index.outcomes[h.outcome] !== "recovered");
  const on = shown.length;
  const limit = rowsShown;
  rowsShown = 1000;
  drawRows();
  rowsShown = limit;
  $("hosts-title").textContent = "Hosts with trouble (" + on + ")";
  shown = kept;
}

function showFleet() {
  shown = matching();
  rowsShown = rowsAtOnce;
  if ($("q").value !== asked.q) $("q").value = asked.q;
  $("finding").value = asked.finding;
  $("severity").value = asked.severity;
  for (const b of $("counts").querySelectorAll("button")) {
    b.setAttribute("aria-pressed", asked.outcome.has(b.dataset.outcome) ? "true" : "false");
  }
  const on = new Set(shown.map((h) => h.at));
  const cells = $("map").children;
  for (let i = 0; i < cells.length; i++) cells[i].classList.toggle("off", !on.has(i));
  if (!stop || stop.classList.contains("off")) stopAt(mapCells()[0] || null);
  const text = shown.length === hosts.length ? count(hosts.length, "host") : shown.length + " of " + count(hosts.length, "host");
  const diagnosis = asked.fold ? " with one diagnosis" : "";
  $("count").textContent = text + diagnosis;
  $("clear").disabled = writeAsked() === "#/";
  $("hosts-title").textContent = "Hosts";
  say(text + diagnosis);
  drawRows();
  drawTimes();
}

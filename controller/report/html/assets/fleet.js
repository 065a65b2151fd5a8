
// The filters, as written in the fragment: #/?q=...&outcome=a,b&...
const plainFilters = ["finding", "severity", "fold", "group", "since", "by"];
const asked = { q: "", outcome: new Set(), finding: "", severity: "", fold: "", group: "", since: "", by: "" };
let shown = hosts;

function readAsked(query) {
  const p = new URLSearchParams(query);
  asked.q = p.get("q") || "";
  asked.outcome = new Set((p.get("outcome") || "").split(",").filter((o) => index.outcomes.includes(o)));
  for (const name of plainFilters) asked[name] = p.get(name) || "";
}

function writeAsked() {
  const p = new URLSearchParams();
  if (asked.q) p.set("q", asked.q);
  if (asked.outcome.size) p.set("outcome", [...asked.outcome].join(","));
  for (const name of plainFilters) if (asked[name]) p.set(name, asked[name]);
  const query = p.toString();
  return query ? "#/?" + query : "#/";
}

// A search matches a host if its row in the list contains every word.
const searched = hosts.map((h) => [h.name, h.address, h.reason, h.cloud, h.brief, ...h.groups, ...h.ids].join("\n").toLowerCase());

function matching() {
  const words = asked.q.toLowerCase().split(/\s+/).filter(Boolean);
  const outcomes = new Set([...asked.outcome].map((o) => index.outcomes.indexOf(o)));
  const severity = asked.severity ? 1 << index.severities.indexOf(asked.severity) : 0;
  return hosts.filter((h) =>
    (!outcomes.size || outcomes.has(h.outcome)) &&
    (!asked.finding || h.ids.includes(asked.finding)) &&
    (!severity || (h.severities & severity) !== 0) &&
    (!asked.fold || String(h.fold) === asked.fold) &&
    (!asked.group || h.groups.includes(asked.group)) &&
    (!asked.since || h.turn === asked.since) &&
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

function options(id, list) {
  $(id).replaceChildren(make("option", { value: "" }, "any"), ...list.map((one) => make("option", { value: one }, one)));
}

function drawFilters() {
  options("finding", [...new Set(hosts.flatMap((h) => h.ids))].sort());
  options("severity", index.severities);
  options("group", [...index.groups].sort());
  $("group-label").hidden = $("by-label").hidden = !index.groups.length;
  $("since-label").hidden = !index.compared;
  $("q").addEventListener("input", () => { asked.q = $("q").value; ask(); });
  for (const name of ["finding", "severity", "group", "since"]) $(name).addEventListener("change", () => { asked[name] = $(name).value; ask(); });
  $("by").addEventListener("change", () => { asked.by = $("by").value === mapDefault ? "" : $("by").value; ask(); });
  $("clear").addEventListener("click", () => { readAsked(""); ask(); $("q").focus(); });
}

// The map: one tab stop, arrow keys inside. Its cells are in the order of the hosts, or by group.
let stop = null;
let cells = [];
let mapOrder = [];
let mappedBy = "";
const blocksByGroup = new Set(hosts.map((h) => h.groups[0])).size;
const mapDefault = blocksByGroup > 1 && blocksByGroup <= 12 ? "group" : "one";
const cellHosts = new WeakMap();

function drawMap() {
  const map = $("map");
  map.className = hosts.length > 2000 ? "small" : hosts.length > 150 ? "middle" : "large";
  cells = hosts.map((h) => make("a", {
    href: hostLink(h.name), class: "cell " + index.outcomes[h.outcome] + (h.turn === "worse" ? " turned" : ""), tabindex: "-1",
    "aria-label": h.name + ", " + index.outcomes[h.outcome] + (h.turn === "worse" ? ", worse than before" : ""),
  }, index.marks[h.outcome]));
  cells.forEach((cell, at) => cellHosts.set(cell, hosts[at]));
  map.addEventListener("keydown", moveInMap);
  map.addEventListener("focusin", (e) => { stopAt(e.target); point(e.target); });
  map.addEventListener("mouseover", (e) => point(e.target));
}

// layMap puts the cells into one block, or each into that of the first group of its host.
function layMap() {
  const by = asked.by || mapDefault;
  if (mappedBy === by) return;
  mappedBy = by;
  if (by !== "group") {
    mapOrder = cells;
    $("map").replaceChildren(make("div", { class: "block" }, cells));
    return;
  }
  const groups = new Map();
  for (const h of hosts) {
    const name = h.groups[0] || "";
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(h);
  }
  const names = [...groups.keys()].sort((a, b) => (a === "") - (b === "") || (a < b ? -1 : 1));
  mapOrder = names.flatMap((name) => groups.get(name).map((h) => cells[h.at]));
  $("map").replaceChildren(...names.map((name) => make("div", { class: "block", "data-group": name },
    make("h3", { class: "block-title" }, name || "no group", " ", make("span", { class: "faint" }, blockCounts(groups.get(name)))),
    groups.get(name).map((h) => cells[h.at]))));
}

// blockCounts counts the hosts of a block, and those that are not well by outcome.
function blockCounts(list) {
  const ill = index.outcomes.map((name, o) => [list.filter((h) => h.outcome === o).length, name])
    .filter(([n, name]) => n && !["undone", "recovered", "healthy"].includes(name));
  return count(list.length, "host") + (ill.length ? ": " + ill.map(([n, name]) => n + " " + name).join(", ") : "");
}

function point(cell) {
  const h = cellHosts.get(cell);
  if (!h) return;
  cell.title = h.name + ", " + index.outcomes[h.outcome];
  $("pointed").textContent = [h.name, index.outcomes[h.outcome] + (h.was ? " (was " + h.was + ")" : ""), h.groups.join(", "), h.reason || h.brief].filter(Boolean).join("  ");
}

// Filtered cells are skipped; up and down go to the nearest cell in the next row.
function moveInMap(e) {
  const list = mapCells();
  const from = list.indexOf(document.activeElement);
  if (from < 0) return;
  const to = { ArrowRight: list[from + 1], ArrowLeft: list[from - 1], Home: list[0], End: list[list.length - 1],
    ArrowDown: e.key === "ArrowDown" && beyond(list, list[from], 1), ArrowUp: e.key === "ArrowUp" && beyond(list, list[from], -1) };
  if (!(e.key in to)) return;
  e.preventDefault();
  if (!to[e.key]) return;
  stopAt(to[e.key]);
  to[e.key].focus();
}

function mapCells() { return mapOrder.filter((c) => !c.classList.contains("off")); }

function beyond(list, from, way) {
  let best = null;
  for (const c of list) {
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
  const chip = (id) => make("span", { class: "chip" + (h.appeared.includes(id) ? " new" : "") },
    (h.appeared.includes(id) ? "new: " : "") + id + (h.waived.includes(id) ? " (waived)" : ""));
  return make("tr", {},
    make("td", { class: "nowrap" }, mark(h.outcome), " ", make("span", { class: "word" }, index.outcomes[h.outcome]),
      h.was && make("div", { class: "faint was" }, "was " + h.was)),
    make("th", { scope: "row" }, make("a", { href: hostLink(h.name) }, h.name), h.interrupted && make("span", { class: "tag" }, "unfinished"),
      h.groups.length > 0 && make("div", { class: "faint groups" }, h.groups.join(", "))),
    make("td", { class: "mono extra" }, h.address),
    index.clouds.length > 0 && make("td", { class: "extra nowrap" }, h.cloud),
    make("td", { class: "extra" }, h.ids.map(chip)),
    make("td", { class: "wide" }, h.reason, (h.brief || h.cloud) && make("div", { class: "faint brief" }, h.brief,
      h.cloud && make("span", { class: "narrow" }, (h.brief ? " · " : "") + "cloud " + h.cloud))),
    make("td", { class: "num extra nowrap" }, took(worked(h)), h.waited >= 1000 && make("div", { class: "faint" }, "+ " + took(h.waited) + " waiting")));
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

// The tables of diagnoses and findings, narrowed to the hosts that are shown. Their rows are
// those of the whole run as the page has them.
const whole = new Map();

function narrow(table, hostsOf, about) {
  if (!$(table)) return;
  let rows = 0;
  for (const tr of $(table).tBodies[0].rows) {
    const link = tr.querySelector("td.num a");
    const names = tr.querySelector("td.names");
    if (!whole.has(tr)) whole.set(tr, { count: link.textContent, names: names.textContent, label: link.getAttribute("aria-label") });
    const here = hostsOf(tr);
    const all = whole.get(tr);
    const less = shown.length < hosts.length && String(here.length) !== all.count;
    tr.hidden = shown.length < hosts.length && !here.length;
    if (!tr.hidden) rows++;
    link.textContent = less ? here.length + " of " + all.count : all.count;
    link.setAttribute("aria-label", all.label + (less ? ", " + here.length + " of them shown" : ""));
    names.textContent = less ? compact(here.map((h) => h.name)) : all.names;
    const command = tr.querySelector(".copied .command");
    if (!command || command.closest("details")) continue;
    if (!all.note) {
      all.note = make("p", { class: "cut" }, "The command is about all hosts of the diagnosis, not only those that are shown.");
      command.closest("td").append(all.note);
    }
    all.note.hidden = !less;
  }
  const note = $(table).closest("section").querySelector(".filtered");
  note.hidden = shown.length === hosts.length;
  note.textContent = count(rows, about, about === "diagnosis" ? "diagnoses" : null) + " of " + (shown.length === 1 ? "the host" : "the " + shown.length + " hosts") + " that the filter shows.";
}

function narrowTables() {
  const byFold = new Map();
  const byFinding = new Map();
  const add = (map, key, h) => { map.has(key) ? map.get(key).push(h) : map.set(key, [h]); };
  for (const h of shown) {
    add(byFold, String(h.fold), h);
    for (const id of new Set(h.ids)) add(byFinding, id, h);
  }
  narrow("folds", (tr) => byFold.get(tr.dataset.fold) || [], "diagnosis");
  narrow("findings", (tr) => byFinding.get(tr.dataset.finding) || [], "finding");
}

function showFleet() {
  shown = matching();
  rowsShown = rowsAtOnce;
  layMap();
  if ($("q").value !== asked.q) $("q").value = asked.q;
  for (const name of ["finding", "severity", "group", "since"]) $(name).value = asked[name];
  $("by").value = asked.by || mapDefault;
  for (const b of $("counts").querySelectorAll("button")) {
    b.setAttribute("aria-pressed", asked.outcome.has(b.dataset.outcome) ? "true" : "false");
  }
  const on = new Set(shown.map((h) => h.at));
  for (let i = 0; i < cells.length; i++) cells[i].classList.toggle("off", !on.has(i));
  for (const block of $("map").children) block.hidden = !block.querySelector(".cell:not(.off)") && shown.length > 0;
  if (!stop || stop.classList.contains("off")) stopAt(mapCells()[0] || null);
  const text = shown.length === hosts.length ? count(hosts.length, "host") : shown.length + " of " + count(hosts.length, "host");
  const diagnosis = asked.fold ? " with one diagnosis" : "";
  $("count").textContent = text + diagnosis;
  $("clear").disabled = writeAsked() === "#/";
  $("hosts-title").textContent = "Hosts";
  say(text + diagnosis);
  narrowTables();
  drawRows();
  drawTimes();
}

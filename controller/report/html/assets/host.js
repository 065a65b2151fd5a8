
// The view of one host. Its content is in the host's block, unpacked on demand.
let wanted = "";

async function showHost(name, target) {
  wanted = name;
  const place = $("host");
  const h = byName.get(name);
  document.title = "aixmend: " + name;
  if (!h) {
    place.replaceChildren(hostTop(null, name), make("p", { class: "notice" }, "This run has no host with that name."));
    $("host-title").focus();
    return;
  }
  place.replaceChildren(hostTop(h, name));
  $("host-title").focus({ preventScroll: true });
  scrollTo(0, 0);
  try {
    const content = h.block < 0 ? null : await block(h.block);
    if (wanted !== name) return;
    if (content) place.append(...hostBody(h, content.hosts[h.place], content.text));
    if (target) showPart(place, target);
  } catch (error) {
    if (wanted === name) place.append(make("p", { class: "notice" }, "The rest of this page cannot be shown: " + error.message + ". The host's files are in the folder hosts next to this file."));
  }
}

// showPart opens a part of a host's page and leads there.
function showPart(place, target) {
  const part = [...place.querySelectorAll("[data-link]")].find((e) => e.dataset.link === target);
  if (!part) return;
  for (let e = part; e && e !== place; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
  part.classList.add("meant");
  part.tabIndex = -1;
  part.focus({ preventScroll: true });
  part.scrollIntoView({ block: "start" });
}

// permalink is a link to a part of a host's page, of which the parts have the key.
function permalink(h, what, key) {
  return make("a", { class: "perma", href: hostLink(h.name, ...key), "aria-label": "Link to " + what, title: "Link to " + what }, "#");
}

function keyOf(...key) { return key.map(encodeURIComponent).join("/"); }

function hostTop(h, name) {
  const list = shown.includes(h) ? shown : hosts;
  const at = list.indexOf(h);
  const other = (i, word) => list[i] ? make("a", { href: hostLink(list[i].name) }, word + ": " + list[i].name) : null;
  return make("div", { class: "host-top" },
    make("nav", { "aria-label": "Hosts" }, make("a", { href: writeAsked(), id: "back" }, "All hosts"), h && other(at - 1, "Previous"), h && other(at + 1, "Next")),
    make("h1", { id: "host-title", tabindex: "-1" }, name),
    h && make("p", { class: "verdict " + index.outcomes[h.outcome] }, mark(h.outcome), " ", make("strong", {}, index.outcomes[h.outcome]),
      h.reason && make("span", { class: "because" }, h.reason)),
    h && make("dl", { class: "facts" }, pair("Address", h.address), pair("Groups", h.groups.join(", ")), pair("Took", took(worked(h))), h.waited >= 1000 ? pair("Waited", took(h.waited)) : null,
      pair("Cloud", h.cloud), pair("Read", h.brief), index.compared ? pair("Run before", before(h)) : null,
      h.stages.length ? pair("Started", clock(h.stages[0].from)) : null,
      h.interrupted ? pair("State", "cut off: resume continues it") : null));
}

// before says how a host fares beside the run before.
function before(h) {
  if (h.turn === "first") return "did not have this host";
  return (h.was ? h.was : "the same outcome") + (h.appeared.length ? "; new: " + h.appeared.join(", ") : "");
}

function pair(name, value) {
  return value ? make("div", {}, make("dt", {}, name), make("dd", {}, value)) : null;
}

function part(title, ...content) {
  const kept = content.flat(Infinity).filter(Boolean);
  if (!kept.length) return null;
  return make("section", { class: "card" }, make("h2", {}, title), ...kept);
}

function hostBody(h, page, text) {
  return [
    part("Findings", page.chains.map((c) => chain(h, c, text)), page.chains.length ? null : make("p", {}, "None.")),
    part("Differences from the approved plan", page.drift.length && make("ul", {}, page.drift.map((d) => make("li", {}, text(d))))),
    part("Changes", page.changes.map((c) => change(h, c, text))),
    part("Next steps", page.next.length && make("ul", { class: "next" }, page.next.map((n) => make("li", {}, advice(text(n)))))),
    part("Plan", page.plan.map((s) => planned(h, s, text))),
    part("Stages", hostTimes(h)),
    part("Before and after", beforeAfter(page, text)),
    part("Commands and their output", page.stages.map((s, n) => stage(h, s, n, text))),
    part("Facts", facts(h, page, text)),
    part("Connection and files", around(h, page, text)),
    part("Output outside of commands", page.noise && output("banners and profiles", text(page.noise), 0)),
  ].filter(Boolean);
}

// advice is a line for a person; one that is a command has a button.
function advice(line) { return line.startsWith("aixmend ") ? command("command " + line, line) : line; }

// chain shows how the observations led to a finding, and what to do about it.
function chain(h, c, text) {
  const link = (name, ...content) => make("div", {}, make("dt", {}, name), make("dd", {}, ...content));
  const lines = (name, refs, ...classes) => refs.length ? link(name, refs.map((ref) => make("div", { class: classes.join(" ") || null }, text(ref)))) : null;
  const id = text(c.finding);
  return make("div", { class: "finding", "data-link": keyOf("finding", id) },
    make("h3", {}, make("span", { class: "sev " + c.severity }, c.severity), " ", id,
      !c.fixed && h.appeared.includes(id) ? make("span", { class: "tag new" }, "new since the run before") : null,
      c.fixed ? make("span", { class: "tag" }, "fixed") : null,
      c.waived ? make("span", { class: "tag" }, "waived") : null, c.expired ? make("span", { class: "tag bad" }, "waiver expired") : null, " ",
      permalink(h, "finding " + id, ["finding", id])),
    make("p", {}, text(c.title)),
    make("dl", { class: "why" },
      c.observed.length ? link("Observed", c.observed.map((row) => observed(row, text))) : null,
      c.values.length ? link("Read as", c.values.map(([path, value]) => make("div", { class: "mono value" }, text(path) + " = " + text(value)))) : null,
      lines("Because", c.because),
      c.rule ? link("Rule", make("span", { class: "mono" }, text(c.rule))) : null,
      c.source ? link("Source", text(c.source)) : null,
      c.waiver ? link("Waiver", text(c.waiver)) : null,
      c.expired ? link("Waiver expired", text(c.expired)) : null,
      c.steps.length ? link("Steps", c.steps.map((row) => stepLine(h, row, text))) : null,
      c.remedy ? link("Remedy", text(c.remedy)) : null,
      c.next.length ? link("Next", c.next.map((ref) => make("div", {}, advice(text(ref))))) : null),
    runbook(id));
}

// runbook is the section of a finding in the runbook, which the page has once.
function runbook(id) {
  const section = $("runbook-" + id);
  if (!section) return null;
  const copy = section.cloneNode(true);
  copy.removeAttribute("id");
  copy.open = false;
  for (const button of copy.querySelectorAll("button")) button.remove();
  copyButtons(copy);
  return copy;
}

function observed([probe, cmd, said], text) {
  return make("details", { class: "step" }, make("summary", {}, make("span", { class: "mono" }, text(probe)), " ", make("span", { class: "faint" }, text(said))),
    command("command of " + text(probe), text(cmd)));
}

function stepLine(h, [rung, name, status, reason], text) {
  const sent = ["applied", "not_applied", "unknown", "undone"].includes(text(status));
  return make("div", {}, text(rung) ? "rung " + text(rung) + (name ? ", " : "") : null,
    name ? make("a", { class: "mono", href: hostLink(h.name, sent ? "change" : "plan", text(rung), text(name)) }, text(name)) : null, standing(text(status)), reason ? make("span", { class: "faint" }, " " + text(reason)) : null);
}

// standing shows the status of a step, in words and by its border.
function standing(word) { return make("span", { class: "tag " + word.replace(" ", "_") }, word.replace("_", " ")); }

function change(h, c, text) {
  const undo = text(c.undo);
  const key = ["change", text(c.rung), text(c.step)];
  return make("div", { class: "finding", "data-link": keyOf(...key) },
    make("h3", {}, text(c.step), standing(text(c.status)), " ", permalink(h, "change " + text(c.step), key)),
    make("p", { class: "faint" }, clock(c.at) + (c.rung ? ", rung " + text(c.rung) : "") + (c.detail ? ": " + text(c.detail) : "")),
    command("command of " + text(c.step), text(c.command)),
    undo.startsWith("none") ? make("p", { class: "faint" }, "Undo: " + undo) : [make("span", { class: "label" }, "undo"), command("undo of " + text(c.step), undo)]);
}

function planned(h, s, text) {
  const blocked = text(s.blocked), condition = text(s.condition);
  if (!s.step) return make("div", { class: "finding" }, make("h3", {}, "rung " + text(s.rung)), blocked && make("p", { class: "cut" }, "blocked: " + blocked));
  const key = ["plan", text(s.rung), text(s.step)];
  return make("details", { class: "step", "data-link": keyOf(...key) },
    make("summary", {}, "rung " + text(s.rung) + ", ", make("span", { class: "mono" }, text(s.step)),
      condition ? make("span", { class: "tag" }, condition) : null,
      blocked ? make("span", { class: "tag bad" }, "blocked") : null),
    blocked && make("p", { class: "cut" }, "blocked: " + blocked),
    s.allowed ? make("p", { class: "faint" }, "needs --allow " + text(s.allowed)) : null,
    s.mends && s.mends.length ? make("p", { class: "faint" }, "fixes " + s.mends.map(text).join(", ")) : null,
    command("command of " + text(s.step), text(s.command)),
    make("span", { class: "label" }, "undo"), command("undo of " + text(s.step), text(s.undo)),
    permalink(h, "step " + text(s.step), key));
}

function hostTimes(h) {
  if (!h.stages.length) return null;
  const span = spans(h);
  const height = rowHeight + 4;
  const svg = draw("svg", { width: "100%", height, role: "img", "aria-label": "Stages: " + span.bars.map(barName).join("; ") });
  grid(svg, height);
  drawBars(svg, span, span.from, Math.max(span.end, span.from + 1), 2);
  return [make("p", { class: "legend" }, legend()), make("div", { class: "plot" }, svg, axis(span.from, Math.max(span.end, span.from + 1)))];
}

function stage(h, s, n, text) {
  const changing = s.steps.some((row) => row[10]);
  return make("details", { class: "stage-steps", open: s.failed || changing },
    make("summary", {}, make("strong", {}, text(s.name)), " " + clock(s.started) + ", " + took(s.ms) + ", " + count(s.steps.length, "command"),
      s.failed ? make("span", { class: "tag bad" }, "failed") : null, s.note ? make("span", { class: "faint" }, " " + text(s.note)) : null),
    s.steps.map((row) => step(h, ["command", String(n), text(row[0])], row, text)));
}

function facts(h, page, text) {
  const unread = page.unread.map(([name, reason]) => make("p", { class: "cut" }, "could not be read: " + text(name) + ": " + text(reason)));
  const list = page.facts.map(([name, value]) => {
    const key = ["fact", text(name)];
    return make("details", { class: "step", "data-link": keyOf(...key) }, make("summary", { class: "mono" }, text(name)),
      make("pre", {}, text(value)), permalink(h, "fact " + text(name), key));
  });
  if (!list.length) return unread;
  return [...unread, make("details", { class: "stage-steps" }, make("summary", {}, count(list.length, "fact")), list)];
}

function around(h, page, text) {
  const rows = [["Power Virtual Server", page.cloud], ["SSH", page.ssh], ["Host key", page.hostkey], ["Capture", page.capture], ["Lease", page.lease.text]];
  const list = rows.filter(([, ref]) => ref).map(([name, ref]) => make("div", {}, make("dt", {}, name || "Note"), make("dd", { class: "mono" }, text(ref))));
  for (const ref of page.support) list.push(make("div", {}, make("dt", {}, "Support"), make("dd", { class: "mono" }, text(ref))));
  const steps = page.lease.steps.map((row) => step(h, ["lease", text(row[0])], row, text));
  return [list.length ? make("dl", { class: "why" }, list) : null,
    steps.length ? make("details", { class: "stage-steps" }, make("summary", {}, "Lease: " + count(steps.length, "command")), steps) : null];
}

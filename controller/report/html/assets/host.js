
// The view of one host. Its content is in the host's block, unpacked on demand.
let wanted = "";

async function showHost(name) {
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
  } catch (error) {
    if (wanted === name) place.append(make("p", { class: "notice" }, "The rest of this page cannot be shown: " + error.message + ". The host's files are in the folder hosts next to this file."));
  }
}

function hostTop(h, name) {
  const list = shown.includes(h) ? shown : hosts;
  const at = list.indexOf(h);
  const other = (i, word) => list[i] ? make("a", { href: hostLink(list[i].name) }, word + ": " + list[i].name) : null;
  return make("div", { class: "host-top" },
    make("nav", { "aria-label": "Hosts" }, make("a", { href: writeAsked(), id: "back" }, "All hosts"), h && other(at - 1, "Previous"), h && other(at + 1, "Next")),
    make("h1", { id: "host-title", tabindex: "-1" }, name),
    h && make("p", { class: "verdict " + index.outcomes[h.outcome] }, mark(h.outcome), " ", make("strong", {}, index.outcomes[h.outcome]),
      h.reason && make("span", { class: "because" }, h.reason)),
    h && make("dl", { class: "facts" }, pair("Address", h.address), pair("Took", took(h.ms)), pair("Cloud", h.cloud),
      h.stages.length ? pair("Started", clock(h.stages[0].from)) : null,
      h.interrupted ? pair("State", "cut off: resume continues it") : null));
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
    part("Findings", page.chains.map((c) => chain(c, text)), page.chains.length ? null : make("p", {}, "None.")),
    part("Differences from the approved plan", page.drift.length && make("ul", {}, page.drift.map((d) => make("li", {}, text(d))))),
    part("Changes", page.changes.map((c) => change(c, text))),
    part("Next steps", page.next.length && make("ul", { class: "next" }, page.next.map((n) => make("li", {}, text(n))))),
    part("Plan", page.plan.map((s) => planned(s, text))),
    part("Stages", hostTimes(h)),
    part("Before and after", beforeAfter(page, text)),
    part("Commands and their output", page.stages.map((s) => stage(s, text))),
    part("Facts", facts(page, text)),
    part("Connection and files", around(page, text)),
    part("Output outside of commands", page.noise && output("banners and profiles", text(page.noise), 0)),
  ].filter(Boolean);
}

// chain shows how the observations led to a finding, and what to do about it.
function chain(c, text) {
  const link = (name, ...content) => make("div", {}, make("dt", {}, name), make("dd", {}, ...content));
  const lines = (name, refs, ...classes) => refs.length ? link(name, refs.map((ref) => make("div", { class: classes.join(" ") || null }, text(ref)))) : null;
  return make("div", { class: "finding" },
    make("h3", {}, make("span", { class: "sev " + c.severity }, c.severity), " ", text(c.finding),
      c.fixed ? make("span", { class: "tag" }, "fixed") : null,
      c.waived ? make("span", { class: "tag" }, "waived") : null, c.expired ? make("span", { class: "tag bad" }, "waiver expired") : null),
    make("p", {}, text(c.title)),
    make("dl", { class: "why" },
      c.observed.length ? link("Observed", c.observed.map((row) => observed(row, text))) : null,
      c.values.length ? link("Read as", c.values.map(([path, value]) => make("div", { class: "mono" }, text(path) + " = " + text(value)))) : null,
      lines("Because", c.because),
      c.rule ? link("Rule", make("span", { class: "mono" }, text(c.rule))) : null,
      c.source ? link("Source", text(c.source)) : null,
      c.waiver ? link("Waiver", text(c.waiver)) : null,
      c.expired ? link("Waiver expired", text(c.expired)) : null,
      c.steps.length ? link("Steps", c.steps.map((row) => stepLine(row, text))) : null,
      c.remedy ? link("Remedy", text(c.remedy)) : null,
      lines("Next", c.next)));
}

function observed([probe, cmd, said], text) {
  return make("details", { class: "step" }, make("summary", {}, make("span", { class: "mono" }, text(probe)), " ", make("span", { class: "faint" }, text(said))),
    command("command of " + text(probe), text(cmd)));
}

function stepLine([rung, name, status, reason], text) {
  return make("div", {}, text(rung) ? "rung " + text(rung) + (name ? ", " : "") : null, make("span", { class: "mono" }, text(name)), standing(text(status)), reason ? make("span", { class: "faint" }, " " + text(reason)) : null);
}

// standing shows the status of a step, in words and by its border.
function standing(word) { return make("span", { class: "tag " + word.replace(" ", "_") }, word.replace("_", " ")); }

function change(c, text) {
  const undo = text(c.undo);
  return make("div", { class: "finding" },
    make("h3", {}, text(c.step), standing(text(c.status))),
    make("p", { class: "faint" }, clock(c.at) + (c.rung ? ", rung " + text(c.rung) : "") + (c.detail ? ": " + text(c.detail) : "")),
    command("command of " + text(c.step), text(c.command)),
    undo.startsWith("none") ? make("p", { class: "faint" }, "Undo: " + undo) : [make("span", { class: "label" }, "undo"), command("undo of " + text(c.step), undo)]);
}

function planned(s, text) {
  const blocked = text(s.blocked), condition = text(s.condition);
  if (!s.step) return make("div", { class: "finding" }, make("h3", {}, "rung " + text(s.rung)), blocked && make("p", { class: "cut" }, "blocked: " + blocked));
  return make("details", { class: "step" },
    make("summary", {}, "rung " + text(s.rung) + ", ", make("span", { class: "mono" }, text(s.step)),
      condition ? make("span", { class: "tag" }, condition) : null,
      blocked ? make("span", { class: "tag bad" }, "blocked") : null),
    blocked && make("p", { class: "cut" }, "blocked: " + blocked),
    s.allowed ? make("p", { class: "faint" }, "needs --allow " + text(s.allowed)) : null,
    s.mends && s.mends.length ? make("p", { class: "faint" }, "fixes " + s.mends.map(text).join(", ")) : null,
    command("command of " + text(s.step), text(s.command)),
    make("span", { class: "label" }, "undo"), command("undo of " + text(s.step), text(s.undo)));
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

function stage(s, text) {
  const changing = s.steps.some((row) => row[10]);
  return make("details", { class: "stage-steps", open: s.failed || changing },
    make("summary", {}, make("strong", {}, text(s.name)), " " + clock(s.started) + ", " + took(s.ms) + ", " + count(s.steps.length, "command"),
      s.failed ? make("span", { class: "tag bad" }, "failed") : null, s.note ? make("span", { class: "faint" }, " " + text(s.note)) : null),
    s.steps.map((row) => step(row, text)));
}

function facts(page, text) {
  const unread = page.unread.map(([name, reason]) => make("p", { class: "cut" }, "could not be read: " + text(name) + ": " + text(reason)));
  const list = page.facts.map(([name, value]) => {
    let shown = text(value);
    try { shown = JSON.stringify(JSON.parse(shown), null, 2).replace(/[\u2028\u2029]/g, "\ufffd"); } catch { /* cut JSON stays as it is */ }
    return make("details", { class: "step" }, make("summary", { class: "mono" }, text(name)), make("pre", {}, shown));
  });
  if (!list.length) return unread;
  return [...unread, make("details", { class: "stage-steps" }, make("summary", {}, count(list.length, "fact")), list)];
}

function around(page, text) {
  const rows = [["Power Virtual Server", page.cloud], ["SSH", page.ssh], ["Host key", page.hostkey], ["Capture", page.capture], ["Lease", page.lease.text]];
  const list = rows.filter(([, ref]) => ref).map(([name, ref]) => make("div", {}, make("dt", {}, name || "Note"), make("dd", { class: "mono" }, text(ref))));
  for (const ref of page.support) list.push(make("div", {}, make("dt", {}, "Support"), make("dd", { class: "mono" }, text(ref))));
  const steps = page.lease.steps.map((row) => step(row, text));
  return [list.length ? make("dl", { class: "why" }, list) : null,
    steps.length ? make("details", { class: "stage-steps" }, make("summary", {}, "Lease: " + count(steps.length, "command")), steps) : null];
}


// copyButton copies a text. If the browser gives a file on disk no clipboard, it
// selects the text instead, so that the reader can copy it.
function copyButton(what, text, source) {
  const b = make("button", { type: "button", class: "copy", "aria-label": "Copy " + what }, "Copy");
  b.addEventListener("click", async () => {
    const done = (word) => {
      b.textContent = word;
      say(word + ": " + what);
      setTimeout(() => { b.textContent = "Copy"; }, 1500);
    };
    try {
      await navigator.clipboard.writeText(text);
      done("Copied");
    } catch {
      const range = document.createRange();
      range.selectNodeContents(source);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      let copied = false;
      try { copied = document.execCommand("copy"); } catch { /* the text stays selected */ }
      done(copied ? "Copied" : "Selected");
    }
  });
  return b;
}

// copyButtons adds a button to each command of a part that the page has without its script.
function copyButtons(place) {
  for (const box of place.querySelectorAll(".copied")) {
    const pre = box.querySelector("pre");
    box.append(copyButton("command " + pre.textContent.split("\n", 1)[0], pre.textContent, pre));
  }
}

// command shows a command with a copy button.
function command(what, text) {
  const pre = make("pre", { class: "command" }, text);
  return make("div", { class: "copied" }, pre, copyButton(what, text, pre));
}

function output(name, text, more) {
  if (!text.trim() && !more) return null;
  return make("div", { class: "output" },
    make("span", { class: "label" }, name),
    make("pre", { tabindex: text.length > 2000 ? "0" : null, "aria-label": text.length > 2000 ? name : null, role: text.length > 2000 ? "region" : null }, text),
    more ? make("p", { class: "cut" }, count(more, "byte") + " more in HOST.json") : null);
}

// step shows a command with its output, folded. key leads to it.
function step(h, key, row, text) {
  const [id, cmd, out, outMore, err, errMore, exit, lost, ms, error, changes] = row;
  const bad = exit !== 0 || error;
  return make("details", { class: "step", "data-link": keyOf(...key) },
    make("summary", {}, make("span", { class: "mono" }, text(id)), " ",
      changes ? make("span", { class: "tag changes" }, "changes the host") : null,
      make("span", { class: bad ? "tag bad" : "faint" }, exit < 0 ? "no exit status" : "exit " + exit),
      make("span", { class: "faint" }, " · " + took(ms))),
    command("command of " + text(id), text(cmd)),
    error ? make("p", { class: "cut" }, text(error)) : null,
    output("stdout", text(out), outMore), output("stderr", text(err), errMore),
    lost ? make("p", { class: "cut" }, count(lost, "more byte") + " dropped") : null,
    permalink(h, "command " + text(id), key));
}

// lineDiff pairs the lines of two texts: [left, right], null for no line. The middle of
// very long texts is not paired.
function lineDiff(before, after) {
  const a = before.replace(/\n$/, "").split("\n");
  const b = after.replace(/\n$/, "").split("\n");
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const rows = a.slice(0, start).map((line) => [line, line]);
  rows.push(...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)));
  for (const line of a.slice(a.length - end)) rows.push([line, line]);
  return rows;
}

function middle(a, b) {
  if (a.length * b.length > 400000) return side(a, b);
  const best = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      best[i][j] = a[i] === b[j] ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
    }
  }
  const rows = [];
  let gone = [];
  let come = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      rows.push(...side(gone, come), [a[i++], b[j++]]);
      gone = [];
      come = [];
    } else if (j >= b.length || (i < a.length && best[i + 1][j] >= best[i][j + 1])) gone.push(a[i++]);
    else come.push(b[j++]);
  }
  rows.push(...side(gone, come));
  return rows;
}

function side(gone, come) {
  return Array.from({ length: Math.max(gone.length, come.length) }, (_, i) => [gone[i] ?? null, come[i] ?? null]);
}

// diffTable shows the differing lines with two lines of context.
function diffTable(rows, left, right) {
  const near = rows.map(() => false);
  rows.forEach(([a, b], i) => {
    if (a === b) return;
    for (let k = Math.max(0, i - 2); k <= Math.min(rows.length - 1, i + 2); k++) near[k] = true;
  });
  const body = make("tbody", {});
  let gap = false;
  rows.forEach(([a, b], i) => {
    if (!near[i]) {
      if (!gap) body.append(make("tr", { class: "gap" }, make("td", { colspan: 2 }, "⋯")));
      gap = true;
      return;
    }
    gap = false;
    const same = a === b;
    body.append(make("tr", {},
      make("td", { class: same ? null : a === null ? "empty" : "gone" }, a === null ? "" : (same ? "  " : "− ") + a),
      make("td", { class: same ? null : b === null ? "empty" : "come" }, b === null ? "" : (same ? "  " : "+ ") + b)));
  });
  return make("div", { class: "scroll" }, make("table", { class: "diff" },
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, left), make("th", { scope: "col" }, right))), body));
}

// beforeAfter compares the output of the first diagnosis and of the last verification.
function beforeAfter(page, text) {
  const first = page.stages.find((s) => text(s.name) === "diagnose");
  const later = page.stages.filter((s) => text(s.name) === "verify");
  if (!first || !later.length) return null;
  const before = new Map(first.steps.map((row) => [text(row[0]), row]));
  const after = new Map();
  for (const s of later) for (const row of s.steps) after.set(text(row[0]), [row, s]);
  const parts = [];
  let same = 0;
  for (const [id, [now, stage]] of after) {
    const then = before.get(id);
    if (!then) continue;
    if (then[2] === now[2] && then[4] === now[4] && then[6] === now[6]) {
      same++;
      continue;
    }
    const whole = (row) => text(row[2]) + (text(row[4]) ? "stderr: " + text(row[4]) + "\n" : "") + (row[6] ? "exit status " + row[6] + "\n" : "");
    parts.push(make("details", { class: "step", open: parts.length < 12 },
      make("summary", {}, make("span", { class: "mono" }, id)),
      diffTable(lineDiff(whole(then), whole(now)), "Before: diagnose, " + clock(first.started), "After: verify, " + clock(stage.started))));
  }
  return [make("p", { class: "faint" }, count(parts.length, "probe") + " answered differently after the changes, " + same + " the same."), ...parts];
}

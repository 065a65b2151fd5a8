// The page of a run that goes on: each event replaces its texts. All is set as text.
"use strict";
const live = document.querySelector("[data-events]");
if (live) {
  const at = (name) => live.querySelector(`[data-${name}]`);
  const item = (line) => {
    const li = document.createElement("li");
    const host = document.createElement("b");
    host.textContent = line.host;
    li.append(line.at ? `${line.at} ` : "", host, ` ${line.text}`);
    return li;
  };
  const show = (text) => {
    const p = JSON.parse(text);
    at("ended").textContent = `${p.ended} of ${p.total} hosts ended`;
    at("done").max = Math.max(1, p.total);
    at("done").value = p.ended;
    at("counts").textContent = Object.entries(p.counts).map(([o, n]) => `${n} ${o.replaceAll("_", " ")}`).join(", ");
    at("busy").replaceChildren(...p.busy.map(item));
    at("news").prepend(...(p.news || []).reverse().map(item));
    while (at("news").children.length > 200) at("news").lastElementChild.remove();
  };
  const events = new EventSource(live.dataset.events);
  events.addEventListener("progress", (e) => show(e.data));
  events.addEventListener("end", (e) => { show(e.data); events.close(); location.reload(); });
}


// The reader's position in the fleet, restored when coming back from a host.
let left = { scroll: 0, link: null };

function route() {
  const hash = location.hash;
  const onHost = hash.startsWith("#/host/");
  const was = $("host").hidden === false;
  if (onHost && !was) left = { scroll: scrollY, link: document.activeElement };
  $("fleet").hidden = onHost;
  $("host").hidden = !onHost;
  if (onHost) {
    const [first, ...rest] = hash.slice("#/host/".length).split("/");
    let name = first;
    try { name = decodeURIComponent(first); } catch { /* keep the name as it is */ }
    showHost(name, rest.join("/"));
    return;
  }
  wanted = "";
  $("host").replaceChildren();
  document.title = "aixmend: " + $("title").textContent;
  if (hash.startsWith("#/runbook/")) {
    showRunbook(hash.slice("#/runbook/".length));
    return;
  }
  if (hash && !hash.startsWith("#/")) return;
  const before = writeAsked();
  readAsked(hash.startsWith("#/?") ? hash.slice(3) : "");
  showFleet();
  if (was) {
    scrollTo(0, left.scroll);
    if (left.link && left.link.isConnected) left.link.focus({ preventScroll: true });
    else $("title").focus({ preventScroll: true });
  } else if (before !== writeAsked() && hash.startsWith("#/?")) {
    $("mapped").scrollIntoView();
    $("q").focus({ preventScroll: true });
  }
}

// showRunbook opens the section of a finding.
function showRunbook(id) {
  const section = $("runbook-" + id);
  if (!section) return;
  readAsked("");
  showFleet();
  section.open = true;
  section.scrollIntoView();
  section.querySelector("summary").focus({ preventScroll: true });
}

// Times of the run have the local time beside them.
function addLocalTimes() {
  for (const time of document.querySelectorAll("time")) time.append(local(Date.parse(time.dateTime)));
}

// The theme is not stored: the page stores nothing.
function turnTheme() {
  const root = document.documentElement;
  const next = { "": "light", light: "dark", dark: "" }[root.dataset.theme || ""];
  if (next) root.dataset.theme = next;
  else delete root.dataset.theme;
  $("theme").textContent = "Theme: " + (next || "system");
}

for (const id of ["mapped", "listed", "timed"]) $(id).hidden = hosts.length === 0;
$("theme").hidden = false;
$("theme").addEventListener("click", turnTheme);
$("skip").addEventListener("click", (e) => { e.preventDefault(); $("main").focus(); });
$("rows-more").addEventListener("click", moreRows);
addEventListener("hashchange", route);
addEventListener("beforeprint", drawForPrint);
addEventListener("afterprint", () => { $("hosts-title").textContent = "Hosts"; drawRows(); });
addLocalTimes();
copyButtons($("fleet"));
drawCounts();
drawFilters();
drawMap();
drawTimeControls();
readAsked(location.hash.startsWith("#/?") ? location.hash.slice(3) : "");
showFleet();
if (/^#\/(host|runbook)\//.test(location.hash)) route();

const details = JSON.parse(document.getElementById("details").textContent);
const svg = document.querySelector("svg"), panel = document.querySelector("aside");
const search = document.querySelector("input"), told = document.querySelector("output");

// The boxes of the diagram and the lines between them, by Graphviz's names.
const nodes = new Map(), edges = [];
for (const group of svg.querySelectorAll("g.node, g.edge")) {
  const title = group.querySelector("title").textContent;
  if (group.classList.contains("node")) nodes.set(title, group);
  else edges.push([group, ...title.split("->")]);
}
for (const element of svg.querySelectorAll("title")) element.remove();
for (const link of svg.querySelectorAll("a")) link.removeAttribute("xlink:title");
const above = new Map(), below = new Map();
for (const [, tail, head] of edges) {
  above.set(head, [...above.get(head) || [], tail]);
  below.set(tail, [...below.get(tail) || [], head]);
}
for (const name of nodes.keys()) {  // circles of one number, where a column goes on beside
  if (!name.startsWith("end")) continue;
  const other = name.replace("end", "begin");
  below.set(name, [other]);
  above.set(other, [name]);
}

// What a box holds, in the panel, and its neighbours in full colour.
function show(name) {
  const near = new Set([name]);
  for (const [group, tail, head] of edges) {
    const mine = tail === name || head === name;
    if (mine) near.add(tail).add(head);
    group.classList.toggle("faded", name !== null && !mine);
  }
  for (const [other, group] of nodes) {
    group.classList.toggle("faded", name !== null && !near.has(other));
  }
  panel.hidden = !details[name];
  panel.replaceChildren(...(details[name] || []).flatMap(layer => {
    const heading = document.createElement("h2"), list = document.createElement("dl");
    heading.textContent = layer.name;
    for (const [key, value] of Object.entries(layer.facts)) {
      const term = document.createElement("dt"), definition = document.createElement("dd");
      term.textContent = key;
      definition.textContent = value;
      list.append(term, definition);
    }
    return [heading, list];
  }));
}

// A click keeps a box; its name stands in the address, so that the place can be sent to others.
let chosen = null;
function choose(name, move = false) {
  nodes.get(chosen)?.classList.remove("chosen");
  chosen = name;
  nodes.get(chosen)?.classList.add("chosen");
  show(chosen);
  const layer = details[name]?.[0].name;
  history.replaceState(null, "", layer ? "#" + encodeURIComponent(layer) : location.pathname);
  if (name !== null && move) bring(name);
}
function named(layer) {
  const entry = Object.entries(details).find(([, layers]) => layers.some(l => l.name === layer));
  return entry ? entry[0] : null;
}
for (const [name, group] of nodes) {
  group.addEventListener("pointerenter", event => event.pointerType === "mouse" && show(name));
  group.addEventListener("pointerleave", event => event.pointerType === "mouse" && show(chosen));
}

// The part of the picture that is seen.
const box = svg.viewBox.baseVal;
const whole = { x: box.x, y: box.y, width: box.width, height: box.height };
svg.removeAttribute("width");
svg.removeAttribute("height");
let view;
function look(x, y, width) {
  view = { x, y, width, unit: width / innerWidth };
  svg.setAttribute("viewBox", `${x} ${y} ${width} ${innerHeight * view.unit}`);
}
function begin() {
  const width = Math.max(whole.width, 0.75 * innerWidth);
  look(whole.x - (width - whole.width) / 2, whole.y - 40 * width / innerWidth, width);
}
function all() {
  const width = Math.max(whole.width, whole.height * innerWidth / innerHeight);
  const height = width * innerHeight / innerWidth;
  look(whole.x - (width - whole.width) / 2, whole.y - (height - whole.height) / 2, width);
}
function zoom(factor, x = innerWidth / 2, y = innerHeight / 2) {
  const share = 1 - factor, { unit, width } = view;
  look(view.x + x * unit * share, view.y + y * unit * share, width * factor);
}
function move(x, y) {
  look(view.x + x * view.unit, view.y + y * view.unit, view.width);
}
function place(name) {
  const { x, y, width, height } = nodes.get(name).getBoundingClientRect();
  return [x + width / 2, y + height / 2];
}
function bring(name) {
  if (view.unit > 1) zoom(1 / view.unit);
  const [x, y] = place(name);
  move(x - innerWidth / 2, y - innerHeight / 2);
}

// Search by the names, types and settings of layers.
let found = [], at = -1;
function lookFor(word) {
  const has = layer => [layer.name, layer.facts.type].join(" ").toLowerCase().includes(word);
  found = word ? [...nodes.keys()].filter(name => (details[name] || []).some(has)) : [];
  at = -1;
  for (const [name, group] of nodes) group.classList.toggle("found", found.includes(name));
  told.textContent = word ? String(found.length) : "";
}
function next(step) {
  if (!found.length) return;
  at = at < 0 && step < 0 ? found.length - 1 : (at + step + found.length) % found.length;
  choose(found[at], true);
  told.textContent = `${at + 1} of ${found.length}`;
}
search.addEventListener("input", () => lookFor(search.value.trim().toLowerCase()));

// Keys: the arrows go from box to box along the lines, or move the picture where none is chosen.
const sideways = { ArrowLeft: -1, ArrowRight: 1 };
function step(key) {
  if (key === "ArrowDown" || key === "ArrowUp") return (key[5] === "D" ? below : above).get(chosen)?.[0];
  const [x, y] = place(chosen), side = sideways[key];
  const beside = [...nodes.keys()].map(name => [name, ...place(name)])
    .filter(([, a, b]) => side * (a - x) > 1 && Math.abs(b - y) < Math.abs(a - x));
  return beside.sort((a, b) => Math.abs(a[1] - x) - Math.abs(b[1] - x))[0]?.[0];
}
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { key } = event, typing = event.target === search;
  if (key === "Escape") {
    search.value = "";
    lookFor("");
    search.blur();
    choose(null);
  } else if (typing && key === "Enter") next(event.shiftKey ? -1 : 1);
  else if (typing || event.target !== document.body) return;
  else if (key === "/") search.focus();
  else if (key === "+" || key === "=") zoom(0.8);
  else if (key === "-") zoom(1.25);
  else if (key === "0") all();
  else if (key === "Home") begin();
  else if (key.startsWith("Arrow")) {
    if (chosen) choose(step(key) || chosen, true);
    else move(60 * (sideways[key] || 0), 60 * ({ ArrowUp: -1, ArrowDown: 1 }[key] || 0));
  } else return;
  event.preventDefault();
});

// Mouse and fingers: one moves, two zoom.
svg.addEventListener("wheel", event => {
  event.preventDefault();
  if (event.ctrlKey) zoom(Math.exp(event.deltaY / 200), event.clientX, event.clientY);
  else move(event.deltaX, event.deltaY);
}, { passive: false });
const fingers = new Map();
let moved = 0;
svg.addEventListener("pointerdown", event => {
  if (!fingers.size) moved = 0;
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
});
addEventListener("pointermove", event => {
  const old = fingers.get(event.pointerId);
  if (!old) return;
  const now = [event.clientX, event.clientY];
  const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
  moved += Math.hypot(now[0] - old[0], now[1] - old[1]);
  if (other) {
    const apart = point => Math.hypot(point[0] - other[0], point[1] - other[1]);
    zoom(apart(old) / Math.max(apart(now), 1), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    move((old[0] - now[0]) / 2, (old[1] - now[1]) / 2);
  } else move(old[0] - now[0], old[1] - now[1]);
  fingers.set(event.pointerId, now);
});
for (const end of ["pointerup", "pointercancel"]) {
  addEventListener(end, event => fingers.delete(event.pointerId));
}
svg.addEventListener("click", event => {
  if (moved > 4) return;
  const group = event.target.closest("g.node");
  choose([...nodes].find(([, node]) => node === group)?.[0] ?? null);
});
svg.addEventListener("dblclick", begin);
document.getElementById("in").addEventListener("click", () => zoom(0.8));
document.getElementById("out").addEventListener("click", () => zoom(1.25));
document.getElementById("all").addEventListener("click", all);
addEventListener("resize", () => look(view.x, view.y, view.unit * innerWidth));

begin();
function follow() {
  const name = named(decodeURIComponent(location.hash.slice(1)));
  if (name !== null) choose(name, true);
}
addEventListener("hashchange", follow);
follow();
